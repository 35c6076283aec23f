"""adapters.finesse.rest.skew: how wrong what is believed of Finesse's clock can be."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.finesse.rest.skew import Sample, Skew, of_date_header, of_timestamp
from tests.clock import START

TRIPS = st.lists(st.tuples(st.booleans(), st.integers(1, 8000), st.integers(0, 100), st.integers(1, 60_000)), min_size=1, max_size=40)


@settings(deadline=None)
@given(st.integers(-10_000_000, 10_000_000), TRIPS)
def test_the_error_is_a_bound_whatever_the_trips(skew_ms: int, trips: list[tuple[bool, int, int, int]]) -> None:
    """Trips of any length, the server's stamp at any moment of one, by timestamp or by Date: the truth is within the error."""
    truth, skew, now = timedelta(milliseconds=skew_ms), Skew(), START
    assert skew.value is None
    for by_date, took_ms, percent, pause_ms in trips:
        theirs = now + timedelta(milliseconds=took_ms * percent / 100) + truth
        if by_date:
            sample = of_date_header(format_datetime(theirs.replace(microsecond=0), usegmt=True), now, took_ms / 1000)
            assert sample is not None
        else:
            sample = of_timestamp(theirs.replace(microsecond=theirs.microsecond // 1000 * 1000), now, took_ms / 1000)
        skew.learn(sample)
        assert skew.value is not None
        assert skew._best is not None
        assert abs((skew.value - truth).total_seconds()) <= skew._best.error_s + 0.001
        now += timedelta(milliseconds=took_ms + pause_ms)


def test_the_best_sample_counts_and_not_the_last() -> None:
    """A slow answer says little."""
    skew = Skew()
    skew.learn(of_timestamp(START + timedelta(seconds=5, milliseconds=10), START, 0.02))
    skew.learn(of_timestamp(START + timedelta(seconds=10), START + timedelta(seconds=1), 4.0))
    assert skew.value == timedelta(seconds=5)


def test_a_clock_that_was_set_is_believed_at_once() -> None:
    """Theirs or ours: what was known before says nothing more."""
    skew = Skew()
    for second in range(8):
        skew.learn(Sample(timedelta(seconds=5), 0.01, START + timedelta(seconds=second)))
    skew.learn(Sample(timedelta(seconds=-40), 0.6, START + timedelta(seconds=9)))
    assert skew.value == timedelta(seconds=-40)


def test_a_drifting_clock_is_followed() -> None:
    """A hundred millionths fast, looked at every ten seconds for a day: never wrong by more than some hundredths."""
    skew = Skew()
    for n in range(8640):
        truth = timedelta(seconds=n * 10 * 100e-6)
        at = START + timedelta(seconds=n * 10)
        skew.learn(of_timestamp(at + timedelta(seconds=0.01) + truth, at, 0.02))
        assert skew.value is not None
        assert abs(skew.value - truth) < timedelta(seconds=0.03)


@pytest.mark.parametrize("text", [None, "", "yesterday", "Mon, 99 Nov 2026 09:01:40 GMT", "1"])
def test_what_is_no_date_says_nothing(text: str | None) -> None:
    """A proxy may leave it out or write anything."""
    assert of_date_header(text, START, 0.1) is None
