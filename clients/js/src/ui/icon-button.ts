import { css, html, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import { base, define, TezElement } from './element';
import { type IconName, icon } from './icons';

/** <tez-icon-button icon="bell" label="Уведомления">: an icon needs a name, so `label` is its accessible name and its tooltip. */
export class TezIconButton extends TezElement {
  static override shadowRootOptions: ShadowRootInit = { mode: 'open', delegatesFocus: true };
  static override styles = [
    base,
    css`
      :host {
        display: inline-block;
      }
    `,
  ];

  @property() icon: IconName = 'dots';
  @property() label = '';
  @property() size: 'normal' | 'small' = 'normal';
  @property({ type: Boolean }) disabled = false;
  /** null: not a toggle. */
  @property({ attribute: false }) pressed: boolean | null = null;

  constructor() {
    super();
    this.addEventListener('click', (event) => {
      if (this.disabled) event.stopImmediatePropagation();
    });
  }

  override render() {
    return html`<button
      type="button"
      class="btn ghost icon ${this.size}"
      aria-label=${this.label}
      title=${this.label}
      aria-pressed=${this.pressed === null ? nothing : String(this.pressed)}
      aria-disabled=${this.disabled ? 'true' : 'false'}
    >
      ${icon(this.icon)}
    </button>`;
  }
}
define('tez-icon-button', TezIconButton);
