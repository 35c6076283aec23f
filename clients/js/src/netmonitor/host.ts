import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type { Hub } from '../hub/index';
import { formatDate, formatNumber } from '../i18n/index';
import { typing } from '../inbox/keys';
import type { Action } from '../palette/entries';
import { offer } from '../palette/offer';
import { Load } from '../quality/load';
import { table } from '../quality/table';
import { clockTime, exactTime, serverNow } from '../ui/clock';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/button';
import '../ui/panel';
import { controls, notices, stacked, tables } from '../ui/sheets';
import '../ui/states';
import '../ui/time';
import type { ToastOptions } from '../ui/toasts';
import { faultOf, type NetApi } from './api';
import './chart';
import type { NavNetworkAck, NavNetworkMaintain } from './dialogs';
import { t } from './host-strings';
import { hostStyles } from './host-styles';
import { readRange } from './place';
import { roundFacts, roundsView } from './rounds';
import { reasonOf, stateMark, stateStyles, whyOf } from './states';
import { type NetStore, RoundStore } from './store';
import { t as word } from './strings';
import {
  type History,
  type Host,
  type HostAnswer,
  type Outage,
  type Range,
  type Round,
  ranges,
  type Spec,
  spans,
  type Trace,
  type Window,
} from './types';
import { duration, lasting, millis, share, uptime } from './units';

const SECOND_MS = 1000;
/** How often a chart of the last hours is asked anew, at most. */
const RENEW_MS = 30_000;

const rangeWords = {
  '1h': 'r1h',
  '6h': 'r6h',
  '24h': 'r24h',
  '7d': 'r7d',
  '30d': 'r30d',
  '90d': 'r90d',
  '1y': 'r1y',
} as const;
const badges = ['state', 'uptime', 'response'] as const;

/** What came of something that was asked now. */
interface Asked<T> {
  busy: boolean;
  value: T | null;
  fault: string;
}

const unasked = { busy: false, value: null, fault: '' };

/** <nav-network-host host .store .hub .api .say .arrived>: how a host is now, its last rounds, its history, and what can be done about it. */
export class NavNetworkHost extends TezElement {
  static override styles = [base, controls, notices, tables, stateStyles, hostStyles, stacked(620)];

  @property() host = '';
  @property({ attribute: false }) store: NetStore | null = null;
  @property({ attribute: false }) hub: Hub | null = null;
  @property({ attribute: false }) api: NetApi | null = null;
  @property({ attribute: false }) say: (toast: ToastOptions) => void = () => undefined;
  /** Somebody came here from within: the focus was on something that is gone. */
  @property({ attribute: false }) arrived = false;

  @state() private range: Range = readRange(location.search);
  @state() private asTable = false;
  @state() private pinged: Asked<Round> = unasked;
  @state() private traced: Asked<Trace> = unasked;
  @query('nav-network-ack') private ack!: NavNetworkAck;
  @query('nav-network-maintain') private maintain!: NavNetworkMaintain;

  readonly #facts = new Load<HostAnswer>(this, () => word('noAnswer'));
  readonly #history = new Load<History>(this, () => word('noAnswer'));
  #rounds: RoundStore | null = null;
  #undos: (() => void)[] = [];
  #second: ReturnType<typeof setInterval> | undefined;
  #asked = 0;
  #known: Host | undefined;
  readonly #back = () => this.#choose(readRange(location.search), false);

