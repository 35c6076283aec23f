"""What a bus gives to a reader: messages in order, gaps told, and the bounded queue between a back end and one reader.

Exception
├── BusClosed   the bus ended for good: disconnected, or its reader died of a fault of ours, which is chained
├── BusAway     the back end did not answer in time; nothing is known about what it did
└── ValueError
    └── BadBusUrl   the bus's address cannot be used; the words never quote it
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

__all__ = ["BATCH", "BadBusUrl", "BusAway", "BusClosed", "Counters", "Feed", "Gap", "Item"]

BATCH = 1_000
"""Messages that move in one go, at most: bounds how long one batch keeps the event loop."""


class BusClosed(Exception):
    """The bus ended: whoever reads must connect and subscribe anew. The cause is chained."""


class BadBusUrl(ValueError):
    """This address of a bus cannot be used. The words name an option or a scheme, never a password."""


class BusAway(Exception):
    """The back end did not answer within its deadline, or refused. The cause is chained."""


@dataclass(frozen=True, slots=True)
class Item:
    """One message of a channel."""

    id: str
    """Its place in the channel, increasing: the stream's id on Redis, a counter in memory. Opaque to readers."""
    data: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages may have been lost here: whoever reads must take its state anew, then go on with what follows."""

    reason: str
    """`trimmed` (read too slowly), `flushed` (the channel began anew), `rolled_back` (the back end forgot its newest messages)."""


@dataclass(slots=True)
class Counters:
    """What a bus has lived through since the process began."""

    reconnects: int = 0
    """Times that the back end came back after it was away."""
    gaps: int = 0
    """Gaps told to readers."""
    repeats: int = 0
    """Messages that came twice from the back end and were given once."""
    rubbish: int = 0
    """Entries of a channel that no bus of ours wrote."""


class Feed:
    """The queue of one reader. The back end keeps to `room`; nothing here waits but `batch`."""

    def __init__(self, bound: int, on_room: Callable[[Feed], None]) -> None:
        """`bound` is in messages; `on_room` is called after each batch that was taken."""
        self._bound, self._on_room = bound, on_room
        self._waiting: deque[Item | Gap] = deque()
        self._something = asyncio.Event()
        self._closed = False
        self._failure: BaseException | None = None

    @property
    def room(self) -> int:
        """Messages that may still be put; 0 or less when full."""
        return self._bound - len(self._waiting)

    def put(self, messages: Iterable[Item | Gap]) -> None:
        """Appends and wakes the reader, once for all of them. A Gap may exceed the bound: it must be heard."""
        self._waiting.extend(messages)
        self._something.set()

    async def batch(self) -> list[Item | Gap]:
        """Everything that waits, at least one message, at most BATCH. Raises BusClosed once the bus has ended and all was taken."""
        while not self._waiting:
            if self._closed:
                raise BusClosed("the bus has ended") from self._failure
            self._something.clear()
            await self._something.wait()
        if len(self._waiting) <= BATCH:
            taken = list(self._waiting)
            self._waiting.clear()
        else:
            taken = [self._waiting.popleft() for _ in range(BATCH)]
        self._on_room(self)
        return taken

    def close(self, failure: BaseException | None = None) -> None:
        """The bus has ended; the reader hears it after what waits already."""
        self._closed, self._failure = True, failure
        self._something.set()
