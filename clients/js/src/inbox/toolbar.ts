import { css, html } from 'lit';
import { icon } from '../ui/icons';
import '../ui/menu';
import type { MenuItem } from '../ui/menu';
import { sound } from './sound';
import { t } from './strings';

export interface ToolActs {
  mute(): void;
  readAll(): void;
  doneAll(): void;
  help(): void;
}

/** The heading and what can be done to the whole list. A browser that keeps the tone locked is asked to let it sound. */
export function toolbar(act: ToolActs) {
  const muted = sound.muted;
  const actions: MenuItem[] = [
    { id: 'read', label: t('readAll'), icon: 'checks' },
    { id: 'done', label: t('doneAll'), icon: 'check' },
    { id: 'help', label: t('help'), icon: 'keyboard', hint: '?', divided: true },
  ];
  return html`<div class="top">
    <div class="head"><slot name="heading"><h2>${t('title')}</h2></slot></div>
    <div class="tools">
      ${
        sound.locked && !muted
          ? html`<button class="btn small" title=${t('unlockWhy')} @click=${() => void sound.unlock()}>
              ${icon('sound', 16)}${t('unlock')}
            </button>`
          : html`<button
              class="btn ghost icon"
              aria-label=${muted ? t('unmute') : t('mute')}
              title=${muted ? t('unmute') : t('mute')}
              @click=${act.mute}
            >
              ${icon(muted ? 'mute' : 'sound')}
            </button>`
      }
      <button class="btn ghost icon" aria-label=${t('readAll')} title=${t('readAll')} @click=${act.readAll}>
        ${icon('checks')}
      </button>
      <tez-menu
        .label=${t('more')}
        .items=${actions}
        @pick=${(event: CustomEvent<string>) => {
          if (event.detail === 'read') act.readAll();
          else if (event.detail === 'done') act.doneAll();
          else act.help();
        }}
        ><span slot="trigger">${icon('dots')}</span></tez-menu
      >
    </div>
  </div>`;
}

export const toolbarStyles = css`
  .top {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--tez-1) var(--tez-2);
    padding: 6px var(--tez-2) 6px var(--tez-4);
  }
  .head {
    flex: 1 1 auto;
  }
  h2 {
    margin: 0;
    font-size: var(--tez-l);
    font-weight: 650;
    letter-spacing: -0.005em;
  }
  .tools {
    display: flex;
    align-items: center;
    gap: 2px;
  }
`;
