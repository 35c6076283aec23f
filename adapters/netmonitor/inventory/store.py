"""The hosts of the admin page, in the Navigator's own store.

Changes come one after the other, whichever process makes them, so that what was checked against all hosts still holds when it is written.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.netmonitor.inventory.faults import Fault
from adapters.netmonitor.inventory.spec import host_faults, spec_of
from adapters.netmonitor.standing import Standing
from adapters.netmonitor.values import Host
from hub.lane import retry_number
from hub.network_tables import net_hosts
from hub.turns import Stepwise, in_turns
from hub.writer import STORE_TROUBLE, StoreUnavailable

__all__ = ["Change", "HostStore", "Kept", "Page"]

T = TypeVar("T")
_TRIES = 5
_READ_S = 10.0
_WRITE_S = 60.0
"""Twenty thousand hosts are written in less."""
_AT_ONCE = 50
"""Rows of a statement: what SQLAlchemy makes of them holds the event loop, some 40 µs for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A host of the page."""

    host: Host
    updated_at: datetime
    updated_by: str
    """Login name."""


@dataclass(frozen=True, slots=True)
class Page:
    """All of them."""

    kept: Mapping[str, Kept]
    """By id, in the order of ids."""
    faults: tuple[Fault, ...] = ()
    """What an older version wrote and this one does not understand: such a host is not watched until it is mended."""

    @property
    def hosts(self) -> list[Host]:
        """The hosts alone."""
        return [one.host for one in self.kept.values()]


class Change:
    """What may be done within one transaction, after which the whole is written or nothing of it."""

    def __init__(self, connection: AsyncConnection, page: Page, at: datetime) -> None:
        self.connection = connection
        """For what belongs to the change, such as its lines in the audit log."""
        self.page = page
        """As it was at the beginning."""
        self.at = at

    async def put(self, hosts: Sequence[Host], by: str) -> None:
        """Adds these hosts, or writes them anew; `by` is a login name."""
        await self._delete([host.id for host in hosts])
        for at in range(0, len(hosts), _AT_ONCE):
            row = {"updated_at": self.at, "updated_by": by[:255]}
            rows = [{"id": host.id, "spec": _spec(host), **row} for host in hosts[at : at + _AT_ONCE]]
            await self.connection.execute(sa.insert(net_hosts), rows)

    async def remove(self, ids: Iterable[str]) -> None:
        """Takes these away, as far as they are there."""
        await self._delete(list(ids))

    async def _delete(self, ids: list[str]) -> None:
        for at in range(0, len(ids), _AT_ONCE):
            await self.connection.execute(sa.delete(net_hosts).where(net_hosts.c.id.in_(ids[at : at + _AT_ONCE])))


class HostStore:
    """Reads and changes; `now` gives the moment of a change.

    Raises StoreUnavailable when the store is away or too slow: nothing was half done.
    """

    def __init__(
        self, engine: AsyncEngine, *, standing: Standing | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._now = engine, now
        self._standing = standing or Standing(engine, now=now)

    async def revision(self) -> str:
        """Another text whenever these hosts, or what else people say of the network, may be others than before: one row is read."""
        return await self._standing.revision()

    async def page(self) -> Page:
        """All hosts of the page."""
        with _trouble():
            async with asyncio.timeout(_READ_S), self._engine.connect() as connection:
                return await _page(connection)

    async def change(self, work: Callable[[Change], Awaitable[T]]) -> T:
        """Runs `work` in a transaction of its own, while no other change goes on; again, when another node was in the way.

        What it raises ends the transaction, and nothing of it is kept.
        """
        with _trouble():
            async with asyncio.timeout(_WRITE_S):
                for number in range(_TRIES):
                    try:
                        async with self._engine.begin() as connection:
                            await self._standing.bump(connection)  # first: it is the lock, and what is read after it is the newest
                            return await work(Change(connection, await _page(connection), self._now()))
                    except DBAPIError as error:
                        if retry_number(error) is None or number == _TRIES - 1:
                            raise
                    await asyncio.sleep(0.02 * 2**number)
        raise AssertionError("unreachable")


@contextmanager
def _trouble() -> Iterator[None]:
    try:
        yield
    except (*STORE_TROUBLE, TimeoutError) as error:
        raise StoreUnavailable(f"{type(error).__name__} with the hosts of the page") from error


async def _page(connection: AsyncConnection) -> Page:
    kept: dict[str, Kept] = {}
    faults: list[Fault] = []
    # in parts, so that thousands of hosts hold up nobody else; and not in a thread, which would (hub/turns.py)
    async with connection.stream(sa.select(net_hosts).order_by(net_hosts.c.id)) as result:
        async for rows in result.partitions(_AT_ONCE):
            await in_turns(_read(rows, kept, faults))
            await asyncio.sleep(0)  # the next rows may be there already
    return Page(kept, tuple(faults))


def _read(rows: Sequence[Any], kept: dict[str, Kept], faults: list[Fault]) -> Stepwise[None]:
    for row in rows:
        yield
        host = host_faults({**row.spec, "id": row.id}, origin="page")
        if isinstance(host, Host):
            kept[row.id] = Kept(host=host, updated_at=row.updated_at, updated_by=row.updated_by)
        else:
            faults += host


def _spec(host: Host) -> dict[str, Any]:
    """As it is kept: without the id, which is the key, and with what is default, so that a later version's defaults change nothing."""
    spec = spec_of(host)
    del spec["id"]
    return spec
