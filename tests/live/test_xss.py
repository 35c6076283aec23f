"""Texts that try to run, in a real Chromium under the product's own Content-Security-Policy."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

import pytest
from playwright.async_api import Dialog, Page, Request, Route

from adapters.redmine.markup import Context, Formatting, render
from tests.live.browser import Person, chromium, holds, person
from tests.live.product import Product

pytestmark = [pytest.mark.chromium, pytest.mark.timeout(300)]

VECTORS = [vector["text"] for vector in json.loads((Path(__file__).parents[1] / "vectors" / "xss.json").read_text())["vectors"]]
_FORMATS: tuple[Formatting, ...] = get_args(Formatting)
_FILES = "/tasks/api/task/1/attachment/"
_FILES_OF_ANY = "**/tasks/api/task/*/attachment/**"
_PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
_WATCH = """
window.reported = [];
document.addEventListener('securitypolicyviolation', (event) => window.reported.push(`${event.violatedDirective} ${event.blockedURI}`));
"""
_INSERT = """async (texts) => {
  const place = document.createElement('div');
  document.body.append(place);
  for (const text of texts) {
    const part = document.createElement('div');
    part.innerHTML = text;
    place.append(part);
  }
  for (const element of place.querySelectorAll('*')) {
    for (const kind of ['mouseover', 'pointerenter', 'focus', 'toggle', 'error', 'load']) element.dispatchEvent(new Event(kind));
  }
  for (const link of place.querySelectorAll('a')) link.addEventListener('click', (event) => event.preventDefault());
  for (const link of place.querySelectorAll('a')) link.click();
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const inside = place.querySelectorAll('*').length;
  place.remove();
  return inside;
}"""


@dataclass
class Alarm:
    """What a page did that no text may make it do."""

    person: Person
    page: Page = field(init=False)
    """The tab that was opened last."""
    dialogs: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    async def insert(self, texts: list[str]) -> int:
        """Puts each text in the page as markup, pokes every element of it, and says how many elements there were."""
        return int(await self.page.evaluate(_INSERT, texts))

    async def quiet(self) -> None:
        """Nothing ran, nothing was asked of anybody else, and neither the policy nor the console has a word to say."""
        assert await self.reported() == []
        assert (self.dialogs, self.foreign, self.person.complaints) == ([], [], [])

    async def reported(self) -> list[str]:
        """What the browser said of the Content-Security-Policy."""
        return list(await self.page.evaluate("window.reported"))


async def alarmed(product: Product, somebody: Person) -> Alarm:
    """Watches every tab that this person opens from now on."""
    somebody.may_lose_link = True
    await somebody.context.add_init_script(_WATCH)

    async def file(route: Route) -> None:
        await route.fulfill(status=200, content_type="image/gif", body=_PIXEL)

    await somebody.context.route(_FILES_OF_ANY, file)
    alarm = Alarm(somebody)

    async def dialog(shown: Dialog) -> None:
        alarm.dialogs.append(shown.message)
        await shown.dismiss()

    def request(made: Request) -> None:
        if not made.url.startswith(product.url):
            alarm.foreign.append(made.url)

    def tab(page: Page) -> None:
        alarm.page = page
        page.on("dialog", dialog)
        page.on("request", request)

    somebody.context.on("page", tab)
    return alarm


@asynccontextmanager
async def watched(product: Product) -> AsyncIterator[Alarm]:
    """The product's sign-in page, watched."""
    async with product.running(), chromium() as browser, person(product, browser) as somebody:
        alarm = await alarmed(product, somebody)
        await holds(await somebody.tab(), "document.readyState === 'complete'")
        yield alarm


async def test_alarm_rings(product: Product) -> None:
    """What is inserted without the sanitiser is reported, so silence means something."""
    async with watched(product) as alarm:
        await alarm.insert(["<img src='data:,' onerror=alert(1)>", "<img src=https://evil.example/pixel.gif>"])
        reported = " ".join(await alarm.reported())
        assert "script-src" in reported
        assert "img-src" in reported
        assert alarm.dialogs == []
        assert alarm.person.complaints != []
        alarm.person.complaints.clear()


@pytest.mark.parametrize("formatting", _FORMATS)
async def test_nothing_runs(product: Product, formatting: Formatting) -> None:
    """Each attack, rendered and poked, runs nothing, asks no other server for anything and breaks no rule of the policy."""
    context = Context(
        attachments={"a.png": f"{_FILES}1/download", "x": f"{_FILES}2/download"} | dict.fromkeys(VECTORS, f"{_FILES}3/download"),
        redmine_url="https://redmine.example.org",
    )
    texts = [
        render(placed, formatting, context)
        for text in VECTORS
        for placed in (text, f"* {text}", f"|{text}|", f"<pre>{text}", f'attachment:"{text}"', f"!{text}!")
    ]
    async with watched(product) as alarm:
        assert await alarm.insert(texts) > len(texts)
        await alarm.quiet()
