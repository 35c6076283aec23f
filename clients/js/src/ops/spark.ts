import { html, nothing, svg } from 'lit';

const WIDTH = 150;
const HEIGHT = 36;
const PAD = 2;

/** The line of a curve as an SVG path; gaps stay gaps. A lone point becomes a short dash, else it would not be seen. */
export function pathOf(values: readonly (number | null)[], width = WIDTH, height = HEIGHT): string {
  const known = values.filter((value): value is number => value !== null);
  if (!known.length) return '';
  const top = Math.max(...known, 1e-9);
  const step = values.length > 1 ? width / (values.length - 1) : width;
  const y = (value: number) => (height - PAD - (value / top) * (height - 2 * PAD)).toFixed(1);
  let path = '';
  let drawing = false;
  values.forEach((value, i) => {
    if (value === null) {
      drawing = false;
      return;
    }
    const x = (i * step).toFixed(1);
    const alone = !drawing && (values[i + 1] ?? null) === null;
    path += alone
      ? `M${Math.max(0, i * step - 1).toFixed(1)} ${y(value)}h1.5`
      : `${drawing ? 'L' : 'M'}${x} ${y(value)}`;
    drawing = true;
  });
  return path;
}

/** A small curve from 0 to its highest point; `label` says in words what it shows. */
export function spark(values: readonly (number | null)[], label: string) {
  const path = pathOf(values);
  return html`<svg class="spark" viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
    ${svg`<path class="floor" d="M0 ${HEIGHT - 0.5}H${WIDTH}"/>`}
    ${path ? svg`<path class="line" d=${path} />` : nothing}
  </svg>`;
}
