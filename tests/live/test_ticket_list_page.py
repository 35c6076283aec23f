"""The ticket list and the palette in a real Chromium, over the sandbox's Redmine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, Page, expect

from adapters.sandbox.people import person as colleague
from adapters.sandbox.redmine import SandboxRedmine, open_sandbox_redmine
from tests.live.browser import Person, chromium, holds, person
from tests.live.product import Product
from tests.live.test_browser import violations

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

SHOTS = os.environ.get("NAVIGATOR_SHOTS_DIR")
"""Where pictures are kept for whoever wants to look; nowhere if not said."""
LIST = "document.querySelector('nav-tickets')?.shadowRoot?.querySelector('nav-ticket-list')?.shadowRoot"
IDS = f"[...({LIST}?.querySelectorAll('.row[data-id]') ?? [])].map((row) => Number(row.dataset.id))"
THERE = f"({IDS}).length > 3"
FOCUSED = f"{LIST}?.activeElement?.closest('.row')?.dataset.id"
SAID = f"{LIST}?.querySelector('.bulk .say')?.textContent.replace(/\\s+/g, ' ').trim()"
WIDE = "document.documentElement.scrollWidth <= innerWidth"


@asynccontextmanager
async def site(product: Product, folder: Path) -> AsyncIterator[SandboxRedmine]:
    """The product over a sandbox in which only the test acts; petrova works in it as she does in Redmine."""
    async with open_sandbox_redmine(folder / "redmine", life=False, seed=3) as redmine:
        product.settings |= {
            "REDMINE_URL": redmine.url,
            "REDMINE_DB_URL": redmine.db_url,
            "REDMINE_TIME_ZONE": redmine.zone,
            "REDMINE_API_KEY": colleague("admin").api_key,  # petrova acts by it, having no account of the ERP here
        }
        petrova = colleague("petrova")
        product.add_user("petrova", "--redmine-id", str(petrova.redmine_id), "--email", petrova.email, "--display", petrova.name)
        async with product.running():
            yield redmine


@asynccontextmanager
async def agent(product: Product, browser: Browser, search: str = "?view=all", **options: Any) -> AsyncIterator[tuple[Person, Page]]:
    """petrova, signed in, with the list open."""
    async with person(product, browser, bypass_csp=True, **options) as petrova:
        page = await petrova.sign_in("petrova")
        await page.goto(f"{product.url}/tasks/{search}")
        await holds(page, THERE)
        await holds(page, "document.querySelector('tez-shell').hub?.status.state === 'open'")
        yield petrova, page


async def look(page: Page, name: str) -> None:
    """Nothing for axe to find, nothing beside the page; a picture when somebody wants one."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")
    assert await violations(page) == [], name
    assert await page.evaluate(WIDE), name


async def write(redmine: SandboxRedmine, number: int, **issue: Any) -> None:
    """A colleague changes a ticket in Redmine itself."""
    boss = colleague("fedorov")
    async with httpx.AsyncClient(base_url=redmine.url, auth=(boss.login, boss.password)) as client:
        put = await client.put(f"/issues/{number}.json", json={"issue": issue})
        assert put.status_code == 204, put.text


@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
async def test_the_list_is_fit_for_everybody(product: Product, tmp_path: Path, scheme: str) -> None:
    """Rows, filters, a selection, a change, keys and the palette: axe finds nothing in any scheme; nothing sticks out, 320 to 1920 px."""
    options: dict[str, Any] = {"forced_colors": "active"} if scheme == "forced" else {"color_scheme": scheme}
    async with site(product, tmp_path), chromium() as browser, agent(product, browser, **options) as (_, page):
        for width in (1920, 768, 320, 1366) if scheme == "light" else (1366,):
            await page.set_viewport_size({"width": width, "height": 800})
            await look(page, f"{scheme}-list-{width}")
        await page.get_by_role("button", name="Ещё фильтры").click()
        await page.keyboard.press("j")
        await page.keyboard.press("x")
        await page.keyboard.press("Shift+J")
        await expect(page.get_by_text("Выбрано 2")).to_be_visible()
        await look(page, f"{scheme}-chosen")
        if scheme == "light":
            await page.set_viewport_size({"width": 320, "height": 640})
            await look(page, f"{scheme}-chosen-320")
            await page.set_viewport_size({"width": 1366, "height": 768})
        await page.keyboard.press("s")
        await expect(page.get_by_role("heading", name="Сменить статус")).to_be_visible()
        await look(page, f"{scheme}-change")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Shift+Slash")
        await expect(page.get_by_role("heading", name="Клавиши")).to_be_visible()
        await look(page, f"{scheme}-keys")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Control+KeyK")
        await expect(page.get_by_role("combobox", name="Заявка, раздел или команда")).to_be_focused()
        await look(page, f"{scheme}-palette")


