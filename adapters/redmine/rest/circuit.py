"""A circuit: while Redmine is down nobody waits for it, and one call at a time tries whether it is back. No I/O; the clock is given."""

from __future__ import annotations

import time
from collections.abc import Callable

from adapters.redmine.rest.errors import RestAway

__all__ = ["Circuit"]


class Circuit:
    """Closed: calls go through. Open after `failures` in a row: calls are refused. After `open_s` seconds one call probes."""

    def __init__(self, *, failures: int = 5, open_s: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        """`failures`: at least 1, of any people's calls; `open_s`: seconds between two probes."""
        self._failures, self._open_s, self._clock = failures, open_s, clock
        self._in_a_row = 0
        self._probe_at = 0.0
        self._probing = False

    @property
    def open(self) -> bool:
        """True while Redmine counts as down."""
        return self._in_a_row >= self._failures

    def enter(self) -> bool:
        """Lets a call through, True when it is the probe. Raises RestAway while the circuit is open."""
        if not self.open:
            return False
        wait = self._probe_at - self._clock()
        if wait > 0 or self._probing:
            raise RestAway("it did not answer lately", retry_after=max(wait, 1.0))
        self._probing = True
        return True

    def answered(self) -> None:
        """Redmine answered, whatever it said."""
        self._in_a_row, self._probing = 0, False

    def failed(self) -> None:
        """Redmine did not answer, or a proxy did in its place."""
        self._in_a_row += 1
        self._probing = False
        if self.open:
            self._probe_at = self._clock() + self._open_s

    def gave_up(self, *, probe: bool) -> None:
        """The caller left before there was an answer: nothing was learnt, and another may probe."""
        if probe:
            self._probing = False
