"""Texts that try to run, on the finished pages: in subjects, texts, file names and names of people, in a real Chromium.

A Redmine that already holds them is what the product has to bear; so they are put into the sandbox's tables, whatever a form would say.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from playwright.async_api import Page, Route, expect

from adapters.sandbox.people import person as colleague
from adapters.sandbox.redmine import SandboxRedmine, open_sandbox_redmine, schema
from tests.live.browser import chromium, person
from tests.live.product import Product
from tests.live.test_xss import VECTORS, Alarm, alarmed

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

_SUBJECT = 255
"""Redmine's column, and that of names and file names."""
_WORD = "находка"
"""Stands in the notes and nowhere else, so that the search shows what is around it."""
_AUDIT = """() => {
  const bad = [];
  let seen = 0;
  const address = /^(href|src|action|formaction|data|srcdoc|xlink:href)$/i;
  const runs = /^[\\s\\x00-\\x1f]*(javascript|vbscript|data:text)/i;
  const never = /^(script|style|iframe|object|embed|form|input|button|svg|math|base|meta|link|template)$/;
  const kinds = ['mouseover', 'pointerenter', 'toggle', 'error', 'load', 'animationend'];
  const walk = (root) => {
    for (const element of root.querySelectorAll('*')) {
      seen += 1;
      for (const { name, value } of element.attributes) {
        if (/^on/i.test(name)) bad.push(`${element.localName}[${name}]`);
        if (address.test(name) && runs.test(value))
          bad.push(`${element.localName}[${name}=${value}]`);
      }
      if (element.closest('.rich')) {
        if (never.test(element.localName)) bad.push(element.localName);
        for (const kind of kinds) element.dispatchEvent(new Event(kind));
      }
      if (element.shadowRoot) walk(element.shadowRoot);
    }
  };
  walk(document);
  return { seen, bad };
}"""


def packed(limit: int, end: str = "") -> Iterator[str]:
    """The attacks, several in one text, as many texts as are needed. `end` closes each."""
    text = ""
    for vector in VECTORS:
        one = " ".join(vector.split())
        if text and len(text) + 1 + len(one) + len(end) > limit:
            yield text + end
            text = ""
        text = f"{text} {one}".strip()[: limit - len(end)]
    yield text + end


async def poison(redmine: SandboxRedmine) -> tuple[int, int]:
    """Puts them into every subject, every name, the history and the files of one issue. Its id, and how many issues there are."""
    petrova, sidorov = colleague("petrova").redmine_id, colleague("sidorov").redmine_id
    subjects, names, files = list(packed(_SUBJECT)), list(packed(_SUBJECT)), list(packed(_SUBJECT, ".gif"))
    issues, journals = schema.issues, schema.journals
    async with redmine.database.writing() as connection:

        async def update(table: sa.Table, id: int, **values: Any) -> None:
            await connection.execute(table.update().where(table.c.id == id).values(**values))

        ids = [row.id for row in await connection.execute(sa.select(issues.c.id).order_by(issues.c.updated_on.desc()))]
        for at, id in enumerate(ids):
            await update(issues, id, subject=subjects[at % len(subjects)])
        people = [row.id for row in await connection.execute(sa.select(schema.users.c.id).where(schema.users.c.id != petrova))]
        for at, id in enumerate(people):
            await update(schema.users, id, firstname="", lastname=names[at % len(names)])
        evil = ids[0]
        await update(issues, evil, assigned_to_id=petrova, author_id=sidorov, description="\r\n\r\n".join(VECTORS[::2]), status_id=2)
        now = redmine.database.now()
        step = 12
        for start in range(0, len(VECTORS), step):
            lines = VECTORS[start : start + step]
            notes = f"{_WORD} " + "\r\n\r\n".join(
                [*lines, *(f"* {line}" for line in lines[:4]), f"|{lines[-1]}|", f'"{lines[0]}":{lines[-1]}', f"!{lines[1]}!"]
            )
            await connection.execute(
                journals.insert().values(
                    journalized_id=evil,
                    journalized_type="Issue",
                    user_id=people[start % len(people)],
                    notes=notes,
                    created_on=now,
                    private_notes=False,
                )
            )
        for name in files:
            await connection.execute(
                schema.attachments.insert().values(
                    container_id=evil,
                    container_type="Issue",
                    filename=name,
                    disk_filename="x",
                    filesize=43,
                    content_type="image/gif",
                    author_id=sidorov,
                    created_on=now,
                    description=name[:255],
                )
            )
    return evil, len(ids)


async def clean(alarm: Alarm, page: Page, where: str) -> None:
    """What is on screen runs nothing, whatever is done to it."""
    found = await page.evaluate(_AUDIT)
    assert found["bad"] == [], where
    assert found["seen"] > 50, where
    await page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    assert await alarm.reported() == [], where
    assert (alarm.dialogs, alarm.foreign) == ([], []), where
    alarm.person.complaints[:] = [line for line in alarm.person.complaints if "409" not in line]  # the browser names every refusal
    assert alarm.person.complaints == [], where


