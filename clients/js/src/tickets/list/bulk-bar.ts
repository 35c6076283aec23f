/** The bar below the list: what is chosen and what can be done with it, or how a change of many goes. */

import { css, html, nothing, type TemplateResult } from 'lit';
import { icon } from '../../ui/icons';
import { reasonOf } from './api';
import type { BulkRun } from './bulk';
import { type Field, fields } from './change';
import { type Selection, sizeOf } from './selection';
import { t } from './strings';

export interface ChosenActs {
  ask(field: Field): void;
  all(): void;
  clear(): void;
}

const words = { status: 'status', priority: 'priority', assignee: 'assignee', comment: 'comment' } as const;

/** What is chosen of `total` that the filter finds. */
export function chosenBar(selection: Selection, total: number, act: ChosenActs): TemplateResult {
  const n = sizeOf(selection, total);
  return html`<div class="bulk" role="group" aria-label=${t('change')}>
    <span class="say" role="status">${t(selection.all ? 'allChosen' : 'chosen', { n })}</span>
    ${
      !selection.all && total > n
        ? html`<button class="btn small ghost all" @click=${act.all}>${t('chooseAll', { n: total })}</button>`
        : nothing
    }
    <span class="doing">
      ${fields.map((field) => html`<button class="btn small" @click=${() => act.ask(field)}>${t(words[field])}</button>`)}
    </span>
    <button class="btn ghost icon small" aria-label=${t('unchoose')} title=${`${t('unchoose')} (Esc)`} @click=${act.clear}>
      ${icon('close', 16)}
    </button>
  </div>`;
}

export interface RunActs {
  again(): void;
  retry(): void;
  undo(): void;
  close(): void;
}

/** How a change of many goes; when it is over, what failed and why. */
export function runBar(run: BulkRun, act: RunActs): TemplateResult {
  const { progress, failed } = run;
  const can = (label: string, go: () => void, name: 'undo' | 'refresh') =>
    html`<button class="btn small" @click=${go}>${icon(name, 16)}${label}</button>`;
  return html`<div class="bulk run" role="group" aria-label=${t('change')}>
    <span class="say" role="status">${said(run)}</span>
    ${
      run.running
        ? html`<progress
            aria-label=${t('change')}
            max=${progress.total || 1}
            value=${run.state === 'running' ? progress.done : nothing}
          ></progress>`
        : nothing
    }
    <span class="doing">
      ${run.state === 'refused' ? can(t('bulkAgain'), act.again, 'refresh') : nothing}
      ${run.state === 'done' && failed.length ? can(t('bulkRetry'), act.retry, 'refresh') : nothing}
      ${run.canUndo ? can(t('bulkUndo'), act.undo, 'undo') : nothing}
    </span>
    ${
      run.running
        ? nothing
        : html`<button class="btn ghost icon small" aria-label=${t('bulkClose')} title=${t('bulkClose')} @click=${act.close}>
            ${icon('close', 16)}
          </button>`
    }
    ${
      failed.length
        ? html`<details>
            <summary>${t('bulkReasons')}</summary>
            <ul role="list">
              ${failed.map((one) => html`<li><a href=${`/tasks/${one.id}`}>№ ${one.id}</a> ${one.message}</li>`)}
            </ul>
          </details>`
        : nothing
    }
  </div>`;
}

function said(run: BulkRun): string {
  switch (run.state) {
    case 'starting':
      return t('bulkStarting');
    case 'running':
      return t('bulkRunning', { done: run.progress.done, total: run.progress.total });
    case 'refused':
      return t('bulkRefused', { why: reasonOf(run.error) });
    case 'lost':
      return t('bulkLost', { why: reasonOf(run.error) });
    case 'done': {
      if (run.stopped) return t('bulkStopped', { done: run.succeeded, total: run.progress.total });
      const text = t(run.isUndo ? 'bulkUndone' : 'bulkDone', { n: run.succeeded });
      return run.failed.length ? `${text}, ${t('bulkFailed', { n: run.failed.length })}` : text;
    }
  }
}

export const bulkStyles = css`
  .bulk {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
    min-height: 44px;
    padding: var(--tez-1) var(--tez-2) var(--tez-1) var(--tez-4);
    border-top: 1px solid var(--tez-line);
    background: var(--tez-raised);
    font-size: var(--tez-s);
  }
  .bulk .say {
    font-weight: 600;
    font-variant-numeric: tabular-nums;
  }
  .bulk .doing {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-1);
    margin-inline-start: auto;
  }
  @container (max-width: 640px) {
    .bulk > .btn.icon {
      order: 1;
      margin-inline-start: auto;
    }
    .bulk .doing {
      order: 2;
      flex: 1 0 100%;
      margin-inline-start: 0;
    }
    .bulk details {
      order: 3;
    }
  }
  .bulk progress {
    width: calc(var(--tez-rem) * 10);
    accent-color: var(--tez-accent);
  }
  .bulk details {
    flex: 1 0 100%;
    max-height: calc(var(--tez-rem) * 10);
    overflow: auto;
  }
  .bulk summary {
    width: fit-content;
    min-height: 24px;
    cursor: pointer;
  }
  .bulk details ul {
    margin: 0;
    padding: 0 0 var(--tez-1);
    list-style: none;
  }
  .bulk a {
    color: var(--tez-accent-text);
  }
`;
