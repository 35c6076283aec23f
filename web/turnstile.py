"""Lets sign-ins begin one after the other, so that a crowd at the door takes no more of the event loop than a few would.

Reading who a name belongs to, with all that HTTP needs, takes some 2 ms of the loop. Two hundred at once took it for 300 ms, in
which no event reached anybody: their steps stood in one line with everybody else's.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from web.passwords import Busy

__all__ = ["Turnstile"]

_APART_S = 0.01
"""100 a second: several times what two hashes at a time bear, and an eighth of the loop's time or so. It was 0.005, and twice as much."""
_LINE_S = 3.0
"""The line ends here: 300 people. Whoever comes later would be refused behind it anyway."""
_INSIDE = 100
"""As many as may wait for the ERP and for their hash together (`AskLimits`, `web.passwords`)."""


class Turnstile:
    """One for all sign-ins of a process. What it holds is bounded by `line_s / apart_s` and `inside`."""

    def __init__(self, *, apart_s: float = _APART_S, line_s: float = _LINE_S, inside: int = _INSIDE) -> None:
        """`apart_s`: seconds between two who begin; `line_s`: how long one waits for that at most; `inside`: how many may be at it."""
        self._apart_s, self._line_s, self._most = apart_s, line_s, inside
        self._inside = 0
        self._next = 0.0

    @asynccontextmanager
    async def passed(self) -> AsyncIterator[None]:
        """Begins in its turn. Raises Busy: at once when the line is too long, in its turn when too many are inside.

        Refusals take their turn, too: they are answers, and as many answers at once hold up the loop as much.
        """
        now = asyncio.get_running_loop().time()
        turn = max(now, self._next)
        if turn - now > self._line_s:
            raise Busy
        self._next = turn + self._apart_s
        if turn > now:
            await asyncio.sleep(turn - now)
        if self._inside >= self._most:
            raise Busy
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
