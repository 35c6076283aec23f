"""The ledger: for each (notification, user) one row that ends exactly once, in SQLite or MariaDB.

    pending --ack received--> received        pending --deadline--> pushing --accepted--> pushed
       |  \\--read elsewhere--> read_elsewhere     |                    |--retry--> pending
       |  \\--expired, muted, live only--> expired                      \\--no way left--> failed (cause)

A terminal state is never left: every update asks for an open one. All writes go through one `Writer`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub import attempts
from hub.accept import Accepting, Receipt, Submission
from hub.attempts import Due, Ending, Finished, Taken, Woken
from hub.event import Encoded, Event
from hub.levels import IS_OPEN, Mark, Marked, apply_marks, level_of, newest, unseen
from hub.policy import Timing
from hub.store import events, inbox, publications, push_attempts, watermarks
from hub.writer import Kind, Writer

__all__ = ["InboxPage", "InboxRow", "Ledger"]


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

    `accepted`, `marked` and `woken` are called right after each commit, in commit order: that is how live delivery follows
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
        woken: Callable[[Sequence[Woken]], None] = lambda _woken: None,
        writer: Writer | None = None,
    ) -> None:
        self._engine = engine
        self.writer = writer or Writer(engine)
        self._accept = Kind("accept", Accepting(timing, connected), accepted)
        self._mark = Kind("mark", apply_marks, marked)
        self._begin = Kind("begin_push", attempts.begin)
        self._finish = Kind("finish_push", attempts.finish)
        self._settle = Kind("settle", attempts.settle_groups)
        self._wake = Kind("wake", attempts.wake, woken)
        self._prune = Kind("prune", _prune)

    # -- writing ------------------------------------------------------------------------------------

    async def accept(self, submission: Submission) -> Receipt:
        """Takes notifications in; they are durable when this returns. Raises StoreUnavailable."""
        return await self.writer.do(self._accept, submission)

    async def mark(self, mark: Mark) -> Marked:
        """Applies a person's word on their notifications; durable when this returns."""
        return await self.writer.do(self._mark, mark)

    async def begin_push(self, user_id: int, seqs: Sequence[int], now: datetime) -> tuple[int, ...]:
        """Takes rows in hand for a push and returns those that are still open."""
        return await self.writer.do(self._begin, Taken(user_id, tuple(seqs), now))

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

    async def prune(self, before: datetime) -> int:
        """Forgets what expired and ended before `before`; returns how many events went. Bounded: call again while it is not 0."""
        return await self.writer.do(self._prune, before)

    # -- reading ------------------------------------------------------------------------------------

    async def head(self, user_id: int, now: datetime) -> tuple[int, int]:
        """(newest seq, unseen count) of a person."""
        async with self._moment() as connection:
            return await newest(connection, user_id), await unseen(connection, user_id, now)

    async def after(self, user_id: int, seq: int, limit: int) -> list[InboxRow]:
        """The notifications after `seq`, oldest first, for a replay."""
        query = _select_rows(user_id).where(inbox.c.seq > seq).order_by(inbox.c.seq).limit(limit)
        async with self._engine.connect() as connection:
            return [_row(row) for row in await connection.execute(query)]

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
        async with self._moment() as connection:
            rows = [_row(row) for row in await connection.execute(query.order_by(inbox.c.seq.desc()).limit(limit + 1))]
            head = await newest(connection, user_id)
            count = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.user_id == user_id, *listed)
            not_read = (await connection.execute(count.where(inbox.c.read_at.is_(None)))).scalar_one()
            bell = await unseen(connection, user_id, now)
        more = len(rows) > limit
        return InboxPage(tuple(rows[:limit]), rows[limit - 1].seq if more else None, head, bell, not_read)

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
        async with self._moment() as connection:
            for row in await connection.execute(query):
                found.get(level_of(row), []).append(row.seq)
            return found, await unseen(connection, user_id, now), await newest(connection, user_id)

    @asynccontextmanager
    async def _moment(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose reads all see one moment: sqlite3 opens no transaction for reads by itself."""
        async with self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                await connection.execute(sa.text("BEGIN"))
            yield connection

    async def due(self, user_id: int, now: datetime) -> Due:
        """What is due for a person now."""
        async with self._engine.connect() as connection:
            return await attempts.load_due(connection, user_id, now, await unseen(connection, user_id, now))

    async def next_deadlines(self, before: datetime | None = None) -> dict[int, datetime]:
        """The earliest deadline of each person who has one, of those before `before`."""
        async with self._engine.connect() as connection:
            return await attempts.next_deadlines(connection, before)

    async def next_deadline(self, user_id: int) -> datetime | None:
        """The earliest deadline of one person."""
        query = sa.select(sa.func.min(inbox.c.deadline_at)).where(inbox.c.user_id == user_id, inbox.c.deadline_at.is_not(None))
        async with self._engine.connect() as connection:
            at: datetime | None = (await connection.execute(query)).scalar_one_or_none()
            return at

    async def overdue(self, now: datetime) -> int:
        """How many open rows are past their deadline: 0 is the promise (`ledger_overdue_total`)."""
        query = sa.select(sa.func.count()).select_from(inbox).where(IS_OPEN, inbox.c.deadline_at < now)
        async with self._engine.connect() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def watermark(self, source: str) -> Mapping[str, Any] | None:
        """The last committed position of a source."""
        async with self._engine.connect() as connection:
            value = (await connection.execute(sa.select(watermarks.c.value).where(watermarks.c.source == source))).scalar_one_or_none()
            return value if value is None else dict(value)


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


async def _prune(connection: Any, args: Sequence[datetime]) -> list[int]:
    before = min(args)
    open_ones = sa.select(inbox.c.event_pk).where(inbox.c.deadline_at.is_not(None))
    old = sa.select(events.c.pk).where(events.c.created_at < before, events.c.expires_at < before, events.c.pk.not_in(open_ones))
    pks = list((await connection.execute(old.order_by(events.c.pk).limit(500))).scalars())
    if pks:
        await connection.execute(sa.delete(inbox).where(inbox.c.event_pk.in_(pks)))
        await connection.execute(sa.delete(events).where(events.c.pk.in_(pks)))
    kept = sa.select(events.c.pk).where(events.c.source == publications.c.source, events.c.event_id == publications.c.event_id)
    await connection.execute(sa.delete(publications).where(publications.c.created_at < before, ~kept.exists()))
    await connection.execute(sa.delete(push_attempts).where(push_attempts.c.at < before))
    return [len(pks)] * len(args)


RETENTION = timedelta(days=90)
"""How long an inbox remembers what has ended."""
