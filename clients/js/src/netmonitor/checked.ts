import { css, html, nothing, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { table } from '../quality/table';
import { base, define, TezElement } from '../ui/element';
import '../ui/panel';
import { stacked, tables } from '../ui/sheets';
import { t } from './checked-strings';
import type { Asked } from './checks';
import { t as word } from './host-strings';
import { roundFacts, roundStyles } from './rounds';
import { reasonOf } from './states';
import type { Hop, Round, Trace } from './types';
import { millis } from './units';

/** <nav-network-checked .pinged .traced>: what came of the ping and the trace that were asked for. */
export class NavNetworkChecked extends TezElement {
  static override styles = [
    base,
    tables,
    roundStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .check {
        display: grid;
        gap: var(--tez-2);
      }
      .check + .check {
        margin-top: var(--tez-4);
      }
      p {
        margin: 0;
      }
      .rtts {
        font-variant-numeric: tabular-nums;
      }
      .fault {
        color: var(--tez-bad);
      }
      .quiet {
        color: var(--tez-text-3);
        font-size: var(--tez-s);
      }
    `,
    stacked(620),
  ];

  @property({ attribute: false }) pinged: Asked<Round> | null = null;
  @property({ attribute: false }) traced: Asked<Trace> | null = null;

  override render() {
    return html`<tez-panel .heading=${t('checkedNow')}
      >${this.#part(word('pingNow'), this.pinged, pingResult)}${this.#part(word('traceNow'), this.traced, traceResult)}</tez-panel
    >`;
  }

  #part<T>(name: string, asked: Asked<T> | null, result: (value: T) => TemplateResult) {
    if (!asked || !(asked.busy || asked.value || asked.fault)) return nothing;
    const { busy, value, fault } = asked;
    return html`<div class="check" role="status">
      <b>${name}</b>${busy ? html`<p class="quiet">${t('asking')}</p>` : fault || !value ? html`<p class="fault">${fault}</p>` : result(value)}
    </div>`;
  }
}
define('nav-network-checked', NavNetworkChecked);

function pingResult(round: Round): TemplateResult {
  return html`${round.error ? html`<p class="fault">${reasonOf(round.error)}</p>` : nothing}
    <p class="rtts">${round.rtts.map((rtt) => (rtt === null ? t('lost') : millis(rtt))).join(' · ')}</p>
    ${roundFacts(round)}`;
}

function traceResult({ hops, reached }: Trace): TemplateResult {
  return html`${reached ? nothing : html`<p class="fault">${t('notReached')}</p>`}
    ${table<Hop>(
      word('traceNow'),
      [
        { label: t('hop'), cell: (hop) => String(hop.ttl), end: true },
        { label: t('address'), cell: (hop) => hop.address ?? t('silentHop') },
        { label: t('hostName'), cell: (hop) => hop.name ?? '—', wrap: true },
        {
          label: t('times'),
          cell: (hop) => hop.rtts.map((rtt) => (rtt === null ? '×' : millis(rtt))).join(' · '),
          end: true,
        },
      ],
      hops,
    )}`;
}

declare global {
  interface HTMLElementTagNameMap {
    'nav-network-checked': NavNetworkChecked;
  }
}
