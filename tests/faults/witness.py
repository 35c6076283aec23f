"""A client that comes back after every end of its connection, and keeps what it was shown; and a publisher that tries until it is heard."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage

from tests.live.client import connected
from tests.live.product import Product

__all__ = ["Witness", "publish", "watching"]

_AWAY = (OSError, ConnectionClosed, InvalidHandshake, InvalidMessage, TimeoutError, EOFError)


@dataclass
class Witness:
    """What one person's client has been shown."""

    resumes: bool = True
    """False: it begins anew each time, as a client without positions does."""
    position: int | None = 0
    ids: list[str] = field(default_factory=list)
    """Event ids in the order they were shown; one that came twice stands twice."""
    connections: int = 0
    closed_with: list[int] = field(default_factory=list)

    async def run(self, nodes: Sequence[Product], http: httpx.AsyncClient) -> None:
        """Watches until cancelled, after each end at any of the nodes."""
        while True:
            with suppress(*_AWAY):
                await self._watch(random.choice(nodes), http)
            await asyncio.sleep(0.05)

    async def _watch(self, product: Product, http: httpx.AsyncClient) -> None:
        since = self.position if self.resumes else None
        async with connected(product, http, since=since, open_timeout=5, close_timeout=0.1) as client:
            self.connections += 1
            try:
                while True:
                    frame = await client.next(60)
                    if frame["t"] == "event" and frame["topic"] == "inbox":
                        if self.position is not None and self.resumes:
                            if frame["seq"] <= self.position:
                                continue  # PROTOCOL: what is at or before the position is known
                            assert frame["seq"] == self.position + 1, "a hole"
                        self.position = frame["seq"]
                        self.ids.append(frame["id"])
            except ConnectionClosed as closed:
                self.closed_with.append(closed.rcvd.code if closed.rcvd else 1006)
                raise

    async def until(self, count: int, timeout_s: float) -> None:
        """Returns when so many events were shown."""
        async with asyncio.timeout(timeout_s):
            while len(self.ids) < count:  # noqa: ASYNC110  # another task fills it
                await asyncio.sleep(0.02)


@asynccontextmanager
async def watching(nodes: Sequence[Product], http: httpx.AsyncClient, *witnesses: Witness) -> AsyncIterator[None]:
    """The witnesses watch while the block runs."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(witness.run(nodes, http), name="witness") for witness in witnesses]
        yield
        for task in tasks:
            task.cancel()


async def publish(nodes: Sequence[Product], events: Iterable[Mapping[str, Any]], *, timeout_s: float = 60.0) -> None:
    """Publishes one batch at any of the nodes, and again with the same ids until it has been accepted, now or by an earlier try."""
    batch = list(events)
    async with asyncio.timeout(timeout_s):
        while True:
            try:
                answer = await random.choice(nodes).publish(*batch)
            except httpx.HTTPError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code in (200, 202):
                return
            assert answer.status_code in (429, 503), answer.text
            await asyncio.sleep(float(answer.headers["Retry-After"]) / 4)
