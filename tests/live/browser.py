"""Chromium over the product: Debian's headless shell, which is what Playwright itself runs tests in, driven by Playwright.

The same engine as the browser, without its window and its services: a start and a page cost a fifth less.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from tests.live.product import Product
from tests.peers import need

__all__ = ["Person", "chromium", "holds", "person"]

_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# Everything that a page complains about fails the test that opened it.
# But a link that breaks ends what is under way in one of several ways, by how far it was: not begun, half sent, not answered.
_QUIET = (
    "net::ERR_CONNECTION_",
    "net::ERR_EMPTY_RESPONSE",
    "net::ERR_SOCKET_NOT_CONNECTED",
    "net::ERR_INTERNET_DISCONNECTED",
    "WebSocket connection to",
)


class Person:
    """Somebody at one browser: a context of their own, tabs, and what the console said."""

    def __init__(self, product: Product, context: BrowserContext) -> None:
        self.product, self.context = product, context
        self.complaints: list[str] = []
        self.may_lose_link = False

    async def tab(self, path: str = "/") -> Page:
        """Opens a tab at `path` and waits for the shell."""
        page = await self.context.new_page()
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(self.product.url + path)
        return page

    async def sign_in(self, name: str, password: str = "long-enough-1") -> Page:
        """Signs in by the login page and gives the tab, with the inbox open."""
        page = await self.tab()
        await page.fill("[name=username]", name)
        await page.fill("[name=password]", password)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("tez-shell")
        await holds(page, "document.querySelector('tez-shell').hub?.status.state === 'open'")
        return page

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and not (self.may_lose_link and any(quiet in text for quiet in _QUIET)):
            self.complaints.append(text)


async def holds(page: Page, expression: str, timeout_s: float = 15.0) -> Any:
    """Waits until `expression` is true in the page, and gives its value.

    Playwright's own waiting evaluates text inside the page, which the product's Content-Security-Policy forbids.
    """
    deadline = time.monotonic() + timeout_s
    while not (value := await page.evaluate(expression)):
        assert time.monotonic() < deadline, f"not within {timeout_s} s: {expression}"
        await asyncio.sleep(0.02)
    return value


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A running browser."""
    path = need.command("chromium-headless-shell", peer="Chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def person(product: Product, browser: Browser, **options: Any) -> AsyncIterator[Person]:
    """Somebody new; on leaving, nothing may have been said on the console."""
    context = await browser.new_context(**({"locale": "ru-RU", "viewport": {"width": 1366, "height": 768}} | options))
    somebody = Person(product, context)
    try:
        yield somebody
        assert not somebody.complaints, somebody.complaints
    finally:
        await context.close()
