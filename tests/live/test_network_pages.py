"""The network monitor's pages in a real Chromium: their server is played by `network_peer`, everything else is the product."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.live.browser import Person, chromium, holds, person
from tests.live.network_peer import NetworkPeer, hosts
from tests.live.product import Product
from tests.live.test_browser import violations

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

SHOTS = os.environ.get("NAVIGATOR_SHOTS_DIR")
"""Where pictures are kept for whoever wants to look; nowhere if not said."""
ON = "document.querySelector('nav-network')?.shadowRoot"
BOARD, HOST, SETUP = (f"{ON}?.querySelector('nav-network-{part}')?.shadowRoot" for part in ("board", "host", "setup"))
WALL = "document.querySelector('nav-network-wall')?.shadowRoot"
IDS = f"[...({BOARD}?.querySelectorAll('.row.host') ?? [])].map((row) => row.dataset.id)"
THERE = f"{BOARD}?.querySelectorAll('.row.host').length > 3"
FOCUSED = f"{BOARD}?.activeElement?.closest('.row')?.dataset.id"
WIDE = "document.documentElement.scrollWidth <= innerWidth"


@asynccontextmanager
async def watcher(
    product: Product, browser: Browser, peer: NetworkPeer, path: str = "/netmonitor/", there: str = THERE, **options: Any
) -> AsyncIterator[tuple[Person, Page]]:
    """ann, signed in, with a page of the monitor open."""
    async with person(product, browser, bypass_csp=True, **options) as ann:
        page = await ann.sign_in("ann")  # one tab: of several, one would hold the connection for all
        await peer.join(page)
        await page.goto(product.url + path)
        await holds(page, there)
        yield ann, page


async def look(page: Page, name: str) -> None:
    """Nothing for axe to find, nothing beside the page; a picture when somebody wants one."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")
    assert await violations(page) == [], name
    assert await page.evaluate(WIDE), name


@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
async def test_every_page_is_fit_for_everybody(product: Product, scheme: str) -> None:
    """Dashboard, dialogs, one host, setup and wall screen: axe finds nothing in any scheme; nothing sticks out, 320 to 1920 px."""
    options: dict[str, Any] = {"forced_colors": "active"} if scheme == "forced" else {"color_scheme": scheme}
    peer = NetworkPeer(hosts(60))
    widths = (1920, 768, 320, 1366) if scheme == "light" else (1366,)
    async with product.running(), chromium() as browser, watcher(product, browser, peer, **options) as (_, page):
        for width in widths:
            await page.set_viewport_size({"width": width, "height": 800})
            await look(page, f"{scheme}-board-{width}")
        await page.keyboard.press("Shift+Slash")
        await expect(page.get_by_role("heading", name="Клавиши")).to_be_visible()
        await look(page, f"{scheme}-keys")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Взять в работу: Шлюз 6").click()
        await expect(page.get_by_role("heading", name="В работу: Шлюз 6")).to_be_visible()
        await look(page, f"{scheme}-ack")
        await page.keyboard.press("Escape")
        await page.get_by_role("link", name="Шлюз 6", exact=True).click()
        await holds(page, f"{HOST}?.querySelector('nav-network-chart')?.shadowRoot.querySelector('canvas')")
        await page.get_by_role("button", name="Трассировка").click()
        await expect(page.get_by_text("192.168.0.1")).to_be_visible()
        for width in widths:
            await page.set_viewport_size({"width": width, "height": 1000})
            await look(page, f"{scheme}-host-{width}")
        await page.goto(f"{product.url}/netmonitor/setup")
        await holds(page, f"{SETUP}?.querySelector('tbody [role=cell]')")
        await look(page, f"{scheme}-setup")
        await page.get_by_role("button", name="Добавить узел").click()
        await expect(page.get_by_role("heading", name="Новый узел")).to_be_visible()
        await look(page, f"{scheme}-form")
        await page.goto(f"{product.url}/netmonitor/wall")
        await holds(page, f"{WALL}?.querySelectorAll('.tile').length > 3")
        for width in (1920, 768, 320) if scheme == "light" else (1920,):
            await page.set_viewport_size({"width": width, "height": 1080})
            await look(page, f"{scheme}-wall-{width}")


async def test_states_differ_without_colour(product: Product) -> None:
    """Under each simulated colour blindness every state keeps a shape of its own beside its word."""
    async with product.running(), chromium() as browser, watcher(product, browser, NetworkPeer(hosts(60))) as (_, page):
        devtools = await page.context.new_cdp_session(page)
        for kind in ("deuteranopia", "protanopia", "tritanopia", "achromatopsia"):
            await devtools.send("Emulation.setEmulatedVisionDeficiency", {"type": kind})
            if SHOTS:
                await page.screenshot(path=f"{SHOTS}/{kind}.png")
        chips = (
            f"[...{BOARD}.querySelectorAll('.chip')].map((one) => [one.querySelector('path').getAttribute('d'), one.textContent.trim()])"
        )
        found = await page.evaluate(chips)
        assert len(found) == len({shape for shape, _ in found}) == 7
        assert all(words for _, words in found)


