"""The telephone of an agent in a real Chromium, over the sandbox's Finesse."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import Page, expect

from adapters.sandbox.erp import open_sandbox_erp
from adapters.sandbox.finesse.company import agents
from adapters.sandbox.finesse.facts import Team
from adapters.sandbox.finesse.flavours import FLAVOURS
from adapters.sandbox.people import PEOPLE
from adapters.sandbox.people import person as colleague
from adapters.sandbox.redmine import open_sandbox_redmine
from tests.live.browser import chromium, holds, person
from tests.live.call_floor import NUMBER, PANEL, QUEUE, call_floor, figures, work_call
from tests.live.product import Product
from tests.live.test_browser import notice, violations, wait_rows

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

SHOTS = os.environ.get("NAVIGATOR_SHOTS_DIR")
"""Where pictures are kept for whoever wants to look; nowhere if not said."""
CARDS = f"{PANEL}?.querySelectorAll('tez-calls-card').length"
RINGS = "document.querySelector('tez-calls')?.ringing"
EVIL = "<img src=x onerror=alert(1)>"
MADE = """function any(root) { return [...root.querySelectorAll('*')].some((one) => one.matches('img, [onerror]')
  || (one.shadowRoot && any(one.shadowRoot))) }"""
# What of the panel sticks out of the window, or the page itself; what scrolls inside the panel does not count.
INSIDE = """(() => { const found = [];
  if (document.documentElement.scrollWidth > innerWidth) found.push('page');
  const seen = (root) => { for (const one of root.querySelectorAll('*')) {
    const { left, right, width } = one.getBoundingClientRect();
    const out = left < -0.5 || right > innerWidth + 0.5;
    if (width && out && one.checkVisibility() && !one.closest('.sr')) found.push(one.outerHTML.slice(0, 90));
    if (one.shadowRoot) seen(one.shadowRoot);
  } };
  const panel = document.querySelector('tez-calls');
  if (panel?.shadowRoot) seen(panel.shadowRoot);
  const { top, bottom } = panel.getBoundingClientRect();
  if (top < 0 || bottom > innerHeight + 0.5) found.push('panel');
  return found; })()"""
TOOLS = """
  - button "Позвонить"
  - button "Клавиши телефона"
  - button "В отдельное окно поверх других"
  - button "Свернуть панель звонков"
"""
SIGNED_OUT = """
- alert
- complementary "Звонки":
  - status
  - alert
  - heading "Выйти на линию" [level=2]
  - text: Номер оператора
  - textbox "Номер оператора"
  - text: Внутренний номер телефона
  - textbox "Внутренний номер телефона"
  - text: Пароль Finesse
  - textbox "Пароль Finesse"
  - button "Выйти на линию"
  - button "Клавиши телефона"
  - button "В отдельное окно поверх других"
  - button "Свернуть панель звонков"
