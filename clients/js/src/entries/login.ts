/** The sign-in page works without this; with it, demo logins can be filled in by a click, and a double click sends once. */

import '../ui/page.css';

const form = document.querySelector<HTMLFormElement>('form[data-login]');
if (form) {
  for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-name]')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      set(form, 'username', button.dataset.name);
      set(form, 'password', button.dataset.password);
      form.querySelector<HTMLButtonElement>('[type=submit]')?.focus();
    });
  }
  let sent = false;
  form.addEventListener('submit', (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  addEventListener('pageshow', () => {
    sent = false;
  });
}

function set(form: HTMLFormElement, name: string, value = ''): void {
  const field = form.elements.namedItem(name);
  if (field instanceof HTMLInputElement) field.value = value;
}
