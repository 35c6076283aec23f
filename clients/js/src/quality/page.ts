import { html, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import type { Hub, Undo } from '../hub/index';
import { serverNow } from '../ui/clock';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { notices } from '../ui/sheets';
import '../ui/panel';
import '../ui/states';
import type { Api, By, Options } from './api';
import type { Drafts } from './draft';
import './figures';
import { type Scope, usual } from './filters';
import './issues';
import type { Live } from './live';
import { Load } from './load';
import './review';
import { measured, pageStyles } from './page-styles';
import { type Place, readPlace, type Tab, tabs, writePlace } from './place';
import { noSearch, type Search } from './search';
import { t } from './strings';
import { qualityStyles } from './styles';

const names = { figures: 'tabFigures', issues: 'tabIssues', review: 'tabReview' } as const;

/** <tez-quality .api .hub .live .drafts zone>: the quality section; where one is stands in the address. Slot `heading`. */
export class TezQuality extends TezElement {
  static override styles = [base, notices, qualityStyles, pageStyles, measured];

  @property({ attribute: false }) api: Api | null = null;
  @property({ attribute: false }) hub: Pick<Hub, 'status' | 'on'> | null = null;
  @property({ attribute: false }) live: Live | null = null;
  @property({ attribute: false }) drafts: Drafts | null = null;
  @property() zone = 'UTC';
  @state() private tab: Tab = 'figures';
  @state() private scope: Scope | null = null;
  @state() private by: By = 'week';
  @state() private search: Search = noSearch;
  @state() private sample = 0;

  readonly #options = new Load<Options>(this, () => t('loadFailed'));
  #undos: Undo[] = [];
  #back = () => this.#read();

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('popstate', this.#back);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('popstate', this.#back);
    for (const undo of this.#undos.splice(0)) undo();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!this.scope) this.#read();
    if (changed.has('api')) this.#ask();
    if (!changed.has('hub') && !changed.has('live')) return;
    for (const undo of this.#undos.splice(0)) undo();
    if (this.hub) this.#undos.push(this.hub.on('status', () => this.requestUpdate()));
    if (this.live) this.#undos.push(this.live.onState(() => this.requestUpdate()));
  }

  #ask(): void {
    const { api } = this;
    if (api) void this.#options.run(() => api.get<Options>('/options'));
  }

  #read(): void {
    const place = readPlace(location.search, usual(this.zone, serverNow()));
    Object.assign(this, place);
  }

  #go(change: Partial<Place>, push = false): void {
    Object.assign(this, change);
    const { tab, scope, by, search, sample } = this;
    if (!scope) return;
    const text = writePlace({ tab, scope, by, search, sample }, usual(this.zone, serverNow()));
    history[push ? 'pushState' : 'replaceState'](null, '', location.pathname + text);
  }

  get #offline(): boolean {
    return this.hub !== null && this.hub.status.state !== 'open' && this.hub.status.state !== 'connecting';
  }

  override render() {
    const denied = this.live?.denied || this.#options.denied;
    return html`<div class="top">
        <slot name="heading"></slot>
        <div role="tablist" aria-label=${t('tabs')} @keydown=${this.#key}>
          ${tabs.map(
            (tab) =>
              html`<button
                role="tab"
                id=${`tab-${tab}`}
                aria-controls="panel"
                aria-selected=${this.tab === tab ? 'true' : 'false'}
                tabindex=${this.tab === tab ? 0 : -1}
                @click=${() => this.#go({ tab, sample: 0 }, true)}
              >
                ${t(names[tab])}
              </button>`,
          )}
        </div>
      </div>
      ${this.#offline ? html`<p class="notice" role="status">${icon('offline', 18)}<span>${t('offline')}</span></p>` : ''}
      <div id="panel" role="tabpanel" aria-labelledby=${`tab-${this.tab}`}>
        ${
          denied
            ? html`<tez-panel .heading=${t(names[this.tab])}
                ><tez-error
                  .heading=${t('deniedTitle')}
                  .text=${t('deniedText')}
                  @retry=${() => {
                    this.live?.retry();
                    this.#ask();
                  }}
                ></tez-error
              ></tez-panel>`
            : this.#body()
        }
      </div>`;
  }

  #body() {
    const options = this.#options.value;
    const scoped = (event: CustomEvent<Scope>) => this.#go({ scope: event.detail });
    switch (this.tab) {
      case 'figures':
        return html`<tez-quality-figures
          .api=${this.api}
          .options=${options}
          .live=${this.live}
          .scope=${this.scope}
          .by=${this.by}
          zone=${this.zone}
          @scope=${scoped}
          @by=${(event: CustomEvent<By>) => this.#go({ by: event.detail })}
        ></tez-quality-figures>`;
      case 'issues':
        return html`<tez-quality-issues
          .api=${this.api}
          .options=${options}
          .live=${this.live}
          .search=${this.search}
          @search=${(event: CustomEvent<Search>) => this.#go({ search: event.detail })}
        ></tez-quality-issues>`;
      case 'review':
        return html`<tez-quality-review
          .api=${this.api}
          .options=${options}
          .drafts=${this.drafts}
          .scope=${this.scope}
          sample=${this.sample}
          zone=${this.zone}
          @scope=${scoped}
          @sample=${(event: CustomEvent<number>) => this.#go({ sample: event.detail }, true)}
        ></tez-quality-review>`;
    }
  }

  /** Arrows go round the tabs, as the pattern for tabs has it (WAI-ARIA Authoring Practices). */
  #key(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const tab = tabs[(tabs.indexOf(this.tab) + step + tabs.length) % tabs.length] ?? 'figures';
    this.#go({ tab, sample: 0 }, true);
    void this.updateComplete.then(() => this.renderRoot.querySelector<HTMLElement>(`#tab-${tab}`)?.focus());
  }
}
define('tez-quality', TezQuality);

declare global {
  interface HTMLElementTagNameMap {
    'tez-quality': TezQuality;
  }
}
