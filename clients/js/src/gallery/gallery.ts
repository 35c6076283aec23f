import { css, html, type TemplateResult } from 'lit';
import { query, state } from 'lit/decorators.js';
import { isLocale, locale, setLocale } from '../i18n/index';
import '../inbox/inbox';
import { t as word } from '../shell/strings';
import { isTheme, type Theme } from '../shell/theme';
import type { Column, TezDialog, TezToasts } from '../ui/index';
import { base, define, TezElement } from '../ui/index';
import './calls';
import { FakeHub, FakeInbox, FakePush, next, sample } from './fake';
import { t } from './strings';

interface Ticket {
  number: number;
  subject: string;
  status: 'ok' | 'warn' | 'bad' | 'off';
  assignee: string;
  updated: string;
}

const DAY_MS = 86_400_000;
const states = ['ok', 'warn', 'bad', 'off'] as const;

function tickets(count: number): Ticket[] {
  const now = Date.now();
  return Array.from({ length: count }, (_, i) => ({
    number: 4812 - (i % 4800),
    subject: ['Не печатает принтер', 'Доступ к отчёту', 'Новый сотрудник', 'Замена монитора'][i % 4] ?? '',
    status: states[i % 4] ?? 'ok',
    assignee: ['Волков С.', 'Ким М.', '—'][i % 3] ?? '',
    updated: new Date(now - ((i * 7919) % ((3 * DAY_MS) / 1000)) * 1000).toISOString(),
  }));
}

const swatches = [
  'bg',
  'surface',
  'sunken',
  'hover',
  'active',
  'line',
  'accent',
  'accent-soft',
  'ok-soft',
  'warn-soft',
  'bad-soft',
  'call-soft',
];

