import { html, type PropertyValues } from 'lit';
import { property, query } from 'lit/decorators.js';
import uPlot from 'uplot';
import { formatDate, formatNumber, locale } from '../i18n/index';
import { base, define, TezElement } from '../ui/element';
import { chartStyles } from './chart-styles';
import { t } from './host-strings';
import { type Ink, inkMarks, inkStyles, onTheme, readInk } from './ink';
import { wordOf } from './states';
import type { History, Outage, State } from './types';
import { duration, millis, share } from './units';

const DAY = 86_400;
const TIMES = 230; // px
const LOSSES = 92;
const AXIS = 62;

/** The end of the scale of losses: a loss of one percent is to be seen, and one of all to fit. */
export function lossTop(most: number): number {
  return [0.1, 0.25, 0.5, 1].find((top) => most <= top) ?? 1;
}

/** Points that have no neighbour: a line through them cannot be seen, so they are drawn as points. */
export function lonely(values: readonly (number | null | undefined)[]): number[] {
  const found: number[] = [];
  values.forEach((value, i) => {
    if (value != null && values[i - 1] == null && values[i + 1] == null) found.push(i);
  });
  return found;
}

/** What the whole period comes to: the middle of the medians, the highest p95, the loss over all that was sent. */
export function summary({ points }: History): {
  readonly p50: number | null;
  readonly p95: number | null;
  readonly loss: number | null;
} {
  const known = points.p50.filter((value): value is number => value !== null).sort((a, b) => a - b);
  let top: number | null = null;
  for (const value of points.p95) if (value !== null && (top === null || value > top)) top = value;
  let [sent, lost] = [0, 0];
  points.loss.forEach((value, i) => {
    if (value === null) return;
    const count = points.count[i] ?? 1;
    sent += count;
    lost += value * count;
  });
  return { p50: known[known.length >> 1] ?? null, p95: top, loss: sent ? lost / sent : null };
}

/** Words on the axis of time: the hour within a day, the day from midnight on, the month where months are far apart. */
function timeWords(splits: readonly number[], step: number): string[] {
  return splits.map((at) => {
    const date = new Date(at * 1000);
    if (step >= 28 * DAY) return formatDate(date, { month: 'short', year: date.getMonth() ? undefined : '2-digit' });
    if (step >= DAY || (!date.getHours() && !date.getMinutes()))
      return formatDate(date, { day: 'numeric', month: 'short' });
    return formatDate(date, { hour: '2-digit', minute: '2-digit' });
  });
}

/** <nav-network-chart .history>: the round trips with their band, the losses below, outages shaded with their length; gaps stay gaps. */
export class NavNetworkChart extends TezElement {
  static override styles = [base, inkStyles, chartStyles];

  @property({ attribute: false }) history: History | null = null;
  @query('.plots') private plots!: HTMLElement;

