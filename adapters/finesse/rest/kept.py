"""Answers that many agents share, kept a while: asked for once however many want them, and old ones rather than none."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from adapters.finesse.errors import Away, Busy, OutOfService
from hub.tasks import heed_cancellation

__all__ = ["Kept"]

_V = TypeVar("_V")
_AGAIN_S = 5.0
"""Nobody asks again so soon after Finesse did not answer."""


@dataclass(slots=True)
class _Entry(Generic[_V]):
    value: _V
    at: float
    weight: int


class Kept(Generic[_V]):
    """Values by key. When they weigh too much together, those go that were wanted least lately; one that alone weighs too much stays."""

    def __init__(
        self,
        *,
        keep_s: float,
        stale_s: float,
        most: int,
        weigh: Callable[[_V], int] = lambda _: 1,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`keep_s`: seconds until a value is asked for anew; `stale_s`: until it is not given even when Finesse does not answer.

        `most`: what all may weigh together.
        """
        self._keep_s, self._stale_s, self._most, self._weigh, self._clock = keep_s, stale_s, most, weigh, clock
        self._entries: OrderedDict[Hashable, _Entry[_V]] = OrderedDict()
        self._failed: dict[Hashable, float] = {}
        self._turns: dict[Hashable, tuple[asyncio.Lock, list[None]]] = {}
        self.weight = 0
        """Of all that is kept."""

    def __len__(self) -> int:
        return len(self._entries)

    async def get(self, key: Hashable, fetch: Callable[[], Awaitable[_V]], *, until: float) -> _V:
        """The value, fetched when it is not there or old. Raises what `fetch` raises, and Busy when another's fetch lasts beyond `until`.

        Away and OutOfService are everybody's, so that nobody asks again for some seconds; any other error is only the one's who asked.
        """
        if (entry := self._fresh(key)) is not None:
            return entry.value
        async with self._turn(key, until):
            if (entry := self._fresh(key)) is not None:
                return entry.value
            if self._clock() - self._failed.get(key, float("-inf")) < _AGAIN_S:
                return self._old(key, OutOfService(retry_after=_AGAIN_S))
            try:
                value = await fetch()
            except (Away, OutOfService) as error:
                heed_cancellation()
                self._fail(key)
                return self._old(key, error)
            self._failed.pop(key, None)
            self._put(key, value)
            return value

    def clear(self) -> None:
        """Forgets everything."""
        self._entries.clear()
        self._failed.clear()
        self.weight = 0

    def _fresh(self, key: Hashable) -> _Entry[_V] | None:
        entry = self._entries.get(key)
        if entry is None or self._clock() - entry.at >= self._keep_s:
            return None
        self._entries.move_to_end(key)
        return entry

    def _old(self, key: Hashable, error: Away | OutOfService) -> _V:
        entry = self._entries.get(key)
        if entry is None or self._clock() - entry.at >= self._stale_s:
            raise error
        return entry.value

    def _fail(self, key: Hashable) -> None:
        now = self._clock()
        self._failed = {each: at for each, at in self._failed.items() if now - at < _AGAIN_S}
        self._failed[key] = now

    def _put(self, key: Hashable, value: _V) -> None:
        self._drop(key)
        entry = _Entry(value, self._clock(), self._weigh(value))
        self._entries[key] = entry
        self.weight += entry.weight
        while self.weight > self._most and len(self._entries) > 1:
            self._drop(next(iter(self._entries)))

    def _drop(self, key: Hashable) -> None:
        if (entry := self._entries.pop(key, None)) is not None:
            self.weight -= entry.weight

    @asynccontextmanager
    async def _turn(self, key: Hashable, until: float) -> AsyncIterator[None]:
        lock, users = self._turns.setdefault(key, (asyncio.Lock(), []))
        users.append(None)
        try:
            try:
                async with asyncio.timeout_at(until):
                    await lock.acquire()
            except TimeoutError:
                raise Busy() from None
            try:
                yield
            finally:
                lock.release()
        finally:
            users.pop()
            if not users:
                self._turns.pop(key, None)
