import type { Same } from '../../i18n/index';
import type { dialogs as ru } from './dialogs-ru';

/** English, acknowledging and maintenance. */
export const dialogs: Same<typeof ru> = {
  giveBack: 'Give back',
  givenBack: 'No longer acknowledged: {name}',
  ackTitle: 'Acknowledge: {name}',
  ackText: 'Nothing more is told of this trouble until the host recovers or the time is over.',
  whyHint: 'For example: waiting for the electricians',
  whyNeeded: 'Write what is the matter: everybody will see it.',
  until: 'Until when',
  untilRecovery: 'Until it recovers',
  untilHour: 'One hour',
  untilFour: '4 hours',
  untilTomorrow: 'Until tomorrow, 9:00',
  untilOwn: 'Own time',
  untilMoment: 'Until',
  past: 'That time is over.',
  maintainTitle: 'Maintenance: {name}',
  maintainText: 'Checks go on, nothing is told, the time does not count in the uptime.',
  maintainWhy: 'What is being done',
  starts: 'From',
  ends: 'To',
  lasts: 'Lasts',
  weekly: 'Every week on',
  zoneIs: 'Times are in {zone}. Without a day marked: once.',
  startNeeded: 'Say when it begins.',
  endAfter: 'The end must be later than the beginning.',
  endWeekly: 'Weekly maintenance is shorter than a week.',
  maintained: 'Maintenance scheduled: {name}',
};
