/** The rows in their scrolled frame: the pill above them, the head, and of ten thousand rows those in sight. */

import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from '../../ui/repeat';
import { pillText } from './around';
import { type HeadActs, headRow } from './head';
import type { Look } from './look';
import { emptyRow, type RowActs, rowView } from './row';
import type { Stand } from './stand';
import type { TicketStore } from './store';
import { t } from './strings';
import type { Ticket } from './types';

export interface RowsView {
  readonly store: TicketStore;
  readonly stand: Stand;
  readonly look: Look;
  /** All that the filter finds are chosen. */
  readonly all: boolean;
  readonly chosen: (id: number) => boolean;
  /** What stands where there are no rows. */
  readonly none: () => TemplateResult;
}

export interface RowsActs {
  readonly head: HeadActs;
  readonly letIn: () => void;
  readonly row: (ticket: Ticket, index: number) => RowActs;
}

export function rowsView(view: RowsView, act: RowsActs): TemplateResult {
  const { store, stand } = view;
  const { total } = store.rows;
  const to = Math.min(stand.span.to, total);
  const shown = Array.from({ length: Math.max(0, to - stand.span.from) }, (_, i) => stand.span.from + i);
  const pill = pillText(store);
  return html`<div
    class="rows"
    @pointerenter=${() => stand.hover(true)}
    @pointerleave=${() => stand.hover(false)}
    @focusin=${(event: FocusEvent) => stand.reached(event.target)}
    @focusout=${(event: FocusEvent) => stand.reached(event.relatedTarget)}
  >
    <h2 class="sr">${t('list')}</h2>
    ${pill ? html`<button class="pill" title=${t('pillHint')} @click=${act.letIn}>${pill}</button>` : nothing}
    <div class="sr" role="status">${pill}</div>
    <div
      class="scroll"
      tabindex=${total ? '-1' : '0'}
      role="group"
      aria-label=${t('list')}
      aria-busy=${store.busy ? 'true' : 'false'}
      @scroll=${() => stand.look()}
    >
      ${
        total
          ? html`<div role="table" class="table" aria-label=${t('list')} aria-rowcount=${total + 1}>
              ${headRow(view.look, store.query, view.all, act.head)}
              <div class="lead" aria-hidden="true"></div>
              <div role="rowgroup">
                ${repeat(
                  shown,
                  (index) => index,
                  (index) => row(index, view, act),
                )}
              </div>
              <div class="tail" aria-hidden="true"></div>
            </div>`
          : view.none()
      }
    </div>
  </div>`;
}

function row(index: number, { store, stand, look, chosen }: RowsView, act: RowsActs): TemplateResult {
  const ticket = store.rows.row(index);
  const current = index === stand.current;
  if (!ticket) return emptyRow(index, current);
  const view = {
    index,
    current,
    chosen: chosen(ticket.id),
    gone: store.rows.gone.has(ticket.id),
    open: store.place.ticket === ticket.id,
    href: `/tasks/${ticket.id}`,
  };
  return rowView(ticket, look, view, act.row(ticket, index));
}
