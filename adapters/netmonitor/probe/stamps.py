"""The kernel's times of arrival, brought onto the monotonic clock, whatever is done to the time of day meanwhile.

The kernel stamps packets with the time of day (CLOCK_REALTIME; SO_TIMESTAMPNS, Documentation/networking/timestamping.rst). Requests are
stamped with CLOCK_MONOTONIC, which nobody sets. Both clocks run at one pace (the kernel slews them together), so what lies between them
changes only when the time of day is set.
"""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["STEP_NS", "Stamps"]

STEP_NS = 500_000
"""What was set by less makes no measurement wrong enough to ask which of the two readings it belongs to."""
_CALIBRATE = 32
_READ_NS = 100
"""A reading of a clock takes about so long."""


class Stamps:
    """What lies between the two clocks, in nanoseconds. `look` before arrivals are read, `arrival` for each of them.

    The wall clock is read between two readings of the monotonic one, so what is found errs by half of what lies between those at most:
    50 ns when all is in the processor's caches, some microseconds after a pause. So the closest reading is kept until one contradicts it.
    """

    def __init__(self, monotonic: Callable[[], int] = time.monotonic_ns, wall: Callable[[], int] = time.time_ns) -> None:
        self._monotonic, self._wall = monotonic, wall
        self._offset = self._error = 0
        self._before: int | None = None
        self._since, self._now = 0, monotonic()
        self._calibrate()

    def look(self) -> int:
        """The monotonic time. What is read from now until the next `look` came between the last one and about now."""
        offset, error, now = self._reading()
        self._since, self._now, self._before = self._now, now, None
        moved = abs(offset - self._offset)
        if moved > error + self._error:  # somebody set the clock
            before = self._offset
            self._calibrate()
            if abs(self._offset - before) > STEP_NS:
                self._before = before
        elif error < self._error:
            self._offset, self._error = offset, error
        return now

    def _calibrate(self) -> None:
        self._offset, self._error, _ = min((self._reading() for _ in range(_CALIBRATE)), key=lambda reading: reading[1])

    def _reading(self) -> tuple[int, int, int]:
        """The offset, by how much it may err, and when."""
        began = self._monotonic()
        at = self._wall()
        ended = self._monotonic()
        return at - (began + ended >> 1), (ended - began >> 1) + _READ_NS, ended

    def arrival(self, stamp_ns: int) -> int:
        """The monotonic time of a packet that the kernel stamped so. Where the clock was set meanwhile, whichever reading is possible."""
        at = stamp_ns - self._offset
        if self._before is None:
            return at
        if self._since <= at <= self._now + STEP_NS:
            return at
        at = stamp_ns - self._before
        return at if self._since <= at <= self._now + STEP_NS else self._now
