"""A whole working day of somebody who has no mouse: real Redmine, real Chromium, keys alone.

The test never clicks, never moves a pointer and sets no value but by keys. The one thing that is not the page's is the system's own window
that chooses a file: the page asks for it by a key, and it is answered.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, cast

import httpx
import pytest
from playwright.async_api import FileChooser, Page, Route, expect

from tests.live.browser import chromium, holds, person
from tests.live.product import Product
from tests.live.test_ticket_list_page import FOCUSED, IDS, SAID
from tests.live.test_ticket_page import HISTORY, ON, PNG
from tests.peers.redmine_peer import RedminePeer

pytestmark = [pytest.mark.chromium, pytest.mark.redmine, pytest.mark.timeout(300)]

MARK = f"день{secrets.token_hex(4)}"
"""In two of the subjects: Redmine is shared, and keeps what earlier runs left."""
SUBJECTS = ("Не печатает принтер", f"Сканер мнёт бумагу {MARK}", f"Забыт пароль от почты {MARK}")
BUSY = f"[...{ON}.querySelectorAll('nav-pick')].some((one) => one.busy)"


@dataclass
class Day:
    """Somebody at the keyboard, and Redmine beside it to see what came of it."""

    page: Page
    product: Product
    peer: RedminePeer
    issues: list[int]
    asked: asyncio.Future[FileChooser] = field(default_factory=asyncio.Future)
    """The system's window that chooses a file, once the page asks for it."""

    def __post_init__(self) -> None:
        # from the beginning: the browser has to be told to hand it over
        self.page.on("filechooser", lambda chooser: self.asked.set_result(chooser))

    async def press(self, *keys: str) -> None:
        """Keys one after another."""
        for key in keys:
            await self.page.keyboard.press(key)

    async def type(self, words: str) -> None:
        """Words, letter by letter."""
        await self.page.keyboard.type(words)

    async def tab_to(self, role: str, name: str, *, back: bool = False) -> None:
        """Goes on by the Tab key until the focus is on this control; `back`: by Shift+Tab."""
        wanted = self.page.get_by_role(cast("Any", role), name=name)
        for _ in range(40):
            if await wanted.count() and await wanted.first.evaluate("(node) => node.getRootNode().activeElement === node"):
                return
            await self.press("Shift+Tab" if back else "Tab")
        raise AssertionError(f"the Tab key does not come to {role} {name!r}")

    async def palette(self, words: str) -> None:
        """Ctrl+K, words, Enter on the first that is found."""
        await self.press("Control+KeyK")
        await expect(self.page.get_by_role("combobox", name="Заявка, раздел или команда")).to_be_focused()
        await self.type(words)
        await expect(self.page.get_by_role("option").first).to_be_visible()
        await self.press("Enter")

    async def issue(self, at: int = 0) -> dict[str, Any]:
        """One of the issues as Redmine has it now."""
        async with self.redmine("ivanov") as client:
            return dict((await client.get(f"/issues/{self.issues[at]}.json?include=journals,attachments")).json()["issue"])

    @asynccontextmanager
    async def redmine(self, login: str) -> Any:
        """Redmine's own REST as somebody else."""
        async with httpx.AsyncClient(base_url=self.peer.url, headers=self.peer.headers(login), timeout=30) as client:
            yield client

    @property
    def comment(self) -> Any:
        """Where a comment is written."""
        return self.page.get_by_role("textbox", name="Новый комментарий")

    async def sent(self) -> None:
        """Ctrl+Enter, and the server has it."""
        await self.press("Control+Enter")
        await expect(self.comment).to_have_value("")


async def signs_in(day: Day) -> None:
    await day.page.goto(f"{day.product.url}/tasks/?view=mine")
    await holds(day.page, "document.activeElement?.name === 'username'")  # nothing else to do there, so it has the focus
    await day.type("petrova")
    await day.press("Tab")
    await day.type("long-enough-1")
    await day.press("Enter")
    await day.page.wait_for_selector("tez-shell")
    await holds(day.page, f"({IDS}).includes({day.issues[0]})", 30)
    await holds(day.page, "document.querySelector('tez-shell').hub?.status.state === 'open'")


async def moves_in_the_list(day: Day) -> None:
    first, second = (await day.page.evaluate(IDS))[:2]
    for key, there in (("j", first), ("j", second), ("k", first), ("ArrowDown", second), ("Home", first)):
        await day.press(key)
        await holds(day.page, f"{FOCUSED} === '{there}'")


