"""Hears newcomers a few at a time, so that a crowd at the door makes nobody wait who is inside.

What comes on new connections in one moment is ready in one turn of the event loop: two hundred requests were parsed and begun one after
the other for 35 to 45 ms, in which no event reached anybody. Between the turns that this makes of it the loop serves everybody else, and
between a few and the next few it has a pause: what takes an event to its reader are several turns, and each would have had its newcomers.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from weakref import WeakKeyDictionary

__all__ = ["Doorway", "doorway_of"]

_AT_ONCE = 3
"""Each takes 0.2 to 0.3 ms until it first waits for something."""
_PAUSE_S = 0.002
_CROWD = 300
"""If more than so many wait there is no pause: after a restart everybody comes at once, and their heads' time is running."""


class Doorway:
    """One for all connections of an event loop. As many wait in it as have connected and were not heard, with one piece of data each."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, at_once: int = _AT_ONCE, pause_s: float = _PAUSE_S, crowd: int = _CROWD) -> None:
        """`at_once`: how many are heard in one turn of the loop. `pause_s`: between these turns, while no more than `crowd` wait."""
        self._loop, self._at_once, self._pause_s, self._crowd = loop, at_once, pause_s, crowd
        self._waiting: deque[Callable[[], None]] = deque()
        self._opens = False

    def enter(self, hear: Callable[[], None]) -> None:
        """Has `hear` called in its turn, first come, first served."""
        self._waiting.append(hear)
        if not self._opens:
            self._opens = True
            self._loop.call_soon(self._some)

    def _some(self) -> None:
        try:
            for _ in range(min(self._at_once, len(self._waiting))):
                self._waiting.popleft()()
        finally:  # an error is one connection's, and the loop tells of it
            if len(self._waiting) > self._crowd:
                self._loop.call_soon(self._some)
            elif self._waiting:
                self._loop.call_later(self._pause_s, self._some)
            else:
                self._opens = False


_doorways: WeakKeyDictionary[asyncio.AbstractEventLoop, Doorway] = WeakKeyDictionary()


def doorway_of(loop: asyncio.AbstractEventLoop) -> Doorway:
    """The loop's own."""
    found = _doorways.get(loop)
    if found is None:
        found = _doorways[loop] = Doorway(loop)
    return found
