"""When is dialled: spread, capped, and not at all where only a person can mend it."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.finesse.notify.manners import Manners, pause_s


class Time:
    """A clock that sleepers move, in the order in which they wake."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Over at once."""
        assert seconds >= 0
        until = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, until)


@given(st.integers(0, 10_000), st.floats(0, 1))
def test_a_pause_is_fully_jittered_and_bounded(failures: int, luck: float) -> None:
    """None at first, then anything up to twice as much each time, and 30 s at the most."""
    pause = pause_s(failures, lambda low, high: low + luck * (high - low))
    most = 0.0 if failures == 0 else min(30.0, 0.5 * 2.0 ** min(failures, 100))
    assert pause == pytest.approx(luck * most)


async def test_dials_are_spread_and_capped() -> None:
    """However many want to at once: so many a second, so many under way; a try that fails gives its place back."""
    time = Time()
    manners = Manners(per_second=10, at_once=3, clock=time, sleep=time.sleep)
    begun: list[float] = []
    under_way, most = 0, 0

    async def agent(number: int) -> None:
        nonlocal under_way, most
        try:
            async with manners.place():
                begun.append(time.now)
                under_way += 1
                most = max(most, under_way)
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                under_way -= 1
                if number % 2 == 0:
                    raise OSError
        except OSError:
            assert number % 2 == 0

    await asyncio.gather(*(agent(number) for number in range(30)))
    assert len(begun) == 30
    assert most <= 3
    assert all(later - earlier >= 0.1 - 1e-9 for earlier, later in pairwise(begun))


def test_limits_that_allow_nothing_are_refused() -> None:
    """Rather than to wait for ever."""
    for bad in ({"per_second": 0.0}, {"at_once": 0}):
        with pytest.raises(ValueError, match="more than nothing"):
            Manners(**bad)  # type: ignore[arg-type]
