/** English, the search of everything (Ctrl+K). */

import type { Same } from '../../i18n/index';
import type { palette as ru } from './ru';

export const palette: Same<typeof ru> = {
  title: 'Search and commands',
  input: 'Ticket, page or command',
  results: 'Results',
  recent: 'Recent tickets',
  tickets: 'Tickets',
  pages: 'Pages',
  actions: 'Commands',
  open: 'Open ticket No. {id}',
  searchList: 'Search for “{q}” in the list of tickets',
  searching: 'Searching…',
  failed: 'Tickets cannot be searched: {why}',
  noAnswer: 'the server does not answer',
  partial: 'Not everything is shown: the index is still being filled',
  nothing: 'Nothing found',
  found: { one: '{n} result', other: '{n} results' },
  inNote: 'in a reply',
  inDescription: 'in the description',
  closed: 'closed',
  hint: 'Enter opens, Ctrl+Enter opens in a new tab',
};
