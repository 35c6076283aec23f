"""What a bus needs of a back end, and broadcaster's own back-end interface on top of it."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from broadcaster._backends.base import BroadcastBackend
from broadcaster._base import Event as TextEvent

from hub.feed import BusClosed, Counters, Feed, Item

__all__ = ["Backend", "BusEvent"]

_MERGED = 1_024
"""Messages that wait between all channels and a plain Broadcast's listener, beside each channel's own bound."""


class BusEvent(TextEvent):
    """One message of one channel. broadcaster types it as text; here it is bytes, untouched from end to end."""

    message: bytes  # type: ignore[assignment]  # the point of this class

    def __init__(self, channel: str, message: bytes) -> None:
        self.channel, self.message = channel, message


class Backend(BroadcastBackend, ABC):
    """Moves bytes between nodes. `Bus` is made of the abstract part.

    The rest is broadcaster's: with it `Broadcast(backend=…)` works too, without gaps told and with broadcaster's race
    between concurrent first subscribers.
    """

    one_node = False
    """Whether it carries messages within this process only."""

    def __init__(self) -> None:
        self.counters = Counters()
        self._merged: asyncio.Queue[BusEvent] = asyncio.Queue(_MERGED)
        self._groups: dict[str, tuple[Feed, asyncio.Task[None]]] = {}

    # -- what Bus needs -------------------------------------------------------------------------------

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether the other side answers, as far as the last attempt showed."""

    @property
    @abstractmethod
    def failure(self) -> BaseException | None:
        """Why it is away, or why it ended; None while all is well."""

    @abstractmethod
    async def connect(self) -> None:
        """Begins. Does not wait for a server that is away: `connected` tells."""

    @abstractmethod
    async def disconnect(self) -> None:
        """Ends: every reader and every waiting publisher gets BusClosed."""

    @abstractmethod
    async def publish_many(self, channel: str, messages: Sequence[bytes]) -> None:
        """Returns when the bus has all of them, in this order; waits as long as it takes. Raises BusClosed."""

    @abstractmethod
    async def open(self, channel: str, after: str | None) -> Feed:
        """A reader's feed: from now on, or everything after that id. Raises BusClosed."""

    @abstractmethod
    def leave(self, feed: Feed) -> None:
        """That reader is gone."""

    async def about(self) -> Mapping[str, Any]:
        """What a server says of itself; nothing without one. Raises BusAway."""
        return {}

    # -- broadcaster's interface ----------------------------------------------------------------------

    async def publish(self, channel: str, message: bytes) -> None:
        """Publishes one message."""
        await self.publish_many(channel, (message,))

    async def subscribe(self, group: str) -> None:
        """From now on messages to `group` come out of `next_published`."""
        if group not in self._groups:
            feed = await self.open(group, None)
            self._groups[group] = feed, asyncio.create_task(self._merge(group, feed), name=f"bus_merge_{group}")

    async def unsubscribe(self, group: str) -> None:
        """Messages to `group` no longer come."""
        if group in self._groups:
            feed, task = self._groups.pop(group)
            task.cancel()
            await asyncio.wait([task])
            self.leave(feed)

    async def end_merging(self) -> None:
        """Unsubscribes from everything that `subscribe` began."""
        for group in list(self._groups):
            await self.unsubscribe(group)

    async def next_published(self) -> BusEvent:
        """The next message of any subscribed channel, in the order of its channel."""
        return await self._merged.get()

    async def _merge(self, group: str, feed: Feed) -> None:
        with suppress(BusClosed):
            while True:
                for message in await feed.batch():
                    if isinstance(message, Item):
                        await self._merged.put(BusEvent(group, message.data))
