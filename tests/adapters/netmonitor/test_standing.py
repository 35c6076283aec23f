"""Maintenance and acknowledgements in the store, and the revision by which other nodes hear of them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.netmonitor.standing import BadWindow, Standing
from adapters.netmonitor.values import Ack, Window
from tests.clock import START, Clock

_HOUR = timedelta(hours=1)
_ONCE = Window(id=0, host="gw-1", group=None, starts=START, ends=START + _HOUR, zone="Europe/Moscow", why="Замена 🔌", by="ivanov")
_WEEKLY = replace(_ONCE, host=None, group="Москва/Офис 2", weekly=(6, 5), until=START + timedelta(days=90))
_ACK = Ack(host="gw-1", by="Иванов", why="Еду", at=START)


async def test_windows_come_back_as_they_were_given(store: AsyncEngine, clock: Clock) -> None:
    """Of one host, of a group every week, and of everything: ordered by their beginning, each with an id of its own."""
    standing = Standing(store, now=clock)
    given = [_ONCE, _WEEKLY, replace(_ONCE, host=None, starts=START - _HOUR)]
    added = [await standing.add_window(window) for window in given]
    assert [replace(window, id=0, weekly=()) for window in added] == [replace(window, weekly=()) for window in given]
    assert added[1].weekly == (5, 6)
    assert len({window.id for window in added}) == 3
    assert await standing.windows() == [added[2], added[0], added[1]]
    assert await standing.end_window(added[1].id) == added[1]
    assert await standing.end_window(added[1].id) is None
    assert await standing.windows() == [added[2], added[0]]


async def test_windows_that_are_long_over_leave_the_list(store: AsyncEngine, clock: Clock) -> None:
    """Those that come weekly stay, however long ago they began."""
    standing = Standing(store, now=clock)
    once, weekly = await standing.add_window(_ONCE), await standing.add_window(replace(_WEEKLY, until=None))
    clock.advance(30 * 86_400)
    assert await standing.windows() == [once, weekly]
    clock.advance(2 * 86_400)
    assert await standing.windows() == [weekly]


@pytest.mark.parametrize(
    ("wrong", "field", "code"),
    [
        ({"group": "Москва"}, "group", "host_or_group"),
        ({"host": "x" * 65}, "host", "too_long"),
        ({"why": "x" * 1001}, "why", "too_long"),
        ({"starts": datetime(2026, 11, 23, 9)}, "starts", "no_zone"),
        ({"ends": START}, "ends", "before_start"),
        ({"weekly": (0,), "ends": START + timedelta(days=7)}, "ends", "longer_than_a_week"),
        ({"weekly": (7,)}, "weekly", "no_weekday"),
        ({"until": START}, "until", "not_weekly"),
        ({"weekly": (0,), "until": START - _HOUR}, "until", "before_start"),
        ({"zone": "Europe/Nowhere"}, "zone", "unknown_zone"),
        ({"zone": "../passwd"}, "zone", "unknown_zone"),
    ],
)
async def test_a_window_that_cannot_be_names_its_field(store: AsyncEngine, wrong: dict[str, object], field: str, code: str) -> None:
    """And nothing is kept of it."""
    standing = Standing(store)
    with pytest.raises(BadWindow) as caught:
        await standing.add_window(replace(_ONCE, **wrong))  # type: ignore[arg-type]
    assert (caught.value.field, caught.value.code) == (field, code)
    assert await standing.windows() == []
    assert await standing.revision() == ""


async def test_a_host_has_one_acknowledgement(store: AsyncEngine, clock: Clock) -> None:
    """A later one stands in its place; a recovery clears the one that it knows of, and no later one."""
    standing = Standing(store, now=clock)
    later = replace(_ACK, by="Петрова", at=START + _HOUR, until=START + 2 * _HOUR)
    other = replace(_ACK, host="Gw-1")
    for ack in (_ACK, other, later):
        await standing.acknowledge(ack)
    assert await standing.acks() == [other, later]
    assert await standing.clear_ack("gw-1", at=_ACK.at) is None
    assert await standing.clear_ack("gw-1", at=later.at) == later
    assert await standing.clear_ack("Gw-1") == other
    assert await standing.acks() == []


async def test_every_change_is_another_revision(store: AsyncEngine) -> None:
    """Whoever reads it sees each change of another node, and none where nothing was committed."""
    here, there = Standing(store), Standing(store)
    seen = [await there.revision()]
    window = await here.add_window(_ONCE)
    seen.append(await there.revision())
    await here.acknowledge(_ACK)
    seen.append(await there.revision())
    await here.clear_ack("gw-1")
    seen.append(await there.revision())
    await here.end_window(window.id)
    seen.append(await there.revision())
    async with store.begin() as connection:
        await here.bump(connection)
    seen.append(await there.revision())
    async with store.connect() as connection:
        await here.bump(connection)
        await connection.rollback()
    assert len(set(seen)) == len(seen)
    assert await there.revision() == seen[-1]


async def test_nodes_that_change_things_at_once_all_succeed(store: AsyncEngine) -> None:
    """The very first changes too, when no revision is there yet."""
    nodes = [Standing(store) for _ in range(4)]
    acks = [replace(_ACK, host=f"h{number}") for number in range(12)]
    await asyncio.gather(*(nodes[number % 4].acknowledge(ack) for number, ack in enumerate(acks)))
    assert len(await nodes[0].acks()) == 12
