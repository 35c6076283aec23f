"""People at their browsers and sockets, at a whole node, without a network: signed in straight through the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import msgspec

from hub.conversation import handle, open_session, replay
from hub.protocol import Command, Hello
from hub.session import Session
from tests.web.conftest import ORIGIN
from tests.web.node import AWAY, Node
from web.auth import COOKIE
from web.sessions import NewSession

__all__ = ["WITHIN_S", "Seat", "Socket", "seat", "socket"]

WITHIN_S = 2.0
"""A change acts on what is open within so many seconds (UX D9)."""
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@dataclass
class Seat:
    """Somebody signed in."""

    user_id: int
    name: str
    made: NewSession
    browser: httpx.AsyncClient

    async def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """A request of the page, with its token."""
        return await self.browser.request(method, path, headers={"x-csrf-token": self.made.csrf}, **given)


@asynccontextmanager
async def seat(node: Node, name: str, *permissions: str, user_id: int | None = None) -> AsyncIterator[Seat]:
    """A browser of somebody new, or one more of `user_id`."""
    if user_id is None:
        user_id = await node.state["people"].add(name, permissions=permissions, display_name=name.title())
    made = await node.state["sessions"].create(user_id, agent=AGENT, address=AWAY)
    transport = httpx.ASGITransport(node.app, client=(AWAY, 40_000))
    async with httpx.AsyncClient(
        transport=transport, base_url=ORIGIN, cookies={COOKIE: made.token}, headers={"user-agent": AGENT}
    ) as browser:
        yield Seat(user_id, name, made, browser)


@dataclass
class Socket:
    """One open session, and what it was told."""

    node: Node
    session: Session
    told: list[dict[str, Any]] = field(default_factory=list)

    def hear(self) -> list[dict[str, Any]]:
        """Everything it was told so far."""
        self.told += [msgspec.json.decode(frame) for frame in self.session.take()]
        return self.told

    def all(self, kind: str) -> list[dict[str, Any]]:
        """The messages of this type."""
        return [frame for frame in self.hear() if frame["t"] == kind]

    async def until(self, true: Callable[[], object], within_s: float = WITHIN_S) -> None:
        """Waits for a condition."""
        async with asyncio.timeout(within_s):
            while not true():
                if not self.session.live and self.session.closing is None:
                    await replay(self.node.hub, self.session)
                await asyncio.sleep(0.005)

    async def hears(self, kind: str) -> dict[str, Any]:
        """The newest message of this type, once there is one."""
        await self.until(lambda: self.all(kind))
        return self.all(kind)[-1]

    async def ends(self) -> tuple[int, str]:
        """Code and reason, once it is over."""
        await self.until(lambda: self.session.closing is not None)
        closing = self.session.closing
        assert closing is not None
        return int(closing.code), closing.reason

    async def say(self, command: Command) -> None:
        """Something from the client."""
        await handle(self.node.hub, self.session, command)


@asynccontextmanager
async def socket(node: Node, who: Seat, *topics: str, device: str = "d1") -> AsyncIterator[Socket]:
    """A socket of the person's session at this node."""
    principal = await node.state["sessions"].find(who.made.token)
    assert principal is not None
    session = Session(principal, device, "json", node.hub.limits, lambda: None)
    await open_session(node.hub, session, Hello(v=1, device=device, topics=dict.fromkeys(topics)))
    try:
        yield Socket(node, session)
    finally:
        node.hub.leave(session)