async def looks_at_the_keys(day: Day) -> None:
    row = await day.page.evaluate(FOCUSED)
    await day.press("Shift+Slash")
    await expect(day.page.get_by_role("heading", name="Клавиши")).to_be_visible()
    await day.press("Escape")
    await expect(day.page.get_by_role("heading", name="Клавиши")).to_be_hidden()
    await holds(day.page, f"{FOCUSED} === '{row}'")  # a moment after: what is typed before that loses the focus to it


async def filters_by_words(day: Day) -> None:
    await day.press("Slash")
    await expect(day.page.get_by_role("searchbox", name="Искать по теме или номеру")).to_be_focused()
    await day.type(str(day.issues[0]))
    await holds(day.page, f"JSON.stringify({IDS}) === '[{day.issues[0]}]'")


async def filters_by_status(day: Day) -> None:
    await day.press("Control+a", "Delete")
    await holds(day.page, f"({IDS}).length >= 3")
    await day.tab_to("combobox", "Статус")
    await day.press("ArrowDown")
    await holds(day.page, "new URLSearchParams(location.search).get('status') !== null")


async def saves_a_view_of_their_own(day: Day) -> None:
    await day.palette("сохранить вид")
    await expect(day.page.get_by_label("Название")).to_be_focused()
    await day.type("Закрытые мои")
    await day.press("Enter")
    await expect(day.page.get_by_role("link", name="Закрытые мои")).to_have_attribute("aria-current", "page")


async def goes_to_another_view(day: Day) -> None:
    await day.palette("мои")
    await holds(day.page, f"({IDS}).includes({day.issues[0]})")


async def opens_a_ticket(day: Day) -> None:
    at = await holds(day.page, FOCUSED)  # the view that was asked for by keys has the focus
    while int(at) != day.issues[0]:
        await day.press("j")
        at = await holds(day.page, f"{FOCUSED} !== '{at}' && {FOCUSED}")
    await day.press("Enter")
    await holds(day.page, f"location.pathname === '/tasks/{day.issues[0]}' && {HISTORY}?.querySelectorAll('ol > li').length >= 1")


async def reads_the_history(day: Day) -> None:
    await day.tab_to("button", "Комментарии")
    await day.press("Enter")
    await holds(day.page, f"{HISTORY}.querySelectorAll('ol > li').length === 1")
    await day.press("Shift+Tab", "Enter")
    await holds(day.page, f"{HISTORY}.querySelectorAll('ol > li').length === 2")


async def comments(day: Day) -> None:
    await day.press("c")
    await expect(day.comment).to_be_focused()
    await day.type("Смотрю.")
    await day.sent()
    assert (await day.issue())["journals"][-1]["notes"] == "Смотрю."


async def comments_privately(day: Day) -> None:
    await day.type("Картридж наш, не говорите ему.")
    await day.tab_to("switch", "Скрытый")
    await day.press("Space")
    await day.tab_to("textbox", "Новый комментарий", back=True)
    await day.sent()
    last = (await day.issue())["journals"][-1]
    assert (last["notes"], last["private_notes"]) == ("Картридж наш, не говорите ему.", True)
    await day.tab_to("switch", "Скрытый")
    await day.press("Space")


async def answers_with_a_quotation(day: Day) -> None:
    await day.tab_to("textbox", "Новый комментарий", back=True)
    await day.press("Escape")
    await day.press("r")
    await expect(day.comment).to_be_focused()
    await day.type("Так и есть.")
    await day.sent()
    assert (await day.issue())["journals"][-1]["notes"].startswith("Мария Петрова пишет в #note-")


async def mentions_a_colleague(day: Day) -> None:
    await day.type("@сидо")
    await expect(day.page.get_by_role("option", name="Пётр Сидоров")).to_be_visible()
    await day.press("Enter")
    await day.type("глянь, пожалуйста")
    await day.sent()
    assert (await day.issue())["journals"][-1]["notes"] == "@sidorov глянь, пожалуйста"


