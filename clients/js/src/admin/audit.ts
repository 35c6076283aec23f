import { css, html, nothing, type TemplateResult } from 'lit';
import { formatDate } from '../i18n/index';
import { exactTime } from '../ui/clock';
import { define } from '../ui/element';
import { icon } from '../ui/icons';
import { moments, searchOf } from './api';
import type { Desk } from './desk';
import { actionName, diff, type FieldDiff } from './diff';
import type { Listing } from './listing';
import { type Emptiness, ListSection } from './section';
import { t } from './strings';
import { table } from './table';
import type { AuditLine, AuditPage } from './types';

/** <tez-admin-audit .desk>: who did what to whom, before and after, when, from where. Nothing here can be changed. */
export class TezAdminAudit extends ListSection<AuditLine, AuditPage> {
  static override styles = [
    ...ListSection.styles,
    css`
      .diff {
        display: grid;
        gap: 2px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .diff b {
        color: var(--tez-text-3);
        font-weight: 400;
      }
      .diff b::after {
        content: ':';
      }
      del {
        color: var(--tez-bad);
        text-decoration-thickness: 1px;
      }
      ins {
        color: var(--tez-ok);
        font-weight: 550;
        text-decoration: none;
      }
      .field.name {
        flex: 0 1 calc(var(--tez-rem) * 11);
      }
      .wrong {
        align-self: center;
        margin: 0;
        color: var(--tez-bad);
        font-size: var(--tez-s);
      }
      @container (max-width: 560px) {
        .tools > .field.name {
          flex: 1 1 40%;
        }
        .diff {
          justify-items: end;
        }
        small {
          display: inline;
          margin-inline-start: 4px;
        }
      }
    `,
  ];

  protected override readonly countKey = 'foundLines';

  protected override list(desk: Desk): Listing<AuditLine, AuditPage> {
    return desk.lists.audit;
  }

  protected override empty(): Emptiness {
    return { icon: 'clock', heading: t('noAudit'), text: '' };
  }

  protected override tools(_desk: Desk, page: AuditPage | null): TemplateResult {
    const { offset: _offset, ...filter } = this.query;
    const actions = (page?.actions ?? [])
      .map((code) => [code, actionName(code)] as const)
      .sort(([, a], [, b]) => a.localeCompare(b));
    const { from = '', to = '' } = this.query;
    const wrong = from !== '' && to !== '' && from > to;
    return html`${this.#text('actor', t('actor'))} ${this.#text('subject', t('subject'))}
      ${this.choice('action', t('action'), t('allActions'), actions)}
      ${this.#date('from', t('from'), wrong)} ${this.#date('to', t('to'), wrong)}
      ${wrong ? html`<p class="wrong" role="alert">${t('wrongDates')}</p>` : nothing}
      <span class="end-tools">
        <a class="btn" href="/admin/api/audit.csv${searchOf(moments(filter))}" download title=${t('csvWhy')}>${icon('down', 16)}${t('csv')}</a>
      </span>`;
  }

  #text(name: string, label: string): TemplateResult {
    return this.searchBox('', name, label, 'name');
  }

  #date(name: string, label: string, wrong: boolean): TemplateResult {
    const value = this.query[name] ?? '';
    return html`<label class="field"
      >${label}
      <input
        class="control ${value ? 'set' : ''}"
        type="date"
        max="9999-12-31"
        .value=${value}
        aria-invalid=${wrong ? 'true' : nothing}
        @change=${(event: Event) => this.desk?.filter({ [name]: (event.target as HTMLInputElement).value })}
      />
    </label>`;
  }

  protected override rows(desk: Desk, page: AuditPage): TemplateResult {
    return table<AuditLine>({
      label: t('audit'),
      rows: page.rows,
      key: (line) => line.id,
      columns: [
        { label: t('when'), className: 'tight mono', cell: (line) => when(line.at) },
        { label: t('actor'), cell: (line) => named(desk, line.actor, line.actor_id) },
        { label: t('action'), cell: (line) => html`<span title=${line.action}>${actionName(line.action)}</span>` },
        {
          label: t('subject'),
          blank: (line) => !line.subject,
          cell: (line) => named(desk, line.subject, line.subject_id),
        },
        { label: t('change'), blank: (line) => diff(line).length === 0, cell: changes },
        {
          label: t('where'),
          className: 'mono second',
          blank: (line) => !line.address,
          cell: (line) => html`<span title=${line.agent}>${line.address}</span>`,
        },
      ],
    });
  }
}
define('tez-admin-audit', TezAdminAudit);

function when(at: string): TemplateResult {
  const ms = Date.parse(at);
  return html`<time datetime=${at} title=${exactTime(ms)}
    >${formatDate(ms, { day: '2-digit', month: '2-digit', year: 'numeric' })}<small
      >${formatDate(ms, { hour: '2-digit', minute: '2-digit', second: '2-digit' })}</small
    ></time
  >`;
}

function named(desk: Desk, name: string, id: number | null): TemplateResult {
  if (id === null) return html`<span>${name}</span>`;
  return html`<span class="who"
    ><a
      data-stop
      data-person=${id}
      href=${desk.href({ person: id })}
      @click=${(event: MouseEvent) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        desk.go({ person: id });
      }}
      >${name || `№ ${id}`}</a
    ></span
  >`;
}

function changes(line: AuditLine): TemplateResult {
  return html`<ul class="diff" role="list">
    ${diff(line).map((one) => html`<li><b>${one.field}</b> ${value(one)}</li>`)}
  </ul>`;
}

function value({ before, after }: FieldDiff): TemplateResult {
  if (after === undefined) return html`<span>${before}</span>`;
  const became =
    after === null
      ? html`<span>${t('nothingThere')}</span>`
      : html`<ins><span class="sr">${t('became')} </span>${after}</ins>`;
  if (before === undefined || (before === null && after !== null)) return became;
  return html`<del><span class="sr">${t('was')} </span>${before ?? t('nothingThere')}</del><span aria-hidden="true"> → </span>${became}`;
}
