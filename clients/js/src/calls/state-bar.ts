import { css, html, nothing, type PropertyValues } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { base, define, TezElement } from '../ui/element';
import { icon } from '../ui/icons';
import { glyph, outline } from './icons';
import { callKey } from './key';
import { isBusy, isSignedIn, isWrapping, offers, reasonsWait, shapeOf, stateKey } from './look';
import './reasons';
import type { TezCallsReasons } from './reasons';
import type { CallStore, View } from './store';
import { t } from './strings';
import { keyStyles } from './styles';
import './timer';
import type { AgentState, Reason } from './types';
import { barredText, reasonText } from './words';

type Menu = 'not_ready' | 'logout';

/** The word of a state; one that nobody knows is shown as it came. */
export function stateWord(name: AgentState): string {
  const key = stateKey(name);
  return key ? t(key) : name;
}

/**
 * <tez-calls-state .store .view>: the agent's state as word, colour, outline and time, and the keys that change it.
 * NOT_READY with its reason takes two keys: one opens the reasons, a digit picks. What was asked for is not shown as done.
 */
export class TezCallsState extends TezElement {
  static override styles = [
    base,
    keyStyles,
    css`
      :host {
        position: relative;
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--tez-2);
      }
      .state {
        flex: 1 0 8.5rem;
        display: flex;
        align-items: center;
        gap: 10px;
        min-width: 0;
        color: var(--tez-text-3);
      }
      .words {
        min-width: 0;
        line-height: 1.25;
      }
      .state strong {
        display: block;
        font-size: var(--tez-xl);
        font-weight: 680;
        letter-spacing: -0.01em;
        line-height: 1.15;
        overflow-wrap: anywhere;
      }
      .state.ready {
        color: var(--tez-ok);
      }
      .state.paused {
        color: var(--tez-warn);
      }
      .state.ring,
      .state.talk,
      .state.hold {
        color: var(--tez-call);
      }
      .state.work {
        color: var(--tez-accent-text);
      }
      .sub {
        color: var(--tez-text-2);
        font-size: var(--tez-s);
        overflow-wrap: anywhere;
      }
      .set {
        flex: 1 0 auto;
        display: flex;
        gap: 6px;
      }
      .set .key:not(.square) {
        flex: 1 0 auto;
        max-width: calc(var(--tez-rem) * 11);
        white-space: nowrap;
      }
      .pending {
        flex: 1 1 100%;
        display: flex;
        align-items: center;
        gap: 8px;
        margin: 0;
        color: var(--tez-text-2);
        font-size: var(--tez-s);
      }
      :host([small]) {
        flex-wrap: nowrap;
      }
      :host([small]) .state,
      :host([small]) .set {
        flex: 0 1 auto;
      }
      :host([small]) .state strong {
        font-size: var(--tez-l);
        white-space: nowrap;
      }
      :host([small]) .pending {
        flex: 0 1 auto;
      }
      @media (max-width: 620px) {
        :host([small]) {
          flex-wrap: wrap;
          gap: 4px 8px;
        }
        :host([small]) .pending,
        :host([small]) .reason {
          display: none;
        }
      }
    `,
  ];

