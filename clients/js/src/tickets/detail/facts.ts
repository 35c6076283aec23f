import { css, html, nothing, type TemplateResult } from 'lit';
import { formatDate, formatNumber } from '../../i18n/index';
import '../../ui/badge';
import { serverNow } from '../../ui/clock';
import '../../ui/time';
import { icon } from '../../ui/icons';
import { face } from './face';
import { t, type Word } from './strings';
import type { Brief, Person, Task } from './types';

export const factStyles = css`
  .facts {
    min-width: 0;
    font-size: var(--tez-s);
  }
  .facts h2 {
    margin: var(--tez-4) 0 var(--tez-1);
    font-size: var(--tez-s);
    font-weight: 600;
  }
  .facts dl {
    display: grid;
    grid-template-columns: minmax(0, 2fr) minmax(0, 3fr);
    gap: 6px var(--tez-3);
    margin: 0;
  }
  .facts dt {
    color: var(--tez-text-3);
    overflow-wrap: anywhere;
  }
  .facts dd {
    min-width: 0;
    margin: 0;
    overflow-wrap: anywhere;
  }
  .facts ul {
    display: grid;
    gap: 2px;
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .facts .one {
    display: flex;
    align-items: center;
    gap: 6px;
    min-height: 24px;
  }
  .facts .issue {
    display: inline-block;
    min-height: 24px;
    line-height: 24px;
    color: var(--tez-accent-text);
  }
  .facts .closed {
    text-decoration: line-through;
  }
  .facts .unseen {
    color: var(--tez-text-3);
  }
  .facts .late {
    color: var(--tez-bad);
    font-weight: 600;
  }
  .facts .out {
    display: inline-flex;
    align-items: center;
    gap: 6px;
    min-height: 28px;
    margin-top: var(--tez-3);
    color: var(--tez-accent-text);
  }
`;

/** Everything about the ticket that is not its text, its history or its three pickers. */
export function facts(task: Task) {
  return html`<dl>${rows(task)}</dl>
    ${task.parent ? section('parent', [task.parent]) : nothing}
    ${task.children.length ? section('children', task.children) : nothing}
    ${
      task.relations.length
        ? html`<h2>${t('relations')}</h2>
            <ul>
              ${task.relations.map((one) => html`<li>${one.label}: ${brief(one.issue)}</li>`)}
            </ul>`
        : nothing
    }
    ${
      task.watchers.length
        ? html`<h2>${t('watchers')}</h2>
            <ul>
              ${task.watchers.map((one) => html`<li>${someone(one)}</li>`)}
            </ul>`
        : nothing
    }
    ${
      task.url
        ? html`<a class="out" href=${task.url} target="_blank" rel="noopener noreferrer">${icon('open', 16)}${t('inRedmine')}</a>`
        : nothing
    }`;
}

function rows(task: Task): TemplateResult[] {
  const out: TemplateResult[] = [];
  const row = (name: string, value: unknown): void => {
    if (value === null || value === undefined || value === '') return;
    out.push(html`<dt>${name}</dt><dd>${value}</dd>`);
  };
  row(t('author'), someone(task.author));
  if (task.requester)
    row(
      t('requester'),
      html`${task.requester.name || task.requester.email}${task.requester.name ? html`<br />${task.requester.email}` : nothing}`,
    );
  row(t('project'), task.project.name);
  row(t('tracker'), task.tracker.name);
  row(t('category'), task.category?.name);
  row(t('created'), html`<tez-time .at=${task.created_at}></tez-time>`);
  row(t('updated'), html`<tez-time .at=${task.updated_at}></tez-time>`);
  if (task.closed_at) row(t('closedAt'), html`<tez-time .at=${task.closed_at}></tez-time>`);
  row(t('start'), day(task.start_date));
  if (task.due_date)
    row(
      t('due'),
      isLate(task) ? html`<span class="late">${day(task.due_date)} · ${t('late')}</span>` : day(task.due_date),
    );
  if (task.done_ratio) row(t('done'), formatNumber(task.done_ratio / 100, { style: 'percent' }));
  if (task.estimated_hours) row(t('estimate'), t('hours', { n: task.estimated_hours }));
  for (const field of task.fields) row(field.name, valueText(field.value));
  return out;
}

function section(word: Word, issues: readonly Brief[]) {
  return html`<h2>${t(word)}</h2>
    <ul>
      ${issues.map((one) => html`<li>${brief(one)}</li>`)}
    </ul>`;
}

/** Another ticket as a link; one that this person may not see is only its number. */
export function brief(one: Brief) {
  if (one.subject === null) return html`<span class="unseen">#${one.id} · ${t('unseen')}</span>`;
  return html`<a class=${`issue ${one.status?.closed ? 'closed' : ''}`} href=${`/tasks/${one.id}`}>#${one.id} ${one.subject}</a>${
    one.status ? html` · ${one.status.name}` : nothing
  }`;
}

function someone(person: Person) {
  return html`<span class="one">${face(person)}<span>${person.name}${person.me ? html` (${t('me')})` : nothing}</span></span>`;
}

/** A date of the calendar, without a time of day and so without a zone. */
function day(date: string | null): string {
  const at = date ? Date.parse(`${date}T12:00:00Z`) : Number.NaN;
  return Number.isNaN(at) ? '' : formatDate(at, { day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' });
}

function isLate(task: Task): boolean {
  return !task.status.closed && (task.due_date ?? '9') < new Date(serverNow()).toISOString().slice(0, 10);
}

/** A custom field's value: text, several, or nothing. Redmine writes yes and no as 1 and 0, and means numbers by them too. */
function valueText(value: unknown): string {
  if (Array.isArray(value))
    return value
      .filter((one) => one !== null && one !== '')
      .map(String)
      .join(', ');
  return value === null || value === undefined ? '' : String(value);
}
