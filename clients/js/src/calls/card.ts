import { html, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import type { Sheet } from './aim';
import './caller';
import { cardStyles } from './card-styles';
import './data';
import { glyph, outline } from './icons';
import { callKey, type KeyOf } from './key';
import { can, consultation, readable, rings } from './look';
import type { LookupState } from './lookups';
import './pad';
import type { TezCallsPad } from './pad';
import './pick';
import type { How, Picked, TezCallsPick } from './pick';
import type { CallStore, View } from './store';
import { isKey, t } from './strings';
import { keyStyles } from './styles';
import './timer';
import type { Dialog } from './types';
import { legWord, numberText } from './words';
import './wrap';

/** <tez-calls-card .dialog .store .view>: one call: who, since when, and what may be done with it, as its leg says. */
export class TezCallsCard extends TezElement {
  static override styles = [base, keyStyles, cardStyles];

  @property({ attribute: false }) dialog: Dialog | null = null;
  @property({ attribute: false }) store: CallStore | null = null;
  @property({ attribute: false }) view: View | null = null;
  @property({ reflect: true }) tone: 'rings' | 'live' | 'held' | 'bad' = 'live';
  @state() private sheet: Sheet | null = null;

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { dialog } = this;
    if (!changed.has('dialog') || !dialog) return;
    const leg = dialog.leg?.state;
    this.tone = rings(dialog)
      ? 'rings'
      : leg === 'FAILED'
        ? 'bad'
        : leg === 'HELD' || leg === 'WRAP_UP'
          ? 'held'
          : 'live';
    // What cannot be done any more is not asked for any more.
    if (this.sheet && !this.#may(this.sheet, dialog)) void this.#close();
  }

  #may(sheet: Sheet, dialog: Dialog): boolean {
    if (sheet === 'keypad') return can(dialog, 'SEND_DTMF');
    return this.#ways(sheet, dialog).length > 0;
  }

  /** What can be done with whom one picks; what was asked for first. */
  #ways(sheet: 'consult' | 'transfer', dialog: Dialog): How[] {
    const consult: How[] = can(dialog, 'CONSULT_CALL') ? ['consult'] : [];
    const direct: How[] = can(dialog, 'TRANSFER_SST') ? ['direct'] : [];
    return sheet === 'consult' ? [...consult, ...direct] : [...direct, ...consult];
  }

  /** Opens one of the card's sheets, or closes it. */
  async open(sheet: Sheet): Promise<void> {
    if (!this.dialog || !this.#may(sheet, this.dialog)) return;
    if (this.sheet === sheet) return this.#close();
    if (this.store?.stopped(sheet)) return;
    this.sheet = sheet;
    await this.updateComplete;
    const inner = this.renderRoot.querySelector<TezCallsPick | TezCallsPad>('tez-calls-pick, tez-calls-pad');
    await inner?.updateComplete;
    inner?.focus();
  }

  async #close(): Promise<void> {
    const { sheet } = this;
    const inside = !!this.renderRoot.querySelector('.sheet')?.contains(this.shadowRoot?.activeElement ?? null);
    this.sheet = null;
    await this.updateComplete;
    if (!inside) return;
    const keys = [...this.renderRoot.querySelectorAll<HTMLElement>('.keys .key')];
    (keys.find((key) => key.dataset.key === sheet) ?? keys[0])?.focus();
  }

  async #picked({ number, how }: Picked): Promise<void> {
    const { dialog, store } = this;
    if (!dialog || !store) return;
    // Refused: the sheet stays as it is, with what was typed.
    if (await store.act(dialog.id, how === 'consult' ? 'consult' : 'direct_transfer', { to: number })) return;
    await this.#close();
  }

  #key(action: string, needs: string, more: Omit<KeyOf, 'run' | 'id'> & { id?: string }) {
    const { dialog, view, store } = this;
    if (!dialog || !view || !can(dialog, needs)) return nothing;
    const { act, ...rest } = more;
    return callKey({
      id: action,
      run: () => void store?.act(dialog.id, action),
      pending: view.pending.some((one) => one.dialog === dialog.id && one.action === action),
      barred: view.barred,
      act: view.config?.hotkeys === false ? null : (act ?? null),
      ...rest,
    });
  }

  #opener(sheet: Sheet, label: string, pendings: readonly string[]) {
    const { dialog, view } = this;
    if (!dialog || !view || !this.#may(sheet, dialog)) return nothing;
    return callKey({
      id: sheet,
      label,
      icon: sheet,
      act: view.config?.hotkeys === false ? null : sheet,
      run: () => void this.open(sheet),
      expanded: this.sheet === sheet,
      barred: view.barred,
      pending: view.pending.some((one) => one.dialog === dialog.id && pendings.includes(one.action)),
    });
  }

  override render() {
    const { dialog, view, store } = this;
    if (!dialog || !view) return nothing;
    const { leg } = dialog;
    const known = dialog.number && view.config?.lookup && store ? store.lookup(dialog.number) : null;
    const over = leg?.state === 'WRAP_UP';
    // One's own question about a call: how both go on has to be on one screen, and what is known of the caller stands at the first call.
    const aside = !over && consultation(view.calls)?.consult.id === dialog.id;
    // The tickets are for the call, the outcome is for its end.
    const wrap =
      !aside && can(dialog, 'UPDATE_CALL_DATA') && view.calls.reasons.wrap_up.length
        ? html`<tez-calls-wrap .dialog=${dialog} .store=${store} .view=${view}></tez-calls-wrap>`
        : nothing;
    return html`<article aria-labelledby="who">
      <div class="head">
        <span class="leg">${outline(rings(dialog) ? 'ring' : leg?.state === 'HELD' ? 'hold' : over ? 'work' : 'talk', 14)}${legWord(dialog)}</span>
        <span class="queue">${dialog.queue}</span>
        <tez-calls-timer .at=${leg?.state === 'ACTIVE' ? (dialog.started ?? leg.since) : (leg?.since ?? dialog.started)}></tez-calls-timer>
      </div>
      ${this.#who(dialog, known)} ${leg?.state === 'FAILED' ? html`<p class="cause">${causeWord(leg.cause)}</p>` : nothing}
      ${this.#keys()} ${this.#sheet(dialog)} ${this.#parties(dialog)}
      ${over ? wrap : nothing}
      ${
        dialog.direction === 'consult' && leg?.state !== 'ALERTING'
          ? nothing
          : html`<tez-calls-caller .dialog=${dialog} .store=${store} .view=${view} .known=${known}></tez-calls-caller>`
      }
      ${over ? nothing : wrap}
      ${aside ? nothing : html`<tez-calls-data .dialog=${dialog} .store=${store} .view=${view}></tez-calls-data>`}
    </article>`;
  }

  #who(dialog: Dialog, known: LookupState | null) {
    const person = known?.caller?.people[0];
    const name = person?.name;
    const number = numberText(dialog.number);
    const detail = [name ? number : '', person?.department ?? ''].filter(Boolean).join(' · ');
    return html`<div class="who">
      <h2 id="who">${name ?? number}</h2>
      ${detail ? html`<p>${detail}</p>` : nothing}
    </div>`;
  }

  #keys() {
    const state = this.dialog?.leg?.state;
    const answer = this.#key('answer', 'ANSWER', {
      label: t('answer'),
      icon: 'call',
      kind: 'go',
      act: 'answer',
      wide: true,
    });
    return html`${answer}
      <div class="keys">
        ${this.#key('retrieve', 'RETRIEVE', { label: t('retrieve'), icon: 'retrieve', kind: 'primary', act: 'hold' })}
        ${this.#key('transfer', 'TRANSFER', { label: t('finishTransfer'), icon: 'transfer', kind: 'primary' })}
        ${this.#key('conference', 'CONFERENCE', { label: t('conference'), icon: 'conference' })}
        ${this.#key('hold', 'HOLD', { label: t('hold'), icon: 'hold', act: 'hold' })}
        ${this.#opener('keypad', t('keypad'), [])} ${this.#opener('consult', t('consult'), ['consult'])}
        ${this.#opener('transfer', t('transfer'), ['direct_transfer'])}
        ${this.#key('drop', 'DROP', { label: t(state === 'FAILED' ? 'dismiss' : 'drop'), icon: 'drop', kind: state === 'FAILED' ? '' : 'danger', act: 'drop' })}
      </div>`;
  }

  #sheet(dialog: Dialog) {
    const { sheet } = this;
    if (!sheet) return nothing;
    if (sheet === 'keypad')
      return html`<div
        class="sheet"
        @keydown=${(event: KeyboardEvent) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          void this.#close();
        }}
      >
        <tez-calls-pad
          shows
          ?barred=${this.view?.barred !== null}
          @tone=${(event: CustomEvent<string>) => this.store?.tone(dialog.id, event.detail)}
        ></tez-calls-pad>
      </div>`;
    return html`<div class="sheet">
      <tez-calls-pick
        .store=${this.store}
        .view=${this.view}
        .ways=${this.#ways(sheet, dialog)}
        .label=${t(sheet === 'consult' ? 'consultWhom' : 'transferWhom')}
        @pick=${(event: CustomEvent<Picked>) => void this.#picked(event.detail)}
        @leave=${() => void this.#close()}
      ></tez-calls-pick>
    </div>`;
  }

  /** More than one other party: a conference, with each of them by name; who may is offered to take one off. */
  #parties(dialog: Dialog) {
    const there = dialog.others.filter(({ state }) => state !== 'DROPPED');
    if (there.length < 2) return nothing;
    const may = can(dialog, 'PARTICIPANT_DROP');
    return html`<ul class="plain parties" role="list" aria-label=${t('parties')}>
      ${there.map(
        ({ address }) => html`<li>
          ${icon('user', 16)}<span>${readable(address) || t('hidden')}</span>
          ${
            may
              ? html`<button
                  class="btn ghost icon"
                  type="button"
                  aria-label=${t('dropParty', { who: address })}
                  aria-disabled=${this.view?.barred ? 'true' : 'false'}
                  title=${t('dropParty', { who: address })}
                  @click=${() => void this.store?.act(dialog.id, 'drop_party', { party: address })}
                >
                  ${glyph('drop', 16)}
                </button>`
              : nothing
          }
        </li>`,
      )}
    </ul>`;
  }
}
define('tez-calls-card', TezCallsCard);

function causeWord(cause: string): string {
  const key = `cause_${cause}`;
  return isKey(key) ? t(key) : cause || t('cause_OTHER');
}
