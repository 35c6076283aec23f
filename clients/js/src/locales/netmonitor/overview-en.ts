import type { Same } from '../../i18n/index';
import type { overview as ru } from './overview-ru';

/** English, many hosts at once. */
export const overview: Same<typeof ru> = {
  allWell: 'All is well',
  hosts: { one: '{n} host', other: '{n} hosts' },
  asOf: 'Data: {age} ago',
  noLink: 'No connection to the server. Shown is what was known at {time}.',
  blind: 'The probe itself has been without network since {time}: nothing is known of the hosts.',
  broken: 'The probe has not been working since {time}: nothing is known of the hosts.',
  emptyTitle: 'There are no hosts yet',
  emptyText: 'An administrator adds them: in the file of hosts or on the setup page.',
  emptyAdmin: 'Add the first host or import a list.',
  nothingTitle: 'There are no such hosts',
  list: 'Hosts',
  search: 'Name, address or id',
  takenBy: 'Taken: {name}',
  groups: 'Groups',
  setup: 'Setup',
  state: 'State',
  hostName: 'Host',
  actions: 'Actions',
};
