"""The network monitor as it is sold: the product measures, judges, keeps and tells; Chromium shows it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.live.browser import chromium, holds, person
from tests.live.product import Product
from tests.live.test_browser import violations
from tests.peers.shutting import shutting

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(180)]

BOARD = "document.querySelector('nav-network')?.shadowRoot?.querySelector('nav-network-board')?.shadowRoot"
HOST = "document.querySelector('nav-network')?.shadowRoot?.querySelector('nav-network-host')?.shadowRoot"
HOSTS = """
anchors = []

[defaults]
interval_s = 1.0
limits = {{ raise_bad = 2, raise_of = 3, clear_good = 2 }}

[[hosts]]
id = "gw"
name = "Шлюз"
address = "127.0.0.2"
group = "Москва"
ping = {{ echoes = 3, spacing_s = 0.05, timeout_s = 0.5 }}

[[hosts]]
id = "till"
name = "Касса"
address = "127.0.0.1"
group = "Москва/Касса"
tcp = {{ port = {port}, timeout_s = 0.5 }}
"""


def says(id: str, word: str) -> str:
    """The board says this of a host, as an expression."""
    return f"{BOARD}?.querySelector('.row.host[data-id={id}]')?.textContent.includes('{word}')"


async def test_what_happens_in_the_network_is_seen_told_and_kept(product: Product, tmp_path: Path) -> None:
    """A service is shut: the open board shows it within seconds, the inbox says it, somebody takes it on; it is back: all of that ends."""
    async with shutting() as service:
        file = tmp_path / "hosts.toml"
        file.write_text(HOSTS.format(port=service.port), encoding="utf-8")
        product.settings["HOSTS_FILE"] = str(file)
        await asyncio.to_thread(product.navigator, "user", "grant", "ann", "netmonitor")
        async with product.running(), chromium() as browser, person(product, browser, bypass_csp=True) as ann:
            page = await ann.sign_in("ann")
            await page.goto(f"{product.url}/netmonitor/")
            await holds(page, f"{says('gw', 'Работает')} && {says('till', 'Работает')}")
            await service.shut()
            await holds(page, says("till", "Не отвечает"))
            assert await violations(page) == []
            await page.get_by_role("button", name="Взять в работу: Касса").click()
            await expect(page.get_by_role("heading", name="В работу: Касса")).to_be_visible()
            await page.keyboard.type("меняем кассу")
            await page.keyboard.press("Control+Enter")
            await holds(page, says("till", "В работе"))
            await page.goto(f"{product.url}/")
            await expect(page.get_by_text("«Касса» отказывает в соединении")).to_be_visible()
            await service.open()
            await expect(page.get_by_text("«Касса» снова отвечает", exact=False)).to_be_visible(timeout=30_000)
            await page.goto(f"{product.url}/netmonitor/hosts/till")
            await holds(page, f"{HOST}?.querySelector('nav-network-chart')?.shadowRoot?.querySelectorAll('canvas').length === 2")
            await expect(page.get_by_text("меняем кассу")).to_have_count(0)
            assert await violations(page) == []