"""
READY = f"""
- alert
- complementary "Звонки":
  - strong: Готов
  - timer: /.+/
  - status: "Состояние: Готов"
  - button "Не готов"
  - button "Уйти с линии"
  - status
  - alert
  - paragraph: Звонков нет{TOOLS}"""
DATA = """
    - term: Переменная 1
    - definition: Договор 4411
    - term: Переменная 2
    - definition: <img src=x onerror=alert(1)>
    - term: booking
    - definition: TZ-20931"""
RINGING = f"""
- alert: "Входящий звонок: +7 916 000-43-21, очередь Поддержка агентств"
- complementary "Звонки":
  - strong: Вызов
  - timer: /.+/
  - status: "Состояние: Вызов"
  - button "Не готов"
  - status
  - alert
  - article "+7 916 000-43-21":
    - text: Входящий Поддержка агентств
    - timer: /.+/
    - heading "+7 916 000-43-21" [level=2]
    - button "Ответить"
    - paragraph: Номера нет в справочниках, заявок с ним нет.
    - heading "Данные звонка" [level=3]{DATA}{TOOLS}"""
CONSULTING = f"""
- alert
- complementary "Звонки":
  - strong: Разговор
  - timer: /.+/
  - status: "Состояние: Разговор"
  - button "Не готов"
  - status
  - alert
  - paragraph: "Идёт консультация: первый звонок на удержании."
  - article "+7 495 723-00-01":
    - text: Разговор
    - timer: /.+/
    - heading "+7 495 723-00-01" [level=2]
    - button "Удержать"
    - button "Набор"
    - button "Завершить"
  - article "+7 916 000-43-21":
    - text: На удержании Поддержка агентств
    - timer: /.+/
    - heading "+7 916 000-43-21" [level=2]
    - button "Вернуть"
    - button "Соединить их"
    - button "Конференция"
    - button "Завершить"
    - paragraph: Номера нет в справочниках, заявок с ним нет.
    - heading "Итог звонка" [level=3]
    - group "Итог звонка":
      - button "Вопрос решён"
      - button "Создана заявка"
      - button "Передан второй линии"
      - button "Перезвонить"
      - button "Ошиблись номером"
    - heading "Данные звонка" [level=3]
    - button "Изменить данные звонка"{DATA}{TOOLS}"""
SERVICE = f"{PANEL}?.host.view?.calls.service.state"
FOCUSED = """(() => { let on = document.activeElement; while (on?.shadowRoot?.activeElement) on = on.shadowRoot.activeElement;
  return on && on !== document.body && on.tagName !== 'TEZ-CALLS' ? on : null })()"""


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


_LETTERS = dict(zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "фисвуапршолдьтщзйкыегмцчня", strict=True))


class Keyboard:
    """Keys as they come from a Latin or a Russian layout: the physical key is the same, the letter is not."""

    def __init__(self, page: Page, *, russian: bool) -> None:
        self._page, self._russian = page, russian

    async def alt(self, letter: str) -> None:
        """Alt and the key of this Latin letter."""
        if not self._russian:
            await self._page.keyboard.press(f"Alt+Key{letter}")
            return
        cdp = await self._page.context.new_cdp_session(self._page)
        about = {"code": f"Key{letter}", "key": _LETTERS[letter], "windowsVirtualKeyCode": ord(letter), "modifiers": 1}
        for kind in ("rawKeyDown", "keyUp"):
            await cdp.send("Input.dispatchKeyEvent", {"type": kind, **about})
        await cdp.detach()

    async def tab_to(self, role: Any, name: str) -> None:
        """Goes there by Tab."""
        aim = self._page.get_by_role(role, name=name, exact=True)
        await expect(aim).to_be_visible()
        for _ in range(80):
            if await aim.evaluate("(one) => one.getRootNode().activeElement === one"):
                return
            await self._page.keyboard.press("Tab")
        raise AssertionError(f"Tab does not come to {name}")


async def test_a_day_at_the_telephone_without_a_mouse(product: Product) -> None:
    """By keys alone, on the Russian layout (the Latin one is that of the shift below): sign in, ready, not ready in two keys, answer, hold,
    retrieve, consult with somebody found by name, transfer, tones, hang up, wrap up, clear missed calls; the contact centre has each, and
    the focus is never lost."""
    async with (
        call_floor(product, "petrova", "sidorov") as floor,
        chromium() as browser,
        person(product, browser) as petrova,
        person(product, browser) as sidorov,
    ):
        other = await floor.on_line(sidorov, "sidorov")
        page = await petrova.sign_in("petrova")
        keys = Keyboard(page, russian=True)
        await keys.tab_to("textbox", "Номер оператора")
        await page.keyboard.type("1001")
        await keys.tab_to("textbox", "Внутренний номер телефона")
        await page.keyboard.type("1106")
        await page.keyboard.press("Tab")
        await page.keyboard.type("petrova-pass")
        await page.keyboard.press("Enter")
        await floor.knows_reasons(page)
        await holds(page, FOCUSED)
        await keys.alt("R")
        await floor.shows(page, "Готов")
        await keys.alt("N")
        await page.keyboard.press("2")
        await floor.shows(page, "Не готов")
        assert floor.agent().reason is not None
        assert floor.agent().reason.label == "Перерыв"
        assert await page.evaluate(FOCUSED)
        await keys.alt("R")
        await floor.shows(page, "Готов")

        call = await floor.ring()
        await keys.tab_to("button", "Ответить")
        await page.keyboard.press("Enter")
        await floor.shows(page, "Разговор")
        await holds(page, FOCUSED)  # the key that had it is gone
        await keys.alt("H")
        await floor.shows(page, "Удержание" if floor.finesse.centre.flavour.has_hold else "Разговор")
        await floor.until(lambda: floor.legs() == ["HELD"])
        await expect(page.get_by_role("button", name="Вернуть", exact=True)).to_be_visible()
        await keys.alt("H")
        await floor.until(lambda: floor.legs() == ["ACTIVE"])
        await expect(page.get_by_role("button", name="Консультация")).to_be_visible()
        await keys.alt("C")
        await page.keyboard.type("сидор")
        await expect(page.get_by_role("button", name=re.compile("Сидоров Пётр.*Не готов"))).to_be_visible()
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Enter")
        await expect(other.get_by_role("button", name="Ответить")).to_be_visible()
        await Keyboard(other, russian=False).alt("A")
        await expect(page.get_by_role("button", name="Соединить их")).to_be_visible()
        assert await page.evaluate(FOCUSED)
        await keys.alt("T")
        await floor.until(lambda: floor.legs() in ([], ["WRAP_UP"]))
        assert [leg.address for leg in floor.finesse.centre.calls[call].live if leg.state == "ACTIVE"] == [NUMBER, "1107"]
        await holds(page, f"{CARDS} === 1")
        await keys.tab_to("button", "Вопрос решён")
        await page.keyboard.press("Enter")
        await holds(page, f"{FOCUSED}?.ariaPressed === 'true'")
        await floor.until(lambda: floor.finesse.centre.calls[call].wrap_up == "Вопрос решён")
        await keys.alt("R")
        await floor.shows(page, "Готов")
        await holds(page, FOCUSED)  # the card that had it is gone
        await expect(other.get_by_role("button", name="Завершить")).to_be_visible()

        call = await floor.ring("+79160005555")
        await expect(page.get_by_role("button", name="Ответить")).to_be_visible()
        await keys.alt("A")
        await floor.shows(page, "Разговор")
        await keys.alt("K")
        for tone in "12#":
            await page.keyboard.press(tone)
        await page.keyboard.press("Escape")
        await holds(page, f"{FOCUSED}?.dataset.key === 'keypad'")
        await keys.alt("X")
        await floor.shows(page, "Обработка")
        await keys.alt("R")
        await floor.shows(page, "Готов")

        for number in ("+79160006666", "+79160007777"):
            await floor.finesse.ring_out(await floor.ring(number))
            await floor.shows(page, "Не готов")
            await keys.alt("R")
            await floor.shows(page, "Готов")
        await expect(page.get_by_role("heading", name="2 пропущенных звонка")).to_be_visible()
        await keys.tab_to("button", "Очистить")
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("heading", name="2 пропущенных звонка")).to_be_hidden()
        await holds(page, FOCUSED)


async def test_a_shift_leaves_nothing_behind_in_the_page(product: Product) -> None:
    """Calls answered, held, consulted about, transferred, missed, wrapped up, and the page holds no more than after the first ones. Half an
    hour and more of them: tests/benchmarks/calls_page.py."""
    async with call_floor(product) as floor, chromium() as browser, person(product, browser) as petrova:
        page = await floor.on_line(petrova, ready=True)
        found = []
        for numbers in ((2, 4, 6), (5, 14, 13)):  # consulted about, transferred, missed
            for number in numbers:
                await work_call(floor, page, number)
            found.append(await figures(page) | {"panel": await page.evaluate(f"{PANEL}.querySelector('.scroll').childNodes.length")})
        assert found[1]["panel"] == found[0]["panel"]
        assert found[1]["nodes"] <= found[0]["nodes"] * 1.1, found
        assert found[1]["listeners"] <= found[0]["listeners"] * 1.1, found
        assert found[1]["heap_mb"] < found[0]["heap_mb"] + 1, found


async def test_the_card_has_the_callers_own_tickets(product: Product, tmp_path: Path) -> None:
    """The number is that of somebody in the ERP who waits for tickets in Redmine: the card has their name and department, then the tickets,
    then a new one with them filled in; a ticket opens beside the call, which goes on."""
    anna, maria = colleague("orlova"), colleague("petrova")
    subject = f"Не сходится отчёт за ноябрь {EVIL}"
    async with (
        open_sandbox_redmine(tmp_path / "redmine", life=False, seed=1) as redmine,
        open_sandbox_erp(tmp_path / "erp", life=False, seed=1) as erp,
    ):
        async with httpx.AsyncClient(base_url=redmine.url, headers={"X-Redmine-API-Key": anna.api_key}) as client:
            issue = {"project_id": 1, "tracker_id": 1, "subject": subject, "description": "С пятницы."}
            written = await client.post("/issues.json", json={"issue": issue})
            assert written.status_code == 201, written.text
        ticket = written.json()["issue"]["id"]
        product.settings |= {
            "REDMINE_URL": redmine.url,
            "REDMINE_DB_URL": redmine.db_url,
            "REDMINE_TIME_ZONE": redmine.zone,
            "REDMINE_API_KEY": colleague("admin").api_key,
            "ERP_DSN": erp.dsn,
            "ERP_USER": erp.user,
            "ERP_PASSWORD": erp.password,
        }
        account = ("--redmine-id", str(maria.redmine_id), "--email", maria.email)
        async with (
            call_floor(product, account=account) as floor,
            chromium() as browser,
            person(product, browser, bypass_csp=True) as petrova,
        ):
            page = await floor.on_line(petrova, ready=True)
            await product.publish({**notice(1), "navuser": "petrova"})  # the inbox beside it has a row
            await wait_rows(page, [1])
            asked = f"fetch('/finesse/api/callers?number={anna.phone}').then((a) => a.json()).then((found) => found.total)"
            await holds(page, asked, 30)  # the index of tickets is read first
            call = await floor.ring(anna.phone)
            card = page.get_by_role("article", name="Орлова Анна")
            await expect(card.get_by_text(f"{anna.phone} · Бухгалтерия")).to_be_visible()
            link = card.get_by_role("link", name=f"№ {ticket}")
            await expect(link).to_contain_text(subject)
            wanted = card.get_by_role("link", name="Новая заявка", exact=True)
            order = await card.locator("a, button").all_inner_texts()
            assert "Ответить" in order[0]
            assert str(ticket) in order[1], order  # the last changed first
            assert order.index("Новая заявка") == len(order) - 1
            await look(page, "light-caller-1366", axe=True)
            new = urlsplit(await wanted.get_attribute("href") or "")
            filled = {name: values[0] for name, values in parse_qs(new.query).items()}
            assert f"{new.scheme}://{new.netloc}{new.path}" == f"{redmine.url}/issues/new"
            assert filled["issue[description]"] == f"Звонок: Орлова Анна, {anna.phone}"
            assert (filled["caller[name]"], filled["caller[number]"]) == ("Орлова Анна", anna.phone)
            await expect(wanted).to_be_in_viewport(ratio=1)
            tickets = card.get_by_role("list").get_by_role("link")
            assert await tickets.count() == 3
            await card.get_by_role("button", name="Ещё: ").click()
            await expect(tickets).to_have_count(10)
            await holds(page, FOCUSED)
            async with petrova.context.expect_page() as opened:
                await wanted.click()
            form = await opened.value
            assert form.url.startswith(redmine.url)  # where one has to sign in
            await form.close()
            await page.keyboard.press("Alt+KeyA")
            await floor.shows(page, "Разговор")
            await link.click()
            await expect(page.get_by_role("heading", name=subject)).to_be_visible(timeout=15_000)
            assert urlsplit(page.url).path == f"/tasks/{ticket}"
            await expect(page.get_by_role("article", name="Орлова Анна").get_by_role("button", name="Завершить")).to_be_visible()
            await look(page, "light-caller-ticket-1366", axe=False)
            assert floor.legs() == ["ACTIVE"]
            assert floor.finesse.centre.list_of("1001")[0].id == call


async def test_who_may_not_loads_nothing_of_it(product: Product) -> None:
    """An administrator without the right: no script of the panel is fetched, and nothing is asked about calls."""
    async with call_floor(product), chromium() as browser, person(product, browser) as ann:
        asked: list[str] = []
        ann.context.on("request", lambda request: asked.append(request.url))
        page = await ann.sign_in("ann")
        await asyncio.sleep(0.5)
        assert await page.evaluate(f"{PANEL} === undefined")
        assert not [url for url in asked if "/mount-" in url or "/finesse/" in url]


async def look(page: Page, name: str, *, axe: bool) -> None:
    """Nothing beside the page and, with `axe`, nothing for it to find; a picture when somebody wants one."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")
    assert not axe or await violations(page) == [], name
    assert await page.evaluate(INSIDE) == [], name