  #ink: Ink | null = null;
  #times: uPlot | null = null;
  #losses: uPlot | null = null;
  #watch: ResizeObserver | undefined;
  #undo: (() => void) | undefined;
  #lang = '';
  #width = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#undo = onTheme(() => requestAnimationFrame(() => this.#make()));
    if (this.hasUpdated) this.#make();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#undo?.();
    this.#watch?.disconnect();
    this.#watch = undefined;
    this.#end();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!this.#watch && typeof ResizeObserver !== 'undefined') {
      this.#watch = new ResizeObserver(() => this.#size());
      this.#watch.observe(this.plots);
    }
    if (changed.has('history') || this.#lang !== locale()) this.#make();
    this.#say(null);
  }

  #end(): void {
    this.#times?.destroy();
    this.#losses?.destroy();
    this.#times = this.#losses = null;
  }

  #size(): void {
    const width = this.plots.clientWidth;
    if (!width || width === this.#width) return;
    this.#width = width;
    this.#times?.setSize({ width, height: TIMES });
    this.#losses?.setSize({ width, height: LOSSES });
  }

  #make(): void {
    this.#lang = locale();
    this.#end();
    const { history } = this;
    if (!history || !this.isConnected) return;
    const ink = readInk(this.renderRoot);
    this.#ink = ink;
    const width = this.plots.clientWidth || 600;
    this.#width = width;
    const { points } = history;
    const since = Date.parse(history.since) / 1000;
    const until = Date.parse(history.until) / 1000;
    const font = `12px ${getComputedStyle(this).fontFamily}`;
    const axis = {
      stroke: ink.text,
      font,
      ticks: { stroke: ink.grid, width: 1 },
      grid: { stroke: ink.grid, width: 1 },
    };
    const x: uPlot.Axis = {
      ...axis,
      values: (_, splits, __, ___, step) => timeWords(splits, step),
      space: 64,
      grid: { show: false },
    };
    const shared = {
      width,
      padding: [8, 14, 0, 0],
      legend: { show: false },
      fmtDate: () => () => '', // the axes have words of their own, and uPlot's are not built in: see vite.config.ts
      cursor: { sync: { key: `net-${history.host}` }, y: false, points: { show: false } },
      hooks: {
        drawClear: [(plot: uPlot) => this.#shade(plot, history.outages)],
        setCursor: [(plot: uPlot) => this.#say(plot.cursor.idx ?? null)],
      },
    } satisfies Partial<uPlot.Options>;
    const scaleX: uPlot.Scale = {
      time: true,
      range: (_, low, high) => (low === null || high === null || high <= low ? [since, until] : [low, high]),
    };
    const line: uPlot.Series = {
      stroke: ink.line,
      width: 1.75,
      spanGaps: false,
      points: {
        show: true,
        size: 4,
        fill: ink.line,
        width: 0,
        filter: (plot, series) => lonely(plot.data[series] as (number | null)[]),
      },
    };
    // The first and last moment are part of the axis even where nothing was measured there.
    this.#times = new uPlot(
      {
        ...shared,
        height: TIMES,
        scales: { x: scaleX, y: { range: (_, __, most) => [0, Math.max(most ?? 0, 0.1) * 1.12] } },
        axes: [
          { ...x, show: true },
          { ...axis, size: AXIS, values: (_, splits) => splits.map((value) => (value ? millis(value) : '0')) },
        ],
        series: [{}, { ...line }, { ...line, stroke: 'transparent', width: 0, points: { show: false } }],
        bands: [{ series: [2, 1], fill: ink.band }],
      },
      framed(points.at, [points.p50, points.p95], since, until),
      this.plots,
    );
    this.#losses = new uPlot(
      {
        ...shared,
        height: LOSSES,
        scales: { x: scaleX, y: { range: (_, __, most) => [0, lossTop(most ?? 0)] } },
        axes: [
          { ...x, size: 6, values: () => [], ticks: { show: false } },
          { ...axis, size: AXIS, space: 26, values: (_, splits) => splits.map((value) => share(value)) },
        ],
        series: [
          {},
          {
            fill: ink.loss,
            width: 0,
            stroke: ink.loss,
            points: { show: false },
            paths: uPlot.paths.bars?.({ size: [0.9, Number.POSITIVE_INFINITY, 2], align: 1 }) ?? null,
          },
        ],
      } as uPlot.Options,
      framed(points.at, [points.loss], since, until),
      this.plots,
    );
  }

  /** Grounds of outages, and how long they were where there is room for it; what was planned is hatched. */
  #shade(plot: uPlot, outages: readonly Outage[]): void {
    const ink = this.#ink;
    if (!ink) return;
    const { ctx, bbox } = plot;
    const ratio = uPlot.pxRatio;
    const end = plot.scales.x?.max ?? 0;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.font = `600 ${11 * ratio}px ${getComputedStyle(this).fontFamily}`;
    ctx.textBaseline = 'top';
    for (const outage of outages) {
      const began = Date.parse(outage.began) / 1000;
      const ended = outage.ended ? Date.parse(outage.ended) / 1000 : end;
      const left = Math.max(bbox.left, plot.valToPos(began, 'x', true));
      const right = Math.min(bbox.left + bbox.width, plot.valToPos(ended, 'x', true));
      if (right < bbox.left || left > bbox.left + bbox.width) continue;
      const width = Math.max(right - left, 2 * ratio);
      const [soft, hard] = colours(outage.maintenance ? 'maintenance' : outage.state, ink);
      ctx.fillStyle = soft;
      ctx.fillRect(left, bbox.top, width, bbox.height);
      ctx.fillStyle = hard;
      ctx.fillRect(left, bbox.top, width, 3 * ratio);
      if (outage.maintenance || outage.state === 'unknown' || outage.state === 'maintenance')
        hatch(ctx, left, bbox.top, width, bbox.height, hard, ratio);
      if (plot !== this.#losses && plot.height > LOSSES) {
        const whole = duration(ended - began);
        const rough = whole.split(/\s/).slice(0, 2).join(' '); // `2 ч` of `2 ч 24 мин`, where there is no room for more
        const text = [whole, rough].find((one) => ctx.measureText(one).width + 6 * ratio < width);
        if (text) ctx.fillText(text, left + 3 * ratio, bbox.top + 7 * ratio);
      }
    }
    ctx.restore();
  }

  /** The numbers at a point, or of the whole. Texts only: a pointer that moves must not make the page render. */
  #say(index: number | null): void {
    const { history } = this;
    const put = (name: string, text: string) => {
      const at = this.renderRoot.querySelector(`.${name}-text`);
      if (at && at.textContent !== text) at.textContent = text;
    };
    if (!history) return;
    const { points } = history;
    const at = index === null ? undefined : framedIndex(points.at, index, history.since);
    if (at === undefined || points.at[at] === undefined) {
      const all = summary(history);
      put('p50', millis(all.p50));
      put('p95', millis(all.p95));
      put('loss', share(all.loss));
      put('when', t('wholePeriod'));
      return;
    }
    put('p50', millis(points.p50[at]));
    put('p95', millis(points.p95[at]));
    put('loss', share(points.loss[at]));
    const when = formatDate((points.at[at] ?? 0) * 1000, {
      day: 'numeric',
      month: 'short',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    put('when', history.step_s > 60 ? t('whenStep', { when, step: duration(history.step_s) }) : when);
  }

  get #label(): string {
    const { history } = this;
    if (!history) return '';
    const all = summary(history);
    const down = history.outages.filter(({ state }) => state === 'down').length;
    return t('chartLabel', {
      p50: millis(all.p50),
      p95: millis(all.p95),
      loss: share(all.loss),
      outages: formatNumber(down),
      down: wordOf('down'),
    });
  }

  override render() {
    return html`<p class="read">
        <span class="key"><i></i>${t('median')} <b class="p50-text"></b></span>
        <span class="key"><i class="band"></i>${t('p95')} <b class="p95-text"></b></span>
        <span class="key"><i class="loss"></i>${t('loss')} <b class="loss-text"></b></span>
        <span class="when when-text"></span>
      </p>
      <div class="plots" role="img" aria-label=${this.#label}></div>
      ${inkMarks()}`;
  }
}
define('nav-network-chart', NavNetworkChart);

