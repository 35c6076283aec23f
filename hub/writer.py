"""Group commit: whatever waits when the store is free goes into one transaction.

One writer for a node. An operation is a plain function of the open transaction; its result is handed over only
after the commit. Operations of one kind that stand next to each other are given together, so that a group of a
thousand acks costs a handful of statements.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.lane import Conflict, open_lane

__all__ = ["STORE_TROUBLE", "Kind", "StoreUnavailable", "Writer"]

_log = structlog.get_logger("hub.writer")
Arg = TypeVar("Arg")
Result = TypeVar("Result")
Refused = Callable[[Exception], None]


class StoreUnavailable(Exception):
    """The store did not take a write: locked, full, away, or more waiting than the bound. Nothing was half-done."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return f"the store is not available: {self.why}"


STORE_TROUBLE = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.InternalError, sa.exc.TimeoutError, OSError)
"""What the drivers raise when the trouble is the store's, not the statement's: locked, full, away, no connection free."""


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[Arg, Result]):
    """One kind of write: takes the arguments of several callers, gives as many results, all in one transaction."""

    name: str
    run: Callable[[sa.Connection, Sequence[Arg]], Sequence[Result]]
    """Runs in the writer's thread where the store is SQLite, on the event loop where it is MariaDB. May run again after a conflict."""
    committed: Callable[[Sequence[Result]], None] = lambda _results: None
    """Called on the event loop at once after the commit, in the order of commits, before any caller goes on."""
    early: bool = False
    """True when it may overtake what waits before it: all of a group run together, first."""


class _Waiting:
    """One write that waits, and who wants to hear of it: a future, or a callback in case it fails."""

    __slots__ = ("answered", "arg", "done", "kind", "refused")

    def __init__(self, kind: Kind[Any, Any], arg: Any, done: asyncio.Future[Any] | None, refused: Refused | None) -> None:
        self.kind, self.arg, self.done, self.refused = kind, arg, done, refused
        self.answered = False

    def succeed(self, result: Any) -> None:
        """Hands the result over."""
        self.answered = True
        if self.done is not None and not self.done.done():
            self.done.set_result(result)

    def fail(self, error: Exception) -> None:
        """Hands the failure over, unless there has been an answer."""
        if self.answered:
            return
        self.answered = True
        if self.done is not None:
            if not self.done.done():
                self.done.set_exception(error)
        elif self.refused is not None:
            try:
                self.refused(error)
            except Exception:  # a listener's bug must not stop the answers of the others
                _log.exception("refusal_not_told", kind=self.kind.name)


_TRIES = 5
"""How often a group is tried that other nodes keep getting in the way of."""


class Writer:
    """Runs writes in groups. At most `waiting` wait; one more is refused with StoreUnavailable rather than queued.

    A group has `commit_s` seconds; a lock that somebody else holds is waited for half of that.
    """

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
        self._group, self._bound, self._commit_s, self._observe = group, waiting, commit_s, observe
        self._lane = open_lane(engine, commit_s / 2)
        self.engine = self._lane.engine
        """The engine that the groups are written on, for whoever wants to listen to its events."""
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
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._put(_Waiting(kind, arg, done, None))
        return await done

    def post(self, kind: Kind[Arg, Any], arg: Arg, refused: Refused | None = None) -> None:
        """Hands a write over whose result nobody waits for; costs no future and no task.

        `refused` is called on the event loop with what went wrong, should it not be written: StoreUnavailable, or what the operation
        raised. With too much waiting that is before this returns.
        """
        waiting = _Waiting(kind, arg, None, refused)
        try:
            self._put(waiting)
        except StoreUnavailable as error:
            waiting.fail(error)

    def _put(self, waiting: _Waiting) -> None:
        if self._ended or len(self._waiting) >= self._bound:
            raise StoreUnavailable("the writer has ended" if self._ended else "too many writes are waiting")
        self._waiting.append(waiting)
        self._news.set()

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
                    waiting.fail(StoreUnavailable("the writer has ended"))
                self._in_hand, self._waiting = [], []
                await self._lane.close()

    def _next(self) -> asyncio.Task[None]:
        self._in_hand, self._waiting = self._waiting[: self._group], self._waiting[self._group :]
        self._current = asyncio.create_task(self._write(self._in_hand), name="store_writer_group")
        return self._current

    async def _write(self, group: list[_Waiting]) -> None:
        runs = _runs(group)
        try:
            finished = await self._transaction(runs)
        except StoreUnavailable as error:
            for waiting in group:
                waiting.fail(error)
        except Exception as error:
            if len(group) == 1:
                group[0].fail(error)
                return
            for waiting in group:  # one of them is bad: alone, the others succeed
                await self._write([waiting])
        else:
            for (kind, _), results in zip(runs, finished, strict=True):
                try:
                    kind.committed(results)
                except Exception:  # it is durable: a bug in telling of it must not leave the callers without an answer
                    _log.exception("commit_not_told", kind=kind.name)
            for (_, members), results in zip(runs, finished, strict=True):
                for waiting, result in zip(members, results, strict=True):
                    waiting.succeed(result)

    async def _transaction(self, runs: list[tuple[Kind[Any, Any], list[_Waiting]]]) -> list[Sequence[Any]]:
        def work(connection: sa.Connection) -> list[Sequence[Any]]:
            return [kind.run(connection, [waiting.arg for waiting in members]) for kind, members in runs]

        began, committed = time.perf_counter(), False
        try:
            async with asyncio.timeout(self._commit_s):
                for tries in range(1, _TRIES + 1):
                    try:
                        done = await self._lane.run(work)
                    except Conflict as conflict:
                        if tries == _TRIES:
                            raise StoreUnavailable(str(conflict)) from conflict
                        # full jitter, so that two nodes do not meet again
                        await asyncio.sleep(random.random() * 0.01 * 2**tries)  # noqa: S311  # no secret
                    else:
                        committed = True
                        return done
        except TimeoutError as error:
            raise StoreUnavailable(f"no commit in {self._commit_s:g} s") from error
        except STORE_TROUBLE as error:
            raise StoreUnavailable(type(getattr(error, "orig", error)).__name__) from error
        finally:
            self._observe(sum(len(members) for _, members in runs), time.perf_counter() - began, committed)
        raise AssertionError("the last try returns or raises")


def _runs(group: list[_Waiting]) -> list[tuple[Kind[Any, Any], list[_Waiting]]]:
    """The group's members by kind: the early ones, then each run of neighbours."""
    early: dict[Kind[Any, Any], list[_Waiting]] = {}
    runs: list[tuple[Kind[Any, Any], list[_Waiting]]] = []
    for waiting in group:
        if waiting.kind.early:
            early.setdefault(waiting.kind, []).append(waiting)
            continue
        if not runs or runs[-1][0] is not waiting.kind:
            runs.append((waiting.kind, []))
        runs[-1][1].append(waiting)
    return [*early.items(), *runs]
