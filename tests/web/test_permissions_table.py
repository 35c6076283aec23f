"""docs/permissions.md is true: every route and topic of the application, tried as every kind of person. So is CSRF, route by route."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
import sqlalchemy as sa
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from hub.store import sessions, users
from hub.topic import INBOX
from tests.web.conftest import ORIGIN, make_settings
from tests.web.node import AWAY, Node, open_node
from tests.web.seats import AGENT, seat
from web.auth import COOKIE
from web.sessions import NewSession
from web.startup import create_app

PAGE = Path(__file__).parents[2] / "docs/permissions.md"
KINDS = ("nobody", "plain", "quality", "netmonitor", "finesse", "reports", "admin", "viewer")
CELLS = {"yes", "no", "sign in", "read only", "token"}
UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
_NUMBER = "999999"
_FILL = {"permission": "quality", "name": "theme", "size": "32"}
"""What stands for a parameter of an address: the number, which nobody's id is, for `:int`, `x` for what is not named here."""


def rows(page: str) -> dict[str, tuple[str, ...]]:
    """The tables of the page: what is asked for, and a cell for each kind of person."""
    found: dict[str, tuple[str, ...]] = {}
    for line in page.splitlines():
        if match := re.match(r"\| `([^`]+)` \|(.+)\|$", line):
            assert match[1] not in found, f"{match[1]} stands there twice"
            found[match[1]] = tuple(cell.strip() for cell in match[2].split("|"))
    return found


def walk(routes: list[BaseRoute]) -> Iterator[str]:
    """Every route as `METHOD path`."""
    for route in routes:
        match route:
            case Mount():
                yield f"GET {route.path}/…"
            case WebSocketRoute():
                yield f"WS {route.path}"
            case Route():
                for method in (route.methods or set()) - {"HEAD"}:
                    yield f"{method} {route.path}"
            case _:
                raise AssertionError(f"what is {route!r}?")


def all_routes() -> list[str]:
    """The application's route table."""
    settings = make_settings(store_url="sqlite+aiosqlite:///unused.sqlite", secret_keys=["k" * 32])
    return sorted(walk(list(create_app(settings).routes)))


TABLE = rows(PAGE.read_text(encoding="utf-8"))
ROUTES = all_routes()
TOPICS = [name for name in TABLE if name.startswith("topic ")]


def address(path: str) -> str:
    """A path with something for each parameter."""
    return re.sub(r"{(\w+)(:int)?(?::\w+)?}", lambda match: _NUMBER if match[2] else _FILL.get(match[1], "x"), path).replace("…", "x.js")


@pytest.fixture
async def node(tmp_path: Path, store_file: Path) -> AsyncIterator[Node]:
    """A node with one person of each kind."""
    async with open_node(tmp_path, store_file) as opened:
        for kind in KINDS[1:-1]:
            await opened.state["people"].add(kind, permissions=() if kind == "plain" else [kind])
        yield opened


async def sign_in(node: Node, kind: str) -> NewSession | None:
    """A fresh session, for some of what is tried ends it. `viewer` is the administrator who looks as `plain`."""
    if kind == "nobody":
        return None
    async with node.state["engine"].begin() as connection:
        ids = {row.name: row.id for row in await connection.execute(sa.select(users.c.id, users.c.name))}
    made = await node.state["sessions"].create(ids["admin" if kind == "viewer" else kind], agent=AGENT, address=AWAY)
    if kind == "viewer":
        async with node.state["engine"].begin() as connection:
            mine = sessions.c.token_hash == made.session_hash
            await connection.execute(sa.update(sessions).where(mine).values(view_as=ids["plain"]))
    return made


def browser(node: Node, made: NewSession | None) -> httpx.AsyncClient:
    """A browser with that session's cookie and token."""
    transport = httpx.ASGITransport(node.app, client=(AWAY, 40_000))
    cookies = {COOKIE: made.token} if made else {}
    headers = {"x-csrf-token": made.csrf if made else "", "sec-fetch-site": "same-origin"}
    return httpx.AsyncClient(transport=transport, base_url=ORIGIN, cookies=cookies, headers=headers)


async def answer(node: Node, kind: str, method: str, path: str) -> str:
    """What this kind of person gets, in the words of the table: `yes` for whatever the area itself answers."""
    async with browser(node, await sign_in(node, kind)) as client:
        found = await client.request(method, address(path), json={} if method in UNSAFE else None)
    if found.status_code == 401 and found.json()["error"]["code"] == "unauthenticated":
        return "sign in" if kind == "nobody" and method + path != "POST/hub/events" else "token"
    if found.status_code == 303 and found.headers["location"].startswith("/users/login?next="):
        return "sign in"
    if found.status_code == 403:
        code = found.json()["error"]["code"]
        return {"forbidden": "no", "read_only": "read only"}.get(code, code)
    return "yes"


