"""The telephone in a real Chromium: the product over the sandbox's Finesse, and petrova (agent 1001) and sidorov (1002) at their browsers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page, expect

from adapters.sandbox.finesse import SandboxFinesse, open_sandbox_finesse
from adapters.sandbox.finesse.facts import Agent
from adapters.sandbox.people import person as colleague
from tests.live.browser import Person, holds
from tests.live.product import Product

__all__ = ["NUMBER", "PANEL", "QUEUE", "SCRIPT", "CallFloor", "call_floor", "percentile"]

PANEL = "document.querySelector('tez-calls')?.shadowRoot"
QUEUE = "5022"
NUMBER = "+79160004321"
SCRIPT = """() => {
  const cards = () => [...(document.querySelector('tez-calls')?.shadowRoot?.querySelectorAll('tez-calls-card') ?? [])]
    .filter((card) => card.shadowRoot?.querySelector('h2')?.checkVisibility());
  window.calls = { seen: {}, gone: {} };
  let shown = new Set();
  const look = () => {
    // what was there at this frame's start has been painted by the next one's: `at` is the later of the two
    const now = new Set(cards().map((card) => card.dialog.id));
    const ringing = document.querySelector('tez-calls')?.ringing ?? false;
    requestAnimationFrame(() => {
      const at = performance.timeOrigin + performance.now();
      for (const id of now) window.calls.seen[id] ??= at;
      if (!ringing) for (const id of shown) if (!now.has(id)) window.calls.gone[id] ??= at;
      if (!ringing) shown = now; else for (const id of now) shown.add(id);
      look();
    });
  };
  look();
}"""
"""Has a page write down when each card was first painted, and when it was gone and nothing rang any more: ms since 1970, as the page's
own clock has it, which is the machine's."""


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the others are, by rank."""
    return sorted(values)[min(len(values) - 1, round(share * (len(values) - 1)))]


@dataclass
class CallFloor:
    """What a test works with."""

    product: Product
    finesse: SandboxFinesse
    wired: dict[str, list[float]] = field(default_factory=dict)
    """When events of a node were handed to the notification service's sockets: ms since 1970, in order."""

    def agent(self, login: str = "petrova") -> Agent:
        """As Finesse has them now."""
        return self.finesse.agents[colleague(login).agent]

    async def on_line(self, somebody: Person, login: str = "petrova", *, ready: bool = False) -> Page:
        """Signed in to the product and, by the form of the panel, to Finesse."""
        page = await somebody.sign_in(login)
        await page.evaluate(SCRIPT)
        who = self.agent(login)
        await expect(page.get_by_label("Номер оператора")).to_be_visible(timeout=15_000)
        await page.get_by_label("Номер оператора").fill(who.id)
        await page.get_by_label("Внутренний номер телефона").fill(who.device)
        await page.get_by_label("Пароль Finesse").fill(who.password)
        await page.keyboard.press("Enter")
        await self.shows(page, "Не готов")
        if ready:
            await page.get_by_role("button", name="Готов", exact=True).click()
            await self.shows(page, "Готов")
        return page

    async def tab(self, somebody: Person) -> Page:
        """One tab more of somebody who is at work."""
        page = await somebody.tab()
        await holds(page, f"{PANEL}?.querySelector('tez-calls-state')")
        await page.evaluate(SCRIPT)
        return page

    async def shows(self, page: Page, state: str) -> None:
        """Waits until the panel shows the agent's state as this word, and nothing is asked for any more."""
        bar = f"{PANEL}?.querySelector('tez-calls-state')?.shadowRoot"
        await holds(page, f"{bar}?.querySelector('strong')?.textContent === '{state}' && !{bar}.querySelector('.spin')")

    async def ring(self, number: str = NUMBER, *, login: str = "petrova", queue: str | None = QUEUE, **more: Any) -> str:
        """A call rings; its id."""
        return await self.finesse.ring(colleague(login).agent, number, queue=queue, **more)

    async def until(self, true: Any, within_s: float = 15.0) -> None:
        """Waits until something is so in the contact centre."""
        deadline = time.monotonic() + within_s
        while not true():
            assert time.monotonic() < deadline, "never came to be in the contact centre"
            await asyncio.sleep(0.02)

    def watch(self) -> None:
        """From now on `wired` is kept."""
        xmpp = self.finesse.sites[0].xmpp
        publish = xmpp.publish

        async def noted(node: str, *arguments: Any, **options: Any) -> None:
            self.wired.setdefault(node, []).append(time.time() * 1000)
            await publish(node, *arguments, **options)

        self.finesse.sites[0].herald.outlet = _Noted(noted)


@dataclass
class _Noted:
    publish: Any


@asynccontextmanager
async def call_floor(product: Product, *logins: str, delay_s: tuple[float, float] = (0.0, 0.02), **more: Any) -> AsyncIterator[CallFloor]:
    """The product, started, over a Finesse in which nothing happens by itself; `logins` have accounts and the right to a telephone."""
    async with open_sandbox_finesse(delay_s=delay_s, answers_s=None, **more) as finesse:
        product.settings |= {"FINESSE_URL": finesse.url, "FINESSE_NOTIFY_URL": finesse.notify_url, "SECRET_KEYS": "k" * 40}
        for login in logins or ("petrova",):
            product.add_user(login, "--display", colleague(login).name, "--permission", "finesse")
        async with product.running():
            yield CallFloor(product, finesse)
