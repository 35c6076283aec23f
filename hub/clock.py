"""Notices that somebody set the time of day: the wall clock moved, and the monotonic one did not move with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

__all__ = ["LOOK_S", "TOLERANCE_S", "Steps"]

LOOK_S = 0.5
"""Between two looks of a watcher."""
TOLERANCE_S = 1.0
"""Smaller steps count as drift: the deadlines can bear them, and a clock that is slewed (500 ppm) never makes one."""


class Steps:
    """What the wall clock was set by between two looks. A machine that slept looks as if set forth: its monotonic clock stood."""

    def __init__(self, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._now, self._monotonic = now, monotonic
        self._offset_s = now().timestamp() - monotonic()

    def look(self) -> float:
        """Seconds that the clock was set forth since the last look, negative when back; 0 for less than the tolerance."""
        began = self._monotonic()
        wall = self._now().timestamp()
        if self._monotonic() - began > TOLERANCE_S / 2:  # this process stood still between the two readings: they do not compare
            return 0.0
        step_s, self._offset_s = wall - began - self._offset_s, wall - began
        return step_s if abs(step_s) > TOLERANCE_S else 0.0