  @property({ attribute: false }) store: CallStore | null = null;
  @property({ attribute: false }) view: View | null = null;
  /** One line, in the collapsed bar. */
  @property({ type: Boolean, reflect: true }) small = false;
  @state() private menu: Menu | null = null;
  /** Opens as soon as the reasons have been read. */
  @state() private awaited: Menu | null = null;
  @query('tez-calls-reasons') private list!: TezCallsReasons | null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#await(null);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    const { awaited, view } = this;
    if (!awaited || !changed.has('view')) return;
    // What cannot be asked for any more is not waited for.
    const may = view && view.barred === null && offers(view.calls)[awaited === 'logout' ? 'signOut' : 'notReady'];
    if (!may) this.#await(null);
    else if (!reasonsWait(view.calls)) void this.openReasons(awaited);
  }

  /**
   * Asks why, or asks for the state at once when there are no reasons. Reasons that have not been read yet are waited for: without
   * one the contact centre refuses, where it wants one.
   */
  async openReasons(menu: Menu = 'not_ready'): Promise<void> {
    const { view } = this;
    if (!view || this.store?.stopped(menu === 'logout' ? 'sign_out' : 'state')) return;
    const wait = reasonsWait(view.calls);
    this.#await(wait ? menu : null, wait);
    if (wait) return;
    if (!this.#reasons(menu).length) return this.#pick(menu, undefined);
    this.menu = menu;
    await this.updateComplete;
    this.list?.focusFirst();
  }

  ready(): void {
    if (this.view && offers(this.view.calls).ready) void this.store?.setState('READY');
  }

  #wish(state: string, reason: string | undefined): string {
    const label = this.#reasons('not_ready').find(({ id }) => id === reason)?.label;
    return label ? `${stateWord(state)} · ${label}` : stateWord(state);
  }

  #reasons(menu: Menu): readonly Reason[] {
    return this.view?.calls.reasons[menu] ?? [];
  }

  #await(menu: Menu | null, ms = 0): void {
    clearTimeout(this.#timer);
    this.awaited = menu;
    if (menu) this.#timer = setTimeout(() => void this.openReasons(menu), ms);
  }

  #press(menu: Menu): void {
    if (this.menu === menu) void this.#close(menu);
    else if (this.awaited === menu) this.#await(null);
    else void this.openReasons(menu);
  }

  #pick(menu: Menu, reason: string | undefined): void {
    void this.#close(menu);
    if (menu === 'logout') void this.store?.signOut(reason);
    else void this.store?.setState('NOT_READY', reason);
  }

  /** The focus goes back to the key that opened the list. */
  async #close(menu: Menu, focus = true): Promise<void> {
    if (!this.menu) return;
    this.menu = null;
    await this.updateComplete;
    if (focus) this.renderRoot.querySelector<HTMLElement>(`[data-key=${menu}]`)?.focus();
  }

  override render() {
    const { view } = this;
    const agent = view?.calls.agent;
    if (!view || !agent) return nothing;
    const shape = shapeOf(agent.state);
    const word = stateWord(agent.state);
    const hot = view.config?.hotkeys !== false;
    const may = offers(view.calls);
    const asked = view.pending.find(({ action }) => action === 'state' || action === 'sign_out');
    const [wanted = '', reason] = asked?.detail.split(':') ?? [];
    const busy = isBusy(agent);
    const wrap = isWrapping(agent) ? agent.wrap_up.seconds : null;
    const barred = view.barred !== null;
    return html`<div class="state ${shape}">
        ${outline(shape, this.small ? 22 : 30)}
        <div class="words">
          <strong>${word}</strong>
          <span class="sub"
            >${agent.reason?.label && agent.state !== 'LOGOUT' ? html`<span class="reason">${reasonText(agent.reason.label)} · </span>` : nothing}${
              agent.since
                ? wrap === null
                  ? html`<tez-calls-timer .at=${agent.since}></tez-calls-timer>`
                  : html`${t('left')} <tez-calls-timer .at=${agent.since} .for=${wrap}></tez-calls-timer>`
                : nothing
            }</span
          >
        </div>
      </div>
      <div class="sr" role="status">${t('stateIs', { state: word })}</div>
      ${
        isSignedIn(view.calls)
          ? html`<div class="set">
              ${
                may.ready
                  ? callKey({
                      id: 'ready',
                      label: t('ready'),
                      kind: busy ? '' : 'go',
                      act: hot ? 'ready' : null,
                      run: () => this.ready(),
                      pending: wanted === 'READY',
                      barred: view.barred,
                    })
                  : nothing
              }
              ${
                may.notReady
                  ? html`<button
                      class="btn key"
                      type="button"
                      data-key="not_ready"
                      aria-haspopup="menu"
                      aria-expanded=${this.menu === 'not_ready' ? 'true' : 'false'}
                      aria-disabled=${barred ? 'true' : 'false'}
                      aria-keyshortcuts=${hot ? 'Alt+N' : nothing}
                      title=${view.barred ? barredText(view.barred) : hot ? `${t('notReady')} (Alt+N)` : t('notReady')}
                      @click=${() => this.#press('not_ready')}
                    >
                      ${wanted === 'NOT_READY' ? html`<span class="spin"></span>` : nothing}${t('notReady')}${this.small ? glyph('up', 14) : icon('down', 14)}
                    </button>`
                  : nothing
              }
              ${
                may.signOut
                  ? html`<button
                      class="btn key square ghost"
                      type="button"
                      data-key="logout"
                      aria-label=${t('signOut')}
                      title=${view.barred ? barredText(view.barred) : t('signOut')}
                      aria-haspopup=${this.#reasons('logout').length ? 'menu' : nothing}
                      aria-disabled=${barred ? 'true' : 'false'}
                      @click=${() => this.#press('logout')}
                    >
                      ${asked?.action === 'sign_out' ? html`<span class="spin"></span>` : icon('exit')}
                    </button>`
                  : nothing
              }
            </div>`
          : nothing
      }
      ${
        this.awaited
          ? html`<p class="pending" role="status"><span class="spin"></span><span>${t('readingReasons')}</span></p>`
          : nothing
      }
      ${
        asked
          ? html`<p class="pending"><span class="spin"></span><span>${t('waits', { what: this.#wish(asked.action === 'sign_out' ? 'LOGOUT' : wanted, reason) })}</span></p>`
          : agent.pending
            ? html`<p class="pending">${t('afterCall', { state: stateWord(agent.pending) })}</p>`
            : nothing
      }
      ${
        this.menu
          ? html`<tez-calls-reasons
              .reasons=${this.#reasons(this.menu)}
              .current=${this.menu === 'not_ready' ? (agent.reason?.id ?? '') : ''}
              .label=${t(this.menu === 'not_ready' ? 'whyNotReady' : 'whySignOut')}
              ?above=${this.small}
              @pick=${(event: CustomEvent<string>) => this.menu && this.#pick(this.menu, event.detail)}
              @leave=${(event: CustomEvent<boolean>) => this.menu && void this.#close(this.menu, event.detail)}
            ></tez-calls-reasons>`
          : nothing
      }`;
  }
}
define('tez-calls-state', TezCallsState);
