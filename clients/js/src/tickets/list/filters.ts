/** The filters above the list: text and status always, the rest on demand; what is chosen stays in sight. */

import { css, html, nothing, type TemplateResult } from 'lit';
import { icon } from '../../ui/icons';
import { type SortKey, sorting, sortKeys, usualDir } from './place';
import { t } from './strings';
import type { Facets, Person, Query, Ref, Ticket } from './types';

export interface FilterActs {
  /** An empty value takes the filter away; `wait` ms while somebody types. */
  set(name: string, value: string, wait?: number): void;
  sort(by: SortKey, dir: 'asc' | 'desc'): void;
  more(): void;
  reset(): void;
  /** What is typed is done: on to the rows. */
  toRows(): void;
}

export interface FilterView {
  readonly query: Query;
  readonly facets: Facets;
  /** Whom the rows name, so that one of them can be asked for. */
  readonly people: readonly Person[];
  readonly open: boolean;
  /** Something differs from the view. */
  readonly differs: boolean;
}

export const TYPING_MS = 300;
const MOST_PEOPLE = 50;

/** Who has one of these tickets, by name: whom the list can be narrowed to beside oneself. */
export function peopleIn(rows: Iterable<Ticket>): Person[] {
  const found = new Map<number, Person>();
  for (const { assignee } of rows) {
    if (assignee) found.set(assignee.id, assignee);
    if (found.size >= MOST_PEOPLE) break;
  }
  return [...found.values()].sort((a, b) => a.name.localeCompare(b.name));
}
type Option = readonly [value: string, text: string];
const hidden = ['project', 'tracker', 'priority', 'author', 'watcher', 'from', 'to'] as const;

export function filterBar({ query, facets, people, open, differs }: FilterView, act: FilterActs): TemplateResult {
  const more = hidden.filter((name) => query[name]).length;
  const { by, dir } = sorting(query);
  const refs = (list: readonly Ref[]): Option[] => list.map(({ id, name }) => [String(id), name]);
  const others = refs(people.filter((one) => !one.me));
  return html`<div class="filters ${open ? 'unfolded' : ''}" role="search" aria-label=${t('filters')}>
    <div class="line">
      <input
        class="control text"
        type="search"
        maxlength="200"
        autocomplete="off"
        placeholder=${t('search')}
        aria-label=${t('searchLabel')}
        aria-keyshortcuts="/"
        .value=${query.q ?? ''}
        @input=${(event: Event) => act.set('q', (event.target as HTMLInputElement).value, TYPING_MS)}
        @keydown=${(event: KeyboardEvent) => {
          if (event.isComposing || (event.key !== 'Enter' && event.key !== 'ArrowDown')) return;
          event.preventDefault();
          act.toRows();
        }}
      />
      ${choice(
        t('status'),
        query.status ?? 'open',
        [['open', t('statusOpen')], ['closed', t('statusClosed')], ['all', t('any')], ...refs(facets.statuses)],
        (value) => act.set('status', value),
      )}
      ${choice(
        t('assignee'),
        query.assignee ?? '',
        [['', t('any')], ['me', t('me')], ['none', t('nobody')], ...others],
        (value) => act.set('assignee', value),
      )}
      <button class="btn" aria-expanded=${open ? 'true' : 'false'} aria-controls="more" @click=${act.more}>
        ${open ? t('fewerFilters') : t('moreFilters')}${more ? html`<span class="set">${more}</span>` : nothing}
      </button>
      ${differs ? html`<button class="btn ghost" @click=${act.reset}>${t('reset')}</button>` : nothing}
    </div>
    <div class="line more" id="more" ?hidden=${!open}>
      ${choice(t('project'), query.project ?? '', [['', t('any')], ...refs(facets.projects)], (value) => act.set('project', value))}
      ${choice(t('tracker'), query.tracker ?? '', [['', t('any')], ...refs(facets.trackers)], (value) => act.set('tracker', value))}
      ${choice(t('priority'), query.priority ?? '', [['', t('any')], ...refs(facets.priorities)], (value) => act.set('priority', value))}
      ${choice(t('author'), query.author ?? '', [['', t('any')], ['me', t('me')], ...others], (value) => act.set('author', value))}
      ${day('from', t('from'), query, act)} ${day('to', t('to'), query, act)}
      <label class="check"
        ><input
          type="checkbox"
          .checked=${query.watcher === 'me'}
          @change=${(event: Event) => act.set('watcher', (event.target as HTMLInputElement).checked ? 'me' : '')}
        /><span>${t('watched')}</span></label
      >
      ${choice(
        t('sort'),
        by,
        sortKeys.map((key): Option => [key, t(`sort_${key}`)]),
        (value) => act.sort(value as SortKey, usualDir(value as SortKey)),
      )}
      <button
        class="btn icon dir ${dir}"
        aria-label=${dir === 'asc' ? t('sortAsc') : t('sortDesc')}
        title=${dir === 'asc' ? t('sortAsc') : t('sortDesc')}
        @click=${() => act.sort(by, dir === 'asc' ? 'desc' : 'asc')}
      >
        ${icon('down', 16)}
      </button>
    </div>
  </div>`;
}

/** A labelled choice; a value that no option has (several numbers, somebody out of sight) gets one of its own. */
function choice(
  label: string,
  value: string,
  options: readonly Option[],
  pick: (value: string) => void,
): TemplateResult {
  const known = options.some(([one]) => one === value);
  const own: Option = [value, value.includes(',') ? t('several') : t('unknownChoice', { id: value })];
  return html`<label class="field"
    ><span>${label}</span
    ><select class="control" @change=${(event: Event) => pick((event.target as HTMLSelectElement).value)}>
      ${(known ? options : [...options, own]).map(
        ([one, text]) => html`<option value=${one} .selected=${one === value}>${text}</option>`,
      )}
    </select></label
  >`;
}

function day(name: 'from' | 'to', label: string, query: Query, act: FilterActs): TemplateResult {
  return html`<label class="field"
    ><span>${label}</span
    ><input
      class="control"
      type="date"
      max="2100-01-01"
      .value=${query[name] ?? ''}
      @change=${(event: Event) => act.set(name, (event.target as HTMLInputElement).value)}
  /></label>`;
}

export const filterStyles = css`
  .filters {
    display: grid;
    gap: var(--tez-2);
    padding: var(--tez-2) var(--tez-4);
    border-top: 1px solid var(--tez-line);
  }
  .line {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-2) var(--tez-3);
  }
  .text {
    flex: 1 1 14ch;
    max-width: 44ch;
  }
  .field {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-width: 0;
    color: var(--tez-text-2);
    font-size: var(--tez-s);
  }
  .field select {
    max-width: 24ch;
    min-width: 0;
  }
  .check {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 24px;
    font-size: var(--tez-s);
  }
  .check input {
    width: 16px;
    height: 16px;
    accent-color: var(--tez-accent);
  }
  .set {
    min-width: 18px;
    padding: 0 5px;
    border-radius: 9px;
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-size: var(--tez-xs);
    line-height: 18px;
    text-align: center;
  }
  .dir.asc svg {
    transform: rotate(180deg);
  }
  @container (max-width: 640px) {
    .filters {
      padding-inline: var(--tez-3);
    }
    .text {
      flex-basis: 100%;
      max-width: none;
    }
    .filters:not(.unfolded) .field {
      display: none;
    }
    .line > .field {
      flex: 1 1 40%;
      flex-direction: column;
      align-items: stretch;
      gap: 2px;
    }
    .field select,
    .field input {
      width: 100%;
      max-width: none;
    }
  }
`;
