/** What a person does with their quiet hours on the page. */

import type { QuietWindow } from '../inbox/quiet';

export const WEEK: readonly number[] = [0, 1, 2, 3, 4, 5, 6];
export const MOST_WINDOWS = 20;

export function toggleDay(window: QuietWindow, day: number): QuietWindow {
  const days = window.days.includes(day) ? window.days.filter((one) => one !== day) : [...window.days, day].sort();
  return { ...window, days };
}