async def test_nothing_runs_on_the_pages(product: Product, tmp_path: Path) -> None:
    """List, ticket, pictures, palette, ticket beside the list, conflict, failures of many, notifications: all full of attacks."""
    async with open_sandbox_redmine(tmp_path / "redmine", life=False, seed=3) as redmine:
        evil, count = await poison(redmine)
        product.settings |= {
            "REDMINE_URL": redmine.url,
            "REDMINE_DB_URL": redmine.db_url,
            "REDMINE_TIME_ZONE": redmine.zone,
            "REDMINE_API_KEY": colleague("admin").api_key,
        }
        petrova = colleague("petrova")
        product.add_user("petrova", "--redmine-id", str(petrova.redmine_id), "--email", petrova.email, "--display", petrova.name)
        async with product.running(), chromium() as browser, person(product, browser) as somebody:
            alarm = await alarmed(product, somebody)
            page = await somebody.sign_in("petrova")
            await ticket(alarm, page, evil)
            await conflict(alarm, page, redmine, evil)
            await notified(alarm, page)
            await listed(alarm, page, count)
            await searched(alarm, page)
            await failed(alarm, page)


async def ticket(alarm: Alarm, page: Page, evil: int) -> None:
    """One ticket, its history of attacks, and its pictures large."""
    await page.goto(f"{alarm.person.product.url}/tasks/{evil}")
    await expect(page.get_by_role("heading", name="История")).to_be_visible()
    await expect(page.get_by_role("listitem").nth(10)).to_be_attached()
    await clean(alarm, page, "ticket")
    await page.get_by_role("button", name="Увеличить").first.click()
    await expect(page.get_by_role("dialog").locator("img")).to_be_visible()
    await page.keyboard.press("ArrowRight")
    await clean(alarm, page, "lightbox")
    await page.keyboard.press("Escape")


async def conflict(alarm: Alarm, page: Page, redmine: SandboxRedmine, evil: int) -> None:
    """Somebody with an evil name was first, and says evil things."""
    answers = f"**/tasks/api/task/{evil}"
    before = await (await page.request.get(f"{alarm.person.product.url}/tasks/api/task/{evil}")).body()

    async def old(route: Route) -> None:
        await route.fulfill(body=before, content_type="application/json")

    await page.route(answers, old)
    boss = colleague("fedorov")
    async with httpx.AsyncClient(base_url=redmine.url, headers={"X-Redmine-API-Key": boss.api_key}) as client:
        for notes in packed(4000):
            put = await client.put(f"/issues/{evil}.json", json={"issue": {"notes": notes, "status_id": 4}})
            assert put.status_code == 204, put.text
    await page.keyboard.press("s")
    await page.get_by_role("combobox").fill("ожид")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog", name="Заявку изменили")).to_be_visible()
    await clean(alarm, page, "conflict")
    await page.keyboard.press("Escape")
    await page.unroute(answers)


async def notified(alarm: Alarm, page: Page) -> None:
    """The bell and the inbox tell of the same, with the attacks in title and text."""
    await page.goto(alarm.person.product.url)
    await page.get_by_role("button", name="Показать ещё").first.click(timeout=20_000)
    await clean(alarm, page, "inbox")
    await page.get_by_role("button", name="Уведомления").click()
    await clean(alarm, page, "bell")


async def listed(alarm: Alarm, page: Page, count: int) -> None:
    """Every row of the list from the first to the last, then a ticket beside it."""
    await page.set_viewport_size({"width": 1920, "height": 1000})
    await page.goto(f"{alarm.person.product.url}/tasks/?view=all&status=all")
    rows = page.locator("nav-ticket-list .row[data-id]")
    await expect(rows.first).to_be_visible()
    await page.keyboard.press("j")
    await clean(alarm, page, "list")
    await page.keyboard.press("End")
    await expect(page.locator(f"nav-ticket-list .row[data-index='{count - 1}']")).to_be_visible()
    await clean(alarm, page, "end of the list")
    await page.keyboard.press("Home")
    await page.keyboard.press("Enter")
    await expect(page.locator("nav-ticket-list .beside nav-ticket h1")).to_be_visible()
    await clean(alarm, page, "beside")


async def searched(alarm: Alarm, page: Page) -> None:
    """The palette marks what was found in the middle of attacks."""
    await page.keyboard.press("Control+KeyK")
    field = page.get_by_role("combobox", name="Заявка, раздел или команда")
    await field.fill("alert")
    await expect(page.get_by_role("option").nth(5)).to_be_visible(timeout=30_000)
    await clean(alarm, page, "palette: subjects")
    await field.fill(_WORD)
    await expect(page.get_by_role("option").locator("mark").first).to_be_visible(timeout=30_000)
    await clean(alarm, page, "palette: notes")
    await page.keyboard.press("Escape")


async def failed(alarm: Alarm, page: Page) -> None:
    """What Redmine says of what it did not take is its own text, and may hold what others wrote."""
    failures = [{"id": 1 + at, "code": "refused", "message": vector} for at, vector in enumerate(VECTORS)]
    job = {"job": "1.x", "state": "done", "done": len(failures), "total": len(failures), "failed": failures, "undoable": False}

    async def answer(route: Route) -> None:
        body = {"job": "1.x"} if route.request.method == "POST" else job
        await route.fulfill(status=202 if route.request.method == "POST" else 200, body=json.dumps(body), content_type="application/json")

    await page.route("**/tasks/api/bulk**", answer)
    await page.route("**/tasks/api/bulk/**", answer)
    await page.goto(f"{alarm.person.product.url}/tasks/?view=all")
    await expect(page.locator("nav-ticket-list .row[data-id]").first).to_be_visible()
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await page.keyboard.press("p")
    await page.keyboard.press("ArrowUp")
    await page.keyboard.press("Enter")
    await page.get_by_text("Почему не получилось").click()
    await clean(alarm, page, "a change of many")
