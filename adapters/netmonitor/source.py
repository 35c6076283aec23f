"""Source: what the monitor has to tell the inboxes, each announcement with the memory that it leaves behind, in one transaction.

The outbox keeps what could not be told (UX B8): while the store is away the monitor goes on judging, and its announcements wait here in
their order. After a restart the memory that committed last says what had been announced; nobody hears a thing twice, or half of a pair.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from adapters.netmonitor.judge.network import Announcement
from hub.notification import Batch, Notification

__all__ = ["NAME", "MonitorSource", "Outbox", "Pending"]

Worded = Callable[[Sequence[Announcement]], Awaitable[tuple[Notification, ...]]]

NAME = "netmonitor"
BEAT_S = 5.0
"""How often the source says that it lives while it has nothing to tell."""
_STORE_S = 5.0
_MOST = 10_000
"""Of them that may wait; then the next are joined to the last: only their number is bounded, never what they say."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Announcements that wait, and the monitor's memory as it is after them."""

    announcements: tuple[Announcement, ...]
    memory: Mapping[str, Any]


class Outbox:
    """What waits until it is durable, oldest first."""

    def __init__(self, most: int = _MOST) -> None:
        self._waiting: deque[Pending] = deque()
        self._most = most
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Pending]:
        return iter(tuple(self._waiting))

    def put(self, announcements: tuple[Announcement, ...], memory: Mapping[str, Any]) -> None:
        """Takes announcements, and the memory as it is after them. Memory alone takes the place of memory alone that waits."""
        last = self._waiting[-1] if self._waiting else None
        # the first may be on its way: what was handed over must not change
        joins = last is not None and len(self._waiting) > 1 and (not last.announcements or len(self._waiting) >= self._most)
        if joins and last is not None:
            self._waiting[-1] = Pending((*last.announcements, *announcements), memory)
        else:
            self._waiting.append(Pending(announcements, memory))
        self._news.set()

    def first(self) -> Pending | None:
        """What is to be told next; it stays until `told`."""
        return self._waiting[0] if self._waiting else None

    def told(self, pending: Pending) -> None:
        """It is durable."""
        if self._waiting and self._waiting[0] is pending:
            self._waiting.popleft()

    def clear(self) -> None:
        """Forgets what waits: another node leads, and judges for itself."""
        self._waiting.clear()

    async def wait(self, seconds: float) -> None:
        """Returns when something waits, at the latest after so many seconds."""
        self._news.clear()
        if self._waiting:
            return
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass


class MonitorSource:
    """Implements hub.supervisor.Source. `changes()` streams for ever; errors come from the store alone."""

    name = NAME
    transient: tuple[type[Exception], ...] = (SQLAlchemyError, TimeoutError)

    def __init__(self, outbox: Outbox, *, begin: Callable[[Mapping[str, Any] | None], None], worded: Worded) -> None:
        """`begin` is given the memory that committed last whenever the source starts or starts again; `worded` makes announcements
        notifications, each time that they are about to be told: who is told is asked of the store, which may be away."""
        self._outbox, self._begin, self._worded = outbox, begin, worded

    async def start(self, watermark: Mapping[str, Any] | None) -> None:
        """Hands the memory to the monitor."""
        self._begin(watermark)

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """What there is to tell, as it comes."""
        while True:
            pending = self._outbox.first()
            if pending is None:
                yield Batch()
                await self._outbox.wait(BEAT_S)
                continue
            async with asyncio.timeout(_STORE_S):
                notifications = await self._worded(pending.announcements)
            yield Batch(notifications=notifications, watermark=pending.memory)
            self._outbox.told(pending)
