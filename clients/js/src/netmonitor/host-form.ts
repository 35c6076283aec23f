import { html, nothing } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import '../ui/button';
import '../ui/dialog';
import type { TezDialog } from '../ui/dialog';
import { base, define, TezElement } from '../ui/element';
import '../ui/field';
import type { TezField } from '../ui/field';
import { controls } from '../ui/sheets';
import { faultOf, fieldOf } from './api';
import { dialogStyles } from './dialog-styles';
import type { Problem, SetupApi } from './setup-api';
import { t } from './setup-strings';
import { setupDialogStyles } from './setup-styles';
import {
  checks,
  type Field,
  idFor,
  type Kind,
  kindOf,
  limits,
  pathFor,
  specOf,
  type Values,
  valuesOf,
  who,
  wrongIn,
} from './spec';
import { reasonOf } from './states';
import type { Listed, Round } from './types';
import { millis, share } from './units';

const kinds: readonly Kind[] = ['ping', 'tcp', 'http'];
const kindWords = { ping: 'kindPing', tcp: 'kindTcp', http: 'kindHttp' } as const;
const families = { any: 'familyAny', ipv4: 'familyV4', ipv6: 'familyV6' } as const;

/** <nav-network-host-form .api .groups .hosts>: adds a host or changes one; `ask(host)` opens it, null for a new one. Fires `done` with a sentence. */
export class NavNetworkHostForm extends TezElement {
  static override styles = [base, controls, dialogStyles, setupDialogStyles];

  @property({ attribute: false }) api: SetupApi | null = null;
  @property({ attribute: false }) groups: readonly string[] = [];
  @property({ attribute: false }) hosts: readonly Listed[] = [];
  @state() private kind: Kind = 'ping';
  @state() private values: Values = {};
  @state() private wrong: ReadonlyMap<string, string> = new Map();
  @state() private fault = '';
  @state() private busy: '' | 'save' | 'test' = '';
  @state() private tested: Round | null = null;
  @state() private known: Listed | null = null;
  @query('tez-dialog') private dialog!: TezDialog | null;
  /** The id follows the name until somebody writes one. */
  #ownId = false;

  get open(): boolean {
    return this.dialog?.open ?? false;
  }

  /** `problems`: what is known to be wrong with it, told at its fields. */
  async ask(host: Listed | null, problems: readonly Problem[] = []): Promise<void> {
    this.#ownId = host !== null;
    Object.assign(this, {
      known: host,
      kind: kindOf(host ?? {}),
      values: valuesOf(host ?? {}),
      fault: '',
      busy: '',
      tested: null,
    });
    this.#tell(problems);
    await this.updateComplete;
    this.dialog?.show();
    this.renderRoot.querySelector<HTMLElement>('[data-path=name]')?.focus();
  }

