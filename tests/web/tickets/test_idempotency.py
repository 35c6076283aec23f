"""First answers, drafts and read marks in the store."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.versions import Version
from hub.ticket_tables import ticket_reads
from tests.clock import START
from tests.hub.people import add_people
from web.tickets.drafts import Drafts, Reads
from web.tickets.idempotency import Idempotency, InProgress, Interrupted, KeyReused, Stored
from web.tickets.wants import PutDraft


class Clock:
    """A time that the test sets."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> object:
        return self.at


@pytest.fixture
def clock_here() -> Clock:
    """At the beginning."""
    return Clock()


@pytest.fixture
async def keys(store: AsyncEngine, clock_here: Clock) -> Idempotency:
    """Over each back end, with two people."""
    await add_people(store, "anna", "boris")
    return Idempotency(store, now=clock_here)  # type: ignore[arg-type]  # it gives a time


async def test_a_key_is_taken_once_however_many_come_at_once(keys: Idempotency) -> None:
    """Of ten at the same moment one goes on, and the others hear that it is running; another person's key is their own."""
    found = await asyncio.gather(*(keys.begin(1, "k", "d") for _ in range(10)), return_exceptions=True)
    assert found.count(None) == 1
    assert sum(isinstance(one, InProgress) for one in found) == 9
    assert await keys.begin(2, "k", "d") is None


async def test_the_first_answer_is_kept_a_day(keys: Idempotency, clock_here: Clock) -> None:
    """Byte for byte, large ones too, for the same request; after 24 hours the key is free again."""
    body = b"{}" * 200_000
    assert await keys.begin(1, "k", "d") is None
    await keys.finish(1, "k", 409, body)
    assert await keys.begin(1, "k", "d") == Stored(409, body)
    with pytest.raises(KeyReused):
        await keys.begin(1, "k", "other")
    clock_here.at = START + timedelta(hours=24, seconds=1)
    assert await keys.begin(1, "k", "other") is None


async def test_a_key_whose_process_died_says_that_nobody_knows(keys: Idempotency, clock_here: Clock) -> None:
    """Minutes later the request still has no answer: it may have been done, so it is not done again."""
    assert await keys.begin(1, "k", "d") is None
    clock_here.at = START + timedelta(minutes=4)
    with pytest.raises(Interrupted):
        await keys.begin(1, "k", "d")


async def test_a_released_key_may_try_again(keys: Idempotency) -> None:
    """When nothing was done."""
    assert await keys.begin(1, "k", "d") is None
    await keys.release(1, "k")
    assert await keys.begin(1, "k", "d") is None


async def test_the_sweep_takes_what_is_old(keys: Idempotency, clock_here: Clock) -> None:
    """And leaves the rest."""
    await keys.begin(1, "old", "d")
    clock_here.at = START + timedelta(hours=23)
    await keys.begin(1, "new", "d")
    clock_here.at = START + timedelta(hours=25)
    await keys.sweep()
    with pytest.raises(Interrupted):
        await keys.begin(1, "new", "d")
    assert await keys.begin(1, "old", "d") is None


async def test_a_draft_is_kept_for_each_person_and_issue(store: AsyncEngine, clock_here: Clock) -> None:
    """The last one wins and names its device; a month later it is gone; the oldest of too many give way."""
    await add_people(store, "anna", "boris")
    drafts = Drafts(store, now=clock_here)  # type: ignore[arg-type]  # it gives a time
    assert await drafts.get(1, 7) is None
    await asyncio.gather(*(drafts.put(1, 7, PutDraft(text=f"т{n}", base="1-2", device="a")) for n in range(4)))
    saved = await drafts.put(1, 7, PutDraft(text="последний 🖨", private=True, base="1-3", device="b"))
    assert await drafts.get(1, 7) == saved
    assert (saved.text, saved.private, saved.device, saved.saved_at) == ("последний 🖨", True, "b", START)
    assert await drafts.get(2, 7) is None
    await drafts.delete(2, 7)
    assert await drafts.get(1, 7) == saved
    for issue in range(1000, 1200):
        clock_here.at += timedelta(seconds=1)
        await drafts.put(1, issue, PutDraft(text="x", base="1-1"))
    assert await drafts.get(1, 7) is None
    assert await drafts.get(1, 1000) is not None
    clock_here.at += timedelta(days=31)
    await drafts.sweep()
    assert await drafts.get(1, 1199) is None


async def test_what_was_read_only_moves_forward(store: AsyncEngine, clock_here: Clock) -> None:
    """Two devices that speak in the wrong order, or at once, leave the newer mark."""
    await add_people(store, "anna")
    reads = Reads(store, now=clock_here)  # type: ignore[arg-type]  # it gives a time
    await asyncio.gather(reads.mark(1, 7, Version(2, 30)), reads.mark(1, 7, Version(2, 29)))
    await reads.mark(1, 7, Version(1, 5))
    async with store.connect() as connection:
        assert (await connection.execute(sa.select(ticket_reads.c.lock_version, ticket_reads.c.last_journal))).one() == (2, 30)
