import { css, html, nothing } from 'lit';
import { formatDate } from '../i18n/index';
import { onTick, serverNow } from '../ui/clock';
import { base, define } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/panel';
import { isQuiet, momentIn, type QuietWindow } from '../inbox/quiet';
import { MOST_WINDOWS, toggleDay, WEEK } from './quiet';
import { Section } from './section';
import { t } from './strings';
import { sectionStyles } from './styles';

const NIGHTS: QuietWindow = { days: WEEK, start: '22:00', end: '08:00' };
const WEEKEND: QuietWindow = { days: [5, 6], start: '00:00', end: '00:00' };
const MONDAY = Date.UTC(2024, 0, 1); // any Monday: only its name is used

/** <profile-quiet .store>: the weekly hours without push and sound, and whether critical notices pierce them. */
export class ProfileQuiet extends Section {
  static override styles = [
    base,
    sectionStyles,
    css`
      .window {
        display: grid;
        grid-template-columns: minmax(0, 1fr) auto;
        gap: var(--tez-2);
        padding: var(--tez-3);
        border: 1px solid var(--tez-line);
        border-radius: var(--tez-radius);
      }
      .days .btn {
        min-width: calc(var(--tez-rem) * 2.25);
        padding: 0 var(--tez-1);
      }
      .times {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--tez-1) var(--tez-2);
        margin-top: var(--tez-2);
      }
    `,
  ];

  #tick: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#tick = onTick(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#tick?.();
  }

  get #windows(): readonly QuietWindow[] {
    return this.store?.profile?.preferences.quiet ?? [];
  }

  #set(windows: readonly QuietWindow[]): void {
    void this.store?.set('quiet', windows);
  }

  #change(index: number, change: Partial<QuietWindow>): void {
    this.#set(this.#windows.map((one, i) => (i === index ? { ...one, ...change } : one)));
  }

  async #remove(index: number): Promise<void> {
    this.#set(this.#windows.filter((_, i) => i !== index));
    await this.updateComplete;
    const left = this.renderRoot.querySelectorAll<HTMLElement>('.remove');
    (left[Math.min(index, left.length - 1)] ?? this.renderRoot.querySelector<HTMLElement>('.add'))?.focus();
  }

  async #add(window: QuietWindow): Promise<void> {
    this.#set([...this.#windows, window]);
    await this.updateComplete;
    const rows = this.renderRoot.querySelectorAll('.window');
    rows[rows.length - 1]?.querySelector<HTMLElement>('button')?.focus();
  }

  override render() {
    const wishes = this.store?.profile?.preferences;
    if (!wishes) return nothing;
    const windows = this.#windows;
    const now = isQuiet(windows, momentIn(wishes.zone, serverNow()));
    const full = windows.length >= MOST_WINDOWS;
    return html`<tez-panel .heading=${t('quiet')}>
      <span slot="actions" class="row hint">${icon(now ? 'moon' : 'bell', 16)}${t(now ? 'quietNow' : 'quietNot')}</span>
      <div class="stack">
        <p class="hint">${t('quietWhy', { zone: wishes.zone })}</p>
        ${windows.length ? windows.map((one, i) => this.#window(one, i)) : html`<p>${t('quietNone')}</p>`}
        ${
          full
            ? nothing
            : html`<div class="row">
                <button class="btn add" @click=${() => void this.#add(NIGHTS)}>${t('quietAdd')}: ${t('quietNights').toLowerCase()}</button>
                <button class="btn" @click=${() => void this.#add(WEEKEND)}>${t('quietAdd')}: ${t('quietWeekend').toLowerCase()}</button>
              </div>`
        }
        <label class="check">
          <input
            type="checkbox"
            .checked=${wishes.critical_pierces ?? true}
            @change=${(event: Event) => void this.store?.set('critical_pierces', (event.target as HTMLInputElement).checked)}
          />
          ${t('critical')}
        </label>
        ${this.saveLine('quiet', 'critical_pierces')}
      </div>
    </tez-panel>`;
  }

  #window(one: QuietWindow, index: number) {
    const time = (name: 'start' | 'end') => html`<input
      class="control"
      type="time"
      required
      aria-label=${`${t(name === 'start' ? 'quietFrom' : 'quietTo')}, ${t('quietRow', { n: index + 1 })}`}
      .value=${one[name]}
      @change=${(event: Event) => {
        const { value } = event.target as HTMLInputElement;
        if (/^\d\d:\d\d$/.test(value)) this.#change(index, { [name]: value });
        else (event.target as HTMLInputElement).value = one[name];
      }}
    />`;
    return html`<div class="window" role="group" aria-label=${t('quietRow', { n: index + 1 })}>
      <div>
        <div class="choice days" role="group" aria-label=${t('quietDays')}>
          ${WEEK.map(
            (day) => html`<button
              class="btn small"
              aria-pressed=${one.days.includes(day) ? 'true' : 'false'}
              aria-label=${`${dayName(day, 'short')}, ${dayName(day, 'long')}`}
              @click=${() => this.#change(index, toggleDay(one, day))}
            >
              ${dayName(day, 'short')}
            </button>`,
          )}
        </div>
        <div class="times">
          <span aria-hidden="true">${t('quietFrom')}</span>${time('start')}<span aria-hidden="true">${t('quietTo').toLowerCase()}</span
          >${time('end')}
          ${one.end <= one.start ? html`<span class="hint">${t('quietNextDay')}</span>` : nothing}
        </div>
        ${one.days.length ? nothing : html`<p class="save failed">${t('quietNoDays')}</p>`}
      </div>
      <button
        class="btn ghost icon small remove"
        aria-label=${t('quietRemove', { n: index + 1 })}
        title=${t('quietRemove', { n: index + 1 })}
        @click=${() => void this.#remove(index)}
      >
        ${icon('close', 16)}
      </button>
    </div>`;
  }
}
define('profile-quiet', ProfileQuiet);

function dayName(day: number, form: 'short' | 'long'): string {
  return formatDate(MONDAY + day * 86_400_000, { weekday: form, timeZone: 'UTC' });
}
