/** What the banner says, as a pure function of the link and the sources. */

import type { HubStatus, SourceState } from '../hub/index';
import { clockTime } from '../ui/clock';
import { t } from './strings';

export interface Outage {
  readonly text: string;
  /** `lost`: the hub is out; `source`: one upstream is late or down, everything else goes on. */
  readonly kind: 'lost' | 'source';
  readonly action: 'reconnect' | 'sign-in' | 'reload' | null;
}

const names: Record<string, () => string> = {
  redmine: () => t('redmine'),
  erp: () => t('erp'),
  erp_vpn: () => t('erpVpn'),
  finesse: () => t('finesseSource'),
  netmonitor: () => t('netmonitor'),
};

/** What the reason of 4501 says. */
const endings: Record<string, () => string> = {
  ended_by_you: () => t('endedByYou'),
  ended_by_administrator: () => t('endedByAdministrator'),
  blocked: () => t('endedBlocked'),
};

/** `now` is the server's, ms. The hub comes first: without it nothing is known of the sources. */
export function outage(status: HubStatus | null, sources: Iterable<SourceState>, now: number): Outage | null {
  if (status?.state === 'stopped') {
    const code = status.reason?.code ?? 0;
    if (code === 4500) return { kind: 'lost', text: t('stopped4500'), action: 'sign-in' };
    if (code === 4501) {
      const why = endings[status.reason?.name ?? ''] ?? (() => t('stopped4501'));
      return { kind: 'lost', text: why(), action: 'sign-in' };
    }
    if (code === 4503) return { kind: 'lost', text: t('stopped4503'), action: 'reconnect' };
    return { kind: 'lost', text: t('stopped', { code: String(code || '—') }), action: 'reload' };
  }
  if (status && status.state !== 'open') {
    return { kind: 'lost', text: t('lost', { time: clockTime(status.since, now) }), action: 'reconnect' };
  }
  const told = [...sources].filter((source) => source.state !== 'ok').map((source) => sourceText(source, now));
  return told.length ? { kind: 'source', text: told.join(' '), action: null } : null;
}

function sourceText(state: SourceState, now: number): string {
  const source = names[state.source.replace(/^\//, '')]?.() ?? state.source;
  if (!state.as_of) return t('sourceDownEver', { source });
  const time = clockTime(Date.parse(state.as_of), now);
  return t(state.state === 'late' ? 'sourceLate' : 'sourceDown', { source, time });
}
