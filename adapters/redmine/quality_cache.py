"""Answers kept for a short while, each asked for once however many people wait for it."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Cache"]

T = TypeVar("T")


@dataclass(slots=True)
class _Kept(Generic[T]):
    value: T
    asked_at: float
    generation: int


class Cache(Generic[T]):
    """At most `size` answers, each at most `life_s` old; after `invalidate` at most `floor_s` old.

    The floor bounds what a busy upstream costs: whoever looks again right after a change gets the answer of that moment, or one that
    is `floor_s` older. An answer that was on its way when a change came counts as older than the change. Failures are not kept.
    """

    def __init__(
        self, *, name: str, life_s: float = 60.0, floor_s: float = 2.0, size: int = 16, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`name` names the tasks. `clock` is monotonic."""
        self._name, self._life_s, self._floor_s, self._size, self._clock = name, life_s, floor_s, size, clock
        self._kept: OrderedDict[Hashable, _Kept[T]] = OrderedDict()
        self._flying: dict[Hashable, tuple[int, asyncio.Task[T]]] = {}
        self._generation = 0

    def invalidate(self) -> None:
        """The upstream has changed."""
        self._generation += 1

    async def get(self, key: Hashable, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer for `key`, asked for by `ask` where none is good enough. What `ask` raises, every waiter gets.

        A waiter that is cancelled leaves the asking to the others; `ask` must end by itself, in bounded time.
        """
        kept = self._kept.get(key)
        if kept is not None and self._clock() - kept.asked_at < (self._life_s if kept.generation == self._generation else self._floor_s):
            self._kept.move_to_end(key)
            return kept.value
        flying = self._flying.get(key)
        if flying is None or flying[0] != self._generation:
            flying = self._generation, asyncio.create_task(self._ask(key, ask, self._generation), name=f"{self._name}_read")
            self._flying[key] = flying
        return await asyncio.shield(flying[1])

    async def _ask(self, key: Hashable, ask: Callable[[], Awaitable[T]], generation: int) -> T:
        began = self._clock()
        try:
            value = await ask()
        finally:
            if self._flying.get(key, (None,))[0] == generation:
                del self._flying[key]
        known = self._kept.get(key)
        if known is None or known.generation <= generation:  # two askings of different generations may end in any order
            self._kept[key] = _Kept(value, began, generation)
            self._kept.move_to_end(key)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return value

    async def close(self) -> None:
        """Ends what is on its way."""
        tasks = [task for _, task in self._flying.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
