import { html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { formatDate, formatNumber, pick } from '../i18n/index';
import type { Session } from '../inbox/session';
import { clockTime, serverNow } from '../ui/clock';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/states';
import { type Awake, keepAwake } from './awake';
import { countsOf } from './groups';
import { t as many } from './overview-strings';
import { shape, stateMark, stateStyles, whyOf, wordOf } from './states';
import { NetStore } from './store';
import { t as word } from './strings';
import { gridFor, groupTiles, type Tile, troubleTiles } from './tiles';
import { states } from './types';
import { duration, lasting } from './units';
import { t } from './wall-strings';
import { wallStyles } from './wall-styles';

const SECOND_MS = 1000;
const IDLE_MS = 5000;
const MANY = 6;

/** <nav-network-wall .session>: the network for a screen on the wall: what is not well, large; the age of the data, always. Nobody has to touch it. */
export class NavNetworkWall extends TezElement {
  static override styles = [base, stateStyles, wallStyles];

  @property({ attribute: false }) session: Session | null = null;
  @state() private awake: Awake | null = null;
  @query('main') private main!: HTMLElement | null;
  @query('.tiles') private tiles!: HTMLElement | null;

  store: NetStore | null = null;
  #undos: (() => void)[] = [];
  #second: ReturnType<typeof setInterval> | undefined;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #grid = { columns: 1, rows: 1, fit: 1 };

  override connectedCallback(): void {
    super.connectedCallback();
    const moved = () => {
      this.classList.remove('idle');
      clearTimeout(this.#idle);
      this.#idle = setTimeout(() => this.classList.add('idle'), IDLE_MS);
    };
    const resized = () => this.requestUpdate();
    addEventListener('pointermove', moved);
    addEventListener('keydown', moved);
    addEventListener('resize', resized);
    this.#second = setInterval(() => this.requestUpdate(), SECOND_MS);
    this.#undos = [
      () => removeEventListener('pointermove', moved),
      () => removeEventListener('keydown', moved),
      () => removeEventListener('resize', resized),
      keepAwake((awake) => {
        this.awake = awake;
      }),
    ];
    moved();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const undo of this.#undos.splice(0)) undo();
    clearInterval(this.#second);
    clearTimeout(this.#idle);
    this.store?.close();
    this.store = null;
  }

  protected override willUpdate(): void {
    if (this.session && !this.store) {
      this.store = new NetStore(this.session.hub);
      this.#undos.push(
        this.store.on('change', ({ shape }) => {
          if (shape) this.requestUpdate(); // ages are told by the second anyway
        }),
        this.store.onStatus(() => this.requestUpdate()),
      );
    }
  }

  /** Styles go through CSSOM, as the page's policy wants. */
  protected override updated(): void {
    const { tiles } = this;
    if (!tiles) return;
    tiles.style.gridTemplateColumns = `repeat(${this.#grid.columns}, minmax(0, 1fr))`;
    tiles.style.gridAutoRows = 'minmax(0, 1fr)';
  }

  override render() {
    const { store } = this;
    const told = store?.loaded === true;
    const stale = store?.stale ?? true;
    return html`<header>
        <h1>${t('title')}</h1>
        ${told ? this.#counts(store) : nothing}
        <div class="clock">
          <b>${formatDate(serverNow(), { hour: '2-digit', minute: '2-digit' })}</b>${this.#age(stale)}
        </div>
      </header>
      <div role="alert">${this.#notes()}</div>
      <main class=${stale && told ? 'stale' : ''}>${this.#body()}</main>
      <footer class=${stale && told ? 'stale' : ''}>
        ${told ? this.#groups(store) : nothing}
        ${this.awake && this.awake !== 'kept' ? html`<span class="quiet">${t(this.awake === 'refused' ? 'screenRefused' : this.awake === 'insecure' ? 'screenInsecure' : 'screenUnknown')}</span>` : nothing}
        <a class="btn small" href="/netmonitor/">${t('toBoard')}</a>
        ${document.fullscreenEnabled ? html`<button class="btn small" @click=${this.#whole}>${icon('screen', 16)}${t('fullScreen')}</button>` : nothing}
      </footer>`;
  }

  #whole = (): void => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else document.documentElement.requestFullscreen().catch(() => undefined);
  };

  #counts(store: NetStore) {
    const counts = countsOf(store.net.hosts.values());
    return html`<ul class="counts" role="list">
      ${states.filter((one) => counts[one] || one === 'up').map((one) => html`<li class=${one}>${shape(one, 24)}<b>${formatNumber(counts[one])}</b><span>${wordOf(one)}</span></li>`)}
    </ul>`;
  }

  #age(stale: boolean) {
    const at = this.store?.at ?? null;
    if (at === null) return nothing;
    const text = many('asOf', { age: duration((serverNow() - at) / 1000) });
    return html`<time class="age ${stale ? 'old' : ''}" datetime=${new Date(at).toISOString()}>${text}</time>`;
  }

  #notes() {
    const { store, session } = this;
    if (!store || !session) return nothing;
    const { state: link, reason } = session.hub.status;
    if (link === 'stopped')
      return html`<p class="say lost">${icon('offline', 20)}<span>${t('stopped')}</span> <a href=${`/users/login?next=${encodeURIComponent(location.pathname)}`}>${t('signIn')}</a>${reason ? html` (${reason.code})` : nothing}</p>`;
    if (link !== 'open' && (store.at !== null || link === 'waiting'))
      return html`<p class="say lost">${icon('offline', 20)}<span>${store.at === null ? t('noLinkYet') : many('noLink', { time: clockTime(store.at, serverNow()) })}</span></p>`;
    const { probe } = store.net;
    if (probe.state !== 'ok') {
      const since = probe.since ? clockTime(Date.parse(probe.since), serverNow()) : '—';
      return html`<p class="say">${icon('warn', 20)}<span>${many(probe.state === 'blind' ? 'blind' : 'broken', { time: since })} ${pick(probe.why)}</span></p>`;
    }
    return nothing;
  }

  #body() {
    const { store } = this;
    if (store?.denied)
      return html`<tez-error .heading=${word('deniedTitle')} .text=${word('deniedText')} @retry=${() => store.retry()}></tez-error>`;
    if (!store?.loaded) return html`<tez-loading rows="4" @retry=${() => store?.retry()}></tez-loading>`;
    if (!store.net.hosts.size)
      return html`<tez-empty icon="network" .heading=${many('emptyTitle')} .text=${many('emptyText')}></tez-empty>`;
    const all = troubleTiles(store.net);
    if (!all.length) {
      if (store.net.probe.state !== 'ok')
        return html`<div class="well">${shape('unknown', 96)}<b>${t('notKnown')}</b></div>`;
      return html`<div class="well">${shape('up', 96)}<b>${many('allWell')}</b><span>${many('hosts', { n: store.net.hosts.size })}</span></div>`;
    }
    const { clientWidth: width = 1200, clientHeight: height = 600 } = this.main ?? {};
    const unit = Math.min(26, Math.max(9, innerWidth * 0.0062 + innerHeight * 0.0035));
    this.#grid = gridFor(all.length, width || innerWidth, height || innerHeight * 0.7, unit * 26, unit * 13);
    const shown = all.length > this.#grid.fit ? all.slice(0, this.#grid.fit - 1) : all;
    const rest = all.length - shown.length;
    return html`<ul class="tiles ${all.length > MANY ? 'many' : ''}" role="list">
      ${shown.map((tile) => this.#tile(tile))}
      ${rest ? html`<li class="tile"><span></span><h2>${t('moreTroubles', { n: rest })}</h2></li>` : nothing}
    </ul>`;
  }

  #tile({ host }: Tile) {
    const why = whyOf(host);
    const behind = this.#behind(host);
    const flapping = host.flapping && host.state !== 'down' && host.state !== 'degraded';
    return html`<li class="tile ${host.state} ${flapping ? 'flapping' : ''} ${host.ack ? 'taken' : ''}">
      ${flapping ? html`<span class="state degraded">${shape('degraded', 24)}<span>${word('flapping')}</span></span>` : stateMark(host.state, 24)}
      <h2>${host.name}</h2>
      <div class="below">
        <span class="for">${lasting(host.since, serverNow())}</span>${why ? html`<span>${why}</span>` : nothing}
        ${behind ? html`<span>${t('behind', { n: behind })}</span>` : nothing}
        ${host.ack ? html`<span>${many('takenBy', { name: host.ack.by })}</span>` : nothing}
        ${host.group ? html`<span>${host.group.replaceAll('/', ' / ')}</span>` : nothing}
      </div>
    </li>`;
  }

  /** Hosts that cannot be reached because this one is down. */
  #behind(host: Tile['host']): number {
    const hosts = this.store?.net.hosts;
    if (!hosts || host.state !== 'down') return 0;
    const parents = new Set<string>();
    for (const [id, one] of hosts) if (one === host) parents.add(id);
    let found = 0;
    for (let more = true; more; ) {
      more = false;
      for (const [id, one] of hosts)
        if (one.state === 'unreachable' && one.parent && parents.has(one.parent) && !parents.has(id)) {
          parents.add(id);
          found++;
          more = true;
        }
    }
    return found;
  }

  #groups(store: NetStore) {
    return html`<ul class="groups" role="list" aria-label=${many('groups')}>
      ${groupTiles(store.net).map((group) => html`<li>${shape(group.state, 16)}<b>${group.name}</b><span class="sr">${wordOf(group.state)}</span>${group.counts.up}/${group.total}</li>`)}
    </ul>`;
  }
}
define('nav-network-wall', NavNetworkWall);

declare global {
  interface HTMLElementTagNameMap {
    'nav-network-wall': NavNetworkWall;
  }
}
