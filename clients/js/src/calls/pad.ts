import { css, html } from 'lit';
import { property, state } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';
import { isTone } from './look';
import { t } from './strings';
import { keyStyles } from './styles';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'] as const;

/** <tez-calls-pad>: twelve keys, also by the keyboard while the focus is on them. Fires `tone` for each; with `shows` what was pressed stands above. */
export class TezCallsPad extends TezElement {
  static override styles = [
    base,
    keyStyles,
    css`
      :host {
        display: block;
      }
      output {
        display: block;
        min-height: 28px;
        overflow: hidden;
        font-size: var(--tez-l);
        font-variant-numeric: tabular-nums;
        letter-spacing: 0.08em;
        text-align: center;
        text-overflow: ellipsis;
        white-space: nowrap;
        direction: rtl;
      }
      output bdi {
        direction: ltr;
      }
      .pad {
        display: grid;
        grid-template-columns: repeat(3, minmax(0, 1fr));
        gap: 6px;
        max-width: calc(var(--tez-rem) * 17);
        margin: 0 auto;
      }
      .key {
        font-size: var(--tez-l);
        font-variant-numeric: tabular-nums;
      }
    `,
  ];

  @property({ type: Boolean }) shows = false;
  @property({ type: Boolean }) barred = false;
  @state() private sent = '';

  override focus(): void {
    this.renderRoot.querySelector<HTMLElement>('button')?.focus();
  }

  #press(tone: string): void {
    if (!this.barred) this.sent = (this.sent + tone).slice(-32);
    this.emit('tone', tone);
  }

  override render() {
    return html`${this.shows ? html`<output aria-label=${t('tones')}><bdi>${this.sent}</bdi></output>` : ''}
      <div
        class="pad"
        role="group"
        aria-label=${t('keypad')}
        @keydown=${(event: KeyboardEvent) => {
          if (event.ctrlKey || event.metaKey || event.altKey || !isTone(event.key)) return;
          event.preventDefault();
          event.stopPropagation();
          this.#press(event.key);
        }}
      >
        ${KEYS.map(
          (key) => html`<button
            type="button"
            class="btn key"
            data-tone=${key}
            aria-label=${key === '*' ? t('star') : key === '#' ? t('hash') : key}
            aria-disabled=${this.barred ? 'true' : 'false'}
            @click=${() => this.#press(key)}
          >
            ${key}
          </button>`,
        )}
      </div>`;
  }
}
define('tez-calls-pad', TezCallsPad);
