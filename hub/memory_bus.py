"""The bus of a single node: a publisher puts its messages straight into the readers' queues, in the same call."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence

from hub.backend import Backend
from hub.feed import BusClosed, Feed, Gap, Item

__all__ = ["MemoryBackend"]

_HISTORY_BYTES = 8 * 1024 * 1024


class _Channel:
    """One channel: who reads it, and its newest messages for those who come back."""

    def __init__(self) -> None:
        # Ids count on from the wall clock in µs, so that one of an earlier process is older than all of this one's.
        self.last = time.time_ns() // 1_000
        self.history: deque[Item] = deque()
        self.history_bytes = 0
        self.feeds: set[Feed] = set()
        self.publishing = asyncio.Lock()
        self.room = asyncio.Event()

    def free(self, wanted: int) -> int:
        """How many of `wanted` messages fit into every reader's queue."""
        return min((feed.room for feed in self.feeds), default=wanted)


class MemoryBackend(Backend):
    """One process. A reader has at most `bound` messages waiting; a publisher beyond that waits for it.

    The last `history` messages of a channel, at most 8 MiB, are there for those who subscribe after an id.
    """

    one_node = True

    def __init__(self, url: str = "memory://", *, bound: int = 16_384, history: int = 4_096) -> None:
        super().__init__()
        self._bound, self._history = bound, history
        self._channels: dict[str, _Channel] = {}
        self._open = False

    @property
    def connected(self) -> bool:
        """Whether it was begun and has not ended."""
        return self._open

    @property
    def failure(self) -> BaseException | None:
        """Nothing can fail here."""
        return None

    async def connect(self) -> None:
        """Begins, also again."""
        self._open = True

    async def disconnect(self) -> None:
        """Ends every reader and every publisher that waits."""
        self._open = False
        await self.end_merging()
        for channel in self._channels.values():
            for feed in channel.feeds:
                feed.close()
            channel.feeds.clear()
            channel.room.set()

    async def publish_many(self, channel: str, messages: Sequence[bytes]) -> None:
        """Puts them into every reader's queue; without readers, into the history only. Cancelled, it may have put a first part."""
        there = self._channel(channel)
        async with there.publishing:  # those who wait for room keep their order
            done = 0
            while done < len(messages):
                free = there.free(len(messages))
                if not self._open:
                    raise BusClosed("the bus has ended")
                if free <= 0:
                    there.room.clear()
                    await there.room.wait()
                    continue
                part = messages[done : done + free]
                items = [Item(str(number), data) for number, data in enumerate(part, there.last + 1)]
                there.last += len(items)
                done += len(items)
                self._remember(there, items)
                for feed in there.feeds:
                    feed.put(items)

    def _remember(self, channel: _Channel, items: Sequence[Item]) -> None:
        history = channel.history
        history.extend(items)
        channel.history_bytes += sum(len(item.data) for item in items)
        while history and (len(history) > self._history or channel.history_bytes > _HISTORY_BYTES):
            channel.history_bytes -= len(history.popleft().data)

    async def open(self, channel: str, after: str | None) -> Feed:
        """A feed, begun with what the history has after that id; with a Gap when it is not all of it."""
        if not self._open:
            raise BusClosed("the bus has ended")
        there = self._channel(channel)
        feed = Feed(self._bound, lambda _: there.room.set())
        if after is not None:
            first = there.last - len(there.history) + 1
            place = int(after) if after.isdecimal() else -1
            if first - 1 <= place <= there.last:
                feed.put(item for item in list(there.history)[place - first + 1 :])
            else:
                self.counters.gaps += 1
                feed.put([Gap("trimmed" if 0 <= place < first else "flushed"), *there.history])
        there.feeds.add(feed)
        return feed

    def leave(self, feed: Feed) -> None:
        """A publisher that waits for this reader goes on."""
        for channel in self._channels.values():
            if feed in channel.feeds:
                channel.feeds.discard(feed)
                channel.room.set()

    def _channel(self, name: str) -> _Channel:
        found = self._channels.get(name)
        if found is None:
            found = self._channels[name] = _Channel()
        return found
