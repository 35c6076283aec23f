"""The pages of signing in, in real Chromium: with and without scripts, while the ERP is there and while it is down."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Page

from adapters.sandbox.erp import SandboxErp
from adapters.sandbox.erp.faults import Fault
from tests.live.browser import chromium, person
from tests.live.product import Product
from tests.live.test_browser import violations
from tests.live.test_sign_in import erp

__all__ = ["erp"]

pytestmark = pytest.mark.chromium


async def fill(page: Page, name: str, password: str, *, remember: bool = False) -> None:
    """Fills the form in and sends it."""
    await page.fill("[name=username]", name)
    await page.fill("[name=password]", password)
    if remember:
        await page.check("[name=remember]")
    await page.click("[type=submit]")


async def test_signing_in_without_scripts(product: Product, erp: SandboxErp) -> None:
    """Words, the wish to be remembered and the outage work by forms and links alone; the cookie outlives the browser by wish only."""
    async with product.running(), chromium() as browser, person(product, browser, java_script_enabled=False, locale="ru-RU") as who:
        page = await who.tab("/users/login?next=/?unread=1")
        await fill(page, "petrova", "wrong", remember=True)
        await page.get_by_text("Неверное имя или пароль.").wait_for()
        assert await page.is_checked("[name=remember]")
        assert await page.input_value("[name=username]") == "petrova"
        await fill(page, "petrova", "petrova-pass")
        await page.wait_for_url("**/?unread=1")
        (cookie,) = [one for one in await who.context.cookies() if one["name"] == "navigator_session"]
        assert cookie["expires"] > 0
        assert cookie["httpOnly"]
        await page.goto(product.url + "/users/logout")
        erp.server.kill_sessions()
        erp.server.faults.append(Fault("@connect", "drop", times=-1))
        await fill(page, "orlova", "orlova-pass")
        await page.get_by_text("проверить в ней имя и пароль не удалось").wait_for()
        await page.goto(product.url + "/users/login")
        await page.get_by_text("ERP не отвечает. Если вы входили за последние 7 дн.").wait_for()
        await fill(page, "petrova", "petrova-pass")
        await page.get_by_role("heading", name="ERP не отвечает").wait_for()
        await page.get_by_role("link", name="Продолжить").click()
        await page.wait_for_url(product.url + "/")
        (cookie,) = [one for one in await who.context.cookies() if one["name"] == "navigator_session"]
        assert cookie["expires"] == -1
        who.complaints.clear()  # the browser calls each answer of 401 and 503 an error


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_axe_finds_nothing_on_the_pages_of_signing_in(product: Product, erp: SandboxErp, scheme: str, tmp_path: Path) -> None:
    """The login page as it is, refused, with the outage, and the page that tells of it: nothing for axe, nothing beside a narrow screen."""
    async with product.running(), chromium() as browser, person(product, browser, color_scheme=scheme, bypass_csp=True) as who:
        page = await who.tab("/users/login")
        await page.set_viewport_size({"width": 360, "height": 740})

        async def look(name: str) -> None:
            await page.screenshot(path=tmp_path / f"{name}-{scheme}.png")
            assert await violations(page) == []
            assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

        await look("login")
        await fill(page, "petrova", "wrong")
        await page.wait_for_selector("[role=alert]:not(:empty)")
        await look("refused")
        await fill(page, "petrova", "petrova-pass")
        await page.wait_for_selector("tez-shell")
        await page.goto(product.url + "/users/logout")
        erp.server.kill_sessions()
        erp.server.faults.append(Fault("@connect", "drop", times=-1))
        await fill(page, "orlova", "orlova-pass")
        await page.wait_for_selector("[role=alert]:not(:empty)")
        await look("away-refused")
        await page.goto(product.url + "/users/login")
        await page.wait_for_selector("[role=status]")
        await look("away-login")
        await fill(page, "petrova", "petrova-pass")
        await page.wait_for_url("**/users/erp-away?*")
        await look("away-in")
        who.complaints.clear()
