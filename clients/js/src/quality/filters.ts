import { html } from 'lit';
import { pick } from '../i18n/index';
import type { Options } from './api';
import { t } from './strings';
import { dayIn } from './units';

/** What figures are of; kept in the address, so that a view can be sent to somebody. */
export interface Scope {
  readonly from: string;
  readonly to: string;
  readonly project: string;
  readonly tracker: string;
}

/** The last eight weeks of everything. */
export function usual(zone: string, now: number): Scope {
  return { from: dayIn(zone, now, 55), to: dayIn(zone, now), project: '', tracker: '' };
}

/** A labelled choice. */
export function choice(
  label: string,
  value: string,
  options: readonly (readonly [string, string])[],
  pickOne: (value: string) => void,
) {
  return html`<label class="field"
    ><span>${label}</span
    ><select class="control" @change=${(event: Event) => pickOne((event.target as HTMLSelectElement).value)}>
      ${options.map(([id, text]) => html`<option value=${id} .selected=${id === value}>${text}</option>`)}
    </select></label
  >`;
}

/** Days and what is chosen of projects and trackers; a choice of one is none, and is not shown. */
export function scopeFields(
  scope: Scope,
  options: Options | null,
  zone: string,
  now: number,
  set: (scope: Scope) => void,
) {
  const days = (back: number) => ({ from: dayIn(zone, now, back - 1), to: dayIn(zone, now) });
  const presets: readonly (readonly [number, string])[] = [
    [28, t('weeks4')],
    [56, t('weeks8')],
    [365, t('year')],
  ];
  const day = (which: 'from' | 'to', label: string) =>
    html`<label class="field"
      ><span>${label}</span
      ><input
        class="control"
        type="date"
        max=${dayIn(zone, now, which === 'from' ? 0 : -1)}
        .value=${scope[which]}
        @change=${(event: Event) => {
          const value = (event.target as HTMLInputElement).value;
          if (!value) return;
          const next = { ...scope, [which]: value };
          set(next.from > next.to ? { ...next, from: value, to: value } : next);
        }}
    /></label>`;
  return html`<div class="fields">
    ${day('from', t('from'))} ${day('to', t('to'))}
    <div class="presets" role="group" aria-label=${t('period')}>
      ${presets.map(([back, text]) => {
        const { from, to } = days(back);
        return html`<button
          class="btn small"
          aria-pressed=${scope.from === from && scope.to === to ? 'true' : 'false'}
          @click=${() => set({ ...scope, from, to })}
        >
          ${text}
        </button>`;
      })}
    </div>
    ${placeFields(scope, options, set)}
  </div>`;
}

/** Project and tracker alone. */
export function placeFields<T extends Pick<Scope, 'project' | 'tracker'>>(
  scope: T,
  options: Options | null,
  set: (scope: T) => void,
) {
  const projects = options?.projects ?? [];
  const trackers = options?.trackers ?? [];
  const all: readonly [string, string] = ['', t('all')];
  return html`${
    projects.length > 1
      ? choice(
          t('project'),
          scope.project,
          [all, ...projects.map((one): [string, string] => [String(one.id), one.name])],
          (project) => set({ ...scope, project }),
        )
      : ''
  }${
    trackers.length > 1
      ? choice(
          t('tracker'),
          scope.tracker,
          [all, ...trackers.map((one): [string, string] => [String(one.id), pick(one.name)])],
          (tracker) => set({ ...scope, tracker }),
        )
      : ''
  }`;
}
