import { css, html, nothing } from 'lit';
import { query, state } from 'lit/decorators.js';
import type { Device, UserSession } from '../people/types';
import { base, define } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/badge';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import '../ui/panel';
import '../ui/states';
import '../ui/time';
import { type Fault, faultOf } from './model';
import { Section } from './section';
import { t, why } from './strings';
import { sectionStyles } from './styles';

/** <profile-sessions .store>: where one is signed in and which devices get push; ending one, or all others. */
export class ProfileSessions extends Section {
  static override styles = [
    base,
    sectionStyles,
    css`
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--tez-1) var(--tez-3);
        padding: var(--tez-3) var(--tez-4);
        border-bottom: 1px solid var(--tez-line);
      }
      .what {
        flex: 1 1 14rem;
        min-width: 0;
        overflow-wrap: anywhere;
      }
      .what b {
        margin-right: var(--tez-2);
        font-weight: 600;
      }
      .foot {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--tez-3);
        padding: var(--tez-3) var(--tez-4);
      }
      h3 {
        margin: 0;
        padding: var(--tez-3) var(--tez-4) var(--tez-1);
        border-top: 1px solid var(--tez-line);
        font-size: var(--tez-s);
        font-weight: 600;
        color: var(--tez-text-2);
      }
      .none {
        padding: var(--tez-2) var(--tez-4) var(--tez-4);
      }
      .times tez-time {
        white-space: normal;
      }
    `,
  ];

