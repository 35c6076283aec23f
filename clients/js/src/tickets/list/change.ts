import { css, html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import '../../ui/dialog';
import type { TezDialog } from '../../ui/dialog';
import { base, define, TezElement } from '../../ui/element';
import { controls } from '../../ui/sheets';
import { type ListApi, reasonOf } from './api';
import { t } from './strings';
import type { Change, Facets, Person } from './types';

export const fields = ['status', 'priority', 'assignee', 'comment'] as const;
export type Field = (typeof fields)[number];

/** What the dialog is opened for. */
export interface Task {
  readonly field: Field;
  readonly count: number;
  /** A ticket that stands for all: whom it may be given to is whom they may be given to. */
  readonly sample: number;
}

const words = { status: 'setStatus', priority: 'setPriority', assignee: 'setAssignee', comment: 'addComment' } as const;
const MOST_TEXT = 65_535; // Redmine's column
const TYPING_MS = 200;

/** <nav-ticket-change .api .facets>: asks for one change of one or many tickets; `ask()` opens it, `send` fires with what to send. */
export class NavTicketChange extends TezElement {
  static override styles = [
    base,
    controls,
    css`
      label {
        display: block;
        margin-bottom: var(--tez-1);
        font-size: var(--tez-s);
        font-weight: 550;
      }
      .wide {
        width: 100%;
        margin-bottom: var(--tez-3);
      }
      textarea {
        min-height: calc(var(--tez-rem) * 7);
        resize: vertical;
      }
      p {
        margin: 0 0 var(--tez-2);
        font-size: var(--tez-s);
      }
      .bad {
        color: var(--tez-bad);
      }
      .choices {
        max-height: calc(var(--tez-rem) * 14);
        margin: 0 0 var(--tez-2);
        padding: 0;
        overflow: auto;
        border: 1px solid var(--tez-line);
        border-radius: var(--tez-radius);
      }
      .choices label {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
        min-height: var(--tez-control);
        margin: 0;
        padding: 2px var(--tez-3);
        color: var(--tez-text);
        font-size: var(--tez-m);
        font-weight: 400;
      }
      .choices label:hover,
      .choices label:focus-within {
        background: var(--tez-hover);
      }
      .choices input {
        flex: none;
        width: 16px;
        height: 16px;
        accent-color: var(--tez-accent);
      }
    `,
  ];

  @property({ attribute: false }) api: ListApi | null = null;
  @property({ attribute: false }) facets: Facets | null = null;
  @state() private task: Task = { field: 'status', count: 0, sample: 0 };
  @state() private picked = '';
  @state() private people: readonly Person[] = [];
  @state() private peopleError: unknown = null;
  @state() private error = '';
  @query('tez-dialog') private dialog!: TezDialog;
  #text = '';
  #asking = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  /** What was typed as a comment outlives the dialog: closing it by mistake loses nothing. */
  ask(task: Task): void {
    this.task = task;
    this.picked = '';
    this.error = '';
    this.dialog.show();
    if (task.field === 'assignee') this.#look('');
    void this.updateComplete.then(() => this.#first());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
    this.#asking.abort();
  }

  #first(): void {
    this.renderRoot.querySelector<HTMLElement>('[data-first], .choices input')?.focus();
  }

  #choose(field: Field): void {
    this.task = { ...this.task, field };
    this.picked = '';
    this.error = '';
    if (field === 'assignee') this.#look('');
  }

  #look(q: string): void {
    clearTimeout(this.#timer);
    this.#asking.abort();
    const run = new AbortController();
    this.#asking = run;
    this.#timer = setTimeout(() => void this.#find(q, run), q ? TYPING_MS : 0);
  }

  async #find(q: string, run: AbortController): Promise<void> {
    try {
      const people = (await this.api?.assignees(this.task.sample, q, run.signal)) ?? [];
      if (run.signal.aborted) return;
      this.people = people;
      this.peopleError = null;
    } catch (error) {
      if (!run.signal.aborted) this.peopleError = error;
    }
  }

  #wanted(): Change | null {
    const { picked } = this;
    switch (this.task.field) {
      case 'status':
        return picked ? { status_id: Number(picked) } : null;
      case 'priority':
        return picked ? { priority_id: Number(picked) } : null;
      case 'assignee':
        return picked ? { assignee_id: picked === 'none' ? null : Number(picked) } : null;
      case 'comment':
        return this.#text.trim() ? { comment: this.#text } : null;
    }
  }

  #go(event: Event): void {
    event.preventDefault();
    const change = this.#wanted();
    if (!change) {
      this.error = t(this.task.field === 'comment' ? 'commentMissing' : 'choiceMissing');
      this.#first();
      return;
    }
    if (this.task.field === 'comment') this.#text = '';
    this.dialog.close();
    this.emit('send', change);
  }

  override render() {
    const { field, count } = this.task;
    return html`<tez-dialog .heading=${t(words[field])}>
      <form id="form" novalidate @submit=${this.#go}>
        <label for="what">${t('whatToChange')}</label>
        <select
          id="what"
          class="control wide"
          @change=${(event: Event) => this.#choose((event.target as HTMLSelectElement).value as Field)}
        >
          ${fields.map((one) => html`<option value=${one} .selected=${one === field}>${t(one)}</option>`)}
        </select>
        ${this.#body(field)} ${this.error ? html`<p class="bad" id="error" role="alert">${this.error}</p>` : nothing}
      </form>
      <button slot="actions" class="btn" @click=${() => this.dialog.close()}>${t('cancel')}</button>
      <button slot="actions" class="btn primary" type="submit" form="form">${t('goChange', { n: count })}</button>
    </tez-dialog>`;
  }

  #body(field: Field) {
    const { facets } = this;
    if (field === 'status')
      return this.#choices(
        t('newStatus'),
        (facets?.statuses ?? []).map(({ id, name }) => [String(id), name]),
      );
    if (field === 'priority')
      return this.#choices(
        t('newPriority'),
        (facets?.priorities ?? []).filter(({ active }) => active).map(({ id, name }) => [String(id), name]),
      );
    if (field === 'comment')
      return html`<label for="text">${t('comment')}</label>
        <textarea
          id="text"
          data-first
          class="control wide"
          maxlength=${MOST_TEXT}
          aria-describedby="hint"
          .value=${this.#text}
          @input=${(event: Event) => {
            this.#text = (event.target as HTMLTextAreaElement).value;
          }}
          @keydown=${(event: KeyboardEvent) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) this.#go(event);
          }}
        ></textarea>
        <p id="hint">${t('commentHint')}</p>`;
    return html`<label for="who">${t('newAssignee')}</label>
      <input
        id="who"
        data-first
        class="control wide"
        type="search"
        autocomplete="off"
        placeholder=${t('assigneeHint')}
        @input=${(event: Event) => this.#look((event.target as HTMLInputElement).value)}
      />
      ${
        this.peopleError
          ? html`<p class="bad" role="status">${reasonOf(this.peopleError)}</p>`
          : this.#choices(t('newAssignee'), [
              ['none', t('takeAway')],
              ...this.people.map((one): readonly [string, string] => [
                String(one.id),
                one.me
                  ? `${one.name} (${t('me').toLowerCase()})`
                  : one.group
                    ? `${one.name} (${t('group')})`
                    : one.name,
              ]),
            ])
      }`;
  }

  #choices(label: string, options: readonly (readonly [string, string])[]) {
    if (!options.length) return html`<p>${t('nobodyFound')}</p>`;
    return html`<div class="choices" role="radiogroup" aria-label=${label}>
      ${options.map(
        ([value, text]) => html`<label
          ><input
            type="radio"
            name="picked"
            .checked=${this.picked === value}
            @change=${() => {
              this.picked = value;
              this.error = '';
            }}
          />${text}</label
        >`,
      )}
    </div>`;
  }
}
define('nav-ticket-change', NavTicketChange);
