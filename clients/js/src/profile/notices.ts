import { css, html, nothing } from 'lit';
import { kinds } from '../inbox/model';
import { type SoundWishes, sound } from '../inbox/sound';
import { tones } from '../inbox/tones';
import { base, define } from '../ui/element';
import { icon } from '../ui/icons';
import '../ui/panel';
import { Section } from './section';
import { t, word } from './strings';
import { sectionStyles } from './styles';

const names = [...Object.keys(tones), 'none'];

/** <profile-notices .store>: which kinds of notices come as push, and how each sounds. */
export class ProfileNotices extends Section {
  static override styles = [
    base,
    sectionStyles,
    css`
      :host {
        container-type: inline-size;
      }
      .volume {
        display: flex;
        align-items: center;
        gap: var(--tez-2);
      }
      .volume input {
        flex: 0 1 calc(var(--tez-rem) * 14);
      }
      .volume output {
        min-width: 4ch;
        color: var(--tez-text-3);
        font-size: var(--tez-s);
        font-variant-numeric: tabular-nums;
      }
      table {
        width: 100%;
        border-collapse: collapse;
      }
      th,
      td {
        padding: var(--tez-1) var(--tez-2) var(--tez-1) 0;
        text-align: start;
        vertical-align: middle;
      }
      thead th {
        color: var(--tez-text-3);
        font-size: var(--tez-s);
        font-weight: 500;
      }
      tbody th {
        font-weight: 550;
      }
      td input[type='range'] {
        width: 100%;
      }
      td:last-child,
      thead th:last-child {
        padding-right: 0;
        text-align: end;
      }
      td:last-child input {
        vertical-align: middle;
      }
      select {
        width: 100%;
      }
      @container (max-width: 460px) {
        table,
        tbody {
          display: block;
        }
        thead {
          position: absolute;
          clip-path: inset(50%);
        }
        tr {
          display: grid;
          grid-template-columns: minmax(0, 1fr) auto auto;
          align-items: center;
          gap: var(--tez-1) var(--tez-2);
          padding: var(--tez-2) 0;
          border-top: 1px solid var(--tez-line);
        }
        th,
        td {
          padding: 0;
        }
        tbody th {
          grid-column: 1 / 3;
        }
        td.push {
          grid-area: 1 / 3;
        }
        td.push::before {
          content: attr(data-label) ' ';
          color: var(--tez-text-3);
          font-size: var(--tez-s);
        }
        td.level {
          width: calc(var(--tez-rem) * 6);
        }
      }
    `,
  ];

  get #wishes(): SoundWishes {
    return this.store?.profile?.preferences.sound ?? {};
  }

  #set(change: SoundWishes): void {
    const next = { ...this.#wishes, ...change };
    sound.share(next);
    void this.store?.set('sound', next).then(() => sound.share(this.#wishes)); // what was not taken is not heard either
  }

  #setKind(kind: string, change: { sound?: string; volume?: number }): void {
    const all = this.#wishes.kinds ?? {};
    this.#set({ kinds: { ...all, [kind]: { ...all[kind], ...change } } });
  }

  #preview(kind: string): void {
    const wish = this.#wishes.kinds?.[kind];
    void sound.preview(wish?.sound ?? 'chime', (this.#wishes.volume ?? 1) * (wish?.volume ?? 1));
  }

  override render() {
    const profile = this.store?.profile;
    if (!profile) return nothing;
    const wishes = this.#wishes;
    return html`<tez-panel .heading=${t('notices')}>
      <div class="stack">
        <label class="check">
          <input type="checkbox" .checked=${wishes.muted ?? false} @change=${(event: Event) => this.#set({ muted: checked(event) })} />
          ${t('mute')}
        </label>
        <div>
          <label for="volume">${t('volume')}</label>
          <div class="volume">
            ${range(wishes.volume ?? 1, t('volume'), (volume) => this.#set({ volume }), 'volume')}
            <output for="volume">${t('percent', { n: Math.round((wishes.volume ?? 1) * 100) })}</output>
          </div>
        </div>
        <table role="table" aria-label=${t('notices')}>
          <thead role="rowgroup">
            <tr role="row">
              <th role="columnheader" scope="col">${t('kind')}</th>
              <th role="columnheader" scope="col">${t('kindSound')}</th>
              <th role="columnheader" scope="col">${t('kindVolume')}</th>
              <th role="columnheader" scope="col"><span class="sr">${t('kindSound')}</span></th>
              <th role="columnheader" scope="col">${t('kindPush')}</th>
            </tr>
          </thead>
          <tbody role="rowgroup">
            ${kinds.map((kind) => this.#row(kind))}
          </tbody>
        </table>
        ${this.saveLine('sound', 'rules')}
      </div>
    </tez-panel>`;
  }

  #row(kind: string) {
    const wish = this.#wishes.kinds?.[kind] ?? {};
    const rules = this.store?.profile?.preferences.rules ?? {};
    const name = word(`kind_${kind}`, kind);
    const chosen = wish.sound ?? 'chime';
    return html`<tr role="row">
      <th role="rowheader" scope="row">${name}</th>
      <td role="cell" class="which">
        <select
          class="control"
          aria-label=${t('kindSoundOf', { kind: name })}
          @change=${(event: Event) => {
            this.#setKind(kind, { sound: (event.target as HTMLSelectElement).value });
            this.#preview(kind);
          }}
        >
          ${names.map((one) => html`<option value=${one} .selected=${one === chosen}>${word(`sound_${one}`, one)}</option>`)}
        </select>
      </td>
      <td role="cell" class="level">
        ${range(wish.volume ?? 1, t('kindVolumeOf', { kind: name }), (volume) => this.#setKind(kind, { volume }))}
      </td>
      <td role="cell">
        <button
          class="btn ghost icon small"
          aria-label=${t('preview', { kind: name })}
          title=${t('preview', { kind: name })}
          aria-disabled=${chosen === 'none' ? 'true' : 'false'}
          @click=${() => chosen !== 'none' && this.#preview(kind)}
        >
          ${icon('sound', 16)}
        </button>
      </td>
      <td role="cell" class="push" data-label=${t('kindPush')}>
        <input
          type="checkbox"
          aria-label=${t('kindPushOf', { kind: name })}
          .checked=${rules[kind]?.push ?? true}
          @change=${(event: Event) => void this.store?.set('rules', { ...rules, [kind]: { ...rules[kind], push: checked(event) } })}
        />
      </td>
    </tr>`;
  }
}
define('profile-notices', ProfileNotices);

function checked(event: Event): boolean {
  return (event.target as HTMLInputElement).checked;
}

/** A volume; told when the hand lets go. */
function range(value: number, label: string, set: (value: number) => void, id: string | typeof nothing = nothing) {
  return html`<input
    type="range"
    id=${id}
    min="0"
    max="1"
    step="0.05"
    aria-label=${label}
    aria-valuetext=${t('percent', { n: Math.round(value * 100) })}
    .value=${String(value)}
    @change=${(event: Event) => set(Number((event.target as HTMLInputElement).value))}
  />`;
}
