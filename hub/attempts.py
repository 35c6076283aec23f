"""The push side of the ledger: what is due, taking it in hand, writing down how it went.

The re-check before each push is the conditional update of `begin`: a row that ended meanwhile is not pushed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.levels import IS_OPEN, newest, unseen
from hub.policy import Policy, Preferences
from hub.preferences import load_preferences
from hub.push import Outcome, PushAddress, PushResult
from hub.store import addresses, devices, events, inbox, push_attempts

__all__ = [
    "Due",
    "DueRow",
    "Ending",
    "Finished",
    "Taken",
    "Woken",
    "begin",
    "finish",
    "load_due",
    "next_deadlines",
    "settle_groups",
    "wake",
]

LEASE = timedelta(seconds=20)
"""A push in hand is looked at again after this long, should the process that holds it have died."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """One open notification whose deadline has come, or a snoozed one whose time has."""

    seq: int
    state: str
    policy: Policy
    held: bool
    attempts: int
    event_id: str
    data: Mapping[str, Any]
    expires: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """All that is due for one person, with what a push to them needs to know."""

    rows: tuple[DueRow, ...]
    prefs: Preferences
    to: tuple[PushAddress, ...]
    unseen: int
    read_ids: tuple[str, ...]
    """Pushed lately and read since: their notifications may still stand on a screen."""


@dataclass(frozen=True, slots=True)
class Ending:
    """One row's next state: terminal (`deadline` None), or open again until `deadline`."""

    user_id: int
    seq: int
    state: str
    cause: str | None
    deadline: datetime | None
    held: bool
    now: datetime


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows to take in hand for a push."""

    user_id: int
    seqs: tuple[int, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Woken:
    """Notifications that came back from a snooze, and how many the bell counts with them."""

    user_id: int
    ids: tuple[str, ...]
    unseen: int
    head: int
    """The newest seq that `unseen` takes in."""


@dataclass(frozen=True, slots=True)
class Finished:
    """How one push went: the results by address, and what becomes of the rows it spoke of."""

    user_id: int
    seqs: tuple[int, ...]
    results: tuple[PushResult, ...]
    endings: tuple[Ending, ...]
    now: datetime


async def next_deadlines(connection: AsyncConnection, before: datetime | None) -> dict[int, datetime]:
    """The earliest deadline of each person who has one; how a restarted hub picks up where it stopped."""
    query = sa.select(inbox.c.user_id, sa.func.min(inbox.c.deadline_at).label("at")).where(inbox.c.deadline_at.is_not(None))
    if before is not None:
        query = query.where(inbox.c.deadline_at < before)
    return {row.user_id: row.at for row in await connection.execute(query.group_by(inbox.c.user_id))}


async def load_due(connection: AsyncConnection, user_id: int, now: datetime, unseen: int, *, limit: int = 500) -> Due:
    """What is due for one person now, oldest first, at most `limit` rows."""
    mine = inbox.join(events, events.c.pk == inbox.c.event_pk)
    query = (
        sa.select(
            inbox.c.seq,
            inbox.c.state,
            inbox.c.policy,
            inbox.c.held,
            inbox.c.attempts,
            events.c.event_id,
            events.c.data,
            events.c.expires_at,
        )
        .select_from(mine)
        .where(inbox.c.user_id == user_id, inbox.c.deadline_at <= now)
        .order_by(inbox.c.seq)
        .limit(limit)
    )
    rows = tuple(
        DueRow(
            seq=row.seq,
            state=row.state,
            policy=Policy(row.policy),
            held=row.held,
            attempts=row.attempts,
            event_id=row.event_id,
            data=row.data,
            expires=row.expires_at,
        )
        for row in await connection.execute(query)
    )
    ways = await connection.execute(
        sa.select(addresses).join(devices, devices.c.id == addresses.c.device_id).where(devices.c.user_id == user_id)
    )
    to = tuple(
        PushAddress(id=w.id, device_id=w.device_id, kind=w.kind, address=w.address, p256dh=w.p256dh or "", auth=w.auth or "") for w in ways
    )
    read = await connection.execute(
        sa.select(events.c.event_id)
        .select_from(mine)
        .where(
            inbox.c.user_id == user_id,
            inbox.c.state == "pushed",
            inbox.c.ended_at > now - timedelta(days=1),
            inbox.c.seen_at.is_not(None),
        )
        .order_by(inbox.c.seq.desc())
        .limit(20)
    )
    prefs = (await load_preferences(connection, [user_id])).get(user_id, Preferences())
    return Due(rows=rows, prefs=prefs, to=to, unseen=unseen, read_ids=tuple(read.scalars()))


async def begin(connection: AsyncConnection, args: Sequence[Taken]) -> list[tuple[int, ...]]:
    """Marks rows `pushing` and gives back those that were still open: the others have ended and must not be pushed."""
    results = []
    for taken in args:
        mine = (inbox.c.user_id == taken.user_id, inbox.c.seq.in_(taken.seqs), IS_OPEN)
        lease = {"state": "pushing", "attempts": inbox.c.attempts + 1, "deadline_at": taken.now + LEASE}
        await connection.execute(sa.update(inbox).where(*mine).values(**lease))
        still = await connection.execute(sa.select(inbox.c.seq).where(*mine).order_by(inbox.c.seq))
        results.append(tuple(still.scalars()))
    return results


async def settle_groups(connection: AsyncConnection, args: Sequence[tuple[Ending, ...]]) -> list[None]:
    """Ends or re-schedules rows for several callers at once."""
    await _settle(connection, [ending for group in args for ending in group])
    return [None] * len(args)


async def _settle(connection: AsyncConnection, endings: Sequence[Ending]) -> None:
    """Ends or re-schedules rows that are still open; a row that ended meanwhile keeps its end."""
    if endings:
        statement = (
            sa.update(inbox)
            .where(inbox.c.user_id == sa.bindparam("of"), inbox.c.seq == sa.bindparam("at"), IS_OPEN)
            .values(
                state=sa.bindparam("to_state"),
                cause=sa.bindparam("to_cause"),
                held=sa.bindparam("to_held"),
                deadline_at=sa.bindparam("to_deadline", type_=inbox.c.deadline_at.type),
                ended_at=sa.bindparam("to_end", type_=inbox.c.ended_at.type),
            )
        )
        binds = [
            {
                "of": e.user_id,
                "at": e.seq,
                "to_state": e.state,
                "to_cause": e.cause,
                "to_held": e.held,
                "to_deadline": e.deadline,
                "to_end": e.now if e.deadline is None else None,
            }
            for e in endings
        ]
        await connection.execute(statement, binds)


async def wake(connection: AsyncConnection, args: Sequence[Taken]) -> list[Woken]:
    """Brings snoozed notifications back as unread, but for those that were put off once more in the meantime."""
    results = []
    for taken in args:
        asleep = (inbox.c.user_id == taken.user_id, inbox.c.seq.in_(taken.seqs), inbox.c.snoozed_until <= taken.now)
        back = sa.select(events.c.event_id).select_from(inbox.join(events, events.c.pk == inbox.c.event_pk)).where(*asleep)
        ids = tuple((await connection.execute(back.order_by(inbox.c.seq))).scalars())
        await connection.execute(sa.update(inbox).where(*asleep).values(snoozed_until=None, deadline_at=None, seen_at=None, read_at=None))
        results.append(
            Woken(taken.user_id, ids, await unseen(connection, taken.user_id, taken.now), await newest(connection, taken.user_id))
        )
    return results


async def finish(connection: AsyncConnection, args: Sequence[Finished]) -> list[tuple[Ending, ...]]:
    """Writes down attempts, forgets dead addresses, and settles the rows."""
    for finished in args:
        attempts = [
            {
                "user_id": finished.user_id,
                "seq": seq,
                "device_id": result.address.device_id,
                "kind": result.address.kind,
                "at": finished.now,
                "outcome": result.outcome.value,
                "detail": result.detail[:255],
            }
            for seq in finished.seqs
            for result in finished.results
        ]
        if attempts:
            await connection.execute(sa.insert(push_attempts), attempts)
        by_outcome: dict[Outcome, list[int]] = {}
        for result in finished.results:
            by_outcome.setdefault(result.outcome, []).append(result.address.id)
        gone = by_outcome.pop(Outcome.GONE, [])
        if gone:
            await connection.execute(sa.delete(addresses).where(addresses.c.id.in_(gone)))
        for outcome, ids in by_outcome.items():
            change: dict[str, Any] = (
                {"succeeded_at": finished.now, "error": None}
                if outcome is Outcome.ACCEPTED
                else {"failed_at": finished.now, "error": outcome.value}
            )
            await connection.execute(sa.update(addresses).where(addresses.c.id.in_(ids)).values(**change))
        await _settle(connection, finished.endings)
    return [finished.endings for finished in args]
