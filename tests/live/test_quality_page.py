"""The quality section in a real Chromium, over the sandbox's Redmine."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Page, expect

from adapters.sandbox.people import person as colleague
from adapters.sandbox.redmine import SandboxRedmine, open_sandbox_redmine
from tests.live.browser import Person, chromium, holds, person
from tests.live.product import Product
from tests.live.test_browser import violations

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

SHOTS = os.environ.get("NAVIGATOR_SHOTS_DIR")
"""Where pictures are kept for whoever wants to look; nowhere if not said."""
ON = "document.querySelector('tez-quality')?.shadowRoot"
FIGURES, ISSUES, REVIEW = (f"{ON}?.querySelector('tez-quality-{part}')?.shadowRoot" for part in ("figures", "issues", "review"))
WIDE = "document.documentElement.scrollWidth <= innerWidth"


@asynccontextmanager
async def site(product: Product, folder: Path) -> AsyncIterator[SandboxRedmine]:
    """The product over a sandbox in which only the test acts, with a quality controller, vera."""
    async with open_sandbox_redmine(folder / "redmine", life=False, seed=3) as redmine:
        product.settings |= {"REDMINE_URL": redmine.url, "REDMINE_DB_URL": redmine.db_url, "REDMINE_TIME_ZONE": redmine.zone}
        product.add_user("vera", "--permission", "quality", "--display", "Вера Контрольная")
        async with product.running():
            yield redmine


async def look(page: Page, name: str) -> None:
    """Nothing for axe to find, nothing beside the page; a picture when somebody wants one."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    assert await violations(page) == [], name
    assert await page.evaluate(WIDE), name


async def section(somebody: Person, search: str = "") -> Page:
    """Signed in, with the section open."""
    page = await somebody.sign_in("vera")
    await page.goto(f"{somebody.product.url}/quality/{search}")
    await holds(page, f"{ON}?.querySelector('[role=tab]')")
    await holds(page, "document.querySelector('tez-shell').hub?.status.state === 'open'")
    return page


@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
async def test_every_view_is_fit_for_everybody(product: Product, tmp_path: Path, scheme: str) -> None:
    """Figures by week and by person, issues, samples: axe finds nothing and nothing sticks out, from 320 to 1920 px, in each scheme."""
    options: dict[str, Any] = {"forced_colors": "active"} if scheme == "forced" else {"color_scheme": scheme}
    views = (
        ("weeks", "", f"{FIGURES}?.querySelector('.charts rect')"),
        ("people", "?by=person", f"{FIGURES}?.querySelector('tbody [role=cell]')"),
        ("issues", "?tab=issues", f"{ISSUES}?.querySelector('tbody [role=cell]')"),
        ("review", "?tab=review", f"{REVIEW}?.querySelectorAll('tez-empty').length === 2"),
    )
    async with site(product, tmp_path), chromium() as browser, person(product, browser, bypass_csp=True, **options) as vera:
        page = await section(vera)
        for name, search, there in views:
            await page.goto(f"{product.url}/quality/{search}")
            await holds(page, there)
            for width in (320, 768, 1366, 1920) if scheme == "light" else (1366,):
                await page.set_viewport_size({"width": width, "height": 800})
                await look(page, f"{scheme}-{name}-{width}")