  /** Each at its field, what has none below them all. */
  #tell(problems: readonly Problem[]): void {
    const wrong = new Map<string, string>();
    const rest: string[] = [];
    for (const { field, message } of problems) {
      const path = pathFor(this.kind, (field ?? '').replace(/\.\d+$/, '')); // one of a list: `notify.0`
      if (path) wrong.set(path, [wrong.get(path), message].filter(Boolean).join(' '));
      else rest.push(message);
    }
    this.wrong = wrong;
    this.fault = rest.join(' ');
  }

  #set(path: string, value: string): void {
    const values = { ...this.values, [path]: value };
    if (path === 'id') this.#ownId = true;
    if (path === 'name' && !this.#ownId) values.id = idFor(value);
    this.values = values;
    if (this.wrong.has(path)) this.wrong = new Map([...this.wrong].filter(([at]) => at !== path));
  }

  /** The settings, or null after the fields have been told what is wrong with them. */
  #spec() {
    const found = wrongIn(this.kind, this.values);
    const taken = !this.known && this.hosts.some(({ id }) => id === (this.values.id ?? '').trim());
    this.wrong = new Map([
      ...[...found].map(([path, { key, field }]): [string, string] => [
        path,
        t(key, { least: field.least ?? 0, most: field.most ?? 0 }),
      ]),
      ...(taken ? [['id', t('takenId')] as [string, string]] : []),
    ]);
    if (!this.wrong.size) return specOf(this.kind, this.values);
    void this.#toWrong();
    return null;
  }

  async #toWrong(): Promise<void> {
    await this.updateComplete;
    const [path] = this.wrong.keys();
    const field = this.renderRoot.querySelector<HTMLElement>(`[data-path="${path}"]`);
    const folded = field?.closest('details');
    if (folded) folded.open = true;
    field?.focus();
  }

  async #do(what: 'save' | 'test'): Promise<void> {
    const { api } = this;
    if (!api || this.busy) return;
    const spec = this.#spec();
    if (!spec) return;
    this.busy = what;
    this.fault = '';
    this.tested = null;
    try {
      if (what === 'test') this.tested = await api.test(spec);
      else {
        const problems = await api.keep(spec);
        this.known ??= { ...spec, origin: 'page' }; // from now on it is there, to be corrected
        this.emit('done', t('saved', { name: spec.name }));
        this.#tell(problems);
        if (this.wrong.size) void this.#toWrong();
        else if (!this.fault) this.dialog?.close();
      }
    } catch (error) {
      const path = pathFor(this.kind, fieldOf(error));
      if (path) {
        this.wrong = new Map([[path, faultOf(error)]]);
        void this.#toWrong();
      } else this.fault = faultOf(error);
    } finally {
      this.busy = '';
    }
  }

  override render() {
    const { known } = this;
    return html`<tez-dialog class="wide" .heading=${known ? t('editTitle', { name: known.name }) : t('addTitle')}>
      <form
        id="form"
        novalidate
        @submit=${(event: Event) => {
          event.preventDefault();
          void this.#do('save');
        }}
      >
        <div class="grid">${who.map((field) => this.#field(field))}</div>
        <div class="grid">
          <label class="field"
            ><span>${t('family')}</span
            ><select class="control" @change=${(event: Event) => this.#set('family', (event.target as HTMLSelectElement).value)}>
              ${Object.entries(families).map(([value, key]) => html`<option value=${value} ?selected=${this.values.family === value}>${t(key)}</option>`)}
            </select></label
          >
          ${this.#flag('critical', t('criticalFlag'))} ${this.#flag('paused', t('pausedFlag'))}
        </div>
        <fieldset>
          <legend>${t('check')}</legend>
          ${kinds.map(
            (kind) => html`<label class="choice"
              ><input
                type="radio"
                name="kind"
                .checked=${this.kind === kind}
                @change=${() => {
                  this.kind = kind;
                  this.wrong = new Map();
                }}
              /><span>${t(kindWords[kind])}</span></label
            >`,
          )}
        </fieldset>
        <div class="grid">${checks[this.kind].map((field) => this.#field(field))}</div>
        <details>
          <summary>${t('limits')}</summary>
          <p class="hint">${t('limitsHint')}</p>
          <div class="grid">${limits.map((field) => this.#field(field))}</div>
        </details>
        <div role="status" class="tested">${this.#tested()}</div>
        <p class="fault" role="alert">${this.fault}</p>
        <button type="submit" hidden></button>
      </form>
      <tez-button slot="actions" ?busy=${this.busy === 'test'} ?disabled=${this.busy === 'save'} @click=${() => void this.#do('test')}>${t('test')}</tez-button>
      <tez-button slot="actions" variant="primary" ?busy=${this.busy === 'save'} ?disabled=${this.busy === 'test'} @click=${() => void this.#do('save')}>${t('save')}</tez-button>
    </tez-dialog>`;
  }

  #field(field: Field) {
    const { path } = field;
    if (field.type === 'flag') return this.#flag(path, t(field.label));
    const value = this.values[path] ?? '';
    if (path === 'group' || path === 'parent') return this.#listed(field, value);
    return html`<tez-field
      data-path=${path}
      .label=${t(field.label)}
      .value=${value}
      .error=${this.wrong.get(path) ?? ''}
      placeholder=${field.hint ? t(field.hint) : (field.usual ?? '')}
      ?disabled=${path === 'id' && this.known !== null}
      @input=${(event: Event) => this.#set(path, (event.currentTarget as TezField).value)}
    ></tez-field>`;
  }

  /** With what is there already to choose from; anything else may be written, too. */
  #listed(field: Field, value: string) {
    const { path } = field;
    const error = this.wrong.get(path);
    const list =
      path === 'group'
        ? this.groups.map((group) => [group, ''])
        : this.hosts.filter(({ id }) => id !== this.known?.id).map(({ id, name }) => [id, name]);
    return html`<label class="field"
      ><span>${t(field.label)}</span
      ><input
        class="control"
        data-path=${path}
        list=${`list-${path}`}
        placeholder=${field.hint ? t(field.hint) : nothing}
        .value=${value}
        aria-invalid=${error ? 'true' : nothing}
        aria-describedby=${error ? `error-${path}` : nothing}
        @input=${(event: Event) => this.#set(path, (event.target as HTMLInputElement).value)}
      />
      ${error ? html`<span class="fault" id=${`error-${path}`}>${error}</span>` : nothing}
      <datalist id=${`list-${path}`}>${list.map(([one, label]) => html`<option value=${one ?? ''}>${label}</option>`)}</datalist></label
    >`;
  }

  #flag(path: string, label: string) {
    return html`<label class="choice flag"
      ><input
        type="checkbox"
        data-path=${path}
        .checked=${!!this.values[path]}
        @change=${(event: Event) => this.#set(path, (event.target as HTMLInputElement).checked ? '1' : '')}
      /><span>${label}</span></label
    >`;
  }

  #tested() {
    const round = this.tested;
    if (!round) return nothing;
    const well = !round.error && round.loss !== null && round.loss < 1;
    const times = round.rtts.map((rtt) => (rtt === null ? t('lost') : millis(rtt))).join(' · ');
    return html`<p class=${well ? 'well' : 'fault'}>
        <b>${well ? t('testWell') : t('testBad')}</b>${round.error ? ` ${reasonOf(round.error)}` : ''}${round.address ? ` · ${round.address}` : ''}
      </p>
      <p>${times ? `${times} · ${t('testLoss', { loss: share(round.loss) })}` : ''}</p>`;
  }
}
define('nav-network-host-form', NavNetworkHostForm);
