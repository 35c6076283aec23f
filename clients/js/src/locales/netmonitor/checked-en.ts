import type { Same } from '../../i18n/index';
import type { checked as ru } from './checked-ru';

/** English, what was checked on request. */
export const checked: Same<typeof ru> = {
  checkedNow: 'Checked now',
  asking: 'Checking…',
  notReached: 'The trace did not reach the host.',
  hop: 'Hop',
  address: 'Address',
  hostName: 'Name',
  times: 'Response times',
  silentHop: 'silent',
  lost: 'lost',
};
