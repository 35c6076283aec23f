import { html, nothing } from 'lit';
import type { InboxItem, Kind, NoticeData } from '../hub/index';
import { pick } from '../i18n/index';
import { exactTime, relativeTime } from '../ui/clock';
import { type IconName, icon } from '../ui/icons';
import type { Row } from './model';
import { t } from './strings';

/** How a row stands in its list. */
export interface RowView {
  /** Where it leads; without one it is a button that unfolds. */
  readonly url: string | undefined;
  /** The one row that the Tab key stops at. */
  readonly current: boolean;
  /** Earlier events of the matter are shown too. */
  readonly open: boolean;
  /** It has just come in and may say so by moving. */
  readonly fresh: boolean;
}

/** What a person does with a row. */
export interface RowActs {
  /** The focus came into the row. */
  enter(): void;
  open(event: Event): void;
  fold(): void;
  /** Read becomes unread and back. */
  read(): void;
  snooze(anchor: Element): void;
  done(): void;
}

const kindIcon: Record<Kind, IconName> = {
  ticket: 'ticket',
  network: 'network',
  call: 'call',
  erp: 'erp',
  system: 'system',
};

const troubles: Readonly<Record<string, string>> = {
  'net.down': 'bad',
  'net.blind': 'bad',
  'net.degraded': 'warn',
  'net.flapping': 'warn',
};

/** How bad it is, where that is known: its colour is then that, and not its kind's. */
function severity({ type, data }: InboxItem): string {
  if (data.critical) return 'bad';
  return troubles[type] ?? (data.kind === 'network' && data.closes ? 'ok' : '');
}

/** One line of the list. */
export function rowView(row: Row, { url, open, ...view }: RowView, act: RowActs) {
  const { newest } = row;
  const { data } = newest;
  const rest = row.items.length - 1;
  const tab = view.current ? '0' : '-1';
  const title = html`<span class="title"
    >${data.critical ? html`<span class="critical">${t('critical')}</span>` : nothing}${row.unread ? html`<span class="sr">${t('unread')}: </span>` : nothing}${
      row.done ? html`<span class="sr">${t('isDone')}: </span>` : nothing
    }${pick(data.title)}</span
  >`;
  const classes = `row ${row.unread ? 'unread' : ''} ${open ? 'open' : ''} ${row.done ? 'gone' : ''} ${view.fresh ? 'fresh' : ''}`;
  return html`<li class=${classes} data-id=${newest.id} data-seq=${newest.seq} @focusin=${act.enter}>
    ${row.unread ? html`<span class="mark"></span>` : nothing}
    <span class="kind ${data.kind} ${severity(newest)}">${icon(kindIcon[data.kind] ?? 'bell', 17)}</span>
    <div>
      ${
        url
          ? html`<a
              class="main"
              tabindex=${tab}
              href=${url}
              target=${new URL(url).origin === location.origin ? nothing : '_blank'}
              rel="noopener"
              @click=${act.open}
              >${title}</a
            >`
          : html`<button class="main" tabindex=${tab} @click=${act.open}>${title}</button>`
      }
      ${changes(data)} ${data.body ? html`<p class="body">${data.body}</p>` : nothing}
    </div>
    <div class="side">
      ${time(newest)}
      ${
        rest
          ? html`<button
              class="plus"
              tabindex=${tab}
              aria-expanded=${open ? 'true' : 'false'}
              aria-label=${`+${rest}: ${open ? t('fold') : t('earlier', { n: rest })}`}
              title=${open ? t('fold') : t('earlier', { n: rest })}
              @click=${act.fold}
            >
              +${rest}
            </button>`
          : nothing
      }
    </div>
    ${
      open && rest
        ? html`<ul class="earlier" role="list">
            ${row.items.slice(1).map(
              (item) => html`<li>
                <span>${pick(item.data.title)}</span>${time(item)} ${changes(item.data)}
                ${item.data.body ? html`<p class="body">${item.data.body}</p>` : nothing}
              </li>`,
            )}
          </ul>`
        : nothing
    }
    <div class="acts">
      ${action(tab, row.unread ? 'check' : 'unread', row.unread ? t('markRead') : t('markUnread'), act.read)}
      ${action(tab, 'clock', t('snooze'), (event) => act.snooze(event.currentTarget as Element))}
      ${action(tab, 'checks', t('done'), act.done)}
    </div>
  </li>`;
}

function action(tab: string, name: IconName, label: string, run: (event: Event) => void) {
  return html`<button class="btn ghost icon small" tabindex=${tab} aria-label=${label} title=${label} @click=${run}>
    ${icon(name, 16)}
  </button>`;
}

function time(item: InboxItem) {
  const at = Date.parse(item.time);
  return html`<time datetime=${item.time} title=${exactTime(at)}>${relativeTime(at)}</time>`;
}

function changes(data: NoticeData) {
  if (!data.changes?.length) return nothing;
  return html`<p class="changes">
    ${data.changes.map(
      (change) =>
        html`<span>${pick(change.label)}: ${change.old ? html`<del>${pick(change.old)}</del> → ` : nothing}<ins>${pick(change.new) || t('nothing')}</ins></span>`,
    )}
  </p>`;
}
