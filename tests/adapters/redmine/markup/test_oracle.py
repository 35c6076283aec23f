"""The real Redmine's own rendering beside ours; what differs on purpose stands in docs/markup.md."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html.parser import HTMLParser

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import create_engine, reading
from adapters.redmine.markup import Context, render
from adapters.redmine.markup.setting import text_formatting
from tests.peers.redmine_peer import RedminePeer

pytestmark = [pytest.mark.redmine, pytest.mark.xdist_group("redmine")]

_SAMPLES = (
    *("*a* _b_ -c- +d+ ^e^ ~f~ %g% ??h?? **i** __j__", "a*b*c 2*3*4 x_y_z", "(*a*), *a*. *a*!", "x^2^ H~2~O", "*one\ntwo* three\nfour"),
    *("@code@ a@b@c @a b@ @*x*@", "_*a*_", "*a\n\nb*", "*a*b*", "*a*-b", "(a)*b*", "ё*жир*ё", "*жир*, и", "«*жир*»", "%{color:red}x%"),
    *("h1. Title\n\ntext\nmore", "h2(cls). T", "h1. a\nh2. b", "h3.no", "p. x", "p>. right", "bq. quote\nline", "a\n\n\nb", "---", "***"),
    *("> a\n> b\n\nc", "> a\n>> b\n> c", "text\n> quote\nafter", "* a\n> q", "<a@b.org> написал:\n> привет", "* a\n* b\n** c\n*** d\n* e"),
    *(
        "# a\n# b",
        "* a\ncont\n* b\n\npara",
        "* a\n\n* b",
        "1. a\n2. b",
        "#a",
        "* ",
        "- a\n- b",
        "|a|b|\n|c|d|",
        "||a||",
        "| a | b |",
        "|-|",
    ),
    *("|_. a|_. b|\n|\\2. c|\n|/2. d|e|\n|f|", "table(x).\n|a|b|", "|a\nb|c|", "|*a*|_b_|", "|a|b|\n\ntext", '"t":http://e.org/x.'),
    *(
        '"t(title)":http://e.org',
        '"*t*":http://e.org',
        '*"t":http://e.org*',
        '("t":http://e.org/(a))',
        "http://e.org/a_b_c https://e.org/(x).",
    ),
    *("a@b.org", "email: <a@b.org>", "<http://e.org>", "#1 #2, (#3) #1-2 #1#note-2 a#1 !#1", "Заявка № #1", "attachment:printer.log"),
    *("<b>x</b> <i>y", "<pre>\na *b*\n</pre>", '<pre><code class="ruby">\nputs 1\n</code></pre>', "<pre>open\n\nx", "<!-- c -->x"),
    *(
        "a & b &amp; &lt; &nbsp; <",
        'a -- b (c) (tm) 3x4 "q"',
        "\\\\srv01\\Общая",
        "C:\\dir\\*.txt и *.log",
        "a_b.txt и c_d.txt",
        "5 - 3 - 1",
    ),
    *("--flag -x -y", "~/dir ~user", "x%y%z 50% и 60%", "wow!x!", "!!", "{{x}}", "a\tb"),
)
_SILENT = {"tbody", "span", "br", "img", "hr"}
_HEADINGS = {"h1": "h3", "h2": "h4", "h3": "h5"}


class _Shape(HTMLParser):
    """Elements and words, without attributes, Redmine's anchors of headings and the colours of code."""

    def __init__(self, headings: dict[str, str]) -> None:
        super().__init__()
        self._headings = headings
        self._quiet = False
        self._anchors: list[bool] = []
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "a":
            self._anchors.append("href" in given)
        if "wiki-anchor" in (given.get("class") or ""):
            self._quiet = True
        elif tag not in {"tbody", "span"} and (tag != "a" or "href" in given):
            self.parts.append(f"<{self._headings.get(tag, tag)}>")

    def handle_endtag(self, tag: str) -> None:
        named = tag == "a" and self._anchors and not self._anchors.pop()
        if self._quiet:
            self._quiet = tag != "a"
        elif tag not in _SILENT and not named:
            self.parts.append(f"</{self._headings.get(tag, tag)}>")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.parts.append(data)


def _shape(made: str, headings: dict[str, str] | None = None) -> str:
    parser = _Shape(headings or {})
    parser.feed(made)
    parser.close()
    text = re.sub(r"\s+", " ", "".join(parser.parts))
    return re.sub(r" ?(</?(?:p|ul|ol|li|table|tr|td|th|blockquote|pre|hr|br|h\d)>) ?", r"\1", text).strip()


@asynccontextmanager
async def _signed_in(peer: RedminePeer) -> AsyncIterator[httpx.AsyncClient]:
    """A browser in which the administrator has signed in."""
    async with httpx.AsyncClient(base_url=peer.url, timeout=30, follow_redirects=True) as client:
        token = re.search(r'name="authenticity_token" value="([^"]+)"', (await client.get("/login")).text)
        assert token is not None
        form = {"authenticity_token": token[1], "username": "admin", "password": str(peer.users["admin"]["password"])}
        assert "/login" not in str((await client.post("/login", data=form)).url)
        yield client


async def test_textile_reads_as_in_redmine(redmine_peer: RedminePeer) -> None:
    """Each sample has the same elements and words as Redmine's own preview."""
    context = Context(attachments={"printer.log": "/tasks/api/task/1/attachment/2/download"}, redmine_url=redmine_peer.url)
    async with _signed_in(redmine_peer) as client:
        token = re.search(r'name="csrf-token" content="([^"]+)"', (await client.get("/issues/1")).text)
        assert token is not None
        differing = {}
        for sample in _SAMPLES:
            answer = await client.post(
                "/issues/preview",
                params={"issue_id": 1, "project_id": 1},
                data={"text": sample, "issue[project_id]": "1"},
                headers={"X-CSRF-Token": token[1]},
            )
            theirs, ours = _shape(answer.raise_for_status().text, _HEADINGS), _shape(render(sample, "textile", context))
            if theirs != ours:
                differing[sample] = (theirs, ours)
    assert differing == {}


async def test_seeded_texts_read_as_in_redmine(redmine_peer: RedminePeer) -> None:
    """Descriptions and notes of the seeded issues read as on Redmine's own pages."""
    compared = 0
    async with _signed_in(redmine_peer) as client:
        for issue in range(1, 13):
            asked = await client.get(
                f"/issues/{issue}.json", params={"include": "journals,attachments"}, headers=redmine_peer.headers("ivanov")
            )
            told = asked.raise_for_status().json()["issue"]
            page = (await client.get(f"/issues/{issue}")).text
            theirs = {_shape(found, _HEADINGS) for found in re.findall(r'<div[^>]*class="wiki"[^>]*>(.*?)</div>', page, re.DOTALL)}
            for text in filter(None, [told.get("description"), *(journal["notes"] for journal in told["journals"])]):
                assert _shape(render(text, "textile", Context(redmine_url=redmine_peer.url))) in theirs
                compared += 1
    assert compared > 15


async def test_formatting_is_read(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """A Redmine that nobody configured writes Textile; an account that may not read the settings gets what the caller says."""
    everything = create_engine(redmine_peer.db_url)
    try:
        async with reading(everything, 5.0) as reader:
            assert await text_formatting(reader, "markdown") == "textile"
    finally:
        await everything.dispose()
    async with reading(peer_engine, 5.0) as reader:
        assert await text_formatting(reader, "markdown") == "markdown"