async def attaches_a_file(day: Day) -> None:
    await day.type("Вот снимок.")
    await day.tab_to("button", "Приложить файл")
    await day.press("Enter")
    await (await asyncio.wait_for(day.asked, 15)).set_files({"name": "Снимок.png", "mimeType": "image/png", "buffer": PNG})
    await expect(day.page.get_by_role("list", name="Файлы к комментарию").locator("img")).to_be_visible()
    await expect(day.page.get_by_role("progressbar")).to_have_count(0)
    await day.tab_to("textbox", "Новый комментарий", back=True)
    await day.sent()
    assert [one["filename"] for one in (await day.issue())["attachments"]] == ["Снимок.png"]


async def looks_at_a_picture(day: Day) -> None:
    await day.tab_to("button", "Увеличить: Снимок.png", back=True)
    await day.press("Enter")
    await expect(day.page.get_by_role("dialog", name="Снимок.png")).to_be_visible()
    await day.press("Escape")
    await expect(day.page.get_by_role("button", name="Увеличить: Снимок.png")).to_be_focused()


async def changes_the_status_with_a_comment(day: Day) -> None:
    await day.press("c")
    await day.type("Беру в работу.")
    await day.tab_to("button", "Вместе с комментарием сменить статус")
    await day.press("Enter")
    await day.type("в раб")
    await day.press("Enter")
    await expect(day.page.get_by_role("button", name="сменить статус: Статус: В работе")).to_be_focused()
    await day.tab_to("textbox", "Новый комментарий", back=True)
    await day.sent()
    issue = await day.issue()
    last = issue["journals"][-1]
    assert issue["status"]["id"] == 2
    assert last["notes"] == "Беру в работу."
    assert [one["name"] for one in last["details"]] == ["status_id"]


async def changes_the_priority(day: Day) -> None:
    await day.press("Escape")
    await day.press("p")
    await day.type("сроч")
    await day.press("Enter")
    await holds(day.page, f"{ON}.querySelector('nav-pick[data-field=priority]').textContent.includes('Срочн') && !{BUSY}")
    assert (await day.issue())["priority"]["name"].startswith("Срочн")


async def gives_it_to_a_colleague(day: Day) -> None:
    await day.press("a")
    await day.type("сидо")
    await day.press("Enter")
    await holds(day.page, f"{ON}.querySelector('nav-pick[data-field=assignee]').textContent.includes('Сидоров') && !{BUSY}")
    assert (await day.issue())["assigned_to"]["name"] == "Пётр Сидоров"


async def answers_a_conflict(day: Day) -> None:
    address = f"{day.product.url}/tasks/api/task/{day.issues[0]}"
    before = await (await day.page.request.get(address)).body()

    async def old(route: Route) -> None:
        await route.fulfill(body=before, content_type="application/json")

    await day.page.route(address, old)  # the page does not learn of it in time
    async with day.redmine("ivanov") as client:
        answer = await client.put(f"/issues/{day.issues[0]}.json", json={"issue": {"status_id": 4}})
        assert answer.status_code == 204
    await day.press("s")
    await day.type("выпол")
    await day.press("Enter")
    dialog = day.page.get_by_role("dialog", name="Заявку изменили")
    await expect(dialog).to_be_visible()
    await day.page.unroute(address)
    await day.tab_to("radio", "Моё")
    await day.press("Space")
    await day.tab_to("button", "Сохранить выбранное")
    await day.press("Enter")
    await expect(dialog).to_be_hidden()
    await holds(day.page, f"{ON}.querySelector('nav-pick[data-field=status]').textContent.includes('Выпол') && !{BUSY}", 30)
    assert (await day.issue())["status"]["id"] == 3


async def goes_back_to_the_list(day: Day) -> None:
    await day.press("u")
    await holds(day.page, f"location.pathname === '/tasks/' && ({IDS}).length >= 2")


async def changes_two_at_once(day: Day) -> None:
    await day.press("Slash")
    await day.type(MARK)
    await holds(day.page, f"new URLSearchParams(location.search).get('q') === '{MARK}' && ({IDS}).length === 2")
    await day.press("Enter", "x", "Shift+J")
    await expect(day.page.get_by_text("Выбрано 2")).to_be_visible()
    await day.press("p")
    await expect(day.page.get_by_role("heading", name="Сменить приоритет")).to_be_visible()
    await day.press("ArrowUp", "Enter")
    await holds(day.page, f"({SAID} ?? '') === 'Изменены 2 заявки'", 30)
    assert {(await day.issue(at))["priority"]["id"] for at in (1, 2)} != {2}


