"""The ledger: for each (notification, user) one row that ends exactly once, in SQLite or MariaDB.

    pending --ack received--> received        pending --deadline--> pushing --accepted--> pushed
       |  \\--read elsewhere--> read_elsewhere     |                    |--retry--> pending
       |  \\--expired, muted, live only--> expired                      \\--no way left--> failed (cause)

A terminal state is never left: every update asks for an open one. All writes go through one `Writer`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub import attempts
from hub.accept import Accepting, Receipt, Submission, first_key
from hub.attempts import Due, Ending, Finished, Nearer, Taken, Woken
from hub.batching import Asking, TooManyAsk
from hub.event import Encoded, Event
from hub.lease import Guard
from hub.levels import IS_OPEN, Mark, Marked, apply_marks, apply_received, level_of, newest, newest_of, unseen, unseen_of
from hub.policy import Timing
from hub.store import events, inbox, publications, push_attempts, watermarks
from hub.writer import STORE_TROUBLE, Kind, StoreUnavailable, Writer

__all__ = ["InboxPage", "InboxRow", "Ledger"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One notification as its person's inbox holds it."""

    seq: int
    event: Event
    level: str
    state: str

    def encoded(self) -> Encoded:
        """The event, encoded for frames."""
        return self.event.encode()


@dataclass(frozen=True, slots=True)
class InboxPage:
    """A part of an inbox, newest first; `next` is where the following page begins, None at the end."""

    rows: tuple[InboxRow, ...]
    next: int | None
    head: int
    unseen: int
    unread: int


