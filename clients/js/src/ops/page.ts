import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { Hub, Undo } from '../hub/index';
import { formatDate, formatNumber } from '../i18n/index';
import { exactTime, serverNow } from '../ui/clock';
import { edges } from '../ui/edge-sheet';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { notices, stacked, tables, tiles } from '../ui/sheets';
import '../ui/panel';
import '../ui/state-dot';
import type { DotState } from '../ui/state-dot';
import '../ui/states';
import '../ui/time';
import {
  type Connector,
  type Curve,
  connectorState,
  curve,
  isStale,
  type Node,
  type OpsStore,
  refusals,
  STALE_MS,
  type Trouble,
  total,
  troubles,
} from './model';
import { spark } from './spark';
import { isKey, type Key, t } from './strings';
import { opsStyles } from './styles';
import { age, bytes, millis, rate } from './units';

const TICK_MS = 1000;
const PATIENCE_MS = 6000; // three readings: by then the first line has come, or nobody tells anything

const parts: Readonly<Record<string, Key>> = {
  store: 'partStore',
  schema: 'partSchema',
  bus: 'partBus',
  draining: 'partDraining',
};

interface Cell {
  readonly label: string;
  readonly text: TemplateResult | string;
  readonly end?: boolean;
  /** Long text: may take several lines. */
  readonly wrap?: boolean;
}

/** <tez-ops .store .hub>: how every node is, live; its age always in sight. Slot `heading`. */
export class TezOps extends TezElement {
  static override styles = [base, notices, tiles, tables, edges, opsStyles, stacked(620)];

  @property({ attribute: false }) store: OpsStore | null = null;
  @property({ attribute: false }) hub: Pick<Hub, 'status' | 'on'> | null = null;

  #undos: Undo[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #began = serverNow();

  override connectedCallback(): void {
    super.connectedCallback();
    this.#began = serverNow();
    this.#timer = setInterval(() => this.requestUpdate(), TICK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.#timer);
    for (const undo of this.#undos.splice(0)) undo();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('store') && !changed.has('hub')) return;
    for (const undo of this.#undos.splice(0)) undo();
    if (this.store) this.#undos.push(this.store.on('change', () => this.requestUpdate()));
    if (this.hub) this.#undos.push(this.hub.on('status', () => this.requestUpdate()));
  }

  override render() {
    return html`<div class="top">
        <slot name="heading"></slot>
        ${this.#verdict()} ${this.#age()}
      </div>
      ${this.#body()}`;
  }

  // — What stands at the top —

  get #offline(): boolean {
    return this.hub !== null && this.hub.status.state !== 'open';
  }

  get #newest(): number | null {
    const times = [...(this.store?.nodes.values() ?? [])].map((node) => node.line.at_ms);
    return times.length ? Math.max(...times) : null;
  }

