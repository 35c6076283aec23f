"""What a line has told and nobody has read yet: bounded, for one reader."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from adapters.finesse.notify.line import End, Event, Heard, Lost, Terms

__all__ = ["Inbox"]


class Inbox:
    """A queue that ends. Policy when it is full: what it holds is thrown away and the line is Lost("behind"), for a full read follows."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._events: deque[Event] = deque()
        self._chars = 0
        self._more = asyncio.Event()
        self.end: End | None = None
        """How it ended; None while it goes on."""

    def put(self, event: Event) -> bool:
        """False: there was no room, and the inbox has ended, or had before."""
        if self.end is not None:
            return False
        chars = len(event.payload) if isinstance(event, Heard) else 0
        if len(self._events) >= self._terms.max_events or self._chars + chars > self._terms.max_queued:
            self._events.clear()
            self.close(Lost("behind"))
            return False
        self._events.append(event)
        self._chars += chars
        self._more.set()
        return True

    def close(self, end: End) -> None:
        """Nothing comes any more. The first end counts."""
        if self.end is None:
            self.end = end
            self._events.append(end)
            self._more.set()

    async def read(self) -> AsyncIterator[Event]:
        """What was put, as it comes; the end is the last. Given once: a second reader goes on where the first stopped."""
        while True:
            while self._events:
                event = self._events.popleft()
                self._chars -= len(event.payload) if isinstance(event, Heard) else 0
                yield event
            if self.end is not None:
                return
            self._more.clear()
            await self._more.wait()
