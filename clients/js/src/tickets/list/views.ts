/** The strip of views above the list: each a link with its count and its unread mark. */

import { css, html, nothing, type TemplateResult } from 'lit';
import { formatNumber } from '../../i18n/index';
import { countText } from '../../ui/badge';
import { icon } from '../../ui/icons';
import { repeat } from '../../ui/repeat';
import { HOME, writePlace } from './place';
import { inStrip } from './saved-views';
import { isKey, t } from './strings';
import type { View } from './types';

/** What a view is called: ours in the language of the page, a person's as they wrote it. */
export function nameOf(view: View): string {
  const key = `view_${view.id}`;
  return view.builtin && isKey(key) ? t(key) : view.name;
}

/** The address of a view as it is. */
export function hrefOf(view: string): string {
  return `${HOME}${writePlace({ view, query: {}, ticket: null })}`;
}

export interface ViewActs {
  open(view: string): void;
  /** What can be done with the person's own view. */
  menu(anchor: Element): void;
}

/** `current` is the view of the address. */
export function viewStrip(views: readonly View[], current: string, act: ViewActs): TemplateResult {
  return html`<nav class="views" aria-label=${t('views')}>
    <ul role="list">
      ${repeat(
        views,
        (view) => view.id,
        (view) => html`<li>${link(view, view.id === current, act)}</li>`,
      )}
    </ul>
  </nav>`;
}

function link(view: View, here: boolean, act: ViewActs): TemplateResult {
  const name = nameOf(view);
  return html`<a
      href=${hrefOf(view.id)}
      aria-current=${here ? 'page' : nothing}
      @click=${(event: MouseEvent) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
        event.preventDefault();
        act.open(view.id);
      }}
      ><span class="name">${name}</span
      >${
        view.count === null
          ? nothing
          : html`<span class="count" title=${t('viewCount', { n: view.count })}>${formatNumber(view.count)}</span>`
      }${
        view.unread
          ? html`<span class="unread-count" title=${t('viewUnread', { n: view.unread })}
              ><span class="sr">${t('viewUnread', { n: view.unread })}</span
              ><span aria-hidden="true">${countText(view.unread)}</span></span
            >`
          : nothing
      }</a
    >${
      here && !view.builtin && view.source !== 'redmine'
        ? html`<button
            class="btn ghost icon small"
            aria-haspopup="menu"
            aria-label=${t('viewMenu', { name })}
            title=${t('viewMenu', { name })}
            @click=${(event: Event) => act.menu(event.currentTarget as Element)}
          >
            ${icon('dots', 16)}
          </button>`
        : nothing
    }`;
}

/** All of the strip as a menu: shown where the strip is too narrow for it. */
export function allViews(views: readonly View[], current: string, open: (view: string) => void): TemplateResult {
  return html`<tez-menu
    class="all"
    .label=${t('allViews')}
    .items=${inStrip(views, current).map((view) => ({
      id: view.id,
      label: nameOf(view),
      checked: view.id === current,
      ...(view.count === null ? {} : { hint: formatNumber(view.count) }),
    }))}
    @pick=${(event: CustomEvent<string>) => open(event.detail)}
    ><span slot="trigger">${icon('down', 16)}</span></tez-menu
  >`;
}

const watched = new WeakSet<Element>();
const FADED_PX = 24; // at the strip's end, as in the style below

/** On a narrow screen the strip shows a part of the views: the current one is to be in it, and that there are more is to be seen. */
export function revealView(root: ParentNode): void {
  const strip = root.querySelector<HTMLElement>('.views');
  if (!strip) return;
  reveal(strip);
  if (watched.has(strip) || typeof ResizeObserver === 'undefined') return;
  watched.add(strip);
  new ResizeObserver(() => reveal(strip)).observe(strip);
}

function reveal(strip: HTMLElement): void {
  strip.parentElement?.classList.toggle('over', strip.scrollWidth > strip.clientWidth);
  const here = strip.querySelector<HTMLElement>('[aria-current]');
  if (!here) return;
  const end = here.offsetLeft + here.offsetWidth + FADED_PX;
  if (here.offsetLeft < strip.scrollLeft || end > strip.scrollLeft + strip.clientWidth)
    strip.scrollLeft = here.offsetLeft - (strip.clientWidth - here.offsetWidth) / 2;
}

export const viewStyles = css`
  .views {
    position: relative; /* words for screen readers lie in here, not beside the page */
    min-width: 0;
    overflow-x: auto;
    scrollbar-width: none;
  }
  .over .views {
    mask-image: linear-gradient(to right, transparent, #000 12px calc(100% - 24px), transparent);
  }
  .strip:not(.over) .all {
    display: none;
  }
  .views ul {
    display: flex;
    gap: 2px;
    margin: 0;
    padding: 2px var(--tez-3);
    list-style: none;
  }
  .over .views ul {
    width: max-content;
    padding-inline-end: 24px; /* scrolled to its end, nothing is faded */
  }
  .views li {
    display: flex;
    flex: none;
    align-items: center;
  }
  .views a {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: calc(var(--tez-rem) * 1.875);
    padding: 0 10px;
    border-radius: var(--tez-radius);
    color: var(--tez-text-2);
    font-size: var(--tez-m);
    text-decoration: none;
    white-space: nowrap;
  }
  .views a:hover {
    background: var(--tez-hover);
  }
  .views a:focus-visible {
    outline-offset: -2px;
  }
  .views a[aria-current] {
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-weight: 600;
  }
  .count {
    color: var(--tez-text-3);
    font-size: var(--tez-s);
    font-weight: 400;
    font-variant-numeric: tabular-nums;
  }
  .views a[aria-current] .count {
    color: inherit;
  }
  .unread-count {
    min-width: 18px;
    padding: 0 5px;
    border-radius: 9px;
    background: var(--tez-accent);
    color: var(--tez-on-accent);
    font-size: var(--tez-xs);
    font-weight: 600;
    font-variant-numeric: tabular-nums;
    line-height: 18px;
    text-align: center;
  }
  @media (forced-colors: active) {
    .views a[aria-current] {
      outline: 2px solid Highlight;
      outline-offset: -2px;
    }
    .unread-count {
      forced-color-adjust: none;
    }
  }
`;
