"""Raised after some bad rounds of the last, cleared after some good ones in a row, so that one round changes nothing (UX B3)."""

from __future__ import annotations

from adapters.netmonitor.values import Limits

__all__ = ["Hysteresis"]


class Hysteresis:
    """One level: raised or not. A round that is neither bad nor good counts as one that was not bad, and breaks a row of good ones."""

    __slots__ = ("_bad", "_good", "raised")

    def __init__(self, raised: bool = False) -> None:
        self.raised = raised
        self._bad = 0  # a bit for each of the last rounds, the newest lowest
        self._good = 0

    def take(self, *, bad: bool, good: bool, limits: Limits) -> bool:
        """Counts a round; True when it raised or cleared the level. Only a bad round raises, only a good one clears."""
        if not bad and not self._bad and not self.raised:
            return False  # nearly every round of nearly every host
        self._bad = (self._bad << 1 | bad) & ((1 << limits.raise_of) - 1)
        self._good = self._good + 1 if good else 0
        if self.raised:
            if self._good < limits.clear_good:
                return False
        elif not bad or self._bad.bit_count() < limits.raise_bad:
            return False
        self.put(not self.raised)
        return True

    def put(self, raised: bool) -> None:
        """Sets the level. What was counted is forgotten: it spoke for the level before."""
        self.raised = raised
        self._bad = self._good = 0
