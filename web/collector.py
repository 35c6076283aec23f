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
"""It begins with `_LOOK_S` and comes later as long as that takes no more than `_SHORT_S`: five thousand hosts of the network make 130,000
objects a minute that stay for a while, and looking at them took 90 ms."""
_SHORT_S = 0.005
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
        self._frozen, self._at, self._whole_at, self._every_s = 0, clock(), clock(), _LOOK_S

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
        elif sessions - self._frozen >= _GROWN:
            self.freeze()
        elif now - self._at >= self._every_s:
            took_s = self.freeze()
            fitting_s = self._every_s * (_SHORT_S / took_s if took_s > 0 else 2)
            self._every_s = min(_AT_LEAST_S, max(_LOOK_S, min(fitting_s, 2 * self._every_s)))
        self._frozen = min(self._frozen, sessions)

    def freeze(self) -> float:
        """Collects what can be collected, and freezes the rest: garbage that was frozen would stay for ever. The seconds that it took."""
        began = self._clock()
        gc.collect()
        gc.freeze()
        self._frozen, self._at = self._sessions(), self._clock()
        return self._at - began
