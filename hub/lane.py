"""Where the writer's transactions run, one after the other: in a thread for SQLite, on the event loop for MariaDB.

A transaction's work is plain, synchronous code over one connection. SQLite's runs whole in a thread of its own: one hop there
and back for a group, instead of one for each statement. MariaDB's runs on SQLAlchemy's greenlets and waits without a thread.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from hub.store import sqlite_pragmas

__all__ = ["Conflict", "Lane", "open_lane", "retry_number"]

_log = structlog.get_logger("hub.lane")
T = TypeVar("T")
Work = Callable[[sa.Connection], T]


class Conflict(Exception):
    """Another node was in the way: nothing was written, and the same work may well succeed at once."""


class Lane(Protocol):
    """Runs one transaction at a time. The caller sees to it that none begins before the last one has ended."""

    engine: sa.Engine
    """The engine that the transactions run on, for whoever wants to listen to its events."""

    async def run(self, work: Work[T]) -> T:
        """The result of `work`, committed. Whatever it raises is raised and nothing stays.

        Raises Conflict, or SQLAlchemy's DBAPIError. Cancelled, it gives the transaction up; only one that was being committed at that
        very moment may land all the same.
        """
        ...

    async def close(self) -> None:
        """Gives up what is open. Does not wait for a transaction that hangs."""
        ...


def open_lane(engine: AsyncEngine, lock_wait_s: float) -> Lane:
    """The lane for this store; it has connections of its own. A lock that somebody else holds is waited for `lock_wait_s` seconds."""
    if engine.dialect.name != "sqlite":
        return LoopLane(_read_committed(engine, lock_wait_s))
    if engine.url.database in (None, "", ":memory:"):  # what another connection makes is another store
        return LoopLane(engine)
    return SqliteLane(engine, lock_wait_s)


def _read_committed(engine: AsyncEngine, lock_wait_s: float) -> AsyncEngine:
    """MariaDB with one connection, READ COMMITTED.

    Under REPEATABLE READ a transaction would go on seeing the moment of its first read: after waiting for another node's lock it
    would not find the key or the position that it waited for. It would also lock the gaps between rows, which two nodes that insert
    for the same people run into. Each write either finds all it read locked (`heads`, rows in hand) or is guarded by a unique key.
    Needs row-based or mixed binary logs, MariaDB's default.
    """
    wait_s = max(1, round(lock_wait_s))
    return create_async_engine(
        engine.url,
        isolation_level="READ COMMITTED",
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=1,
        max_overflow=1,  # while one that was given up is still being closed
        connect_args={
            "connect_timeout": 5,
            # the server takes the locks of a frozen process away: others must get on with the rows, and with the lease
            "init_command": f"SET SESSION innodb_lock_wait_timeout = {wait_s}, idle_transaction_timeout = {wait_s}",
        },
    )


_CHECKPOINT_AFTER = 4000
"""Rows changed between two checkpoints: 5 to 20 MB of log. SQLite's own default, 1,000 pages, comes many times a second under load."""
_CHECKPOINT_HARD = 16_384
"""Pages in the log (64 MiB) beyond which the writer itself waits until the log can start anew."""


