/** Lit's `repeat` without what it leaves: as of 3.3.3 it removes a part without the comment that ends it, one more for each row that goes. */

import { type ChildPart, directive, type PartInfo } from 'lit/directive.js';
import { getCommittedValue, getDirectiveClass } from 'lit/directive-helpers.js';
import { repeat as leaving } from 'lit/directives/repeat.js';

interface Instance {
  render(...values: unknown[]): unknown;
  update(part: ChildPart, values: unknown[]): unknown;
}
const Repeat = getDirectiveClass(leaving([], String)) as unknown as new (info: PartInfo) => Instance;

class Sweeping extends Repeat {
  override update(part: ChildPart, values: unknown[]): unknown {
    const before = [...parts(part)]; // Lit empties places of its own list while it moves things
    const result = super.update(part, values);
    const after = new Set(parts(part));
    for (const one of before) if (!after.has(one)) one.endNode?.parentNode?.removeChild(one.endNode);
    return result;
  }
}

/** What the last update left; nothing before the first. */
function parts(part: ChildPart): ChildPart[] {
  const value = getCommittedValue(part);
  return Array.isArray(value) ? value : [];
}

export const repeat = directive(Sweeping as never) as unknown as typeof leaving;
