import { html, nothing, type TemplateResult } from 'lit';
import { query } from 'lit/decorators.js';
import { define } from '../ui/element';
import { icon } from '../ui/icons';
import './account';
import type { TezNewAccount } from './account';
import type { Desk } from './desk';
import type { Listing } from './listing';
import { type Emptiness, ListSection } from './section';
import { t } from './strings';
import { type Column, table } from './table';
import { type PeoplePage, type Person, rights, standings } from './types';
import { seen, standing, who } from './who';

/** <tez-admin-people .desk>: everybody known here, to be searched, filtered, sorted and opened. */
export class TezAdminPeople extends ListSection<Person, PeoplePage> {
  protected override readonly countKey = 'foundPeople';
  @query('tez-new-account') private account!: TezNewAccount;

  protected override list(desk: Desk): Listing<Person, PeoplePage> {
    return desk.lists.people;
  }

  protected override empty(): Emptiness {
    return { icon: 'user', heading: t('noPeople'), text: t('noPeopleText') };
  }

  protected override tools(desk: Desk, page: PeoplePage | null): TemplateResult {
    const states = [...standings, 'disabled' as const].map((one) => [one, t(`standing_${one}`)] as const);
    const all = rights.map((one) => [one, t(`right_${one}`)] as const);
    const departments = (page?.departments ?? []).map((one) => [one, one] as const);
    return html`${this.searchBox(t('searchPeople'))}
      ${this.choice('standing', t('standing'), t('any'), states)}
      ${this.choice('permission', t('permission'), t('any'), all)}
      ${this.choice('department', t('department'), t('allDepartments'), departments)}
      <span class="end-tools">
        <button class="btn" @click=${() => this.account.open()}>${icon('user', 16)}${t('newAccount')}</button>
      </span>
      <tez-new-account .desk=${desk}></tez-new-account>`;
  }

  protected override rows(desk: Desk, page: PeoplePage): TemplateResult {
    const { sort = 'display_name', dir = 'asc' } = this.query;
    const columns: Column<Person>[] = [
      { label: t('display_name'), sort: 'display_name', cell: (person) => who(desk, person) },
      {
        label: t('department'),
        sort: 'department',
        className: 'second',
        blank: (person) => !person.department && !person.post,
        cell: (person) => html`<span>${person.department}<small>${person.post}</small></span>`,
      },
      { label: t('standing'), className: 'tight', cell: standing },
      {
        label: t('rightsOf'),
        blank: (person) => !rights.some((right) => desk.grants.of(person, right)),
        cell: (person) =>
          html`<span class="tags">${rights
            .filter((right) => desk.grants.of(person, right))
            .map(
              (right) =>
                html`<tez-badge tone=${right === 'admin' ? 'accent' : 'neutral'}>${t(`right_${right}`)}</tez-badge>`,
            )}</span>`,
      },
      {
        label: t('seen_at'),
        sort: 'seen_at',
        className: 'tight second',
        cell: (person) =>
          html`<span>${seen(person.seen_at)}${
            person.sessions ? html`<small>${t('foundSessions', { n: person.sessions })}</small>` : nothing
          }</span>`,
      },
    ];
    return table({
      label: t('people'),
      columns,
      rows: page.rows,
      key: (person) => person.id,
      classOf: (person) => `${person.id === desk.place.person ? 'chosen' : ''} ${person.active ? '' : 'off'}`,
      open: (person) => desk.go({ person: person.id }),
      sorting: {
        by: sort,
        descending: dir === 'desc',
        choose: (by, descending) => desk.filter({ sort: by, dir: descending ? 'desc' : 'asc' }),
      },
    });
  }
}
define('tez-admin-people', TezAdminPeople);
