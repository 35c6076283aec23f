import { css, html, nothing, type PropertyValues } from 'lit';
import { query, state } from 'lit/decorators.js';
import { base, define } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/button';
import '../ui/panel';
import '../ui/state-dot';
import { choices, isDay, longDay, shortDay } from './days';
import { Section } from './section';
import { t, why, word } from './strings';
import { sectionStyles } from './styles';
import type { Vpn } from './types';

const LOOK_MS = 5_000;
const MOST_MS = 60_000;
const SOON_DAYS = 14; // from here on the ERP source reminds, too

/** <profile-vpn .store>: until when VPN access is open, and renewing it. Never says more than the ERP has confirmed. */
export class ProfileVpn extends Section {
  static override styles = [
    base,
    sectionStyles,
    css`
      .now {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: var(--tez-1) var(--tez-4);
      }
      .until {
        font-size: var(--tez-xl);
        font-weight: 650;
        line-height: 1.25;
      }
      form .row {
        align-items: end;
      }
      .field {
        display: grid;
        gap: var(--tez-1);
      }
    `,
  ];

  @state() private until = '';
  @state() private bad = false;
  @query('input') private input!: HTMLInputElement;
  @query('.outcome') private outcome!: HTMLElement;
  /** A renewal of this page came to its end: its outcome is shown though it is settled. */
  @state() private mine = '';
  #timer: ReturnType<typeof setTimeout> | undefined;
  #wait = LOOK_MS;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#timer);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    const vpn = this.store?.profile?.vpn;
    const fits = vpn?.min_until && vpn.max_until && this.until >= vpn.min_until && this.until <= vpn.max_until;
    if (!fits && !this.bad) this.until = vpn?.max_until ?? '';
    this.#watch();
  }

  /** While the ERP's word is to come, asks for it: after 5 s, then ever less often, and only in a tab that is seen. */
  #watch(): void {
    const waiting = this.store?.waiting;
    if (!waiting) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      this.#wait = LOOK_MS;
      return;
    }
    this.mine = waiting.key;
    if (this.#timer !== undefined || !this.isConnected) return;
    this.#timer = setTimeout(async () => {
      if (document.visibilityState === 'visible' && !this.store?.renewing) await this.store?.look();
      this.#wait = Math.min(this.#wait * 2, MOST_MS);
      this.#timer = undefined;
      this.#watch();
    }, this.#wait);
  }

  async #renew(until: string): Promise<void> {
    const vpn = this.store?.profile?.vpn;
    if (!this.store || !vpn || this.store.renewing) return;
    const retry = this.store.waiting?.until === until;
    const fits = vpn.min_until && vpn.max_until && isDay(until) && until >= vpn.min_until && until <= vpn.max_until;
    this.bad = !retry && !fits;
    if (this.bad) {
      this.input?.focus();
      return;
    }
    await this.store.renew(until);
    this.mine = this.store.profile?.vpn?.last?.key ?? '';
    await this.updateComplete;
    if (!this.renderRoot.querySelector(':focus')) this.outcome.focus(); // the form went away with its button
  }

  override render() {
    const vpn = this.store?.profile?.vpn;
    if (!vpn) return nothing;
    return html`<tez-panel .heading=${t('vpn')}>
      <div class="stack">
        ${this.#now(vpn)}
        <div class="outcome stack" tabindex="-1">${this.#outcome(vpn)}</div>
        ${vpn.may_renew ? this.#form(vpn) : this.#reason(vpn)}
      </div>
    </tez-panel>`;
  }

  #now(vpn: Vpn) {
    if (!vpn.has) return html`<p class="now"><span class="until">${t('vpnNone')}</span></p>`;
    const left = vpn.days_left;
    if (vpn.until === null || left === null)
      return html`<p class="now"><span class="until">${t('vpnNoDate')}</span></p>`;
    const state = left < 0 ? 'bad' : left <= SOON_DAYS ? 'warn' : 'ok';
    const label = left < 0 ? t('vpnAgo', { n: -left }) : left === 0 ? t('vpnToday') : t('vpnLeft', { n: left });
    return html`<p class="now">
      <time class="until" datetime=${vpn.until}>${t(left < 0 ? 'vpnOver' : 'vpnUntil', { day: longDay(vpn.until) })}</time>
      <tez-state-dot .state=${state} .label=${label}></tez-state-dot>
    </p>`;
  }

  /** How renewing stands. A live region that is always there. */
  #outcome(vpn: Vpn) {
    const { store } = this;
    const fault = store?.renewFault;
    const last = vpn.last;
    const day = last ? longDay(last.until) : '';
    let bad: unknown = nothing;
    let calm: unknown = nothing;
    if (store?.renewing) calm = html`<p class="note">${icon('clock', 16)}<span>${t('vpnSending')}</span></p>`;
    else if (last?.open)
      calm = html`<div class="note warn">
        ${icon('clock', 16)}
        <div>${t(last.code === 'changed' ? 'vpnChanged' : 'vpnUnknown', { day })}</div>
        <button class="btn small" @click=${() => void this.#renew(last.until)}>${t('vpnAskAgain')}</button>
      </div>`;
    else if (fault)
      bad = html`<p class="note bad">
        ${icon('warn', 16)}<span>${fault.code === 'no_answer' ? t('vpnNoAnswer') : t('vpnNotMade', { why: why(fault) })}</span>
      </p>`;
    else if (last && last.state === 'unknown')
      calm = html`<p class="note warn">${icon('warn', 16)}<span>${t('vpnGaveUp', { day })}</span></p>`;
    else if (last && last.state === 'refused' && last.key === this.mine)
      bad = html`<p class="note bad">
        ${icon('warn', 16)}<span>${last.message ? t('vpnRefused', { why: last.message }) : t('vpnNotTaken', { day })}</span>
      </p>`;
    else if (last && last.state === 'done' && last.key === this.mine)
      calm = html`<p class="note ok">${icon('check', 16)}<span>${t('vpnDone', { day })}</span></p>`;
    return html`<div role="alert">${bad}</div>
      <div role="status">${calm}</div>`;
  }

  #reason(vpn: Vpn) {
    if (!vpn.has || vpn.why === null || vpn.why === 'unsettled') {
      return vpn.has ? nothing : html`<p class="hint">${t('why_no_vpn')}</p>`;
    }
    const day = vpn.from_day ? longDay(vpn.from_day) : '';
    return html`<p class="hint">${vpn.why === 'early' ? t('why_early', { day }) : word(`why_${vpn.why}`, vpn.why)}</p>`;
  }

  #form(vpn: Vpn) {
    const first = vpn.min_until ?? '';
    const last = vpn.max_until ?? '';
    const busy = this.store?.renewing !== null;
    const words = { first: shortDay(first, vpn.today), last: longDay(last) };
    return html`<form
      class="stack"
      novalidate
      @submit=${(event: SubmitEvent) => {
        event.preventDefault();
        void this.#renew(this.until);
      }}
    >
      <div class="row">
        <div class="field">
          <label for="until">${t('vpnExtend')}</label>
          <input
            id="until"
            class="control"
            type="date"
            required
            min=${first}
            max=${last}
            ?readonly=${busy}
            .value=${this.until}
            aria-invalid=${this.bad ? 'true' : 'false'}
            aria-describedby="rules"
            @input=${(event: InputEvent) => {
              this.until = (event.target as HTMLInputElement).value;
              this.bad = this.until !== '' && (this.until < first || this.until > last);
            }}
          />
        </div>
        <div class="choice">
          ${choices(vpn.today, first, last).map(
            (day) => html`<button
              type="button"
              class="btn ghost"
              aria-pressed=${day === this.until ? 'true' : 'false'}
              @click=${() => {
                if (busy) return;
                this.bad = false;
                this.until = day;
              }}
            >
              ${shortDay(day, vpn.today)}
            </button>`,
          )}
        </div>
        <button class="btn primary" aria-disabled=${busy ? 'true' : 'false'} aria-busy=${busy ? 'true' : 'false'}>${t('vpnRenew')}</button>
      </div>
      <p id="rules" class="hint">${t('vpnRules', { ...words, n: vpn.rules.ahead_days })}</p>
      <div role="alert">${this.bad ? html`<p class="save failed">${t('vpnBadDay', words)}</p>` : nothing}</div>
    </form>`;
  }
}
define('profile-vpn', ProfileVpn);
