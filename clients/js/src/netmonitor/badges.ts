import { css, html } from 'lit';
import { property } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';
import '../ui/panel';
import { controls } from '../ui/sheets';
import type { ToastOptions } from '../ui/toasts';
import { t } from './host-strings';

const badges = ['state', 'uptime', 'response'] as const;

/** <nav-network-badges host name .say>: a host's pictures for other pages, with the text that shows them there. */
export class NavNetworkBadges extends TezElement {
  static override styles = [
    base,
    controls,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .badge {
        display: grid;
        gap: var(--tez-1);
      }
      .badge + .badge {
        margin-top: var(--tez-3);
      }
      .badge img {
        display: block;
        height: 20px;
      }
      .badge .line {
        display: flex;
        gap: var(--tez-1);
      }
      .badge input {
        flex: 1;
        min-width: 0;
        font-family: var(--tez-mono);
        font-size: var(--tez-xs);
      }
    `,
  ];

  @property() host = '';
  @property() name = '';
  @property({ attribute: false }) say: (toast: ToastOptions) => void = () => undefined;

  override render() {
    return html`<tez-panel .heading=${t('badges')}>
      ${badges.map((kind) => {
        const path = `/netmonitor/badges/${encodeURIComponent(this.host)}/${kind}.svg`;
        const text = `![${this.name}](${location.origin}${path})`;
        return html`<div class="badge">
          <img src=${path} alt=${t('badgeAlt', { kind: t(kind), name: this.name })} loading="lazy" />
          <span class="line"
            ><input class="control" readonly aria-label=${t('badgeCode', { kind: t(kind) })} .value=${text} @focus=${(event: FocusEvent) => (event.target as HTMLInputElement).select()} />
            <button class="btn small" @click=${() => void this.#copy(text)}>${t('copy')}</button></span
          >
        </div>`;
      })}
    </tez-panel>`;
  }

  async #copy(text: string): Promise<void> {
    try {
      await navigator.clipboard.writeText(text);
      this.say({ text: t('copied'), tone: 'ok' });
    } catch {
      this.say({ text: t('notCopied'), tone: 'bad' });
    }
  }
}
define('nav-network-badges', NavNetworkBadges);

declare global {
  interface HTMLElementTagNameMap {
    'nav-network-badges': NavNetworkBadges;
  }
}
