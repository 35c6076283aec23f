/** One line of the list: cells in the order of the columns; on a narrow screen the same cells make a card of two lines. */

import { html, nothing, type TemplateResult } from 'lit';
import { exactTime, relativeTime } from '../../ui/clock';
import { icon } from '../../ui/icons';
import type { ColumnKey, Look } from './look';
import { t } from './strings';
import type { Person, Ticket } from './types';

export interface RowView {
  /** From 0, in the whole list. */
  readonly index: number;
  /** The one row that the Tab key stops at. */
  readonly current: boolean;
  readonly chosen: boolean;
  /** It no longer belongs where it stands. */
  readonly gone: boolean;
  /** It is open beside the list. */
  readonly open: boolean;
  readonly href: string;
}

export interface RowActs {
  /** The focus came into the row. */
  enter(): void;
  open(event: MouseEvent): void;
  /** `range`: from the row chosen last to this one. */
  choose(range: boolean): void;
}

/** A row whose page is still under way; it can have the focus, so that the keyboard may run ahead of the network. */
export function emptyRow(index: number, current: boolean): TemplateResult {
  return html`<div class="row empty" role="row" aria-rowindex=${index + 2} data-index=${index}>
    <div role="cell" class="cell subject">
      <span class="main" tabindex=${current ? '0' : '-1'}><span class="sr">${t('loadingRow')}</span><i></i></span>
    </div>
  </div>`;
}

export function rowView(ticket: Ticket, look: Look, view: RowView, act: RowActs): TemplateResult {
  const classes = ['row', ticket.unread && 'unread', view.chosen && 'chosen', view.gone && 'gone', view.open && 'open'];
  const tab = view.current ? '0' : '-1';
  return html`<div
    class=${classes.filter(Boolean).join(' ')}
    role="row"
    aria-rowindex=${view.index + 2}
    data-index=${view.index}
    data-id=${ticket.id}
    @focusin=${act.enter}
    @click=${passOn}
  >
    <div role="cell" class="cell pick">
      <label
        ><input
          type="checkbox"
          tabindex=${tab}
          .checked=${view.chosen}
          aria-label=${t('choose', { id: String(ticket.id) })}
          @click=${(event: MouseEvent) => {
            event.preventDefault(); // the list decides; a refused choice must not look like one
            act.choose(event.shiftKey);
          }}
      /></label>
    </div>
    ${look.columns.map((column) => cell(column, ticket, view, tab, act))}
  </div>`;
}

/** A click beside the row's link is meant for it. */
function passOn(event: MouseEvent): void {
  const target = event.target as Element;
  if (target.closest('a, label, input')) return;
  const link = (event.currentTarget as Element).querySelector('a');
  const { ctrlKey, metaKey, shiftKey } = event;
  link?.dispatchEvent(
    new MouseEvent('click', { bubbles: true, cancelable: true, composed: true, ctrlKey, metaKey, shiftKey }),
  );
}

function cell(column: ColumnKey, ticket: Ticket, view: RowView, tab: string, act: RowActs): TemplateResult {
  return html`<div role="cell" class="cell ${column}">${cells[column](ticket, view, tab, act)}</div>`;
}

type Cell = (ticket: Ticket, view: RowView, tab: string, act: RowActs) => unknown;

const cells: Readonly<Record<ColumnKey, Cell>> = {
  id: (ticket) => ticket.id,
  subject: (ticket, view, tab, act) => html`${
    ticket.unread ? html`<span class="mark" title=${t('unread')}></span>` : nothing
  }<a class="main" tabindex=${tab} href=${view.href} title=${ticket.subject} @click=${act.open}
      >${ticket.unread ? html`<span class="sr">${t('unread')}: </span>` : nothing}${ticket.subject}${
        view.gone ? html`<span class="sr"> (${t('gone')})</span>` : nothing
      }</a
    >${ticket.private ? html`<span class="tag">${t('private')}</span>` : nothing}`,
  project: (ticket) => text(ticket.project.name),
  tracker: (ticket) => text(ticket.tracker.name),
  status: (ticket) =>
    html`<span class="status ${ticket.status.closed ? 'closed' : ''}" title=${ticket.status.name}
      >${ticket.status.closed ? icon('check', 14) : nothing}<span>${ticket.status.name}</span></span
    >`,
  priority: (ticket) =>
    html`<span class="priority ${ticket.priority.high ? 'high' : ''}"
      >${ticket.priority.high ? icon('warn', 14) : nothing}${text(ticket.priority.name)}</span
    >`,
  assignee: (ticket) =>
    ticket.assignee ? person(ticket.assignee) : html`<span class="none">${t('unassigned')}</span>`,
  author: (ticket) => {
    const { requester } = ticket;
    return requester ? text(requester.name || requester.email) : person(ticket.author);
  },
  comments: (ticket) =>
    ticket.comments
      ? html`<span title=${t('commentsCount', { n: ticket.comments })}
          >${ticket.comments}<span class="sr"> ${t('comments')}</span></span
        >`
      : nothing,
  created: (ticket) => time(ticket.created_at),
  updated: (ticket) => time(ticket.updated_at),
};

function text(words: string): TemplateResult {
  return html`<span title=${words}>${words}</span>`;
}

function person(who: Person): TemplateResult {
  return html`<span class=${who.me ? 'me' : ''} title=${who.group ? `${who.name} (${t('group')})` : who.name}
    >${who.name}</span
  >`;
}

function time(text: string | null): TemplateResult | typeof nothing {
  if (text === null) return nothing;
  const at = Date.parse(text);
  return html`<time datetime=${text} title=${exactTime(at)}>${relativeTime(at)}</time>`;
}