@pytest.mark.parametrize("scheme", ["light", "dark", "forced"])
async def test_the_panel_is_fit_for_everybody(product: Product, scheme: str) -> None:
    """axe finds nothing in each scheme, signed out, ready, with the reasons open, ringing, talking with a search open, consulting and with
    missed calls; everything lies inside the window from 320 to 1920 px; roles and names are those that a screen reader needs."""
    options: dict[str, Any] = {"forced_colors": "active"} if scheme == "forced" else {"color_scheme": scheme}
    widths = (320, 768, 1920, 1366) if scheme == "light" or SHOTS else (1366,)
    async with call_floor(product) as floor, chromium() as browser, person(product, browser, bypass_csp=True, **options) as petrova:
        page = await petrova.sign_in("petrova")
        await product.publish({**notice(1), "navuser": "petrova"})  # the inbox beside it has a row
        await wait_rows(page, [1])
        roles = page.locator("tez-calls")

        async def look_at(name: str) -> None:
            for width in widths:
                await page.set_viewport_size({"width": width, "height": 768})
                await look(page, f"{scheme}-{name}-{width}", axe=width in (320, 1366))

        await expect(page.get_by_role("textbox", name="Номер оператора")).to_be_visible()
        await look_at("signed-out")
        if scheme == "light":
            await expect(roles).to_match_aria_snapshot(SIGNED_OUT)
        page = await floor.at_desk(page)
        await page.keyboard.press("Alt+KeyN")
        await expect(page.get_by_role("menuitemradio", name="Обед")).to_be_visible()
        await look_at("reasons")
        await page.keyboard.press("Escape")
        for width, height in ((320, 568), (1366, 768)):
            await page.set_viewport_size({"width": width, "height": height})
            await page.keyboard.press("Alt+KeyN")
            await expect(page.get_by_role("menuitemradio", name="Обед")).to_be_focused()
            box = await page.locator("tez-calls-reasons").bounding_box()
            assert box is not None
            assert min(box["x"], box["y"]) >= 0
            assert box["x"] + box["width"] <= width
            assert box["y"] + box["height"] <= height
            if SHOTS:
                await page.screenshot(path=f"{SHOTS}/{scheme}-reasons-open-{width}.png")
            await page.keyboard.press("Escape")
        await page.keyboard.press("Alt+KeyR")
        await floor.shows(page, "Готов")
        if scheme == "light":
            await expect(roles).to_match_aria_snapshot(READY)
        await floor.finesse.ring_out(await floor.ring("+79160001111"))
        await floor.shows(page, "Не готов")
        await look_at("missed")
        await page.keyboard.press("Alt+KeyR")
        await floor.shows(page, "Готов")
        await page.get_by_role("button", name="Очистить").click()
        await floor.ring(variables={"callVariable1": "Договор 4411", "callVariable2": EVIL, "user.booking": "TZ-20931"})
        await expect(page.get_by_role("button", name="Ответить")).to_be_visible()
        await look_at("ringing")
        if scheme == "light":
            await expect(roles).to_match_aria_snapshot(RINGING)
        await page.keyboard.press("Alt+KeyA")
        await floor.shows(page, "Разговор")
        await look_at("talking")
        await page.keyboard.press("Alt+KeyT")
        await page.keyboard.type("а")
        await expect(page.get_by_role("list", name="Справочник")).to_be_visible()
        await look_at("transfer")
        await page.keyboard.press("Escape")
        await page.keyboard.press("Alt+KeyC")
        await page.keyboard.type("+74957230001")
        await page.keyboard.press("Enter")
        await floor.until(lambda: len(floor.legs()) == 2)
        await floor.finesse.customer_answers(floor.finesse.centre.list_of("1001")[-1].id)
        await expect(page.get_by_role("button", name="Соединить их")).to_be_visible()
        await look_at("consulting")
        if scheme == "light":
            await expect(roles).to_match_aria_snapshot(CONSULTING)
        await page.keyboard.press("Alt+KeyP")
        await expect(page.get_by_role("button", name="Развернуть панель звонков")).to_be_visible()
        await look_at("folded")


