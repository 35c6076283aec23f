"""The bus between nodes: broadcaster's interface over back ends that bound their queues, carry bytes and tell of losses.

broadcaster 0.3.1 has the right surface and leaves holes that matter here: its subscriber queues are unbounded, a
listener that dies leaves its readers waiting in silence, concurrent first subscribers race, a message that is no
UTF-8 ends its Redis listener, and with redis-py 8 that listener falls asleep before the first message.
docs/bus.md says what this one promises.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import urlsplit

from broadcaster import Broadcast

from hub.backend import Backend
from hub.feed import BadBusUrl, BusAway, BusClosed, Counters, Feed, Gap, Item
from hub.memory_bus import MemoryBackend

__all__ = ["BadBusUrl", "Bus", "BusAway", "BusClosed", "Counters", "Gap", "Item", "Subscription", "backend_for"]


def backend_for(url: str) -> Backend:
    """The back end that a bus URL names; BadBusUrl when none can be made of it."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError as error:
        raise BadBusUrl("the address of the bus cannot be parsed") from error
    if scheme == "memory":
        return MemoryBackend(url)
    if scheme in ("redis", "rediss", "unix"):
        from hub.redis_streams import RedisBackend  # the client library is needed by those who name it only

        return RedisBackend(url)
    raise BadBusUrl(f"no bus speaks {scheme!r}; use memory://, redis://, rediss:// or unix://")


class Subscription:
    """The messages of one channel, in order. Reading raises BusClosed when the bus has ended."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._taken: deque[Item] = deque()

    async def batch(self) -> list[Item | Gap]:
        """Everything that is there: at least one, at most 1,000. A Gap stands where messages may have been lost."""
        if self._taken:  # somebody mixes this with `get`
            rest: list[Item | Gap] = list(self._taken)
            self._taken.clear()
            return rest
        return await self._feed.batch()

    async def get(self) -> bytes:
        """The next message. Gaps are passed over: who must know of them reads batches."""
        while not self._taken:
            self._taken.extend(item for item in await self._feed.batch() if isinstance(item, Item))
        return self._taken.popleft().data

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        return await self.get()


class Bus(Broadcast):
    """Broadcast with bounded subscribers, losses that are told, and an orderly end."""

    _backend: Backend

    def __init__(self, url: str | None = None, *, backend: Backend | None = None) -> None:
        super().__init__(backend=backend if backend is not None else backend_for(url or "memory://"))

    @property
    def alone(self) -> bool:
        """True when nobody outside this process can hear what is published."""
        return isinstance(self._backend, MemoryBackend)

    @property
    def connected(self) -> bool:
        """False while the back end is away: this node neither hears others nor is heard."""
        return self._backend.connected

    @property
    def failure(self) -> BaseException | None:
        """Why the back end is away; None while it is not."""
        return self._backend.failure

    @property
    def counters(self) -> Counters:
        """Reconnects, gaps, repeats dropped and rubbish passed over, since the process began."""
        return self._backend.counters

    async def connect(self) -> None:
        """Begins; a server that is away is waited for by those who publish and subscribe, not here."""
        await self._backend.connect()

    async def disconnect(self) -> None:
        """Ends: who reads, and who waits to publish, gets BusClosed."""
        await self._backend.disconnect()

    async def publish(self, channel: str, message: bytes) -> None:
        """Returns when the bus has the message. Raises BusClosed."""
        await self._backend.publish_many(channel, (message,))

    async def publish_many(self, channel: str, messages: Sequence[bytes]) -> None:
        """Returns when the bus has the messages, each once, in this order. Raises BusClosed.

        While the back end is away it tries again, as long as the caller lets it. After a cancellation the messages, or
        the first of them, may or may not be on the bus; they never come later than what is published next.
        """
        await self._backend.publish_many(channel, messages)

    @asynccontextmanager
    async def subscribe(self, channel: str, *, after: str | None = None) -> AsyncIterator[Subscription]:  # type: ignore[override]  # ours carries bytes
        """The messages of `channel` from now on, or all that came after the message `after`.

        When what came after it is no longer whole, a Gap comes first. Waits while the back end is away; raises BusClosed.
        """
        feed = await self._backend.open(channel, after)
        try:
            yield Subscription(feed)
        finally:
            self._backend.leave(feed)

    async def __aenter__(self) -> Self:
        await self.connect()
        return self

    async def __aexit__(self, *_: Any) -> None:
        await self.disconnect()
