// @vitest-environment happy-dom
import { html, render } from 'lit';
import { expect, test } from 'vitest';
import { repeat } from '../../src/ui/repeat';

test('a list that came and went leaves nothing, and elements move with their keys', () => {
  const at = document.createElement('div');
  const draw = (...ids: number[]) =>
    render(
      html`<p></p>${repeat(
        ids,
        (id) => id,
        (id) => html`<b>${id}</b>`,
      )}`,
      at,
    );
  draw();
  const empty = at.childNodes.length;
  draw(1, 2, 3);
  const three = at.childNodes.length;
  const third = at.querySelectorAll('b')[2];
  draw(3, 1);
  expect(at.querySelectorAll('b')[0]).toBe(third);
  expect(at.textContent).toBe('31');
  draw(1, 2, 3, 4);
  draw(3, 1, 4, 2);
  expect(at.textContent).toBe('3142');
  for (let n = 0; n < 20; n++) draw(n, n + 1, n + 2);
  expect(at.childNodes.length).toBe(three);
  draw();
  expect(at.childNodes.length).toBe(empty);
});
