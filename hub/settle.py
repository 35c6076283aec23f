"""Which ids of a growing table have been handled, when rows become visible out of order. Pure.

Ids are given at INSERT, rows appear at COMMIT: a hole between two visible ids means "not yet" (an open transaction) or
"never" (a rollback, a deletion), and only time tells. Rule: everything up to `high` has been handled except the
holes in `missing`; each look asks for the ids above `high` and for the holes; a hole is given up after it has
been known for `settle_s`, which must be longer than the longest write transaction (`innodb_lock_wait_timeout` is 50 s,
so ten minutes is safe).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["MAX_GAP", "MAX_MISSING", "Settle"]

MAX_GAP = 1000
"""Of one gap that is longer (an import with given ids, a raised AUTO_INCREMENT) only the ids at both ends are awaited:
transactions that were open before the jump sit at its bottom, those open since at its top."""
MAX_MISSING = 2000
"""Holes awaited at most; beyond it those known longest are given up first."""


@dataclass(frozen=True, slots=True)
class Settle:
    """The position in one table."""

    high: int
    """The highest id handled."""
    missing: Mapping[int, float] = field(default_factory=dict)
    """Holes below `high` -> when first noticed, monotonic seconds."""
    again: tuple[int, int] | None = None
    """After rows vanished from the end: ids above the first and up to the second number may come a second time, for other rows."""

    @classmethod
    def first(cls, newest: Iterable[int], now: float) -> Settle:
        """The very first look: all that is visible counts as handled. Holes among the `newest` ids may be open transactions."""
        ids = sorted(newest)
        if not ids:
            return cls(0)
        holes = {hole: now for low, high in itertools.pairwise(ids) for hole in _gap(low, high)}
        return cls(ids[-1], _bounded(holes))

    @classmethod
    def load(cls, value: Mapping[str, Any], now: float) -> Settle:
        """What `dump` wrote. Monotonic clocks do not survive a restart, so holes get a new time to settle."""
        again = value["again"]
        return cls(
            int(value["high"]),
            {int(hole): now for hole in value["missing"]},
            None if again is None else (int(again[0]), int(again[1])),
        )

    def dump(self) -> dict[str, Any]:
        """The position as a JSON object."""
        return {"high": self.high, "missing": sorted(self.missing), "again": None if self.again is None else list(self.again)}

    def fallen(self, newest: int) -> Settle:
        """The position given the greatest id that exists (0: none).

        A smaller one than ours means that rows vanished from the end: the last ones were deleted, or a backup was restored. What
        comes above it is new, even where its id has been seen before.
        """
        if newest >= self.high:
            return self
        floor, ceiling = self.again or (newest, self.high)
        missing = {hole: at for hole, at in self.missing.items() if hole < newest}
        return Settle(newest, missing, (min(floor, newest), max(ceiling, self.high)))

    def reused(self, id: int) -> bool:
        """True when the id may have belonged to another row before rows vanished from the end."""
        return self.again is not None and self.again[0] < id <= self.again[1]

    def observe(self, ids: Sequence[int], now: float, settle_s: float, *, complete: bool = True) -> tuple[Settle, tuple[int, ...]]:
        """The next position, and which of `ids` are new, ascending.

        `ids` are the visible ids, in any order, that lie above `high` or in `missing`; with `complete` false only the lowest so many of
        them, and then no hole is given up, since some were not looked at. Other ids are ignored, so repeating an answer is harmless.
        """
        fresh = tuple(sorted({found for found in ids if found > self.high or found in self.missing}))
        above = [found for found in fresh if found > self.high]
        missing = {hole: at for hole, at in self.missing.items() if not complete or now - at < settle_s}
        for found in fresh:
            missing.pop(found, None)
        for low, high in itertools.pairwise([self.high, *above]):
            missing.update((hole, now) for hole in _gap(low, high))
        return replace(self, high=above[-1] if above else self.high, missing=_bounded(missing)), fresh


def _gap(low: int, high: int) -> Iterable[int]:
    """The ids between `low` and `high`, without them; of a long gap only both ends."""
    if high - low - 1 <= MAX_GAP:
        return range(low + 1, high)
    half = MAX_GAP // 2
    return itertools.chain(range(low + 1, low + 1 + half), range(high - half, high))


def _bounded(missing: dict[int, float]) -> dict[int, float]:
    if len(missing) <= MAX_MISSING:
        return missing
    newest = sorted(missing, key=lambda hole: (missing[hole], hole))[-MAX_MISSING:]
    return {hole: missing[hole] for hole in sorted(newest)}