async def test_a_call_outlives_page_and_server(product: Product) -> None:
    """A reload, a closed tab and a server that is killed and started again touch neither the call nor the agent's state, and each tab shows
    them again; meanwhile the panel says since when it does not know, and sends nothing."""
    async with call_floor(product) as floor, chromium() as browser, person(product, browser) as petrova:
        petrova.may_lose_link = True
        page = await floor.on_line(petrova, ready=True)
        other = await floor.tab(petrova)
        call = await floor.ring()
        await expect(page.get_by_role("button", name="Ответить")).to_be_visible()
        await page.keyboard.press("Alt+KeyA")
        for tab in (page, other):
            await floor.shows(tab, "Разговор")
        await page.reload()
        await floor.shows(page, "Разговор")
        await expect(page.get_by_role("article", name="+7 916 000-43-21")).to_be_visible()
        await page.close()
        assert floor.legs() == ["ACTIVE"]
        await product.kill()
        await expect(other.get_by_text("Нет связи с сервером. Аппарат на столе работает.")).to_be_visible()
        assert floor.legs() == ["ACTIVE"]
        await other.keyboard.press("Alt+KeyH")
        await expect(other.get_by_text("Нет связи с сервером, команда не отправлена")).to_be_visible()
        product.start()
        await product.answers()
        await other.evaluate("document.querySelector('tez-shell').hub.reconnect()")
        await holds(other, f"{SERVICE} === 'live' && {PANEL}.host.view.asOf === null", 30)
        assert floor.legs() == ["ACTIVE"]  # what was pressed meanwhile is not done later
        again = await floor.tab(petrova)
        for tab in (other, again):
            await floor.shows(tab, "Разговор")
            await expect(tab.get_by_text("Нет связи с сервером. Аппарат на столе работает.")).to_be_hidden()
        await again.keyboard.press("Alt+KeyH")
        for tab in (other, again):
            await expect(tab.get_by_role("button", name="Вернуть", exact=True)).to_be_visible()
        assert floor.legs() == ["HELD"]
        assert floor.finesse.centre.list_of("1001")[0].id == call