async def test_rows_never_move_under_the_pointer(product: Product) -> None:
    """A host that breaks says so where it stands; the new order waits behind a pill, and comes by itself when nobody is at the list."""
    peer = NetworkPeer(hosts(60))
    async with product.running(), chromium() as browser, watcher(product, browser, peer, "/netmonitor/?view=list") as (_, page):
        before = await page.evaluate(IDS)
        await page.hover(f"nav-network-board .row[data-id='{before[4]}']")
        late = before[9]
        peer.change({late: {"state": "down", "reason": "silent"}})
        await expect(page.get_by_role("button", name="Переместилось:")).to_be_visible()
        assert await page.evaluate(IDS) == before
        word = f"{BOARD}.querySelector(\".row[data-id='{late}'] .word\").textContent"
        assert await page.evaluate(word) == "Не отвечает"
        await page.mouse.move(2, 2)
        await holds(page, f"({IDS}).indexOf('{late}') < 5")
        assert await page.evaluate(f"{BOARD}.querySelector('.pill')") is None


async def test_a_closed_group_opens_itself_for_new_trouble(product: Product) -> None:
    """Closed by keyboard it stays closed after a reload; a host that breaks in it opens it; closed again, it stays closed."""
    peer = NetworkPeer(hosts(40, trouble=False))
    group = f"{BOARD}.querySelector(\".row.group[data-path='Дубна']\")"
    async with product.running(), chromium() as browser, watcher(product, browser, peer) as (_, page):
        await page.evaluate(f"{group}.focus()")
        await page.keyboard.press("ArrowLeft")
        await holds(page, f"{group}.getAttribute('aria-expanded') === 'false'")
        await page.reload()
        await holds(page, f"{group}?.getAttribute('aria-expanded') === 'false'")
        peer.change({"h-3": {"state": "down", "reason": "silent"}})
        await holds(page, f"{group}.getAttribute('aria-expanded') === 'true' && ({IDS}).includes('h-3')")
        await page.evaluate(f"{group}.focus()")
        await page.keyboard.press("ArrowLeft")
        await holds(page, f"{group}.getAttribute('aria-expanded') === 'false'")
        peer.state["hosts"]["h-3"] |= {"state": "down", "reason": "silent"}
        await page.reload()
        await holds(page, f"{group}?.getAttribute('aria-expanded') === 'false'")


async def test_a_day_at_the_keyboard(product: Product) -> None:
    """Without a mouse: to a host, take it on, into it and back to the same row; search; only problems, and the address says so."""
    peer = NetworkPeer(hosts(60))
    async with product.running(), chromium() as browser, watcher(product, browser, peer, "/netmonitor/?view=list") as (_, page):
        await page.keyboard.press("j")
        await page.keyboard.press("j")
        second = await page.evaluate(FOCUSED)
        assert second == (await page.evaluate(IDS))[1]
        await page.keyboard.press("a")
        await expect(page.get_by_label("Что с ним")).to_be_focused()
        await page.keyboard.press("Control+Enter")
        await expect(page.get_by_text("Напишите, что с ним: это увидят все.")).to_be_visible()
        await page.keyboard.type("ждём электриков")
        await page.keyboard.press("Control+Enter")
        await holds(page, f"!{BOARD}.querySelector('nav-network-ack').open && {FOCUSED} === '{second}'")
        assert peer.asked == [("POST", f"hosts/{second}/ack", {"why": "ждём электриков"})]
        await page.keyboard.press("Enter")
        await holds(page, f"location.pathname === '/netmonitor/hosts/{second}' && {HOST}?.activeElement?.localName === 'h1'")
        await page.evaluate("history.back()")
        await holds(page, f"location.search === '?view=list' && {FOCUSED} === '{second}'")
        await page.keyboard.press("p")
        await holds(page, f"new URLSearchParams(location.search).get('state') === 'down,degraded' && ({IDS}).length === 5")
        await page.keyboard.press("p")
        await page.keyboard.press("Slash")
        await page.keyboard.type("Камера 33")
        await holds(page, f"({IDS}).join() === 'h-33' && new URLSearchParams(location.search).get('q') === 'Камера 33'")
        await page.keyboard.press("Enter")
        await holds(page, f"{FOCUSED} === 'h-33'")


