"""What people say of the network beside its hosts: maintenance and acknowledgements, in the store, for all nodes.

Whatever any node changes here, or in the hosts of the admin page, bumps one row within the same transaction; the node that leads reads that
row every second and everything else only when it differs.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.netmonitor.values import Ack, Window
from hub.lane import retry_number
from hub.network_tables import net_acks, net_maintenance
from hub.store import watermarks
from hub.writer import STORE_TROUBLE, StoreUnavailable

__all__ = ["BadWindow", "Standing"]

T = TypeVar("T")
_STORE_S = 5.0
_TRIES = 5
_REVISION = "netmonitor:revision"
"""Beside the watermark of the source `netmonitor`, which is another row."""
_OVER_KEPT = timedelta(days=31)
"""Windows that are over stay in the list so long."""
_MOST = 1000
_WEEK = timedelta(days=7)
_m = net_maintenance.c


class BadWindow(ValueError):
    """A window that cannot be: names the field of `Window`, and why by a stable code."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(field, code)
        self.field, self.code = field, code

    def __str__(self) -> str:
        return f"{self.field}: {self.code}"


class Standing:
    """Maintenance windows and acknowledgements. Raises StoreUnavailable when the store is away or too slow: nothing was half done."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine, self._now = engine, now

    # -- what changed --------------------------------------------------------------------------------

    async def revision(self) -> str:
        """Another text whenever anybody, at any node, changed something; empty while nobody ever did. One row is read."""

        async def read(connection: AsyncConnection) -> str:
            value = await connection.scalar(sa.select(watermarks.c.value).where(watermarks.c.source == _REVISION))
            return "" if value is None else str(value["revision"])

        return await self._read(read)

    async def bump(self, connection: AsyncConnection) -> None:
        """Makes the revision another one within the caller's transaction; until its end no other that bumps goes on."""
        row = {"value": {"revision": secrets.token_hex(8)}, "updated_at": self._now()}
        mine = sa.update(watermarks).where(watermarks.c.source == _REVISION).values(**row)
        if (await connection.execute(mine)).rowcount == 0:
            first = sa.insert(watermarks).values(source=_REVISION, **row)
            await connection.execute(first.prefix_with("OR IGNORE", dialect="sqlite").prefix_with("IGNORE", dialect="mysql"))
            await connection.execute(mine)  # another node was first, perhaps

    # -- maintenance ---------------------------------------------------------------------------------

    async def windows(self) -> list[Window]:
        """All windows that are not over, and those that are for less than a month, by their beginning; the last 1,000."""
        recent = sa.or_(_m.weekly != [], _m.ends > self._now() - _OVER_KEPT)
        query = sa.select(net_maintenance).where(recent).order_by(_m.starts.desc(), _m.id.desc()).limit(_MOST)

        async def read(connection: AsyncConnection) -> list[Window]:
            return [_window(row) for row in reversed((await connection.execute(query)).all())]

        return await self._read(read)

    async def add_window(self, window: Window) -> Window:
        """Keeps a window, whatever its `id` says; the same with the id it got. Raises BadWindow."""
        _check(window)
        weekly = tuple(sorted(set(window.weekly)))
        values = {
            "host": window.host,
            "group_path": window.group,
            "starts": window.starts,
            "ends": window.ends,
            "weekly": weekly,
            "until": window.until,
            "zone": window.zone,
            "why": window.why,
            "by_name": window.by,
            "created_at": self._now(),
        }

        async def write(connection: AsyncConnection) -> int:
            await self.bump(connection)
            done = await connection.execute(sa.insert(net_maintenance).values(values))
            return int(done.inserted_primary_key[0])  # type: ignore[index]  # the table has one

        return replace(window, id=await self._write(write), weekly=weekly)

    async def end_window(self, id: int) -> Window | None:
        """Ends a window for good, one that comes weekly too; as it was, or None when there is none with this id.

        What it has covered stays marked in the history.
        """

        async def write(connection: AsyncConnection) -> Window | None:
            await self.bump(connection)
            row = (await connection.execute(sa.select(net_maintenance).where(_m.id == id))).first()
            await connection.execute(sa.delete(net_maintenance).where(_m.id == id))
            return None if row is None else _window(row)

        return await self._write(write)

    # -- acknowledgements ----------------------------------------------------------------------------

    async def acks(self) -> list[Ack]:
        """All that stand, by host. One whose time is over stands until it is cleared: whether it still means anything is the judge's."""
        query = sa.select(net_acks).order_by(net_acks.c.host)

        async def read(connection: AsyncConnection) -> list[Ack]:
            return [_ack(row) for row in await connection.execute(query)]

        return await self._read(read)

    async def acknowledge(self, ack: Ack) -> None:
        """Keeps it, in the place of an earlier one of the host."""
        values = {"host": ack.host, "by_name": ack.by, "why": ack.why, "at": ack.at, "until": ack.until}

        async def write(connection: AsyncConnection) -> None:
            await self.bump(connection)  # from here on nobody else writes here
            await connection.execute(sa.delete(net_acks).where(net_acks.c.host == ack.host))
            await connection.execute(sa.insert(net_acks).values(values))

        await self._write(write)

    async def clear_ack(self, host: str, *, at: datetime | None = None) -> Ack | None:
        """Takes the host's acknowledgement back; as it was, or None when there is none.

        `at`: only the one that was made then, so that a recovery never clears what somebody has said since.
        """
        mine = net_acks.c.host == host if at is None else sa.and_(net_acks.c.host == host, net_acks.c.at == at)

        async def write(connection: AsyncConnection) -> Ack | None:
            await self.bump(connection)
            row = (await connection.execute(sa.select(net_acks).where(mine))).first()
            if row is not None:
                await connection.execute(sa.delete(net_acks).where(mine))
            return None if row is None else _ack(row)

        return await self._write(write)

    # -- the store -----------------------------------------------------------------------------------

    async def _read(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(_STORE_S), self._engine.connect() as connection:
                return await work(connection)
        except (*STORE_TROUBLE, TimeoutError) as error:
            raise StoreUnavailable(f"{type(error).__name__} in the network's standing") from error

    async def _write(self, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        """Runs a transaction; again when another node was in the way."""
        try:
            async with asyncio.timeout(_STORE_S):
                for number in range(_TRIES):
                    try:
                        async with self._engine.begin() as connection:
                            return await work(connection)
                    except DBAPIError as error:
                        if retry_number(error) is None or number == _TRIES - 1:
                            raise
                    await asyncio.sleep(0.02 * 2**number)
        except (*STORE_TROUBLE, TimeoutError) as error:
            raise StoreUnavailable(f"{type(error).__name__} in the network's standing") from error
        raise AssertionError("unreachable")


def _check(window: Window) -> None:
    if window.host is not None and window.group is not None:
        raise BadWindow("group", "host_or_group")
    for name, most in (("host", 64), ("group", 255), ("why", 1000), ("by", 255)):
        if len(getattr(window, name) or "") > most:
            raise BadWindow(name, "too_long")
    for name in ("starts", "ends", "until"):
        at = getattr(window, name)
        if at is not None and at.tzinfo is None:
            raise BadWindow(name, "no_zone")
    if window.ends <= window.starts:
        raise BadWindow("ends", "before_start")
    if window.weekly and window.ends - window.starts >= _WEEK:
        raise BadWindow("ends", "longer_than_a_week")
    if not set(window.weekly) <= set(range(7)):
        raise BadWindow("weekly", "no_weekday")
    if window.until is not None and (not window.weekly or window.until < window.starts):
        raise BadWindow("until", "before_start" if window.weekly else "not_weekly")
    try:
        ZoneInfo(window.zone)
    except (KeyError, ValueError, OSError):
        raise BadWindow("zone", "unknown_zone") from None


def _window(row: Any) -> Window:
    return Window(
        id=row.id,
        host=row.host,
        group=row.group_path,
        starts=row.starts,
        ends=row.ends,
        weekly=tuple(row.weekly),
        until=row.until,
        zone=row.zone,
        why=row.why,
        by=row.by_name,
    )


def _ack(row: Any) -> Ack:
    return Ack(host=row.host, by=row.by_name, why=row.why, at=row.at, until=row.until)
