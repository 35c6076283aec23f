import { css, html, nothing } from 'lit';
import { query, state } from 'lit/decorators.js';
import { formatDate } from '../i18n/index';
import { clockTime, onTick, serverNow } from '../ui/clock';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import { base, define, TezElement } from '../ui/element';
import '../ui/menu';
import type { MenuItem, TezMenu } from '../ui/menu';
import { snoozeTimes } from './model';
import { t } from './strings';

/** <tez-snooze>: asks until when. `ask(anchor, then)` opens the menu of moments there and hands over the one that is picked. */
export class TezSnooze extends TezElement {
  static override styles = [
    base,
    css`
      :host {
        display: contents;
      }
    `,
  ];

  @state() private error = '';
  @query('tez-menu') private menu!: TezMenu;
  @query('tez-dialog') private dialog!: TezDialog | null;
  @query('#until') private until!: HTMLInputElement;
  #then: ((until: Date) => void) | null = null;
  #untick: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#untick = onTick(() => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#untick?.();
  }

  /** The dialog for a time of one's own is open. */
  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  ask(anchor: Element, then: (until: Date) => void): void {
    this.#then = then;
    this.requestUpdate();
    this.menu.openAt(anchor);
  }

  #settle(until: Date): void {
    const then = this.#then;
    this.#then = null;
    then?.(until);
  }

  #picked(id: string): void {
    const times = snoozeTimes(new Date(serverNow()));
    if (id === 'own') {
      this.error = '';
      this.dialog?.show();
      return;
    }
    const until = times[id as keyof typeof times];
    if (until) this.#settle(until);
  }

  #own(event: Event): void {
    event.preventDefault();
    const until = new Date(this.until.value);
    if (Number.isNaN(until.getTime()) || until.getTime() <= serverNow()) {
      this.error = t('past');
      return;
    }
    this.dialog?.close();
    this.#settle(until);
  }

  override render() {
    return html`<tez-menu
        bare
        .label=${t('snooze')}
        .items=${moments()}
        @pick=${(event: CustomEvent<string>) => this.#picked(event.detail)}
      ></tez-menu>
      <tez-dialog .heading=${t('snoozeUntil')}>
        <form id="form" @submit=${this.#own}>
          <input
            id="until"
            class="btn"
            type="datetime-local"
            required
            aria-label=${t('snoozeUntil')}
            aria-invalid=${this.error ? 'true' : nothing}
            aria-describedby="wrong"
          />
          <p id="wrong" role="status">${this.error}</p>
        </form>
        <button slot="actions" class="btn primary" type="submit" form="form">${t('snooze')}</button>
      </tez-dialog>`;
  }
}
define('tez-snooze', TezSnooze);

function moments(): MenuItem[] {
  const { hour, tomorrow, monday } = snoozeTimes(new Date(serverNow()));
  const time = (at: Date): string => clockTime(at.getTime());
  const weekday = (at: Date): string => capital(formatDate(at, { weekday: 'long' }));
  return [
    { id: 'hour', label: t('hour'), hint: time(hour) },
    { id: 'tomorrow', label: t('tomorrow', { time: time(tomorrow) }) },
    ...(monday ? [{ id: 'monday', label: t('monday', { day: weekday(monday), time: time(monday) }) }] : []),
    { id: 'own', label: t('ownTime'), divided: true },
  ];
}

function capital(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
