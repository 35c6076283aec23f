"""A host's history over some time, as columns for a chart: which tier tells it, and its points."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from operator import add
from statistics import median_low

import structlog

from adapters.netmonitor.history.blocks import ROLLUPS, Columns, Tier, columns, rounds
from adapters.netmonitor.history.columns import BadBlock
from adapters.netmonitor.history.kept import Kept
from adapters.netmonitor.history.moving import Block, by_step
from adapters.netmonitor.history.rollup import Rollup
from adapters.netmonitor.history.sketch import Sketch
from adapters.netmonitor.values import quantile

__all__ = ["Points", "Series", "choose", "of_rollups", "of_rounds"]

_log = structlog.get_logger("net.history")
_MULTIPLES = {60: (1, 2, 3), 300: (1, 2, 3, 4, 6), 3600: (1, 2, 3, 4, 6, 8, 12), 86_400: (1, 7, 14, 28)}
"""How many steps of a tier one point may hold: people read hours and days, and all but the weeks divide the tier's blocks."""
_GAP = 2.5
"""Rounds that lie more than so many usual distances apart have a gap between them."""


@dataclass(slots=True)
class Points:
    """One entry a point in each column. A gap (nothing was measured, or nothing could be sent) is None in all but `at`."""

    at: list[float] = field(default_factory=list)
    """Seconds since 1970 UTC at which the point begins, ascending."""
    rounds: list[int | None] = field(default_factory=list)
    sent: list[int | None] = field(default_factory=list)
    """Requests."""
    lost: list[int | None] = field(default_factory=list)
    """How many of them were not answered in time. With all of them lost the columns below are None."""
    least: list[float | None] = field(default_factory=list)
    """Milliseconds, as all that follow."""
    p50: list[float | None] = field(default_factory=list)
    """Of single rounds exact, as is p95; of more than one within `sketch.ERROR`."""
    p95: list[float | None] = field(default_factory=list)
    most: list[float | None] = field(default_factory=list)

    def gap(self, at: float) -> None:
        """Adds a gap."""
        self.at.append(at)
        for numbers in (self.rounds, self.sent, self.lost):
            numbers.append(None)
        self._times(None, None, None, None)

    def add(self, at: float, rounds: int, sent: int, lost: int, times_us: Sequence[float | None] = (None,) * 4) -> None:
        """Adds a point: the shortest, the median, the 95th percentile and the longest, unless nothing was answered."""
        self.at.append(at)
        self.rounds.append(rounds)
        self.sent.append(sent)
        self.lost.append(lost)
        self._times(*times_us)

    def _times(self, least: float | None, p50: float | None, p95: float | None, most: float | None) -> None:
        for column, value in ((self.least, least), (self.p50, p50), (self.p95, p95), (self.most, most)):
            column.append(None if value is None else value / 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A host's history over some time."""

    host: str
    since: datetime
    until: datetime
    """As asked for, but not later than now."""
    tier_s: int
    """Seconds of a point of the tier that was read; 0: single rounds, whose times are their own."""
    step_s: int
    """Seconds of a point, a whole multiple; 0 for single rounds."""
    points: Points


def choose(age: timedelta, since_s: float, until_s: float, most: int) -> tuple[Tier, int]:
    """The tier that still reaches back `age`, and the step, with the finest whole points of which there are at most `most`, two or more.

    Of two with the same step the coarser tier, which is quicker to read. The coarsest tier takes any multiple.
    """
    reaching = [tier for tier in ROLLUPS if age.total_seconds() <= tier.keep_s] or [ROLLUPS[-1]]
    fits = [
        (tier.step_s * multiple, -tier.step_s, tier)
        for tier in reaching
        for multiple in _MULTIPLES[tier.step_s]
        if _count(since_s, until_s, tier.step_s * multiple) <= most
    ]
    if fits:
        step_s, _, tier = min(fits)
        return tier, step_s
    tier = ROLLUPS[-1]
    multiple = max(1, math.ceil((until_s - since_s) / tier.step_s / most))
    while _count(since_s, until_s, multiple * tier.step_s) > most:
        multiple += 1
    return tier, multiple * tier.step_s


def _count(since_s: float, until_s: float, step_s: int) -> int:
    return math.ceil(until_s / step_s) - math.floor(since_s / step_s)


def of_rounds(blocks: Iterable[Block], fresh: Sequence[Kept], since_s: float, until_s: float) -> Points:
    """Single rounds, those of closed hours and the fresh ones, each once. A block that cannot be read is a gap, and the log tells."""
    found = {one.at: one for one in fresh}
    for block in blocks:
        try:
            found.update((one.at, one) for one in rounds(block.packed, block.start))
        except BadBlock:
            _unreadable(block)
    ordered = [found[at] for at in sorted(found) if since_s * 1000 <= at < until_s * 1000]
    distances = [later.at - earlier.at for earlier, later in pairwise(ordered)]
    usual_ms = median_low(distances) if distances else 0
    points = Points()
    for number, one in enumerate(ordered):
        if number and distances[number - 1] > _GAP * usual_ms:
            points.gap((ordered[number - 1].at + usual_ms) / 1000)
        if not one.rtts:
            points.gap(one.at / 1000)
            continue
        got = sorted(rtt for rtt in one.rtts if rtt is not None)
        times = (got[0], quantile(got, 0.5), quantile(got, 0.95), got[-1]) if got else (None,) * 4
        points.add(one.at / 1000, 1, len(one.rtts), len(one.rtts) - len(got), times)
    return points


def of_rollups(blocks: Iterable[Block], fresh: Sequence[Kept], since_s: float, until_s: float, step_s: int) -> Points:
    """Rollups of `step_s` each, by the whole steps that touch the time; those without a round are gaps.

    A block that cannot be read is a gap too, and the log tells.
    """
    first, count = math.floor(since_s / step_s), _count(since_s, until_s, step_s)
    merged: dict[int, Rollup] = {}
    for block in blocks:
        try:
            found = columns(block.packed, block.tier, block.start)
        except BadBlock:
            _unreadable(block)
            continue
        for place, point in _merge(found, step_s):
            merged[place] = merged[place] + point if place in merged else point
    for at, point in by_step(fresh, step_s).items():
        place = at // step_s
        merged[place] = merged[place] + point if place in merged else point
    points = Points()
    for place in range(first, first + count):
        one = merged.get(place)
        if one is None or not one.sent:
            points.gap(place * step_s)
        elif not one.most:
            points.add(place * step_s, one.rounds, one.sent, one.lost)
        else:
            points.add(place * step_s, one.rounds, one.sent, one.lost, (one.least, *one.quantiles(0.5, 0.95), one.most))
    return points


def _unreadable(block: Block) -> None:
    _log.error("net_block_unreadable", tier_s=block.tier.step_s, start=block.start, bytes=len(block.packed))


def _merge(found: Columns, step_s: int) -> Iterable[tuple[int, Rollup]]:
    """A block's rollups, those within one step added up."""
    sketches = list(found.sketches())
    begin = 0
    places = [at // step_s for at in found.at]
    for end in range(1, len(places) + 1):
        if end < len(places) and places[end] == places[begin]:
            continue
        some = slice(begin, end)
        least = min(filter(None, found.least[some]), default=0)
        most = max(map(add, found.least[some], found.spread[some]))
        numbers = sum(found.rounds[some]), sum(found.sent[some]), sum(found.lost[some])
        yield places[begin], Rollup(*numbers, least, most, reduce(Sketch.__add__, sketches[some]))
        begin = end