async def takes_it_back(day: Day) -> None:
    await day.press("Control+z")
    await holds(day.page, f"({SAID} ?? '').startsWith('Возвращены 2')", 30)
    assert {(await day.issue(at))["priority"]["id"] for at in (1, 2)} == {2}


async def searches_everything(day: Day) -> None:
    await day.press("Control+KeyK")
    await day.type(SUBJECTS[2])
    found = f"№ {day.issues[2]}"
    await expect(day.page.get_by_role("option", name=found)).to_be_visible(timeout=30_000)
    while found not in (await day.page.locator("nav-palette [aria-selected=true]").text_content() or ""):
        await day.press("ArrowDown")
    await day.press("Enter")
    await holds(day.page, f"location.pathname === '/tasks/{day.issues[2]}' && {ON}?.querySelector('h1')?.textContent === '{SUBJECTS[2]}'")


async def comes_back_to_where_they_were(day: Day) -> None:
    await day.press("u")
    await holds(day.page, f"location.pathname === '/tasks/' && location.search.includes('q=') && ({IDS}).length === 2")


async def reads_the_notifications(day: Day) -> None:
    await day.palette("входящие")
    await day.page.wait_for_url(f"{day.product.url}/")
    await holds(day.page, "location.pathname === '/' && Boolean(document.querySelector('tez-shell')?.hub)")
    await expect(day.page.get_by_role("heading", name="Входящие", level=1)).to_be_visible()


async def signs_out(day: Day) -> None:
    await day.palette("выйти")
    await day.page.wait_for_url(f"{day.product.url}/users/login**")


ACTS: tuple[Callable[[Day], Awaitable[None]], ...] = (
    signs_in,
    moves_in_the_list,
    looks_at_the_keys,
    filters_by_words,
    filters_by_status,
    saves_a_view_of_their_own,
    goes_to_another_view,
    opens_a_ticket,
    reads_the_history,
    comments,
    comments_privately,
    answers_with_a_quotation,
    mentions_a_colleague,
    attaches_a_file,
    looks_at_a_picture,
    changes_the_status_with_a_comment,
    changes_the_priority,
    gives_it_to_a_colleague,
    answers_a_conflict,
    goes_back_to_the_list,
    changes_two_at_once,
    takes_it_back,
    searches_everything,
    comes_back_to_where_they_were,
    reads_the_notifications,
    signs_out,
)
"""What a working day is made of."""


async def begin(product: Product, peer: RedminePeer) -> list[int]:
    """Three open issues of petrova's; the first has a history of two steps."""
    issues = []
    async with httpx.AsyncClient(base_url=peer.url, headers=peer.headers("ivanov"), timeout=30) as client:
        for subject in SUBJECTS:
            fields = {
                "project_id": 1,
                "tracker_id": 1,
                "subject": subject,
                "assigned_to_id": peer.id("petrova"),
            }
            answer = await client.post("/issues.json", json={"issue": fields | {"priority_id": 2}})
            assert answer.status_code == 201, answer.text
            issues.append(int(answer.json()["issue"]["id"]))
        for step in ({"notes": "Кто возьмёт?"}, {"done_ratio": 10}):
            assert (await client.put(f"/issues/{issues[0]}.json", json={"issue": step})).status_code == 204
    product.settings |= {
        "REDMINE_URL": peer.url,
        "REDMINE_DB_URL": peer.db_min_url,
        "REDMINE_TIME_ZONE": peer.zone,
        "REDMINE_API_KEY": peer.headers("admin")["X-Redmine-API-Key"],
    }
    product.add_user("petrova", "--redmine-id", str(peer.id("petrova")), "--display", "Мария Петрова")
    return issues


async def test_a_working_day_without_a_mouse(product: Product, redmine_peer: RedminePeer) -> None:
    """Every act of ACTS, one after another, by keys alone; each is in Redmine afterwards."""
    issues = await begin(product, redmine_peer)
    async with product.running(), chromium() as browser, person(product, browser) as petrova:
        petrova.may_lose_link = True  # signing out ends the socket
        day = Day(await petrova.tab("/users/login"), product, redmine_peer, issues)
        for act in ACTS:
            try:
                await act(day)
            except Exception as error:
                seen = await day.page.locator("main").aria_snapshot()
                error.add_note(f"the act was: {act.__name__}, at {day.page.url}, with this on screen:\n{seen}")
                raise
        petrova.complaints[:] = [line for line in petrova.complaints if "409" not in line]  # the browser names every refusal
