"""A hub that does what a test says: a real WebSocket server with a script for each connection."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import msgpack
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from navigator_client import Timing

__all__ = ["FAST", "Scripted", "Session", "event", "scripted"]

FAST = Timing(open=5, silence=0.2, reply=5, close=0.2, backoff=0.01, backoff_max=0.05, ack=0.005, again=0.01, save=0.005)
"""The client's own times, so small that a test does not wait for them."""


def event(seq: int, **more: Any) -> dict[str, Any]:
    """An inbox event at `seq`."""
    time = "2026-11-23T09:15:04.120Z"
    base = {"t": "event", "topic": "inbox", "seq": seq, "id": f"n:{seq}", "type": "t", "source": "/s", "time": time, "data": {"n": seq}}
    return base | more


@dataclass
class Session:
    """One connection, seen from the hub."""

    socket: ServerConnection
    hello: dict[str, Any] = field(default_factory=dict)
    frames: list[dict[str, Any]] = field(default_factory=list)
    """What came after hello."""

    async def receive(self) -> dict[str, Any]:
        """The client's next frame."""
        data = await self.socket.recv()
        frame: dict[str, Any] = json.loads(data) if isinstance(data, str) else msgpack.unpackb(data)
        self.frames.append(frame)
        return frame

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Reads on to a frame of this type with these fields."""
        while True:
            frame = await self.receive()
            if frame["t"] == kind and fields.items() <= frame.items():
                return frame

    async def send(self, *frames: dict[str, Any]) -> None:
        """Sends frames in the agreed format."""
        packed = self.socket.subprotocol == "hub.v1.msgpack"
        for frame in frames:
            await self.socket.send(msgpack.packb(frame) if packed else json.dumps(frame))

    async def welcome(self, seq: int, *, ping: float = 25.0, unseen: int = 0, **topics: dict[str, Any]) -> None:
        """Opens the session."""
        user, time = {"id": 7, "name": "ann", "locale": "en"}, "2026-11-23T09:15:04.120Z"
        base = {"t": "welcome", "v": 1, "session": "s", "user": user, "seq": seq, "unseen": unseen, "ping": ping, "time": time}
        await self.send(base | {"topics": {name.replace("_", ":"): place for name, place in topics.items()}})

    async def rest(self) -> None:
        """Reads until the client goes away."""
        while True:
            await self.receive()


Script = Callable[[Session], Awaitable[None]]


@dataclass
class Scripted:
    """What a test sees of it."""

    url: str = ""
    sessions: list[Session] = field(default_factory=list)
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """HTTP answers to the next handshakes, instead of an upgrade."""
    tokens: list[str] = field(default_factory=list)

    @property
    def hellos(self) -> list[dict[str, Any]]:
        """What each connection began with."""
        return [session.hello for session in self.sessions]


@asynccontextmanager
async def scripted(*scripts: Script) -> AsyncIterator[Scripted]:
    """Runs the scripts, one for each connection, the last one for all further ones. A script that ends cuts the TCP connection,
    without a close frame. An AssertionError of a script fails the test.
    """
    hub = Scripted()
    failures: list[BaseException] = []

    async def handler(socket: ServerConnection) -> None:
        session = Session(socket)
        script = scripts[min(len(hub.sessions), len(scripts) - 1)]
        hub.sessions.append(session)
        try:
            session.hello = await session.receive()
            session.frames.clear()
            await script(session)
        except ConnectionClosed:
            return
        except AssertionError as failure:
            failures.append(failure)
        if not socket.close_code and socket.state.name == "OPEN":
            socket.transport.abort()

    def gate(connection: ServerConnection, request: Request) -> Response | None:
        hub.tokens.append(request.headers.get("Authorization", ""))
        if not hub.refusals:
            return None
        status, headers = hub.refusals.pop(0)
        answer = connection.respond(HTTPStatus(status), "no\n")
        for name, value in headers.items():
            answer.headers[name] = value
        return answer

    names = [Subprotocol("hub.v1.json"), Subprotocol("hub.v1.msgpack")]
    async with serve(
        handler, "127.0.0.1", 0, subprotocols=names, compression=None, ping_interval=None, close_timeout=0.2, process_request=gate
    ) as server:
        hub.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(30):
            yield hub
    if failures:
        raise failures[0]
