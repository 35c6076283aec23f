"""One ticket's page in a real Chromium, over the sandbox's Redmine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, Route, expect

from adapters.sandbox.people import person as colleague
from adapters.sandbox.redmine import open_sandbox_redmine
from tests.live.browser import Person, chromium, holds, person
from tests.live.product import Product
from tests.live.test_browser import violations
from tests.peers.redmine_peer import RedminePeer

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

SHOTS = os.environ.get("NAVIGATOR_SHOTS_DIR")
"""Where pictures are kept for whoever wants to look; nowhere if not said."""
ON = "document.querySelector('nav-tickets')?.shadowRoot?.querySelector('nav-ticket')?.shadowRoot"
HISTORY, COMPOSER = (f"{ON}?.querySelector('nav-{part}')?.shadowRoot" for part in ("history", "composer"))
WIDE = "document.documentElement.scrollWidth <= innerWidth"
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63f8cfc0f01f00050001ff"
    "89993d1d0000000049454e44ae426082"
)


@dataclass
class Site:
    """The product over a Redmine in which only the test acts on the issue; petrova and sidorov have accounts here."""

    product: Product
    redmine: str
    headers: Callable[[str], dict[str, str]]
    issue: int = 0

    @asynccontextmanager
    async def as_(self, login: str) -> AsyncIterator[httpx.AsyncClient]:
        """Redmine's own REST as a colleague."""
        async with httpx.AsyncClient(base_url=self.redmine, headers=self.headers(login), timeout=30) as client:
            yield client

    async def put(self, login: str, **issue: Any) -> None:
        """A colleague changes the issue in Redmine itself."""
        async with self.as_(login) as client:
            answer = await client.put(f"/issues/{self.issue}.json", json={"issue": issue})
            assert answer.status_code == 204, answer.text

    async def read(self) -> dict[str, Any]:
        """The issue as Redmine has it."""
        async with self.as_("ivanov") as client:
            return dict((await client.get(f"/issues/{self.issue}.json?include=journals,attachments")).json()["issue"])

    async def begin(self, **more: Any) -> None:
        """An issue with a table in its text and a history."""
        text = "Принтер *HP* на 3 этаже.\r\n\r\n|_. Кабинет|_. Модель|\r\n|312|LaserJet|\r\n\r\n* горит лампа\r\n* бумага есть\r\n"
        issue = {"project_id": 1, "tracker_id": 1, "subject": "Не печатает принтер", "description": text, **more}
        async with self.as_("ivanov") as client:
            answer = await client.post("/issues.json", json={"issue": issue})
            assert answer.status_code == 201, answer.text
            self.issue = answer.json()["issue"]["id"]
        await self.put("sidorov", notes="Посмотрю после обеда.")
        await self.put("ivanov", status_id=2)


@asynccontextmanager
async def site(product: Product, folder: Path) -> AsyncIterator[Site]:
    """Running over a sandbox."""
    async with open_sandbox_redmine(folder / "redmine", life=False, seed=3) as redmine:
        product.settings |= {
            "REDMINE_URL": redmine.url,
            "REDMINE_DB_URL": redmine.db_url,
            "REDMINE_TIME_ZONE": redmine.zone,
            "REDMINE_API_KEY": colleague("admin").api_key,
        }
        for login in ("petrova", "sidorov"):
            who = colleague(login)
            product.add_user(login, "--redmine-id", str(who.redmine_id), "--display", who.name, "--email", who.email)
        made = Site(product, redmine.url, lambda login: {"X-Redmine-API-Key": colleague(login).api_key})
        await made.begin()
        async with product.running():
            yield made


@asynccontextmanager
async def real_site(product: Product, peer: RedminePeer) -> AsyncIterator[Site]:
    """Running over a real Redmine, which takes files; the issue has a picture."""
    product.settings |= {
        "REDMINE_URL": peer.url,
        "REDMINE_DB_URL": peer.db_min_url,
        "REDMINE_TIME_ZONE": peer.zone,
        "REDMINE_API_KEY": peer.headers("admin")["X-Redmine-API-Key"],
    }
    product.add_user("petrova", "--redmine-id", str(peer.id("petrova")), "--display", "Мария Петрова")
    made = Site(product, peer.url, peer.headers)
    async with made.as_("ivanov") as client:
        kind = {"content-type": "application/octet-stream"}
        upload = await client.post("/uploads.json", params={"filename": "Снимок экрана.png"}, content=PNG, headers=kind)
        token = upload.json()["upload"]["token"]
    await made.begin(uploads=[{"token": token, "filename": "Снимок экрана.png", "content_type": "image/png"}])
    async with product.running():
        yield made


