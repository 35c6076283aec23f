import { css, html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { HttpError } from '../inbox/session';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { repeat } from '../ui/repeat';
import { controls } from '../ui/sheets';
import { glyph, outline } from './icons';
import { dialable, readable, shapeOf } from './look';
import './pad';
import { stateWord } from './state-bar';
import type { CallStore, View } from './store';
import { isKey, t } from './strings';
import { keyStyles } from './styles';
import './timer';
import type { Entry } from './types';
import { barredText } from './words';

export type How = 'call' | 'consult' | 'direct';

/** Whom, and what to do with them. */
export interface Picked {
  readonly number: string;
  readonly name: string;
  readonly how: How;
}

const WAIT_MS = 150; // while one types
const LIMIT = 20;

/**
 * <tez-calls-pick .store .view .ways>: a field for a number or a name, with the directory below it: favourites, agents with
 * their state, the phone book. Arrows move, Enter takes; the first of `ways` is what Enter does. Fires `pick` and `leave`.
 */
export class TezCallsPick extends TezElement {
  static override styles = [
    base,
    controls,
    keyStyles,
    css`
      :host {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--tez-2);
      }
      .field {
        position: relative;
      }
      label {
        display: block;
        margin-bottom: 4px;
        color: var(--tez-text-2);
        font-size: var(--tez-s);
        font-weight: 550;
      }
      .line {
        display: flex;
        gap: 6px;
      }
      .control {
        flex: 1;
        width: 100%;
        min-width: 0;
        min-height: var(--tez-touch);
        font-size: var(--tez-l);
      }
      .found {
        max-height: min(40vh, calc(var(--tez-rem) * 19));
        overflow: auto;
        border-block: 1px solid var(--tez-line);
      }
      li {
        display: flex;
        align-items: stretch;
        gap: 2px;
      }
      li + li {
        border-top: 1px solid var(--tez-line);
      }
      .entry {
        flex: 1;
        display: flex;
        align-items: center;
        gap: 10px;
        min-width: 0;
        min-height: var(--tez-touch);
        padding: 4px 6px;
        border: 0;
        border-radius: var(--tez-radius-s);
        background: none;
        color: inherit;
        font: inherit;
        line-height: 1.3;
        text-align: start;
        cursor: pointer;
      }
      .entry:hover {
        background: var(--tez-hover);
      }
      .entry:focus-visible,
      .act:focus-visible {
        outline-offset: -2px;
      }
      .entry > svg {
        color: var(--tez-text-3);
      }
      .who {
        flex: 1;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .who b {
        display: block;
        font-weight: 550;
      }
      .ready {
        color: var(--tez-ok);
      }
      .paused {
        color: var(--tez-warn);
      }
      .talk,
      .hold,
      .ring {
        color: var(--tez-call);
      }
      .work {
        color: var(--tez-accent-text);
      }
      .act {
        align-self: center;
      }
      .star[aria-pressed='true'] {
        background: none;
        color: var(--tez-warn);
      }
    `,
  ];

  @property({ attribute: false }) store: CallStore | null = null;
  @property({ attribute: false }) view: View | null = null;
  @property({ attribute: false }) ways: readonly How[] = ['call'];
  @property() label = '';
  /** Twelve keys for those who dial with the mouse. */
  @property({ type: Boolean }) pad = false;
  @state() private typed = '';
  @state() private entries: readonly Entry[] = [];
  @state() private asking = true;
  @state() private failed = false;
  @state() private partial = false;
  @state() private fault = '';
  @state() private keys = false;
  @query('input') private input!: HTMLInputElement | null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #round = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#search();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#round++;
  }

  override focus(): void {
    this.input?.focus();
  }

  #change(text: string): void {
    this.typed = text;
    this.fault = '';
    this.asking = true; // what is listed answers the older text, and Enter is not to take it
    this.#round++;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#search(), WAIT_MS);
  }

  async #search(): Promise<void> {
    const api = this.store?.api;
    const round = ++this.#round;
    if (!api) return;
    this.asking = true;
    this.failed = false;
    try {
      const { entries, partial = false } = await api.directory(this.typed.trim(), LIMIT);
      if (round === this.#round) Object.assign(this, { entries, partial, fault: '' });
    } catch {
      if (round === this.#round) Object.assign(this, { entries: [], failed: true });
    } finally {
      if (round === this.#round) this.asking = false;
    }
  }

  async #favour(entry: Entry): Promise<void> {
    const put = (favourite: boolean) => {
      this.entries = this.entries.map((one) => (one.number === entry.number ? { ...one, favourite } : one));
    };
    put(!entry.favourite);
    try {
      await this.store?.api.favour(entry, !entry.favourite);
    } catch (error) {
      put(entry.favourite);
      this.fault = error instanceof HttpError && error.code !== 'unknown' ? error.message : t('notKept');
    }
  }

  #pick(how: How | undefined, number: string, name: string): void {
    const dial = dialable(number);
    if (!dial) {
      this.fault = t('notANumber');
      this.input?.focus();
    } else if (how) this.emit<Picked>('pick', { number: dial, name, how });
  }

  /** What was typed is dialled when it is a number; otherwise the first that was found is meant. */
  #enter(how = this.ways[0]): void {
    const typed = this.typed.trim();
    if (!typed) this.fault = t('numberNeeded');
    else if (dialable(typed)) this.#pick(how, typed, '');
    else if (this.entries[0] && !this.asking) this.#pick(how, this.entries[0].number, this.entries[0].name);
    else this.fault = t(this.asking ? 'searching' : 'notANumber');
  }

  #move(event: KeyboardEvent): void {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const rows = [...this.renderRoot.querySelectorAll<HTMLElement>('.entry')];
    const at = rows.indexOf(this.shadowRoot?.activeElement as HTMLElement);
    if (event.key === 'Escape') this.emit('leave');
    else if (event.key === 'ArrowDown') rows[Math.min(at + 1, rows.length - 1)]?.focus();
    else if (event.key === 'ArrowUp' && at >= 0) (at === 0 ? this.input : rows[at - 1])?.focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  override render() {
    const [first] = this.ways;
    return html`<div class="field" @keydown=${this.#move}>
        <label for="to">${this.label}</label>
        <div class="line">
          <input
            id="to"
            class="control"
            type="text"
            inputmode="tel"
            autocomplete="off"
            spellcheck="false"
            placeholder=${t('numberOrName')}
            .value=${this.typed}
            aria-invalid=${this.fault ? 'true' : nothing}
            aria-describedby=${this.fault ? 'fault' : nothing}
            @input=${(event: Event) => this.#change((event.target as HTMLInputElement).value)}
            @keydown=${(event: KeyboardEvent) => {
              if (event.key !== 'Enter' || event.isComposing) return;
              event.preventDefault();
              this.#enter();
            }}
          />
          ${
            this.pad
              ? html`<button
                  class="btn key square"
                  type="button"
                  aria-label=${t('keypad')}
                  title=${t('keypad')}
                  aria-expanded=${this.keys ? 'true' : 'false'}
                  @click=${() => {
                    this.keys = !this.keys;
                  }}
                >
                  ${glyph('keypad')}
                </button>`
              : nothing
          }
        </div>
      </div>
      <p class="fault" id="fault" role="alert">${this.fault}</p>
      ${this.keys ? html`<tez-calls-pad @tone=${(event: CustomEvent<string>) => this.#change(this.typed + event.detail)}></tez-calls-pad>` : nothing}
      <div class="keys">${this.ways.map((how) => this.#way(how, how === first))}</div>
      ${this.#list()}`;
  }

  #way(how: How, first: boolean) {
    const barred = this.view?.barred;
    return html`<button class="btn key ${first ? 'primary' : ''}" type="button" data-key=${`way-${how}`} aria-disabled=${barred ? 'true' : 'false'} title=${barred ? barredText(barred) : nothing} @click=${() => this.#enter(how)}>
      ${glyph(how === 'call' ? 'call' : how === 'consult' ? 'consult' : 'transfer')}<span class="name">${t(`way_${how}`)}</span>
    </button>`;
  }

  #list() {
    if (this.failed)
      return html`<p class="muted">
        ${t('directoryFailed')} <button class="btn small" type="button" @click=${() => void this.#search()}>${t('again')}</button>
      </p>`;
    if (!this.entries.length)
      return html`<p class="muted" role="status">${this.asking ? t('searching') : this.typed.trim() ? t('nothingFound') : t('typeName')}</p>`;
    return html`<div class="found" aria-busy=${this.asking ? 'true' : 'false'} @keydown=${this.#move}>
      <ul class="plain" role="list" aria-label=${t('directory')}>
        ${repeat(
          this.entries,
          (entry) => `${entry.kind} ${entry.id} ${entry.number}`,
          (entry) => this.#row(entry),
        )}
      </ul>
    </div>${this.partial ? html`<p class="muted">${t('booksAway')}</p>` : nothing}`;
  }

  #row(entry: Entry) {
    const [first, second] = this.ways;
    const kind = `entry_${entry.kind}`;
    const detail = [
      readable(entry.number),
      entry.note ?? '',
      entry.book || (isKey(kind) && entry.kind !== 'agent' ? t(kind) : ''),
    ];
    return html`<li>
      <button class="entry" type="button" @click=${() => this.#pick(first, entry.number, entry.name)}>
        ${entry.state ? html`<span class=${shapeOf(entry.state)}>${outline(shapeOf(entry.state), 16)}</span>` : icon(entry.kind === 'queue' ? 'inbox' : 'user', 16)}
        <span class="who"
          ><b>${entry.name || readable(entry.number)}</b
          ><span class="muted"
            >${detail.filter(Boolean).join(' · ')}${entry.state ? html` · ${stateWord(entry.state)} ${entry.since ? html`<tez-calls-timer .at=${entry.since}></tez-calls-timer>` : nothing}` : nothing}</span
          ></span
        >
      </button>
      ${
        second
          ? html`<button
              class="btn ghost icon act"
              type="button"
              aria-label=${`${t(`way_${second}`)}: ${entry.name || entry.number}`}
              title=${t(`way_${second}`)}
              @click=${() => this.#pick(second, entry.number, entry.name)}
            >
              ${glyph(second === 'consult' ? 'consult' : 'transfer')}
            </button>`
          : nothing
      }
      <button
        class="btn ghost icon act star"
        type="button"
        aria-label=${t('favourite', { who: entry.name || entry.number })}
        title=${t('favourite', { who: entry.name || entry.number })}
        aria-pressed=${entry.favourite ? 'true' : 'false'}
        @click=${() => void this.#favour(entry)}
      >
        ${glyph(entry.favourite ? 'starred' : 'star', 16)}
      </button>
    </li>`;
  }
}
define('tez-calls-pick', TezCallsPick);
