import { html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { formatDate, locale } from '../i18n/index';
import { serverNow } from '../ui/clock';
import '../ui/button';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import { base, define, TezElement } from '../ui/element';
import '../ui/field';
import { controls } from '../ui/sheets';
import type { NetApi } from './api';
import { faultOf, fieldOf } from './api';
import { dialogStyles } from './dialog-styles';
import { t } from './dialogs-strings';
import { fieldText, momentOf, tomorrow, zone } from './moments';
import { t as word } from './strings';
import type { Ack } from './types';

const HOUR = 3_600_000;
const untils = ['recovery', 'hour', 'four', 'tomorrow', 'own'] as const;
type Until = (typeof untils)[number];
const untilWords = {
  recovery: 'untilRecovery',
  hour: 'untilHour',
  four: 'untilFour',
  tomorrow: 'untilTomorrow',
  own: 'untilOwn',
} as const;

/** <nav-network-ack .api>: takes a host's trouble on, or gives it back; `ask(id, name, ack)` opens it. Fires `done` with a sentence. */
export class NavNetworkAck extends TezElement {
  static override styles = [base, controls, dialogStyles];

  @property({ attribute: false }) api: NetApi | null = null;
  @state() private name = '';
  @state() private ack: Ack | null = null;
  @state() private until: Until = 'recovery';
  @state() private fault = '';
  @state() private faulty = '';
  @state() private busy = false;
  @query('tez-dialog') private dialog!: TezDialog | null;
  @query('textarea') private why!: HTMLTextAreaElement;
  @query('[name=own]') private own!: HTMLInputElement | null;
  #id = '';

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  /** `early` gives what was typed before the field had the focus. */
  async ask(id: string, name: string, ack: Ack | null, early: () => string = () => ''): Promise<void> {
    this.#id = id;
    Object.assign(this, { name, ack, until: 'recovery', fault: '', faulty: '', busy: false });
    await this.updateComplete;
    this.why.value = ack?.why ?? '';
    this.dialog?.show();
    this.why.focus();
    this.why.value += early();
  }

  #moment(): Date | null {
    const now = serverNow();
    switch (this.until) {
      case 'recovery':
        return null;
      case 'hour':
        return new Date(now + HOUR);
      case 'four':
        return new Date(now + 4 * HOUR);
      case 'tomorrow':
        return new Date(tomorrow(now));
      case 'own':
        return momentOf(this.own?.value ?? '');
    }
  }

  #send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.busy) return;
    const why = this.why.value.trim();
    if (!why) return this.#wrong('why', t('whyNeeded'), this.why);
    const until = this.#moment();
    if (this.until === 'own' && (!until || until.getTime() <= serverNow()))
      return this.#wrong('until', t('past'), this.own);
    await this.#act(
      () => this.api?.acknowledge(this.#id, why, until?.toISOString() ?? null),
      t('taken', { name: this.name }),
    );
  };

  #wrong(field: string, text: string, at: HTMLElement | null): void {
    this.faulty = field;
    this.fault = text;
    at?.focus();
  }

  async #act(act: () => Promise<void> | undefined, done: string): Promise<void> {
    this.busy = true;
    this.fault = this.faulty = '';
    try {
      await act();
      this.dialog?.close();
      this.emit('done', done);
    } catch (error) {
      this.fault = faultOf(error);
      this.faulty = fieldOf(error);
    } finally {
      this.busy = false;
    }
  }

  override render() {
    return html`<tez-dialog .heading=${t('ackTitle', { name: this.name })}>
      <form id="form" novalidate @submit=${this.#send}>
        <p>${t('ackText')}</p>
        <label class="field"
          ><span>${t('why')}</span
          ><textarea
            class="control"
            rows="2"
            maxlength="500"
            placeholder=${t('whyHint')}
            aria-invalid=${this.faulty === 'why' ? 'true' : nothing}
            aria-describedby=${this.fault ? 'fault' : nothing}
            @keydown=${(event: KeyboardEvent) => event.key === 'Enter' && (event.ctrlKey || event.metaKey) && void this.#send(event)}
          ></textarea>
        </label>
        <fieldset>
          <legend>${t('until')}</legend>
          ${untils.map(
            (one) => html`<label class="choice"
              ><input
                type="radio"
                name="until"
                .checked=${this.until === one}
                @change=${() => {
                  this.until = one;
                }}
              /><span>${t(untilWords[one])}</span></label
            >`,
          )}
        </fieldset>
        ${
          this.until === 'own'
            ? html`<label class="field"
                ><span>${t('untilMoment')}</span
                ><input
                  class="control"
                  type="datetime-local"
                  name="own"
                  .value=${fieldText(serverNow() + 2 * HOUR)}
                  aria-invalid=${this.faulty === 'until' ? 'true' : nothing}
                  aria-describedby=${this.fault ? 'fault' : nothing}
              /></label>`
            : nothing
        }
        <p class="fault" id="fault" role="alert">${this.fault}</p>
      </form>
      ${
        this.ack
          ? html`<tez-button
              slot="actions"
              ?busy=${this.busy}
              @click=${() => void this.#act(() => this.api?.unacknowledge(this.#id), t('givenBack', { name: this.name }))}
              >${t('giveBack')}</tez-button
            >`
          : nothing
      }
      <tez-button slot="actions" variant="primary" ?busy=${this.busy} @click=${this.#send}>${word('take')}</tez-button>
    </tez-dialog>`;
  }
}
define('nav-network-ack', NavNetworkAck);

