import { css, html, nothing } from 'lit';
import { query } from 'lit/decorators.js';
import { clockTime, serverNow } from '../ui/clock';
import { base, define } from '../ui/element';
import { icon } from '../ui/icons';
import { notices } from '../ui/sheets';
import '../ui/states';
import { type Section, sections } from './address';
import './audit';
import './confirm';
import type { TezConfirm } from './confirm';
import type { Desk } from './desk';
import './devices';
import { DeskElement } from './element';
import './matrix';
import './people';
import './person';
import './sessions';
import { t } from './strings';

const parts = {
  people: (desk: Desk) => html`<tez-admin-people class="list" .desk=${desk}></tez-admin-people>`,
  matrix: (desk: Desk) => html`<tez-admin-matrix class="list" .desk=${desk}></tez-admin-matrix>`,
  sessions: (desk: Desk) => html`<tez-admin-sessions class="list" .desk=${desk}></tez-admin-sessions>`,
  devices: (desk: Desk) => html`<tez-admin-devices class="list" .desk=${desk}></tez-admin-devices>`,
  audit: (desk: Desk) => html`<tez-admin-audit class="list" .desk=${desk}></tez-admin-audit>`,
} as const satisfies Record<Section, unknown>;

/** <tez-admin .desk>: the sections as tabs with addresses of their own, and beside them the panel of one person. Slot `heading`. */
export class TezAdmin extends DeskElement {
  static override styles = [
    base,
    notices,
    css`
      :host {
        display: block;
        container-type: inline-size;
      }
      .top {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--tez-1) var(--tez-5);
        margin-bottom: var(--tez-3);
      }
      nav ul {
        display: flex;
        flex-wrap: wrap;
        gap: 2px;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      nav a {
        display: inline-flex;
        align-items: center;
        min-height: 32px;
        padding: 0 var(--tez-3);
        border-radius: var(--tez-radius);
        color: var(--tez-text-2);
        font-weight: 550;
        text-decoration: none;
      }
      nav a:hover {
        background: var(--tez-active);
        color: var(--tez-text);
      }
      nav a[aria-current] {
        background: var(--tez-accent-soft);
        color: var(--tez-accent-text);
      }
      .both {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--tez-4);
        align-items: start;
      }
      .both.open {
        grid-template-columns: minmax(0, 1fr) minmax(0, calc(var(--tez-rem) * 24));
      }
      tez-admin-person {
        position: sticky;
        top: 0;
        max-height: calc(100dvh - var(--tez-rem) * 5.5);
        overflow: auto;
        overscroll-behavior: contain;
      }
      .back {
        display: none;
      }
      @container (max-width: 960px) {
        .both.open {
          grid-template-columns: minmax(0, 1fr);
          gap: var(--tez-2);
        }
        .both.open .list {
          display: none;
        }
        .back {
          display: inline-flex;
          justify-self: start;
        }
        .back svg {
          transform: rotate(90deg);
        }
        tez-admin-person {
          position: static;
          max-height: none;
        }
      }
      @container (max-width: 560px) {
        .top,
        .both,
        .notice {
          padding-inline: var(--tez-3);
        }
        .top {
          padding-top: var(--tez-3);
        }
        nav ul {
          margin-inline: -10px;
        }
        nav a {
          padding: 0 10px;
        }
        .notice {
          border-radius: 0;
        }
      }
      @media (forced-colors: active) {
        nav a[aria-current] {
          outline: 2px solid Highlight;
        }
      }
    `,
  ];

  @query('tez-confirm') private confirm!: TezConfirm;

  protected override firstUpdated(): void {
    const desk = this.desk;
    if (!desk) return;
    desk.ask = (question) => this.confirm.ask(question);
  }

  override render() {
    const desk = this.desk;
    if (!desk) return nothing;
    const { section, person } = desk.place;
    return html`<div class="top">
        <slot name="heading"></slot>
        <nav aria-label=${t('sections')}>
          <ul role="list">
            ${sections.map(
              (one) => html`<li>
                <a href=${this.#href(desk, one)} aria-current=${one === section ? 'page' : nothing} @click=${(event: MouseEvent) => this.#choose(event, desk, one)}
                  >${t(one)}</a
                >
              </li>`,
            )}
          </ul>
        </nav>
      </div>
      ${
        desk.denied
          ? html`<tez-error .heading=${t('deniedTitle')} .text=${t('deniedText')} @retry=${() => desk.refresh()}></tez-error>`
          : desk.signedOut
            ? html`<tez-empty icon="exit" .heading=${t('signedOut')}><a class="btn" href="/users/login?next=${encodeURIComponent(location.pathname + location.search)}">${t('signIn')}</a></tez-empty>`
            : html`${this.#lost(desk)}
                <div class="both ${person === null ? '' : 'open'}" @leave=${() => void this.#leave(desk)}>
                  ${person === null ? nothing : html`<button class="btn ghost back" @click=${() => void this.#leave(desk)}>${icon('down', 16)}${t('back')}</button>`}
                  ${parts[section](desk)}
                  ${person === null ? nothing : html`<tez-admin-person role="complementary" aria-label=${t('person')} .desk=${desk}></tez-admin-person>`}
                </div>`
      }
      <tez-confirm></tez-confirm>`;
  }

  #lost(desk: Desk) {
    const at = desk.lists[desk.place.section].at;
    return html`<div role="status">
      ${desk.offline && at !== null ? html`<p class="notice">${icon('offline', 18)}${t('noLink', { time: clockTime(at, serverNow()) })}</p>` : nothing}
    </div>`;
  }

  #href(desk: Desk, section: Section): string {
    return desk.href({ section, person: null, query: desk.lists[section].shown ?? {} });
  }

  #choose(event: MouseEvent, desk: Desk, section: Section): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    desk.go({ section, person: null, query: desk.lists[section].shown ?? {} });
  }

  /** Closes the panel and gives the focus back to the row that it was opened from, else to the search. */
  async #leave(desk: Desk): Promise<void> {
    const { person } = desk.place;
    desk.go({ person: null });
    await this.updateComplete;
    const list = this.renderRoot.querySelector<DeskElement>('.list')?.renderRoot;
    const row = list?.querySelector<HTMLElement>(`[data-person="${person}"]`);
    (row ?? list?.querySelector<HTMLElement>('.tools input'))?.focus();
  }
}
define('tez-admin', TezAdmin);

declare global {
  interface HTMLElementTagNameMap {
    'tez-admin': TezAdmin;
  }
}