/** <tez-gallery>: every component in every state, on made-up data. `?lang=en&theme=dark` in the address choose. */
export class TezGallery extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: block;
        max-width: calc(var(--tez-rem) * 76);
        margin: 0 auto;
        padding: var(--tez-5) var(--tez-4) var(--tez-6);
      }
      header {
        display: flex;
        flex-wrap: wrap;
        align-items: flex-end;
        gap: var(--tez-3);
        margin-bottom: var(--tez-5);
      }
      header > div:first-child {
        flex: 1 1 20rem;
      }
      h1 {
        margin: 0;
        font-size: var(--tez-2xl);
        font-weight: 680;
        letter-spacing: -0.015em;
        line-height: 1.2;
      }
      header p {
        margin: var(--tez-1) 0 0;
        color: var(--tez-text-2);
      }
      .set {
        display: flex;
        gap: 4px;
      }
      main {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr));
        gap: var(--tez-4);
      }
      .wide {
        grid-column: 1 / -1;
      }
      .line {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--tez-3);
      }
      .line + .line,
      .line + .grid {
        margin-top: var(--tez-3);
      }
      .grid {
        display: grid;
        gap: var(--tez-4);
      }
      .cards {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr));
        gap: var(--tez-4);
      }
      .cards > div {
        min-width: 0;
      }
      h3 {
        margin: 0 0 var(--tez-2);
        color: var(--tez-text-3);
        font-size: var(--tez-s);
        font-weight: 550;
      }
      .frame {
        overflow: hidden;
        border: 1px solid var(--tez-line);
        border-radius: var(--tez-radius-l);
      }
      .frame tez-inbox[mode='page'] {
        height: 420px;
      }
      .swatches {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(6rem, 1fr));
        gap: var(--tez-2);
        margin: 0;
        padding: 0;
        list-style: none;
        font-size: var(--tez-xs);
      }
      .swatches i {
        display: block;
        height: 40px;
        margin-bottom: 4px;
        border: 1px solid var(--tez-line);
        border-radius: var(--tez-radius);
      }
    `,
  ];

  @state() private theme: Theme = 'system';
  @query('tez-toasts') private toasts!: TezToasts;
  @query('tez-dialog') private dialog!: TezDialog;

  #rows = tickets(10_000);
  #live = new FakeInbox(sample());
  #bell = new FakeInbox(sample());
  #hub = new FakeHub();
  #push = new FakePush();
  #offline = new FakeHub();
  #stores = {
    loading: new FakeInbox(),
    empty: new FakeInbox(),
    error: new FakeInbox(),
    offline: new FakeInbox(sample()),
  };

  override connectedCallback(): void {
    super.connectedCallback();
    const query = new URLSearchParams(location.search);
    const lang = query.get('lang');
    if (isLocale(lang)) setLocale(lang);
    const theme = query.get('theme') ?? document.documentElement.dataset.theme;
    this.#setTheme(isTheme(theme) ? theme : 'system');
    this.#stores.loading.set({ loading: true, complete: false });
    this.#stores.error.set({ error: new Error('HTTP 503') });
    this.#offline.turn('waiting', { since: Date.now() - 60_000, lastFrameAt: Date.now() - 61_000 });
  }

  #setTheme(theme: Theme): void {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
  }

  protected override updated(): void {
    document.documentElement.lang = locale();
    for (const swatch of this.renderRoot.querySelectorAll<HTMLElement>('[data-swatch]')) {
      swatch.style.background = `var(--tez-${swatch.dataset.swatch})`;
    }
  }

  override render() {
    const choice = (on: boolean, label: string, run: () => void) =>
      html`<button class="btn small" aria-pressed=${on ? 'true' : 'false'} @click=${run}>${label}</button>`;
    const wide = (heading: string, body: TemplateResult) =>
      html`<tez-panel class="wide" .heading=${heading}>${body}</tez-panel>`;
    const one = (heading: string, body: TemplateResult) => html`<tez-panel .heading=${heading}>${body}</tez-panel>`;
    return html`<header>
        <div>
          <h1>${t('title')}</h1>
          <p>${t('intro')}</p>
        </div>
        <div class="set" role="group" aria-label=${word('language')}>
          ${choice(locale() === 'ru', 'Русский', () => setLocale('ru'))} ${choice(locale() === 'en', 'English', () => setLocale('en'))}
        </div>
        <div class="set" role="group" aria-label=${word('theme')}>
          ${choice(this.theme === 'system', word('themeSystem'), () => this.#setTheme('system'))}
          ${choice(this.theme === 'light', word('themeLight'), () => this.#setTheme('light'))}
          ${choice(this.theme === 'dark', word('themeDark'), () => this.#setTheme('dark'))}
        </div>
      </header>
      <main>
        ${wide(t('inboxes'), this.#inboxes())} ${wide(t('calls'), html`<tez-gallery-calls></tez-gallery-calls>`)}
        ${one(t('buttons'), this.#buttons())} ${one(t('fields'), this.#fields())}
        ${wide(t('tables'), this.#tables())} ${wide(t('states'), this.#states())} ${one(t('badges'), this.#badges())}
        ${one(t('times'), this.#times())} ${one(t('menus'), this.#menus())} ${one(t('toasts'), this.#toasts())}
        ${one(t('panels'), html`<p>${t('panelText')}</p>`)} ${one(t('tokens'), this.#tokens())}
      </main>
      <tez-dialog .heading=${t('dialogTitle')}>
        ${t('dialogText')}
        <tez-button slot="actions" @click=${() => this.dialog.close()}>${t('another')}</tez-button>
        <tez-button slot="actions" variant="danger" @click=${() => this.dialog.close()}>${t('remove')}</tez-button>
      </tez-dialog>
      <tez-toasts></tez-toasts>`;
  }

  #inboxes() {
    const frame = (label: string, store: FakeInbox, hub: FakeHub = this.#hub) =>
      html`<div>
        <h3>${label}</h3>
        <div class="frame"><tez-inbox mode="page" silent .store=${store} .hub=${hub}></tez-inbox></div>
      </div>`;
    return html`<div class="line">
        <tez-inbox id="bell" .store=${this.#bell} .hub=${this.#hub} .push=${this.#push}></tez-inbox>
        <tez-button id="arrive" @click=${() => this.#arrive(1)}>${t('arrive')}</tez-button>
        <tez-button id="burst" @click=${() => this.#arrive(10)}>${t('burst')}</tez-button>
      </div>
      <div class="grid">
        ${frame(t('inboxLive'), this.#live)}
        <div class="cards">
          ${frame(t('inboxLoading'), this.#stores.loading)} ${frame(t('inboxEmpty'), this.#stores.empty)}
          ${frame(t('inboxError'), this.#stores.error)} ${frame(t('inboxOffline'), this.#stores.offline, this.#offline)}
        </div>
      </div>`;
  }

  #arrive(count: number): void {
    for (let i = 0; i < count; i++) {
      const fresh = next(this.#live);
      this.#live.arrive(fresh);
      this.#bell.arrive({ ...fresh, seq: (this.#bell.items[0]?.seq ?? 0) + 1 });
    }
  }

  #buttons() {
    return html`<div class="line">
        <tez-button variant="primary">${t('save')}</tez-button>
        <tez-button>${t('another')}</tez-button>
        <tez-button variant="ghost">${t('ghost')}</tez-button>
        <tez-button variant="danger">${t('remove')}</tez-button>
      </div>
      <div class="line">
        <tez-button variant="primary" busy>${t('busy')}</tez-button>
        <tez-button disabled>${t('disabled')}</tez-button>
        <tez-button size="small">${t('another')}</tez-button>
      </div>
      <div class="line">
        <tez-icon-button icon="refresh" .label=${word('update')}></tez-icon-button>
        <tez-icon-button icon="mute" .label=${t('off')} .pressed=${true}></tez-icon-button>
        <tez-icon-button icon="close" .label=${t('another')} disabled></tez-icon-button>
      </div>`;
  }

  #fields() {
    return html`<div class="grid">
      <tez-field .label=${t('subject')} .hint=${t('subjectHint')} name="a"></tez-field>
      <tez-field .label=${t('subject')} .error=${t('subjectError')} name="b" required></tez-field>
      <tez-field .label=${t('assignee')} value="Волков С." disabled></tez-field>
    </div>`;
  }

  #columns(): Column<Ticket>[] {
    return [
      { key: 'number', label: t('number'), align: 'end' },
      { key: 'subject', label: t('subject') },
      {
        key: 'status',
        label: t('status'),
        cell: (row) => html`<tez-state-dot .state=${row.status} .label=${t(row.status)}></tez-state-dot>`,
      },
      { key: 'assignee', label: t('assignee') },
      {
        key: 'updated',
        label: t('updated'),
        align: 'end',
        cell: (row) => html`<tez-time .at=${row.updated}></tez-time>`,
      },
    ];
  }

  #tables() {
    const columns = this.#columns();
    const framed = (state: string, rows: Ticket[]) =>
      html`<div class="frame">
        <tez-table .columns=${columns} .rows=${rows} .state=${state} .label=${t('tables')} .reason=${t('notSaved')}></tez-table>
      </div>`;
    return html`<div class="grid">
      <div class="frame">
        <tez-table id="big" .columns=${columns} .rows=${this.#rows} .label=${t('tables')}></tez-table>
      </div>
      <div class="cards">${framed('ready', [])} ${framed('loading', [])} ${framed('error', [])}</div>
    </div>`;
  }

  #states() {
    return html`<div class="cards">
      <div class="frame"><tez-empty icon="check" .heading=${t('inboxEmpty')} .text=${t('panelText')}></tez-empty></div>
      <div class="frame"><tez-loading rows="3" .phase=${2}></tez-loading></div>
      <div class="frame"><tez-error .text=${t('notSaved')}></tez-error></div>
    </div>`;
  }

  #badges() {
    return html`<div class="line">
        <tez-badge .count=${3}></tez-badge> <tez-badge tone="accent" .count=${42}></tez-badge>
        <tez-badge tone="bad" .count=${1234}></tez-badge> <tez-badge tone="ok">${t('ok')}</tez-badge>
        <tez-badge tone="warn">${t('warn')}</tez-badge> <tez-badge tone="call">${t('inboxBell')}</tez-badge>
      </div>
      <div class="line">
        ${states.map((name) => html`<tez-state-dot .state=${name} .label=${t(name)}></tez-state-dot>`)}
        <tez-state-dot .label=${t('busy')}></tez-state-dot>
      </div>`;
  }

  #times() {
    const now = Date.now();
    return html`<div class="line">
      ${[0, 60, 12 * 60, 3 * 3600, 86_400, 9 * 86_400, 400 * 86_400].map(
        (ago) => html`<tez-time .at=${new Date(now - ago * 1000).toISOString()}></tez-time>`,
      )}
    </div>`;
  }

  #menus() {
    return html`<div class="line">
      <tez-menu
        id="menu"
        variant="default"
        align="start"
        .label=${t('menus')}
        .items=${[
          { id: 'a', label: t('save'), icon: 'check', hint: 'Ctrl+S' },
          { id: 'b', label: t('ghost'), icon: 'info' },
          { id: 'c', label: t('remove'), icon: 'close', danger: true, divided: true },
        ]}
        ><span slot="trigger">${t('menus')}</span></tez-menu
      >
      <tez-button @click=${() => this.dialog.show()}>${t('openDialog')}</tez-button>
    </div>`;
  }

  #toasts() {
    return html`<div class="line">
      <tez-button @click=${() => this.toasts.show({ text: t('saved'), tone: 'ok' })}>${t('showToast')}</tez-button>
      <tez-button
        @click=${() => this.toasts.show({ text: t('notSaved'), tone: 'bad', for: 0, action: { label: word('reconnect'), run: () => undefined } })}
        >${t('notSaved')}</tez-button
      >
    </div>`;
  }

  #tokens() {
    return html`<ul class="swatches" role="list">
        ${swatches.map((name) => html`<li><i data-swatch=${name}></i>${name}</li>`)}
      </ul>`;
  }
}
define('tez-gallery', TezGallery);