/** What is put into maintenance. */
export type Subject =
  | { readonly host: string; readonly name: string }
  | { readonly group: string; readonly name: string };

/** Weekdays by their names, Monday first: 5 January 2026 was one. */
function weekdays(): string[] {
  return Array.from({ length: 7 }, (_, i) =>
    formatDate(Date.UTC(2026, 0, 5 + i), { weekday: 'short', timeZone: 'UTC' }, locale()),
  );
}

const WEEK = 7 * 24 * HOUR;

/** <nav-network-maintain .api>: maintenance of a host or a group, once or each week; `ask(subject)` opens it. Fires `done` with a sentence. */
export class NavNetworkMaintain extends TezElement {
  static override styles = [base, controls, dialogStyles];

  @property({ attribute: false }) api: NetApi | null = null;
  @state() private subject: Subject = { host: '', name: '' };
  @state() private days: ReadonlySet<number> = new Set();
  @state() private fault = '';
  @state() private faulty = '';
  @state() private busy = false;
  @query('tez-dialog') private dialog!: TezDialog | null;
  @query('[name=starts]') private starts!: HTMLInputElement;
  @query('[name=ends]') private ends!: HTMLInputElement;
  @query('[name=why]') private why!: HTMLInputElement;

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  /** `early` gives what was typed before the field had the focus. */
  async ask(subject: Subject, early: () => string = () => ''): Promise<void> {
    Object.assign(this, { subject, days: new Set(), fault: '', faulty: '', busy: false });
    await this.updateComplete;
    const now = Math.ceil(serverNow() / 60_000) * 60_000;
    this.starts.value = fieldText(now);
    this.ends.value = fieldText(now + HOUR);
    this.dialog?.show();
    this.why.focus();
    this.why.value = early();
  }

  #last(hours: number): void {
    const from = momentOf(this.starts.value)?.getTime() ?? serverNow();
    this.ends.value = fieldText(from + hours * HOUR);
  }

  #send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (this.busy) return;
    const [starts, ends] = [momentOf(this.starts.value), momentOf(this.ends.value)];
    if (!starts) return this.#wrong('starts', t('startNeeded'), this.starts);
    if (!ends || ends <= starts) return this.#wrong('ends', t('endAfter'), this.ends);
    if (this.days.size && ends.getTime() - starts.getTime() >= WEEK)
      return this.#wrong('ends', t('endWeekly'), this.ends);
    if (!this.days.size && ends.getTime() <= serverNow()) return this.#wrong('ends', t('past'), this.ends);
    const { subject } = this;
    this.busy = true;
    this.fault = this.faulty = '';
    try {
      await this.api?.maintain({
        ...('host' in subject ? { host: subject.host } : { group: subject.group }),
        starts: starts.toISOString(),
        ends: ends.toISOString(),
        weekly: [...this.days].sort(),
        zone: zone(),
        why: this.why.value.trim(),
      });
      this.dialog?.close();
      this.emit('done', t('maintained', { name: subject.name }));
    } catch (error) {
      this.fault = faultOf(error);
      this.faulty = fieldOf(error);
    } finally {
      this.busy = false;
    }
  };

  #wrong(field: string, text: string, at: HTMLElement): void {
    this.faulty = field;
    this.fault = text;
    at.focus();
  }

  override render() {
    const bad = (field: string) => (this.faulty === field ? 'true' : nothing);
    const described = this.fault ? 'fault' : nothing;
    return html`<tez-dialog .heading=${t('maintainTitle', { name: this.subject.name })}>
      <form id="form" novalidate @submit=${this.#send}>
        <p>${t('maintainText')}</p>
        <label class="field"
          ><span>${t('maintainWhy')}</span
          ><input class="control" name="why" maxlength="500" aria-invalid=${bad('why')} aria-describedby=${described}
        /></label>
        <div class="pair">
          <label class="field"
            ><span>${t('starts')}</span
            ><input class="control" type="datetime-local" name="starts" aria-invalid=${bad('starts')} aria-describedby=${described}
          /></label>
          <label class="field"
            ><span>${t('ends')}</span
            ><input class="control" type="datetime-local" name="ends" aria-invalid=${bad('ends')} aria-describedby=${described}
          /></label>
        </div>
        <div class="quick" role="group" aria-label=${t('lasts')}>
          ${[1, 2, 4, 8].map((n) => html`<button type="button" class="btn small" @click=${() => this.#last(n)}>${word('hours', { n })}</button>`)}
        </div>
        <fieldset>
          <legend>${t('weekly')}</legend>
          <div class="days">
            ${weekdays().map(
              (name, day) => html`<label class="day"
                ><input
                  type="checkbox"
                  .checked=${this.days.has(day)}
                  @change=${(event: Event) => {
                    const days = new Set(this.days);
                    if ((event.target as HTMLInputElement).checked) days.add(day);
                    else days.delete(day);
                    this.days = days;
                  }}
                /><span>${name}</span></label
              >`,
            )}
          </div>
        </fieldset>
        <p class="hint">${t('zoneIs', { zone: zone() })}</p>
        <p class="fault" id="fault" role="alert">${this.fault}</p>
        <button type="submit" hidden></button>
      </form>
      <tez-button slot="actions" variant="primary" ?busy=${this.busy} @click=${this.#send}>${t('maintain')}</tez-button>
    </tez-dialog>`;
  }
}
define('nav-network-maintain', NavNetworkMaintain);

declare global {
  interface HTMLElementTagNameMap {
    'nav-network-ack': NavNetworkAck;
    'nav-network-maintain': NavNetworkMaintain;
  }
}
