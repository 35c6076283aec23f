/** Going to an address of this site: a page that can show it without loading anew says so, otherwise the browser loads it. */

const EVENT = 'tez-navigate';

export function navigate(href: string, load: (href: string) => void = (to) => location.assign(to)): void {
  const event = new CustomEvent(EVENT, { detail: new URL(href, location.href), cancelable: true });
  if (document.dispatchEvent(event)) load(href);
}

/** `take` answers true when it has gone there itself; returns its own undo. */
export function onNavigate(take: (to: URL) => boolean): () => void {
  const go = (event: Event) => {
    if (take((event as CustomEvent<URL>).detail)) event.preventDefault();
  };
  document.addEventListener(EVENT, go);
  return () => document.removeEventListener(EVENT, go);
}
