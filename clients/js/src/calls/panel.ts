import { html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { onLocale } from '../i18n/index';
import type { Sound } from '../inbox/sound';
import { offer } from '../palette/offer';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { repeat } from '../ui/repeat';
import '../ui/states';
import { aimOf, type Sheet } from './aim';
import './card';
import type { TezCallsCard } from './card';
import { keep, recall } from './dock';
import { FocusKeeper } from './focus';
import './help';
import type { TezCallsHelp } from './help';
import { glyph } from './icons';
import { type KeyAct, keyAct } from './keys';
import { consultation, isSignedIn, offers, ordered, rings } from './look';
import './missed';
import { asOfText, panelNotes } from './notes';
import { panelStyles } from './panel-styles';
import './pick';
import type { Picked, TezCallsPick } from './pick';
import { Ring } from './ring';
import './sign-in';
import './state-bar';
import { shortCall, telephoneActions } from './short';
import type { TezCallsState } from './state-bar';
import type { CallStore, View } from './store';
import { t } from './strings';
import { keyStyles } from './styles';
import './timer';
import type { Dialog } from './types';
import { canPopOut, popOut } from './window';
import { barredText, faultText, numberText } from './words';

/**
 * <tez-calls .store .sound>: the telephone of a contact-centre agent. Docked at the side (`dock="side"`), folded to a bar, or in a
 * window of its own. An incoming call opens it, rings in the leading tab and is spoken at once.
 */
export class TezCalls extends TezElement {
  static override styles = [base, keyStyles, panelStyles];

  @property({ attribute: false }) store: CallStore | null = null;
  @property({ attribute: false }) sound: Pick<Sound, 'ring' | 'on' | 'muted' | 'locked' | 'unlock'> | null = null;
  @property({ reflect: true }) dock: 'side' | 'bar' | 'window' = 'side';
  /** A call waits to be answered. */
  @property({ type: Boolean, reflect: true }) ringing = false;
  /** What it is called, where there is more than one. */
  @property() label = '';
  /** Stands as it is put: in the gallery. */
  @property({ type: Boolean }) fixed = false;
  @state() private view: View | null = null;
  @state() private dialling = false;
  @state() private teams = false;
  /** Said at once, to whoever cannot see it. */
  @state() private spoken = '';
  @query('tez-calls-state') private bar!: TezCallsState | null;
  @query('tez-calls-help') private help!: TezCallsHelp | null;
  @query('tez-calls-pick[pad]') private pick!: TezCallsPick | null;

  #undos: (() => void)[] = [];
  #ring: Ring | null = null;
  #focus: FocusKeeper | null = null;
  #told = new Set<string>();
  #popped: Window | null = null;
  /** A call has opened what the person had folded: it folds again when the last call is over. */
  #lent = false;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.dock !== 'window' && !this.fixed) this.dock = recall();
    this.#wire();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwire();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    this.#focus?.watch();
    if ((changed.has('store') || changed.has('sound')) && this.hasUpdated) this.#wire();
  }

  #unwire(): void {
    for (const undo of this.#undos.splice(0)) undo();
    this.#ring = null;
    this.#focus = null;
  }

  #wire(): void {
    this.#unwire();
    const { store, sound } = this;
    if (!store) return;
    if (sound) {
      const ring = new Ring(sound);
      this.#ring = ring;
      this.#undos.push(
        () => ring.close(),
        sound.on(() => this.requestUpdate()),
      );
    }
    const focus = new FocusKeeper(this);
    this.#focus = focus;
    const key = (event: KeyboardEvent) => this.#hot(event);
    // Before the page's own keys, and wherever one types: a call does not wait for the right focus.
    const windows = new Set([window, this.ownerDocument.defaultView ?? window]);
    for (const one of windows) one.addEventListener('keydown', key, true);
    this.#undos.push(
      () => focus.close(),
      () => {
        for (const one of windows) one.removeEventListener('keydown', key, true);
      },
      store.on('change', (view) => this.#take(view)),
      onLocale(() => this.requestUpdate()),
      offer(() =>
        telephoneActions(this.view, {
          dial: () => void this.#dial(),
          ready: () => this.bar?.ready(),
          notReady: (reason) => void store.setState('NOT_READY', reason),
        }),
      ),
    );
    this.#take(store.view);
  }

  #take(view: View): void {
    this.view = view;
    const waiting = view.asOf === null ? ordered(view.calls).filter(rings) : [];
    this.ringing = waiting.length > 0;
    const fresh = waiting.filter(({ id }) => !this.#told.has(id));
    this.#told = new Set(waiting.map(({ id }) => id));
    const first = fresh[0];
    this.#ring?.set(this.ringing && view.leader, first !== undefined);
    if (first) {
      this.spoken = t(first.queue ? 'incomingFrom' : 'incoming', { who: numberText(first.number), queue: first.queue });
      if (this.dock === 'bar' && !this.fixed) {
        this.dock = 'side';
        this.#lent = true;
      }
    } else if (!waiting.length) this.spoken = '';
    if (this.#lent && !ordered(view.calls).length) {
      this.#lent = false;
      this.dock = 'bar';
    }
    if (this.dialling && ordered(view.calls).some(({ leg }) => leg?.state === 'INITIATED')) this.dialling = false;
  }

  // — Keys —

  #hot(event: KeyboardEvent): void {
    const { view } = this;
    const act = keyAct(event);
    if (!act || !view || view.config?.hotkeys === false || event.repeat || event.defaultPrevented) return;
    if (this.#do(act, view)) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  /** Whether the key meant something now. */
  #do(act: KeyAct, view: View): boolean {
    const aim = aimOf(act, ordered(view.calls));
    if (aim) {
      if ('action' in aim) void this.store?.act(aim.dialog, aim.action);
      else void this.#openSheet(aim.dialog, aim.sheet);
      return true;
    }
    const may = offers(view.calls);
    if (act === 'panel') this.#fold(this.dock === 'side');
    else if (act === 'ready' && may.ready) this.bar?.ready();
    else if (act === 'notReady' && may.notReady) void this.bar?.openReasons();
    else if (act === 'dial' && isSignedIn(view.calls)) void this.#dial();
    else return false;
    return true;
  }

  async #openSheet(dialog: string, sheet: Sheet): Promise<void> {
    await this.#show();
    const cards = [...this.renderRoot.querySelectorAll<TezCallsCard>('tez-calls-card')];
    await cards.find((card) => card.dialog?.id === dialog)?.open(sheet);
  }

  // — Places —

  async #show(): Promise<void> {
    if (this.dock === 'bar') this.#fold(false);
    await this.updateComplete;
  }

  #fold(folded: boolean): void {
    if (this.dock === 'window') return;
    this.dock = folded ? 'bar' : 'side';
    this.#lent = false;
    keep(folded);
    void this.updateComplete.then(() => this.#key(folded ? 'unfold' : 'fold')?.focus());
  }

  #key(name: string): HTMLElement | null {
    return this.renderRoot.querySelector(`[data-key=${name}]`);
  }

  async #dial(): Promise<void> {
    if (!this.dialling && this.store?.stopped('make_call')) return;
    await this.#show();
    this.dialling = true;
    await this.updateComplete;
    await this.pick?.updateComplete;
    this.pick?.focus();
  }

  async #stopDialling(): Promise<void> {
    this.dialling = false;
    await this.updateComplete;
    this.#key('dial')?.focus();
  }

  async #popOut(): Promise<void> {
    if (this.#popped) return this.#popped.close();
    try {
      this.#popped = await popOut(this, () => {
        this.#popped = null;
        this.dock = 'side';
      });
      if (this.#popped) this.dock = 'window';
    } catch {
      // The browser would not: the panel stays where it is.
    }
  }

  // — Rendering —

  override render() {
    const { view } = this;
    if (!view || !this.store) return nothing;
    return html`<div class="sr" role="alert">${this.spoken}</div>
      <aside aria-label=${this.label || t('title')} class=${this.dock === 'bar' ? 'bar' : 'panel'}>
        ${this.dock === 'bar' ? this.#bar(view) : this.#panel(view)}
      </aside>
      <tez-calls-help></tez-calls-help>`;
  }

  #bar(view: View) {
    const [first, ...rest] = ordered(view.calls);
    const shown = isSignedIn(view.calls);
    return html`${
      shown
        ? html`<tez-calls-state small class=${view.asOf === null ? '' : 'old'} .store=${this.store} .view=${view}></tez-calls-state>`
        : html`<span class="muted">${t('signedOut')}</span>`
    }
      <div class="now">
        ${view.asOf === null ? nothing : html`<span class="muted">${asOfText(view.asOf)}</span>`}
        ${first ? html`<div class="short ${view.asOf === null ? '' : 'old'}">${shortCall(first, view, this.store)}</div>` : nothing}
        ${rest.length ? html`<span class="muted">${t('moreCalls', { n: rest.length })}</span>` : nothing}
        <div role="alert">${view.fault ? html`<p class="fault">${faultText(view.fault)}</p>` : nothing}</div>
      </div>
      ${this.#missedKey(view)}
      <button class="btn key square ghost" type="button" data-key="unfold" aria-expanded="false" aria-label=${t('unfold')} title=${`${t('unfold')} (Alt+P)`} @click=${() => this.#fold(false)}>
        ${glyph('up')}
      </button>`;
  }

  #missedKey(view: View) {
    const n = view.missed.length;
    return n
      ? html`<button class="btn key square ghost missed" type="button" aria-label=${t('missed', { n })} title=${t('missed', { n })} @click=${() => void this.#show()}>
          ${glyph('missed')}<span class="n" aria-hidden="true">${n}</span>
        </button>`
      : nothing;
  }

  #panel(view: View) {
    const { service, agent } = view.calls;
    const working = isSignedIn(view.calls) && service.state !== 'off' && service.state !== 'refused';
    const old = view.asOf === null ? '' : 'old';
    // Who signs in looks at the form while it connects: should it fail, what they typed is still there.
    const asking = !!this.renderRoot.querySelector('tez-calls-sign-in');
    return html`${
      working && agent
        ? html`<div class="top ${old}"><tez-calls-state .store=${this.store} .view=${view}></tez-calls-state></div>`
        : nothing
    }
      <div class="scroll">
        ${panelNotes(view, this.store, this.#elsewhere() ? null : this.sound)}
        ${
          (!view.loaded || (service.state === 'connecting' && !agent)) && !asking
            ? html`<tez-loading rows="2" .reason=${t('connecting')}></tez-loading>`
            : working
              ? this.#work(view, old)
              : html`<div class="section"><tez-calls-sign-in .store=${this.store} .view=${view}></tez-calls-sign-in></div>`
        }
        ${
          this.teams && working
            ? agent?.supervises.map(({ id }) => html`<tez-team .store=${this.store} .team=${id}></tez-team>`)
            : nothing
        }
        <tez-calls-missed class="section" ?hidden=${!view.missed.length} .store=${this.store} .view=${view} @emptied=${() => this.#key('dial')?.focus()}></tez-calls-missed>
      </div>
      ${this.#tools(working, view)}`;
  }

  /** The inbox of the page beside it offers the sound already. */
  #elsewhere(): boolean {
    return this.dock !== 'window' && document.querySelector('tez-inbox[mode=page]') !== null;
  }

  #work(view: View, old: string) {
    const calls = ordered(view.calls);
    const pair = consultation(view.calls);
    const card = (dialog: Dialog) =>
      html`<tez-calls-card class=${old} .dialog=${dialog} .store=${this.store} .view=${view}></tez-calls-card>`;
    return html`${
      this.dialling
        ? html`<div class="section">
            <tez-calls-pick
              pad
              .store=${this.store}
              .view=${view}
              .ways=${['call'] as const}
              .label=${t('dialWhom')}
              @pick=${(event: CustomEvent<Picked>) => void this.#place(event.detail)}
              @leave=${() => void this.#stopDialling()}
            ></tez-calls-pick>
          </div>`
        : nothing
    }
      ${pair ? html`<p class="note">${glyph('consult', 16)}<span>${t('consulting')}</span></p>` : nothing}
      ${repeat(calls, ({ id }) => id, card)}
      ${
        calls.length || this.dialling
          ? nothing
          : html`<p class="idle">${view.pending.some(({ action }) => action === 'make_call') ? t('placing') : t('noCalls')}</p>`
      }`;
  }

  async #place({ number }: Picked): Promise<void> {
    if (await this.store?.makeCall(number)) return; // what was typed stays
    await this.#stopDialling();
  }

  /** Fetched by supervisors only. */
  async #team(): Promise<void> {
    try {
      await import('./team');
      this.teams = !this.teams;
    } catch {
      // The script did not come; the key can be pressed again.
    }
  }

  #tools(working: boolean, view: View) {
    const tool = (id: string, label: string, inner: unknown, run: () => void, hot = '', open?: boolean) =>
      html`<button class="btn key square ghost" type="button" data-key=${id} aria-label=${label} aria-expanded=${open === undefined ? nothing : String(open)} title=${hot ? `${label} (${hot})` : label} @click=${run}>${inner}</button>`;
    return html`<div class="tools">
      ${
        working
          ? html`<button
              class="btn key ghost grow"
              type="button"
              data-key="dial"
              aria-expanded=${this.dialling ? 'true' : 'false'}
              aria-disabled=${view.barred ? 'true' : 'false'}
              title=${view.barred ? barredText(view.barred) : nothing}
              aria-keyshortcuts=${view.config?.hotkeys === false ? nothing : 'Alt+M'}
              @click=${() => void (this.dialling ? this.#stopDialling() : this.#dial())}
            >
              ${glyph('call')}${t('dial')}
            </button>`
          : html`<span class="grow"></span>`
      }
      ${
        working && view.calls.agent?.supervises.length
          ? tool('teams', t('teams'), icon('user'), () => void this.#team(), '', this.teams)
          : nothing
      }
      ${tool('keys', t('keys'), icon('keyboard'), () => this.help?.show())}
      ${canPopOut() ? tool('pop', t(this.dock === 'window' ? 'popIn' : 'popOut'), glyph(this.dock === 'window' ? 'back' : 'out'), () => void this.#popOut()) : nothing}
      ${this.dock === 'window' ? nothing : tool('fold', t('fold'), icon('down'), () => this.#fold(true), 'Alt+P')}
    </div>`;
  }
}
define('tez-calls', TezCalls);

declare global {
  interface HTMLElementTagNameMap {
    'tez-calls': TezCalls;
  }
}
