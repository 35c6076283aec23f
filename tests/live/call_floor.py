"""The telephone in a real Chromium: the product over the sandbox's Finesse, and its agents, petrova (1001) above all, at their browsers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Page, expect

from adapters.sandbox.finesse import SandboxFinesse, open_sandbox_finesse
from adapters.sandbox.finesse.facts import Agent
from adapters.sandbox.people import person as colleague
from tests.live.browser import Person, holds
from tests.live.product import Product

__all__ = ["NUMBER", "PANEL", "QUEUE", "SCRIPT", "CallFloor", "call_floor", "figures", "percentile", "work_call"]

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


async def figures(page: Page) -> dict[str, float]:
    """What the page holds after a collection of garbage: heap in MiB, DOM nodes, listeners."""
    cdp = await page.context.new_cdp_session(page)
    await cdp.send("Performance.enable")
    for _ in range(2):  # what the first one frees may hold more
        await cdp.send("HeapProfiler.collectGarbage")
        await asyncio.sleep(0.1)
    found = {one["name"]: one["value"] for one in (await cdp.send("Performance.getMetrics"))["metrics"]}
    await cdp.detach()
    return {
        "heap_mb": round(found["JSHeapUsedSize"] / 2**20, 3),
        "nodes": found["Nodes"],
        "listeners": found["JSEventListeners"],
    }


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

    def legs(self, login: str = "petrova") -> list[str]:
        """The states of their legs, of the oldest call first."""
        return [leg.state for _, leg in self.finesse.centre.legs_of(self.agent(login))]

    async def on_line(self, somebody: Person, login: str = "petrova", *, ready: bool = False) -> Page:
        """Signed in to the product and, by the form of the panel, to Finesse."""
        page = await self.at_desk(await somebody.sign_in(login), login)
        if ready:
            await page.get_by_role("button", name="Готов", exact=True).click()
            await self.shows(page, "Готов")
        return page

    async def at_desk(self, page: Page, login: str = "petrova") -> Page:
        """Signs in by the form of the panel."""
        await page.evaluate(SCRIPT)
        who = self.agent(login)
        await expect(page.get_by_label("Номер оператора")).to_be_visible(timeout=15_000)
        await page.get_by_label("Номер оператора").fill(who.id)
        await page.get_by_label("Внутренний номер телефона").fill(who.device)
        await page.get_by_label("Пароль Finesse").fill(who.password)
        await page.keyboard.press("Enter")
        await self.knows_reasons(page)
        return page

    async def knows_reasons(self, page: Page) -> None:
        """Waits until the panel shows an agent at work and knows the reasons for a pause, which come last."""
        await self.shows(page, "Не готов")
        await holds(page, f"{PANEL}.querySelector('tez-calls-state').view.calls.reasons.not_ready.length")

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
async def call_floor(
    product: Product, *logins: str, delay_s: tuple[float, float] = (0.0, 0.02), account: Sequence[str] = (), **more: Any
) -> AsyncIterator[CallFloor]:
    """The product, started, over a Finesse in which nothing happens by itself; `logins` have accounts with the right to a telephone, and
    with the options `account`."""
    async with open_sandbox_finesse(delay_s=delay_s, answers_s=None, **more) as finesse:
        product.settings |= {"FINESSE_URL": finesse.url, "FINESSE_NOTIFY_URL": finesse.notify_url, "SECRET_KEYS": "k" * 40}
        for login in logins or ("petrova",):
            product.add_user(login, "--display", colleague(login).name, "--permission", "finesse", *account)
        async with product.running():
            yield CallFloor(product, finesse)


async def work_call(floor: CallFloor, page: Page, number: int) -> None:
    """One call as an agent works it, by the keyboard; every third with a consultation, every fifth transferred, every seventh not taken."""
    caller = f"+7495{7240000 + number}"
    agent = floor.agent()
    call = await floor.ring(caller, variables={"callVariable1": f"A-{number}"})
    card = f"[...{PANEL}.querySelectorAll('tez-calls-card')].find((one) => one.dialog.id === '{call}')"
    await holds(page, f"{card}?.dialog.leg.actions.includes('ANSWER')")
    if number % 7 == 6:
        await floor.finesse.ring_out(call)
        await holds(page, f"!{card}")
        await holds(page, f"{PANEL}.querySelector('tez-calls-missed').view.missed.length")
        await floor.shows(page, "Не готов")
        await page.keyboard.press("Alt+KeyR")
        await floor.shows(page, "Готов")
        await page.get_by_role("button", name="Очистить").click()
        await holds(page, f"!{PANEL}.querySelector('tez-calls-missed').view.missed.length")
        return
    await page.keyboard.press("Alt+KeyA")
    await holds(page, f"{card}?.dialog.leg.state === 'ACTIVE' && {card}.dialog.leg.actions.includes('HOLD')")
    await page.keyboard.press("Alt+KeyK")
    await page.keyboard.press("5")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Alt+KeyH")
    await holds(page, f"{card}?.dialog.leg.state === 'HELD'")
    await page.keyboard.press("Alt+KeyH")
    await holds(page, f"{card}?.dialog.leg.actions.includes('CONSULT_CALL')")
    over = f"{card}?.dialog.leg.state === 'WRAP_UP'"
    if number % 5 == 4:
        await page.keyboard.press("Alt+KeyT")
        await page.keyboard.type("+74957230000")
        await page.keyboard.press("Enter")
    elif number % 3 == 2:
        await page.keyboard.press("Alt+KeyC")
        await page.keyboard.type("+74957230001")
        await page.keyboard.press("Enter")
        await floor.until(lambda: len(floor.finesse.centre.list_of(agent.id)) == 2)
        await floor.finesse.customer_answers(floor.finesse.centre.list_of(agent.id)[-1].id)
        await holds(page, f"{card}?.dialog.leg.actions.includes('TRANSFER')")
        await page.keyboard.press("Alt+KeyT")
    elif number % 2:
        await page.keyboard.press("Alt+KeyX")
    else:
        await floor.finesse.hang_up(call)
    await holds(page, over)
    await page.get_by_role("button", name="Вопрос решён").click()
    await page.keyboard.press("Alt+KeyR")
    await holds(page, f"!{card}", 30)
    await floor.shows(page, "Готов")
