"""web.tickets.turns on both stores: never two at once, whoever died or gave up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store import create_engine
from hub.ticket_tables import ticket_turns
from hub.writer import StoreUnavailable
from tests.clock import Clock
from web.tickets.turns import Turns


@pytest.fixture
async def nodes(store_url: str, clock: Clock) -> AsyncIterator[tuple[Turns, Turns]]:
    """Two nodes of one store."""
    engines = [await asyncio.to_thread(create_engine, store_url) for _ in range(2)]
    yield Turns(engines[0], now=clock), Turns(engines[1], now=clock)
    for engine in engines:
        await engine.dispose()


async def rows(engine: AsyncEngine) -> int:
    """Turns that somebody has."""
    async with engine.connect() as connection:
        return int(await connection.scalar(sa.select(sa.func.count()).select_from(ticket_turns)) or 0)


async def test_two_never_have_the_turn(nodes: tuple[Turns, Turns], store: AsyncEngine) -> None:
    """Ten wishes at each of two nodes: one at a time for an issue, all of them served, and nothing left behind."""
    inside, most, served = 0, 0, 0

    async def wish(turns: Turns) -> None:
        nonlocal inside, most, served
        async with turns.turn(7):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0.002)
            inside -= 1
            served += 1

    async with asyncio.timeout(60), asyncio.TaskGroup() as group:
        for number in range(20):
            group.create_task(wish(nodes[number % 2]), name=f"wish_{number}")
    assert (most, served) == (1, 20)
    assert await rows(store) == 0


async def test_another_issue_waits_for_nobody(nodes: tuple[Turns, Turns]) -> None:
    """Turns are an issue's own."""
    async with nodes[0].turn(1), asyncio.timeout(10), nodes[1].turn(2):
        pass


async def test_who_died_keeps_no_turn(nodes: tuple[Turns, Turns], store: AsyncEngine, clock: Clock) -> None:
    """A row that nobody gives back is taken over after its term, not before; the late one takes nothing from its successor."""
    dead = nodes[0].turn(1)
    await dead.__aenter__()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), nodes[1].turn(1):
            pass
    clock.advance(240)
    async with asyncio.timeout(10), nodes[1].turn(1):
        await dead.__aexit__(None, None, None)
        assert await rows(store) == 1
    assert await rows(store) == 0


async def test_who_gives_up_leaves_nothing(nodes: tuple[Turns, Turns], store: AsyncEngine) -> None:
    """Cancelled while waiting, and while writing."""
    async with nodes[0].turn(1):
        waiting = asyncio.create_task(nodes[1].turn(1).__aenter__(), name="waiting")
        await asyncio.sleep(0.1)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1), nodes[0].turn(2):
            await asyncio.sleep(10)
    assert await rows(store) == 0


@contextmanager
def refusing(engine: AsyncEngine, word: str) -> Iterator[None]:
    """The store takes no statement that begins so."""

    def refuse(*call: Any) -> None:
        if call[2].startswith(word):
            raise sa.exc.OperationalError(call[2], None, Exception("database or disk is full"))

    sa.event.listen(engine.sync_engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        sa.event.remove(engine.sync_engine, "before_cursor_execute", refuse)


async def test_a_turn_that_cannot_be_given_back_takes_nothing_back(store: AsyncEngine, clock: Clock) -> None:
    """What was done while one had it is done, whatever the store says then; the turn ends by its term."""
    turns = Turns(store, now=clock)
    with refusing(store, "DELETE"):
        async with turns.turn(1):
            pass
    assert await rows(store) == 1
    clock.advance(240)
    async with asyncio.timeout(10), turns.turn(1):
        pass
    assert await rows(store) == 0


async def test_no_turn_without_the_store(store: AsyncEngine, clock: Clock) -> None:
    """Told before anything was done."""
    entered = False
    with refusing(store, "INSERT"), pytest.raises(StoreUnavailable):
        async with Turns(store, now=clock).turn(1):
            entered = True
    assert not entered
    assert await rows(store) == 0