async def test_a_sample_is_drawn_and_reviewed_by_keyboard(product: Product, tmp_path: Path) -> None:
    """Draw five, judge one with five digits, reload half-way and find the draft, save, see it in the history, replace it, go back."""
    async with site(product, tmp_path), chromium() as browser, person(product, browser, bypass_csp=True) as vera:
        page = await section(vera, "?tab=review")
        await page.get_by_label("Сколько задач").fill("5")
        await page.get_by_role("button", name="Выбрать случайные задачи").click()
        await expect(page.get_by_text("Оценено 0 из 5")).to_be_visible()
        await look(page, "sample-new")
        await page.get_by_role("radio", name="1 из 5").first.focus()
        for key in ("5", "4", "3"):
            await page.keyboard.press(key)
        await expect(page.get_by_text("Черновик сохранён в этом браузере")).to_be_visible()
        await page.reload()
        await expect(page.get_by_role("group", name="Скорость реакции").get_by_role("radio", name="5 из 5")).to_be_checked()
        await page.get_by_role("radio", name="1 из 5").nth(3).focus()
        await page.keyboard.press("2")
        await page.keyboard.press("1")
        await page.keyboard.type("Вежливо, но долго: 5 дней")
        await page.get_by_role("button", name="Сохранить оценку").click()
        await expect(page.get_by_text("Оценка сохранена")).to_be_visible()
        await expect(page.get_by_text("Оценено 1 из 5")).to_be_visible()
        await expect(page.get_by_text("Вежливо, но долго: 5 дней")).to_be_visible()
        await look(page, "sample-saved")
        await page.set_viewport_size({"width": 320, "height": 800})
        await look(page, "sample-saved-320")
        await page.set_viewport_size({"width": 1366, "height": 768})
        assert product.rows("SELECT reviewer, comment FROM reviews") == [("Вера Контрольная", "Вежливо, но долго: 5 дней")]
        await page.get_by_role("button", name="Сохранить новую оценку").click()
        await expect(page.get_by_text("Поставьте оценку по каждому критерию")).to_be_visible()
        for _ in range(5):
            await page.keyboard.press("5")
        await page.get_by_role("button", name="Сохранить новую оценку").click()
        await expect(page.get_by_text("заменена", exact=True)).to_be_visible()
        assert product.rows("SELECT COUNT(*) FROM reviews") == [(2,)]
        await page.get_by_role("button", name="Следующая без оценки").click()
        await expect(page.get_by_text("Эту задачу ещё не оценивали")).to_be_visible()
        await page.go_back()
        await expect(page.get_by_text("Оценено 1 из 5")).to_be_visible()
        await expect(page.get_by_role("table", name="Средняя оценка по исполнителям")).to_be_visible()
        await look(page, "review-averages")


async def test_a_change_in_redmine_is_on_screen_and_rows_stay(product: Product, tmp_path: Path) -> None:
    """With the pointer on the list a changed row changes where it stands and a pill counts; a click on the pill sorts anew."""
    async with site(product, tmp_path) as redmine, chromium() as browser, person(product, browser, bypass_csp=True) as vera:
        page = await section(vera, "?tab=issues&sort=id")
        await holds(page, f"{ISSUES}?.querySelector('tbody [role=cell]')")
        shown = f"[...{ISSUES}.querySelectorAll('tbody .no')].map((one) => one.textContent)"
        before = await page.evaluate(shown)
        number = int(before[3].removeprefix("#"))
        await page.hover("tez-quality-issues tbody tr:nth-of-type(1)")
        boss = colleague("fedorov")
        async with httpx.AsyncClient(base_url=redmine.url, auth=(boss.login, boss.password)) as client:
            put = await client.put(f"/issues/{number}.json", json={"issue": {"subject": "Новая тема от коллеги", "notes": "Уточняю"}})
            assert put.status_code == 204, put.text
        await expect(page.get_by_role("button", name="Изменилась: 1")).to_be_visible(timeout=20_000)
        await holds(page, f"{ISSUES}.querySelector('tr.fresh')")
        assert await page.evaluate(shown) == before
        await look(page, "issues-changed")
        await page.get_by_role("button", name="Изменилась: 1").click()
        await expect(page.get_by_role("button", name="Изменилась: 1")).to_be_hidden()
        await page.get_by_role("tab", name="Показатели").click()
        await holds(page, f"{FIGURES}?.querySelector('.charts rect')")
        async with httpx.AsyncClient(base_url=redmine.url, auth=(boss.login, boss.password)) as client:
            await client.put(f"/issues/{number}.json", json={"issue": {"notes": "Ещё раз"}})
        await expect(page.get_by_role("button", name="Изменилась 1 задача")).to_be_visible(timeout=20_000)


async def test_a_failure_is_told_and_can_be_tried_again(product: Product, tmp_path: Path) -> None:
    """When the server cannot answer, the page says why and a click asks again; figures that were there stay in sight."""
    async with site(product, tmp_path), chromium() as browser, person(product, browser, bypass_csp=True) as vera:
        page = await section(vera, "?tab=review")
        away = '{"error": {"code": "redmine_away", "message": "Redmine не отвечает. Попробуйте ещё раз чуть позже."}}'
        vera.may_lose_link = True
        await page.route("**/quality/api/figures?*", lambda route: route.fulfill(status=503, content_type="application/json", body=away))
        await page.get_by_role("tab", name="Показатели").click()
        await expect(page.get_by_text("Redmine не отвечает. Попробуйте ещё раз чуть позже.")).to_be_visible()
        await look(page, "figures-failed")
        await page.unroute("**/quality/api/figures?*")
        await page.get_by_role("button", name="Повторить").click()
        await holds(page, f"{FIGURES}?.querySelector('.charts rect')")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="Скачать CSV").click()
        assert (await download.value).suggested_filename.startswith("quality-week-")
        vera.complaints[:] = [said for said in vera.complaints if "503" not in said]