async def test_a_lost_contact_centre_is_said(product: Product) -> None:
    """Finesse's notifications are killed while it rings: the panel dims and dates what it shows, rings no more and sends nothing; back, it
    shows what has become of it meanwhile."""
    async with call_floor(product) as floor, chromium() as browser, person(product, browser) as petrova:
        page = await floor.on_line(petrova, ready=True)
        await floor.ring()
        await holds(page, RINGS)
        xmpp = floor.finesse.sites[0].xmpp
        await xmpp.shut()
        await expect(page.get_by_text("Нет связи с контакт-центром. Аппарат на столе работает.")).to_be_visible(timeout=15_000)
        await expect(page.get_by_text(re.compile("Данные на "))).to_be_visible()
        await holds(page, f"!{RINGS}")
        await page.keyboard.press("Alt+KeyA")
        await expect(page.get_by_text("Нет связи с контакт-центром, команда не отправлена")).to_be_visible()
        assert floor.legs() == ["ALERTING"]
        await floor.finesse.answer_elsewhere(floor.finesse.centre.list_of("1001")[0].id)
        await xmpp.open()
        await holds(page, f"{SERVICE} === 'live' && {CARDS} === 0", 60)
        await floor.shows(page, "Готов")
        await expect(page.get_by_text(re.compile("Данные на "))).to_be_hidden()