class Wire:
    """A WebSocket client of the endpoint itself."""

    def __init__(self, node: Node, made: NewSession | None) -> None:
        headers = [(b"host", ORIGIN.removeprefix("https://").encode()), (b"origin", ORIGIN.encode())]
        if made is not None:
            headers.append((b"cookie", f"{COOKIE}={made.token}".encode()))
        self._up: asyncio.Queue[Any] = asyncio.Queue(100)
        self._down: asyncio.Queue[Any] = asyncio.Queue(1000)
        self._up.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": "/hub/socket", "raw_path": b"/hub/socket", "query_string": b"", "headers": headers}
        scope |= {"subprotocols": ["hub.v1.json"], "client": (AWAY, 1), "server": ("t", 443), "scheme": "wss", "extensions": {}}
        self.task = asyncio.create_task(node.app(scope, self._up.get, self._down.put), name="socket under test")  # type: ignore[arg-type]

    def say(self, **frame: Any) -> None:
        """One frame from the client."""
        self._up.put_nowait({"type": "websocket.receive", "text": msgspec.json.encode(frame).decode()})

    async def hear(self, *kinds: str) -> dict[str, Any]:
        """The next of these messages, or the close."""
        async with asyncio.timeout(5):
            while True:
                message = await self._down.get()
                if message["type"] == "websocket.close":
                    return {"t": "close", "code": message["code"]}
                frame = msgspec.json.decode(message["text"]) if "text" in message else {"t": message["type"]}
                if frame["t"] in kinds:
                    return dict(frame)

    async def close(self) -> None:
        """Hangs up."""
        self._up.put_nowait({"type": "websocket.disconnect", "code": 1000})
        await asyncio.wait([self.task], timeout=5)


async def socket_answers(node: Node, kind: str) -> dict[str, str]:
    """What the socket and each topic of the table answer."""
    wire = Wire(node, await sign_in(node, kind))
    found = {}
    try:
        wire.say(t="hello", v=1, device="d", client="t", since=None, topics={})
        opened = await wire.hear("welcome")
        if opened["t"] == "close":
            assert opened["code"] == 4500
            return dict.fromkeys(["WS /hub/socket", *TOPICS], "sign in")
        found["WS /hub/socket"] = "yes"
        for number, name in enumerate(TOPICS):
            topic = name.removeprefix("topic ").replace("…", "x")
            if topic == INBOX:
                found[name] = "yes"  # everybody's own, and in the welcome
                assert "seq" in opened
                continue
            wire.say(t="sub", id=number, topic=topic)
            reply = await wire.hear("reply")
            found[name] = "yes" if reply["ok"] else "no"
            assert reply["ok"] or reply["error"]["code"] == "no_such_topic"
    finally:
        await wire.close()
    return found


def test_the_table_has_every_route_and_only_those() -> None:
    """A route that is added, or goes away, must do so in docs/permissions.md too."""
    named = {name for name in TABLE if not name.startswith("topic ")}
    assert sorted(set(ROUTES) - named) == [], "add these to docs/permissions.md"
    assert sorted(named - set(ROUTES)) == [], "there are no such routes"


def test_every_cell_says_something_known() -> None:
    """Each row has a cell for each kind of person."""
    for name, cells in TABLE.items():
        assert len(cells) == len(KINDS), name
        assert set(cells) <= CELLS, name


async def test_the_table_has_every_topic(node: Node) -> None:
    """A topic that an area registers stands in the page; a family as `name:…`."""
    known = {f"topic {name}…" if name.endswith(":") else f"topic {name}" for name in node.hub.topics._by_name}
    assert known | {"topic inbox"} == set(TOPICS)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_route_and_topic_answers_as_the_table_says(node: Node, kind: str) -> None:
    """What this kind of person gets is what the page says they get."""
    found = await socket_answers(node, kind)
    for route in ROUTES:
        method, _, path = route.partition(" ")
        if method != "WS":
            found[route] = await answer(node, kind, method, path)
    column = KINDS.index(kind)
    assert found == {name: cells[column] for name, cells in TABLE.items()}


UNSAFE_ROUTES = [route for route in ROUTES if route.partition(" ")[0] in UNSAFE]


async def test_every_unsafe_route_wants_its_token_and_our_origin(node: Node) -> None:
    """With a good cookie: no token, a wrong one, another session's, or a foreign page are each refused before anything is done."""
    assert len(UNSAFE_ROUTES) > 10
    other = await sign_in(node, "quality")
    assert other is not None
    for route in UNSAFE_ROUTES:
        method, _, path = route.partition(" ")
        made = await sign_in(node, "admin")
        assert made is not None
        async with browser(node, made) as client:
            foreign = {"sec-fetch-site": "cross-site", "origin": "https://evil.test"}
            for headers in (foreign, {"sec-fetch-site": "same-site", "origin": "null"}):
                refused = await client.request(method, address(path), json={}, headers=headers)
                assert (refused.status_code, refused.json()["error"]["code"]) == (403, "foreign_origin"), route
            if path == "/users/login":
                continue  # before it nobody has a token
            for given in ("", "x", made.csrf[:-1], made.csrf.swapcase(), other.csrf, made.token):
                refused = await client.request(method, address(path), json={}, headers={"x-csrf-token": given})
                assert (refused.status_code, refused.json()["error"]["code"]) == (403, "bad_csrf"), route
            assert (await client.get("/users/api/me")).status_code == 200, route


async def test_forged_and_replayed_cookies_are_nobody(node: Node) -> None:
    """A guess, the hash that the lists show, a cut or longer token, one that was replaced or signed out: each is as no cookie."""
    async with seat(node, "anna") as anna:
        token, name = anna.made.token, anna.made.session_hash
        replaced = await node.state["sessions"].create(anna.user_id)
        await node.state["sessions"].create(anna.user_id, replaces=replaced.token)
        out = await node.state["sessions"].create(anna.user_id)
        await node.state["sessions"].end(out.session_hash)
        forged = ["x" * 43, name, token[:-1], token + "A", token.swapcase(), token + "\x00", "", "'" + token, replaced.token, out.token]
        for cookie in forged:
            transport = httpx.ASGITransport(node.app, client=(AWAY, 1))
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                for headers in ({"cookie": f"{COOKIE}={cookie}"}, {"authorization": f"Bearer {cookie}"}):
                    assert (await client.get("/users/api/me", headers=headers)).status_code == 401, cookie
        assert (await anna.browser.get("/users/api/me")).status_code == 200
