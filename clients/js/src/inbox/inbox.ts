import { html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type { Hub, InboxItem } from '../hub/index';
import { isLocale, setLocale } from '../i18n/index';
import { countText } from '../ui/badge';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { place } from '../ui/place';
import { tokens } from '../ui/tokens';
import { inboxStyles } from './inbox-styles';
import './list';
import type { TezInboxList } from './list';
import type { PushControl } from './push-offer';
import { type Boot, connect, HttpError, request, type Session, watchActivity } from './session';
import { sound } from './sound';
import type { Inbox } from './store';
import { t } from './strings';

const STALE_MS = 2000; // shorter drops are nobody's business
const SPEAK_MS = 1000; // ten events in a second are spoken once

type Link = Pick<Hub, 'status' | 'on'>;

/** Connections by server: several inboxes of a foreign page share one. */
const sessions = new Map<string, Promise<Session>>();

function sessionOf(base: string): Promise<Session> {
  let found = sessions.get(base);
  if (!found) {
    found = request<Boot>(base, '/users/api/me').then((boot) => {
      const session = connect(base, boot, 'tez-inbox');
      watchActivity(session.hub);
      return session;
    });
    sessions.set(base, found);
    found.catch(() => sessions.delete(base)); // the next try starts afresh
  }
  return found;
}

/**
 * <tez-inbox>: the bell with its number and its panel (`mode="bell"`), or the list as a page (`mode="page"`).
 *
 * In a foreign page `src` is the Navigator's address and that is all; in our own shell `store` and `hub` are given.
 * Attributes: `src`, `mode`, `locale` (ru, en), `theme` (light, dark, system; none: as the page). Tokens may be overridden from outside.
 * Fires `tez-open` {item, url} before a row is opened; a prevented one is not followed. `tez-unseen` {unseen} when the number changes.
 */
export class TezInbox extends TezElement {
  static override styles = [tokens, base, inboxStyles];

  @property() src: string | null = null;
  @property({ reflect: true }) mode: 'bell' | 'page' = 'bell';
  @property() locale: string | null = null;
  @property({ reflect: true }) theme: string | null = null;
  /** Plays the tone and speaks; of several inboxes on one page only one should. */
  @property({ type: Boolean }) silent = false;
  @property({ attribute: false }) store: Inbox | null = null;
  @property({ attribute: false }) hub: Link | null = null;
  @property({ attribute: false }) push: PushControl | null = null;
  /** Where `push` stands, when somebody above knows it: a change of it is drawn. */
  @property() pushState: PushControl['state'] | null = null;

  @state() private shown = false;
  @state() private unseen = 0;
  @state() private staleSince: number | null = null;
  @state() private spoken = '';
  @state() private refused: Error | null = null;
  @query('.panel') private panel!: HTMLElement;
  @query('.bell') private bell!: HTMLButtonElement | null;
  @query('tez-inbox-list') private list!: TezInboxList | null;

  #undos: (() => void)[] = [];
  #wired: { store: Inbox | null; hub: Link | null } = { store: null, hub: null };
  #release: (() => void) | undefined;
  #staleTimer: ReturnType<typeof setTimeout> | undefined;
  #speakTimer: ReturnType<typeof setTimeout> | undefined;
  #waiting = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    if (!this.store && this.src !== null) void this.#connect();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const undo of this.#undos) undo();
    this.#undos = [];
    this.#wired = { store: null, hub: null };
    this.#release?.();
    clearTimeout(this.#staleTimer);
    clearTimeout(this.#speakTimer);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('locale') && isLocale(this.locale)) setLocale(this.locale);
    if (this.isConnected && (this.#wired.store !== this.store || this.#wired.hub !== this.hub)) this.#wire();
  }

  async #connect(): Promise<void> {
    this.refused = null;
    try {
      const session = await sessionOf(new URL(this.src || '/', document.baseURI).href);
      if (isLocale(this.locale)) setLocale(this.locale);
      this.store = session.inbox;
      this.hub = session.hub;
    } catch (error) {
      this.refused = error instanceof Error ? error : new Error(String(error));
    }
  }

  #wire(): void {
    for (const undo of this.#undos) undo();
    this.#wired = { store: this.store, hub: this.hub };
    this.#undos = [];
    const { store, hub } = this;
    if (store) {
      this.#undos.push(
        store.on('change', () => this.#count()),
        store.on('arrived', (items) => this.#arrived(items)),
      );
      this.#count();
    }
    if (hub) {
      this.#undos.push(hub.on('status', () => this.#link()));
      this.#link();
    }
    if (this.mode === 'page') {
      // Being on screen is not being seen: somebody must have moved the mouse or a key since.
      const seen = () => this.#seen();
      for (const type of ['pointermove', 'pointerdown', 'keydown', 'wheel'] as const) {
        addEventListener(type, seen, { passive: true });
        this.#undos.push(() => removeEventListener(type, seen));
      }
    }
  }

  #count(): void {
    const unseen = this.store?.unseen ?? 0;
    if (unseen !== this.unseen) {
      this.unseen = unseen;
      this.emit('tez-unseen', { unseen });
    }
  }

  #arrived(items: readonly InboxItem[]): void {
    if (this.silent || !items.length) return;
    if (this.hub?.status.leader) {
      const loud = items.find((item) => item.data.critical) ?? items[0];
      sound.play(loud?.data.kind, loud?.data.critical);
    }
    this.#waiting += items.length;
    clearTimeout(this.#speakTimer);
    this.#speakTimer = setTimeout(() => {
      this.spoken = t('announce', { n: this.#waiting });
      this.#waiting = 0;
    }, SPEAK_MS);
  }

  /** Below 2 s a lost link is not worth a word; after that all is as of the last frame heard. */
  #link(): void {
    clearTimeout(this.#staleTimer);
    const status = this.hub?.status;
    if (!status || status.state === 'open') {
      this.staleSince = null;
      return;
    }
    const wait = Math.max(0, status.since + STALE_MS - Date.now());
    this.#staleTimer = setTimeout(() => {
      this.staleSince = status.lastFrameAt ?? status.since;
    }, wait);
  }

  /** What is on screen counts as seen, as long as nothing waits behind the pill. */
  #seen(): void {
    const looking = this.mode === 'page' ? this.isConnected && document.visibilityState === 'visible' : this.shown;
    if (looking && this.unseen > 0 && (this.list?.caughtUp ?? false)) this.store?.markSeen();
  }

  // — Bell —

  open(): void {
    if (this.mode === 'bell' && !this.shown) this.panel.showPopover?.();
  }

  close(): void {
    this.panel?.hidePopover?.();
  }

  #toggled(event: ToggleEvent): void {
    this.shown = event.newState === 'open';
    this.#release?.();
    this.#release = undefined;
    if (!this.shown || !this.bell) return;
    this.#release = place(this.panel, this.bell, 'end');
    this.panel.focus();
    void this.updateComplete.then(() => this.#seen());
  }

  #keys(event: KeyboardEvent): void {
    // Popovers give the focus back on Escape only when they took it themselves.
    if (event.key === 'Escape' && this.shown && !event.defaultPrevented) {
      event.preventDefault();
      this.close();
      this.bell?.focus();
      event.stopPropagation();
    } else this.list?.key(event);
  }

  override render() {
    const label = this.unseen ? t('bell', { n: this.unseen }) : t('bellNone');
    return html`<div class="sr" role="status">${this.silent ? nothing : this.spoken}</div>
      ${
        this.mode === 'page'
          ? this.#content()
          : html`<button
                class="bell"
                aria-haspopup="dialog"
                aria-expanded=${this.shown ? 'true' : 'false'}
                aria-label=${label}
                title=${label}
                @click=${() => (this.shown ? this.close() : this.open())}
              >
                ${icon('bell', 21)}${this.unseen ? html`<span class="count" aria-hidden="true">${countText(this.unseen)}</span>` : nothing}
              </button>
              <div
                class="panel"
                popover="auto"
                role="dialog"
                tabindex="-1"
                aria-label=${t('title')}
                @toggle=${this.#toggled}
                @keydown=${this.#keys}
              >
                ${this.shown ? this.#content() : nothing}
              </div>`
      }`;
  }

  #content() {
    if (this.refused && !this.store) {
      const out = this.refused instanceof HttpError && this.refused.status === 401;
      const home = new URL(this.src || '/', document.baseURI).href;
      return html`<tez-error .heading=${t('loadFailed')} .text=${this.refused.message} @retry=${() => void this.#connect()}></tez-error>
        ${out ? html`<p class="signin"><a href=${home} target="_blank" rel="noopener">${t('openItem')}</a></p>` : nothing}`;
    }
    return html`<tez-inbox-list
      .store=${this.store}
      .push=${this.push}
      .pushState=${this.pushState ?? this.push?.state ?? 'unsupported'}
      .origin=${this.src === null ? location.origin : new URL(this.src || '/', document.baseURI).href}
      .staleSince=${this.staleSince}
      ?page=${this.mode === 'page'}
      @tez-arranged=${() => void this.updateComplete.then(() => this.mode === 'bell' && this.#seen())}
      ><slot name="heading" slot="heading"><h2 class="title">${t('title')}</h2></slot></tez-inbox-list
    >`;
  }
}
define('tez-inbox', TezInbox);

declare global {
  interface HTMLElementTagNameMap {
    'tez-inbox': TezInbox;
  }
}
