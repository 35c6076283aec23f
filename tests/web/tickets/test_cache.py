"""The cache of answers about issues: single flight, staleness, invalidation, bounds. By values and a clock of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from hub.cadence import Calendar
from web.tickets.cache import Lives, TicketCache


@dataclass
class Upstream:
    """What is asked: each asking waits until it is let go, and tells what stood there when it began."""

    stands: str = "old"
    asked: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    fails: Exception | None = None

    async def ask(self) -> str:
        """One asking."""
        self.asked += 1
        found = self.stands
        await self.gate.wait()
        if self.fails is not None:
            raise self.fails
        return found


@dataclass
class Bench:
    """A cache under test."""

    upstream: Upstream = field(default_factory=Upstream)
    now: float = 1000.0
    trust: object = "heard"
    fresh_s: float = 60.0

    def __post_init__(self) -> None:
        self.cache: TicketCache[str] = TicketCache(
            fresh_s=lambda: self.fresh_s,
            trust=lambda: self.trust,
            weigh=len,
            shows=lambda value: (99,) if "99" in value else (),
            final=(PermissionError,),
            stale_s=100,
            max_entries=3,
            max_bytes=800,
            clock=lambda: self.now,
        )

    async def get(self, issue: int = 1, who: int = 7, ask: Callable[[], Awaitable[str]] | None = None) -> tuple[str, bool]:
        """An answer with its staleness."""
        found = await self.cache.cached_response(issue, who, ask or self.upstream.ask)
        return found.value, found.stale


@pytest.fixture
def bench() -> Bench:
    """A fresh one."""
    return Bench()


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_many_who_look_at_once_cost_one_asking(bench: Bench) -> None:
    """A hundred waiters of one person and issue share one flight; one that gives up takes nothing from the others."""
    waiters = [asyncio.create_task(bench.get()) for _ in range(100)]
    await _turns()
    waiters[0].cancel()
    bench.upstream.gate.set()
    found = await asyncio.gather(*waiters, return_exceptions=True)
    assert isinstance(found[0], asyncio.CancelledError)
    assert found[1:] == [("old", False)] * 99
    assert bench.upstream.asked == 1
    assert bench.cache.counts.misses == 100


async def test_each_person_has_answers_of_their_own(bench: Bench) -> None:
    """What one person was answered is never shown to another."""
    bench.upstream.gate.set()
    assert await bench.get(who=7) == ("old", False)
    bench.upstream.stands = "other"
    assert await bench.get(who=8) == ("other", False)
    assert await bench.get(who=7) == ("old", False)
    assert bench.upstream.asked == 2


async def test_an_old_answer_is_shown_marked_while_one_new_one_is_fetched(bench: Bench) -> None:
    """Past its life an answer is stale and renewed once in the background; past the second bound it is not shown at all."""
    bench.upstream.gate.set()
    await bench.get()
    bench.now += 61
    bench.upstream.stands = "new"
    assert await bench.get() == ("old", True)
    assert await bench.get() == ("old", True)
    await _turns()
    assert await bench.get() == ("new", False)
    assert bench.upstream.asked == 2
    bench.now += 161
    bench.upstream.stands = "newest"
    assert await bench.get() == ("newest", False)


async def test_a_change_drops_what_is_kept(bench: Bench) -> None:
    """After `invalidate` the next look asks anew, and other issues keep their answers."""
    bench.upstream.gate.set()
    await bench.get(1)
    await bench.get(2)
    bench.upstream.stands = "new"
    bench.cache.invalidate(1)
    assert await bench.get(1) == ("new", False)
    assert await bench.get(2) == ("old", False)


async def test_an_asking_that_began_before_a_change_is_not_shown_after_it(bench: Bench) -> None:
    """Who asked before the change gets what was on its way; who asks after it waits for an asking of their own, whichever ends first."""
    before = asyncio.create_task(bench.get())
    await _turns()
    bench.upstream.stands = "new"
    bench.cache.invalidate(1)
    after = asyncio.create_task(bench.get())
    await _turns()
    bench.upstream.gate.set()
    assert await before == ("old", False)
    assert await after == ("new", False)
    assert await bench.get() == ("new", False)
    assert bench.upstream.asked == 2


async def test_a_change_told_twice_drops_nothing_that_has_it(bench: Bench) -> None:
    """What is kept, or on its way, and has the change already stays when the source tells of it, too."""
    bench.upstream.gate.set()
    bench.upstream.stands = "new"
    await bench.get(1)
    bench.cache.invalidate(1, lambda value: value == "new")
    await bench.get(1)
    assert bench.upstream.asked == 1
    bench.cache.invalidate(1)
    bench.upstream.gate.clear()
    flying = asyncio.create_task(bench.get(1))
    await _turns()
    bench.cache.invalidate(1, lambda value: value == "newest")
    bench.upstream.stands = "newest"
    bench.upstream.gate.set()
    assert (await flying)[0] == "new"
    assert await bench.get(1) == ("newest", False)
    asked = bench.upstream.asked
    bench.cache.invalidate(1, lambda value: value == "newest")
    await bench.get(1)
    assert bench.upstream.asked == asked


async def test_an_answer_that_shows_another_issue_falls_with_it(bench: Bench) -> None:
    """A change of a subtask drops the answer about its parent; one that came during the asking makes a later asker ask anew."""
    bench.upstream.stands = "99 open"
    bench.upstream.gate.set()
    await bench.get(1)
    bench.upstream.gate.clear()
    bench.cache.invalidate(99)
    before = asyncio.create_task(bench.get(1))
    await _turns()
    bench.upstream.stands = "99 closed"
    bench.cache.invalidate(99)
    after = asyncio.create_task(bench.get(1))
    await _turns()
    bench.upstream.gate.set()
    assert await before == ("99 open", False)
    assert await after == ("99 closed", False)
    assert await bench.get(1) == ("99 closed", False)


async def test_a_right_that_was_lost_ends_the_old_answer(bench: Bench) -> None:
    """When the renewal says that the person may not see the issue, what was kept is not shown again."""
    bench.upstream.gate.set()
    await bench.get()
    bench.now += 61
    bench.upstream.fails = PermissionError()
    assert await bench.get() == ("old", True)
    await _turns()
    with pytest.raises(PermissionError):
        await bench.get()


async def test_nothing_is_kept_while_no_word_of_changes_is_heard(bench: Bench) -> None:
    """Without the bus every look asks; after a gap in what was heard, what was kept before it is dropped."""
    bench.upstream.gate.set()
    await bench.get()
    bench.trust = None
    await bench.get()
    await bench.get()
    assert bench.upstream.asked == 3
    bench.trust = "heard again"
    await bench.get()
    await bench.get()
    assert bench.upstream.asked == 4


async def test_failures_reach_every_waiter_and_are_not_kept(bench: Bench) -> None:
    """The next look asks again; a failed renewal leaves the stale answer."""
    bench.upstream.gate.set()
    bench.upstream.fails = ConnectionError()
    with pytest.raises(ConnectionError):
        await bench.get()
    bench.upstream.fails = None
    await bench.get()
    bench.now += 61
    bench.upstream.fails = ConnectionError()
    assert await bench.get() == ("old", True)
    await _turns()
    assert await bench.get() == ("old", True)


async def test_the_cache_is_bounded(bench: Bench) -> None:
    """Beyond the number or the bytes the answers unused longest go; one giant is not kept at all."""
    bench.upstream.gate.set()
    for issue in (1, 2, 3, 1, 4):
        await bench.get(issue)
    assert len(bench.cache) == 3
    asked = bench.upstream.asked
    await bench.get(1)
    assert bench.upstream.asked == asked
    await bench.get(2)
    assert bench.upstream.asked == asked + 1
    bench.upstream.stands = "x" * 101
    await bench.get(9)
    await bench.get(9)
    assert bench.upstream.asked == asked + 3
    assert bench.cache.bytes == 9


async def test_a_background_asking_ends_with_the_cache(bench: Bench) -> None:
    """Closing leaves no task behind."""
    waiting = asyncio.create_task(bench.get())
    await _turns()
    await bench.cache.aclose()
    with pytest.raises(asyncio.CancelledError):
        await waiting


def test_answers_live_longer_at_weekends() -> None:
    """By the hub's calendar: Saturday rests, Tuesday does not, and a holiday does."""
    lives = Lives(busy_s=60, resting_s=600)
    calendar = Calendar()
    assert lives.fresh_s(calendar, datetime(2026, 11, 28, 12, tzinfo=UTC)) == 600
    assert lives.fresh_s(calendar, datetime(2026, 11, 24, 12, tzinfo=UTC)) == 60
