"""The administrators' page, in a real Chromium over the real API."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.async_api import Page, expect

from tests.live.browser import chromium, holds, person
from tests.live.product import Product
from tests.live.test_browser import violations

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

LONG_NAME = "Константинопольский-Рождественский Вениамин"
WIDTHS = (1920, 1366, 768, 320)
LIST = "document.querySelector('tez-admin')?.shadowRoot.querySelector('.list')?.shadowRoot"
FOCUSED = (
    "(() => { let at = document.activeElement; while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement; return at; })()"
)
BESIDE = """(() => {
  const main = document.querySelector('tez-shell').shadowRoot.querySelector('main');
  const frame = document.querySelector('tez-admin').shadowRoot.querySelector('.list').shadowRoot.querySelector('.frame');
  return [main, frame, document.documentElement].some((box) => box.scrollWidth > box.clientWidth);
})()"""


@pytest.fixture
def office(product: Product) -> Product:
    """An administrator `boss`, and ten thousand people who never signed in; one of them has a long name and two devices."""
    product.add_user("boss", "--permission", "admin")
    with _store(product) as store:
        columns = [row[1] for row in store.execute("PRAGMA table_info(users)")]
        (model,) = store.execute("SELECT * FROM users WHERE name = 'boss'")
        for number in range(10_000):
            row = dict(zip(columns, model, strict=True)) | {"name": f"worker{number:05}", "display_name": f"Работник {number:05}"}
            row["id"] = 1_000 + number
            store.execute(f"INSERT INTO users ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
        store.execute("UPDATE users SET display_name = ? WHERE id = 1000", (LONG_NAME,))
        now_us = time.time_ns() // 1000
        for label in ("Chrome, Windows", "Яндекс Браузер, Android"):
            device = {"user_id": 1000, "key": label, "label": label, "created_at": now_us, "seen_at": now_us}
            marks = ", ".join("?" * len(device))
            store.execute(f"INSERT INTO devices ({', '.join(device)}) VALUES ({marks})", list(device.values()))
    return product


@contextmanager
def _store(product: Product) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(product.store)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


async def listed(page: Page) -> None:
    """Waits until the section has its rows and nothing is under way."""
    await holds(page, f"{LIST}?.querySelector('.frame[aria-busy=false] tbody tr')")


async def test_grant_and_take(office: Product) -> None:
    """One of 10,000 is found, is given `quality` in the matrix and loses it in the panel, and the audit log tells both in words."""
    async with office.running(), chromium() as browser, person(office, browser) as boss:
        await boss.sign_in("boss")
        page = await boss.tab("/admin/")
        await listed(page)
        assert await page.get_by_role("link", name="Управление").get_attribute("aria-current") == "page"
        assert await page.evaluate(f"{LIST}.querySelectorAll('tbody tr').length") == 50
        await page.keyboard.press("Slash")
        await page.keyboard.type("работник 07777", delay=5)
        await expect(page.get_by_text("1 человек", exact=True)).to_be_visible()

        await page.get_by_role("link", name="Права").click()
        await listed(page)
        await expect(page.get_by_role("checkbox")).to_have_count(2 * 5)  # ann and boss hold something
        await page.get_by_role("searchbox").fill("worker07777")
        cell = page.get_by_role("checkbox", name="Качество, Работник 07777")
        await cell.click()
        await expect(cell).to_have_attribute("aria-checked", "true")
        await expect(cell).to_have_attribute("aria-busy", "false")
        assert (await cell.get_attribute("title") or "").startswith("Выдано: boss, ")
        assert office.rows("SELECT user_id, granted_by FROM permissions WHERE permission = 'quality' AND user_id = 8777") == [
            (8777, "boss")
        ]

        await page.get_by_role("link", name="Работник 07777").click()
        switch = page.get_by_role("switch", name="Качество")
        await expect(switch).to_have_attribute("aria-checked", "true")
        await switch.click()
        await expect(cell).to_have_attribute("aria-checked", "false")
        await expect(page.get_by_text("Право «Качество» снято: Работник 07777").last).to_be_visible()
        await holds(page, f"{LIST}.querySelector('[aria-busy=true]') === null")

        await page.get_by_role("link", name="Журнал").click()
        await listed(page)
        rows = page.get_by_role("row").filter(has_text="worker07777")
        await expect(rows).to_have_count(2)
        await expect(rows.nth(0)).to_contain_text("Снято право")
        await expect(rows.nth(1)).to_contain_text("Дано право")
        assert " ".join((await rows.nth(1).inner_text()).split()).find("Качество") > 0
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Скачать CSV").click()
        table = (await (await download.value).path()).read_text("utf-8-sig")
        assert "permission.granted;worker07777" in table

        await page.go_back()
        await holds(page, "location.search.includes('section=matrix') && location.search.includes('person=8777')")
        await expect(page.get_by_role("switch", name="Качество")).to_have_attribute("aria-checked", "false")


async def test_last_administrator(office: Product) -> None:
    """The last administrator who takes the right from themself sees it come back, with the reason in words, and is asked before."""
    async with office.running(), chromium() as browser, person(office, browser) as boss:
        boss.may_lose_link = True
        with _store(office) as store:
            store.execute("DELETE FROM permissions WHERE user_id <> (SELECT id FROM users WHERE name = 'boss')")
        await boss.sign_in("boss")
        page = await boss.tab("/admin/?section=matrix")
        await listed(page)
        cell = page.get_by_role("checkbox", name="Администратор, boss")
        await cell.click()
        await page.get_by_role("button", name="Снять с себя").click()
        await expect(page.get_by_text("Это последний администратор").last).to_be_visible()
        await expect(cell).to_have_attribute("aria-checked", "true")
        boss.complaints = [said for said in boss.complaints if "409" not in said]  # the browser's own line about the answer


async def test_sessions_end(office: Product) -> None:
    """Ending all of somebody's sessions wants the login typed, signs their browser out, and gives the focus back."""
    office.add_user("carl")
    async with office.running(), chromium() as browser, person(office, browser) as boss, person(office, browser) as carl:
        carl.may_lose_link = True
        theirs = await carl.sign_in("carl")
        await boss.sign_in("boss")
        page = await boss.tab("/admin/?section=sessions")
        await listed(page)
        await page.get_by_role("link", name="carl").click()
        everything = page.get_by_role("button", name="Завершить все сеансы…")
        await everything.click()
        go = page.get_by_role("button", name="Завершить все", exact=True)
        await go.click()
        await expect(page.get_by_text("Введено не то: нужен логин carl")).to_be_visible()
        await page.keyboard.press("Escape")
        assert await page.evaluate(f"{FOCUSED}.textContent.trim()") == "Завершить все сеансы…"
        await everything.click()
        await page.get_by_label("Чтобы подтвердить, введите логин: carl").fill("carl")
        await go.click()
        await expect(page.get_by_role("heading", name="0 сеансов")).to_be_visible()
        assert await page.evaluate(f"{FOCUSED}.id") == "sessions"
        await holds(theirs, "document.querySelector('tez-shell').hub.status.state === 'stopped'")
        assert await page.evaluate(f"{LIST}.textContent.includes('carl')") is False