async def test_rows_never_move_under_the_pointer(product: Product, tmp_path: Path) -> None:
    """A colleague's change is told in place, what would move waits behind a pill, and without a pointer it comes in by itself."""
    async with site(product, tmp_path) as redmine, chromium() as browser, agent(product, browser) as (_, page):
        before = await page.evaluate(IDS)
        number = before[3]
        await page.hover(f"nav-ticket-list .row[data-id='{before[0]}']")
        await write(redmine, number, subject="Новая тема от коллеги", notes="Уточняю")
        await expect(page.get_by_role("button", name="Обновлено: 1")).to_be_visible(timeout=45_000)
        await expect(page.get_by_role("link", name="Новая тема от коллеги")).to_be_visible()
        await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))")
        await expect(page.get_by_role("button", name="Обновлено: 1")).to_be_visible()  # and not under the pointer, which would let it in
        assert await page.evaluate(IDS) == before
        assert await page.evaluate(f"{LIST}.querySelector('.row:hover')?.dataset.id") == str(before[0])
        await look(page, "pill")
        await page.get_by_role("button", name="Обновлено: 1").click()
        await holds(page, f"({IDS})[0] === {number}")
        assert await page.evaluate(FOCUSED) == str(number)
        await page.mouse.move(5, 5)
        await page.get_by_role("link", name="К содержанию").focus()
        await write(redmine, before[5], notes="И здесь")
        await holds(page, f"({IDS})[0] === {before[5]}", timeout_s=45)


async def test_a_change_of_many_goes_and_comes_back(product: Product, tmp_path: Path) -> None:
    """Two tickets by keyboard: one change, its outcome, and back as it was."""
    async with site(product, tmp_path), chromium() as browser, agent(product, browser, "?view=mine") as (petrova, page):
        await page.keyboard.press("j")
        await page.keyboard.press("x")
        await page.keyboard.press("Shift+J")
        await page.keyboard.press("p")
        await expect(page.get_by_role("heading", name="Сменить приоритет")).to_be_visible()
        await page.keyboard.press("ArrowUp")  # from nothing chosen to the last, the most urgent
        await page.keyboard.press("Enter")
        await holds(page, f"!{LIST}?.querySelector('.bulk progress') && /Изменен|изменено|не получилось/.test({SAID} ?? '')", timeout_s=30)
        said = await page.evaluate(SAID)
        await look(page, "bulk")
        assert said == "Изменены 2 заявки", await page.evaluate(f"{LIST}.querySelector('.bulk').textContent")
        await page.keyboard.press("Control+z")
        await holds(page, f"({SAID} ?? '').startsWith('Возвращены 2')", timeout_s=30)
        petrova.complaints[:] = [line for line in petrova.complaints if "409" not in line]


async def test_a_day_at_the_keyboard(product: Product, tmp_path: Path) -> None:
    """Without a mouse: into a ticket and back to the same row and selection, a filter, a view of one's own, the palette."""
    async with site(product, tmp_path), chromium() as browser, agent(product, browser) as (petrova, page):
        for _ in range(3):
            await page.keyboard.press("j")
        third = await page.evaluate(FOCUSED)
        await page.keyboard.press("x")
        await page.keyboard.press("Enter")
        await holds(page, f"location.pathname === '/tasks/{third}'")
        await page.evaluate("history.back()")  # Alt+Left is the browser's own key, which a headless one has not
        await holds(page, f"location.pathname === '/tasks/' && {FOCUSED} === '{third}'")
        await expect(page.get_by_text("Выбрана 1", exact=True)).to_be_visible()
        await page.keyboard.press("Escape")
        await page.keyboard.press("Slash")
        await expect(page.get_by_role("searchbox", name="Искать по теме или номеру")).to_be_focused()
        await page.keyboard.type(third)
        await holds(page, f"new URLSearchParams(location.search).get('q') === '{third}' && ({IDS}).includes({third})")
        await page.keyboard.press("Control+KeyK")
        await expect(page.get_by_role("combobox", name="Заявка, раздел или команда")).to_be_focused()
        await page.keyboard.type("сохр")
        await page.keyboard.press("Enter")
        await expect(page.get_by_label("Название")).to_be_focused()
        await page.keyboard.type("Моя заявка")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Моя заявка")).to_have_attribute("aria-current", "page")
        await page.reload()
        await holds(page, f"({IDS}).includes({third})")
        await page.keyboard.press("Control+KeyK")
        await page.keyboard.type(f"#{third}")
        await page.keyboard.press("Enter")
        await holds(page, f"location.pathname === '/tasks/{third}'")
        petrova.complaints[:] = [line for line in petrova.complaints if "404" not in line]