async def test_the_panel_in_a_window_of_its_own(product: Product) -> None:
    """Where the browser has Document Picture-in-Picture the panel moves there and works on, with the keys of the page too, and comes home
    when the window is closed."""
    async with call_floor(product) as floor, chromium() as browser, person(product, browser) as petrova:
        page = await floor.on_line(petrova, ready=True)
        if not await page.evaluate("'documentPictureInPicture' in window"):
            pytest.skip("this browser has no Document Picture-in-Picture")
        await page.get_by_role("button", name="В отдельное окно поверх других").click()
        there = "documentPictureInPicture.window?.document.querySelector('tez-calls')"
        await holds(page, there)
        await floor.ring()
        card = f"{there}?.shadowRoot.querySelector('tez-calls-card')"
        await holds(page, f"{card}?.dialog.leg.actions.includes('ANSWER')")
        await page.keyboard.press("Alt+KeyA")
        await holds(page, f"{card}?.dialog.leg.state === 'ACTIVE'")
        await page.evaluate("documentPictureInPicture.window.close()")
        await floor.shows(page, "Разговор")
        await expect(page.get_by_role("button", name="Завершить")).to_be_visible()


async def test_what_callers_and_colleagues_are_called_is_text(product: Product) -> None:
    """Markup for a number, a queue, a reason, a call variable, a colleague's name or a team's stands there as text; none of it is made."""
    evil_team = Team(id="5000", name=EVIL)
    staff = [
        replace(one, first=EVIL, team=evil_team, supervises=(evil_team,) if one.login == "petrova" else ())
        for one in agents(PEOPLE, FLAVOURS["ccx"])
    ]
    async with (
        call_floor(product, "petrova", "sidorov", agents=staff) as floor,
        chromium() as browser,
        person(product, browser) as petrova,
        person(product, browser) as sidorov,
    ):
        centre = floor.finesse.centre
        centre.queues[QUEUE] = replace(centre.queues[QUEUE], name=EVIL)
        for number, reason in centre.reasons.items():
            centre.reasons[number] = replace(reason, label=f"{EVIL} {number}")
        await floor.on_line(sidorov, "sidorov")
        page = await floor.on_line(petrova)
        await page.keyboard.press("Alt+KeyN")
        await expect(page.get_by_role("menuitemradio", name=f"{EVIL} 16")).to_be_visible()
        await page.keyboard.press("1")
        await expect(page.get_by_text(f"{EVIL} 16")).to_be_visible()
        await page.keyboard.press("Alt+KeyR")
        await floor.shows(page, "Готов")
        await page.get_by_role("button", name="Моя команда").click()
        await expect(page.get_by_role("heading", name=EVIL)).to_be_visible()
        await expect(page.get_by_role("row", name="Сидоров").or_(page.get_by_role("listitem").filter(has_text="Сидоров"))).to_be_visible()
        if SHOTS:
            await page.screenshot(path=f"{SHOTS}/team-evil.png")
        await page.get_by_role("button", name="Моя команда").click()
        await floor.ring(EVIL, variables={"callVariable1": EVIL})
        await expect(page.get_by_role("button", name="Ответить")).to_be_visible()
        await expect(page.get_by_role("heading", name=EVIL)).to_be_visible()
        await page.keyboard.press("Alt+KeyA")
        await floor.shows(page, "Разговор")
        await page.keyboard.press("Alt+KeyT")
        await page.keyboard.type("сидор")
        await expect(page.get_by_role("button", name=f"Сидоров {EVIL}").first).to_be_visible()
        assert not await page.evaluate(f"({MADE})({PANEL})")
