// @vitest-environment happy-dom
import { html, LitElement } from 'lit';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { navigate } from '../../src/palette/navigate';
import { Places } from '../../src/shell/places';

type Place = { readonly kind: 'list' } | { readonly kind: 'one'; readonly id: string };
const area = {
  home: { kind: 'list' } as Place,
  read: (path: string): Place | null => {
    if (path === '/things/') return { kind: 'list' };
    const id = /^\/things\/(\w+)$/.exec(path)?.[1];
    return id ? { kind: 'one', id } : null;
  },
  path: (place: Place) => (place.kind === 'list' ? '/things/' : `/things/${place.id}`),
};
const leaving = vi.fn();
const went = vi.fn();

class TestThings extends LitElement {
  readonly places = new Places<Place>(this, area, { leaving, went });

  protected override createRenderRoot() {
    return this; // events come from the element itself then, as browsers make it seem from outside a shadow root
  }

  override render() {
    return html`<a href="/things/a">a</a><a href="/else/">else</a><a href="/things/b" target="_blank">b</a>`;
  }
}
customElements.define('test-things', TestThings);

describe('places of an area', () => {
  let page: TestThings;
  const opened = vi.fn();
  const at = () => location.pathname + location.search;

  beforeEach(async () => {
    history.replaceState(null, '', '/things/?q=7');
    for (const spy of [leaving, went, opened]) spy.mockClear();
    page = new TestThings();
    page.addEventListener('place', opened);
    document.body.append(page);
    await page.updateComplete;
  });

  afterEach(() => page.remove());

  /** Clicks a link; true: it is left to the browser. */
  function click(n: number, more: MouseEventInit = {}): boolean {
    const link = page.renderRoot.querySelectorAll('a')[n] as HTMLAnchorElement;
    const event = new MouseEvent('click', { bubbles: true, composed: true, cancelable: true, ...more });
    const stop = (late: Event) => late.preventDefault(); // the test's browser must not follow it
    let left = true;
    const look = (late: Event) => {
      left = !late.defaultPrevented;
      stop(late);
    };
    addEventListener('click', look, { once: true });
    link.dispatchEvent(event);
    return left;
  }

  it('are gone to by a plain click, and the way home leads to what it showed', () => {
    expect(page.places.place).toEqual({ kind: 'list' });
    expect(click(0)).toBe(false);
    expect([at(), page.places.place, page.places.arrived]).toEqual(['/things/a', { kind: 'one', id: 'a' }, true]);
    expect([leaving, went, opened].map((spy) => spy.mock.calls.length)).toEqual([1, 1, 1]);
    page.places.go({ kind: 'list' });
    expect(at()).toBe('/things/?q=7');
  });

  it('leave other clicks to the browser', () => {
    expect([click(1), click(2), click(0, { ctrlKey: true }), click(0, { button: 1 })]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(at()).toBe('/things/?q=7');
  });

  it('are gone to from the palette, also where they are, with another search', () => {
    const load = vi.fn();
    navigate('/things/?q=8', load);
    expect([at(), opened.mock.calls.length, went.mock.calls.length]).toEqual(['/things/?q=8', 0, 1]);
    navigate('/else/', load);
    expect(load).toHaveBeenCalledOnce();
  });

  it('follow Back, and hear nothing once they are gone', () => {
    page.places.go({ kind: 'one', id: 'a' });
    history.replaceState(null, '', '/things/?q=7');
    dispatchEvent(new PopStateEvent('popstate'));
    expect(page.places.place).toEqual({ kind: 'list' });
    page.remove();
    history.replaceState(null, '', '/things/a');
    dispatchEvent(new PopStateEvent('popstate'));
    expect(page.places.place).toEqual({ kind: 'list' });
  });
});
