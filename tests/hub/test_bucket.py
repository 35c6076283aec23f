"""Token buckets."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from hub.bucket import Bucket, Buckets, Rate, Window


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 20)), max_size=60))
def test_never_more_than_the_burst_and_what_came_back(asked: list[tuple[float, int]]) -> None:
    """Whatever is asked when, no more goes out than the burst and the rate times the time; and who waits as told gets it."""
    bucket, now, taken = Bucket(Rate(5.0, 10.0), 0.0), 0.0, 0
    for pause, count in asked:
        now += pause
        wait = bucket.take(count, now)
        if wait == 0:
            taken += count
        elif count > 10:
            assert wait == math.inf
        else:
            now += wait + 1e-6
            assert bucket.take(count, now) == 0
            taken += count
        assert taken <= 10 + 5 * now + 1e-6


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(1, 12)), max_size=60))
def test_a_window_never_gives_more_than_its_burst(asked: list[tuple[float, int]]) -> None:
    """In no stretch of its length has more gone out than the burst; who waits as told gets it, and what is given back is there."""
    window, now, taken = Window(Rate(5.0, 10.0), 0.0), 0.0, list[float]()
    for pause, count in asked:
        now += pause
        wait = window.take(count, now)
        if count > 10:
            assert wait == math.inf
            continue
        if wait:
            now += wait + 1e-6
            assert window.take(count, now) == 0
        window.give_back(count)
        assert window.take(count, now) == 0
        taken += [now] * count
        assert sum(time > now - 2.0 + 1e-9 for time in taken) <= 10
    assert window.full(now + 2.1)


def test_a_clock_that_steps_back_neither_gives_nor_takes() -> None:
    """After the step the bucket goes on from where it was."""
    bucket = Bucket(Rate(1.0, 2.0), 100.0)
    assert [bucket.take(1, 100.0), bucket.take(1, 50.0)] == [0.0, 0.0]
    assert bucket.take(1, 50.0) == 1.0
    assert bucket.take(1, 101.0) == 0.0


def test_keys_are_apart_and_bounded() -> None:
    """One key does not use up another's; a million keys hold no more than the bound; full buckets go first."""
    buckets: Buckets[str] = Buckets(Rate(1.0, 1.0), max_keys=100)
    assert buckets.take("a", 0.0) == 0.0
    assert buckets.take("a", 0.0) > 0.0
    assert buckets.take("b", 0.0) == 0.0
    for number in range(10_000):
        buckets.take(str(number), 0.5)
    assert len(buckets) == 100
    buckets.take("later", 100.0)
    assert len(buckets) < 100


def test_what_was_taken_for_nothing_comes_back() -> None:
    """A publisher is not charged for what the store refused."""
    buckets: Buckets[str] = Buckets(Rate(1.0, 5.0))
    assert buckets.take("a", 0.0, 5) == 0.0
    buckets.give_back("a", 5)
    buckets.give_back("nobody", 5)
    assert buckets.take("a", 0.0, 5) == 0.0