  override connectedCallback(): void {
    super.connectedCallback();
    const keys = (event: KeyboardEvent) => this.#key(event);
    document.addEventListener('keydown', keys);
    addEventListener('popstate', this.#back);
    this.#undos = [
      () => document.removeEventListener('keydown', keys),
      () => removeEventListener('popstate', this.#back),
      offer(() => this.#offered),
    ];
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
      this.#draw();
    }
    const now = this.#live;
    // Its state changed: what the history says of it has changed, too.
    if (this.#known && now && this.#known.state !== now.state) {
      this.#read();
      this.#draw();
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

  #draw(): void {
    const { api, host, range } = this;
    if (!api) return;
    this.#asked = performance.now();
    void this.#history.run(() => api.history(host, range));
  }

  #choose(range: Range, write = true): void {
    if (range === this.range) return;
    this.range = range;
    if (write) {
      const query = new URLSearchParams(location.search);
      query.set('range', range);
      history.replaceState(history.state, '', `${location.pathname}?${query}`);
    }
    this.#draw();
  }

  #tick(): void {
    if (document.visibilityState === 'hidden') return;
    const step = (this.#history.value?.step_s ?? 60) * 1000;
    if (!this.#offline && !this.#history.busy && performance.now() - this.#asked > Math.max(step, RENEW_MS))
      this.#draw();
    const since = this.renderRoot.querySelector('.since');
    if (since) since.textContent = lasting(this.#live?.since, serverNow());
  }

  // — What can be done —

  async #ask<T>(into: 'pinged' | 'traced', ask: () => Promise<T>): Promise<void> {
    const put = (asked: Asked<T>) => Object.assign(this, { [into]: asked });
    if (this[into].busy) return;
    put({ busy: true, value: null, fault: '' });
    try {
      put({ busy: false, value: await ask(), fault: '' });
    } catch (error) {
      put({ busy: false, value: null, fault: faultOf(error) });
    }
  }

  #ping = (): void => {
    const { api } = this;
    if (api) void this.#ask('pinged', () => api.ping(this.host));
  };

  #trace = (): void => {
    const { api } = this;
    if (api) void this.#ask('traced', () => api.traceroute(this.host));
  };

