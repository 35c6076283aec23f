"""A bounded queue with one reader that can end with an error."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Mailbox"]

T = TypeVar("T")


class Mailbox(Generic[T]):
    """Holds up to `bound` items; what happens beyond it is for the writer to decide, who asks `full` first.

    `on_change` is called when there is room again, and when the reader begins to wait. Cancelling a reader loses nothing.
    """

    def __init__(self, bound: int, on_change: Callable[[], None]) -> None:
        self._bound, self._on_change = bound, on_change
        self._items: deque[T] = deque()
        self._wake = asyncio.Event()
        self._error: Exception | None = None
        self.waiting = False
        """Whether the reader waits for an item."""

    def __len__(self) -> int:
        return len(self._items)

    @property
    def full(self) -> bool:
        """Whether the bound is reached."""
        return len(self._items) >= self._bound

    def put(self, item: T) -> None:
        """Adds an item at the end."""
        self._items.append(item)
        self._wake.set()

    def clear(self) -> None:
        """Drops everything."""
        self._items.clear()

    def fail(self, error: Exception) -> None:
        """The reader gets what is left, and then this error, every time."""
        self._error = error
        self._wake.set()

    async def take(self) -> T:
        """The next item; waits for it. Raises what `fail` was given."""
        while not self._items:
            if self._error is not None:
                raise self._error
            self._wake.clear()
            self.waiting = True
            self._on_change()
            try:
                await self._wake.wait()
            finally:
                self.waiting = False
        item = self._items.popleft()
        self._on_change()
        return item
