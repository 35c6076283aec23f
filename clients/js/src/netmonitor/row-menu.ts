import type { MenuItem } from '../ui/menu';
import { t } from './board-strings';
import { t as word } from './strings';
import type { Host } from './types';

/** What can be done with a host, from its row. */
export function rowMenu(host: Host): MenuItem[] {
  const bad = host.state === 'down' || host.state === 'degraded' || host.ack;
  return [
    { id: 'open', label: t('openHost'), icon: 'open' },
    ...(bad
      ? [{ id: 'ack', label: host.ack ? word('takenChange') : word('take'), icon: 'check' as const, hint: 'A' }]
      : []),
    { id: 'maintain', label: word('maintainDots'), icon: 'clock', hint: 'M' },
  ];
}
