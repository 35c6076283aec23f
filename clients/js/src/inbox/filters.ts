import { css, html, nothing } from 'lit';
import type { Kind } from '../hub/index';
import { icon } from '../ui/icons';
import type { Filter } from './model';
import { t } from './strings';

/** The kinds to choose from, when there is a choice, and "unread only". */
export function filterBar(filter: Filter, offered: readonly Kind[], set: (filter: Filter) => void) {
  const chip = (kind: Kind | null, label: string) =>
    html`<button
      class="chip"
      aria-pressed=${filter.kind === kind ? 'true' : 'false'}
      @click=${() => set({ ...filter, kind })}
    >
      ${label}
    </button>`;
  return html`<div class="filters" role="group" aria-label=${t('filters')}>
    ${offered.length > 1 ? [chip(null, t('all')), ...offered.map((kind) => chip(kind, t(kind)))] : nothing}
    <button
      class="chip box push"
      aria-pressed=${filter.unread ? 'true' : 'false'}
      @click=${() => set({ ...filter, unread: !filter.unread })}
    >
      <i>${filter.unread ? icon('check', 11) : nothing}</i>${t('unreadOnly')}
    </button>
  </div>`;
}

export const filterStyles = css`
  .filters {
    display: flex;
    flex-wrap: wrap;
    gap: 4px;
    padding: 0 var(--tez-3) var(--tez-2);
  }
  .filters .push {
    margin-inline-start: auto;
  }
  .chip {
    min-height: 26px;
    padding: 0 10px;
    border: 1px solid transparent;
    border-radius: 13px;
    background: transparent;
    color: var(--tez-text-2);
    font: inherit;
    font-size: var(--tez-s);
    cursor: pointer;
  }
  .chip:hover {
    background: var(--tez-hover);
  }
  .chip[aria-pressed='true'] {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-weight: 600;
  }
  .chip.box {
    display: inline-flex;
    align-items: center;
    gap: 6px;
  }
  .chip.box i {
    width: 14px;
    height: 14px;
    border: 1.5px solid var(--tez-line-strong);
    border-radius: 4px;
    color: transparent;
  }
  .chip.box[aria-pressed='true'] i {
    border-color: var(--tez-accent);
    background: var(--tez-accent);
    color: var(--tez-on-accent);
  }
  @container (max-width: 560px) {
    .filters {
      flex-wrap: nowrap;
      overflow-x: auto;
      scrollbar-width: none;
    }
    .chip {
      flex: none;
    }
    .filters .push {
      order: -1;
      margin-inline-start: 0;
    }
  }
  @media (forced-colors: active) {
    .chip.box[aria-pressed='true'] i {
      background: Highlight;
      forced-color-adjust: none;
    }
    .chip[aria-pressed='true'] {
      border-color: Highlight;
    }
  }
`;
