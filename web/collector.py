"""Keeps full garbage collections short: what has stayed is taken out of the collector's sight (`gc.freeze`).

A full collection stalls every session for its length, and looks at every object there is: with 19,000 sessions for a
quarter of a second. Sessions are freed by their reference counts when they end, because they break their circles themselves
(`Connection.connection_lost`), so the collector need not look at those that stay.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable

__all__ = ["Collector"]

_LOOK_S = 5.0
_GROWN = 1_000
"""New sessions after which they are frozen: collecting them takes some 15 ms."""
_AT_LEAST_S = 60.0
_WHOLE_S = 3600.0
_THRESHOLDS = (20_000, 10, 10)
"""Objects more than there were, after which the young are looked at; CPython's own 700 are a batch of notifications on its way.

Under load most looks then find nothing but live events, and since what has stayed is out of sight, "a quarter more than
there were" (CPython's rule for a full collection) comes several times a second."""
_QUIET = 1_000
"""With fewer sessions everything is thawed and looked at once an hour, for what was in a circle after all."""


class Collector:
    """Freezes what stays. `sessions` gives how many there are; `clock` steady seconds."""

    def __init__(self, sessions: Callable[[], int], *, clock: Callable[[], float]) -> None:
        self._sessions, self._clock = sessions, clock
        self._frozen, self._at, self._whole_at = 0, clock(), clock()

    async def run(self) -> None:
        """Begins with what start-up made, then looks every few seconds. While it runs CPython's own collections are rarer."""
        before = gc.get_threshold()
        gc.set_threshold(*_THRESHOLDS)
        try:
            self.freeze()
            while True:
                await asyncio.sleep(_LOOK_S)
                self.look()
        finally:
            gc.set_threshold(*before)

    def look(self) -> None:
        """Freezes when enough has come, or enough time has gone by."""
        now, sessions = self._clock(), self._sessions()
        if now - self._whole_at >= _WHOLE_S and sessions < _QUIET:
            self._whole_at = now
            gc.unfreeze()
            self.freeze()
        elif sessions - self._frozen >= _GROWN or now - self._at >= _AT_LEAST_S:
            self.freeze()
        self._frozen = min(self._frozen, sessions)

    def freeze(self) -> None:
        """Collects what can be collected, and freezes the rest: garbage that was frozen would stay for ever."""
        gc.collect()
        gc.freeze()
        self._frozen, self._at = self._sessions(), self._clock()