async def test_the_page_never_pretends_to_know_more(product: Product) -> None:
    """Without the link, with a blind probe, before the first host, without the right: each says what it is, and what is old is dated."""
    peer = NetworkPeer(hosts(20))
    async with product.running(), chromium() as browser, watcher(product, browser, peer) as (ann, page):
        ann.may_lose_link = True
        peer.tell("net.probe", {"state": "blind", "since": peer.state["at"], "why": {"ru": "Шлюз не отвечает.", "en": "No gateway."}})
        await expect(page.get_by_text("Зонд сам без сети")).to_be_visible()
        await look(page, "blind")
        await page.evaluate("document.querySelector('nav-network').session.hub.stop()")
        await expect(page.get_by_text("Нет связи с сервером. Показано то, что было известно на")).to_be_visible()
        await expect(page.locator("nav-network-board .age")).to_contain_text("Данные на")
        await look(page, "offline")
        await page.keyboard.press("j")
        await page.keyboard.press("m")
        await page.keyboard.press("j")
        await page.keyboard.press("m")
        await expect(page.get_by_text("Нет связи с сервером: сейчас это не сохранить.").first).to_be_visible()
    empty = NetworkPeer({})
    none = f"{BOARD}?.querySelector('tez-empty')"
    async with product.running(), chromium() as browser, watcher(product, browser, empty, there=none) as (_, page):
        await expect(page.get_by_text("Узлов пока нет")).to_be_visible()
        await look(page, "empty")


async def test_a_hosts_history_is_seen_and_can_be_read_as_a_table(product: Product) -> None:
    """A year is drawn, the range stands in the address, the same data is there as a table; a failure is told and tried again."""
    peer = NetworkPeer(hosts(60))
    drawn = f"{HOST}?.querySelector('nav-network-chart')?.shadowRoot?.querySelectorAll('canvas').length === 2"
    async with product.running(), chromium() as browser, watcher(product, browser, peer, "/netmonitor/hosts/h-6", drawn) as (ann, page):
        peer.points = 2200
        await page.get_by_role("button", name="Год").click()
        await holds(page, f"location.search === '?range=1y' && {HOST}.textContent.includes('2 200 точек'.replace(' ', '\\u00a0'))")
        await page.get_by_role("button", name="Таблицей").click()
        await holds(page, f"{HOST}.querySelector('tez-table')?.shadowRoot?.querySelectorAll('tbody tr').length > 10")
        await look(page, "host-table")
        ann.may_lose_link = True
        peer.answers["hosts/h-6/history"] = (503, {"error": {"code": "store_away", "message": "Хранилище не отвечает."}})
        await page.get_by_role("button", name="7 дней").click()
        await expect(page.get_by_text("Хранилище не отвечает.")).to_be_visible()
        ann.complaints[:] = [line for line in ann.complaints if "503" not in line]