class SqliteLane:
    """A thread with one connection; a second thread carries the log into the database file, so that no commit waits for that disk."""

    def __init__(self, engine: AsyncEngine, lock_wait_s: float) -> None:
        self._url = engine.url.set(drivername="sqlite+pysqlite")
        self._lock_wait_ms = round(lock_wait_s * 1000)
        self.engine = sa.create_engine(
            "sqlite://", creator=self._connect, poolclass=QueuePool, pool_size=2, max_overflow=0, hide_parameters=True
        )
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store_writer")
        self._checkpoints = ThreadPoolExecutor(1, thread_name_prefix="store_checkpoint")
        self._checkpointing = threading.Lock()
        self._changes = 0
        self._restart = False

    def _connect(self) -> Any:
        path, named = self.engine.dialect.create_connect_args(self._url)  # in the thread: it looks the path up
        connection = sqlite3.connect(path[0], **named)
        sqlite_pragmas(connection)
        for pragma in (f"busy_timeout={self._lock_wait_ms}", "wal_autocheckpoint=0"):
            connection.execute(f"PRAGMA {pragma}").close()
        return connection

    async def run(self, work: Work[T]) -> T:
        """See `Lane`."""
        transaction = _Transaction()
        running = asyncio.get_running_loop().run_in_executor(self._thread, self._run, work, transaction)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            running.add_done_callback(_forget)
            transaction.give_up()
            raise

    def _run(self, work: Work[T], transaction: _Transaction) -> T:
        if transaction.given_up:
            raise _GivenUp
        with self.engine.connect() as connection:
            driver = connection.connection.dbapi_connection
            assert driver is not None  # noqa: S101  # a connection that is open has one
            try:
                with transaction.on(driver):
                    connection.exec_driver_sql("BEGIN IMMEDIATE")  # wait for the lock here, not in the middle
                    result = work(connection)
                    if transaction.given_up:
                        raise _GivenUp
                    connection.commit()
            except BaseException:
                # a COMMIT that failed leaves the transaction open (SQLite, "Response To Errors Within A Transaction"), and SQLAlchemy,
                # which thinks it over, gives the connection back as it is: the next transaction would not begin
                if driver.in_transaction:
                    driver.rollback()
                raise
            changes: int = driver.total_changes
            if self._restart:
                self._restart = False
                for pragma in ("busy_timeout=100", "wal_checkpoint(RESTART)", f"busy_timeout={self._lock_wait_ms}"):
                    driver.execute(f"PRAGMA {pragma}").close()
        if abs(changes - self._changes) >= _CHECKPOINT_AFTER and self._checkpointing.acquire(blocking=False):
            self._changes = changes
            self._checkpoints.submit(self._checkpoint)
        return result

    def _checkpoint(self) -> None:
        """Carries over what no reader needs in the log; commits go on meanwhile (SQLite, "PRAGMA wal_checkpoint": PASSIVE)."""
        try:
            with self.engine.connect() as connection:
                row = connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)").one()
            self._restart = row[1] > _CHECKPOINT_HARD
        except sa.exc.SQLAlchemyError:  # a full disk or a lock: the log keeps everything, and the next one tries again
            _log.warning("checkpoint_failed", exc_info=True)
        finally:
            self._checkpointing.release()

    async def close(self) -> None:
        """See `Lane`."""
        self._thread.shutdown(wait=False, cancel_futures=True)
        self._checkpoints.shutdown(wait=False, cancel_futures=True)
        await asyncio.get_running_loop().run_in_executor(None, self.engine.dispose)


class _GivenUp(Exception):
    """Nobody waits for this transaction any more."""


class _Transaction:
    """Whether anybody still waits for a transaction, and the connection that it is on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._driver: Any = None
        self.given_up = False

    def on(self, driver: Any) -> _Transaction:
        """While the block runs, giving up interrupts the statement that this connection is busy with."""
        with self._lock:
            self._driver = driver
        return self

    def __enter__(self) -> None:
        pass

    def __exit__(self, *_exception: object) -> None:
        with self._lock:
            self._driver = None

    def give_up(self) -> None:
        """Nobody waits any more."""
        with self._lock:
            self.given_up = True
            if self._driver is not None:
                self._driver.interrupt()


def _forget(future: asyncio.Future[Any]) -> None:
    with suppress(BaseException):
        future.result()


_AGAIN = frozenset({1020, 1205, 1213})
"""MariaDB's record changed since last read, lock wait timeout, deadlock: "try restarting transaction"."""


def retry_number(error: DBAPIError) -> int | None:
    """MariaDB's number, when the transaction met another one and was undone for that alone: the same again may work."""
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return number if number in _AGAIN else None


class LoopLane:
    """Transactions on the event loop, by SQLAlchemy's greenlets."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.engine = engine.sync_engine

    async def run(self, work: Work[T]) -> T:
        """See `Lane`."""
        try:
            async with self._engine.begin() as connection:
                return await connection.run_sync(work)
        except DBAPIError as error:
            if (number := retry_number(error)) is not None:
                raise Conflict(f"MariaDB's error {number}") from error
            raise

    async def close(self) -> None:
        """See `Lane`."""
        await self._engine.dispose()
