import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { query } from 'lit/decorators.js';
import { formatDate } from '../i18n/index';
import { initials } from '../shell/shell';
import { clockTime, serverNow } from '../ui/clock';
import { focused } from '../ui/dialog';
import { base, define } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/states';
import '../ui/time';
import { reasonOf } from './api';
import type { Desk } from './desk';
import { DeskElement } from './element';
import { browserName, deviceName, endAll, endSession, kindsOf, lastError, marks, removeDevice } from './ending';
import './face';
import { givenBy } from './matrix';
import './new-password';
import type { TezNewPassword } from './new-password';
import { personStyles } from './person-styles';
import { isKey, t } from './strings';
import { nameOf, type PersonDetail, type Right, rights } from './types';
import { seen, standing } from './who';

/** <tez-admin-person .desk>: all about the person whose panel is open, and all that can be done. Escape closes it. */
export class TezAdminPerson extends DeskElement {
  static override styles = [base, personStyles];

  @query('tez-new-password') private password!: TezNewPassword;
  @query('h2') private heading!: HTMLElement | null;
  #shown: number | null = null;

  override render() {
    const desk = this.desk;
    const id = desk?.card.id ?? null;
    if (!desk || id === null) return nothing;
    const { person, error, busy } = desk.card;
    const name = person ? nameOf(person) : '';
    return html`<div class=${desk.offline || error ? 'dim' : ''} aria-busy=${busy ? 'true' : 'false'} @keydown=${this.#keys}>
      <header>
        ${person ? html`<tez-face .letters=${initials(name)} .src=${person.avatar}></tez-face>` : nothing}
        <div>
          <h2 tabindex="-1">${name || `№ ${id}`}</h2>
          ${
            person
              ? html`<p class="sub">
                  ${name === person.name ? nothing : html`<span>${person.name}</span>`}${standing(person)}
                  <span>${t('seen_at')}: ${seen(person.seen_at)}</span>
                </p>`
              : nothing
          }
        </div>
        <button class="btn ghost icon small" aria-label=${t('close')} title=${t('close')} @click=${this.#close}>${icon('close', 16)}</button>
      </header>
      ${this.#body(desk, person, error)}
      <tez-new-password .desk=${desk}></tez-new-password>
    </div>`;
  }

  protected override updated(_changed: PropertyValues<this>): void {
    const id = this.desk?.card.id ?? null;
    if (id !== null && id !== this.#shown) this.heading?.focus();
    this.#shown = id;
  }

  #body(desk: Desk, person: PersonDetail | null, error: unknown) {
    const retry = () => desk.card.refresh();
    if (!person)
      return error
        ? html`<tez-error .text=${reasonOf(error)} @retry=${retry}></tez-error>`
        : html`<tez-loading rows="5" @retry=${retry}></tez-loading>`;
    return html`${
      error
        ? html`<div class="note" role="status">
            ${t('staleAfter', { why: reasonOf(error), time: clockTime(desk.card.at ?? 0, serverNow()) })}
            <button class="btn small" @click=${retry}>${t('retry')}</button>
          </div>`
        : nothing
    }
    ${this.#rights(desk, person)} ${this.#sessions(desk, person)} ${this.#devices(desk, person)} ${this.#data(person)}
    ${this.#acts(desk, person)}`;
  }

