/** The call panel in its states, on made-up calls. */

import { css, html } from 'lit';
import { state } from 'lit/decorators.js';
import '../calls/panel';
import '../calls/team';
import { base, define, TezElement } from '../ui/element';
import { states, storeIn } from './calls-data';

/** <tez-gallery-calls only="ringing">: the panel in every state, or in one. */
export class TezGalleryCalls extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr));
        gap: var(--tez-4);
        align-items: start;
      }
      h3 {
        margin: 0 0 var(--tez-2);
        color: var(--tez-text-3);
        font-size: var(--tez-s);
        font-weight: 550;
      }
      .frame {
        display: grid;
        height: 640px;
        overflow: hidden;
        border: 1px solid var(--tez-line);
        border-radius: var(--tez-radius-l);
      }
      .frame.bar {
        height: auto;
        overflow: visible;
      }
      .wide {
        grid-column: 1 / -1;
      }
      tez-calls[dock] {
        width: auto;
        border: 0;
      }
    `,
  ];

  @state() private all = Object.keys(states).map((name) => ({ name, ...storeIn(name) }));
  @state() private bars = ['ready', 'ringing', 'talking'].map((name) => ({ name, ...storeIn(name) }));

  override render() {
    const first = this.all[0];
    return html`${this.all.map(
      ({ name, store }) => html`<div>
        <h3>${name}</h3>
        <div class="frame"><tez-calls id=${`calls-${name}`} dock="window" .label=${name} .store=${store}></tez-calls></div>
      </div>`,
    )}
    ${this.bars.map(
      ({ name, store }) => html`<div class="wide">
        <h3>${name}, bar</h3>
        <div class="frame bar"><tez-calls dock="bar" fixed .label=${`${name}, bar`} .store=${store}></tez-calls></div>
      </div>`,
    )}
      <div class="wide">
        <h3>team</h3>
        <tez-team team="5" .store=${first?.store ?? null}></tez-team>
      </div>`;
  }
}
define('tez-gallery-calls', TezGalleryCalls);
