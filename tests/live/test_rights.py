"""Rights, ended sessions and looking as somebody else, in two real Chromiums with the pages open."""

from __future__ import annotations

import time
from typing import Any

import pytest
from playwright.async_api import Error, Page

from tests.live.browser import chromium, holds, person
from tests.live.product import Product
from tests.live.test_browser import AXE

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

WITHIN_S = 2.0
SHELL = "document.querySelector('tez-shell')"
IN_SHELL = SHELL + ".shadowRoot.querySelector"


async def ask(page: Page, method: str, path: str, body: Any = None) -> int:
    """A request of the page, with its token; the status."""
    status: int = await page.evaluate(
        """async ([method, path, body]) => {
          const csrf = document.querySelector('tez-shell').boot.csrf;
          const headers = {'X-CSRF-Token': csrf, 'Content-Type': 'application/json'};
          return (await fetch(path, {method, headers, body: body === null ? undefined : JSON.stringify(body)})).status;
        }""",
        [method, path, body],
    )
    return status


async def user_id(page: Page) -> int:
    """Whose page it is."""
    found: int = await page.evaluate(f"{SHELL}.boot.user.id")
    return found


async def shown(page: Page, expression: str) -> float:
    """Waits until it is true; the seconds that took."""
    began = time.monotonic()
    await holds(page, expression, WITHIN_S)
    return time.monotonic() - began


async def anew(page: Page, expression: str) -> None:
    """Waits until it is true of a page that loads itself again meanwhile."""
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            await holds(page, expression, deadline - time.monotonic())
            return
        except Error as error:
            if "context was destroyed" not in str(error):
                raise
    raise AssertionError(f"not so: {expression}")


async def violations(page: Page) -> list[str]:
    """axe-core's findings, under the page's own Content-Security-Policy."""
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = await page.evaluate(
        "axe.run().then((result) => result.violations.flatMap((one) => one.nodes.map((node) => one.id + ' ' + node.html)))"
    )
    return found


async def test_a_right_taken_and_given_with_the_page_open(product: Product, record_property: Any) -> None:
    """The open page of whoever loses the right says so and its entry leaves the navigation; given back, both are there again."""
    product.add_user("bob", "--admin")
    async with product.running(), chromium() as browser, person(product, browser) as ann, person(product, browser) as bob:
        office = await ann.sign_in("ann")
        await bob.sign_in("bob")
        page = await bob.tab("/ops/")
        await holds(page, f"{SHELL}?.hub?.status.state === 'open'")
        right = f"/admin/api/people/{await user_id(page)}/permissions/admin"
        assert await ask(office, "DELETE", right) == 204
        took = await shown(page, f"{IN_SHELL}('.no-longer h1')?.textContent.includes('больше нет доступа')")
        assert not await page.evaluate(f"Boolean({IN_SHELL}('nav a[href=\"/ops/\"]'))")
        assert await violations(page) == []
        assert await ask(office, "PUT", right) == 204
        gave = await shown(page, f"!{IN_SHELL}('.no-longer') && Boolean({IN_SHELL}('nav a[href=\"/ops/\"]'))")
        await holds(page, "document.querySelector('tez-ops').store.nodes.size > 0")
        record_property("seconds", {"taken": took, "given": gave})


async def test_looking_as_somebody_and_back(product: Product) -> None:
    """Every open page of the browser becomes the other person's, marked and read only, and its own again when it is ended."""
    product.add_user("bob", "--display", "Борис Орлов")
    async with product.running(), chromium() as browser, person(product, browser) as ann, person(product, browser) as bob:
        title = {"ru": "Заявка", "en": "Ticket"}
        await product.publish({"id": "1", "navuser": "bob", "data": {"kind": "system", "title": title}})
        other = await bob.sign_in("bob")
        page = await ann.sign_in("ann")
        csrf = await page.evaluate(f"{SHELL}.boot.csrf")
        begun = await ann.context.request.post(  # not by the page, which is about to load itself again
            product.url + "/admin/api/view-as", data={"user_id": await user_id(other)}, headers={"X-CSRF-Token": csrf}
        )
        assert begun.status == 204
        mark = f"{IN_SHELL}?.('.viewing p')?.textContent"
        await anew(page, f"{SHELL}?.shadowRoot && {mark} === 'Вы смотрите как Борис Орлов (только чтение)'")
        await holds(page, f"{SHELL}.hub.status.state === 'open' && {SHELL}.inbox.items.length === 1")
        assert await violations(page) == []
        ann.complaints.clear()
        assert await ask(page, "PUT", "/users/api/preferences/theme", {"value": "dark"}) == 403
        assert len(ann.complaints) == 1  # the browser's own line about the 403
        ann.complaints.clear()
        await page.screenshot(path=str(product.log.parent / "viewing.png"))
        await page.get_by_role("button", name="Закончить").click()
        await anew(page, f"{SHELL}?.boot?.viewer === null && {SHELL}.boot.user.name === 'ann'")
        await holds(page, f"{SHELL}.hub?.status.state === 'open'")


async def test_a_session_that_is_ended_says_by_whom(product: Product) -> None:
    """The other screen shows the reason: by oneself on another device, or by an administrator."""
    product.add_user("bob")
    async with (
        product.running(),
        chromium() as browser,
        person(product, browser) as ann,
        person(product, browser) as bob,
        person(product, browser) as again,
    ):
        office, here, there = await ann.sign_in("ann"), await bob.sign_in("bob"), await again.sign_in("bob")
        text = f"{IN_SHELL}('.banner').textContent"
        assert await ask(here, "DELETE", "/users/api/sessions") == 200
        await shown(there, f"{text}.includes('Вы завершили этот сеанс на другом устройстве')")
        assert await ask(office, "DELETE", f"/admin/api/people/{await user_id(here)}/sessions") == 200
        await shown(here, f"{text}.includes('Администратор завершил этот сеанс')")
