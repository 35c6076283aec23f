import { html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { deviceId } from '../../hub/index';
import { typing } from '../../inbox/keys';
import { serverNow } from '../../ui/clock';
import { focused } from '../../ui/dialog';
import { base, define, TezElement } from '../../ui/element';
import { icon } from '../../ui/icons';
import { notices } from '../../ui/sheets';
import type { Deed } from './act';
import './attachments';
import type { NavAttachments } from './attachments';
import { statusChoices } from './choices';
import './composer';
import type { NavComposer } from './composer';
import './conflict';
import { faceStyles } from './face';
import { factStyles, facts } from './facts';
import { head, headStyles, once, picks } from './head';
import './history';
import type { NavHistory, Shown } from './history';
import { keyAct, type NavTicketHelp } from './keys';
import { quoted } from './mentions';
import { pageStyles } from './page-styles';
import type { NavPick } from './pick';
import { rich, richStyles } from './rich';
import { TicketDesk, type TicketSession } from './session';
import { inPlace, notes } from './states';
import { t } from './strings';
import type { Decision } from './ticket';
import type { Journal, Task } from './types';

const WIDE = 900; // px of the page from which the facts stand beside the text

/** <nav-ticket number .session>: one ticket. Fires `place` with the title of the tab, and `leave` for the list. One element shows one ticket. */
export class NavTicket extends TezElement {
  static override styles = [base, notices, richStyles, faceStyles, factStyles, headStyles, pageStyles];

  @property({ type: Number }) number = 0;
  @property({ attribute: false }) session: TicketSession | null = null;
  /** Opened from within the page: the heading takes the focus, for what had it is gone. */
  @property({ attribute: false }) arrived = false;
  @state() private shown: Shown = 'all';
  @state() private wide = true;
  @query('nav-composer') private composer!: NavComposer | null;
  @query('nav-history') private history!: NavHistory | null;
  @query('nav-attachments') private files!: NavAttachments | null;
  @query('nav-ticket-help') private help!: NavTicketHelp;
  #desk: TicketDesk | null = null;
  #title = '';
  #pointed = false;
  #size: ResizeObserver | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('keydown', this.#keys);
    addEventListener('hashchange', this.#hash);
    addEventListener('beforeunload', this.#stay);
    if (typeof ResizeObserver === 'undefined') return;
    this.#size = new ResizeObserver(([entry]) => {
      this.wide = (entry?.contentRect.width ?? WIDE) >= WIDE;
    });
    this.#size.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('keydown', this.#keys);
    removeEventListener('hashchange', this.#hash);
    removeEventListener('beforeunload', this.#stay);
    this.#size?.disconnect();
    this.#desk?.close();
    this.#desk = null;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!this.session || (!changed.has('session') && !changed.has('number') && this.#desk)) return;
    this.#desk?.close();
    this.#desk = new TicketDesk(
      this.number,
      this.session,
      { changed: () => this.requestUpdate(), found: () => this.composer?.adopt() },
      { device: deviceId(), now: serverNow },
    );
    this.#desk.open();
  }

  protected override updated(): void {
    const task = this.#desk?.ticket.task;
    const title = task ? `#${task.id} ${task.subject}` : `#${this.number}`;
    if (title !== this.#title) {
      this.#title = title;
      this.emit('place', title);
    }
    if (!this.#pointed && (task || this.#desk?.ticket.trouble)) {
      this.#pointed = true;
      if (this.arrived && !focused()?.matches(':not(body)'))
        this.renderRoot.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true });
      this.#hash();
    }
  }

  #hash = () => {
    const number = Number(/^#note-(\d+)$/.exec(location.hash)?.[1]);
    if (number) void this.updateComplete.then(() => this.history?.reveal(number));
  };

  /** Asks before the tab is closed while something is on its way; drafts need no question. */
  #stay = (event: BeforeUnloadEvent) => {
    if (this.#desk?.ticket.pending.length || this.composer?.uploads?.busy) event.preventDefault();
  };

  #do = (deed: Deed) => this.#desk?.do(deed) ?? Promise.resolve('refused' as const);

  // — Keyboard —

  #keys = (event: KeyboardEvent) => {
    if (event.defaultPrevented || typing(event) || !this.#desk?.ticket.task) return;
    const act = keyAct(event);
    if (!act) return;
    event.preventDefault();
    if (act === 'help') this.help.show();
    else if (act === 'comment') this.composer?.focus();
    else if (act === 'reply') this.#quote(this.history?.current() ?? null);
    else if (act === 'list') this.emit('leave');
    else this.renderRoot.querySelector<NavPick>(`nav-pick[data-field=${act}]`)?.open();
  };

  #quote(step: Journal | null): void {
    if (!this.#desk?.may.comment) return;
    if (step) this.composer?.quote(quoted(step.source, t('wrote', { name: step.author.name, n: String(step.number) })));
    else this.composer?.focus();
  }

  /** A picture in the text opens large, as those below it do. */
  #picture(event: MouseEvent): void {
    const picture = event.composedPath().find((at) => at instanceof HTMLImageElement);
    if (!picture?.closest('.rich') || event.ctrlKey || event.metaKey) return;
    if (this.files?.open(picture.getAttribute('src') ?? '')) event.preventDefault();
  }

  override render() {
    const desk = this.#desk;
    if (!desk) return nothing;
    const task = desk.ticket.shown;
    return html`<a class="btn ghost small back" href="/tasks/">${icon('back', 16)}${t('toList')}</a>
      ${task ? this.#page(desk, task) : inPlace(desk.ticket, this.number, () => void desk.ticket.load())}
      <nav-ticket-help></nav-ticket-help>`;
  }

  #page(desk: TicketDesk, task: Task) {
    const { ticket, may } = desk;
    const aside = html`<div class="facts">${facts(task)}</div>`;
    return html`${head(task, desk.live.viewers, () => this.help.show())}
      ${notes(desk)}
      ${picks(task, desk, this.#do)}
      <div class=${`columns ${this.wide ? 'wide' : ''}`} @click=${this.#picture}>
        <div class="main">
          ${this.wide ? nothing : html`<details class="card"><summary>${t('details')}</summary>${aside}</details>`}
          <section class="card" aria-labelledby="description">
            <h2 id="description">${t('description')}</h2>
            ${task.description.source.trim() ? rich(task.description.html) : html`<p class="none">${t('noDescription')}</p>`}
            ${task.attachments.length ? html`<nav-attachments .files=${task.attachments}></nav-attachments>` : nothing}
          </section>
          <nav-history
            .journals=${task.journals}
            .looked=${desk.looked}
            .pending=${ticket.pending}
            .shown=${this.shown}
            ?may-reply=${may.comment}
            @show=${(event: CustomEvent<Shown>) => {
              this.shown = event.detail;
            }}
            @quote=${(event: CustomEvent<Journal>) => this.#quote(event.detail)}
          ></nav-history>
          <nav-composer
            .api=${desk.api}
            .draft=${desk.draft}
            .may=${may}
            .statuses=${once('status', desk.api, () => statusChoices(desk.api))}
            .send=${this.#do}
            .safety=${desk.draft.state}
            blocked=${desk.cut ? t('cutComment') : ''}
            @typed=${(event: CustomEvent<{ text: string; private: boolean }>) =>
              desk.typed(event.detail.text, event.detail.private)}
            @rest=${() => this.renderRoot.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })}
            @sent=${() => desk.live.quiet()}
          ></nav-composer>
          ${may.comment ? nothing : html`<p class="none">${t('mayNotComment')}</p>`}
        </div>
        ${this.wide ? html`<aside class="card" aria-label=${t('details')}>${aside}</aside>` : nothing}
      </div>
      <nav-conflict
        .question=${ticket.question}
        @decide=${(event: CustomEvent<Decision>) => ticket.decide(event.detail)}
      ></nav-conflict>`;
  }
}
define('nav-ticket', NavTicket);

declare global {
  interface HTMLElementTagNameMap {
    'nav-ticket': NavTicket;
  }
}
