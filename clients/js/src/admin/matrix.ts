import { css, html, nothing, type TemplateResult } from 'lit';
import { state } from 'lit/decorators.js';
import { exactTime } from '../ui/clock';
import { define } from '../ui/element';
import { icon } from '../ui/icons';
import type { Desk } from './desk';
import type { Listing } from './listing';
import { type Emptiness, ListSection } from './section';
import { t } from './strings';
import { table } from './table';
import { type Given, nameOf, type PeoplePage, type Person, type Right, rights } from './types';
import { who } from './who';

/** Who gave it and when; the product itself has no name of a person. */
export function givenBy(given: Given): { by: string; at: string } {
  return { by: given.by ?? t('givenSystem'), at: exactTime(Date.parse(given.at)) };
}

/**
 * <tez-admin-matrix .desk>: people by rights. One cell is in the tab order; the arrows walk the rest, Space and a click change it.
 * It shows who holds anything; a search finds the others.
 */
export class TezAdminMatrix extends ListSection<Person, PeoplePage> {
  static override styles = [
    ...ListSection.styles,
    css`
      th.cell,
      td.cell {
        width: calc(var(--tez-rem) * 7);
        padding-inline: 4px;
        text-align: center;
      }
      .box {
        display: inline-grid;
        place-items: center;
        vertical-align: middle;
        width: 28px;
        height: 28px;
        padding: 0;
        border: 1px solid var(--tez-line-strong);
        border-radius: var(--tez-radius);
        background: var(--tez-surface);
        color: var(--tez-on-accent);
        cursor: pointer;
      }
      .box:hover {
        border-color: var(--tez-accent);
      }
      .box[aria-checked='true'] {
        border-color: transparent;
        background: var(--tez-accent);
      }
      .box[aria-busy='true'] {
        outline: 2px dashed var(--tez-accent);
        outline-offset: 2px;
      }
      .dim .box[aria-checked='true'] {
        color: var(--tez-surface);
      }
      .hint {
        margin: 0 0 7px;
        color: var(--tez-text-2);
        font-size: var(--tez-s);
      }
      @container (max-width: 820px) {
        th.cell,
        td.cell {
          width: calc(var(--tez-rem) * 4.5);
        }
      }
      @container (max-width: 560px) {
        tr {
          display: grid;
          grid-template-columns: repeat(5, minmax(0, 1fr));
        }
        td.first {
          grid-column: 1 / -1;
        }
        td.cell {
          flex-direction: column;
          gap: 2px;
          width: auto;
          padding: 2px 0;
        }
        td.cell .of {
          max-width: 100%;
          overflow: hidden;
          font-size: var(--tez-xs);
          text-overflow: ellipsis;
          white-space: nowrap;
        }
      }
      @media (forced-colors: active) {
        .box[aria-checked='true'] {
          forced-color-adjust: none;
          background: Highlight;
          color: HighlightText;
        }
      }
    `,
  ];

  protected override readonly countKey = 'foundPeople';
  /** The cell in the tab order, as `row:column`. */
  @state() private at: readonly [number, number] = [0, 0];

  protected override list(desk: Desk): Listing<Person, PeoplePage> {
    return desk.lists.matrix;
  }

  protected override empty(): Emptiness {
    return { icon: 'checks', heading: t('noHolders'), text: t('noHoldersText') };
  }

  protected override tools(): TemplateResult {
    return html`${this.searchBox(t('searchPeople'))}${this.query.q ? nothing : html`<p class="hint">${t('onlyHolders')}</p>`}`;
  }

  protected override rows(desk: Desk, page: PeoplePage): TemplateResult {
    return html`<div @keydown=${this.#cellKeys}>
      ${table<Person>({
        label: t('matrix'),
        rows: page.rows,
        key: (person) => person.id,
        classOf: (person) => `${person.id === desk.place.person ? 'chosen' : ''} ${person.active ? '' : 'off'}`,
        columns: [
          { label: t('person'), className: 'first', cell: (person) => who(desk, person) },
          ...rights.map((right, column) => ({
            label: t(`right_${right}`),
            short: t(`short_${right}`),
            className: 'cell',
            cell: (person: Person, row: number) => this.#cell(desk, person, right, row, column, page.rows.length),
          })),
        ],
      })}
    </div>`;
  }

  #cell(desk: Desk, person: Person, right: Right, row: number, column: number, count: number) {
    const given = desk.grants.of(person, right);
    const pending = desk.grants.pending(person.id, right);
    const words = { right: t(`right_${right}`), name: nameOf(person) };
    const label = t(given ? 'cellOn' : 'cellOff', words);
    const [atRow, atColumn] = this.at;
    const tip = given ? t('givenByTip', givenBy(given)) : `${t(`about_${right}`)}: ${t('notGiven')}`;
    return html`<button
      class="box"
      role="checkbox"
      aria-checked=${given ? 'true' : 'false'}
      aria-busy=${pending ? 'true' : 'false'}
      aria-label=${label}
      title=${pending ? t('saving') : tip}
      data-cell="${row}:${column}"
      tabindex=${column === atColumn && row === Math.min(atRow, count - 1) ? '0' : '-1'}
      @focus=${() => (this.at = [row, column])}
      @click=${() => void desk.setRight(person, right, !given)}
    >
      ${given ? icon('check', 18) : nothing}
    </button>`;
  }

  #cellKeys = (event: KeyboardEvent): void => {
    const cell = (event.target as HTMLElement).dataset.cell;
    if (!cell || event.altKey || event.ctrlKey || event.metaKey) return;
    const [row = 0, column = 0] = cell.split(':').map(Number);
    const move = { ArrowDown: [1, 0], ArrowUp: [-1, 0], ArrowRight: [0, 1], ArrowLeft: [0, -1] }[event.key];
    if (!move) return;
    event.preventDefault();
    const [down = 0, on = 0] = move;
    this.renderRoot.querySelector<HTMLElement>(`[data-cell="${row + down}:${column + on}"]`)?.focus();
  };
}
define('tez-admin-matrix', TezAdminMatrix);
