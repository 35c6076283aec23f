"""A hub that runs, and a driver without a socket: what web/connection.py does with bytes and tasks, done by hand and in small steps."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import msgspec

from hub.close import Close
from hub.conversation import handle, open_session, refuse, replay
from hub.event import Format
from hub.hub import Hub
from hub.principal import Principal
from hub.protocol import Command, Hello, Refused, encode, parse
from hub.session import Limits, Session
from tests.follower import Follower

__all__ = ["Line", "principal", "running"]


def principal(user_id: int = 1) -> Principal:
    """Somebody signed in."""
    return Principal(
        user_id=user_id,
        name=f"u{user_id}",
        display_name="",
        locale="ru",
        zone="Europe/Moscow",
        permissions=frozenset(),
        session_hash="",
        csrf="",
    )


@asynccontextmanager
async def running(hub: Hub) -> AsyncIterator[Hub]:
    """The hub from when it is ready, while the block runs; it must end as it is told, not of itself."""
    task = asyncio.create_task(hub.run(), name="hub")
    try:
        await hub.ready()
        yield hub
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert task.cancelled()


class Line:
    """One connection between a follower and the hub."""

    def __init__(self, hub: Hub, follower: Follower, wire: Format, *, limits: Limits | None = None, user_id: int = 1) -> None:
        self.hub, self.follower, self.wire = hub, follower, wire
        self.session = Session(principal(user_id), follower.device, wire, limits or hub.limits, lambda: None)
        self.ended: Close | None = None

    async def open(self) -> None:
        """Says hello with every position the follower has."""
        hello = self._parse(self.follower.hello())
        assert isinstance(hello, Hello)
        await open_session(self.hub, self.session, hello)
        await self.step()

    async def step(self) -> bool:
        """Sends what is queued, one page of a replay if one is due, and what the follower says; False when nothing moved."""
        moved = False
        for frame in self.session.take():
            moved = True
            self.follower.take(self._decode(frame))
        if self.session.closing is not None:
            self.drop(self.session.closing.code)
            return False
        if not self.session.live:
            moved = True
            await replay(self.hub, self.session)
        said, self.follower.up = self.follower.up, []
        for message in said:
            moved = True
            try:
                await handle(self.hub, self.session, self._parse(message))
            except Refused as refused:
                refuse(self.hub, self.session, refused)
        return moved

    def drop(self, code: int = 1006) -> None:
        """The connection ends; what was queued is lost."""
        self.hub.leave(self.session)
        self.follower.lost(code)
        self.ended = self.session.closing

    def _parse(self, message: dict[str, object]) -> Command:
        data = encode(self.wire, message)
        return parse(self.wire, data.decode() if self.wire == "json" else data)

    def _decode(self, frame: bytes) -> dict[str, object]:
        decoded: dict[str, object] = (msgspec.json if self.wire == "json" else msgspec.msgpack).decode(frame)
        return decoded
