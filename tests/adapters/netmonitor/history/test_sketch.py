"""The sketch: adds up exactly, and tells quantiles as closely as it says."""

from __future__ import annotations

import math
from functools import reduce
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.netmonitor.history.rollup import EMPTY, rollup, total
from adapters.netmonitor.history.sketch import EDGES, ERROR, MOST_US, NOTHING, Sketch, sketch
from adapters.netmonitor.values import quantile
from tests.adapters.netmonitor.history.values import KEPT

_VALUES = st.one_of(
    st.lists(st.integers(1, MOST_US), max_size=60),
    st.lists(st.integers(1, 2000), max_size=60),
    st.lists(st.floats(0, math.log(MOST_US)).map(lambda power: min(MOST_US, max(1, round(math.exp(power))))), max_size=60),
)


def test_buckets_are_as_narrow_as_they_say() -> None:
    """They ascend, end where they should, and no value lies farther from its bucket's middle than the error."""
    assert EDGES[0] == 1
    assert EDGES[-1] == MOST_US
    for below, high in pairwise(EDGES):
        low = below + 1
        assert low <= high
        assert (high - low) / (high + low) <= ERROR


@settings(deadline=None)  # the machine may be busy
@given(st.lists(_VALUES, max_size=5), st.randoms())
def test_parts_add_up_to_the_whole(parts: list[list[int]], chance: object) -> None:
    """In whatever order, bit for bit."""
    whole = sketch([value for part in parts for value in part])
    chance.shuffle(parts)  # type: ignore[attr-defined]
    assert reduce(Sketch.__add__, map(sketch, parts), NOTHING) == whole


@settings(deadline=None)  # the machine may be busy
@given(_VALUES.filter(bool), st.floats(0.001, 1))
def test_quantiles_are_within_the_error(values: list[int], share: float) -> None:
    """Of the value of that rank, at any share."""
    exact = quantile(sorted(values), share)
    assert exact is not None
    (told,) = sketch(values).quantiles([share])
    assert abs(told - exact) <= ERROR * exact * (1 + 1e-9)


@settings(deadline=None)  # the machine may be busy
@given(st.lists(st.integers(1, 99), min_size=1))
def test_what_is_shorter_than_a_tenth_of_a_millisecond_is_exact(values: list[int]) -> None:
    """Each microsecond has a bucket of its own there."""
    assert sketch(values).quantiles([0.5, 0.95, 1]) == [quantile(sorted(values), share) for share in (0.5, 0.95, 1)]


def test_values_out_of_bounds_count_in_the_outermost_buckets() -> None:
    """Nothing is lost of them but how far out they were."""
    assert sketch([0, MOST_US * 2]) == sketch([1, MOST_US])


def test_billions_of_values_still_add_up() -> None:
    """A count may be larger than 32 bits."""
    found = sketch([500, 900])
    for _ in range(40):
        found = found + found
    assert found.counts[0] == found.counts[-1] == 1 << 40
    assert found.quantiles([0.5])[0] == pytest.approx(500, rel=ERROR)


def test_nothing_has_no_quantile() -> None:
    """An error, not a number."""
    assert sketch([]) == NOTHING
    with pytest.raises(ValueError, match="no quantile"):
        NOTHING.quantiles([0.5])


@settings(deadline=None)  # the machine may be busy
@given(st.lists(KEPT, max_size=30), st.lists(st.integers(0, 3), min_size=30, max_size=30))
def test_rollups_of_parts_add_up_to_the_rollup_of_the_whole(kept: list, into: list[int]) -> None:  # type: ignore[type-arg]
    """Counts, loss, the shortest, the longest and the sketch, bit for bit; quantiles stay between the two."""
    parts = [[one for one, part in zip(kept, into, strict=False) if part == number] for number in range(4)]
    whole = rollup(kept)
    assert total(map(rollup, parts)) == whole
    assert total(map(rollup, reversed(parts))) == whole
    assert whole + EMPTY == EMPTY + whole == whole
    answered = sorted(rtt for one in kept for rtt in one.rtts if rtt is not None)
    assert (whole.least, whole.most) == ((answered[0], answered[-1]) if answered else (0, 0))
    assert whole.sent - whole.lost == len(answered)
    for told in whole.quantiles(0.5, 0.95):
        assert told is None if not answered else whole.least <= (told or 0) <= whole.most
