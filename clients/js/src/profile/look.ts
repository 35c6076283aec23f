import { css, html, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import { formatDate, locale } from '../i18n/index';
import type { Theme } from '../shell/theme';
import { onTick, serverNow } from '../ui/clock';
import { base, define } from '../ui/element';
import '../ui/panel';
import { Section } from './section';
import { t } from './strings';
import { sectionStyles } from './styles';
import { hereZone, offset, zones } from './zones';

/** <profile-look .store theme>: language, theme and time zone; each acts at once. Fires `profile-locale` and `profile-theme`. */
export class ProfileLook extends Section {
  static override styles = [
    base,
    sectionStyles,
    css`
      select {
        width: min(100%, calc(var(--tez-rem) * 20));
      }
      .zone {
        display: grid;
        gap: var(--tez-1);
        justify-items: start;
      }
      .btn {
        max-width: 100%;
        overflow-wrap: anywhere;
      }
    `,
  ];

  @property() theme: Theme = 'system';
  #tick: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#tick = onTick(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#tick?.();
  }

  override render() {
    const wishes = this.store?.profile?.preferences;
    if (!wishes) return nothing;
    const here = hereZone();
    return html`<tez-panel .heading=${t('look')}>
      <div class="stack">
        ${this.#choice(
          t('language'),
          [
            ['ru', 'Русский'],
            ['en', 'English'],
          ],
          locale(),
          (id) => this.emit('profile-locale', id),
        )}
        ${this.#choice(
          t('theme'),
          [
            ['system', t('themeSystem')],
            ['light', t('themeLight')],
            ['dark', t('themeDark')],
          ],
          this.theme,
          (id) => this.emit('profile-theme', id),
        )}
        <div class="zone">
          <label for="zone">${t('zone')}</label>
          <select
            class="control"
            id="zone"
            aria-describedby="now"
            @change=${(event: Event) => void this.store?.set('zone', (event.target as HTMLSelectElement).value)}
          >
            ${this.#zones(wishes.zone)}
          </select>
          <span id="now" class="hint">${t('zoneNow', { time: clock(wishes.zone) })}</span>
          ${
            here && here !== wishes.zone
              ? html`<button class="btn small" @click=${() => void this.store?.set('zone', here)}>${t('zoneHere', { zone: here })}</button>`
              : nothing
          }
        </div>
        ${this.saveLine('zone')}
      </div>
    </tez-panel>`;
  }

  #choice(legend: string, items: readonly (readonly [string, string])[], chosen: string, pick: (id: string) => void) {
    return html`<div role="group" aria-label=${legend}>
      <p class="label">${legend}</p>
      <div class="choice">
        ${items.map(
          ([id, name]) =>
            html`<button class="btn" aria-pressed=${id === chosen ? 'true' : 'false'} @click=${() => pick(id)}>${name}</button>`,
        )}
      </div>
    </div>`;
  }

  #zones(present: string) {
    const { russia, other } = zones(present);
    const option = (zone: string, words = zone) =>
      html`<option value=${zone} ?selected=${zone === present} .selected=${zone === present}>${words}</option>`;
    return html`<optgroup label=${t('zoneRussia')}>
        ${russia.map((zone) => option(zone, `${zone} (${offset(zone, serverNow())})`))}
      </optgroup>
      <optgroup label=${t('zoneOther')}>${other.map((zone) => option(zone))}</optgroup>`;
  }
}
define('profile-look', ProfileLook);

/** The time in a zone; the computer's own where the browser does not know it. */
function clock(zone: string): string {
  const options = { weekday: 'short', hour: '2-digit', minute: '2-digit' } as const;
  try {
    return formatDate(serverNow(), { ...options, timeZone: zone });
  } catch {
    return formatDate(serverNow(), options);
  }
}
