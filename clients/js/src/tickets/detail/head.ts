import { css, html, nothing } from 'lit';
import { formatList } from '../../i18n/index';
import '../../ui/badge';
import { icon } from '../../ui/icons';
import type { Deed } from './act';
import { assigneeChoices, priorityChoices, statusChoices } from './choices';
import { face } from './face';
import type { Viewer } from './live';
import './pick';
import type { TicketDesk } from './session';
import { t } from './strings';
import type { Person, Priority, Status, Task } from './types';

const NAMED = 3; // of those who look; the others are a number

export const headStyles = css`
  .head {
    margin-bottom: var(--tez-2);
  }
  .kicker {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 2px var(--tez-2);
    min-height: 28px;
    margin: 0;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .kicker .id {
    color: var(--tez-text);
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .kicker .space {
    flex: 1;
  }
  h1 {
    margin: 0;
    font-size: var(--tez-xl);
    font-weight: 650;
    letter-spacing: -0.01em;
    line-height: 1.3;
    overflow-wrap: anywhere;
  }
  h1:focus {
    outline: none; /* it is no control: the focus is there to begin from */
  }
  .others {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    color: var(--tez-accent-text);
  }
  .picks {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-1) var(--tez-4);
    margin: 0 0 var(--tez-3) calc(var(--tez-2) * -1);
  }
  .pickd {
    display: flex;
    align-items: center;
    min-width: 0;
    gap: 2px;
    max-width: 100%;
    font-size: var(--tez-m);
  }
  .pickd > .name {
    flex: none;
    padding-inline-start: var(--tez-2);
    color: var(--tez-text-3);
    font-size: var(--tez-s);
  }
  .pickd > .value {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
    min-height: var(--tez-control);
    padding: 2px var(--tez-2);
    font-weight: 500;
  }
  .value {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .high {
    color: var(--tez-bad);
  }
  @container (max-width: 480px) {
    .kicker .btn {
      display: none; /* no keyboard there, and no room */
    }
  }
`;

/** Which ticket it is, and who else is here. */
export function head(task: Task, viewers: readonly Viewer[], help: () => void) {
  return html`<div class="head">
    <p class="kicker">
      <span class="id">#${task.id}</span><span>${task.project.name}</span><span aria-hidden="true">·</span><span>${task.tracker.name}</span>
      ${task.private ? html`<tez-badge tone="warn">${icon('lock', 12)}${t('privateTicket')}</tez-badge>` : nothing}
      <span class="space"></span>
      <span class="others" role="status">${othersText(viewers)}</span>
      <button class="btn ghost icon small" aria-label=${t('help')} title=${t('help')} @click=${help}>${icon('keyboard', 18)}</button>
    </p>
    <h1 tabindex="-1">${task.subject}</h1>
  </div>`;
}

/** Who types, or else who looks; empty when nobody does. */
export function othersText(viewers: readonly Viewer[]): string {
  const typers = viewers.filter((one) => one.typing);
  const told = typers.length ? typers : viewers;
  if (!told.length) return '';
  const names = told.slice(0, NAMED).map((one) => one.name);
  const rest = told.length - names.length;
  const list = formatList(rest ? [...names, t('andOthers', { n: rest })] : names);
  return t(typers.length ? 'typers' : 'viewers', { n: told.length, names: list });
}

/** Status, priority, assignee: each opens a list where the person may change it. */
export function picks(task: Task, desk: TicketDesk, act: (deed: Deed) => Promise<unknown>) {
  const { api, may, ticket } = desk;
  const under = new Set(ticket.pending.map((deed) => deed.kind));
  const now = () => desk.ticket.task;
  const high = task.priority.high;
  return html`<div class="picks" role="group" aria-label=${t('state')}>
    ${one(
      'status',
      t('status'),
      html`<tez-badge tone=${task.status.closed ? 'neutral' : 'accent'}>${task.status.name}</tez-badge>`,
      may.status && {
        find: once('status', api, () => statusChoices(api)),
        pick: (to: Status) => void act({ kind: 'status', to }),
        busy: under.has('status'),
      },
    )}
    ${one(
      'priority',
      t('priority'),
      html`<span class=${high ? 'high' : ''}>${high ? '▲ ' : ''}${task.priority.name}</span>`,
      may.priority && {
        find: once('priority', api, () => priorityChoices(api, now)),
        pick: (to: Priority) => void act({ kind: 'priority', to }),
        busy: under.has('priority'),
      },
    )}
    ${one(
      'assignee',
      t('assignee'),
      task.assignee
        ? html`${face(task.assignee)}<span>${task.assignee.name}${task.assignee.me ? ` (${t('me')})` : ''}</span>`
        : html`<span>${t('nobody')}</span>`,
      may.assignee && {
        find: once('assignee', api, () => assigneeChoices(api, now)),
        remote: true,
        pick: (to: Person | null) => void act({ kind: 'assignee', to }),
        busy: under.has('assignee'),
      },
    )}
  </div>`;
}

interface Way<T> {
  readonly find: ReturnType<typeof statusChoices>;
  readonly pick: (value: T) => void;
  readonly busy: boolean;
  readonly remote?: boolean;
}

function one<T>(field: string, name: string, value: unknown, way: Way<T> | false) {
  return html`<div class="pickd">
    <span class="name" aria-hidden=${way ? 'true' : nothing}>${name}</span>
    ${
      way
        ? html`<nav-pick
            data-field=${field}
            .label=${name}
            .find=${way.find}
            ?remote=${way.remote ?? false}
            ?busy=${way.busy}
            @pick=${(event: CustomEvent<T>) => way.pick(event.detail)}
            ><span class="value">${value}</span></nav-pick
          >`
        : html`<span class="value">${value}</span>`
    }
  </div>`;
}

const made = new WeakMap<object, Map<string, ReturnType<typeof statusChoices>>>();

/** The same function for the same ticket at each drawing, or the picker would be drawn anew each time. */
export function once(
  name: string,
  api: object,
  make: () => ReturnType<typeof statusChoices>,
): ReturnType<typeof statusChoices> {
  const all = made.get(api) ?? new Map<string, ReturnType<typeof statusChoices>>();
  made.set(api, all);
  const known = all.get(name) ?? make();
  all.set(name, known);
  return known;
}