async def test_right_taken_while_open(office: Product) -> None:
    """A page whose person is an administrator no more says so by itself, and shows nothing of others."""
    async with office.running(), chromium() as browser, person(office, browser) as boss:
        office.add_user("other", "--permission", "admin")
        await boss.sign_in("boss")
        page = await boss.tab("/admin/")
        await listed(page)
        async with office.signed_in("other") as other:
            (boss_id,) = office.rows("SELECT id FROM users WHERE name = 'boss'")[0]
            assert (await other.delete(f"/admin/api/people/{boss_id}/permissions/admin")).status_code == 204
        await expect(page.get_by_role("heading", name="У вас больше нет доступа к этому разделу")).to_be_visible()
        await expect(page.get_by_role("table")).to_have_count(0)
        await expect(page.get_by_role("link", name="Управление")).to_have_count(0)


async def test_view_as(office: Product) -> None:
    """An administrator looks as somebody from their panel, is told so on every page, and comes back."""
    async with office.running(), chromium() as browser, person(office, browser) as boss:
        boss.may_lose_link = True
        await boss.sign_in("boss")
        page = await boss.tab("/admin/?person=1000")
        await page.get_by_role("button", name="Смотреть глазами этого человека").click()
        await page.get_by_role("button", name="Смотреть", exact=True).click()
        await expect(page.get_by_text(f"Вы смотрите как {LONG_NAME}")).to_be_visible()
        assert await page.evaluate("location.pathname") == "/"
        await expect(page.get_by_role("link", name="Управление")).to_have_count(0)
        await page.get_by_role("button", name="Закончить").click()
        await expect(page.get_by_role("link", name="Управление")).to_be_visible()
        page = await boss.tab("/admin/?section=audit")
        await listed(page)
        await expect(page.get_by_role("row").filter(has_text="Начат просмотр глазами человека")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_looks(office: Product, scheme: str) -> None:
    """Every section, the panel and the dialogs: nothing for axe to find in any colours, nothing beside the page at any width."""
    async with office.running(), chromium() as browser, person(office, browser, color_scheme=scheme, bypass_csp=True) as boss:
        await boss.sign_in("boss")
        async with office.signed_in("boss") as program:
            for right in ("quality", "netmonitor"):
                assert (await program.put(f"/admin/api/people/1000/permissions/{right}")).status_code == 204
        page = await boss.tab("/admin/")
        views = ("", "?person=1000", "?section=matrix", "?section=sessions", "?section=devices", "?section=audit", "?q=nobody-at-all")
        for view in views:
            await page.goto(f"{office.url}/admin/{view}")
            await holds(page, f"{LIST}?.querySelector('.frame[aria-busy=false] :is(tbody tr, tez-empty)')")
            if "person" in view:
                await expect(page.get_by_role("switch")).to_have_count(5)
            for width in WIDTHS:
                await page.set_viewport_size({"width": width, "height": 768})
                assert not await page.evaluate(BESIDE), f"{view} at {width}"
                if shots := os.environ.get("SHOTS"):
                    await page.screenshot(path=f"{shots}/{scheme}-{views.index(view)}-{width}.png")
                if width == 1366 or (width == 320 and scheme == "light"):
                    assert await violations(page) == [], f"{view} at {width}"
            if scheme == "light":  # forced colours are the same in both
                await page.emulate_media(forced_colors="active")
                assert await violations(page) == [], f"{view} in forced colours"
                await page.emulate_media(forced_colors="none")
        await page.set_viewport_size({"width": 1366, "height": 768})
        await page.goto(f"{office.url}/admin/?person=1000")
        for name in ("Новая учётная запись", "Отключить учётную запись…"):
            opener = page.get_by_role("button", name=name)
            await opener.click()
            await expect(page.get_by_role("dialog")).to_be_visible()
            assert await violations(page) == [], name
            await page.keyboard.press("Escape")
            assert await page.evaluate(f"{FOCUSED}.textContent.trim()") == name