  /** One word for all of it. A live region: it changes only when something breaks or heals. */
  #verdict() {
    const store = this.store;
    let dot: TemplateResult | typeof nothing = nothing;
    if (store && !store.denied && this.#newest !== null && !this.#offline) {
      const found = troubles(store.nodes, serverNow());
      const bad = found.some((one) => one.kind !== 'connector' || one.down);
      dot = html`<tez-state-dot
        .state=${found.length ? (bad ? 'bad' : 'warn') : 'ok'}
        .label=${found.length ? t('troubles', { n: found.length }) : t('allWell')}
      ></tez-state-dot>`;
    }
    return html`<div class="verdict" role="status">${dot}</div>`;
  }

  #age() {
    const at = this.#newest;
    if (at === null || this.store?.denied) return nothing;
    const old = serverNow() - at;
    const exact = formatDate(at, { hour: '2-digit', minute: '2-digit', second: '2-digit' });
    const late = this.#offline || old > STALE_MS;
    return html`<p class="age ${late ? 'old' : ''}">
      ${late ? icon('warn', 16) : nothing}
      <time datetime=${new Date(at).toISOString()} title=${exact}
        >${this.#offline ? t('asOfAt', { time: exact }) : t('asOf', { age: age(old) })}</time
      >
    </p>`;
  }

  // — The states of the whole —

  #body() {
    const store = this.store;
    const retry = () => {
      this.#began = serverNow();
      store?.retry();
    };
    if (store?.denied)
      return html`<tez-panel .heading=${t('summary')}
        ><tez-error .heading=${t('deniedTitle')} .text=${t('deniedText')} @retry=${retry}></tez-error
      ></tez-panel>`;
    if (!store?.nodes.size) {
      const waited = serverNow() - this.#began > PATIENCE_MS;
      return html`<tez-panel flush .heading=${t('summary')}>
        ${
          store?.loaded && waited && !this.#offline
            ? html`<tez-empty icon="erp" .heading=${t('emptyTitle')} .text=${t('emptyText')}></tez-empty>`
            : html`<tez-loading rows="4" @retry=${retry}></tez-loading>`
        }
      </tez-panel>`;
    }
    const now = this.#offline ? (this.#newest ?? serverNow()) : serverNow();
    return html`${this.#offline ? html`<p class="notice" role="status">${icon('offline', 18)}${t('noLink')}</p>` : nothing}
      <div class="all ${this.#offline ? 'dim' : ''}">
        ${this.#tiles(store, now)} ${this.#troubles(store, now)} ${this.#nodes(store, now)}
        <div class="pair">${this.#connectors(store, now)} ${this.#refusals(store, now)}</div>
      </div>`;
  }

  // — Numbers —

  #tiles(store: OpsStore, now: number) {
    const all = total(store.nodes, now);
    const tile = (name: string, value: string, note: string, which: Curve, write: (value: number) => string) => {
      if (!all.speaking) [value, note] = ['—', t('nobodySpeaks')];
      const values = curve(store.nodes, which, now);
      const known = values.filter((one): one is number => one !== null);
      const label = known.length
        ? t('curve', { name, min: write(Math.min(...known)), max: write(Math.max(...known)), now: value })
        : t('curveNone', { name });
      return html`<li>
        <span class="name">${name}</span><strong>${value}</strong><span class="note">${note}</span>${spark(values, label)}
      </li>`;
    };
    const overdue: [DotState, string, string] =
      all.overdue === null
        ? ['unknown', '—', t(all.speaking ? 'overdueUnknown' : 'nobodySpeaks')]
        : all.overdue
          ? ['bad', formatNumber(all.overdue), t('overdueSome')]
          : ['ok', '0', t('overdueNone')];
    return html`<ul class="tiles" role="list" aria-label=${t('summary')}>
      ${tile(t('clients'), formatNumber(all.sessions), t('people', { n: all.users }), 'sessions', (n) => formatNumber(n))}
      ${tile(t('events'), rate(all.published), t('deliveries', { n: rate(all.delivered) }), 'published', rate)}
      ${tile(t('queue'), bytes(all.queue), t('queueNote'), 'queue', bytes)}
      ${tile(
        t('toScreen'),
        millis(all.toScreen),
        all.toScreen === null ? t('toScreenNone') : t('toScreenNote'),
        'toScreen',
        millis,
      )}
      <li>
        <span class="name">${t('overdue')}</span><strong>${overdue[1]}</strong>
        <tez-state-dot class="note" .state=${overdue[0]} .label=${overdue[2]}></tez-state-dot>
      </li>
    </ul>`;
  }

  #troubles(store: OpsStore, now: number) {
    const found = troubles(store.nodes, now);
    if (!found.length) return nothing;
    return html`<tez-panel .heading=${t('trouble')}>
      <ul class="troubles" role="list">
        ${found.map(
          (one) =>
            html`<li><tez-state-dot quiet .state=${one.kind === 'connector' && !one.down ? 'warn' : 'bad'} .label=${t('trouble')}></tez-state-dot
              ><span>${this.#sentence(one, now)}</span></li>`,
        )}
      </ul>
    </tez-panel>`;
  }

  #sentence(one: Trouble, now: number): string {
    switch (one.kind) {
      case 'silent':
        return t('silent', { node: one.node, age: age(now - one.since) });
      case 'part': {
        const name = parts[one.part];
        return t('part', {
          node: one.node,
          part: name ? t(name) : one.part,
          reason: word(`why_${one.reason}`, one.reason),
          age: age(now - one.since),
        });
      }
      case 'connector': {
        const text = t(one.down ? 'down' : 'late', { name: word(one.name) });
        return one.error ? t('withError', { text, error: one.error }) : text;
      }
      case 'overdue':
        return t('overdueCount', { n: one.count });
      case 'unknown-overdue':
        return t('overdueNoWord');
    }
  }

  // — Tables —

  #nodes(store: OpsStore, now: number) {
    const rows = [...store.nodes].sort(([a], [b]) => a.localeCompare(b));
    return html`<tez-panel flush .heading=${t('nodes')}>
      ${table(
        t('nodes'),
        rows.map(([name, node]) => [
          {
            label: t('node'),
            wrap: true,
            text: html`<b>${name}</b>${node.line.leader ? html` <span class="tag">${t('leader')}</span>` : nothing}`,
          },
          { label: t('state'), text: this.#nodeState(node, now) },
          { label: t('connectionsShort'), text: formatNumber(node.line.sessions), end: true },
          { label: t('eventsShort'), text: rate(node.line.published_s), end: true },
          { label: t('deliveriesShort'), text: rate(node.line.delivered_s), end: true },
          { label: t('queueShort'), text: bytes(node.line.queue_bytes), end: true },
          { label: t('toScreenShort'), text: millis(node.line.to_screen_p95), end: true },
          { label: t('fanoutShort'), text: millis(node.line.fanout_p95), end: true },
          { label: t('commitShort'), text: millis(node.line.commit_p95), end: true },
          { label: t('lagShort'), text: millis(node.line.loop_lag_p99), end: true },
          {
            label: t('memory'),
            text: node.line.memory_bytes === null ? '—' : bytes(node.line.memory_bytes),
            end: true,
          },
          { label: t('started'), text: html`<tez-time at=${node.line.began}></tez-time>` },
        ]),
        rows.map(([, node]) => (isStale(node, now) ? 'stale' : '')),
      )}
    </tez-panel>`;
  }

  #nodeState(node: Node, now: number) {
    const silent = isStale(node, now);
    const bad = node.line.parts.some((part) => !part.ok);
    const state: DotState = silent ? 'unknown' : bad ? 'bad' : 'ok';
    const label = silent ? t('nodeSilent', { age: age(now - node.line.at_ms) }) : t(bad ? 'nodeNotReady' : 'nodeOk');
    return html`<tez-state-dot .state=${state} .label=${label}></tez-state-dot>`;
  }

  #connectors(store: OpsStore, now: number) {
    const many = store.nodes.size > 1;
    const rows = [...store.nodes]
      .filter(([, node]) => !isStale(node, now))
      .flatMap(([name, node]) => node.line.connectors.map((one): [string, Connector] => [name, one]));
    return html`<tez-panel flush .heading=${t('connectors')}>
      ${
        rows.length
          ? table(
              t('connectors'),
              rows.map(([node, one]) => [
                { label: t('connector'), text: html`<b>${word(one.name)}</b>` },
                ...(many ? [{ label: t('node'), text: node }] : []),
                { label: t('state'), text: connectorDot(one, now) },
                {
                  label: t('asOfShort'),
                  text: one.as_of
                    ? html`<time datetime=${one.as_of} title=${exactTime(Date.parse(one.as_of))}
                        >${t('ago', { age: age(now - Date.parse(one.as_of)) })}</time
                      >`
                    : one.kind === 'push'
                      ? t('sent', { n: one.sent ?? 0 })
                      : '—',
                },
                {
                  label: t('lastError'),
                  wrap: true,
                  text: one.last_error
                    ? t('errorAt', { error: one.last_error.code, age: age(now - Date.parse(one.last_error.at)) })
                    : t('noError'),
                },
              ]),
            )
          : html`<tez-empty icon="network" .heading=${t('noConnectors')} .text=${t('noConnectorsText')}></tez-empty>`
      }
    </tez-panel>`;
  }

  #refusals(store: OpsStore, now: number) {
    const rows = refusals(store.nodes, now);
    return html`<tez-panel flush .heading=${t('refused')}>
      ${
        rows.length
          ? table(
              t('refused'),
              rows.map(([reason, count]) => [
                { label: t('reason'), text: word(`refused_${reason}`, reason), wrap: true },
                { label: t('count'), text: formatNumber(count), end: true },
              ]),
            )
          : html`<tez-empty icon="check" .heading=${t('noneRefused')}></tez-empty>`
      }
    </tez-panel>`;
  }
}
define('tez-ops', TezOps);

/** The catalog's word for what the server named, else the name itself. */
function word(key: string, otherwise = key): string {
  return isKey(key) ? t(key) : otherwise;
}

function connectorDot(one: Connector, now: number) {
  const state = connectorState(one, now);
  const dots = { ok: 'ok', late: 'warn', failing: 'warn', down: 'bad' } as const;
  const words = { ok: 'ok', late: 'isLate', failing: 'failing', down: 'isDown' } as const;
  return html`<tez-state-dot .state=${dots[state]} .label=${t(words[state])}></tez-state-dot>`;
}

/** A table that becomes cards where it does not fit; the roles are written out, because `display` takes them away. */
function table(label: string, rows: readonly (readonly Cell[])[], classes: readonly string[] = []) {
  return html`<div class="scroll" role="group" tabindex="0" aria-label=${label}>
    <table role="table" aria-label=${label}>
      <thead role="rowgroup">
        <tr role="row">
          ${(rows[0] ?? []).map((cell) => html`<th role="columnheader" scope="col" class=${cell.end ? 'end' : ''}>${cell.label}</th>`)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        ${rows.map(
          (row, i) =>
            html`<tr role="row" class=${classes[i] ?? ''}>
              ${row.map((cell) => html`<td role="cell" class=${cell.end ? 'end' : cell.wrap ? 'wrap' : ''}><span class="of" aria-hidden="true">${cell.label}</span><span>${cell.text}</span></td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

declare global {
  interface HTMLElementTagNameMap {
    'tez-ops': TezOps;
  }
}
