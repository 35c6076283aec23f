"""The hosts of the admin page in the store, on both back ends."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.netmonitor.inventory.store import Change, HostStore
from adapters.netmonitor.values import Host, Http, Tcp
from hub.network_tables import net_hosts
from hub.store import create_engine
from hub.writer import StoreUnavailable
from tests.clock import START, Clock

A = Host(id="a", name="Шлюз", address="10.0.0.1", group="Москва", notify=(), origin="page")
B = Host(id="b", name="Б", address="b.example", check=Http(url="https://b.example/", days_left=None), parent="a", origin="page")


async def put(store: HostStore, *hosts: Host) -> None:
    """Writes hosts."""

    async def work(change: Change) -> None:
        await change.put(hosts, "anna")

    await store.change(work)


async def test_hosts_are_kept_as_they_are(store: AsyncEngine, clock: Clock) -> None:
    """What is written is read again, with who wrote it when; each change shows in the revision, and nothing else does."""
    hosts = HostStore(store, now=clock)
    assert (await hosts.page()).kept == {}
    first = await hosts.revision()
    await put(hosts, B, A)
    second = await hosts.revision()
    page = await hosts.page()
    assert page.hosts == [A, B]
    assert (page.kept["a"].updated_at, page.kept["a"].updated_by) == (START, "anna")
    clock.advance(60)
    await put(hosts, replace(A, check=Tcp(port=22)))
    page = await hosts.page()
    assert page.hosts == [replace(A, check=Tcp(port=22)), B]
    assert (page.kept["a"].updated_at - page.kept["b"].updated_at).total_seconds() == 60
    third = await hosts.revision()
    assert third == await hosts.revision()
    assert len({first, second, third}) == 3


async def test_a_change_is_whole_or_not_at_all(store: AsyncEngine, clock: Clock) -> None:
    """What goes wrong on the way undoes all of it, the revision too."""
    hosts = HostStore(store, now=clock)
    await put(hosts, A)
    before = await hosts.revision()

    async def fails(change: Change) -> None:
        await change.remove(["a"])
        await change.put([B], "anna")
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await hosts.change(fails)
    assert ((await hosts.page()).hosts, await hosts.revision()) == ([A], before)


async def test_changes_come_one_after_the_other(store: AsyncEngine, clock: Clock) -> None:
    """Each of twenty at once finds what the one before it has written, the very first ones too."""
    hosts = HostStore(store, now=clock)

    async def work(change: Change) -> None:
        count = len(change.page.kept)
        await change.put([replace(A, id=f"h{count}")], "anna")

    await asyncio.gather(*(hosts.change(work) for _ in range(20)))
    assert sorted((await hosts.page()).kept) == sorted(f"h{at}" for at in range(20))


async def test_many_hosts_in_one_change(store: AsyncEngine, clock: Clock) -> None:
    """More than a statement holds."""
    hosts = HostStore(store, now=clock)
    many = [replace(A, id=f"h{at:04}") for at in range(1200)]
    await put(hosts, *many)
    assert (await hosts.page()).hosts == many

    async def work(change: Change) -> None:
        await change.remove(host.id for host in many[1:])

    await hosts.change(work)
    assert (await hosts.page()).hosts == many[:1]


async def test_what_cannot_be_understood_is_told(store: AsyncEngine, clock: Clock) -> None:
    """A row of another version does not hide the others."""
    hosts = HostStore(store, now=clock)
    await put(hosts, A, B)
    async with store.begin() as connection:
        await connection.execute(sa.update(net_hosts).where(net_hosts.c.id == "b").values(spec={"name": "Б", "address": "x", "pong": {}}))
    page = await hosts.page()
    assert page.hosts == [A]
    assert [(one.host, one.field, one.code) for one in page.faults] == [("b", "pong", "misspelt_key")]


async def test_a_store_that_is_away_is_told(tmp_path: Path, clock: Clock) -> None:
    """Whatever the driver says, callers meet one error; here a file without a table."""
    engine = create_engine(f"sqlite+aiosqlite:///{tmp_path}/empty.sqlite")
    hosts = HostStore(engine, now=clock)
    for asked in (hosts.page(), hosts.revision(), put(hosts, A)):
        with pytest.raises(StoreUnavailable):
            await asked
    await engine.dispose()
