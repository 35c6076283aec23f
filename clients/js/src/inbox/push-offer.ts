import { css, html, nothing } from 'lit';
import { property, state } from 'lit/decorators.js';
import { onTick } from '../ui/clock';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { t as word } from '../ui/strings';
import { noteStyles } from './note';
import { t } from './strings';

/** What the list needs of push: where it stands and how to turn it on. */
export interface PushControl {
  readonly state: 'off' | 'on' | 'denied' | 'unsupported';
  enable(): Promise<void>;
}

const LATER = 'tez.push.later';

/** <tez-push-offer .push>: offers to turn push on and says how that went; draws nothing when it is on, impossible or not wanted. */
export class TezPushOffer extends TezElement {
  static override styles = [
    base,
    noteStyles,
    css`
      :host {
        display: contents;
      }
    `,
  ];

  @property({ attribute: false }) push: PushControl | null = null;
  /** Where `push` stands: handed down so that a change of it is drawn. */
  @property() pushState: PushControl['state'] = 'unsupported';
  /** No offer now, the link is down; the outcome of an earlier one stays. */
  @property({ type: Boolean }) held = false;
  @state() private outcome: 'pushFailed' | 'pushDone' | 'pushDenied' | null = null;
  #untick: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#untick = onTick(() => this.requestUpdate()); // "later" may be said in another tab
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#untick?.();
  }

  async #enable(): Promise<void> {
    try {
      await this.push?.enable();
      this.outcome = this.push?.state === 'on' ? 'pushDone' : this.push?.state === 'denied' ? 'pushDenied' : null;
    } catch {
      this.outcome = 'pushFailed';
    }
    this.requestUpdate();
  }

  #later(): void {
    remember(LATER);
    this.requestUpdate();
  }

  override render() {
    if (this.outcome) {
      return html`<div class="note" role="status">
        <span>${t(this.outcome)}</span>
        <button class="btn ghost icon small" aria-label=${word('close')} title=${word('close')} @click=${() => (this.outcome = null)}>
          ${icon('close', 16)}
        </button>
      </div>`;
    }
    if (this.push?.state !== 'off' || this.held || remembered(LATER)) return nothing;
    return html`<div class="note">
      <span><b>${t('push')}</b>${t('pushWhy')}</span>
      <button class="btn primary small" @click=${this.#enable}>${t('pushOn')}</button>
      <button class="btn ghost small" @click=${this.#later}>${t('pushLater')}</button>
    </div>`;
  }
}
define('tez-push-offer', TezPushOffer);

function remembered(key: string): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}

function remember(key: string): void {
  try {
    localStorage.setItem(key, '1');
  } catch {
    // then it is asked again on the next page
  }
}
