import { html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type { Action } from '../palette/entries';
import { fold } from '../palette/entries';
import { offer } from '../palette/offer';
import { Load } from '../quality/load';
import { table } from '../quality/table';
import '../ui/button';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import { edges } from '../ui/edge-sheet';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/panel';
import { controls, stacked, tables } from '../ui/sheets';
import '../ui/states';
import type { ToastOptions } from '../ui/toasts';
import { faultOf, type NetApi } from './api';
import './host-form';
import type { NavNetworkHostForm } from './host-form';
import './import-dialog';
import type { NavNetworkImport } from './import-dialog';
import { t as many } from './overview-strings';
import { pageStyles } from './page-styles';
import { type SetupAnswer, SetupApi } from './setup-api';
import { t } from './setup-strings';
import { setupStyles } from './setup-styles';
import { kindOf } from './spec';
import { t as word } from './strings';
import type { Listed } from './types';
import { duration } from './units';

const FIRST = 200; // rows; more when they are asked for
const MOST_PROBLEMS = 20;
const kindWords = { ping: 'kindPing', tcp: 'kindTcp', http: 'kindHttp' } as const;

/** <nav-network-setup .api .say .arrived>: what is watched. Hosts of the file are read only here; those of the page can be added, changed, removed. */
export class NavNetworkSetup extends TezElement {
  static override styles = [base, controls, tables, edges, pageStyles, setupStyles, stacked(620)];

  @property({ attribute: false }) api: NetApi | null = null;
  @property({ attribute: false }) say: (toast: ToastOptions) => void = () => undefined;
  @property({ attribute: false }) arrived = false;
  @state() private q = '';
  @state() private most = FIRST;
  @state() private doomed: Listed | null = null;
  @state() private removing = false;
  @query('nav-network-host-form') private form!: NavNetworkHostForm;
  @query('nav-network-import') private import!: NavNetworkImport;
  @query('#remove') private confirm!: TezDialog;

  readonly #load = new Load<SetupAnswer>(this, () => word('noAnswer'));
  #setup: SetupApi | null = null;
  #undo: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#undo = offer((): Action[] => [
      { id: 'net-add', label: t('add'), icon: 'network', run: () => void this.form.ask(null) },
      { id: 'net-import', label: t('import'), icon: 'download', run: () => void this.import.ask() },
    ]);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#undo?.();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('api')) return;
    this.#setup = this.api && new SetupApi(this.api);
    this.#read();
  }

  protected override firstUpdated(): void {
    if (this.arrived) this.renderRoot.querySelector<HTMLElement>('h1')?.focus();
  }

  protected override updated(): void {
    this.emit('place', t('heading'));
  }

  #read(): void {
    const api = this.#setup;
    if (api) void this.#load.run(() => api.setup());
  }

  #done = (event: CustomEvent<string>): void => {
    this.say({ text: event.detail, tone: 'ok' });
    this.#read();
  };

  async #ask(host: Listed): Promise<void> {
    this.doomed = host;
    await this.updateComplete;
    this.confirm.show();
    this.renderRoot.querySelector<HTMLElement>('.cancel')?.focus(); // Enter by habit must not do what cannot be undone
  }

  async #remove(): Promise<void> {
    const host = this.doomed;
    if (!host || this.removing) return;
    this.removing = true;
    try {
      await this.#setup?.remove(host.id);
      this.confirm.close();
      this.say({ text: t('removed', { name: host.name }), tone: 'ok' });
      this.#read();
      this.renderRoot.querySelector<HTMLElement>('.find')?.focus(); // the row with the button is gone
    } catch (error) {
      this.say({ text: faultOf(error), tone: 'bad' });
    } finally {
      this.removing = false;
    }
  }

  override render() {
    const { value } = this.#load;
    const hosts = value?.hosts ?? [];
    const groups = [
      ...new Set([...hosts.map(({ group }) => group ?? ''), ...(value?.groups ?? []).map(({ path }) => path)]),
    ]
      .filter(Boolean)
      .sort();
    return html`<a class="back" href="/netmonitor/">${icon('back', 17)}${t('toAll')}</a>
      <header>
        <h1 tabindex="-1">${t('heading')}</h1>
        <div class="acts">
          <a class="btn" download href="/netmonitor/api/setup/export.toml">${icon('download', 16)}${t('export')}</a>
          <tez-button @click=${() => void this.import.ask()}>${t('import')}</tez-button>
          <tez-button variant="primary" @click=${() => void this.form.ask(null)}>${t('add')}</tez-button>
        </div>
      </header>
      ${this.#problems()} ${this.#list(hosts)}
      <nav-network-host-form .api=${this.#setup} .groups=${groups} .hosts=${hosts} @done=${this.#done}></nav-network-host-form>
      <nav-network-import .api=${this.#setup} @done=${this.#done}></nav-network-import>
      <tez-dialog id="remove" .heading=${t('removeTitle', { name: this.doomed?.name ?? '' })}>
        <p>${t('removeText')}</p>
        <tez-button slot="actions" class="cancel" @click=${() => this.confirm.close()}>${t('cancel')}</tez-button>
        <tez-button slot="actions" variant="danger" ?busy=${this.removing} @click=${() => void this.#remove()}>${t('remove')}</tez-button>
      </tez-dialog>`;
  }

  #problems() {
    const { problems, hosts } = this.#load.value ?? {};
    if (!problems?.length) return nothing;
    return html`<ul class="problems" aria-label=${t('problems')}>
      ${problems.slice(0, MOST_PROBLEMS).map(({ message, where, host: id }) => {
        const host = hosts?.find((one) => one.id === id && one.origin !== 'file');
        return html`<li>
          <b>${where || id ? `${where || id}: ` : nothing}</b>${message}
          ${host ? html`<button class="btn ghost small" aria-label=${t('editTitle', { name: host.name })} @click=${() => void this.#edit(host)}>${t('edit')}</button>` : nothing}
        </li>`;
      })}
      ${problems.length > MOST_PROBLEMS ? html`<li>${t('more', { n: problems.length - MOST_PROBLEMS })}</li>` : nothing}
    </ul>`;
  }

  #edit(host: Listed): Promise<void> {
    return this.form.ask(
      host,
      this.#load.value?.problems?.filter((one) => one.host === host.id),
    );
  }

  #list(hosts: readonly Listed[]) {
    const { value, failure, busy } = this.#load;
    if (!value)
      return html`<tez-panel flush .heading=${many('list')}
        >${failure ? html`<tez-error .text=${failure} ?busy=${busy} @retry=${() => this.#read()}></tez-error>` : html`<tez-loading rows="6" @retry=${() => this.#read()}></tez-loading>`}</tez-panel
      >`;
    const words = fold(this.q).split(/\s+/).filter(Boolean);
    const found = hosts.filter((host) => {
      const text = fold(`${host.name}\n${host.address}\n${host.id}\n${host.group ?? ''}`);
      return words.every((one) => text.includes(one));
    });
    return html`<tez-panel flush .heading=${many('hosts', { n: hosts.length })}>
      <input
        slot="actions"
        class="control find"
        type="search"
        aria-label=${many('search')}
        placeholder=${many('search')}
        .value=${this.q}
        @input=${(event: Event) => {
          this.q = (event.target as HTMLInputElement).value;
        }}
      />
      ${
        found.length
          ? html`${table<Listed>(
              many('list'),
              [
                {
                  label: many('hostName'),
                  cell: (host) => html`<b>${host.name}</b> <span class="quiet">${host.id}</span>`,
                  soft: true,
                },
                { label: t('address'), cell: (host) => host.address, soft: true },
                { label: t('group'), cell: (host) => (host.group ?? '').replaceAll('/', ' / ') || '—', soft: true },
                {
                  label: t('check'),
                  cell: (host) =>
                    html`${t(kindWords[kindOf(host)])}${host.paused ? html` <span class="tag">${word('paused')}</span>` : nothing}`,
                },
                { label: t('every'), cell: (host) => duration(host.interval_s ?? 10), end: true },
                {
                  label: t('origin'),
                  cell: (host) =>
                    host.origin === 'file'
                      ? html`<span title=${t('fileWhy')}>${t('fromTheFile')}</span>`
                      : t('fromThePage'),
                },
                {
                  label: many('actions'),
                  cell: (host) =>
                    host.origin === 'file'
                      ? html`<span class="quiet">${t('readOnly')}</span>`
                      : html`<span class="rowacts"
                          ><button class="btn ghost small" aria-label=${t('editTitle', { name: host.name })} @click=${() => void this.#edit(host)}>${t('edit')}</button>
                          <button class="btn ghost small" aria-label=${t('removeTitle', { name: host.name })} @click=${() => void this.#ask(host)}>${t('remove')}</button></span
                        >`,
                },
              ],
              found.slice(0, this.most),
            )}
            ${
              found.length > this.most
                ? html`<div class="more"><button class="btn" @click=${() => {
                    this.most += FIRST;
                  }}>${t('moreRows', { n: found.length - this.most })}</button></div>`
                : nothing
            }`
          : html`<tez-empty icon="network" .heading=${hosts.length ? many('nothingTitle') : many('emptyTitle')} .text=${hosts.length ? '' : many('emptyAdmin')}></tez-empty>`
      }
    </tez-panel>`;
  }
}
define('nav-network-setup', NavNetworkSetup);

declare global {
  interface HTMLElementTagNameMap {
    'nav-network-setup': NavNetworkSetup;
  }
}
