"""When to dial: never all agents at once, never at the same moment again, never after a word that only a person can answer.

Finesse's own advice for a client that lost its connection (Developer Guide 12.5(1), "Failure Scenarios"), and full jitter.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

__all__ = ["Manners", "pause_s"]

_MOST_S, _FIRST_S = 30.0, 0.5


def pause_s(failures: int, uniform: Callable[[float, float], float] = random.uniform) -> float:
    """Seconds before the next try: `uniform(0, min(30, 0.5 * 2^failures))`, and none before the first."""
    return uniform(0.0, min(_MOST_S, _FIRST_S * 2.0 ** min(failures, 16))) if failures > 0 else 0.0


class Manners:
    """One for all agents of a process: at most `per_second` dials begin in a second, and `at_once` are under way.

    The defaults have 500 agents back in 5 s, where 60 s are the time until Finesse signs them out.
    """

    def __init__(
        self,
        *,
        per_second: float = 100.0,
        at_once: int = 32,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        if per_second <= 0 or at_once < 1:
            raise ValueError("per_second and at_once: more than nothing")
        self._gap_s = 1 / per_second
        self._places = asyncio.Semaphore(at_once)
        self._next = clock()
        self._clock, self._sleep = clock, sleep

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A dial's place; first come, first served."""
        async with self._places:
            now = self._clock()
            at = max(now, self._next)
            self._next = at + self._gap_s
            if at > now:
                await self._sleep(at - now)
            yield
