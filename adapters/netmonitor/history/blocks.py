"""The history of closed hours in blocks: which tiers there are, how long each is kept, and the bytes of a block.

A block holds a host's rounds of an hour, or the rollups of one tier in a span that begins at a whole multiple of it. All times are UTC.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise
from typing import NamedTuple

from adapters.netmonitor.history.columns import BadBlock, pack, unpack
from adapters.netmonitor.history.kept import Kept
from adapters.netmonitor.history.rollup import Rollup
from adapters.netmonitor.history.sketch import Sketch, lanes

__all__ = ["DAY_S", "HOUR_S", "RAW", "ROLLUPS", "TIERS", "Columns", "Tier", "columns", "pack_rollups", "pack_rounds", "rollups", "rounds"]

MINUTE_S, HOUR_S, DAY_S = 60, 3600, 86_400


class Tier(NamedTuple):
    """One fineness of the history (UX B10)."""

    step_s: int
    """Of one point; 0: single rounds."""
    span_s: int
    """Of one block."""
    keep_s: int
    """A block whose end is older goes."""

    def block(self, at_s: int) -> int:
        """When the block of this moment begins."""
        return at_s - at_s % self.span_s


RAW = Tier(0, HOUR_S, 2 * DAY_S)
ROLLUPS = (
    Tier(MINUTE_S, HOUR_S, 14 * DAY_S),
    Tier(5 * MINUTE_S, DAY_S, 90 * DAY_S),
    Tier(HOUR_S, 7 * DAY_S, 2 * 366 * DAY_S),
    Tier(DAY_S, 91 * DAY_S, 10 * 366 * DAY_S),
)
"""Each one's step is a whole multiple of the one before, so that a rollup is the sum of finer ones."""
TIERS = (RAW, *ROLLUPS)

# -- single rounds -----------------------------------------------------------------------------------


def pack_rounds(kept: Sequence[Kept], start_s: int) -> bytes:
    """The rounds of a block, ascending by time; none earlier than its start."""
    words = sorted({word for one in kept for word in (one.error, one.warning) if word})
    number = {word: at for at, word in enumerate(["", *words])}
    times = [start_s * 1000, *(one.at for one in kept)]
    return pack(
        [
            [later - earlier for earlier, later in pairwise(times)],
            [one.state for one in kept],
            [len(one.rtts) for one in kept],
            [sum(1 << place for place, rtt in enumerate(one.rtts) if rtt is None) for one in kept],
            [rtt for one in kept for rtt in one.rtts if rtt is not None],
            [one.late for one in kept],
            [one.duplicates for one in kept],
            [number[one.error] for one in kept],
            [number[one.warning] for one in kept],
            "\n".join(words).encode(),
        ]
    )


def rounds(packed: bytes, start_s: int) -> list[Kept]:
    """The rounds of a block, ascending by time. Raises BadBlock."""
    gaps, states, sent, lost, rtts, late, duplicates, errors, warnings, words = unpack(packed, 10)
    try:
        named = ["", *bytes(words).decode().split("\n")]
        times = accumulate(gaps, initial=start_s * 1000)
        next(times)
        answered = iter(rtts)
        return [
            Kept(
                at,
                state,
                tuple([None if missing >> place & 1 else next(answered) for place in range(count)]),
                late_,
                duplicates_,
                named[error],
                named[warning],
            )
            for at, state, count, missing, late_, duplicates_, error, warning in zip(
                times, states, sent, lost, late, duplicates, errors, warnings, strict=True
            )
        ]
    except (ValueError, IndexError, RuntimeError, StopIteration) as error:
        raise BadBlock(f"columns that do not fit: {error}") from error


# -- rollups -----------------------------------------------------------------------------------------


class Columns(NamedTuple):
    """The rollups of a block as they lie in it, for whoever reads thousands of them."""

    at: Sequence[int]
    """Seconds since 1970 UTC, ascending."""
    rounds: Sequence[int]
    sent: Sequence[int]
    lost: Sequence[int]
    least: Sequence[int]
    spread: Sequence[int]
    """The longest round trip less the shortest."""
    low: Sequence[int]
    width: Sequence[int]
    """How many of `counts` are this rollup's."""
    counts: Sequence[int]

    def sketches(self) -> Iterator[Sketch]:
        """Each one's sketch."""
        begin = 0
        counts = self.counts
        for low, width in zip(self.low, self.width, strict=True):
            yield Sketch(low, lanes(counts[begin : begin + width]))
            begin += width


def pack_rollups(points: Mapping[int, Rollup], tier: Tier, start_s: int) -> bytes:
    """The rollups of a block by the second that each begins at."""
    ordered = [(at, points[at]) for at in sorted(points)]
    counts = [one.sketch.counts for _, one in ordered]
    return pack(
        [
            [(at - start_s) // tier.step_s for at, _ in ordered],
            [one.rounds for _, one in ordered],
            [one.sent for _, one in ordered],
            [one.lost for _, one in ordered],
            [one.least for _, one in ordered],
            [one.most - one.least for _, one in ordered],
            [one.sketch.low for _, one in ordered],
            [len(some) for some in counts],
            [count for some in counts for count in some],
        ]
    )


def columns(packed: bytes, tier: Tier, start_s: int) -> Columns:
    """A block's columns. Raises BadBlock."""
    at, *others = unpack(packed, 9)
    step_s = tier.step_s
    found = Columns([start_s + place * step_s for place in at], *others)
    if {len(column) for column in others[:-1]} != {len(at)} or sum(found.width) != len(found.counts):
        raise BadBlock("columns that do not fit")
    return found


def rollups(packed: bytes, tier: Tier, start_s: int) -> dict[int, Rollup]:
    """The rollups of a block by the second that each begins at. Raises BadBlock."""
    found = columns(packed, tier, start_s)
    return dict(_rollups(found))


def _rollups(found: Columns) -> Iterable[tuple[int, Rollup]]:
    numbers = zip(found.at, found.rounds, found.sent, found.lost, found.least, found.spread, found.sketches(), strict=True)
    for at, count, sent, lost, least, spread, sketch in numbers:
        yield at, Rollup(count, sent, lost, least, least + spread, sketch)
