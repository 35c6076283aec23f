import { html, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Hub } from '../hub/index';
import { typing } from '../inbox/keys';
import type { Action } from '../palette/entries';
import { offer } from '../palette/offer';
import { Load } from '../quality/load';
import { clockTime, exactTime, serverNow } from '../ui/clock';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/button';
import '../ui/panel';
import { controls, notices, stacked, tables } from '../ui/sheets';
import '../ui/states';
import type { ToastOptions } from '../ui/toasts';
import { aboutStyles, aboutView } from './about';
import { faultOf, type NetApi } from './api';
import './badges';
import { Checks } from './checks';
import { historyStyles, historyView } from './history';
import type { historyTable } from './history-table';
import { HostDialogs } from './host-dialogs';
import { t } from './host-strings';
import { hostStyles } from './host-styles';
import { outagesView } from './outages';
import { pageStyles } from './page-styles';
import { Past } from './past';
import { roundStyles, roundsStyles, roundsView } from './rounds';
import { stateMark, stateStyles, whyOf } from './states';
import { type NetStore, RoundStore } from './store';
import { t as word } from './strings';
import type { Host, HostAnswer, Window } from './types';
import { lasting, millis, share } from './units';
import { uptimesStyles, uptimesView } from './uptimes';
import { windowsView } from './windows';

const SECOND_MS = 1000;

/** <nav-network-host host .store .hub .api .say .arrived>: how a host is now, its last rounds, its history, and what can be done about it. */
export class NavNetworkHost extends TezElement {
  static override styles = [
    base,
    controls,
    notices,
    tables,
    stateStyles,
    pageStyles,
    hostStyles,
    historyStyles,
    roundsStyles,
    roundStyles,
    uptimesStyles,
    aboutStyles,
    stacked(620),
  ];

  @property() host = '';
  @property({ attribute: false }) store: NetStore | null = null;
  @property({ attribute: false }) hub: Hub | null = null;
  @property({ attribute: false }) api: NetApi | null = null;
  @property({ attribute: false }) say: (toast: ToastOptions) => void = () => undefined;
  /** Somebody came here from within: the focus was on something that is gone. */
  @property({ attribute: false }) arrived = false;

  @state() private asTable = false;

