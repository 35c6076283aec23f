"""Work that one node does: begun when the lease is held, ended before it is another's."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hub.leader import Leader
from hub.lease import Lease
from tests.hub.test_lease import QUICK, Hand, cut


@pytest.fixture
def hand() -> Hand:
    """The node's monotonic clock."""
    return Hand()


@pytest.fixture
def lease(store: AsyncEngine, hand: Hand) -> Lease:
    """A lease that nobody else wants."""
    return Lease(store, "sources", node="only", timing=QUICK, clock=hand)


async def test_work_ends_with_its_term_and_begins_with_the_next(lease: Lease, hand: Hand) -> None:
    """It is cancelled and waited for, never run twice at once; one line says gained, one lost."""
    leader, news, story = Leader(lease), asyncio.Event(), list[str]()

    async def work() -> None:
        story.append(f"begins {lease.token}")
        news.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)  # tidies up
            story.append("ended")

    with capture_logs() as logs:
        running = asyncio.create_task(leader.run(work))
        await news.wait()
        assert leader.leads
        news.clear()
        with cut(lease):
            hand.at += QUICK.keep_s
            await lease.lost()
        await news.wait()
        running.cancel()
        await asyncio.wait([running])
        assert running.cancelled()
    assert story == ["begins 1", "ended", "begins 2", "ended"]
    told = [(line["event"], line["term"], line.get("why")) for line in logs if line["event"].startswith("lead_")]
    assert told == [
        ("lead_gained", 1, None),
        ("lead_lost", 1, "no renewal in 5 s"),
        ("lead_gained", 2, None),
        ("lead_lost", 2, "stopped"),
    ]


async def test_the_lease_is_released_after_the_work(lease: Lease, store: AsyncEngine) -> None:
    """While the work still tidies up nobody else can begin; afterwards they can at once."""
    other, ready, tidy = Lease(store, "sources", node="other", timing=QUICK, clock=Hand()), asyncio.Event(), asyncio.Event()

    async def work() -> None:
        ready.set()
        try:
            await asyncio.Event().wait()
        finally:
            await tidy.wait()

    running = asyncio.create_task(Leader(lease).run(work))
    await ready.wait()
    waiting = asyncio.create_task(other.run())
    running.cancel()
    await asyncio.sleep(0.2)
    assert not other.held
    tidy.set()
    await other.wait_held()
    waiting.cancel()
    await asyncio.wait([running, waiting])


async def test_what_the_work_raises_is_raised(lease: Lease) -> None:
    """A bug in the work ends the leader too: the process must not go on as if it were working."""

    async def work() -> None:
        raise RuntimeError("a bug")

    async with asyncio.timeout(5):
        with pytest.raises(ExceptionGroup) as raised:
            await Leader(lease).run(work)
    assert raised.group_contains(RuntimeError, match="a bug")
    assert not lease.held


async def test_work_that_has_nothing_to_do_ends_the_leader(lease: Lease) -> None:
    """It returns, and the lease is free again."""

    async def work() -> None:
        pass

    async with asyncio.timeout(5):
        await Leader(lease).run(work)
    assert not lease.held