class Ledger:
    """Reads and writes the notifications' rows.

    `accepted`, `marked`, `received` and `woken` are called right after each commit, in commit order: that is how live delivery follows
    the order of positions.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        timing: Timing,
        connected: Callable[[int], bool],
        accepted: Callable[[Sequence[Receipt]], None],
        marked: Callable[[Sequence[Marked]], None],
        received: Callable[[Sequence[Mark]], None] = lambda _marks: None,
        woken: Callable[[Sequence[Woken]], None] = lambda _woken: None,
        writer: Writer | None = None,
    ) -> None:
        self._engine = engine
        self.writer = writer or Writer(engine)
        self._accept = Kind("accept", Accepting(timing, connected), accepted)
        self._mark = Kind("mark", apply_marks, marked)
        self._received = Kind("received", apply_received, received, early=True)
        self._begin = Kind("begin_push", attempts.begin)
        self._finish = Kind("finish_push", attempts.finish)
        self._settle = Kind("settle", attempts.settle_groups)
        self._wake = Kind("wake", attempts.wake, woken)
        self._nearer = Kind("bring_nearer", attempts.bring_nearer)
        self._prune = Kind("prune", _prune)
        self._heads = Asking(self._ask_heads, name="heads")

    # -- writing ------------------------------------------------------------------------------------

    async def accept(self, submission: Submission) -> Receipt:
        """Takes notifications in; they are durable when this returns. Raises StoreUnavailable, and Fenced by the submission's guard."""
        return await self.writer.do(self._accept, submission)

    async def mark(self, mark: Mark) -> Marked:
        """Applies a person's word on their notifications; durable when this returns."""
        return await self.writer.do(self._mark, mark)

    def mark_later(self, mark: Mark, on_error: Callable[[Exception], None] | None = None) -> None:
        """Hands a `received` mark with a seq to the writer and does not wait: many acks of a tick share a transaction.

        It may overtake what waits before it, which it commutes with: its rows have committed before anybody could receive them.
        `on_error` is called on the event loop when it was not written, with StoreUnavailable or the cause; with too much waiting, at once.
        """
        if mark.change != "received" or mark.seq is None:
            raise ValueError("only `received` up to a seq needs no answer")
        self.writer.post(self._received, mark, on_error)

    async def begin_push(self, user_id: int, seqs: Sequence[int], now: datetime, guard: Guard | None = None) -> tuple[int, ...]:
        """Takes rows in hand for a push and returns those that this call took: open, due, and in nobody else's hand.

        Raises Fenced when `guard` finds that another node delivers by now.
        """
        return await self.writer.do(self._begin, Taken(user_id, tuple(seqs), now, guard))

    async def finish_push(self, finished: Finished) -> None:
        """Writes down how a push went."""
        await self.writer.do(self._finish, finished)

    async def settle(self, endings: Sequence[Ending]) -> None:
        """Ends or re-schedules rows without a push."""
        if endings:
            await self.writer.do(self._settle, tuple(endings))

    async def wake(self, user_id: int, seqs: Sequence[int], now: datetime) -> None:
        """Brings snoozed notifications back."""
        await self.writer.do(self._wake, Taken(user_id, tuple(seqs), now))

    async def bring_nearer(self, now: datetime, step_s: float, receive_s: float, guard: Guard | None = None) -> int:
        """Brings back the deadlines that a clock set back by `step_s` has put off; how many. Raises Fenced, as `begin_push`."""
        return await self.writer.do(self._nearer, Nearer(now, step_s, receive_s, guard))

    async def prune(self, before: datetime) -> int:
        """Forgets what expired and ended before `before`; returns how many events went. Bounded: call again while it is not 0."""
        return await self.writer.do(self._prune, before)

    # -- reading ------------------------------------------------------------------------------------

    async def head(self, user_id: int, now: datetime) -> tuple[int, int]:
        """(newest seq, unseen count) of a person. Callers that ask at the same time share two queries, however many they are."""
        try:
            return await self._heads.get((user_id, now)) or (0, 0)
        except TooManyAsk as error:
            raise StoreUnavailable(str(error)) from error

    async def _ask_heads(self, asked: Sequence[tuple[int, datetime]]) -> dict[tuple[int, datetime], tuple[int, int]]:
        def read(connection: sa.Connection) -> dict[tuple[int, datetime], tuple[int, int]]:
            seqs, bells = newest_of(connection, (user_id for user_id, _ in asked)), unseen_of(connection, asked)
            return {key: (seqs.get(key[0], 0), bells.get(key, 0)) for key in asked}

        return await self._read(read)

    async def after(self, user_id: int, seq: int, limit: int) -> list[InboxRow]:
        """The notifications after `seq`, oldest first, for a replay."""
        query = _select_rows(user_id).where(inbox.c.seq > seq).order_by(inbox.c.seq).limit(limit)
        return await self._read(lambda connection: [_row(row) for row in connection.execute(query)])

    async def page(
        self, user_id: int, *, now: datetime, before: int | None = None, limit: int = 50, kind: str | None = None, unread: bool = False
    ) -> InboxPage:
        """One page of the inbox, newest first. Done and snoozed ones are left out."""
        listed = (inbox.c.done_at.is_(None), sa.or_(inbox.c.snoozed_until.is_(None), inbox.c.snoozed_until <= now))
        query = _select_rows(user_id).where(*listed)
        if before is not None:
            query = query.where(inbox.c.seq < before)
        if unread:
            query = query.where(inbox.c.read_at.is_(None))
        if kind is not None:
            query = query.where(events.c.kind == kind)

        def read(connection: sa.Connection) -> InboxPage:
            rows = [_row(row) for row in connection.execute(query.order_by(inbox.c.seq.desc()).limit(limit + 1))]
            count = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.user_id == user_id, *listed)
            not_read = connection.execute(count.where(inbox.c.read_at.is_(None))).scalar_one()
            more = len(rows) > limit
            following = rows[limit - 1].seq if more else None
            return InboxPage(tuple(rows[:limit]), following, newest(connection, user_id), unseen(connection, user_id, now), not_read)

        return await self._read(read)

    async def levels(self, user_id: int, first: int, now: datetime, limit: int = 500) -> tuple[dict[str, list[int]], int, int]:
        """The levels of the newest `limit` rows with seq >= `first`, the unseen count, and the newest seq, all of one moment.

        `new` and `received` are left out.
        """
        query = (
            sa.select(inbox.c.seq, inbox.c.received_at, inbox.c.seen_at, inbox.c.read_at, inbox.c.done_at, inbox.c.snoozed_until)
            .where(inbox.c.user_id == user_id, inbox.c.seq >= first)
            .order_by(inbox.c.seq.desc())
            .limit(limit)
        )
        found: dict[str, list[int]] = {"shown": [], "read": [], "done": []}

        def read(connection: sa.Connection) -> tuple[dict[str, list[int]], int, int]:
            for row in connection.execute(query):
                found.get(level_of(row), []).append(row.seq)
            return found, unseen(connection, user_id, now), newest(connection, user_id)

        return await self._read(read)

    async def due(self, now: datetime, *, people: int = 300, only: int | None = None) -> dict[int, Due]:
        """What is due now, by person, for the `people` who wait longest; or for one person `only`."""
        return await self._read(lambda connection: attempts.load_due(connection, now, people=people, only=only))

    async def next_deadlines(self, before: datetime | None = None) -> dict[int, datetime]:
        """The earliest deadline of each person who has one, of those before `before`."""
        return await self._read(lambda connection: attempts.next_deadlines(connection, before))

    async def overdue(self, now: datetime) -> int:
        """How many open rows are past their deadline: 0 is the promise (`ledger_overdue_total`)."""
        query = sa.select(sa.func.count()).select_from(inbox).where(IS_OPEN, inbox.c.deadline_at < now)
        return int(await self._read(lambda connection: connection.execute(query).scalar_one()))

    async def watermark(self, source: str) -> Mapping[str, Any] | None:
        """The last committed position of a source."""
        query = sa.select(watermarks.c.value).where(watermarks.c.source == source)
        value = await self._read(lambda connection: connection.execute(query).scalar_one_or_none())
        return value if value is None else dict(value)

    async def _read(self, read: Callable[[sa.Connection], T]) -> T:
        """Runs `read` on a connection whose reads all see one moment: in SQLite by a transaction, which sqlite3 does not open for
        reads by itself, in MariaDB by its REPEATABLE READ. Raises StoreUnavailable, also after `_READ_S` seconds."""
        try:
            async with asyncio.timeout(_READ_S), self._engine.connect() as connection:
                if connection.dialect.name == "sqlite":
                    await connection.exec_driver_sql("BEGIN")
                return await connection.run_sync(read)
        except TimeoutError as error:
            raise StoreUnavailable(f"no answer in {_READ_S:g} s") from error
        except STORE_TROUBLE as error:
            raise StoreUnavailable(type(getattr(error, "orig", error)).__name__) from error


