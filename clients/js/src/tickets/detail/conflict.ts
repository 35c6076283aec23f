import { css, html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import '../../ui/dialog';
import type { TezDialog } from '../../ui/dialog';
import { base, define, TezElement } from '../../ui/element';
import '../../ui/time';
import type { Deed } from './act';
import { rich, richStyles } from './rich';
import { t } from './strings';
import type { Decision } from './ticket';
import type { Clash, Conflict } from './types';

const ASSIGNEE = 'assignee'; // as web/tickets names the field

export interface Question {
  readonly deed: Deed;
  readonly conflict: Conflict;
}

export type Side = 'mine' | 'theirs';

/** The fields that both changed: about these the person decides. Taking the ticket from everybody has no value to name. */
export function disputed({ deed, conflict }: Question): readonly Clash[] {
  const taken = deed.kind === 'assignee' && deed.to === null;
  return conflict.fields.filter((one) => one.mine !== null || (taken && one.field === ASSIGNEE));
}

/** What to send after the person's choice; null: nothing. What was typed goes in any case. */
export function decisionOf(question: Question, sides: ReadonlyMap<string, Side>): Decision {
  const { deed } = question;
  const mine = disputed(question).every((one) => sides.get(one.field) === 'mine');
  if (mine) return deed;
  if (deed.kind === 'status' && deed.comment)
    return { kind: 'comment', text: deed.comment, private: deed.private ?? false, attachments: [] };
  return deed.kind === 'comment' ? deed : null;
}

/** <nav-conflict .question>: what others changed meanwhile, field by field: mine, theirs, who, when. Fires `decide`; closing it is null. */
export class NavConflict extends TezElement {
  static override styles = [
    base,
    richStyles,
    css`
      :host {
        display: contents;
      }
      p {
        margin: 0 0 var(--tez-3);
      }
      fieldset {
        min-width: 0;
        margin: 0 0 var(--tez-3);
        padding: var(--tez-2) var(--tez-3) var(--tez-3);
        border: 1px solid var(--tez-line-strong);
        border-radius: var(--tez-radius);
        color: var(--tez-text);
      }
      legend {
        padding: 0 var(--tez-1);
        font-weight: 600;
      }
      label {
        display: flex;
        align-items: baseline;
        gap: var(--tez-2);
        min-height: 28px;
        overflow-wrap: anywhere;
        cursor: pointer;
      }
      label input {
        flex: none;
        width: 16px;
        height: 16px;
        margin: 0;
        transform: translateY(2px);
        accent-color: var(--tez-accent);
      }
      .who {
        color: var(--tez-text-3);
        font-size: var(--tez-s);
      }
      h3 {
        margin: 0 0 var(--tez-1);
        color: var(--tez-text);
        font-size: var(--tez-m);
        font-weight: 600;
      }
      ul {
        margin: 0 0 var(--tez-3);
        padding-inline-start: var(--tez-4);
        overflow-wrap: anywhere;
      }
      .text,
      .comment {
        max-height: calc(var(--tez-rem) * 10);
        margin: 0 0 var(--tez-3);
        padding: var(--tez-2) var(--tez-3);
        overflow: auto;
        border-radius: var(--tez-radius);
        background: var(--tez-sunken);
        color: var(--tez-text);
        overflow-wrap: anywhere;
      }
      .text {
        white-space: pre-wrap;
      }
      .bad {
        color: var(--tez-bad);
      }
      .bad:empty {
        display: none;
      }
    `,
  ];

  @property({ attribute: false }) question: Question | null = null;
  @state() private sides: ReadonlyMap<string, Side> = new Map();
  @state() private fault = '';
  @query('tez-dialog') private dialog!: TezDialog;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('question')) return;
    this.sides = new Map();
    this.fault = '';
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('question')) return;
    const { dialog, question } = this;
    void dialog.updateComplete.then(() => {
      if (question) {
        dialog.show();
        // the question first, not the way out of it
        this.renderRoot.querySelector<HTMLElement>('input, .primary')?.focus();
      } else if (dialog.open) dialog.close();
    });
  }

  #choose(field: string, side: Side): void {
    this.sides = new Map(this.sides).set(field, side);
    this.fault = '';
  }

  #go(): void {
    const { question } = this;
    if (!question) return;
    if (disputed(question).some((one) => !this.sides.has(one.field))) {
      this.fault = t('chooseEach');
      this.renderRoot.querySelector<HTMLElement>('input:not(:checked)')?.focus();
      return;
    }
    this.emit('decide', decisionOf(question, this.sides));
  }

  #closed(event: Event): void {
    event.stopPropagation();
    if (this.question) this.emit('decide', null);
  }

  override render() {
    const { question } = this;
    const comment = question?.deed.kind === 'comment';
    return html`<tez-dialog .heading=${t('conflictTitle')} @close=${this.#closed}>
      ${question ? this.#body(question) : nothing}
      <button slot="actions" class="btn" @click=${() => this.dialog.close()}>${t(comment ? 'backToText' : 'backOut')}</button>
      <button slot="actions" class="btn primary" @click=${this.#go}>${question ? goText(question) : nothing}</button>
    </tez-dialog>`;
  }

  #body(question: Question) {
    const { deed, conflict } = question;
    const both = disputed(question);
    const others = conflict.fields.filter((one) => !both.includes(one));
    const typed = deed.kind === 'comment' ? deed.text : deed.kind === 'status' ? (deed.comment ?? '') : '';
    return html`<p>${t(typed ? 'conflictTextKept' : 'conflictText')}</p>
      ${both.map((one) => this.#field(one))}
      ${
        others.length
          ? html`<h3>${t('alsoChanged')}</h3>
              <ul>
                ${others.map(
                  (one) => html`<li>
                    ${one.label}: ${one.seen ?? t('nothing')} → ${one.theirs ?? t('nothing')}
                    <span class="who">(${by(one)})</span>
                  </li>`,
                )}
              </ul>`
          : nothing
      }
      ${
        conflict.comments.length
          ? html`<h3>${t('newComments', { n: conflict.comments.length })}</h3>
              ${conflict.comments.map(
                (one) => html`<div class="comment" tabindex="0" role="group" aria-label=${one.author.name}>
                  <span class="who">${one.author.name}, <tez-time .at=${one.at}></tez-time></span>${rich(one.html)}
                </div>`,
              )}`
          : nothing
      }
      ${typed ? html`<h3>${t('yourText')}</h3><div class="text" tabindex="0" role="group" aria-label=${t('yourText')}>${typed}</div>` : nothing}
      <p class="bad" role="alert">${this.fault}</p>`;
  }

  #field(one: Clash) {
    const side = this.sides.get(one.field);
    const radio = (value: Side, word: 'mine' | 'theirs', text: string | null, after: unknown) =>
      html`<label
        ><input type="radio" name=${one.field} .checked=${side === value} @change=${() => this.#choose(one.field, value)} /><span
          >${t(word)}: <b>${text ?? t('nothing')}</b> ${after}</span
        ></label
      >`;
    return html`<fieldset>
      <legend>${one.label}</legend>
      <span class="who">${t('wasSeen', { value: one.seen ?? t('nothing') })}</span>
      ${radio('mine', 'mine', one.mine, nothing)}
      ${radio('theirs', 'theirs', one.theirs, html`<span class="who">(${by(one)})</span>`)}
    </fieldset>`;
  }
}
define('nav-conflict', NavConflict);

function by(one: Clash) {
  return html`${one.who}, <tez-time .at=${one.at}></tez-time>`;
}

function goText(question: Question): string {
  if (question.deed.kind === 'comment') return t('sendAnyway');
  return t(disputed(question).length ? 'saveChosen' : 'saveAnyway');
}