  readonly #facts = new Load<HostAnswer>(this, () => word('noAnswer'));
  readonly #source = () => ({ api: this.api, id: this.host });
  readonly #past = new Past(this, this.#source);
  readonly #checks = new Checks(this, this.#source, () => this.#lost());
  readonly #dialogs = new HostDialogs(this, () => this.#offline);
  #table: typeof historyTable | null = null;
  #rounds: RoundStore | null = null;
  #undos: (() => void)[] = [];
  #second: ReturnType<typeof setInterval> | undefined;
  #known: Host | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    const keys = (event: KeyboardEvent) => this.#key(event);
    document.addEventListener('keydown', keys);
    this.#undos = [() => document.removeEventListener('keydown', keys), offer(() => this.#offered)];
    this.#second = setInterval(() => this.#tick(), SECOND_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const undo of this.#undos.splice(0)) undo();
    clearInterval(this.#second);
    this.#rounds?.close();
    this.#rounds = null;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('store') && this.store) {
      this.#undos.push(
        this.store.on('change', ({ ids, shape }) => {
          if (shape || !ids || ids.has(this.host)) this.requestUpdate();
        }),
        this.store.onStatus(() => this.requestUpdate()),
      );
    }
    if (changed.has('hub') && this.hub && !this.#rounds)
      this.#rounds = new RoundStore(this.hub, this.host, () => this.requestUpdate());
    if (changed.has('api')) {
      this.#read();
      this.#past.read();
    }
    const now = this.#live;
    // Its state changed: what the history says of it has changed, too.
    if (this.#known && now && this.#known.state !== now.state) {
      this.#read();
      this.#past.read();
    }
    this.#known = now;
  }

  protected override firstUpdated(): void {
    if (this.arrived) this.renderRoot.querySelector<HTMLElement>('h1')?.focus();
  }

  protected override updated(): void {
    const name = this.#live?.name;
    if (name) this.emit('place', name);
  }

  get #live(): Host | undefined {
    return this.store?.net.hosts.get(this.host);
  }

  get #offline(): boolean {
    return this.store?.offline ?? true;
  }

  #read(): void {
    const { api, host } = this;
    if (api) void this.#facts.run(() => api.host(host));
  }

  #tick(): void {
    if (document.visibilityState === 'hidden') return;
    if (!this.#offline) this.#past.renew();
    const since = this.renderRoot.querySelector('.since');
    if (since) since.textContent = lasting(this.#live?.since, serverNow());
  }

  // — What can be done —

  /** A script that was wanted did not come. */
  #lost(): void {
    this.say({ text: word('noAnswer'), tone: 'bad' });
  }

  #flip = (): void => {
    this.asTable = !this.asTable;
    if (!this.asTable || this.#table) return;
    import('./history-table').then(
      (script) => {
        this.#table = script.historyTable;
        this.requestUpdate();
      },
      () => this.#lost(),
    );
  };

  #take = (): void => {
    const live = this.#live;
    if (live) this.#dialogs.acknowledge(this.host, live);
  };

  #plan = (): void => {
    const live = this.#live;
    if (live) this.#dialogs.maintain({ host: this.host, name: live.name });
  };

  async #end(window: Window): Promise<void> {
    try {
      await this.api?.endMaintenance(window.id);
      this.say({ text: t('windowEnded'), tone: 'ok' });
    } catch (error) {
      this.say({ text: faultOf(error), tone: 'bad' });
    }
    this.#read();
  }

  #done = (event: CustomEvent<string>): void => {
    this.say({ text: event.detail, tone: 'ok' });
    this.#read();
  };

  #key(event: KeyboardEvent): void {
    if (event.defaultPrevented || typing(event) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey)
      return;
    if (this.#dialogs.open) return;
    const acts: Readonly<Record<string, () => void>> = { KeyA: this.#take, KeyM: this.#plan };
    const act = acts[event.code];
    if (!act) return;
    event.preventDefault();
    act();
  }

  get #offered(): Action[] {
    return [
      { id: 'net-ping', label: t('pingNow'), icon: 'refresh', run: this.#checks.ping },
      { id: 'net-trace', label: t('traceNow'), icon: 'next', run: this.#checks.trace },
      { id: 'net-ack', label: word('take'), icon: 'check', hint: 'A', run: this.#take },
      { id: 'net-maintain', label: word('maintainDots'), icon: 'clock', hint: 'M', run: this.#plan },
    ];
  }

  // — Rendering —

  override render() {
    const live = this.#live;
    const { host, store } = this;
    const [facts, past] = [this.#facts, this.#past];
    const back = html`<a class="back" href="/netmonitor/">${icon('back', 17)}${t('toAll')}</a>`;
    if (store?.denied)
      return html`${back}<tez-error .heading=${word('deniedTitle')} .text=${word('deniedText')} @retry=${() => store.retry()}></tez-error>`;
    if (!live) {
      if (store?.loaded)
        return html`${back}<tez-empty icon="network" .heading=${t('noHost')} .text=${t('noHostText', { id: host })}></tez-empty>`;
      return html`${back}<tez-loading rows="6" @retry=${() => store?.retry()}></tez-loading>`;
    }
    return html`${back} ${this.#header(live)} ${this.#now(live)}
      <div class="sides">
        <div class="side">
          ${historyView(past, host, { shown: this.asTable, view: this.#table, flip: this.#flip })}
          ${this.#checks.any ? html`<nav-network-checked .pinged=${this.#checks.pinged} .traced=${this.#checks.traced}></nav-network-checked>` : nothing}
          ${past.load.value ? outagesView(past.load.value) : nothing}
        </div>
        <div class="side">
          <tez-panel .heading=${t('lastRounds')}>${roundsView(this.#rounds?.rounds ?? [])}</tez-panel>
          ${uptimesView(facts.value, facts.failure)}
          ${windowsView(facts.value?.maintenance ?? [], (window) => void this.#end(window))}
          ${aboutView(host, live, store?.net.hosts ?? new Map(), facts.value?.host)}
          <nav-network-badges host=${host} name=${live.name} .say=${this.say}></nav-network-badges>
        </div>
      </div>
      ${this.#dialogs.view(this.#done)}`;
  }

  #header(live: Host) {
    const bad = live.state === 'down' || live.state === 'degraded' || live.ack;
    return html`<header>
      <div class="id">
        <h1 tabindex="-1">${live.name}</h1>
        <p class="where">
          <span>${live.address}</span>${live.group ? html`<span>${live.group.replaceAll('/', ' / ')}</span>` : nothing}
          ${live.critical ? html`<span class="tag" title=${word('criticalWhy')}>${word('critical')}</span>` : nothing}
          ${live.flapping ? html`<span class="tag flapping" title=${word('flappingWhy')}>${word('flapping')}</span>` : nothing}
        </p>
      </div>
      <div class="acts">
        ${bad ? html`<tez-button variant=${live.ack ? 'default' : 'primary'} @click=${this.#take}>${live.ack ? word('takenChange') : word('take')}</tez-button>` : nothing}
        <tez-button @click=${this.#plan}>${word('maintainDots')}</tez-button>
        <tez-button ?busy=${this.#checks.pinged.busy} @click=${this.#checks.ping}>${t('pingNow')}</tez-button>
        <tez-button ?busy=${this.#checks.traced.busy} @click=${this.#checks.trace}>${t('traceNow')}</tez-button>
      </div>
    </header>`;
  }

  #now(live: Host) {
    const stale = this.store?.stale ?? true;
    const at = this.store?.at ?? null;
    const why = whyOf(live);
    const figure = (name: string, value: string) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
    return html`<section class="now ${live.state} ${stale ? 'dim' : ''}" aria-label=${t('now')}>
      <div role="status">${stateMark(live.state, 22)}</div>
      <p>
        ${
          live.since
            ? html`<time datetime=${live.since} title=${exactTime(Date.parse(live.since))} class="since">${lasting(live.since, serverNow())}</time>`
            : nothing
        }${why ? ` · ${why}` : ''}
      </p>
      ${live.ack ? html`<p>${icon('check', 16)}</p><p>${word('takenWhy', { name: live.ack.by, why: live.ack.why })}${live.ack.until ? ` ${t('untilTime', { time: clockTime(Date.parse(live.ack.until), serverNow()) })}` : ''}</p>` : nothing}
      ${live.maintenance ? html`<p>${t('worksUntil', { time: clockTime(Date.parse(live.maintenance.until), serverNow()), why: live.maintenance.why })}</p>` : nothing}
      ${stale && at !== null ? html`<p>${icon('warn', 16)}</p><p>${word('asOfAt', { time: clockTime(at, serverNow()) })}</p>` : nothing}
      <dl class="figures">
        ${figure(t('median'), millis(live.p50))} ${figure(t('p95'), millis(live.p95))} ${figure(t('loss'), share(live.loss))}
      </dl>
    </section>`;
  }
}
define('nav-network-host', NavNetworkHost);

declare global {
  interface HTMLElementTagNameMap {
    'nav-network-host': NavNetworkHost;
  }
}
