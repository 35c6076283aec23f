/** How a person looks in a list: picture, name as a link to the panel, login; and how they stand. */

import { html, nothing, type TemplateResult } from 'lit';
import { initials } from '../shell/shell';
import '../ui/badge';
import '../ui/state-dot';
import type { DotState } from '../ui/state-dot';
import '../ui/time';
import type { Desk } from './desk';
import { t } from './strings';
import type { Person, Standing } from './types';
import { nameOf } from './types';
import './face';

type Named = {
  readonly id: number;
  readonly name: string;
  readonly display_name: string;
  readonly avatar?: string | null;
};

export function who(desk: Desk, person: Named): TemplateResult {
  const name = nameOf(person);
  return html`<span class="who">
    <tez-face .letters=${initials(name)} .src=${person.avatar ?? null}></tez-face>
    <span>
      <a data-stop data-person=${person.id} href=${desk.href({ person: person.id })} @click=${(event: MouseEvent) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return; // a tab of its own
        event.preventDefault();
        desk.go({ person: person.id });
      }}>${name}</a>${person.id === desk.me.id ? html` <tez-badge tone="accent">${t('self')}</tez-badge>` : nothing}
      ${name === person.name ? nothing : html`<small>${person.name}</small>`}
    </span>
  </span>`;
}

type Shown = Pick<Person, 'standing' | 'active'>;

/** `disabled` here wins over what the ERP says; without ERP it is a local account. */
export function standingOf(person: Shown): Standing | 'disabled' | 'local' {
  return person.active ? (person.standing ?? 'local') : 'disabled';
}

const dots: Record<ReturnType<typeof standingOf>, DotState> = {
  active: 'ok',
  blocked: 'bad',
  none: 'warn',
  gone: 'unknown',
  disabled: 'off',
  local: 'ok',
};

export function standing(person: Shown): TemplateResult {
  const state = standingOf(person);
  return html`<tez-state-dot .state=${dots[state]} .label=${t(`standing_${state}`)}></tez-state-dot>`;
}

/** When somebody was last there. */
export function seen(at: string | null): TemplateResult {
  return at ? html`<tez-time at=${at}></tez-time>` : html`<span>${t('never')}</span>`;
}
