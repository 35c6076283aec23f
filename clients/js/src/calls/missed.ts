import { css, html, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { repeat } from '../ui/repeat';
import '../ui/time';
import { glyph } from './icons';
import type { CallStore, View } from './store';
import { t } from './strings';
import { keyStyles } from './styles';
import { barredText, numberText } from './words';

/** <tez-calls-missed .store .view>: the calls that nobody took; calling back and clearing act at once. */
export class TezCallsMissed extends TezElement {
  static override styles = [
    base,
    keyStyles,
    css`
      :host {
        display: block;
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        gap: var(--tez-2);
        min-height: 32px;
      }
      li {
        display: flex;
        align-items: center;
        gap: 6px;
        padding: 4px 0;
      }
      li + li {
        border-top: 1px solid var(--tez-line);
      }
      .who {
        flex: 1;
        min-width: 0;
        line-height: 1.3;
        overflow-wrap: anywhere;
      }
      .who b {
        display: block;
        font-weight: 550;
      }
    `,
  ];

  @property({ attribute: false }) store: CallStore | null = null;
  @property({ attribute: false }) view: View | null = null;

  /** The focus goes to the next line, or to the panel when there is none. */
  async #clear(ids?: readonly string[], at = 0): Promise<void> {
    void this.store?.clearMissed(ids);
    await new Promise((done) => setTimeout(done)); // the panel hands the new view down in between
    const keys = this.renderRoot.querySelectorAll<HTMLElement>('[data-key^=forget]');
    const next = keys[Math.min(at, keys.length - 1)];
    if (next) next.focus();
    else this.emit('emptied');
  }

  #callBack(id: string, number: string): void {
    void this.store?.makeCall(number).then((fault) => {
      if (!fault) void this.store?.clearMissed([id]);
    });
  }

  override render() {
    const { view } = this;
    if (!view?.missed.length) return nothing;
    return html`<header>
        <h2>${t('missed', { n: view.missed.length })}</h2>
        <button class="btn small" type="button" data-key="clear-missed" aria-disabled=${view.barred === 'offline' ? 'true' : 'false'} @click=${() => void this.#clear()}>${t('clearAll')}</button>
      </header>
      <ul class="plain" role="list">
        ${repeat(
          view.missed,
          ({ id }) => id,
          (missed, i) => {
            const number = numberText(missed.number);
            const name = missed.name || number;
            const detail = [missed.name ? number : '', missed.queue].filter(Boolean).join(' · ');
            return html`<li>
              <div class="who">
                <b>${name}</b><span class="muted">${detail ? `${detail} · ` : ''}<tez-time .at=${missed.at}></tez-time></span>
              </div>
              ${
                missed.number
                  ? html`<button
                      class="btn key square"
                      type="button"
                      data-key="call-back"
                      aria-label=${t('callBack', { who: name })}
                      title=${view.barred ? barredText(view.barred) : t('callBack', { who: name })}
                      aria-disabled=${view.barred ? 'true' : 'false'}
                      @click=${() => this.#callBack(missed.id, missed.number)}
                    >
                      ${glyph('call')}
                    </button>`
                  : nothing
              }
              <button
                class="btn key square ghost"
                type="button"
                data-key="forget"
                aria-label=${t('forget', { who: name })}
                title=${t('forget', { who: name })}
                aria-disabled=${view.barred === 'offline' ? 'true' : 'false'}
                @click=${() => void this.#clear([missed.id], i)}
              >
                ${icon('close', 16)}
              </button>
            </li>`;
          },
        )}
      </ul>`;
  }
}
define('tez-calls-missed', TezCallsMissed);