async def look(page: Page, name: str) -> None:
    """Nothing for axe to find, nothing beside the page; a picture when somebody wants one."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert await violations(page) == [], name
    assert await page.evaluate(WIDE), name


async def opened(somebody: Person, at: Site, login: str = "petrova") -> Page:
    """Signed in, with the ticket open and its topic read."""
    page = await somebody.sign_in(login)
    await page.goto(f"{at.product.url}/tasks/{at.issue}")
    await holds(page, f"{HISTORY}?.querySelectorAll('ol > li').length >= 2")
    await holds(page, "document.querySelector('tez-shell').hub?.status.state === 'open'")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
async def test_the_page_is_fit_for_everybody(product: Product, tmp_path: Path, scheme: str) -> None:
    """axe finds nothing in each scheme, with menus open; nothing sticks out, from 320 to 1920 px; so where there is no such ticket."""
    options: dict[str, Any] = {"forced_colors": "active"} if scheme == "forced" else {"color_scheme": scheme}
    async with site(product, tmp_path) as at, chromium() as browser, person(product, browser, bypass_csp=True, **options) as petrova:
        page = await opened(petrova, at)
        for width in (320, 768, 1366, 1920) if scheme == "light" else (1366,):
            await page.set_viewport_size({"width": width, "height": 800})
            await look(page, f"{scheme}-ticket-{width}")
        await page.set_viewport_size({"width": 1366, "height": 800})
        await page.keyboard.press("s")
        await expect(page.get_by_role("option").first).to_be_visible()
        await look(page, f"{scheme}-status-open")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Shift+Slash")
        await expect(page.get_by_role("dialog")).to_be_visible()
        await look(page, f"{scheme}-help")
        petrova.may_lose_link = True
        await page.goto(f"{product.url}/tasks/999999")
        await expect(page.get_by_text("Такой заявки нет")).to_be_visible()
        await look(page, f"{scheme}-missing")
        petrova.complaints[:] = [one for one in petrova.complaints if "404" not in one]


async def test_a_change_in_redmine_is_on_screen_at_once(product: Product, tmp_path: Path) -> None:
    """A colleague's comment and status in Redmine itself show by themselves, marked as new; what is being typed stays."""
    async with site(product, tmp_path) as at, chromium() as browser, person(product, browser) as petrova:
        page = await opened(petrova, at)
        await at.put("ivanov", notes="Кто возьмёт?")  # now Redmine is looked at every half second, at night and on Sundays, too
        await holds(page, f"{HISTORY}.textContent.includes('Кто возьмёт')", 30)
        await page.keyboard.press("c")
        await page.keyboard.type("Я уже иду")
        await at.put("sidorov", notes="Нашёл причину: нет бумаги.", status_id=3)
        await holds(page, f"{HISTORY}.textContent.includes('Нашёл причину')", 20)  # how soon: test_ticket_seen.py
        await expect(page.get_by_role("button", name="Новое: 2 записи")).to_be_visible()
        assert await page.get_by_role("textbox", name="Новый комментарий").input_value() == "Я уже иду"
        assert await page.evaluate(f"{COMPOSER}.activeElement?.id") == "text"


