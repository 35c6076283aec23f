import { html, nothing, type PropertyValues, svg } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type { Hub, SystemStore, You } from '../hub/index';
import { isLocale, type Locale, locale, setLocale } from '../i18n/index';
import '../inbox/inbox';
import type { PushControl } from '../inbox/push-offer';
import { type Boot, request } from '../inbox/session';
import type { Inbox } from '../inbox/store';
import { PaletteOpener } from '../palette/opener';
import '../ui/badge';
import { serverNow } from '../ui/clock';
import { base, define, TezElement } from '../ui/element';
import { type IconName, icon } from '../ui/icons';
import '../ui/menu';
import '../ui/state-dot';
import '../ui/toasts';
import type { TezToasts, ToastOptions } from '../ui/toasts';
import { showCount } from './counter';
import { initials } from './initials';
import { type Outage, outage } from './outage';
import { t } from './strings';
import { shellStyles } from './styles';
import { isTheme, type Theme } from './theme';

export type ShellHub = Pick<Hub, 'status' | 'on' | 'reconnect'>;

const BANNER_MS = 2000; // D1: shorter drops are not worth a jump of the page
const BACK_MS = 4000; // D3
const CATCH_UP_MS = 700; // after `welcome` the missed ones come in; then they are counted

const areaIcons: Record<string, IconName> = {
  inbox: 'inbox',
  tasks: 'ticket',
  tickets: 'ticket',
  net: 'network',
  network: 'network',
  finesse: 'call',
  calls: 'call',
  quality: 'checks',
  admin: 'system',
  ops: 'erp',
  profile: 'user',
  gallery: 'gallery',
};
const areaNames = [
  'inbox',
  'tasks',
  'tickets',
  'net',
  'network',
  'finesse',
  'calls',
  'quality',
  'admin',
  'ops',
  'profile',
  'gallery',
] as const;
type AreaName = (typeof areaNames)[number];

/** The mark: a needle that points the way. */
const mark = svg`<rect width="32" height="32" rx="7" fill="var(--tez-accent)"/><path d="M16 5.500 24 26l-8-4.500L8 26Z" fill="var(--tez-on-accent)"/>`;

/**
 * <tez-shell .boot .hub .inbox .system .push area="inbox">: the frame that every area lives in; the area itself is its content.
 * Header, navigation by permission, theme and language, the banner for a lost link, the count outside the page, messages.
 * Slot `calls`: the telephone, beside the area or below it as its attribute `dock` says. Fires `tez-rights` when they change.
 */
export class TezShell extends TezElement {
  static override styles = [base, shellStyles];

  @property({ attribute: false }) boot: Boot | null = null;
  @property({ attribute: false }) hub: ShellHub | null = null;
  @property({ attribute: false }) inbox: Inbox | null = null;
  @property({ attribute: false }) system: Pick<SystemStore, 'sources' | 'on'> | null = null;
  @property({ attribute: false }) push: PushControl | null = null;
  @property() area = 'inbox';
  /** What of the area is open, such as one ticket: stands first in the tab's title. */
  @property() place = '';
  @property() theme: Theme = 'system';

  @state() private out: Outage | null = null;
  @state() private back = '';
  @state() private newer = false;
  /** The area was taken away while its page is open. */
  @state() private barred = false;
  @state() private unseen = 0;
  @query('tez-toasts') private toasts!: TezToasts;
  @query('main') private main!: HTMLElement;

