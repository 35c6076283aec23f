"""Source: what the monitor has to tell the inboxes, each announcement with the memory that it leaves behind, in one transaction.

The outbox keeps what could not be told (UX B8): while the store is away the monitor goes on judging, and its announcements wait here in
their order. After a restart the memory that committed last says what had been announced; nobody hears a thing twice, or half of a pair.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from hub.notification import Batch, Notification

__all__ = ["NAME", "MonitorSource", "Outbox"]

NAME = "netmonitor"
BEAT_S = 5.0
"""How often the source says that it lives while it has nothing to tell."""
_MOST = 10_000
"""Batches that may wait; then the monitor's next ones are joined to the last, so that only their number is bounded, never what they say."""


class Outbox:
    """Batches that wait until they are durable, oldest first."""

    def __init__(self, most: int = _MOST) -> None:
        self._waiting: deque[Batch] = deque()
        self._most = most
        self._news = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, notifications: tuple[Notification, ...], memory: Mapping[str, Any]) -> None:
        """Takes announcements, and the memory as it is after them. Memory alone takes the place of memory alone that waits."""
        last = self._waiting[-1] if self._waiting else None
        # the first may be on its way: what was handed over must not change
        joins = last is not None and len(self._waiting) > 1 and (not last.notifications or len(self._waiting) >= self._most)
        if joins and last is not None:
            self._waiting[-1] = Batch(notifications=(*last.notifications, *notifications), watermark=memory)
        else:
            self._waiting.append(Batch(notifications=notifications, watermark=memory))
        self._news.set()

    def first(self) -> Batch | None:
        """What is to be told next; it stays until `told`."""
        return self._waiting[0] if self._waiting else None

    def told(self, batch: Batch) -> None:
        """It is durable."""
        if self._waiting and self._waiting[0] is batch:
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
    """Implements hub.supervisor.Source. `changes()` streams for ever; errors come from the hub alone."""

    name = NAME
    transient: tuple[type[Exception], ...] = ()

    def __init__(self, outbox: Outbox, begin: Callable[[Mapping[str, Any] | None], None]) -> None:
        """`begin` is given the memory that committed last whenever the source starts or starts again."""
        self._outbox, self._begin = outbox, begin

    async def start(self, watermark: Mapping[str, Any] | None) -> None:
        """Hands the memory to the monitor."""
        self._begin(watermark)

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """What there is to tell, as it comes."""
        while True:
            batch = self._outbox.first()
            if batch is None:
                yield Batch()
                await self._outbox.wait(BEAT_S)
                continue
            yield batch
            self._outbox.told(batch)