async def test_hosts_are_set_up(product: Product) -> None:
    """A mistake is told at its field, a host is tested before it is saved; an import says what would change, and its mistakes by line."""
    peer = NetworkPeer(hosts(5))
    path, there = "/netmonitor/setup", f"{SETUP}?.querySelector('tbody [role=cell]')"
    async with product.running(), chromium() as browser, watcher(product, browser, peer, path, there) as (ann, page):
        await expect(page.get_by_text("только чтение")).to_be_visible()
        await page.get_by_role("button", name="Добавить узел").click()
        await page.keyboard.type("Шлюз Клина")
        await page.get_by_role("button", name="Сохранить").click()
        await expect(page.get_by_text("Заполните это поле.")).to_be_visible()
        await expect(page.get_by_label("Адрес", exact=True)).to_be_focused()
        await page.keyboard.type("10.7.0.1")
        await page.get_by_role("button", name="Проверить").click()
        await expect(page.get_by_text("Отвечает.", exact=True)).to_be_visible()
        peer.answers["setup/hosts/shlyuz-klina"] = (422, {"error": {"code": "bad_value", "message": "Адрес занят.", "field": "address"}})
        await page.get_by_role("button", name="Сохранить").click()
        await expect(page.get_by_text("Адрес занят.")).to_be_visible()
        await expect(page.get_by_label("Адрес", exact=True)).to_be_focused()
        del peer.answers["setup/hosts/shlyuz-klina"]
        await page.get_by_role("button", name="Сохранить").click()
        await expect(page.get_by_text("Сохранён: Шлюз Клина").first).to_be_visible()
        spec = {"name": "Шлюз Клина", "address": "10.7.0.1", "id": "shlyuz-klina"}
        assert peer.asked[-1] == ("PUT", "setup/hosts/shlyuz-klina", spec)
        strange = {"message": "Такого логина нет: ivanof.", "where": "узел shlyuz-klina", "host": "shlyuz-klina", "field": "notify.0"}
        listed = {"id": "shlyuz-klina", "name": "Шлюз Клина", "address": "10.7.0.1", "notify": ["ivanof"], "origin": "page"}
        peer.answers["setup/hosts/shlyuz-klina"] = (200, {"host": listed, "problems": [strange]})
        peer.answers["setup/hosts"] = (200, {"hosts": [listed], "groups": [], "problems": [strange]})
        await page.reload()
        problems = page.get_by_role("list", name="Что исправить")
        await expect(problems).to_contain_text("узел shlyuz-klina: Такого логина нет: ivanof.")
        await look(page, "problems")
        await problems.get_by_role("button", name="Изменить: Шлюз Клина").click()
        await expect(page.get_by_role("textbox", name="Кому сообщать")).to_have_accessible_description("Такого логина нет: ivanof.")
        await page.get_by_role("button", name="Сохранить").click()
        await expect(page.get_by_text("Сохранён: Шлюз Клина").first).to_be_visible()
        await expect(page.get_by_role("textbox", name="Кому сообщать")).to_be_focused()  # it is saved, and what is wrong is still there
        await page.keyboard.press("Escape")
        del peer.answers["setup/hosts/shlyuz-klina"], peer.answers["setup/hosts"]
        await page.get_by_role("button", name="Загрузить список").click()
        await page.get_by_label("или вставьте текст").fill("id,name,address\na,А,")
        mistake = {"line": 2, "field": "address", "message": "Нет адреса."}
        peer.answers["setup/import"] = (422, {"error": {"code": "bad_inventory", "message": "Есть ошибки.", "errors": [mistake]}})
        await page.get_by_role("button", name="Что изменится").click()
        await expect(page.get_by_text("строка 2, address:")).to_be_visible()
        await look(page, "import-mistakes")
        del peer.answers["setup/import"]
        await page.get_by_role("button", name="Что изменится").click()
        await expect(page.get_by_text("Добавятся 2 узла")).to_be_visible()
        await page.get_by_role("button", name="Загрузить", exact=True).click()
        await expect(page.get_by_text("Загружены 3 узла").first).to_be_visible()
        ann.complaints[:] = [line for line in ann.complaints if "422" not in line]


async def test_the_wall_screen_needs_nobody(product: Product) -> None:
    """The worst stands first, recovery leaves by itself, the age of the data grows in sight, and a lost link is told large."""
    peer = NetworkPeer(hosts(60))
    names = f"[...{WALL}.querySelectorAll('.tile h2')].map((one) => one.textContent)"
    there = f"{WALL}?.querySelectorAll('.tile').length > 3"
    options = {"viewport": {"width": 1920, "height": 1080}}
    async with (
        product.running(),
        chromium() as browser,
        watcher(product, browser, peer, "/netmonitor/wall", there, **options) as (ann, page),
    ):
        ann.may_lose_link = True
        assert (await page.evaluate(names))[:2] == ["Точка доступа 11", "Шлюз 6"]
        peer.change({"h-11": {"state": "up", "reason": None}})
        await holds(page, f"({names})[0] === 'Шлюз 6'")
        await holds(page, f"/Данные: [1-9]\\d* с назад/.test({WALL}.querySelector('.age').textContent)")
        quiet = {id: {"state": "up", "flapping": False, "ack": None} for id in peer.state["hosts"]}
        peer.change(quiet)
        await expect(page.get_by_text("Всё работает")).to_be_visible()
        await look(page, "wall-well")
        await page.evaluate("document.querySelector('nav-network-wall').session.hub.stop()")
        await expect(page.get_by_text("Нет связи с сервером").or_(page.get_by_text("Сервер закрыл соединение"))).to_be_visible()
        await look(page, "wall-lost")


@pytest.mark.parametrize("count", [1000, 5000])
async def test_thousands_of_hosts(product: Product, count: int) -> None:
    """All are counted, few are elements; a tick of every host a second is followed, and scrolling finds the last row."""
    peer = NetworkPeer(hosts(count))
    async with product.running(), chromium() as browser, watcher(product, browser, peer) as (_, page):
        await holds(page, f"{BOARD}.querySelector('.chips').textContent.includes('Работает')")
        rolled = random.Random(1)
        ids = list(peer.state["hosts"])
        for _ in range(3):
            peer.tick(ids, rolled)
            await asyncio.sleep(0.05)
        shown = f"{BOARD}.querySelectorAll('.row').length"
        assert await page.evaluate(shown) < 150
        await page.evaluate(f"{BOARD}.querySelector('.scroll').scrollTo(0, 1e9)")
        await holds(page, f"{BOARD}.querySelector('.body').lastElementChild.dataset.id")
        assert await page.evaluate(shown) < 150
