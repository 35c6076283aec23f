import { css, html, nothing } from 'lit';
import { formatNumber } from '../../i18n/index';
import { icon } from '../../ui/icons';
import { t } from './strings';
import type { Upload, Uploads } from './uploads';

/** Bytes in the unit that people read. */
export function sizeText(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  let at = 0;
  let value = bytes;
  while (value >= 1000 && at < units.length - 1) {
    value /= 1024;
    at++;
  }
  return formatNumber(value, {
    style: 'unit',
    unit: units[at] ?? 'byte',
    unitDisplay: 'short',
    maximumFractionDigits: value < 10 && at > 0 ? 1 : 0,
  });
}

export const uploadStyles = css`
  .uploads {
    display: flex;
    flex-wrap: wrap;
    gap: var(--tez-2);
    margin: var(--tez-2) 0 0;
    padding: 0;
    list-style: none;
  }
  .uploads li {
    display: grid;
    grid-template-columns: 40px minmax(0, 1fr) auto auto;
    align-items: center;
    gap: 2px var(--tez-2);
    width: calc(var(--tez-rem) * 18);
    max-width: 100%;
    padding: var(--tez-1);
    border: 1px solid var(--tez-line);
    border-radius: var(--tez-radius);
    font-size: var(--tez-s);
  }
  .uploads .thumb {
    display: grid;
    grid-row: span 2;
    place-items: center;
    width: 40px;
    height: 40px;
    overflow: hidden;
    border-radius: var(--tez-radius-s);
    background: var(--tez-sunken);
    color: var(--tez-text-3);
  }
  .uploads img {
    width: 100%;
    height: 100%;
    object-fit: cover;
  }
  .uploads .name {
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .uploads .how {
    grid-column: 2 / -1;
    color: var(--tez-text-3);
  }
  .uploads progress {
    width: 100%;
    height: 6px;
    accent-color: var(--tez-accent);
  }
  .uploads .failed {
    color: var(--tez-bad);
  }
`;

/** The files that go with the comment. */
export function uploadsView(uploads: Uploads) {
  if (!uploads.all.length) return nothing;
  return html`<ul class="uploads" aria-label=${t('filesToSend')}>
    ${uploads.all.map(
      (one) => html`<li>
        <span class="thumb">${one.preview ? html`<img src=${one.preview} alt="" />` : icon('file', 20)}</span>
        <span class="name" title=${one.file.name}>${one.file.name}</span>
        ${
          one.state === 'failed'
            ? html`<button class="btn small" @click=${() => uploads.retry(one.id)}>${icon('refresh', 14)}${t('again')}</button>`
            : html`<span></span>`
        }
        <button
          class="btn ghost icon small"
          aria-label=${t('removeFile', { name: one.file.name })}
          title=${t('removeFile', { name: one.file.name })}
          @click=${() => uploads.remove(one.id)}
        >
          ${icon('close', 14)}
        </button>
        <span class="how">${how(one)}</span>
      </li>`,
    )}
  </ul>`;
}

function how(one: Upload) {
  switch (one.state) {
    case 'waiting':
      return t('fileWaits');
    case 'sending':
      return html`<progress max="1" .value=${one.share} aria-label=${t('fileSending', { name: one.file.name })}></progress>`;
    case 'done':
      return sizeText(one.file.size);
    case 'failed':
      return html`<span class="failed" role="alert">${one.reason}</span>`;
  }
}
