"""Which tier tells a time, and that points, gaps and loss are what was measured. Uptime and intervals, by values."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.netmonitor.history.blocks import DAY_S, RAW, ROLLUPS, TIERS
from adapters.netmonitor.history.kept import Kept
from adapters.netmonitor.history.moving import Block, move
from adapters.netmonitor.history.outages import Outage, StateChange, follow
from adapters.netmonitor.history.rollup import rollup
from adapters.netmonitor.history.series import choose, of_rollups, of_rounds
from adapters.netmonitor.history.uptime import Uptime, mean
from adapters.netmonitor.values import State
from tests.adapters.netmonitor.history.values import HOUR_S, hours_rounds
from tests.clock import START

_NOW = 1_795_430_000.0


@pytest.mark.parametrize(
    ("days", "tier_s", "step_s"),
    [
        (0.25, 60, 60),
        (1, 60, 60),
        (7, 300, 600),
        (30, 300, 1800),
        (90, 3600, 7200),
        (365, 3600, 21_600),
        (730, 3600, 43_200),
        (3650, 86_400, 604_800),
        (20_000, 86_400, 1_209_600),
    ],
)
def test_the_usual_ranges_have_whole_steps(days: float, tier_s: int, step_s: int) -> None:
    """Up to now, with two thousand points."""
    tier, step = choose(timedelta(days=days), _NOW - days * DAY_S, _NOW, 2000)
    assert (tier.step_s, step) == (tier_s, step_s)


@settings(deadline=None)  # the machine may be busy
@given(st.floats(1, _NOW), st.floats(0, 1), st.integers(2, 5000))
def test_no_more_points_than_wanted_from_a_tier_that_reaches_back(age_s: float, part: float, most: int) -> None:
    """For any time: whole multiples, of a tier that still holds its beginning, if any does."""
    since_s, until_s = _NOW - age_s, _NOW - age_s * part
    tier, step_s = choose(timedelta(seconds=age_s), since_s, until_s, most)
    assert step_s % tier.step_s == 0
    assert tier == ROLLUPS[-1] or tier.keep_s >= age_s
    if since_s < until_s:
        assert len(of_rollups([], [], since_s, until_s, step_s).at) <= most


@settings(deadline=None)  # the machine may be busy
@given(hours_rounds(), st.integers(0, 40), st.sampled_from([60, 180, 300, 600, 3600]))
def test_points_are_the_rollups_of_their_rounds(kept: list[Kept], moved: int, step_s: int) -> None:
    """Whether they have moved or not; a step without a round that could be sent is a gap."""
    tier = max((tier for tier in ROLLUPS if step_s % tier.step_s == 0), key=lambda tier: tier.step_s)
    blocks = [block for block in move("h", HOUR_S, kept[:moved], {}) if block.tier == tier]
    points = of_rollups(blocks, kept[moved:], HOUR_S, HOUR_S + 3600, step_s)
    assert points.at == list(range(HOUR_S, HOUR_S + 3600, step_s))
    for number, at in enumerate(points.at):
        whole = rollup([one for one in kept if at * 1000 <= one.at < (at + step_s) * 1000])
        told = (points.rounds[number], points.sent[number], points.lost[number])
        assert told == ((whole.rounds, whole.sent, whole.lost) if whole.sent else (None, None, None))
        p50, p95 = whole.quantiles(0.5, 0.95)
        times = (whole.least or None, p50, p95, whole.most or None)
        columns = (points.least[number], points.p50[number], points.p95[number], points.most[number])
        assert columns == tuple(None if value is None else value / 1000 for value in times)


def test_single_rounds_are_exact_and_their_gaps_stay() -> None:
    """All lost is a point without times; nothing sent, and a hole of more than two usual distances, are gaps."""
    kept = [
        Kept((HOUR_S + second) * 1000, 0, rtts)
        for second, rtts in ((0, (100, 300, 200)), (10, (None, None)), (20, ()), (30, (7,)), (100, (9, None)))
    ]
    block = next(block for block in move("h", HOUR_S, kept[:3], {}) if block.tier == RAW)
    points = of_rounds([block], kept[2:], HOUR_S, HOUR_S + 3600)
    assert [at - HOUR_S for at in points.at] == [0, 10, 20, 30, 40, 100]
    assert points.sent == [3, 2, None, 1, None, 2]
    assert points.lost == [0, 2, None, 0, None, 1]
    assert points.least == [0.1, None, None, 0.007, None, 0.009]
    assert points.p50 == [0.2, None, None, 0.007, None, 0.009]
    assert points.p95 == points.most == [0.3, None, None, 0.007, None, 0.009]
    assert of_rounds([block], kept, HOUR_S + 30, HOUR_S + 100).at == [HOUR_S + 30]


def test_a_block_that_cannot_be_read_is_a_gap() -> None:
    """What else there is of that time is shown."""
    fresh = [Kept(HOUR_S * 1000, 0, (100,))]
    for tier in TIERS:
        bad = Block(tier, tier.block(HOUR_S), 7, b"\x01nonsense")
        if tier == RAW:
            points = of_rounds([bad], fresh, HOUR_S, HOUR_S + 3600)
        else:
            points = of_rollups([bad], fresh, HOUR_S, HOUR_S + 1, tier.step_s)
        assert points.sent == [1]


def _at(seconds: float, state: State = State.DOWN, *, maintenance: bool = False, reason: str = "") -> StateChange:
    return StateChange("h", state, START + timedelta(seconds=seconds), maintenance, reason)


def _interval(began: float, ended: float | None, state: State = State.DOWN, *, maintenance: bool = False, reason: str = "") -> Outage:
    end = None if ended is None else START + timedelta(seconds=ended)
    return Outage(host="h", began=START + timedelta(seconds=began), ended=end, state=state, maintenance=maintenance, reason=reason)


def test_changes_become_intervals() -> None:
    """From one state to the next, and up is none, unless in maintenance; what repeats and what lasted no time is left out."""
    changes = [
        _at(0, State.UP),
        _at(10, reason="silent"),
        _at(15, reason="refused"),
        _at(20, State.UNREACHABLE),
        _at(20, State.DEGRADED, reason="loss"),
        _at(30, State.UP),
        _at(40, State.UP, maintenance=True),
        _at(50, maintenance=True),
        _at(60),
    ]
    assert follow(None, changes) == [
        _interval(10, 20, reason="silent"),
        _interval(20, 30, State.DEGRADED, reason="loss"),
        _interval(40, 50, State.UP, maintenance=True),
        _interval(50, 60, maintenance=True),
        _interval(60, None),
    ]


_CHANGES = st.lists(st.tuples(st.integers(-50, 50), st.sampled_from(State), st.booleans()), max_size=12)


@settings(deadline=None)  # the machine may be busy
@given(_CHANGES, st.booleans())
def test_intervals_never_overlap(found: list[tuple[int, State, bool]], ascending: bool) -> None:
    """Whatever the clock did, and whether changes come together or each on its own; while it did nothing, that is the same."""
    changes = [_at(at, state, maintenance=maintenance) for at, state, maintenance in found]
    if ascending:
        changes.sort(key=lambda change: change.at)
    whole = follow(None, changes)
    singly: list[Outage] = []
    for change in changes:
        singly = singly[:-1] + follow(singly[-1] if singly else None, [change])
    for intervals in (whole, singly):
        for earlier, later in pairwise(intervals):
            assert earlier.ended is not None
            assert earlier.began < earlier.ended <= later.began
    if ascending:
        assert singly == whole


def test_uptime_is_of_what_counts_and_a_group_is_the_mean_of_its_hosts() -> None:
    """Nothing that counts is no hundred percent."""

    def share(counted: int, down: int) -> Uptime:
        return Uptime(counted=timedelta(seconds=counted), down=timedelta(seconds=down), aside=timedelta(0))

    assert share(0, 0).percent is None
    assert share(200, 50).percent == 75.0
    assert mean([share(200, 50), None, share(0, 0), share(10, 0)]) == 87.5
    assert mean([share(0, 0), None]) is None
