import { css, html, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import type { Boot } from '../inbox/session';
import { base, define } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/panel';
import '../ui/time';
import './picture';
import { Section } from './section';
import { type Key, t, word } from './strings';
import { sectionStyles } from './styles';
import type { ErpPart } from './types';

const fields = ['post', 'department', 'office', 'phone', 'email'] as const satisfies readonly (Key & keyof ErpPart)[];

/** <profile-me .store .boot>: who the ERP says one is, as of when, beside one's picture. Read only. */
export class ProfileMe extends Section {
  static override styles = [
    base,
    sectionStyles,
    css`
      .name {
        margin-bottom: var(--tez-3);
        font-size: var(--tez-xl);
        font-weight: 650;
        line-height: 1.25;
        overflow-wrap: anywhere;
      }
      dl {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        gap: var(--tez-1) var(--tez-4);
        margin: 0;
      }
      dt {
        color: var(--tez-text-3);
      }
      dd {
        margin: 0;
        overflow-wrap: anywhere;
      }
      dd.none {
        color: var(--tez-text-3);
      }
    `,
  ];

  @property({ attribute: false }) boot: Boot | null = null;

  override render() {
    const profile = this.store?.profile;
    if (!profile || !this.boot) return nothing;
    const { user } = this.boot;
    const name = profile.erp?.full_name || user.display_name || user.name;
    return html`<tez-panel .heading=${t('me')}>
      <div class="stack">
        <p class="name">${name}</p>
        <profile-picture .store=${this.store} .name=${name} .csrf=${this.boot.csrf}></profile-picture>
        ${this.#standing(profile.erp)}
        <dl>
          <dt>${t('login')}</dt>
          <dd>${user.name}</dd>
          ${
            profile.erp
              ? fields.map((field) => {
                  const value = profile.erp?.[field] ?? '';
                  return html`<dt>${t(field)}</dt><dd class=${value ? '' : 'none'}>${value || t('none')}</dd>`;
                })
              : nothing
          }
        </dl>
        ${this.#age(profile.erp)}
      </div>
    </tez-panel>`;
  }

  #standing(erp: ErpPart | null) {
    if (!erp || erp.standing === 'active') return nothing;
    return html`<p class="note bad">${icon('warn', 16)}${word(`standing_${erp.standing}`, erp.standing)}</p>`;
  }

  #age(erp: ErpPart | null) {
    if (!erp) return html`<p class="hint">${t('local')}</p>`;
    const state = this.store?.erp;
    if (typeof state === 'object')
      return html`<div class="note warn" role="status">
        ${icon('warn', 16)}
        <div>${t('erpAway')} <tez-time at=${erp.checked_at}></tez-time></div>
        <button class="btn small" @click=${() => void this.store?.look()}>${t('erpAsk')}</button>
      </div>`;
    return html`<p class="hint" role="status">
      ${state === 'asking' ? t('erpAsking') : html`${t('erpAsOf')} <tez-time at=${erp.checked_at}></tez-time>. ${t('erpWhere')}`}
    </p>`;
  }
}
define('profile-me', ProfileMe);
