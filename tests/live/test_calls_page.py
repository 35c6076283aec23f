"""The telephone of an agent in a real Chromium, over the sandbox's Finesse."""

from __future__ import annotations

import asyncio
import os

import pytest
from playwright.async_api import Page, expect

from tests.live.browser import chromium, holds, person
from tests.live.call_floor import NUMBER, PANEL, call_floor
from tests.live.product import Product

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

SHOTS = os.environ.get("NAVIGATOR_SHOTS_DIR")
"""Where pictures are kept for whoever wants to look; nowhere if not said."""
CARDS = f"{PANEL}?.querySelectorAll('tez-calls-card').length"
RINGS = "document.querySelector('tez-calls')?.ringing"
WORKER = f"{PANEL}?.querySelector('tez-calls-state')"


async def test_a_call_is_on_screen_in_every_tab_and_gone_from_every_tab(product: Product) -> None:
    """It shows within the bound of C11; answered elsewhere or hung up, card and ring are gone in all three tabs: how soon is measured by
    tests/benchmarks/calls_page.py."""
    async with call_floor(product) as floor, chromium() as browser, person(product, browser) as petrova:
        tabs = [await floor.on_line(petrova, ready=True)]
        tabs += [await floor.tab(petrova) for _ in range(2)]
        for end in (floor.finesse.answer_elsewhere, floor.finesse.hang_up):
            call = await floor.ring()
            for tab in tabs:
                await holds(tab, f"window.calls.seen['{call}'] && {RINGS}")
                await expect(tab.get_by_role("button", name="Ответить")).to_be_visible()
            leads = [await tab.evaluate("document.querySelector('tez-shell').hub.status.leader") for tab in tabs]
            assert leads.count(True) == 1  # one rings aloud
            await end(call)
            for tab in tabs:
                await holds(tab, f"window.calls.gone['{call}'] && !{RINGS} && {CARDS} === 0")
            await floor.until(lambda: floor.agent().state == "READY")
            for tab in tabs:
                await floor.shows(tab, "Готов")