async def test_the_list_is_honest_when_redmine_is_away(product: Product, tmp_path: Path) -> None:
    """A failure says why and can be tried again; rows that are there stay, dated."""
    async with site(product, tmp_path), chromium() as browser, agent(product, browser) as (petrova, page):
        petrova.may_lose_link = True
        away = '{"error": {"code": "redmine_away", "message": "Redmine не отвечает. Попробуйте ещё раз чуть позже."}}'
        await page.route("**/tasks/api/tasks?*", lambda route: route.fulfill(status=503, content_type="application/json", body=away))
        await page.get_by_role("combobox", name="Статус", exact=True).select_option("closed")
        await expect(page.get_by_text("Redmine не отвечает. Попробуйте ещё раз чуть позже.")).to_be_visible()
        await look(page, "failed")
        await page.unroute("**/tasks/api/tasks?*")
        await page.get_by_role("button", name="Повторить").click()
        await holds(page, THERE)
        await page.context.set_offline(True)
        await page.evaluate("document.querySelector('nav-tickets').session.hub.stop()")
        await expect(page.get_by_text("Нет связи. Данные на")).to_be_visible()
        await look(page, "offline")
        petrova.complaints[:] = [line for line in petrova.complaints if "503" not in line]


async def test_queries_saved_in_redmine_open_from_their_menu(product: Product, tmp_path: Path) -> None:
    """By keyboard alone: the menu, a query in it, its rows under its name; what works in Redmine only is greyed and says why."""
    async with site(product, tmp_path), chromium() as browser, agent(product, browser) as (_, page):
        await page.get_by_role("button", name="Запросы Redmine").focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitemradio", name="Закрыты на этой неделе")).to_be_focused()
        await expect(page.get_by_role("menuitem", name="По кабинету 305")).to_contain_text("работает только в Redmine")
        await look(page, "saved-menu")
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Личный кабинет (Служба поддержки)")).to_have_attribute("aria-current", "page")
        await holds(page, f"({IDS}).length > 0 && ({IDS}).length < 10")
        for subject in await page.evaluate(f"[...{LIST}.querySelectorAll('.row[data-id] .main')].map((one) => one.textContent)"):
            assert "личный кабинет" in subject
        await page.set_viewport_size({"width": 320, "height": 640})
        await look(page, "saved-320")


async def test_more_views_than_fit_are_seen_and_reached(product: Product, tmp_path: Path) -> None:
    """The strip shows the view that is open, says that there are more, and has all of them in a menu; none is left out on a wide screen."""
    async with site(product, tmp_path), chromium() as browser, agent(product, browser) as (_, page):
        menu = page.get_by_role("button", name="Все представления")
        await expect(menu).to_be_hidden()
        await page.set_viewport_size({"width": 600, "height": 700})
        await expect(menu).to_be_visible()
        inside = f"{LIST}.querySelector('.views').getBoundingClientRect().right - 20"
        await holds(page, f"{LIST}.querySelector('.views [aria-current]').getBoundingClientRect().right <= {inside}")
        await menu.focus()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("menuitemradio", name="Мои")).to_be_focused()
        await look(page, "views-menu")
        await page.keyboard.press("End")
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("link", name="Без исполнителя")).to_have_attribute("aria-current", "page")


async def test_what_a_view_has_not_is_looked_for_in_all(product: Product, tmp_path: Path) -> None:
    """A search that finds nothing in a view leads on, by keyboard, to the same text in every ticket."""
    async with site(product, tmp_path), chromium() as browser, agent(product, browser) as (_, page):
        subject = await page.evaluate(f"{LIST}.querySelector('.row[data-id] .main').textContent.trim()")
        subject = subject.removeprefix("Не прочитано: ")
        await page.goto(f"{product.url}/tasks/?view=unassigned&status=closed&q={subject}")
        await page.get_by_role("button", name="Искать во всех").press("Enter")
        await expect(page.get_by_role("link", name=subject).first).to_be_visible()
        await expect(page.get_by_role("searchbox", name="Искать по теме или номеру")).to_be_focused()
        await holds(page, "location.search.startsWith('?view=all&')")
