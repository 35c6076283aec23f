import { html } from 'lit';
import { property } from 'lit/decorators.js';
import type { Session } from '../../inbox/session';
import { base, define, TezElement } from '../../ui/element';
import type { ToastOptions } from '../../ui/toasts';

/** <nav-ticket number .session .say>: one ticket. */
export class NavTicket extends TezElement {
  static override styles = [base];
  @property({ type: Number }) number = 0;
  @property({ attribute: false }) session: Session | null = null;
  @property({ attribute: false }) say: (toast: ToastOptions) => void = () => undefined;

  override render() {
    return html`<h1>#${this.number}</h1>`;
  }
}
define('nav-ticket', NavTicket);