  readonly #palette = new PaletteOpener(
    () => this.renderRoot,
    () => this.#offers,
    () => this.toasts.show({ text: t('paletteFailed'), tone: 'bad' }),
  );
  #unlisten: (() => void) | undefined;
  #undos: (() => void)[] = [];
  #bannerTimer: ReturnType<typeof setTimeout> | undefined;
  #backTimer: ReturnType<typeof setTimeout> | undefined;
  /** Newest position when the banner went up; null while it is down. */
  #lostAt: number | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#unlisten = this.#palette.listen();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unlisten?.();
    for (const undo of this.#undos) undo();
    this.#undos = [];
    clearTimeout(this.#bannerTimer);
    clearTimeout(this.#backTimer);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('boot') && this.boot && !changed.get('boot'))
      this.theme = isTheme(this.boot.theme) ? this.boot.theme : 'system';
    if (changed.has('hub') || changed.has('inbox') || changed.has('system')) this.#wire();
  }

  protected override updated(): void {
    document.documentElement.lang = locale();
    showCount(this.unseen, `${this.place || this.#areaName(this.area)} · ${t('product')}`);
  }

  #wire(): void {
    for (const undo of this.#undos) undo();
    const { hub, inbox, system } = this;
    this.#undos = [];
    if (hub) {
      this.#undos.push(
        hub.on('status', () => {
          this.#look();
          this.requestUpdate(); // the header's dot, also when the banner stays as it is
        }),
        hub.on('welcome', (welcome) => welcome.again && void this.#askAgain()),
        hub.on('you', (you) => void this.#youAre(you)),
      );
    }
    if (system) this.#undos.push(system.on('change', () => this.#look()));
    if (inbox) {
      const count = () => {
        this.unseen = inbox.unseen;
      };
      this.#undos.push(inbox.on('change', count));
      count();
    }
    this.#look();
  }

  /** Shows a message of the area's in the one stack of the page. */
  say(toast: ToastOptions): void {
    this.toasts.show(toast);
  }

  /** Opens the palette, as Ctrl+K does. */
  find(): Promise<void> {
    return this.#palette.open();
  }

  // — Link —

  #look(): void {
    this.requestUpdate(); // the dot in the header shows each change, the banner only those that last
    clearTimeout(this.#bannerTimer);
    const status = this.hub?.status ?? null;
    const out = outage(status, this.system?.sources.values() ?? [], serverNow());
    const wait =
      status && status.state !== 'open' && status.state !== 'stopped' ? status.since + BANNER_MS - Date.now() : 0;
    if (out?.kind === 'lost' && wait > 0 && this.out?.kind !== 'lost') {
      this.#bannerTimer = setTimeout(() => this.#look(), wait);
      return;
    }
    if (out?.kind === 'lost') {
      this.#lostAt ??= this.inbox?.items[0]?.seq ?? 0;
      this.back = '';
    } else if (this.#lostAt !== null) {
      const since = this.#lostAt;
      this.#lostAt = null;
      clearTimeout(this.#backTimer);
      this.#backTimer = setTimeout(() => this.#welcomeBack(since), CATCH_UP_MS);
    }
    this.out = out;
  }

  #welcomeBack(since: number): void {
    const missed = this.inbox?.items.filter((item) => item.seq > since).length ?? 0;
    this.back = missed ? t('backNew', { n: missed }) : t('back');
    this.#backTimer = setTimeout(() => {
      this.back = '';
    }, BACK_MS);
  }

  /** Who we are and what we may, as of now: it may have changed while there was no connection. */
  async #askAgain(): Promise<void> {
    try {
      const boot = await request<Boot>(location.origin, '/users/api/me');
      if (!this.boot) return;
      this.newer = boot.version !== this.boot.version;
      if (boot.user.id !== this.boot.user.id || boot.viewer?.id !== this.boot.viewer?.id) this.#reload();
      else this.#adopt(boot);
    } catch {
      // The next welcome asks again.
    }
  }

  // — Permissions —

  async #youAre(you: You): Promise<void> {
    const boot = this.boot;
    if (!boot) return;
    if (you.user !== boot.user.id || you.read_only !== (boot.viewer !== null)) this.#reload();
    else await this.#askAgain();
  }

  /** Redraws the navigation; what one may no longer see goes out of sight with it. Theme and language stay as chosen here. */
  #adopt(boot: Boot): void {
    const { areas, user, csrf } = boot;
    if (!this.boot) return;
    const had = this.boot.areas.some((area) => area.id === this.area) || this.barred;
    this.barred = had && !areas.some((area) => area.id === this.area);
    this.boot = { ...this.boot, areas, csrf, user: { ...this.boot.user, permissions: user.permissions } };
    this.emit('tez-rights', user.permissions);
  }

  /** Everything on the page is another person's now, who may not be allowed this address. */
  #reload(): void {
    location.assign('/');
  }

  async #endViewing(): Promise<void> {
    try {
      const csrf = this.boot?.csrf ?? '';
      await request(location.origin, '/users/api/view-as', { method: 'DELETE', csrf });
      location.assign('/');
    } catch {
      this.toasts.show({ text: t('viewingStuck'), tone: 'bad' });
    }
  }

  #act(out: Outage): void {
    if (out.action === 'reconnect') this.hub?.reconnect();
    else if (out.action === 'sign-in') location.assign(`/users/login?next=${encodeURIComponent(location.pathname)}`);
    else location.reload();
  }

  // — Preferences —

  /** Shows this theme and keeps it; fires `tez-theme`. */
  chooseTheme(theme: Theme): void {
    this.theme = theme;
    this.emit('tez-theme', theme);
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem('tez.theme', theme);
    } catch {
      // then the server's word is enough
    }
    void this.#save('theme', theme);
  }

  /** Speaks this language from now on, here and in what the server says. */
  chooseLocale(next: Locale): void {
    setLocale(next);
    void this.#save('locale', next);
  }

  async #save(name: string, value: unknown): Promise<void> {
    if (!this.boot) return;
    try {
      await request(location.origin, `/users/api/preferences/${name}`, {
        method: 'PUT',
        body: JSON.stringify({ value }),
        csrf: this.boot.csrf,
      });
    } catch {
      this.toasts.show({ text: t('saveFailed'), tone: 'bad' });
    }
  }

  /** What of the frame the palette offers. */
  get #offers() {
    const boot = this.boot;
    const themes = [
      ['system', 'themeSystem', 'screen'],
      ['light', 'themeLight', 'sun'],
      ['dark', 'themeDark', 'moon'],
    ] as const;
    return {
      user: boot?.user.id ?? 0,
      targets: (boot?.areas ?? []).map(({ id, href }) => ({
        label: this.#areaName(id),
        href,
        icon: areaIcons[id] ?? ('open' as const),
      })),
      actions: [
        ...themes.map(([theme, name, icon]) => ({
          id: `theme-${theme}`,
          label: `${t('theme')}: ${t(name)}`,
          icon,
          run: () => this.chooseTheme(theme),
        })),
        {
          id: 'language',
          label: `${t('language')}: ${locale() === 'ru' ? 'English' : 'Русский'}`,
          icon: 'globe' as const,
          run: () => this.chooseLocale(locale() === 'ru' ? 'en' : 'ru'),
        },
        { id: 'out', label: t('signOut'), icon: 'exit' as const, run: () => location.assign('/users/logout') },
      ],
    };
  }

  // — Rendering —

  #areaName(id: string): string {
    return isArea(id) ? t(id) : id;
  }

  override render() {
    const boot = this.boot;
    if (!boot) return nothing;
    const areas = boot.areas.filter((area) => area.id !== 'profile');
    return html`${this.#header(boot)}
      <div class="notes">${this.#viewing(boot)} ${this.#banner()}</div>
      ${
        areas.length > 1
          ? html`<nav aria-label=${t('navigation')}>
              <ul role="list">
                ${areas.map(
                  (area) => html`<li>
                    <a href=${area.href} title=${this.#areaName(area.id)} aria-current=${area.id === this.area ? 'page' : nothing}
                      >${icon(areaIcons[area.id] ?? 'gallery')}<span>${this.#areaName(area.id)}</span>
                      ${area.id === 'inbox' ? html`<tez-badge tone="accent" .count=${this.unseen}></tez-badge>` : nothing}</a
                    >
                  </li>`,
                )}
              </ul>
            </nav>`
          : nothing
      }
      <main id="main" tabindex="-1">
        ${
          this.barred
            ? html`<div class="no-longer" role="alert">
                <h1>${t('noLonger')}</h1>
                <p>${t('noLongerWhy')}</p>
                <a class="btn" href="/">${t('toInbox')}</a>
              </div>`
            : html`<slot></slot>`
        }
      </main>
      <slot name="calls"></slot>
      <tez-toasts></tez-toasts>`;
  }

  #skip(event: Event): void {
    event.preventDefault(); // a fragment cannot point into a shadow root
    this.main.focus();
  }

  #header(boot: Boot) {
    const state = this.hub?.status.state;
    const name = boot.user.display_name || boot.user.name;
    const link = state === 'open' ? 'ok' : state === 'connecting' ? 'unknown' : 'bad';
    const profile = boot.areas.find((area) => area.id === 'profile');
    return html`<header>
      <a class="skip" href="#main" @click=${this.#skip}>${t('skip')}</a>
      <a class="brand" href="/"><svg viewBox="0 0 32 32" aria-hidden="true">${mark}</svg><span>${t('product')}</span></a>
      ${boot.demo ? html`<tez-badge class="demo" tone="warn" title=${t('demoWhy')}>${t('demo')}</tez-badge>` : nothing}
      <span class="space"></span>
      <button
        class="btn ghost small find"
        aria-keyshortcuts="Control+K"
        title=${`${t('find')} (Ctrl+K)`}
        @click=${() => void this.find()}
      >
        ${icon('search', 17)}<span class="sr">${t('find')}</span><kbd>Ctrl K</kbd>
      </button>
      ${
        this.newer
          ? html`<button class="btn small chip" title=${t('newVersion')} @click=${() => location.reload()}>
              ${icon('refresh', 15)}${t('newVersion')}: ${t('update').toLowerCase()}
            </button>`
          : nothing
      }
      ${
        this.hub
          ? html`<tez-state-dot
              class="link"
              .state=${link}
              .label=${t(link === 'ok' ? 'linkOk' : link === 'bad' ? 'linkLost' : 'linkConnecting')}
              ?quiet=${link === 'ok'}
            ></tez-state-dot>`
          : nothing
      }
      <tez-inbox .store=${this.inbox} .hub=${this.hub} .push=${this.push} .pushState=${this.push?.state ?? null}></tez-inbox>
      <tez-menu
        .label=${t('theme')}
        .items=${[
          { id: 'system', label: t('themeSystem'), icon: 'screen', checked: this.theme === 'system' },
          { id: 'light', label: t('themeLight'), icon: 'sun', checked: this.theme === 'light' },
          { id: 'dark', label: t('themeDark'), icon: 'moon', checked: this.theme === 'dark' },
        ]}
        @pick=${(event: CustomEvent<Theme>) => this.chooseTheme(event.detail)}
        ><span slot="trigger">${icon(this.theme === 'dark' ? 'moon' : this.theme === 'light' ? 'sun' : 'screen')}</span></tez-menu
      >
      <tez-menu
        .label=${t('language')}
        .items=${[
          { id: 'ru', label: 'Русский', checked: locale() === 'ru' },
          { id: 'en', label: 'English', checked: locale() === 'en' },
        ]}
        @pick=${(event: CustomEvent<string>) => isLocale(event.detail) && this.chooseLocale(event.detail)}
        ><span slot="trigger">${icon('globe')}</span></tez-menu
      >
      <tez-menu
        .label=${`${initials(name)}: ${t('account', { name })}`}
        .items=${[
          ...(profile ? [{ id: 'profile', label: t('profile'), icon: 'user' as const, href: profile.href }] : []),
          { id: 'out', label: t('signOut'), icon: 'exit', href: '/users/logout', hint: name },
        ]}
        ><span slot="trigger" class="who" aria-hidden="true"
          >${boot.user.avatar ? html`<img src=${boot.user.avatar} alt="" />` : initials(name)}</span
        ></tez-menu
      >
    </header>`;
  }

  /** Always there while an administrator looks as somebody: nobody is to take the page for their own. */
  #viewing(boot: Boot) {
    if (!boot.viewer) return nothing;
    const name = boot.user.display_name || boot.user.name;
    return html`<div class="viewing" role="status">
      ${icon('user')}
      <p>${t('viewing', { name })}</p>
      <button class="btn small" @click=${() => void this.#endViewing()}>${t('viewingEnd')}</button>
    </div>`;
  }

  /** Two live regions that are always there: a loss interrupts, a return waits for a pause. */
  #banner() {
    const out = this.out;
    const shown = out ?? null;
    const back = shown ? '' : this.back;
    const button: Record<string, () => string> = {
      reconnect: () => t('reconnect'),
      'sign-in': () => t('signIn'),
      reload: () => t('update'),
    };
    return html`<div class="banner ${shown ? `on ${shown.kind}` : back ? 'on back' : ''}">
      ${shown || back ? icon(shown ? (shown.kind === 'lost' ? 'offline' : 'warn') : 'check') : nothing}
      <div role="alert"><p ?hidden=${shown?.kind !== 'lost'}>${shown?.kind === 'lost' ? shown.text : ''}</p></div>
      <div role="status">
        <p ?hidden=${!(shown?.kind === 'source' || back)}>${shown?.kind === 'source' ? shown.text : back}</p>
      </div>
      ${
        shown?.action
          ? html`<button class="btn small" @click=${() => this.#act(shown)}>${button[shown.action]?.()}</button>`
          : nothing
      }
    </div>`;
  }
}
define('tez-shell', TezShell);

function isArea(id: string): id is AreaName {
  return (areaNames as readonly string[]).includes(id);
}

export { initials };

declare global {
  interface HTMLElementTagNameMap {
    'tez-shell': TezShell;
  }
}
