/** Русский, поиск по всему (Ctrl+K): loaded when it is first opened. */

export const palette = {
  title: 'Поиск и команды',
  input: 'Заявка, раздел или команда',
  results: 'Что найдено',
  recent: 'Недавние заявки',
  tickets: 'Заявки',
  pages: 'Разделы',
  actions: 'Команды',
  open: 'Открыть заявку № {id}',
  searchList: 'Искать «{q}» в списке заявок',
  searching: 'Ищем…',
  failed: 'Заявки не ищутся: {why}',
  noAnswer: 'сервер не отвечает',
  partial: 'Показано не всё: индекс ещё заполняется',
  nothing: 'Ничего не нашлось',
  found: {
    one: 'Найден {n} вариант',
    few: 'Найдено {n} варианта',
    many: 'Найдено {n} вариантов',
    other: 'Найдено {n} варианта',
  },
  inNote: 'в ответе',
  inDescription: 'в описании',
  closed: 'закрыта',
  hint: 'Enter — открыть, Ctrl+Enter — в новой вкладке',
} as const;