  #rights(desk: Desk, person: PersonDetail) {
    return html`<section aria-labelledby="rights">
      <h3 id="rights">${t('rightsOf')}</h3>
      <ul role="list">
        ${rights.map((right) => html`<li>${this.#switch(desk, person, right)}</li>`)}
      </ul>
    </section>`;
  }

  #switch(desk: Desk, person: PersonDetail, right: Right): TemplateResult {
    const given = desk.grants.of(person, right);
    const pending = desk.grants.pending(person.id, right);
    const note = pending ? t('saving') : given ? t('givenBy', shortly(given)) : t(`about_${right}`);
    return html`<button
      class="switch"
      role="switch"
      aria-checked=${given ? 'true' : 'false'}
      aria-busy=${pending ? 'true' : 'false'}
      aria-labelledby="name-${right}"
      aria-describedby="note-${right}"
      title=${given ? t('givenByTip', givenBy(given)) : t(`about_${right}`)}
      @click=${() => void desk.setRight(person, right, !given)}
    >
      <span><span id="name-${right}">${t(`right_${right}`)}</span><small id="note-${right}">${note}</small></span>
      <span class="track"><i></i></span>
    </button>`;
  }

  #sessions(desk: Desk, person: PersonDetail) {
    const { sessions } = person;
    return html`<section aria-labelledby="sessions">
      <h3 id="sessions" tabindex="-1">
        ${t('foundSessions', { n: sessions.length })}
        ${
          sessions.length
            ? html`<button class="btn small" @click=${() => void this.#away('sessions', () => endAll(desk, person, sessions.length))}>${t('endAll')}</button>`
            : nothing
        }
      </h3>
      <ul role="list">
        ${sessions.map(
          (session) => html`<li class="item">
            <div title=${session.agent}>
              ${browserName(session)} ${marks(session)}
              <small>${session.address} · <tez-time at=${session.seen_at}></tez-time></small>
            </div>
            <button
              class="btn small"
              aria-label=${t('endSessionOf', { browser: browserName(session), name: nameOf(person) })}
              @click=${() => void this.#away('sessions', () => endSession(desk, person, session))}
            >
              ${t('endSession')}
            </button>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  #devices(desk: Desk, person: PersonDetail) {
    return html`<section aria-labelledby="devices">
      <h3 id="devices" tabindex="-1">${t('foundDevices', { n: person.devices.length })}</h3>
      <ul role="list">
        ${person.devices.map(
          (device) => html`<li class="item">
            <div>
              ${deviceName(device)}
              <small>${kindsOf(device)} · ${seen(device.seen_at)}</small>
              ${device.last_error ? html`<small class="bad">${t('lastError')}: ${lastError(device)}</small>` : nothing}
            </div>
            <button
              class="btn small"
              aria-label=${t('removeDeviceOf', { device: deviceName(device), name: nameOf(person) })}
              @click=${() => void this.#away('devices', () => removeDevice(desk, person, device))}
            >
              ${t('removeDevice')}
            </button>
          </li>`,
        )}
      </ul>
    </section>`;
  }

  #data(person: PersonDetail) {
    const vpn = person.vpn_until
      ? formatDate(Date.parse(`${person.vpn_until}T12:00:00`), { day: 'numeric', month: 'long', year: 'numeric' })
      : '';
    const rows: [string, string | TemplateResult][] = [
      [t('department'), person.department],
      [t('post'), person.post],
      [t('email'), person.email],
      [t('phone'), person.phone],
      [t('office'), person.office],
      [t('vpnUntil'), vpn],
      ...Object.entries(person.identities).map(([system, key]): [string, string] => [systemName(system), key]),
    ];
    const known = rows.filter(([, value]) => value);
    return html`<section aria-labelledby="data">
      <h3 id="data">${t('attributes')}</h3>
      ${
        known.length
          ? html`<dl>
              ${known.map(([label, value]) => html`<dt>${label}</dt><dd>${value}</dd>`)}
            </dl>`
          : nothing
      }
      <p class="mute">${t(person.standing === null ? 'ofLocal' : 'fromErp')}</p>
    </section>`;
  }

  #acts(desk: Desk, person: PersonDetail) {
    const self = person.id === desk.me.id;
    if (self && person.standing !== null) return nothing;
    return html`<section aria-labelledby="acts">
      <h3 id="acts">${t('acts')}</h3>
      <div class="acts">
        ${self || !person.active || desk.grants.of(person, 'admin') ? nothing : html`<button class="btn" @click=${() => void this.#viewAs(desk, person)}>${t('viewAs')}</button>`}
        ${person.standing === null ? html`<button class="btn" @click=${() => this.password.open(person)}>${t('setPassword')}</button>` : nothing}
        ${
          self
            ? nothing
            : html`<button class="btn" data-active @click=${() => void this.#setActive(desk, person)}>
                <span class=${person.active ? 'bad' : ''}>${t(person.active ? 'disable' : 'enable')}</span>
              </button>`
        }
      </div>
    </section>`;
  }

  // — Acts —

  async #viewAs(desk: Desk, person: PersonDetail): Promise<void> {
    const sure = await desk.ask({
      heading: t('viewAsTitle', { name: nameOf(person) }),
      text: t('viewAsText'),
      go: t('viewAsGo'),
    });
    if (!sure) return;
    // Word of it may come by the socket before the answer, and the frame then loads the address anew: one that this person may see.
    const here = location.href;
    history.replaceState(null, '', '/');
    if (await desk.act(() => desk.api.viewAs(person.id))) location.assign('/');
    else history.replaceState(null, '', here);
  }

  async #setActive(desk: Desk, person: PersonDetail): Promise<void> {
    if (person.active) {
      const heading = t('disableTitle', { name: nameOf(person) });
      const sure = await desk.ask({ heading, text: t('disableText'), go: t('disableGo'), danger: true });
      if (!sure) return;
    }
    await desk.setActive(person, !person.active);
  }

  /** Does what may take its own button away; then the focus goes to the heading above it. */
  async #away(heading: 'sessions' | 'devices', act: () => Promise<void>): Promise<void> {
    await act();
    await this.updateComplete;
    if (focused() === document.body || focused() === null || focused() === this)
      this.renderRoot.querySelector<HTMLElement>(`#${heading}`)?.focus();
  }

  #close = (): void => {
    this.emit('leave');
  };

  #keys = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.defaultPrevented || (event.target as Element).closest('tez-new-password'))
      return;
    event.preventDefault();
    this.#close();
  };
}
define('tez-admin-person', TezAdminPerson);

function shortly(given: { by: string | null; at: string }): { by: string; at: string } {
  const at = formatDate(Date.parse(given.at), { day: 'numeric', month: 'short', year: 'numeric' });
  return { by: given.by ?? t('givenSystem'), at };
}

function systemName(system: string): string {
  const key = `system_${system}`;
  return isKey(key) ? t(key) : system;
}
