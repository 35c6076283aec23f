"""A client of the socket for tests that need no browser: it may be honest, silent or rude."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.live.product import Product

__all__ = ["Client", "connected"]


class Client:
    """Speaks hub.v1.json. Keeps every frame it got; acknowledges receipts unless told not to."""

    def __init__(self, socket: ClientConnection, *, acks: bool) -> None:
        self.socket, self.acks = socket, acks
        self.frames: list[dict[str, Any]] = []
        self._calls = 0

    @property
    def seqs(self) -> list[int]:
        """The inbox positions received, in the order they came."""
        return [frame["seq"] for frame in self.frames if frame["t"] == "event" and frame["topic"] == "inbox"]

    async def send(self, frame: dict[str, Any]) -> None:
        """Sends one frame."""
        await self.socket.send(json.dumps(frame))

    async def next(self, timeout_s: float = 10.0) -> dict[str, Any]:
        """The next frame; pings are answered and receipts acknowledged on the way."""
        async with asyncio.timeout(timeout_s):
            frame: dict[str, Any] = json.loads(await self.socket.recv())
        self.frames.append(frame)
        if frame["t"] == "ping" and self.acks:
            await self.send({"t": "pong"})
        if frame["t"] == "event" and frame["topic"] == "inbox" and self.acks:
            await self.send({"t": "ack", "level": "received", "seq": frame["seq"]})
        return frame

    async def until(self, kind: str, timeout_s: float = 10.0) -> dict[str, Any]:
        """Reads on to the next frame of this type."""
        async with asyncio.timeout(timeout_s):
            while (frame := await self.next(timeout_s))["t"] != kind:
                pass
        return frame

    async def until_seq(self, seq: int, timeout_s: float = 20.0) -> None:
        """Reads on to the inbox event at `seq`."""
        async with asyncio.timeout(timeout_s):
            while not self.seqs or self.seqs[-1] < seq:
                await self.next(timeout_s)

    async def call(self, name: str, **arguments: Any) -> dict[str, Any]:
        """Calls the hub and returns the reply."""
        self._calls += 1
        await self.send({"t": "call", "id": self._calls, "name": name, "args": arguments})
        while (reply := await self.until("reply"))["id"] != self._calls:
            pass
        return reply


@asynccontextmanager
async def connected(
    product: Product, http: httpx.AsyncClient, *, since: int | None = None, acks: bool = True, hello: bool = True, **more: Any
) -> AsyncIterator[Client]:
    """An open connection with the cookie of `http`; by default it has said hello and read the welcome."""
    url = product.url.replace("http", "ws", 1) + "/hub/socket"
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in http.cookies.jar)
    async with connect(
        url,
        origin=Origin(product.url),
        additional_headers={"Cookie": cookies},
        subprotocols=[Subprotocol("hub.v1.json")],
        compression=None,
        ping_interval=None,
        max_size=None,
        ssl=product.trust,
        **more,
    ) as socket:
        client = Client(socket, acks=acks)
        if hello:
            await client.send({"t": "hello", "v": 1, "client": "tests", "device": "test-device", "since": since, "topics": {}})
            await client.until("welcome")
        yield client
