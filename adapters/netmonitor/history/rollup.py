"""What is kept of many rounds together: counts, loss, the shortest and the longest exactly, the rest as a sketch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from adapters.netmonitor.history.kept import Kept
from adapters.netmonitor.history.sketch import NOTHING, Sketch, sketch

__all__ = ["EMPTY", "Rollup", "rollup", "total"]


class Rollup(NamedTuple):
    """Rounds of a host within a span. The rollup of two spans is the sum of theirs, bit for bit, in whatever order they are added."""

    rounds: int
    """Those too in which nothing could be sent."""
    sent: int
    """Requests."""
    lost: int
    """How many of them were not answered in time."""
    least: int
    """The shortest round trip in whole microseconds; 0: nothing was answered."""
    most: int
    """The longest one."""
    sketch: Sketch

    def __add__(self, other: Rollup) -> Rollup:  # type: ignore[override]  # tuples would be put end to end
        """The rollup of the rounds of both."""
        least = min(self.least, other.least) if self.least and other.least else self.least or other.least
        return Rollup(
            self.rounds + other.rounds,
            self.sent + other.sent,
            self.lost + other.lost,
            least,
            max(self.most, other.most),
            self.sketch + other.sketch,
        )

    def quantiles(self, *shares: float) -> list[float | None]:
        """These quantiles of the round trips in microseconds, never outside of the shortest and the longest; None: nothing was answered."""
        if not self.most:
            return [None] * len(shares)
        return [min(max(value, self.least), self.most) for value in self.sketch.quantiles(shares)]


EMPTY = Rollup(0, 0, 0, 0, 0, NOTHING)


def rollup(rounds: Iterable[Kept]) -> Rollup:
    """The rollup of these rounds."""
    count = sent = lost = 0
    answered: list[int] = []
    for one in rounds:
        got = [rtt for rtt in one.rtts if rtt is not None]
        count, sent, lost = count + 1, sent + len(one.rtts), lost + len(one.rtts) - len(got)
        answered += got
    return Rollup(count, sent, lost, min(answered, default=0), max(answered, default=0), sketch(answered))


def total(rollups: Iterable[Rollup]) -> Rollup:
    """Their sum."""
    return sum(rollups, EMPTY)
