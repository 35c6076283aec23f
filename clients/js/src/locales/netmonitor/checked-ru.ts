/** Русский, проверка по просьбе: loaded with the first one. */

export const checked = {
  checkedNow: 'Проверка сейчас',
  asking: 'Проверяем…',
  notReached: 'До узла трассировка не дошла.',
  hop: 'Шаг',
  address: 'Адрес',
  hostName: 'Имя',
  times: 'Время ответа',
  silentHop: 'молчит',
  lost: 'потерян',
} as const;
