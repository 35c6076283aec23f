"""A few long-lived connections to the ERP: every wait is bounded, and no cancellation reaches the driver.

Why not the driver's own pool: one connect that hangs wedges it for good, and a cancelled call awaits the answer to its
break without any limit (python-oracledb 26.1). Here connecting has a limit, `call_timeout` bounds each round trip, and
callers' cancellations stay with the callers.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

import oracledb
import structlog

from adapters.erp.errors import LOST, RETRIED, ErpBusy, ErpMisconfigured, ErpRefused, from_driver, full_code
from adapters.erp.names import Names

__all__ = ["TURNED_AWAY", "Erp", "ErpSettings", "open_erp"]

T = TypeVar("T")
Work = Callable[[oracledb.AsyncConnection], Awaitable[T]]

_log = structlog.get_logger("adapters.erp")
TURNED_AWAY = ("ORA-01017", "ORA-28000", "ORA-28001", "ORA-01045")
"""Wrong name or password; locked; expired; no right to connect. The last two are said of a right password only."""
_FAREWELL_MS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpSettings:
    """How to reach the ERP."""

    dsn: str
    """Easy Connect or a descriptor, without credentials; see `names` for what is looked up off the event loop."""
    user: str
    password: str = field(repr=False)
    size: int = 4
    """Connections at most."""
    tries: int = 2
    """Accounts of people tried at a time, each over a connection of its own. The driver derives keys in the event loop, some
    milliseconds for each."""
    connect_s: float = 5.0
    """For a free connection, and again for making one, signing in included."""
    call_s: float = 5.0
    """For each round trip; a peer that is dead behind a live socket is given up after twice that."""
    refused_pause_s: float = 3600.0
    """After the account was turned away no attempt is made for so long: each one counts towards locking it."""


@asynccontextmanager
async def open_erp(settings: ErpSettings) -> AsyncIterator[Erp]:
    """The ERP for as long as the block lasts. Connects when first asked.

    Raises ErpMisconfigured when the driver is set to print packets.
    """
    if os.environ.get("PYO_DEBUG_PACKETS"):
        raise ErpMisconfigured("PYO_DEBUG_PACKETS is set: the driver would print every packet, passwords included")
    erp = Erp(settings)
    try:
        yield erp
    finally:
        await erp.aclose()


class Erp:
    """Owner of the connections. Made by `open_erp`.

    Every call ends within connect_s twice, plus call_s twice for each of its round trips, whatever the peer does.
    """

    def __init__(self, settings: ErpSettings, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._settings, self._clock = settings, clock
        self._free = asyncio.Semaphore(settings.size)
        self._trying = asyncio.Semaphore(settings.tries)
        self._names = Names(settings.dsn)
        self._idle: list[oracledb.AsyncConnection] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._refused: tuple[float, ErpRefused] | None = None
        self._closed = False

    async def run(self, name: str, work: Work[T]) -> T:
        """What `work` returns, given a connection of its own; it commits what it wants kept, the rest is rolled back.

        `name` names the work in logs. Raises an ErpError. A caller that is cancelled leaves at once; the call ends by its own limits.
        """
        return await self._shielded(name, work, again=False)

    async def fetch(self, name: str, sql: str, binds: Mapping[str, Any] | None = None, *, limit: int = 1000) -> list[dict[str, Any]]:
        """The rows of a query as dicts with lower-case names, `limit` of them at most; CLOBs as str.

        `name` stands in the logs for the statement, and no value ever does. A read that met a stale connection is tried once more.
        """

        async def read(connection: oracledb.AsyncConnection) -> list[dict[str, Any]]:
            with connection.cursor() as cursor:
                cursor.arraysize = cursor.prefetchrows = min(limit, 500)
                await cursor.execute(sql, dict(binds or {}), fetch_lobs=False)
                rows = await cursor.fetchmany(limit)
                names = [column.name.lower() for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in rows]

        return await self._shielded(name, read, again=True)

    async def try_account(self, user: str, password: str) -> str | None:
        """Whether the database lets this account in: None if it does, else one of `TURNED_AWAY`.

        The connection is closed at once; `tries` are made at a time. Raises an ErpError when that could not be found out.
        The caller has checked `user`: brackets and quotes in it have a meaning.
        """
        return await self._own("try-account", self._try(user, password))

    async def columns(self, name: str, sql: str, binds: Mapping[str, Any]) -> frozenset[str]:
        """The names of what a query gives, in lower case, whether it finds a row or not."""

        async def read(connection: oracledb.AsyncConnection) -> frozenset[str]:
            with connection.cursor() as cursor:
                await cursor.execute(sql, dict(binds))
                return frozenset(column.name.lower() for column in cursor.description or ())

        return await self._shielded(name, read, again=True)

    async def parse(self, name: str, sql: str) -> None:
        """Has the database read a statement without running it: it looks for tables, columns, functions and the right to them.

        For what writes; no statement of data definition may come here, which Oracle runs when it parses. Raises an ErpError.
        """

        async def read(connection: oracledb.AsyncConnection) -> None:
            with connection.cursor() as cursor:
                await cursor.parse(sql)

        await self._shielded(name, read, again=True)

    async def aclose(self) -> None:
        """Lets running calls end by their limits, then closes without a round trip. Later calls raise ErpBusy."""
        self._closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2 * (self._settings.connect_s + self._settings.call_s))
        for connection in self._idle:
            connection.terminate()
        self._idle.clear()

    # -- within

    async def _shielded(self, name: str, work: Work[T], *, again: bool) -> T:
        return await self._own(name, self._logged(name, work, again=again))

    async def _own(self, name: str, call: Coroutine[Any, Any, T]) -> T:
        """Runs a call in a task of its own, which no caller's cancellation reaches."""
        if self._closed:
            call.close()
            raise ErpBusy("closed")
        task = asyncio.create_task(call, name=f"erp-{name}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return await asyncio.shield(task)

    def _finished(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # an abandoned call's error is nobody's: mark it as seen

    async def _logged(self, name: str, work: Work[T], *, again: bool) -> T:
        began = self._clock()
        try:
            result = await self._attempt(work, again=again)
        except (oracledb.Error, OSError, TimeoutError) as error:
            ours = from_driver(error)
            if isinstance(ours, ErpRefused):
                self._refused = self._clock(), ours
                _log.error("erp_account_refused", code=ours.detail, pause_s=self._settings.refused_pause_s)
            _log.info("erp_call_failed", call=name, code=ours.detail, ms=self._ms(began))
            # the driver's own text may name columns and values: it stays out of the chain
            raise ours from None
        _log.debug("erp_call", call=name, ms=self._ms(began), rows=len(result) if isinstance(result, list) else None)
        return result

    async def _try(self, user: str, password: str) -> str | None:
        began = self._clock()
        try:
            async with asyncio.timeout(self._settings.connect_s):
                await self._trying.acquire()
        except TimeoutError:
            raise ErpBusy("too many accounts are being tried") from None
        try:
            connection = await self._connect(user, password)
            # a dead peer gets no time for its farewell: the answer is known
            connection.call_timeout = _FAREWELL_MS
            try:
                await connection.close()
            except oracledb.Error:
                connection.terminate()
        except (oracledb.Error, OSError, TimeoutError) as error:
            code = full_code(error)
            if code in TURNED_AWAY:
                return code
            ours = from_driver(error)
            _log.info("erp_call_failed", call="try-account", code=ours.detail, ms=self._ms(began))
            raise ours from None
        finally:
            self._trying.release()
        return None

    def _ms(self, began: float) -> int:
        return round((self._clock() - began) * 1000)

    async def _attempt(self, work: Work[T], *, again: bool) -> T:
        try:
            async with asyncio.timeout(self._settings.connect_s):
                await self._free.acquire()
        except TimeoutError:
            raise ErpBusy("all connections are in use") from None
        try:
            connection, pooled = await self._connection()
            try:
                return await self._with(connection, work)
            except oracledb.Error as error:
                code = full_code(error)
                # a lost connection is worth a second try only if it had been lying idle: firewalls drop those in silence
                if not again or code not in RETRIED or (code in LOST and not pooled):
                    raise
            connection, _ = await self._connection(fresh=True)
            return await self._with(connection, work)
        finally:
            self._free.release()

    async def _with(self, connection: oracledb.AsyncConnection, work: Work[T]) -> T:
        try:
            result = await work(connection)
            if connection.transaction_in_progress:
                await connection.rollback()
        except BaseException:
            connection.terminate()  # never reuse a connection in an unknown state
            raise
        if self._closed:
            connection.terminate()
        else:
            self._idle.append(connection)
        return result

    async def _connection(self, *, fresh: bool = False) -> tuple[oracledb.AsyncConnection, bool]:
        """A connection, and whether it had been lying idle."""
        while self._idle:
            connection = self._idle.pop()
            if not fresh and connection.is_healthy():  # a closed socket is noticed without a round trip
                return connection, True
            connection.terminate()
        if self._refused:
            at, refusal = self._refused
            if self._clock() - at < self._settings.refused_pause_s:
                raise ErpRefused(refusal.detail)
            self._refused = None
        connection = await self._connect(self._settings.user, self._settings.password)
        connection.call_timeout = max(1, round(self._settings.call_s * 1000))
        connection.inputtypehandler = _timestamps
        return connection, False

    async def _connect(self, user: str, password: str) -> oracledb.AsyncConnection:
        async with asyncio.timeout(self._settings.connect_s):
            connection: oracledb.AsyncConnection = await oracledb.connect_async(
                user=user, password=password, dsn=await self._names.resolved()
            )
            return connection


def _timestamps(cursor: oracledb.AsyncCursor, value: Any, size: int) -> oracledb.Var | None:
    """A datetime binds as TIMESTAMP: the driver's own choice, DATE, would cut its microseconds off."""
    return cursor.var(oracledb.DB_TYPE_TIMESTAMP, arraysize=size) if isinstance(value, datetime) else None