  /** The dialogs' script comes when one is first wanted. */
  async #dialogs(ask: () => Promise<void>): Promise<void> {
    try {
      await import('./dialogs');
      await ask();
    } catch {
      this.say({ text: word('noAnswer'), tone: 'bad' });
    }
  }

  #take = (): void => {
    const live = this.#live;
    if (!live) return;
    if (this.#offline) this.say({ text: word('noLinkAct'), tone: 'bad' });
    else void this.#dialogs(() => this.ack.ask(this.host, live.name, live.ack));
  };

  #plan = (): void => {
    const live = this.#live;
    if (!live) return;
    if (this.#offline) this.say({ text: word('noLinkAct'), tone: 'bad' });
    else void this.#dialogs(() => this.maintain.ask({ host: this.host, name: live.name }));
  };

  async #endWindow(window: Window): Promise<void> {
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
    if (this.ack?.open || this.maintain?.open) return;
    const acts: Readonly<Record<string, () => void>> = { KeyA: this.#take, KeyM: this.#plan };
    const act = acts[event.code];
    if (!act) return;
    event.preventDefault();
    act();
  }

  get #offered(): Action[] {
    return [
      { id: 'net-ping', label: t('pingNow'), icon: 'refresh', run: this.#ping },
      { id: 'net-trace', label: t('traceNow'), icon: 'next', run: this.#trace },
      { id: 'net-ack', label: word('take'), icon: 'check', hint: 'A', run: this.#take },
      { id: 'net-maintain', label: word('maintainDots'), icon: 'clock', hint: 'M', run: this.#plan },
    ];
  }

  // — Rendering —

  override render() {
    const live = this.#live;
    const { store } = this;
    const back = html`<a class="back" href="/netmonitor/">${icon('back', 17)}${t('toAll')}</a>`;
    if (store?.denied)
      return html`${back}<tez-error .heading=${word('deniedTitle')} .text=${word('deniedText')} @retry=${() => store.retry()}></tez-error>`;
    if (!live) {
      if (store?.loaded)
        return html`${back}<tez-empty icon="network" .heading=${t('noHost')} .text=${t('noHostText', { id: this.host })}></tez-empty>`;
      return html`${back}<tez-loading rows="6" @retry=${() => store?.retry()}></tez-loading>`;
    }
    return html`${back} ${this.#header(live)} ${this.#now(live)}
      <div class="sides">
        <div class="side">${this.#chart()} ${this.#checks()} ${this.#outages()}</div>
        <div class="side">
          <tez-panel .heading=${t('lastRounds')}>${roundsView(this.#rounds?.rounds ?? [])}</tez-panel>
          ${this.#uptime()} ${this.#windows()} ${this.#about(live)} ${this.#badges(live)}
        </div>
      </div>
      <nav-network-ack .api=${this.api} @done=${this.#done}></nav-network-ack>
      <nav-network-maintain .api=${this.api} @done=${this.#done}></nav-network-maintain>`;
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
        <tez-button ?busy=${this.pinged.busy} @click=${this.#ping}>${t('pingNow')}</tez-button>
        <tez-button ?busy=${this.traced.busy} @click=${this.#trace}>${t('traceNow')}</tez-button>
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

  #chart() {
    const { value, busy, failure } = this.#history;
    const shown = value?.points.at.length ?? 0;
    return html`<tez-panel .heading=${t('history')}>
      <div slot="actions" class="ranges" role="group" aria-label=${t('period')}>
        ${ranges.map(
          (range) =>
            html`<button aria-pressed=${this.range === range ? 'true' : 'false'} @click=${() => this.#choose(range)}>${t(rangeWords[range])}</button>`,
        )}
      </div>
      ${
        value
          ? html`${failure ? html`<p class="notice">${icon('warn', 17)}<span>${failure}</span></p>` : nothing}
              ${
                shown
                  ? html`<nav-network-chart class=${busy ? 'busy' : ''} .history=${value}></nav-network-chart>`
                  : html`<tez-empty icon="network" .heading=${t('noHistory')}></tez-empty>`
              }
              <div class="foot">
                <button class="btn ghost small" aria-pressed=${this.asTable ? 'true' : 'false'} @click=${() => {
                  this.asTable = !this.asTable;
                  if (this.asTable)
                    void import('../ui/table').catch(() => this.say({ text: word('noAnswer'), tone: 'bad' }));
                }}>${t('asTable')}</button>
                <a class="btn ghost small" download href=${`/netmonitor/api/hosts/${encodeURIComponent(this.host)}/history.csv?range=${this.range}`}
                  >${icon('download', 16)}${t('csv')}</a
                >
                <span class="note quiet">${
                  value.step_s
                    ? t('pointsNote', { step: duration(value.step_s), n: shown })
                    : t('pointsEach', { n: shown })
                }</span>
              </div>
              ${this.asTable ? this.#table(value) : nothing}`
          : failure
            ? html`<tez-error .heading=${t('historyFailed')} .text=${failure} ?busy=${busy} @retry=${() => this.#draw()}></tez-error>`
            : html`<tez-loading rows="4" @retry=${() => this.#draw()}></tez-loading>`
      }
    </tez-panel>`;
  }

  #table({ points }: History) {
    const rows = points.at.map((at, i) => ({ at, i })).reverse();
    const at = (seconds: number) =>
      formatDate(seconds * 1000, {
        day: 'numeric',
        month: 'short',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      });
    const column = (key: 'min' | 'p50' | 'p95' | 'max', label: string) => ({
      key,
      label,
      align: 'end' as const,
      cell: (row: { i: number }) => millis(points[key][row.i]),
    });
    return html`<tez-table
      .label=${t('history')}
      .rows=${rows}
      .columns=${[
        { key: 'at', label: t('at'), cell: (row: { at: number }) => at(row.at) },
        column('min', t('least')),
        column('p50', t('median')),
        column('p95', t('p95')),
        column('max', t('most')),
        {
          key: 'loss',
          label: t('loss'),
          align: 'end' as const,
          cell: (row: { i: number }) => share(points.loss[row.i]),
        },
        {
          key: 'count',
          label: t('sent'),
          align: 'end' as const,
          cell: (row: { i: number }) => (points.count[row.i] == null ? '—' : formatNumber(points.count[row.i] ?? 0)),
        },
      ]}
    ></tez-table>`;
  }

  #checks() {
    const { pinged, traced } = this;
    const parts: TemplateResult[] = [];
    if (pinged.busy || pinged.value || pinged.fault)
      parts.push(html`<div class="check" role="status"><b>${t('pingNow')}</b>${this.#pingResult()}</div>`);
    if (traced.busy || traced.value || traced.fault)
      parts.push(html`<div class="check" role="status"><b>${t('traceNow')}</b>${this.#traceResult()}</div>`);
    return parts.length ? html`<tez-panel .heading=${t('checkedNow')}>${parts}</tez-panel>` : nothing;
  }

  #pingResult() {
    const { busy, value, fault } = this.pinged;
    if (busy) return html`<p class="quiet">${t('asking')}</p>`;
    if (fault || !value) return html`<p class="fault">${fault}</p>`;
    return html`${value.error ? html`<p class="fault">${reasonOf(value.error)}</p>` : nothing}
      <p class="rtts">${value.rtts.map((rtt) => (rtt === null ? t('lost') : millis(rtt))).join(' · ')}</p>
      ${roundFacts(value)}`;
  }

  #traceResult() {
    const { busy, value, fault } = this.traced;
    if (busy) return html`<p class="quiet">${t('asking')}</p>`;
    if (fault || !value) return html`<p class="fault">${fault}</p>`;
    return html`${value.reached ? nothing : html`<p class="fault">${t('notReached')}</p>`}
      ${table(
        t('traceNow'),
        [
          { label: t('hop'), cell: (hop) => String(hop.ttl), end: true },
          { label: t('address'), cell: (hop) => hop.address ?? t('silentHop') },
          { label: t('hostName'), cell: (hop) => hop.name ?? '—', wrap: true },
          {
            label: t('times'),
            cell: (hop) => hop.rtts.map((rtt) => (rtt === null ? '×' : millis(rtt))).join(' · '),
            end: true,
          },
        ],
        value.hops,
      )}`;
  }

  #outages() {
    const value = this.#history.value;
    if (!value) return nothing;
    const rows = [...value.outages].sort((a, b) => b.began.localeCompare(a.began));
    const now = serverNow();
    const time = (at: string) =>
      formatDate(Date.parse(at), {
        day: 'numeric',
        month: 'short',
        hour: '2-digit',
        minute: '2-digit',
        second: '2-digit',
      });
    const lasts = (outage: Outage) =>
      duration(((outage.ended ? Date.parse(outage.ended) : now) - Date.parse(outage.began)) / 1000);
    return html`<tez-panel flush .heading=${t('outages')}>
      ${
        rows.length
          ? table<Outage>(
              t('outages'),
              [
                {
                  label: t('outageState'),
                  cell: (outage) =>
                    html`${stateMark(outage.state, 15)}${outage.maintenance ? html` <span class="tag">${t('inWorks')}</span>` : nothing}`,
                },
                { label: t('began'), cell: (outage) => time(outage.began) },
                { label: t('ended'), cell: (outage) => (outage.ended ? time(outage.ended) : t('still')) },
                { label: t('lasted'), cell: lasts, end: true },
                { label: t('reason'), cell: (outage) => reasonOf(outage.reason) || '—', soft: true },
              ],
              rows,
            )
          : html`<tez-empty icon="check" .heading=${t('noOutages')}></tez-empty>`
      }
    </tez-panel>`;
  }

  #uptime() {
    const { value, failure } = this.#facts;
    if (!value)
      return failure ? html`<tez-panel .heading=${t('uptime')}><p class="fault">${failure}</p></tez-panel>` : nothing;
    return html`<tez-panel .heading=${t('uptime')}>
      <dl class="uptimes">
        ${spans.map((span) => {
          const percent = value.uptime[span] ?? null;
          // From 95 % on: below that it is bad enough to be read off the number.
          const width = percent === null ? 0 : Math.max(0, (percent - 95) * 20);
          return html`<div>
            <dt>${t(rangeWords[span])}</dt>
            <dd>
              <svg class="meter ${percent !== null && percent < 99 ? 'low' : ''}" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width=${width} height="6" /></svg>
            </dd>
            <dd>${uptime(percent)}</dd>
          </div>`;
        })}
      </dl>
    </tez-panel>`;
  }

  #windows() {
    const all = this.#facts.value?.maintenance ?? [];
    if (!all.length) return nothing;
    const time = (at: string) =>
      formatDate(Date.parse(at), { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' });
    return html`<tez-panel .heading=${word('maintenance')}>
      <ul class="plain">
        ${all.map(
          (one) => html`<li>
            <span
              >${one.weekly.length ? t('weeklyFrom', { from: time(one.starts), to: clockTime(Date.parse(one.ends)) }) : `${time(one.starts)} – ${time(one.ends)}`}${one.why ? `: ${one.why}` : ''}</span
            >
            <button class="btn small" @click=${() => void this.#endWindow(one)}>${t('endWindow')}</button>
          </li>`,
        )}
      </ul>
    </tez-panel>`;
  }

  #about(live: Host) {
    const hosts = this.store?.net.hosts;
    const parent = live.parent ? hosts?.get(live.parent) : undefined;
    const children = [...(hosts ?? [])].filter(([, one]) => one.parent === this.host);
    const spec = this.#facts.value?.host;
    const fact = (name: string, value: unknown) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
    const link = (id: string, host: Host) =>
      html`<li>${stateMark(host.state, 14)} <a href=${`/netmonitor/hosts/${encodeURIComponent(id)}`}>${host.name}</a></li>`;
    return html`<tez-panel .heading=${t('about')}>
      <dl class="facts wide">
        ${fact(t('id'), this.host)} ${fact(t('check'), checkText(live, spec))}
        ${spec?.interval_s ? fact(t('interval'), duration(spec.interval_s)) : nothing}
        ${spec?.limits ? fact(t('limits'), limitsText(spec.limits)) : nothing}
        ${live.parent ? fact(t('parent'), parent ? html`<ul class="plain">${link(live.parent, parent)}</ul>` : live.parent) : nothing}
        ${children.length ? fact(t('children'), html`<ul class="plain">${children.slice(0, 20).map(([id, one]) => link(id, one))}${children.length > 20 ? html`<li>${t('more', { n: children.length - 20 })}</li>` : nothing}</ul>`) : nothing}
      </dl>
    </tez-panel>`;
  }

  #badges(live: Host) {
    return html`<tez-panel .heading=${t('badges')}>
      ${badges.map((kind) => {
        const path = `/netmonitor/badges/${encodeURIComponent(this.host)}/${kind}.svg`;
        const text = `![${live.name}](${location.origin}${path})`;
        return html`<div class="badge">
          <img src=${path} alt=${t('badgeAlt', { kind: t(kind), name: live.name })} loading="lazy" />
          <span class="line"
            ><input class="control" readonly aria-label=${t('badgeCode', { kind: t(kind) })} .value=${text} @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()} />
            <button class="btn small" @click=${() => void this.#copy(text)}>${t('copy')}</button></span
          >
        </div>`;
      })}
    </tez-panel>`;
  }

  async #copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.say({ text: t('copied'), tone: 'ok' });
    } catch {
      this.say({ text: t('notCopied'), tone: 'bad' });
    }
  }
}
define('nav-network-host', NavNetworkHost);

function checkText(live: Host, spec: Partial<Spec> | undefined): string {
  if (live.check === 'tcp') return t('checkTcp', { port: String(spec?.tcp?.port ?? '—') });
  if (live.check === 'http') return t('checkHttp', { url: String(spec?.http?.url ?? '') });
  const echoes = spec?.ping?.echoes;
  return echoes ? t('checkPing', { n: echoes }) : t('checkPingPlain');
}

function limitsText(limits: NonNullable<Spec['limits']>): string {
  const number = (name: string, usual: number) => limits[name] ?? usual;
  const parts = [
    t('limitRaise', { bad: number('raise_bad', 3), of: number('raise_of', 5) }),
    t('limitClear', { n: number('clear_good', 2) }),
    t('limitLoss', { raise: share(number('loss_raise', 0.2)), clear: share(number('loss_clear', 0.05)) }),
  ];
  if (limits.p95_raise_ms != null)
    parts.push(
      t('limitP95', { raise: millis(limits.p95_raise_ms), clear: millis(limits.p95_clear_ms ?? limits.p95_raise_ms) }),
    );
  return parts.join('; ');
}

declare global {
  interface HTMLElementTagNameMap {
    'nav-network-host': NavNetworkHost;
  }
}
