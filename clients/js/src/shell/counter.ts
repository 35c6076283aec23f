/** The number outside the page: tab title, favicon and the app's icon always agree with the bell. */

import { countText } from '../ui/badge';

/** Our mark as an SVG, with a dot or a number in its corner when something is new. */
export function faviconSvg(unseen: number): string {
  const text = unseen > 9 ? '9+' : String(unseen);
  const badge = unseen
    ? `<circle cx="22.500" cy="22.500" r="9.500" fill="#c0362c" stroke="#fff" stroke-width="1.500"/><text x="22.500" y="27" fill="#fff" font-family="sans-serif" font-size="${text.length > 1 ? 11 : 13}" font-weight="700" text-anchor="middle">${text}</text>`
    : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#2f56c8"/><path d="M16 5.500 24 26l-8-4.500L8 26Z" fill="#fff"/>${badge}</svg>`;
}

/** Shows `unseen` on the title (`(3) Входящие · ТЭЗ Навигатор`), the favicon and the installed app's icon. */
export function showCount(unseen: number, title: string): void {
  document.title = unseen ? `(${countText(unseen)}) ${title}` : title;
  const link = document.querySelector<HTMLLinkElement>('link[rel~="icon"]');
  if (link) {
    link.type = 'image/svg+xml';
    link.href = `data:image/svg+xml,${encodeURIComponent(faviconSvg(unseen))}`;
  }
  const badge = navigator as Navigator & { setAppBadge?(n: number): Promise<void>; clearAppBadge?(): Promise<void> };
  // Refused where the page is not installed or not secure: nothing to tell anybody.
  void (unseen ? badge.setAppBadge?.(unseen) : badge.clearAppBadge?.())?.catch(() => undefined);
}
