import { html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { repeat } from '../ui/repeat';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import { type Early, noKeys } from '../ui/early-keys';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { controls } from '../ui/sheets';
import { type Action, type Entry, type Section, sectionsFor, type Target } from './entries';
import { navigate } from './navigate';
import { offered } from './offer';
import { type Recent, recentTickets, rememberTicket } from './recent';
import { TicketSearch } from './search';
import { t } from './strings';
import { paletteStyles } from './styles';

/**
 * <nav-palette .targets .actions user>: one field for tickets, pages and commands; `show()` opens it. A combobox with a list
 * (WAI-ARIA Authoring Practices): the focus stays in the field, arrows choose, Enter goes, Ctrl+Enter goes in another tab. Escape closes and gives
 * the focus back to where it was.
 */
export class NavPalette extends TezElement {
  static override styles = [base, controls, paletteStyles];

  @property({ attribute: false }) targets: readonly Target[] = [];
  @property({ attribute: false }) actions: readonly Action[] = [];
  /** Whose recent tickets are shown. */
  @property({ type: Number }) user = 0;
  @state() private typed = '';
  @state() private chosen = 0;
  @query('tez-dialog') private dialog!: TezDialog | null;
  @query('input') private field!: HTMLInputElement;
  readonly #search = new TicketSearch(this);
  #recent: readonly Recent[] = [];
  #offered: readonly Action[] = [];
  /** Goes once the dialog has given the focus back, so that what it opens finds it there. */
  #after: (() => void) | null = null;

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  /** `early` gives what was typed before the field had the focus. */
  async show(early: () => Early = () => noKeys): Promise<void> {
    await this.updateComplete;
    if (this.open) {
      this.dialog?.close();
      return;
    }
    this.#recent = recentTickets(this.user);
    this.#offered = offered();
    this.typed = '';
    this.chosen = 0;
    this.#search.clear();
    this.dialog?.show();
    this.field.focus();
    const { text, entered } = early();
    this.field.value = text;
    if (text) this.#type();
    if (entered) this.#enter();
  }

  get #sections(): Section[] {
    return sectionsFor(this.typed, {
      targets: this.targets,
      actions: [...this.#offered, ...this.actions],
      recent: this.#recent,
      hits: this.#search.hits,
    });
  }

  #type(): void {
    this.typed = this.field.value;
    this.chosen = 0;
    this.#search.ask(this.typed);
  }

  #enter(apart = false): void {
    const entries = this.#sections.flatMap((section) => section.entries);
    const entry = entries[Math.min(this.chosen, entries.length - 1)];
    if (entry) this.#go(entry, apart);
  }

  #keys(event: KeyboardEvent, entries: readonly Entry[]): void {
    const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    const step = steps[event.key];
    if (step && entries.length) {
      event.preventDefault();
      const at = this.chosen + step;
      // One step goes round, a page stops at the ends.
      this.chosen =
        Math.abs(step) === 1 ? (at + entries.length) % entries.length : Math.max(0, Math.min(at, entries.length - 1));
      void this.updateComplete.then(() =>
        this.renderRoot.querySelector('[aria-selected=true]')?.scrollIntoView?.({ block: 'nearest' }),
      );
    } else if (event.key === 'Enter') {
      event.preventDefault();
      this.#enter(event.ctrlKey || event.metaKey);
    }
  }

  #go(entry: Entry, apart = false): void {
    if (entry.ticket) rememberTicket(this.user, entry.ticket);
    const { href, run } = entry;
    if (href && apart) {
      window.open(href, '_blank', 'noopener');
      return;
    }
    this.#after = href ? () => navigate(href) : (run ?? null);
    this.dialog?.close();
  }

  #closed(): void {
    this.#search.clear();
    const after = this.#after;
    this.#after = null;
    after?.();
  }

  override render() {
    const sections = this.#sections;
    const entries = sections.flatMap((section) => section.entries);
    const chosen = Math.min(this.chosen, entries.length - 1);
    return html`<tez-dialog .heading=${t('title')} @close=${this.#closed}>
      <input
        class="control field"
        type="text"
        role="combobox"
        autocomplete="off"
        spellcheck="false"
        maxlength="200"
        aria-label=${t('input')}
        aria-expanded="true"
        aria-controls="list"
        aria-autocomplete="list"
        aria-activedescendant=${chosen >= 0 ? `option-${chosen}` : nothing}
        placeholder=${t('input')}
        @input=${this.#type}
        @keydown=${(event: KeyboardEvent) => this.#keys(event, entries)}
      />
      <div role="listbox" id="list" aria-label=${t('results')}>${this.#list(sections, chosen)}</div>
      ${this.#said(entries.length)}
    </tez-dialog>`;
  }

  #list(sections: readonly Section[], chosen: number) {
    let index = 0;
    return sections.map(
      (section, at) => html`<div role="group" aria-labelledby=${`section-${at}`}>
        <div class="name" id=${`section-${at}`} role="presentation">${section.name}</div>
        ${repeat(
          section.entries,
          (entry) => entry.key,
          (entry) => this.#option(entry, index, index++ === chosen),
        )}
      </div>`,
    );
  }

  #option(entry: Entry, index: number, chosen: boolean) {
    const inner = html`${icon(entry.icon, 17)}<span class="label">${entry.label}</span>${
      entry.hint ? html`<span class="hint">${entry.hint}</span>` : html`<span></span>`
    }${
      entry.snippet
        ? html`<span class="snippet"
            >${entry.snippet.map(({ text, hit }) => (hit ? html`<mark>${text}</mark>` : text))}</span
          >`
        : nothing
    }`;
    const id = `option-${index}`;
    const selected = chosen ? 'true' : 'false';
    const click = (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return; // the browser opens another tab
      event.preventDefault();
      this.#go(entry);
    };
    return entry.href
      ? html`<a role="option" id=${id} tabindex="-1" aria-selected=${selected} href=${entry.href} @click=${click}>${inner}</a>`
      : html`<div role="option" id=${id} aria-selected=${selected} @click=${click}>${inner}</div>`;
  }

  /** One polite line: how it goes, what failed, how many there are. */
  #said(count: number) {
    const { busy, failure, partial } = this.#search;
    const text = failure
      ? t('failed', { why: failure })
      : busy
        ? t('searching')
        : !count
          ? t('nothing')
          : partial
            ? t('partial')
            : this.typed.trim()
              ? t('found', { n: count })
              : t('hint');
    return html`<p class="say ${failure ? 'bad' : ''}" role="status">${text}</p>`;
  }
}
define('nav-palette', NavPalette);

declare global {
  interface HTMLElementTagNameMap {
    'nav-palette': NavPalette;
  }
}
