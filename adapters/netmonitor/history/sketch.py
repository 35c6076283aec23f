"""How often which round trips came, in buckets that widen with them: adds up exactly, and tells quantiles within one percent.

    bucket i holds the whole microseconds above EDGES[i - 1], up to and with EDGES[i]
    EDGES[0] = 1, EDGES[i] = max(EDGES[i - 1] + 1, EDGES[i - 1] * 101 // 99)        up to 60 s: 778 of them

Up to 99 µs each value has a bucket of its own; above, the two ends of a bucket lie at most 101 : 99 apart, so that their harmonic mean
is within 1 % of any value between (as in DDSketch: Masson, Rim, Lee, VLDB 2019, 2.1, here with edges of whole numbers: no machine's
logarithm moves a value into another bucket). Nothing else is kept and nothing is ever collapsed: counts add up, so a sketch of two
hours is bit for bit the sum of the sketches of each.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import accumulate
from struct import Struct
from typing import NamedTuple

__all__ = ["EDGES", "ERROR", "MOST_US", "NOTHING", "Sketch", "lanes", "sketch"]

ERROR = 0.01
"""Of a quantile, relative to the value of that rank."""
MOST_US = 60_000_000
"""The longest round trip that is told apart from a longer one; the shortest is 1."""


def _edges() -> tuple[int, ...]:
    edges = [1]
    while edges[-1] < MOST_US:
        edges.append(max(edges[-1] + 1, edges[-1] * 101 // 99))
    return (*edges[:-1], MOST_US)


EDGES = _edges()
"""The highest value of each bucket, in microseconds."""


@cache
def _row(lanes: int) -> Struct:
    return Struct(f"<{lanes}Q")


def lanes(counts: Sequence[int]) -> int:
    """Counts of neighbouring buckets as one number with 64 bits for each: adding two such numbers adds all counts at once."""
    return int.from_bytes(_row(len(counts)).pack(*counts), "little")


class Sketch(NamedTuple):
    """Equal sketches are equal values: the first and the last count are never 0."""

    low: int
    """The bucket of the first count; 0 in an empty sketch."""
    lanes: int
    """See `lanes`."""

    def __add__(self, other: Sketch) -> Sketch:  # type: ignore[override]  # tuples would be put end to end
        """The sketch of all values of both."""
        if not other.lanes:
            return self
        if not self.lanes:
            return other
        if self.low <= other.low:
            return Sketch(self.low, self.lanes + (other.lanes << 64 * (other.low - self.low)))
        return Sketch(other.low, other.lanes + (self.lanes << 64 * (self.low - other.low)))

    @property
    def counts(self) -> tuple[int, ...]:
        """How many values lie in bucket `low` and each one after it."""
        width = -(-self.lanes.bit_length() // 64)
        return _row(width).unpack(self.lanes.to_bytes(width * 8, "little"))

    def quantiles(self, shares: Sequence[float]) -> list[float]:
        """For each share in (0, 1] the value of that rank (the nearest, as in `values.quantile`), in microseconds, within `ERROR`.

        Raises ValueError when there is no value.
        """
        sums = list(accumulate(self.counts))
        if not sums:
            raise ValueError("an empty sketch has no quantile")
        total = sums[-1]
        return [_middle(self.low + bisect_left(sums, max(1, math.ceil(share * total)))) for share in shares]


NOTHING = Sketch(0, 0)


@cache
def _middle(bucket: int) -> float:
    """The value that stands for a bucket: its own where it holds but one."""
    high = EDGES[bucket]
    low = EDGES[bucket - 1] + 1 if bucket else 1
    return float(high) if low == high else 2 * low * high / (low + high)


def sketch(values: Iterable[int]) -> Sketch:
    """The sketch of whole microseconds; what is out of bounds counts in the first or the last bucket."""
    buckets = [min(bisect_left(EDGES, value), len(EDGES) - 1) for value in values]
    if not buckets:
        return NOTHING
    low = min(buckets)
    counts = [0] * (max(buckets) - low + 1)
    for bucket in buckets:
        counts[bucket - low] += 1
    return Sketch(low, lanes(counts))
