"""The bus between nodes: broadcaster's interface over back ends that bound their queues and carry bytes.

broadcaster 0.3.1 has the right surface and leaves four holes that matter here: its subscriber queues are unbounded, a
listener that dies leaves its readers waiting in silence, concurrent first subscribers race, and `disconnect`
does not wait for the listener. `Bus` closes them; a back end only has to move bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from broadcaster import Broadcast
from broadcaster._backends.base import BroadcastBackend
from broadcaster._base import Event as TextEvent

__all__ = ["Bus", "BusClosed", "Gap", "Item", "MemoryBackend", "Subscription", "backend_for"]


class BusClosed(Exception):
    """The bus ended, or its listener died: whoever reads must subscribe anew. The cause is chained."""


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a channel."""

    id: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages may have been lost here."""

    reason: str


class BusEvent(TextEvent):
    """One message of one channel. broadcaster types it as text; here it is bytes, untouched from end to end."""

    message: bytes  # type: ignore[assignment]  # the point of this class

    def __init__(self, channel: str, message: bytes) -> None:
        self.channel, self.message = channel, message


class MemoryBackend(BroadcastBackend):
    """One process. At most `bound` messages wait; a publisher beyond that waits for room.

    The reader is the hub's own dispatcher, which never waits for a client, so that wait is short.
    """

    def __init__(self, url: str = "memory://", *, bound: int = 65_536) -> None:
        self._published: asyncio.Queue[BusEvent] = asyncio.Queue(bound)
        self._channels: set[str] = set()

    async def connect(self) -> None:
        """Nothing to connect to."""

    async def disconnect(self) -> None:
        """Nothing to leave."""

    async def subscribe(self, channel: str) -> None:
        """From now on messages to `channel` are kept for `next_published`."""
        self._channels.add(channel)

    async def unsubscribe(self, channel: str) -> None:
        """Messages to `channel` are dropped again."""
        self._channels.discard(channel)

    async def publish(self, channel: str, message: bytes) -> None:
        """Hands `message` to the subscribers of `channel`; without any it is dropped."""
        if channel in self._channels:
            await self._published.put(BusEvent(channel, message))

    async def next_published(self) -> BusEvent:
        """The next message, in the order of publishing."""
        return await self._published.get()


def backend_for(url: str) -> BroadcastBackend:
    """The back end that a bus URL names; ValueError for a scheme that is not served."""
    scheme = urlsplit(url).scheme
    if scheme == "memory":
        return MemoryBackend(url)
    raise ValueError(f"BUS_URL: no bus speaks {scheme!r}; use memory://")


class Subscription:
    """The messages of one channel, in order. Iterating raises BusClosed when the bus has ended."""

    def __init__(self, queue: asyncio.Queue[BusEvent | None], bus: Bus) -> None:
        self._queue, self._bus = queue, bus

    async def get(self) -> bytes:
        """The next message; BusClosed at the end."""
        item = await self._queue.get()
        if item is None:
            raise BusClosed("the bus has ended") from self._bus.failure
        return item.message

    async def batch(self) -> list[Item | Gap]:
        """All that waits, at least one."""
        found: list[Item | Gap] = [Item("0", await self.get())]
        while not self._queue.empty():
            found.append(Item("0", await self.get()))
        return found

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> bytes:
        return await self.get()


class Bus(Broadcast):
    """Broadcast with bounded subscribers, a listener whose death is heard, and an orderly end."""

    def __init__(self, url: str | None = None, *, backend: BroadcastBackend | None = None, bound: int = 16_384) -> None:
        super().__init__(backend=backend if backend is not None else backend_for(url or "memory://"))
        self._bound = bound
        self._subscribers: dict[str, set[asyncio.Queue[BusEvent | None]]] = {}  # type: ignore[assignment]  # bytes, not text
        self._lock = asyncio.Lock()
        self.failure: BaseException | None = None

    @property
    def alone(self) -> bool:
        """True when nobody outside this process can hear what is published."""
        return isinstance(self._backend, MemoryBackend)

    async def connect(self) -> None:
        """Connects the back end and starts the one listener of this node."""
        await self._backend.connect()
        self._listener_task = asyncio.create_task(self._listener(), name="bus_listener")
        self._listener_task.add_done_callback(self._ended)

    async def disconnect(self) -> None:
        """Ends the listener, waits for it, then leaves the back end."""
        self._listener_task.cancel()
        await asyncio.wait([self._listener_task])
        await self._backend.disconnect()

    async def publish_many(self, channel: str, messages: Sequence[bytes]) -> None:
        """Hands messages over in order."""
        for message in messages:
            await self.publish(channel, message)

    @asynccontextmanager
    async def subscribe(self, channel: str, *, after: str | None = None) -> AsyncIterator[Subscription]:  # type: ignore[override]  # ours carries bytes
        """The messages published to `channel` from now on.

        At most `bound` wait for the reader; then the listener waits, the back end's bound fills and publishers
        wait: back-pressure, never loss.
        """
        queue: asyncio.Queue[BusEvent | None] = asyncio.Queue(self._bound)
        async with self._lock:  # a second first subscriber must not find a channel that is half subscribed
            if self._listener_task.done():
                raise BusClosed("the bus has ended") from self.failure
            readers: set[asyncio.Queue[BusEvent | None]] | None = self._subscribers.get(channel)
            if readers is None:
                await self._backend.subscribe(channel)
                readers = self._subscribers[channel] = set()
            readers.add(queue)
        try:
            yield Subscription(queue, self)
        finally:
            readers.discard(queue)
            while not queue.empty():
                queue.get_nowait()  # the listener may stand at our full queue: let it go on to the others
            async with self._lock:  # who subscribes meanwhile must not have the channel taken away behind them
                if not readers and self._subscribers.get(channel) is readers:
                    del self._subscribers[channel]
                    await self._backend.unsubscribe(channel)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self.failure = None if task.cancelled() else task.exception()
        for readers in self._subscribers.values():
            for queue in readers:
                while True:
                    try:
                        queue.put_nowait(None)
                        break
                    except asyncio.QueueFull:
                        queue.get_nowait()  # the bus has ended: the notice of it matters more than its last words