async def test_a_draft_survives_reload_and_a_new_sign_in(product: Product, tmp_path: Path) -> None:
    """Typed words outlive a colleague's changes, a reload, a sign-out right after the last key, and are there in another browser; they are
    gone once sent, and are never seen in another ticket or by somebody else at the same browser."""
    async with site(product, tmp_path) as at, chromium() as browser:
        async with person(product, browser) as petrova:
            petrova.may_lose_link = True  # signing out ends the socket
            page = await opened(petrova, at)
            await page.keyboard.press("c")
            await page.keyboard.type("Проверю картридж")
            await expect(page.get_by_text("Черновик сохранён", exact=True)).to_be_visible()
            await page.reload()
            await expect(page.get_by_role("textbox", name="Новый комментарий")).to_have_value("Проверю картридж")
            field = page.get_by_role("textbox", name="Новый комментарий")
            await at.put("ivanov", notes="Отдаю второй линии.", assigned_to_id=colleague("sidorov").redmine_id, status_id=3)
            await holds(page, f"{HISTORY}.textContent.includes('Отдаю второй линии')", 20)
            await expect(field).to_have_value("Проверю картридж")
            await field.focus()
            await page.keyboard.press("End")
            await page.keyboard.type(" сам")
            await page.goto(f"{product.url}/users/logout")
            for login, words in (("sidorov", ""), ("petrova", "Проверю картридж сам")):
                await page.fill("[name=username]", login)
                await page.fill("[name=password]", "long-enough-1")
                await page.keyboard.press("Enter")
                await page.wait_for_selector("tez-shell")
                await page.goto(f"{product.url}/tasks/{at.issue}")
                await holds(page, f"{HISTORY}?.textContent.includes('Отдаю второй линии')")
                await expect(field).to_have_value(words)
                if login == "sidorov":
                    await page.goto(f"{product.url}/users/logout")
            await expect(page.get_by_text("Черновик сохранён", exact=True)).to_be_visible()
            await page.goto(f"{product.url}/tasks/{at.issue - 1}")
            await expect(field).to_have_value("")
        async with person(product, browser) as elsewhere:
            page = await opened(elsewhere, at)
            field = page.get_by_role("textbox", name="Новый комментарий")
            await expect(field).to_have_value("Проверю картридж сам")
            await field.focus()
            await page.keyboard.press("Control+Enter")
            await expect(field).to_have_value("")
            await page.reload()
            await holds(page, f"{HISTORY}?.textContent.includes('Проверю картридж сам')")
            await expect(field).to_have_value("")
        assert [one["notes"] for one in (await at.read())["journals"]].count("Проверю картридж сам") == 1


async def test_a_conflict_is_asked_about_field_by_field(product: Product, tmp_path: Path) -> None:
    """Who changes the status of a ticket that was changed meanwhile is shown both and chooses; a comment typed meanwhile is never lost."""
    async with site(product, tmp_path) as at, chromium() as browser, person(product, browser, bypass_csp=True) as petrova:
        page = await opened(petrova, at)
        answers = f"**/tasks/api/task/{at.issue}"
        before = await (await page.request.get(f"{product.url}/tasks/api/task/{at.issue}")).body()

        async def old(route: Route) -> None:
            await route.fulfill(body=before, content_type="application/json")

        await page.route(answers, old)  # the page does not learn of what the colleague does
        await at.put("sidorov", status_id=4, notes="Спросил, что горит.")
        await page.keyboard.press("s")
        await page.get_by_role("combobox").fill("ожид")
        await page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog", name="Заявку изменили")
        await expect(dialog).to_be_visible()
        inside = page.locator("nav-conflict")  # what is slotted into a dialog is not below it
        await expect(inside.get_by_text("Пётр Сидоров").first).to_be_visible()
        await look(page, "conflict")
        await page.set_viewport_size({"width": 320, "height": 700})
        await look(page, "conflict-320")
        await page.set_viewport_size({"width": 1366, "height": 768})
        await page.unroute(answers)
        await inside.get_by_role("button", name="Сохранить выбранное").click()
        await expect(inside.get_by_text("Выберите одно из двух")).to_be_visible()
        await inside.get_by_role("radio", name="Моё").check()
        await inside.get_by_role("button", name="Сохранить выбранное").click()
        await expect(dialog).to_be_hidden()
        await holds(page, f"{ON}.querySelector('nav-pick[data-field=status] tez-badge').textContent.startsWith('Ожида')")
        await holds(page, f"!{ON}.querySelector('nav-pick[data-field=status]').busy")
        assert (await at.read())["status"]["name"].startswith("Ожида")
        petrova.complaints[:] = [one for one in petrova.complaints if "409" not in one]  # the browser names every refusal


