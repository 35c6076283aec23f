import type { Same } from '../../i18n/index';
import type { wall as ru } from './wall-ru';

/** English, the wall screen of the network monitor. */
export const wall: Same<typeof ru> = {
  title: 'Network',
  noLinkYet: 'No connection to the server. Trying again.',
  toBoard: 'To the hosts',
  fullScreen: 'Full screen',
  moreTroubles: { one: 'and {n} more host', other: 'and {n} more hosts' },
  behind: { one: 'and {n} host behind it', other: 'and {n} hosts behind it' },
  notKnown: 'Nothing is known',
  stopped: 'The server closed the connection.',
  signIn: 'Sign in',
  screenRefused: 'The browser did not let us keep the screen on: it may go dark.',
  screenInsecure: 'The screen may go dark: browsers let it be kept on by https only.',
  screenUnknown: 'The screen may go dark: this browser cannot keep it on.',
};
