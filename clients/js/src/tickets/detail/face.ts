import { css, html } from 'lit';
import { initials } from '../../shell/initials';
import { icon } from '../../ui/icons';
import type { Person } from './types';

export const faceStyles = css`
  .face {
    display: inline-grid;
    flex: none;
    place-items: center;
    overflow: hidden;
    border-radius: 50%;
    background: var(--tez-accent-soft);
    color: var(--tez-accent-text);
    font-size: 11px;
    font-weight: 650;
    line-height: 1;
  }
  .face.s20 {
    width: 20px;
    height: 20px;
    font-size: 9px;
  }
  .face.s28 {
    width: 28px;
    height: 28px;
  }
  .face img {
    width: 100%;
    height: 100%;
    object-fit: cover;
  }
  @media (forced-colors: active) {
    .face {
      border: 1px solid CanvasText;
    }
  }
`;

/** A person's picture, or the first letters of the name; the name itself stands beside it. */
export function face(person: Person, size: 20 | 28 = 20) {
  return html`<span class=${`face s${size}`} aria-hidden="true"
    >${
      person.avatar
        ? html`<img src=${person.avatar} alt="" loading="lazy" />`
        : person.group
          ? icon('user', size === 28 ? 16 : 12)
          : initials(person.name)
    }</span
  >`;
}