/** Columns with the ends of the period added as gaps, so that the axis shows all of it. */
function framed(
  at: readonly number[],
  columns: readonly (readonly (number | null)[])[],
  since: number,
  until: number,
): uPlot.AlignedData {
  const [early, late] = [at[0] === undefined || at[0] > since, at.length > 0 && (at[at.length - 1] ?? 0) < until];
  const frame = <T>(values: readonly T[], first: T, last: T): T[] => [
    ...(early ? [first] : []),
    ...values,
    ...(late ? [last] : []),
  ];
  return [frame(at, since, until), ...columns.map((column) => frame<number | null>(column, null, null))];
}

/** The point of the history at an index of the frame. */
function framedIndex(at: readonly number[], index: number, since: string): number {
  return at[0] === undefined || at[0] > Date.parse(since) / 1000 ? index - 1 : index;
}

function colours(state: State, ink: Ink): [string, string] {
  if (state === 'down') return [ink.downSoft, ink.down];
  if (state === 'degraded') return [ink.warnSoft, ink.warn];
  return [ink.quietSoft, ink.quiet];
}

function hatch(
  ctx: CanvasRenderingContext2D,
  left: number,
  top: number,
  width: number,
  height: number,
  colour: string,
  ratio: number,
): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, width, height);
  ctx.clip();
  ctx.strokeStyle = colour;
  ctx.globalAlpha = 0.35;
  ctx.lineWidth = ratio;
  ctx.beginPath();
  for (let x = left - height; x < left + width; x += 8 * ratio) {
    ctx.moveTo(x, top + height);
    ctx.lineTo(x + height, top);
  }
  ctx.stroke();
  ctx.restore();
}
