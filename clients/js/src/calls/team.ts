import { css, html, nothing, type PropertyValues } from 'lit';
import { property, state } from 'lit/decorators.js';
import { locale } from '../i18n/index';
import { base, define, TezElement } from '../ui/element';
import { repeat } from '../ui/repeat';
import '../ui/states';
import { outline } from './icons';
import { shapeOf } from './look';
import { foldTeam, noTeam } from './model';
import { stateWord } from './state-bar';
import type { CallStore } from './store';
import { t } from './strings';
import { keyStyles } from './styles';
import './timer';
import type { Member, TeamView } from './types';
import { reasonText } from './words';

/** Whoever needs to be seen first: at work before at rest, signed out last. */
const RANK: Readonly<Record<string, number>> = {
  ring: 0,
  talk: 1,
  hold: 1,
  work: 2,
  ready: 3,
  paused: 4,
  unknown: 5,
  out: 6,
};

/** <tez-team .store team="5">: a supervisor's view of a team: who is in which state since when, live. */
export class TezTeam extends TezElement {
  static override styles = [
    base,
    keyStyles,
    css`
      :host {
        display: block;
        border: 1px solid var(--tez-line);
        border-radius: var(--tez-radius-l);
        background: var(--tez-surface);
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        gap: 4px var(--tez-3);
        padding: var(--tez-3) var(--tez-4);
      }
      .scroll {
        overflow-x: auto;
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th,
      td {
        padding: 7px var(--tez-2);
        border-top: 1px solid var(--tez-line);
        text-align: start;
      }
      th {
        color: var(--tez-text-3);
        font-size: var(--tez-s);
        font-weight: 550;
      }
      tbody th {
        color: inherit;
        font-size: inherit;
        overflow-wrap: anywhere; /* the times stay in sight beside the longest name */
      }
      th:first-child,
      td:first-child {
        padding-inline-start: var(--tez-4);
      }
      .state {
        display: inline-flex;
        align-items: center;
        gap: 8px;
        font-weight: 600;
        white-space: nowrap;
      }
      .ready {
        color: var(--tez-ok);
      }
      .paused {
        color: var(--tez-warn);
      }
      .ring,
      .talk,
      .hold {
        color: var(--tez-call);
      }
      .work {
        color: var(--tez-accent-text);
      }
      .out,
      .unknown {
        color: var(--tez-text-3);
      }
      .reason {
        display: block;
      }
    `,
  ];

  @property({ attribute: false }) store: CallStore | null = null;
  @property() team = '';
  @state() private view: TeamView | null = null;
  @state() private denied = false;
  #undos: (() => void)[] = [];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#leave();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#join();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('store') || changed.has('team')) this.#join();
  }

  #leave(): void {
    for (const undo of this.#undos.splice(0)) undo();
  }

  #join(): void {
    this.#leave();
    const hub = this.store?.hub;
    if (!hub || !this.team) return;
    const topic = `finesse_team:${this.team}`;
    this.view = null;
    this.denied = false;
    this.#undos = [
      hub.subscribe(topic, {
        snapshot: ({ data }) => {
          this.view = { ...noTeam, ...(data as TeamView | null) };
        },
        event: ({ type, data }) => {
          this.view = foldTeam(this.view ?? noTeam, type, data);
        },
      }),
      hub.on('error', (fault) => {
        if (fault.topic === topic && !fault.temporary) this.denied = true;
      }),
    ];
  }

  override render() {
    const { view } = this;
    if (this.denied)
      return html`<tez-error .heading=${t('teamFailed')} .text=${t('fault_forbidden')} @retry=${() => this.#join()}></tez-error>`;
    if (!view) return html`<tez-loading rows="4" @retry=${() => this.#join()}></tez-loading>`;
    const rank = (member: Member) => RANK[shapeOf(member.state)] ?? 5;
    const members = Object.entries(view.agents).sort(
      ([, a], [, b]) => rank(a) - rank(b) || a.name.localeCompare(b.name, locale()),
    );
    return html`<header>
        <h2>${t('team', { name: view.team?.name ?? '' })}</h2>
        <span class="muted">${t('teamAgents', { n: members.length })}</span>
      </header>
      ${
        members.length
          ? html`<div class="scroll" tabindex="0" role="group" aria-label=${t('team', { name: view.team?.name ?? '' })}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">${t('agent')}</th>
                    <th scope="col">${t('stateColumn')}</th>
                    <th scope="col">${t('sinceColumn')}</th>
                  </tr>
                </thead>
                <tbody>
                  ${repeat(
                    members,
                    ([id]) => id,
                    ([, member]) => this.#row(member),
                  )}
                </tbody>
              </table>
            </div>`
          : html`<tez-empty icon="user" .heading=${t('teamEmpty')}></tez-empty>`
      }`;
  }

  #row(member: Member) {
    const shape = shapeOf(member.state);
    const more = member.pending
      ? t('afterCall', { state: stateWord(member.pending) })
      : member.reason && reasonText(member.reason.label);
    return html`<tr>
      <th scope="row">${member.name} ${member.extension ? html`<span class="muted">${member.extension}</span>` : nothing}</th>
      <td>
        <span class=${`state ${shape}`}>${outline(shape, 16)}${stateWord(member.state)}</span>
        ${more ? html`<span class="muted reason">${more}</span>` : nothing}
      </td>
      <td><tez-calls-timer .at=${member.since}></tez-calls-timer></td>
    </tr>`;
  }
}
define('tez-team', TezTeam);
