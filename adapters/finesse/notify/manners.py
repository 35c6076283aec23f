"""When to dial: never all agents at once, never at the same moment again, never after a word that only a person can answer.

Finesse's own advice for a client that lost its connection (Developer Guide 12.5(1), "Failure Scenarios"), and full jitter.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

from adapters.finesse.notify.line import Connected, Event, Line, Lost, Replaced, WrongPassword

__all__ = ["Manners", "Tries", "pause_s"]

_MOST_S, _FIRST_S = 30.0, 0.5
_STEADY_S = 30.0
"""A connection that stood for this long was a good one: what ends it is a new fault. A shorter one is the old fault going on."""


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
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        if per_second <= 0 or at_once < 1:
            raise ValueError("per_second and at_once: more than nothing")
        self._gap_s = 1 / per_second
        self._places = asyncio.Semaphore(at_once)
        self._next = clock()
        self.clock, self.sleep, self.uniform = clock, sleep, uniform

    def tries(self) -> Tries:
        """The tries of one agent. A person's new word (a new password, "connect here again") begins new ones."""
        return Tries(self)

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A dial's place; first come, first served."""
        async with self._places:
            now = self.clock()
            at = max(now, self._next)
            self._next = at + self._gap_s
            if at > now:
                await self.sleep(at - now)
            yield


class Tries:
    """One agent's tries, one after the other:

        tries = manners.tries()
        while await tries.pause():
            async with tries.dial(connector(credentials, domain, pubsub)) as line:
                async for event in line.events():
                    tries.saw(event)
                    ...

    Each dial may be by another connector, that of the other node for instance.
    """

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._stood_at: float | None = None
        self.failures = 0
        """Tries that failed, one after the other."""
        self.over: Replaced | WrongPassword | None = None
        """Why no other try follows by itself."""

    async def pause(self) -> bool:
        """Waits until the next try is due, jittered. False: there is none, for a person must act."""
        if self.over is not None:
            return False
        await self._manners.sleep(pause_s(self.failures, self._manners.uniform))
        return True

    @asynccontextmanager
    async def dial(self, way: AbstractAsyncContextManager[Line]) -> AsyncIterator[Line]:
        """Enters it when its turn has come; the place is given back as soon as the line stands or the try has failed."""
        self._stood_at = None
        async with AsyncExitStack() as stack:
            async with self._manners.place():
                line = await stack.enter_async_context(way)
            yield line

    def saw(self, event: Event) -> None:
        """Learns from an event of the line."""
        match event:
            case Connected():
                self._stood_at = self._manners.clock()
            case Replaced() | WrongPassword():
                self.over = event
            case Lost(why):
                steady = self._stood_at is not None and self._manners.clock() - self._stood_at >= _STEADY_S
                self.failures = (0 if steady else self.failures) + (why != "left")
            case _:
                pass