  @state() private signIns: readonly UserSession[] | null = null;
  @state() private devices: readonly Device[] = [];
  @state() private failed: Fault | null = null;
  @state() private loading = false;
  /** What is being ended: ids, or `others`. */
  @state() private ending: ReadonlySet<string> = new Set();
  @state() private fault = '';
  @state() private said = '';
  @query('tez-dialog') private dialog!: TezDialog;
  @query('.said') private saidLine!: HTMLElement;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.store && !this.signIns) void this.load();
  }

  async load(): Promise<void> {
    if (!this.store || this.loading) return;
    this.loading = true;
    this.failed = null;
    try {
      const [{ sessions }, { devices }] = await Promise.all([
        this.store.ask<{ sessions: UserSession[] }>('GET', '/users/api/sessions'),
        this.store.ask<{ devices: Device[] }>('GET', '/users/api/devices'),
      ]);
      this.signIns = [...sessions].sort(
        (a, b) => Number(b.this) - Number(a.this) || b.seen_at.localeCompare(a.seen_at),
      );
      this.devices = devices;
    } catch (error) {
      this.failed = faultOf(error);
    }
    this.loading = false;
  }

  async #end(id: string, path: string, ended: () => void): Promise<void> {
    if (this.ending.has(id) || !this.store) return;
    this.ending = new Set([...this.ending, id]);
    this.fault = this.said = '';
    try {
      await this.store.ask('DELETE', path);
      ended();
      this.saidLine.focus(); // the button that was pressed is gone
    } catch (error) {
      this.fault = t('sessionNotEnded', { why: why(faultOf(error)) });
    }
    this.ending = new Set([...this.ending].filter((one) => one !== id));
  }

  get #others(): readonly UserSession[] {
    return this.signIns?.filter((one) => !one.this) ?? [];
  }

  async #endOthers(): Promise<void> {
    const n = this.#others.length;
    this.dialog.close();
    await this.#end('others', '/users/api/sessions', () => {
      this.signIns = this.signIns?.filter((one) => one.this) ?? null;
      this.said = t('sessionEnded', { n });
    });
  }

  override render() {
    return html`<tez-panel flush .heading=${t('sessions')}>${this.#body()}</tez-panel>
      <tez-dialog .heading=${t('sessionEndTitle')}>
        <p>${t('sessionEndText', { n: this.#others.length })}</p>
        <button slot="actions" class="btn" @click=${() => this.dialog.close()}>${t('cancel')}</button>
        <button slot="actions" class="btn danger" @click=${() => void this.#endOthers()}>${t('sessionEndOthers')}</button>
      </tez-dialog>`;
  }

  #body() {
    if (!this.signIns) {
      if (this.failed)
        return html`<tez-error .heading=${t('sessionsFailed')} .text=${why(this.failed)} @retry=${() => void this.load()}></tez-error>`;
      return html`<tez-loading rows="2" @retry=${() => void this.load()}></tez-loading>`;
    }
    const busy = this.ending.has('others');
    return html`<ul role="list">
        ${this.signIns.map((one) => this.#signIn(one))}
      </ul>
      <div class="foot">
        ${
          this.#others.length
            ? html`<button class="btn" aria-disabled=${busy ? 'true' : 'false'} aria-busy=${busy ? 'true' : 'false'} @click=${() => !busy && this.dialog.show()}>
                ${t('sessionEndOthers')}
              </button>`
            : html`<span class="hint">${t('sessionsAlone')}</span>`
        }
        <span class="said hint" role="status" tabindex="-1">${this.said}</span>
        <div role="alert">${this.fault ? html`<p class="save failed">${this.fault}</p>` : nothing}</div>
      </div>
      <h3>${t('devices')}</h3>
      ${
        this.devices.length
          ? html`<ul role="list">
              ${this.devices.map((one) => this.#device(one))}
            </ul>`
          : html`<p class="hint none">${t('devicesNone')}</p>`
      }`;
  }

  #signIn(one: UserSession) {
    const busy = this.ending.has(one.id) || this.ending.has('others');
    const end = () =>
      this.#end(one.id, `/users/api/sessions/${encodeURIComponent(one.id)}`, () => {
        this.signIns = this.signIns?.filter((other) => other.id !== one.id) ?? null;
        this.said = t('sessionEnded', { n: 1 });
      });
    return html`<li>
      ${icon('screen', 20)}
      <div class="what">
        <b title=${one.agent}>${one.browser || one.agent || '—'}</b>
        ${one.this ? html`<tez-badge tone="accent">${t('sessionThis')}</tez-badge>` : nothing}
        ${one.online && !one.this ? html`<tez-badge tone="ok">${t('sessionOnline')}</tez-badge>` : nothing}
        ${one.remember ? html`<tez-badge>${t('sessionRemembered')}</tez-badge>` : nothing}
        <p class="hint times">
          ${one.address} · ${t('sessionSeen')} <tez-time at=${one.seen_at}></tez-time> · ${t('sessionSince')}
          <tez-time at=${one.created_at}></tez-time>
        </p>
      </div>
      ${
        one.this
          ? nothing
          : html`<button
              class="btn small"
              aria-label=${t('sessionEndOf', { browser: one.browser, address: one.address })}
              aria-disabled=${busy ? 'true' : 'false'}
              aria-busy=${busy ? 'true' : 'false'}
              @click=${() => void end()}
            >
              ${t('sessionEnd')}
            </button>`
      }
    </li>`;
  }

  #device(one: Device) {
    const key = `device ${one.id}`;
    const busy = this.ending.has(key);
    const remove = () =>
      this.#end(key, `/users/api/devices/${one.id}`, () => {
        this.devices = this.devices.filter((other) => other.id !== one.id);
      });
    return html`<li>
      ${icon('bell', 20)}
      <div class="what">
        <b>${one.label || '—'}</b>
        <p class="hint times">
          ${one.seen_at ? html`${t('sessionSeen')} <tez-time at=${one.seen_at}></tez-time>` : t('deviceNever')}
          ${one.last_error ? html`· ${t('deviceError')}` : nothing}
        </p>
      </div>
      <button
        class="btn small"
        aria-label=${t('deviceRemoveOf', { name: one.label })}
        aria-disabled=${busy ? 'true' : 'false'}
        aria-busy=${busy ? 'true' : 'false'}
        @click=${() => void remove()}
      >
        ${t('deviceRemove')}
      </button>
    </li>`;
  }
}
define('profile-sessions', ProfileSessions);
