/** Русский, много узлов сразу: what the dashboard, the wall screen and the setup share. */

export const overview = {
  allWell: 'Всё работает',
  hosts: { one: '{n} узел', few: '{n} узла', many: '{n} узлов', other: '{n} узла' },
  asOf: 'Данные: {age} назад',
  noLink: 'Нет связи с сервером. Показано то, что было известно на {time}.',
  blind: 'Зонд сам без сети с {time}: состояние узлов неизвестно.',
  broken: 'Зонд не работает с {time}: состояние узлов неизвестно.',
  emptyTitle: 'Узлов пока нет',
  emptyText: 'Их добавляет администратор: в файле узлов или на странице настройки.',
  emptyAdmin: 'Добавьте первый узел или загрузите список.',
  nothingTitle: 'Таких узлов нет',
  list: 'Узлы сети',
  search: 'Имя, адрес или id',
  takenBy: 'В работе: {name}',
  groups: 'Группы',
  setup: 'Настройка',
  state: 'Состояние',
  hostName: 'Узел',
  actions: 'Действия',
} as const;
