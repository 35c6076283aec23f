"""web.tickets.turns on both stores: never two at once, whoever died or gave up."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store import create_engine
from hub.ticket_tables import ticket_turns
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
