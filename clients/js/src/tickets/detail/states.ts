import { html, nothing } from 'lit';
import { clockTime, serverNow } from '../../ui/clock';
import { icon } from '../../ui/icons';
import '../../ui/panel';
import '../../ui/states';
import type { TicketDesk } from './session';
import { t } from './strings';
import type { OpenTicket } from './ticket';

/** What stands where the ticket will be, or cannot be. */
export function inPlace(ticket: OpenTicket, number: number, retry: () => void) {
  const heading = t('ticketNo', { n: String(number) });
  return html`<h1 class="sr" tabindex="-1">${heading}</h1>
    <tez-panel .heading=${heading}>${instead(ticket, retry)}</tez-panel>`;
}

function instead({ trouble, reason, busy }: OpenTicket, retry: () => void) {
  const failed = (heading: string, text: string) =>
    html`<tez-error .heading=${heading} .text=${text} ?busy=${busy} @retry=${retry}></tez-error>`;
  switch (trouble) {
    case null:
      return html`<tez-loading rows="5" .reason=${t('slowRedmine')} @retry=${retry}></tez-loading>`;
    case 'missing':
      return html`<tez-empty icon="ticket" .heading=${t('notFoundTitle')} .text=${t('notFoundText')}
        ><a class="btn" href="/tasks/">${t('allTickets')}</a></tez-empty
      >`;
    case 'forbidden':
      return failed(t('forbiddenTitle'), t('forbiddenText'));
    case 'away':
      return failed(t('awayTitle'), t('awayText'));
    case 'failed':
      return failed(t('failedTitle'), reason);
  }
}

/** What has to be said above the ticket: how old it is, what did not work. The live regions are always there. */
export function notes(desk: TicketDesk) {
  const { ticket } = desk;
  const { since } = desk;
  const away = (ticket.task?.stale && !ticket.busy) || ticket.trouble !== null;
  return html`<div role="status">
      ${
        since === null
          ? nothing
          : html`<p class="notice">
              ${icon(away ? 'warn' : 'offline', 18)}<span
                >${t(away ? 'staleRedmine' : 'staleLink', { time: clockTime(since, serverNow()) })}</span
              >
              ${
                away
                  ? html`<button class="btn small" aria-disabled=${ticket.busy ? 'true' : 'false'} @click=${() => void ticket.load()}>
                      ${icon('refresh', 14)}${t('again')}
                    </button>`
                  : nothing
              }
            </p>`
      }
    </div>
    <div role="alert">
      ${ticket.remarks.map(
        (one) => html`<p class=${`notice ${one.tone}`}>
          ${icon('warn', 18)}<span>${one.text}</span>
          <button class="btn ghost icon small" aria-label=${t('putAway')} title=${t('putAway')} @click=${() => ticket.putAway(one.id)}>
            ${icon('close', 14)}
          </button>
        </p>`,
      )}
    </div>`;
}