async def test_a_day_of_work_without_a_mouse(product: Product, tmp_path: Path) -> None:
    """By keys alone: priority, assignee with search, a quotation, a private comment, the list of keys; each is in Redmine afterwards."""
    async with site(product, tmp_path) as at, chromium() as browser, person(product, browser) as petrova:
        page = await opened(petrova, at)
        await page.keyboard.press("p")
        await page.get_by_role("combobox").fill("сроч")
        await page.keyboard.press("Enter")
        await holds(page, f"{ON}.querySelector('nav-pick[data-field=priority]').textContent.includes('Срочн')")
        await page.keyboard.press("a")
        await page.get_by_role("combobox").fill("сидо")
        await expect(page.get_by_role("option", name="Пётр Сидоров")).to_be_visible()
        await page.keyboard.press("Enter")
        await holds(page, f"{ON}.querySelector('nav-pick[data-field=assignee]').textContent.includes('Сидоров')")
        await holds(page, f"![...{ON}.querySelectorAll('nav-pick')].some((one) => one.busy)")
        await page.keyboard.press("r")
        field = page.get_by_role("textbox", name="Новый комментарий")
        await expect(field).to_be_focused()
        await expect(field).to_have_value("Пётр Сидоров пишет в #note-1:\n> Посмотрю после обеда.\n\n")
        await page.keyboard.type("Спасибо!")
        await page.keyboard.press("Control+Enter")
        await expect(field).to_have_value("")
        issue = await at.read()
        assert issue["priority"]["name"].startswith("Срочн")
        assert issue["assigned_to"]["name"] == "Пётр Сидоров"
        assert issue["journals"][-1]["notes"].endswith("Спасибо!")


@pytest.mark.redmine
async def test_files_come_by_paste_and_show_large(product: Product, redmine_peer: RedminePeer) -> None:
    """A pasted picture is sent with its thumb and goes with the comment; it opens large, and Escape brings the focus back."""
    async with real_site(product, redmine_peer) as at, chromium() as browser, person(product, browser) as petrova:
        page = await opened(petrova, at)
        await page.get_by_role("button", name="Увеличить: Снимок экрана.png").click()
        await expect(page.get_by_role("dialog", name="Снимок экрана.png")).to_be_visible()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("button", name="Увеличить: Снимок экрана.png")).to_be_focused()
        await page.keyboard.press("c")
        await page.evaluate(
            """(bytes) => {
                const root = document.querySelector('nav-tickets').shadowRoot.querySelector('nav-ticket').shadowRoot;
                const area = root.querySelector('nav-composer').shadowRoot.querySelector('textarea');
                const data = new DataTransfer();
                data.items.add(new File([new Uint8Array(bytes)], 'image.png', { type: 'image/png' }));
                area.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
            }""",
            list(PNG),
        )
        await expect(page.get_by_role("list", name="Файлы к комментарию").locator("img")).to_be_visible()
        await holds(page, f"!{COMPOSER}.querySelector('progress')")
        await page.keyboard.type("Вот снимок")
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_role("list", name="Файлы к комментарию")).to_be_hidden()
        await expect(page.get_by_role("button", name="Увеличить: screenshot")).to_be_visible()
        files = [one["filename"] for one in (await at.read())["attachments"]]
        assert len(files) == 2


async def test_two_people_see_each_other(product: Product, tmp_path: Path) -> None:
    """Who looks and who types is told to the other; it is gone soon after they leave."""
    async with (
        site(product, tmp_path) as at,
        chromium() as browser,
        person(product, browser) as petrova,
        person(product, browser) as sidorov,
    ):
        one = await opened(petrova, at)
        other = await opened(sidorov, at, "sidorov")
        await expect(one.get_by_text("Пётр Сидоров тоже здесь")).to_be_visible()
        await other.keyboard.press("c")
        await other.keyboard.type("Думаю")
        await expect(one.get_by_text("Пётр Сидоров пишет…")).to_be_visible()
        await other.close()
        await expect(one.get_by_text("Пётр Сидоров")).not_to_have_count(0)
        await holds(one, f"{ON}.querySelector('.others').textContent === ''", 15)
