import { html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { base, define, TezElement } from '../../ui/element';
import { icon } from '../../ui/icons';
import { controls } from '../../ui/sheets';
import type { Deed } from './act';
import { reasonOf, type TicketApi } from './api';
import { composerStyles } from './composer-styles';
import type { Safety, TicketDraft } from './drafts';
import { uploadStyles, uploadsView } from './files-view';
import './mention-list';
import type { NavMentions } from './mention-list';
import { complete, type Mention, mentionAt } from './mentions';
import './pick';
import type { Choices } from './pick';
import { rich, richStyles } from './rich';
import { t } from './strings';
import type { Ending } from './ticket';
import type { May, PersonChoice, Status } from './types';
import { filesOf, MOST, Uploads } from './uploads';

const MOST_TEXT = 50_000; // the server takes no more (web/tickets/wants.py)
const PREVIEW_MS = 20_000;

/**
 * <nav-composer .api .draft .may .statuses .send>: a comment: text, private or not, files, `@` with names, a look at it before it goes;
 * with it the ticket may get another status, in one step of its history.
 * Fires `typed` at each change of the words, `rest` when Escape is pressed in them: the page's keys are wanted again. What is typed leaves this place only when the server has it.
 */
export class NavComposer extends TezElement {
  static override styles = [base, controls, richStyles, uploadStyles, composerStyles];

  @property({ attribute: false }) api: TicketApi | null = null;
  @property({ attribute: false }) draft: TicketDraft | null = null;
  @property({ attribute: false }) may: May | null = null;
  /** The statuses that the person may set now. */
  @property({ attribute: false }) statuses: ((q: string, signal: AbortSignal) => Promise<Choices>) | null = null;
  /** Sends it; the ending says whether it was taken. */
  @property({ attribute: false }) send: ((deed: Deed) => Promise<Ending>) | null = null;
  /** How sure the draft is; a property, so that the element is drawn when it changes. */
  @property() safety: Safety = 'none';
  /** Why nothing can be sent now; empty when it can. */
  @property() blocked = '';
  @state() private text = '';
  @state() private only = false;
  @state() private busy = false;
  @state() private fault = '';
  /** The status that goes with the comment; null: it stays as it is. */
  @state() private to: Status | null = null;
  @state() private over = false;
  /** The rendered text; null: the text itself is on screen. */
  @state() private seen: string | null = null;
  @state() private looking = false;
  @query('textarea') private area!: HTMLTextAreaElement | null;
  @query('input[type=file]') private chooser!: HTMLInputElement;
  @query('nav-mentions') private mentions!: NavMentions | null;
  #uploads: Uploads | null = null;
  #mention: Mention | null = null;

  get uploads(): Uploads | null {
    return this.#uploads;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#uploads?.clear();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('api')) {
      const { api } = this;
      this.#uploads?.clear();
      this.#uploads = api ? new Uploads(api.upload, () => this.requestUpdate()) : null;
    }
    if (changed.has('draft')) this.adopt();
  }

  /** Takes the words of the draft, which were found here or on the server. */
  adopt(): void {
    const words = this.draft?.words;
    this.text = words?.text ?? '';
    this.only = words?.private ?? false;
    this.seen = null;
    this.fault = '';
  }

  override focus(): void {
    this.seen = null;
    void this.updateComplete.then(() => {
      this.area?.focus();
      this.area?.scrollIntoView?.({ block: 'nearest' });
    });
  }

  /** Puts a quotation at the end, and the caret after it. */
  quote(text: string): void {
    const gap = this.text && !this.text.endsWith('\n\n') ? (this.text.endsWith('\n') ? '\n' : '\n\n') : '';
    this.#set(this.text + gap + text);
    this.focus();
    void this.updateComplete.then(() => this.area?.setSelectionRange(this.text.length, this.text.length));
  }

  #set(text: string): void {
    this.text = text;
    this.fault = '';
    this.emit('typed', { text, private: this.only });
  }

  #typed(event: Event): void {
    const area = event.target as HTMLTextAreaElement;
    this.#set(area.value);
    this.#mention = mentionAt(area.value, area.selectionStart);
    if (this.#mention) this.mentions?.look(this.#mention.q, area);
    else this.mentions?.close();
  }

  #named(event: CustomEvent<PersonChoice>): void {
    const at = this.#mention;
    if (!at) return;
    this.#mention = null;
    const { text, caret } = complete(this.text, at, event.detail.login ?? event.detail.name);
    this.#set(text);
    void this.updateComplete.then(() => {
      this.area?.focus();
      this.area?.setSelectionRange(caret, caret);
    });
  }

  #keys(event: KeyboardEvent): void {
    if (this.mentions?.key(event)) return;
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      void this.go();
    } else if (event.key === 'Escape' && !event.isComposing) {
      event.preventDefault();
      this.emit('rest');
    }
  }

  #take(files: readonly File[]): void {
    if (!files.length) return;
    const left = this.#uploads?.add(files) ?? [];
    if (left.length) this.fault = t('filesLeft', { n: left.length, most: MOST });
  }

  #paste(event: ClipboardEvent): void {
    const files = this.may?.attach ? filesOf(event.clipboardData, new Date()) : [];
    if (!files.length) return;
    event.preventDefault();
    this.#take(files);
  }

  #drop(event: DragEvent): void {
    this.over = false;
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    if (this.may?.attach) this.#take(filesOf(event.dataTransfer, new Date()));
  }

  #drag(event: DragEvent): void {
    if (!this.may?.attach || !event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    this.over = true;
  }

  async #look(): Promise<void> {
    if (this.seen !== null) {
      this.focus();
      return;
    }
    this.looking = true;
    try {
      this.seen = (await this.api?.preview(this.text, AbortSignal.timeout(PREVIEW_MS))) ?? '';
    } catch (error) {
      this.fault = reasonOf(error);
    }
    this.looking = false;
  }

  /** What keeps it from being sent; empty when nothing does. */
  get #hindrance(): string {
    if (this.blocked) return this.blocked;
    if (this.#uploads?.busy) return t('filesOnTheWay');
    if (this.#uploads?.failed) return t('filesFailed');
    if (this.only && this.#uploads?.tokens.length) return t('filesNotPrivate');
    return this.text.trim() || this.to || this.#uploads?.tokens.length ? '' : t('nothingToSend');
  }

  async go(): Promise<void> {
    if (this.busy || !this.send) return;
    this.fault = this.#hindrance;
    if (this.fault) {
      this.focus();
      return;
    }
    this.busy = true;
    this.mentions?.close();
    const ending = await this.#send(this.send);
    this.busy = false;
    if (ending !== 'done') {
      // A conflict that was left alone needs no reason; everything else has one, which stands above.
      this.fault = ending === 'back' ? '' : t('keptAsDraft');
      this.focus();
      return;
    }
    this.text = '';
    this.to = null;
    this.seen = null;
    this.#uploads?.clear();
    void this.draft?.drop();
    this.emit('sent');
    this.focus();
  }

  /** A comment with files takes a step of its own before the status: the server takes files with comments only. */
  async #send(send: (deed: Deed) => Promise<Ending>): Promise<Ending> {
    const { to, text, only } = this;
    const tokens = this.#uploads?.tokens ?? [];
    if (to && !tokens.length)
      return send(text.trim() ? { kind: 'status', to, comment: text, private: only } : { kind: 'status', to });
    const ending = await send({ kind: 'comment', text, private: only, attachments: tokens });
    // what became of the status is told above, as of every status
    if (to && ending === 'done') void send({ kind: 'status', to });
    return ending;
  }

  override render() {
    const { may } = this;
    if (!may?.comment) return nothing;
    return html`<form
      class=${`${this.only ? 'private' : ''} ${this.over ? 'over' : ''}`}
      aria-label=${t('newComment')}
      @submit=${(event: Event) => {
        event.preventDefault();
        void this.go();
      }}
      @dragover=${this.#drag}
      @dragleave=${() => {
        this.over = false;
      }}
      @drop=${this.#drop}
    >
      ${this.seen === null ? this.#field() : this.#preview(this.seen)}
      ${this.#uploads ? uploadsView(this.#uploads) : nothing}
      <div class="foot">
        ${may.attach ? this.#clip() : nothing}
        ${may.private ? this.#switch() : nothing}
        ${may.status && this.statuses ? this.#status() : nothing}
        <button type="button" class="btn ghost small" aria-pressed=${this.seen !== null ? 'true' : 'false'} @click=${this.#look}>
          ${this.looking ? t('looking') : t('preview')}
        </button>
        <span class="safe" role="status">${this.#safetyText}</span>
        <button
          class="btn primary"
          type="submit"
          aria-disabled=${this.busy ? 'true' : 'false'}
          aria-keyshortcuts="Control+Enter"
          title=${t('sendHint')}
        >
          ${this.busy ? t('sending') : this.only ? t('sendPrivate') : t('send')}
        </button>
      </div>
      <p class="fault" role="alert">${this.fault}</p>
    </form>`;
  }

  #field() {
    return html`<label class="sr" for="text">${t('newComment')}</label>
      <textarea
        id="text"
        class="control"
        rows="4"
        maxlength=${MOST_TEXT}
        placeholder=${this.only ? t('placePrivate') : t('place')}
        aria-describedby="hint"
        ?readonly=${this.busy}
        .value=${this.text}
        @input=${this.#typed}
        @keydown=${this.#keys}
        @paste=${this.#paste}
        @blur=${() => this.mentions?.close()}
      ></textarea>
      <span class="sr" id="hint">${t('composerHint')}</span>
      <nav-mentions
        .find=${async (q: string, signal: AbortSignal) => (await this.api?.assignees(q, signal))?.assignees ?? []}
        @named=${this.#named}
      ></nav-mentions>`;
  }

  #preview(seen: string) {
    return html`<div class="preview" role="region" aria-label=${t('preview')} tabindex="0">
      ${seen ? rich(seen) : html`<p>${t('previewEmpty')}</p>`}
    </div>`;
  }

  #clip() {
    return html`<button
        type="button"
        class="btn ghost icon small"
        aria-label=${t('attach')}
        title=${t('attachHint')}
        @click=${() => this.chooser.click()}
      >
        ${icon('clip', 18)}</button
      ><input
        type="file"
        hidden
        multiple
        @change=${() => {
          this.#take([...(this.chooser.files ?? [])]);
          this.chooser.value = '';
        }}
      />`;
  }

  #switch() {
    return html`<label class="only"
      ><input
        type="checkbox"
        role="switch"
        .checked=${this.only}
        @change=${(event: Event) => {
          this.only = (event.target as HTMLInputElement).checked;
          if (this.text.trim()) this.#set(this.text);
        }}
      />${icon('lock', 16)}<span>${t('private')}</span></label
    >`;
  }

  #status() {
    const find = this.statuses;
    const stay = { id: 'stay', label: t('statusStays'), current: this.to === null, value: null };
    return html`<nav-pick
      class="status"
      .label=${t('statusToo')}
      .find=${async (q: string, signal: AbortSignal): Promise<Choices> => {
        const found = (await find?.(q, signal)) ?? { choices: [] };
        const others = found.choices.filter((one) => !one.current); // the one that it has is the one that stays
        return { choices: [stay, ...others.map((one) => ({ ...one, current: one.id === String(this.to?.id) }))] };
      }}
      @pick=${(event: CustomEvent<Status | null>) => {
        this.to = event.detail;
      }}
      ><span>${this.to ? t('statusBecomes', { name: this.to.name }) : t('statusStays')}</span></nav-pick
    >`;
  }

  get #safetyText(): string {
    switch (this.text.trim() ? this.safety : 'none') {
      case 'saving':
        return t('draftSaving');
      case 'saved':
        return t('draftSaved');
      case 'here':
        return t('draftHere');
      case 'nowhere':
        return t('draftNowhere');
      default:
        return '';
    }
  }
}
define('nav-composer', NavComposer);