_READ_S = 15.0
"""A read that takes longer is given up: its store hangs. Longer than SQLite's wait for a lock and MariaDB's for a connection."""


def _select_rows(user_id: int) -> sa.Select[Any]:
    return (
        sa.select(
            inbox.c.seq,
            inbox.c.state,
            inbox.c.received_at,
            inbox.c.seen_at,
            inbox.c.read_at,
            inbox.c.done_at,
            inbox.c.snoozed_until,
            events.c.source,
            events.c.event_id,
            events.c.type,
            events.c.time,
            events.c.subject,
            events.c.data,
            events.c.expires_at,
        )
        .select_from(inbox.join(events, events.c.pk == inbox.c.event_pk))
        .where(inbox.c.user_id == user_id)
    )


def _row(row: Any) -> InboxRow:
    event = Event(
        source=row.source,
        id=row.event_id,
        type=row.type,
        time=row.time,
        data=row.data,
        subject=row.subject,
        expires=row.expires_at,
    )
    return InboxRow(row.seq, event, level_of(row), row.state)


def _prune(connection: sa.Connection, args: Sequence[datetime]) -> list[int]:
    before = min(args)
    open_ones = sa.select(inbox.c.event_pk).where(inbox.c.deadline_at.is_not(None))
    made_by = first_key(before)  # keys follow time: what is younger need not be looked at
    old = sa.select(events.c.pk).where(events.c.pk < made_by, events.c.created_at < before, events.c.expires_at < before)
    old = old.where(events.c.pk.not_in(open_ones))
    pks = list((connection.execute(old.order_by(events.c.pk).limit(500))).scalars())
    if pks:
        connection.execute(sa.delete(inbox).where(inbox.c.event_pk.in_(pks)))
        connection.execute(sa.delete(events).where(events.c.pk.in_(pks)))
    kept = sa.select(events.c.pk).where(events.c.source == publications.c.source, events.c.event_id == publications.c.event_id)
    connection.execute(sa.delete(publications).where(publications.c.created_at < before, ~kept.exists()))
    connection.execute(sa.delete(push_attempts).where(push_attempts.c.at < before))
    return [len(pks)] * len(args)


RETENTION = timedelta(days=90)
"""How long an inbox remembers what has ended."""
