/**
 * The rows of the dashboard that are in sight, as elements of their own making: a new measurement writes the few texts that
 * changed and nothing else, so that a thousand hosts cost what the forty in sight do.
 */

import { locale } from '../i18n/index';
import { exactTime } from '../ui/clock';
import { t } from './board-strings';
import { callsForHelp } from './groups';
import type { Item } from './listing';
import { t as many } from './overview-strings';
import { HEIGHT, sparkPaths, WIDTH } from './spark';
import { isTrouble, shapes, whyOf, wordOf } from './states';
import { t as word } from './strings';
import type { Host, Net, State } from './types';
import { states } from './types';
import { lasting, millis, share } from './units';

const SVG = 'http://www.w3.org/2000/svg';

function make<K extends keyof HTMLElementTagNameMap>(tag: K, classes: string, role?: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (classes) element.className = classes;
  if (role) element.setAttribute('role', role);
  return element;
}

function draw(tag: string, attributes: Readonly<Record<string, string>>): SVGElement {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

/** Writes a text only where it is another one. */
function write(node: Text, text: string): void {
  if (node.data !== text) node.data = text;
}

function mark(element: Element, name: string, value: string | null): void {
  if (element.getAttribute(name) === value) return;
  if (value === null) element.removeAttribute(name);
  else element.setAttribute(name, value);
}

class Shape {
  readonly element = draw('svg', { width: '16', height: '16', viewBox: '0 0 16 16', 'aria-hidden': 'true' });
  readonly #path = draw('path', {});
  #state: State | null = null;

  constructor() {
    this.element.append(this.#path);
  }

  set(state: State): void {
    if (this.#state === state) return;
    this.#state = state;
    this.element.setAttribute('class', `shape ${state}`);
    this.#path.setAttribute('d', shapes[state]);
  }
}

/** How a row stands in the list. */
export interface Standing {
  readonly index: number;
  readonly current: boolean;
  readonly view: 'groups' | 'list';
  readonly now: number;
}

export interface Row {
  readonly element: HTMLElement;
  paint(net: Net, item: Item, at: Standing): void;
  /** Times that pass by themselves. */
  tick(now: number): void;
}

function stand(element: HTMLElement, item: Item, at: Standing): void {
  mark(element, 'data-index', String(at.index));
  mark(element, 'aria-rowindex', String(at.index + 2));
  mark(element, 'aria-level', String(item.depth + 1));
  mark(element, 'tabindex', at.current ? '0' : '-1');
  mark(element, 'data-depth', String(Math.min(item.depth, 6)));
}

class HostRow implements Row {
  readonly element = make('div', 'row host', 'row');
  readonly #shape = new Shape();
  readonly #name = make('a', 'name');
  readonly #address = make('span', 'address');
  readonly #critical = make('span', 'tag critical');
  readonly #word = new Text();
  readonly #why = new Text();
  readonly #since = new Text();
  readonly #sinceAt = make('time', 'since');
  readonly #tags = make('div', 'cell tags', 'gridcell');
  readonly #loss = new Text();
  readonly #p50 = new Text();
  readonly #p95 = new Text();
  readonly #lossCell = make('div', 'cell num loss', 'gridcell');
  readonly #line = draw('path', { class: 'line' });
  readonly #lost = draw('path', { class: 'lost' });
  readonly #more = make('button', 'btn ghost icon small more');
  #host: Host | null = null;
  #spark: Host['spark'] | null = null;
  #look = '';
  #drawn = '';

  constructor() {
    const state = make('div', 'cell state', 'gridcell');
    const words = make('span', 'words');
    const word = make('span', 'word');
    word.append(this.#word);
    const why = make('span', 'why');
    why.append(this.#why);
    words.append(word, why);
    state.append(this.#shape.element, words);
    const name = make('div', 'cell who', 'gridcell');
    this.#name.tabIndex = -1;
    name.append(this.#name, this.#address, this.#critical);
    const since = make('div', 'cell num since', 'gridcell');
    this.#sinceAt.append(this.#since);
    since.append(this.#sinceAt);
    this.#lossCell.append(this.#loss);
    const p50 = make('div', 'cell num p50', 'gridcell');
    p50.append(this.#p50);
    const p95 = make('div', 'cell num p95', 'gridcell');
    p95.append(this.#p95);
    const curve = make('div', 'cell curve', 'gridcell');
    const spark = draw('svg', {
      class: 'spark',
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: 'none',
      'aria-hidden': 'true',
    });
    spark.append(this.#line, this.#lost);
    curve.append(spark);
    const acts = make('div', 'cell acts', 'gridcell');
    this.#more.type = 'button';
    this.#more.dataset.act = 'menu';
    this.#more.tabIndex = -1;
    const dots = draw('svg', { width: '16', height: '16', viewBox: '0 0 20 20', 'aria-hidden': 'true' });
    dots.append(
      draw('path', {
        fill: 'currentColor',
        d: 'M4.500 8.500a1.500 1.500 0 1 0 0 3a1.500 1.500 0 1 0 0-3ZM10 8.500a1.500 1.500 0 1 0 0 3a1.500 1.500 0 1 0 0-3ZM15.500 8.500a1.500 1.500 0 1 0 0 3a1.500 1.500 0 1 0 0-3Z',
      }),
    );
    this.#more.append(dots);
    acts.append(this.#more);
    this.element.append(state, name, this.#tags, since, this.#lossCell, p50, p95, curve, acts);
  }

  paint(net: Net, item: Item, at: Standing): void {
    if (item.kind !== 'host') return;
    stand(this.element, item, at);
    this.#more.tabIndex = at.current ? 0 : -1;
    const host = net.hosts.get(item.id);
    const look = `${item.id} ${at.view} ${locale()}`;
    const group = at.view === 'list' ? host?.group : '';
    const drawn = host ? '' : 'gone';
    if (this.#host === host && this.#look === look && this.#drawn === drawn) return;
    const anew = this.#look !== look;
    const was = anew ? null : this.#host;
    this.#host = host ?? null;
    this.#look = look;
    this.#drawn = drawn;
    if (!host) {
      this.element.className = 'row host gone';
      return;
    }
    if (
      anew ||
      was?.name !== host.name ||
      was.address !== host.address ||
      was.group !== host.group ||
      was.critical !== host.critical
    ) {
      this.element.dataset.id = item.id;
      this.#name.textContent = host.name;
      this.#name.href = `/netmonitor/hosts/${encodeURIComponent(item.id)}`;
      this.#name.title = `${host.name} · ${host.address}`;
      this.#address.textContent = group ? `${host.address} · ${group.replaceAll('/', ' / ')}` : host.address;
      this.#address.title = this.#address.textContent;
      this.#critical.textContent = word('critical');
      this.#critical.title = word('criticalWhy');
      this.#critical.hidden = !host.critical;
      this.#more.setAttribute('aria-label', t('actionsFor', { name: host.name }));
      this.#more.title = many('actions');
    }
    if (
      !was ||
      was.state !== host.state ||
      was.reason !== host.reason ||
      was.ack !== host.ack ||
      was.flapping !== host.flapping ||
      was.maintenance !== host.maintenance ||
      was.since !== host.since
    ) {
      this.element.className = `row host ${host.state}${isTrouble(host) ? ' trouble' : ''}`;
      this.#shape.set(host.state);
      write(this.#word, wordOf(host.state));
      write(this.#why, whyOf(host));
      this.#tags.replaceChildren(...tagsOf(host));
      mark(this.#sinceAt, 'datetime', host.since);
      this.#sinceAt.title = host.since ? exactTime(Date.parse(host.since)) : '';
      this.tick(at.now);
    }
    write(this.#loss, share(host.loss));
    this.#lossCell.classList.toggle('some', (host.loss ?? 0) > 0);
    write(this.#p50, millis(host.p50));
    write(this.#p95, millis(host.p95));
    if (this.#spark !== host.spark) {
      this.#spark = host.spark;
      const { line, lost } = sparkPaths(host.spark);
      this.#line.setAttribute('d', line);
      this.#lost.setAttribute('d', lost);
    }
  }

  tick(now: number): void {
    write(this.#since, lasting(this.#host?.since, now));
  }
}

function tagsOf(host: Host): HTMLElement[] {
  const tags: HTMLElement[] = [];
  const add = (kind: string, text: string, title: string): void => {
    const tag = make('span', `tag ${kind}`);
    tag.textContent = text;
    tag.title = title;
    tags.push(tag);
  };
  if (host.flapping) add('flapping', word('flapping'), word('flappingWhy'));
  if (host.ack)
    add('ack', many('takenBy', { name: host.ack.by }), word('takenWhy', { name: host.ack.by, why: host.ack.why }));
  if (host.maintenance) add('works', word('maintenance'), host.maintenance.why);
  if (isTrouble(host)) {
    const take = make('button', 'btn small take');
    take.type = 'button';
    take.tabIndex = -1;
    take.dataset.act = 'ack';
    take.textContent = word('take');
    take.setAttribute('aria-label', t('takeName', { name: host.name }));
    tags.push(take);
  }
  return tags;
}

class GroupRow implements Row {
  readonly element = make('div', 'row group', 'row');
  readonly #shape = new Shape();
  readonly #word = make('span', 'sr');
  readonly #name = make('span', 'name');
  readonly #rule = make('span', 'rule');
  readonly #counts = make('span', 'counts');
  #look = '';

  constructor() {
    const cell = make('div', 'cell whole', 'gridcell');
    cell.setAttribute('aria-colspan', '9');
    const chevron = draw('svg', {
      class: 'chevron',
      width: '16',
      height: '16',
      viewBox: '0 0 20 20',
      'aria-hidden': 'true',
    });
    chevron.append(
      draw('path', {
        d: 'm8 5 5 5-5 5',
        fill: 'none',
        stroke: 'currentColor',
        'stroke-width': '1.8',
        'stroke-linecap': 'round',
        'stroke-linejoin': 'round',
      }),
    );
    cell.append(chevron, this.#shape.element, this.#name, this.#word, this.#rule, this.#counts);
    this.element.append(cell);
  }

  paint(_net: Net, item: Item, at: Standing): void {
    if (item.kind !== 'group') return;
    const { group, open } = item;
    stand(this.element, item, at);
    mark(this.element, 'aria-expanded', String(open));
    const look = `${group.path}|${group.state}|${states.map((state) => group.counts[state])}|${group.troubles.length}|${group.rule.up}|${locale()}`;
    if (look === this.#look) return;
    this.#look = look;
    this.element.className = `row group ${group.state}${callsForHelp(group) ? ' trouble' : ''}`;
    this.element.dataset.path = group.path;
    this.#shape.set(group.state);
    this.#name.textContent = group.name || t('noGroup');
    this.#word.textContent = `: ${wordOf(group.state)}. `;
    this.#rule.textContent =
      group.rule.rule === 'at_least'
        ? t('atLeast', { up: group.counts.up, need: group.rule.up ?? 0, all: group.total })
        : '';
    this.#counts.replaceChildren(
      ...states
        .filter((state) => state !== 'up' && group.counts[state])
        .map((state) => {
          const count = make('span', `count ${state}`);
          const shape = new Shape();
          shape.set(state);
          count.title = `${wordOf(state)}: ${group.counts[state]}`;
          const word = make('span', 'sr');
          word.textContent = `${wordOf(state)}: `;
          count.append(shape.element, word, String(group.counts[state]));
          return count;
        }),
    );
    const all = make('span', 'all');
    all.textContent = many('hosts', { n: group.total });
    this.#counts.append(all);
  }

  tick(): void {}
}

export function newRow(item: Item): Row {
  return item.kind === 'group' ? new GroupRow() : new HostRow();
}
