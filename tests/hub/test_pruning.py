"""Forgetting what ended long ago, with a clock that is set meanwhile."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hub.ledger import RETENTION
from hub.levels import Mark
from hub.pruning import prune
from hub.store import events
from tests.clock import Clock
from tests.hub.ledgers import open_book
from tests.hub.people import add_people
from tests.hub.values import note


async def kept(store: AsyncEngine) -> int:
    """How many events the store still has."""
    async with store.connect() as connection:
        return int((await connection.execute(sa.select(sa.func.count()).select_from(events))).scalar_one())


async def test_a_wrong_year_is_not_believed_for_a_round(store: AsyncEngine, clock: Clock) -> None:
    """Nothing is forgotten in the round after the clock was set by years, so a slip can be put right; after that it is believed."""
    await add_people(store, "anna")
    seconds, years = 100.0, 10 * RETENTION.total_seconds()

    async def until(event: str, count: int) -> None:
        async with asyncio.timeout(20):
            while sum(line["event"] == event for line in logs) < count:  # noqa: ASYNC110  # another task writes them
                await asyncio.sleep(0.005)

    async with open_book(store, clock) as book:
        await book.accept(note("1", 1))
        await book.ledger.mark(Mark(user_id=1, change="received", device="desk", now=clock(), seq=1))
        with capture_logs() as logs:
            pruning = asyncio.create_task(prune(book.ledger, clock, every_s=0.05, monotonic=lambda: seconds), name="prune")
            try:
                await asyncio.sleep(0)  # it has looked at the clock
                clock.advance(years)
                await until("prune_waits_for_clock", 1)
                clock.advance(-years)
                await until("prune_waits_for_clock", 2)
                assert await kept(store) == 1
                clock.advance(years)
                await until("prune_waits_for_clock", 3)
                async with asyncio.timeout(20):
                    while await kept(store):  # noqa: ASYNC110  # another task forgets it
                        await asyncio.sleep(0.01)
            finally:
                pruning.cancel()
                await asyncio.wait([pruning])
