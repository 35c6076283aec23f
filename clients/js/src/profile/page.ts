import { css, html, type PropertyValues } from 'lit';
import { property } from 'lit/decorators.js';
import type { Hub, Undo } from '../hub/index';
import type { Boot } from '../inbox/session';
import type { Theme } from '../shell/theme';
import { base, define } from '../ui/element';
import '../ui/panel';
import '../ui/states';
import './look';
import './me';
import './notices';
import './quiet-hours';
import { Section } from './section';
import './sessions';
import './signature';
import { t, why } from './strings';
import './vpn';

/** <tez-profile .store .boot .hub theme>: all that one sees and sets about oneself. Slot `heading`. */
export class TezProfile extends Section {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        container-type: inline-size;
      }
      ::slotted(h1) {
        min-height: var(--tez-control);
        margin: 0 0 var(--tez-3);
      }
      .columns {
        display: grid;
        grid-template-columns: repeat(2, minmax(0, 1fr));
        align-items: start;
        gap: var(--tez-4);
        max-width: calc(var(--tez-rem) * 84);
      }
      .column {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--tez-4);
      }
      @container (max-width: 860px) {
        .columns {
          grid-template-columns: minmax(0, 1fr);
        }
      }
    `,
  ];

  @property({ attribute: false }) boot: Boot | null = null;
  @property({ attribute: false }) hub: Pick<Hub, 'on'> | null = null;
  @property() theme: Theme = 'system';
  #undoHub: Undo | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#undoHub?.();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has('store')) void this.store?.load();
    if (changed.has('hub')) {
      this.#undoHub?.();
      // back on line: what could not be asked meanwhile is asked again
      this.#undoHub = this.hub?.on('welcome', (welcome) => {
        if (!welcome.again) return;
        if (this.store?.failed) void this.store.load();
        else if (typeof this.store?.erp === 'object') void this.store.look();
      });
    }
  }

  override render() {
    return html`<slot name="heading"></slot>${this.#body()}`;
  }

  #body() {
    const { store } = this;
    const retry = () => void store?.load();
    if (!store?.profile) {
      if (store?.failed)
        return html`<tez-panel .heading=${t('me')}
          ><tez-error .heading=${t('failedTitle')} .text=${why(store.failed)} @retry=${retry}></tez-error
        ></tez-panel>`;
      return html`<tez-panel flush .heading=${t('me')}><tez-loading @retry=${retry}></tez-loading></tez-panel>`;
    }
    return html`<div class="columns">
      <div class="column">
        <profile-me .store=${store} .boot=${this.boot}></profile-me>
        ${store.profile.vpn ? html`<profile-vpn .store=${store}></profile-vpn>` : ''}
        <profile-signature .store=${store}></profile-signature>
      </div>
      <div class="column">
        <profile-look .store=${store} .theme=${this.theme}></profile-look>
        <profile-notices .store=${store}></profile-notices>
        <profile-quiet .store=${store}></profile-quiet>
        <profile-sessions .store=${store}></profile-sessions>
      </div>
    </div>`;
  }
}
define('tez-profile', TezProfile);

declare global {
  interface HTMLElementTagNameMap {
    'tez-profile': TezProfile;
  }
}
