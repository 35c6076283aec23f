"""Group commit: whatever waits when the store is free goes into one transaction.

One writer for a node. An operation is an async function of the open transaction; its result is handed over only
after the commit. Operations of one kind that stand next to each other are given together, so that a group of a
thousand acks costs a handful of statements.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

__all__ = ["Kind", "StoreUnavailable", "Writer"]

_log = structlog.get_logger("hub.writer")
Arg = TypeVar("Arg")
Result = TypeVar("Result")


class StoreUnavailable(Exception):
    """The store did not take a write: locked, full, away, or more waiting than the bound. Nothing was half-done."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return f"the store is not available: {self.why}"


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[Arg, Result]):
    """One kind of write: takes the arguments of several callers, gives as many results, all in one transaction."""

    name: str
    run: Callable[[AsyncConnection, Sequence[Arg]], Awaitable[Sequence[Result]]]
    committed: Callable[[Sequence[Result]], None] = lambda _results: None
    """Called at once after the commit, in the order of commits, before any caller goes on."""


@dataclass(slots=True, eq=False)
class _Waiting:
    kind: Kind[Any, Any]
    arg: Any
    done: asyncio.Future[Any]


class Writer:
    """Runs writes in groups. At most `waiting` wait; one more is refused with StoreUnavailable rather than queued."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        group: int = 1000,
        waiting: int = 20_000,
        commit_s: float = 10.0,
        observe: Callable[[int, float, bool], None] = lambda _size, _seconds, _committed: None,
    ) -> None:
        """`observe` is told of every transaction: how many writes, how many seconds, whether it was committed."""
        self._engine, self._group, self._bound, self._commit_s = engine, group, waiting, commit_s
        self._observe = observe
        self._waiting: list[_Waiting] = []
        self._in_hand: list[_Waiting] = []
        self._news = asyncio.Event()
        self._ended = False
        self._current: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """How many writes wait for their turn."""
        return len(self._waiting)

    async def do(self, kind: Kind[Arg, Result], arg: Arg) -> Result:
        """Runs one write and returns its result once it is durable.

        Cancelling the caller does not cancel the write: it may be in a group with others.
        Raises StoreUnavailable, or what the operation itself raised.
        """
        if self._ended or len(self._waiting) >= self._bound:
            raise StoreUnavailable("the writer has ended" if self._ended else "too many writes are waiting")
        waiting = _Waiting(kind, arg, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        self._news.set()
        result: Result = await waiting.done
        return result

    async def run(self) -> None:
        """The writer's loop; ends by cancellation, after what was waiting has been written or refused."""
        try:
            while True:
                await self._news.wait()
                self._news.clear()
                while self._waiting:
                    await asyncio.shield(self._next())
        finally:
            self._ended = True
            try:
                async with asyncio.timeout(self._commit_s * 2):
                    if self._current is not None:
                        await self._current  # the cancellation reached us, not the group under way
                    while self._waiting:
                        await self._next()
            except TimeoutError:
                _log.error("writes_given_up", waiting=len(self._waiting))
            finally:
                for waiting in (*self._in_hand, *self._waiting):  # an answer for everybody, also when the store gives none
                    _fail(waiting, StoreUnavailable("the writer has ended"))

    def _next(self) -> asyncio.Task[None]:
        self._in_hand, self._waiting = self._waiting[: self._group], self._waiting[self._group :]
        self._current = asyncio.create_task(self._write(self._in_hand), name="store_writer_group")
        return self._current

    async def _write(self, group: list[_Waiting]) -> None:
        try:
            finished = await self._transaction(group)
        except StoreUnavailable as error:
            for waiting in group:
                _fail(waiting, error)
        except Exception as error:
            if len(group) == 1:
                _fail(group[0], error)
                return
            for waiting in group:  # one of them is bad: alone, the others succeed
                await self._write([waiting])
        else:
            for kind, results in finished:
                try:
                    kind.committed(results)
                except Exception:  # it is durable: a bug in telling of it must not leave the callers without an answer
                    _log.exception("commit_not_told", kind=kind.name)
            for waiting, result in zip(group, (result for _, results in finished for result in results), strict=True):
                if not waiting.done.done():
                    waiting.done.set_result(result)

    async def _transaction(self, group: list[_Waiting]) -> list[tuple[Kind[Any, Any], Sequence[Any]]]:
        finished: list[tuple[Kind[Any, Any], Sequence[Any]]] = []
        began, committed = time.perf_counter(), False
        try:
            async with asyncio.timeout(self._commit_s), self._engine.connect() as connection:
                if connection.dialect.name == "sqlite":
                    await connection.execute(sa.text("BEGIN IMMEDIATE"))  # wait for the lock here, not in the middle
                for kind, args in _runs(group):
                    finished.append((kind, await kind.run(connection, args)))
                await connection.commit()
                committed = True
        except TimeoutError as error:
            raise StoreUnavailable(f"no commit in {self._commit_s:g} s") from error
        except DBAPIError as error:
            if isinstance(error, sa.exc.OperationalError | sa.exc.InterfaceError | sa.exc.InternalError):
                raise StoreUnavailable(type(error.orig).__name__) from error
            raise
        finally:
            self._observe(len(group), time.perf_counter() - began, committed)
        return finished


def _runs(group: list[_Waiting]) -> list[tuple[Kind[Any, Any], list[Any]]]:
    runs: list[tuple[Kind[Any, Any], list[Any]]] = []
    for waiting in group:
        if not runs or runs[-1][0] is not waiting.kind:
            runs.append((waiting.kind, []))
        runs[-1][1].append(waiting.arg)
    return runs


def _fail(waiting: _Waiting, error: Exception) -> None:
    if not waiting.done.done():
        waiting.done.set_exception(error)
