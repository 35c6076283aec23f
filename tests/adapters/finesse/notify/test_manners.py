"""When is dialled: spread, capped, and not at all where only a person can mend it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.finesse.notify.line import Connected, End, Event, FinessePresence, Line, Lost, Replaced, WrongPassword
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


class _Silent(Line):
    """A line of which nothing is asked."""

    def events(self) -> AsyncIterator[Event]:
        """Nothing."""
        raise NotImplementedError

    async def subscribe(self, node: str) -> None:
        """Nothing."""

    async def unsubscribe(self, node: str) -> None:
        """Nothing."""


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

    @asynccontextmanager
    async def way(fails: bool) -> AsyncIterator[Line]:
        nonlocal under_way, most
        begun.append(time.now)
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        under_way -= 1
        if fails:
            raise OSError
        yield _Silent()

    async def agent(number: int) -> None:
        try:
            async with manners.tries().dial(way(number % 2 == 0)):
                await asyncio.sleep(0)
        except OSError:
            assert number % 2 == 0

    await asyncio.gather(*(agent(number) for number in range(30)))
    assert len(begun) == 30
    assert most <= 3
    assert all(later - earlier >= 0.1 - 1e-9 for earlier, later in pairwise(begun))


@pytest.mark.parametrize("end", [WrongPassword(), Replaced()])
async def test_what_only_a_person_can_mend_is_not_tried_again(end: End) -> None:
    """Not after a wrong password, not after somebody else has come; a person's new word begins anew."""
    time = Time()
    manners = Manners(clock=time, sleep=time.sleep)
    tries = manners.tries()
    assert await tries.pause()
    tries.saw(end)
    assert not await tries.pause()
    tries.saw(Lost("left"))
    assert tries.over == end
    assert await manners.tries().pause()


async def test_a_line_that_stood_long_is_a_new_beginning() -> None:
    """One that falls at once, though it stood, is the old fault going on; leaving by ourselves is none."""
    time = Time()
    tries = Manners(clock=time, sleep=time.sleep).tries()
    for failures in (1, 2, 3):
        tries.saw(Lost("unreachable"))
        assert tries.failures == failures
    tries.saw(Connected("j"))
    tries.saw(FinessePresence(True))
    time.now += 5
    tries.saw(Lost("closed"))
    assert tries.failures == 4
    tries.saw(Connected("j"))
    time.now += 31
    tries.saw(Lost("silent"))
    assert tries.failures == 1
    tries.saw(Connected("j"))
    tries.saw(Lost("left"))
    assert tries.failures == 1


def test_limits_that_allow_nothing_are_refused() -> None:
    """Rather than to wait for ever."""
    for bad in ({"per_second": 0.0}, {"at_once": 0}):
        with pytest.raises(ValueError, match="more than nothing"):
            Manners(**bad)  # type: ignore[arg-type]
