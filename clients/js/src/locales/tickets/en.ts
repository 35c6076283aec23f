/** English, the page of one ticket: loaded with it only. The words of the list are in `ticket-list`. */

import type { Same } from '../../i18n/index';
import type * as ru from './ru';

export const tickets: Same<typeof ru.tickets> = {
  notFoundTitle: 'There is no such ticket',
};
