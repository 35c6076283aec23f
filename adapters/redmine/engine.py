"""The engine that reads Redmine's database, and connections on which every statement has a deadline."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from adapters.redmine.errors import sorted_errors

__all__ = ["Reader", "create_engine", "normalise_url", "reading"]

_DRIVERS = {"mysql": "mysql+aiomysql", "mariadb": "mysql+aiomysql", "sqlite": "sqlite+aiosqlite"}
_CLOSE_S = 2.0  # a connection that does not close within this is left to the collector


def normalise_url(url: str) -> sa.URL:
    """`url` with the driver that we use: `mysql://`, `mariadb://` and `sqlite://` become asynchronous ones.

    MySQL gets charset utf8mb4 unless the address names another. Another system raises ValueError.
    """
    made = sa.make_url(url)
    backend = made.get_backend_name()
    if backend not in _DRIVERS:
        raise ValueError(f"Redmine's database must be mysql, mariadb or sqlite, not {backend}")
    made = made.set(drivername=_DRIVERS[backend])
    if backend != "sqlite" and "charset" not in made.query:
        made = made.update_query_dict({"charset": "utf8mb4"})
    return made


def create_engine(url: str, *, deadline_s: float = 5.0) -> AsyncEngine:
    """An engine that cannot write: autocommit (each statement sees what is committed by then) and read only.

    At most two connections, renewed every half hour. No ping before use: a stale connection fails its first
    statement, which is noticed within the deadline and tried again. The owner disposes of it.
    """
    address = normalise_url(url)
    mysql = address.get_backend_name() == "mysql"
    connect_args: dict[str, Any] = (
        {"connect_timeout": deadline_s, "init_command": "SET SESSION TRANSACTION READ ONLY"} if mysql else {"timeout": deadline_s}
    )
    engine = create_async_engine(
        address,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,  # nothing to roll back, so no round trip for it
        pool_reset_on_return=None,
        pool_pre_ping=False,
        pool_size=2,
        max_overflow=0,
        pool_timeout=deadline_s,
        pool_recycle=1800,
        connect_args=connect_args,
        hide_parameters=True,
    )
    if not mysql:
        sa.event.listen(engine.sync_engine, "connect", _query_only)
    return engine


def _query_only(connection: Any, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA query_only=ON")
    cursor.close()


class Reader:
    """One borrowed connection."""

    __slots__ = ("_connection", "_deadline_s")

    def __init__(self, connection: AsyncConnection, deadline_s: float) -> None:
        self._connection = connection
        self._deadline_s = deadline_s

    @property
    def dialect(self) -> str:
        """`mysql` or `sqlite`."""
        return self._connection.dialect.name

    async def rows(self, statement: sa.Executable) -> Sequence[sa.Row[Any]]:
        """All rows. No answer within the deadline raises RedmineAway; a refusal RedmineRefused."""
        with sorted_errors():
            async with asyncio.timeout(self._deadline_s):
                return (await self._connection.execute(statement)).all()

    async def rows_in(
        self, statement: sa.Select[Any], column: sa.ColumnElement[Any], values: Sequence[Any] | set[Any]
    ) -> Sequence[sa.Row[Any]]:
        """Rows whose `column` is one of `values`; no values, no query."""
        return await self.rows(statement.where(column.in_(sorted(values)))) if values else ()


@asynccontextmanager
async def reading(engine: AsyncEngine, deadline_s: float) -> AsyncIterator[Reader]:
    """Borrows a connection for the block.

    When the block fails or is cancelled, the connection is cut off instead of returned: after an unfinished answer
    it is out of step, and saying goodbye to a hung server would hang too.
    """
    with sorted_errors():
        async with asyncio.timeout(deadline_s):
            connection = await engine.connect()
    try:
        yield Reader(connection, deadline_s)
    except BaseException:
        await _cut(connection)
        raise
    else:
        with sorted_errors():
            async with asyncio.timeout(_CLOSE_S):
                await connection.close()


async def _cut(connection: AsyncConnection) -> None:
    with suppress(sa.exc.SQLAlchemyError, OSError, TimeoutError):
        async with asyncio.timeout(_CLOSE_S):
            if not connection.invalidated:
                if connection.dialect.name == "mysql":
                    driver = (await connection.get_raw_connection()).driver_connection
                    if driver is not None:
                        driver.close()  # drops the socket without a word; aiosqlite has no socket
                await connection.invalidate()
            await connection.close()
