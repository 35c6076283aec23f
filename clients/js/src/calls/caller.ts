import { css, html, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/time';
import { newTicketUrl, readable } from './look';
import type { LookupState } from './lookups';
import type { CallStore, View } from './store';
import { isKey, t } from './strings';
import { keyStyles } from './styles';
import type { Caller, Dialog } from './types';

const MOST = 3; // open tickets in sight, so that "new ticket" is too; the others that were told are a click away

/** What the page is asked when a new ticket is wanted; prevented: it opens a form of its own. */
export interface NewTicket {
  readonly number: string;
  readonly name: string;
  readonly person: string | null;
  readonly queue: string;
}

/**
 * <tez-calls-caller .dialog .store .view .known>: the open tickets of whoever calls, then "new ticket".
 * Fires a cancelable `tez-new-ticket` before it leads to Redmine's form.
 */
export class TezCallsCaller extends TezElement {
  static override styles = [
    base,
    keyStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--tez-2);
      }
      li a {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: 0 8px;
        min-height: 40px;
        padding: 5px var(--tez-2);
        border-radius: var(--tez-radius);
        color: var(--tez-text);
        text-decoration: none;
      }
      li a:hover {
        background: var(--tez-hover);
      }
      li + li {
        border-top: 1px solid var(--tez-line);
      }
      .id {
        color: var(--tez-text-3);
        font-variant-numeric: tabular-nums;
      }
      .subject {
        font-weight: 550;
        overflow-wrap: anywhere;
        display: -webkit-box;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 2;
        overflow: hidden;
      }
      .more {
        grid-column: 2;
        color: var(--tez-text-2);
        font-size: var(--tez-s);
      }
      .more-tickets {
        justify-self: start;
      }
      .people {
        display: flex;
        flex-wrap: wrap;
        gap: 2px var(--tez-3);
        font-size: var(--tez-s);
      }
      .bones {
        display: grid;
        gap: 10px;
        padding: var(--tez-2);
        opacity: 0;
        animation: show 1ms linear 300ms forwards;
      }
      .bones i {
        height: 12px;
        border-radius: 6px;
        background: var(--tez-sunken);
      }
      .bones i:nth-child(even) {
        width: 55%;
      }
      @keyframes show {
        to {
          opacity: 1;
        }
      }
      .none {
        margin: 0;
        padding: 2px 0;
        color: var(--tez-text-2);
        font-size: var(--tez-s);
      }
      @media (prefers-reduced-motion: reduce) {
        .bones {
          opacity: 1;
        }
      }
      @media (forced-colors: active) {
        .bones i {
          background: GrayText;
        }
      }
    `,
  ];

  @property({ attribute: false }) dialog: Dialog | null = null;
  @property({ attribute: false }) store: CallStore | null = null;
  @property({ attribute: false }) view: View | null = null;
  @property({ attribute: false }) known: LookupState | null = null;

  @state() private all = false;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('dialog') && changed.get('dialog')?.number !== this.dialog?.number) this.all = false;
  }

  /** The key is gone then: the focus goes to the first that it has shown. */
  async #more(): Promise<void> {
    this.all = true;
    await this.updateComplete;
    this.renderRoot.querySelectorAll<HTMLElement>('li a')[MOST]?.focus();
  }

  #newTicket(event: Event, detail: NewTicket): void {
    if (!this.emit('tez-new-ticket', detail)) event.preventDefault();
  }

  /** Nothing to show takes no room either. */
  protected override updated(): void {
    this.hidden = !this.shadowRoot?.childElementCount;
  }

  override render() {
    const { dialog, known, view } = this;
    if (!dialog || !view) return nothing;
    return html`${known ? this.#found(known, dialog) : nothing}${this.#write(dialog, known?.caller ?? null)}`;
  }

  #found(known: LookupState, dialog: Dialog) {
    if (known.state === 'loading')
      return html`<div role="status"><span class="sr">${t('looking')}</span></div>
        <div class="bones" aria-hidden="true"><i></i><i></i><i></i><i></i></div>`;
    const again = (text: string) => html`<p class="none">
      ${text}
      <button class="btn small" type="button" @click=${() => this.store?.retryLookup(dialog.number)}>
        ${icon('refresh', 14)}${t('again')}
      </button>
    </p>`;
    if (known.state === 'failed') return again(t('lookupFailed'));
    const { people = [], tickets = [], total = 0, partial = false } = known.caller ?? {};
    if (!people.length && !tickets.length && !partial) return html`<p class="none">${t('nobody')}</p>`;
    // One more than fits takes no more room than the key that shows it.
    const open = this.all || tickets.length <= MOST + 1 ? tickets : tickets.slice(0, MOST);
    const rest = total - open.length;
    return html`${people.length > 1 || people[0]?.url ? this.#people(people) : nothing}
      ${
        partial
          ? again(t('ticketsFailed'))
          : html`<h3>${open.length ? t('openTickets', { n: Math.max(total, open.length) }) : t('noTickets')}</h3>`
      }
      ${
        open.length
          ? html`<ul class="plain" role="list">
              ${open.map(
                (ticket) => html`<li>
                  <a href=${`/tasks/${ticket.id}`}
                    ><span class="id">№ ${String(ticket.id)}</span><span class="subject">${ticket.subject}</span
                    ><span class="more">${ticket.status}${ticket.priority ? ` · ${ticket.priority}` : ''} ${ticket.updated_at ? html`· <tez-time .at=${ticket.updated_at}></tez-time>` : nothing}</span
                  ></a>
                </li>`,
              )}
            </ul>`
          : nothing
      }
      ${
        rest > 0 && open.length < tickets.length
          ? html`<button class="btn small more-tickets" type="button" @click=${() => void this.#more()}>
              ${t('moreTickets', { n: rest })}
            </button>`
          : rest > 0
            ? html`<p class="none">${t('moreTickets', { n: rest })}</p>`
            : nothing
      }`;
  }

  #people(people: Caller['people']) {
    return html`<div class="people">
      ${people.map((person) => {
        const kind = `person_${person.kind}`;
        const where = isKey(kind) ? t(kind) : person.kind;
        return html`<span
          >${safe(person.url) ? html`<a href=${safe(person.url)} target="_blank" rel="noopener">${person.name}</a>` : person.name}
          <span class="muted">${person.department || where}</span></span
        >`;
      })}
    </div>`;
  }

  #write(dialog: Dialog, caller: Caller | null) {
    const person = caller?.people[0] ?? null;
    const name = person?.name ?? '';
    const who = [name, readable(dialog.number)].filter(Boolean).join(', ') || t('hidden');
    const url = newTicketUrl(
      this.view?.config?.new_ticket,
      { number: dialog.number, name, queue: dialog.queue },
      { subject: '', description: t('ticketFrom', { who }) },
    );
    if (!url) return nothing;
    const detail = { number: dialog.number, name, person: person?.id ?? null, queue: dialog.queue };
    return html`<a
      class="btn key wide"
      href=${url}
      target="_blank"
      rel="noopener"
      @click=${(event: Event) => this.#newTicket(event, detail)}
      >${icon('ticket')}<span>${t('newTicket')}</span></a
    >`;
  }
}
define('tez-calls-caller', TezCallsCaller);

/** An address that leads somewhere and runs nothing. */
function safe(url: string | null | undefined): string | null {
  return url && /^(https?:\/\/|\/(?![/\\]))/i.test(url) ? url : null;
}
