"""The sliding window."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from web.throttle import Limit, Throttle


def test_the_window_slides() -> None:
    """The attempt past the limit waits until the oldest one leaves the window, and is not counted itself."""
    throttle = Throttle(Limit(2, 10.0))
    assert [throttle.take("a", now) for now in (0.0, 4.0)] == [0.0, 0.0]
    assert throttle.take("a", 5.0) == 5.0
    assert throttle.take("b", 5.0) == 0.0
    assert throttle.take("a", 10.0) == 0.0
    assert throttle.take("a", 11.0) == 3.0


def test_a_good_attempt_is_given_back_and_a_key_forgotten() -> None:
    """What turned out well leaves no trace."""
    throttle = Throttle(Limit(1, 10.0))
    throttle.take("a", 0.0)
    throttle.give_back("a")
    assert len(throttle) == 0
    throttle.take("a", 0.0)
    throttle.forget("a")
    throttle.give_back("a")
    assert throttle.take("a", 0.0) == 0.0


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 5, allow_nan=False)), max_size=200))
def test_memory_is_bounded_and_no_window_holds_more_than_the_limit(steps: list[tuple[int, float]]) -> None:
    """However many keys come, at most `max_keys` are held; the attempts let through for one kept key never pass the limit."""
    throttle, now, passed = Throttle(Limit(3, 10.0), max_keys=50), 0.0, dict[str, list[float]]()
    for key, wait in steps:
        now += wait
        if throttle.take(str(key), now) == 0.0:
            passed.setdefault(str(key), []).append(now)
    for times in passed.values():
        assert all(sum(1 for other in times if at - 10.0 < other <= at) <= 3 for at in times)
    for extra in range(200):
        throttle.take(f"x{extra}", now)
    assert len(throttle) == 50
