"""How far a person has got with a notification: received, shown, read, done. Levels from acks only rise.

An open ledger row ends here too: acknowledged by a live session it was `received`; seen or done before any session
acknowledged it, it was `read_elsewhere`, and a push that has not left is dropped.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.accept import chunks
from hub.store import events, heads, inbox

__all__ = ["IS_OPEN", "OPEN", "Change", "Mark", "Marked", "apply_marks", "level_of", "newest", "unseen"]

OPEN = ("pending", "pushing")
"""The states of the ledger that are not an end."""
IS_OPEN = inbox.c.ended_at.is_(None)
"""The same as a condition on rows; without an IN, so that it serves in statements with many parameter sets."""

Change = Literal["received", "shown", "read", "unread", "done", "undone", "snooze"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One person's word on some notifications: those of `ids`, or all with `after` < seq <= `seq`."""

    user_id: int
    change: Change
    device: str
    now: datetime
    seq: int | None = None
    after: int = 0
    ids: tuple[str, ...] | None = None
    until: datetime | None = None
    """For `snooze`: when it comes back as unread."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A mark that has committed, and how many notifications the bell counts after it."""

    mark: Mark
    unseen: int
    head: int = 0
    """The newest seq that `unseen` takes in."""


async def apply_marks(connection: AsyncConnection, marks: Sequence[Mark]) -> list[Marked]:
    """Applies marks in order. `received` marks, the bulk by far, go in one statement each kind for the whole group."""
    plain = [mark for mark in marks if mark.change == "received" and mark.seq is not None]
    if plain:
        binds = [{"of": m.user_id, "low": m.after, "high": m.seq, "at": m.now} for m in plain]
        which = (inbox.c.user_id == sa.bindparam("of"), inbox.c.seq > sa.bindparam("low"), inbox.c.seq <= sa.bindparam("high"))
        at = sa.bindparam("at", type_=inbox.c.received_at.type)
        ended = {"state": "received", "cause": None, "ended_at": at, "deadline_at": None, "held": False}
        await connection.execute(sa.update(inbox).where(*which, IS_OPEN).values(**ended), binds)
        await connection.execute(sa.update(inbox).where(*which, inbox.c.received_at.is_(None)).values(received_at=at), binds)
    results = []
    for mark in marks:
        if mark.change == "received" and mark.seq is not None:
            results.append(Marked(mark, 0))  # nobody is told of mere receipt: no count needed
            continue
        for part in [None] if mark.ids is None else chunks(mark.ids):
            for statement in _statements(mark, part):
                await connection.execute(statement)
        results.append(Marked(mark, await unseen(connection, mark.user_id, mark.now), await newest(connection, mark.user_id)))
    return results


def _statements(mark: Mark, ids: Sequence[str] | None) -> list[sa.Update]:
    mine: sa.ColumnElement[bool] = inbox.c.user_id == mark.user_id
    if ids is None:
        mine &= (inbox.c.seq > mark.after) & (inbox.c.seq <= (mark.seq or 0))
    else:
        mine &= inbox.c.event_pk.in_(sa.select(events.c.pk).where(events.c.event_id.in_(ids)))
    table, now = sa.update(inbox), mark.now
    levels: dict[str, Any]
    match mark.change:
        case "received":
            levels = _rise(now, "received_at")
        case "shown":
            levels = _rise(now, "received_at", "seen_at")
        case "read":
            levels = _rise(now, "received_at", "seen_at", "read_at")
        case "done":
            levels = _rise(now, "received_at", "seen_at", "done_at") | {"snoozed_until": None, "deadline_at": None}
        case "undone":
            return [_stay_awake(mine), table.where(mine).values(done_at=None)]
        case "unread":
            return [_stay_awake(mine), table.where(mine).values(read_at=None, seen_at=None, done_at=None)]
        case "snooze":
            levels = {"seen_at": None, "read_at": None, "done_at": None, "snoozed_until": mark.until, "deadline_at": mark.until}
            return [_end(table.where(mine), now, "read_elsewhere", mark.device), table.where(mine).values(**levels)]
    state = "received" if mark.change == "received" else "read_elsewhere"
    return [_end(table.where(mine), now, state, mark.device), table.where(mine).values(**levels)]


def _stay_awake(which: sa.ColumnElement[bool]) -> sa.Update:
    """Takes the person's word as the end of a snooze: the deadline of an ended row was that of its return."""
    return sa.update(inbox).where(which, inbox.c.snoozed_until.is_not(None)).values(snoozed_until=None, deadline_at=None)


def _end(update: sa.Update, now: datetime, state: str, device: str) -> sa.Update:
    """Ends the rows that are still open."""
    return update.where(IS_OPEN).values(state=state, cause=device[:64] or None, ended_at=now, deadline_at=None, held=False)


def _rise(now: datetime, *columns: str) -> dict[str, Any]:
    return {name: sa.func.coalesce(inbox.c[name], sa.literal(now, inbox.c[name].type)) for name in columns}


async def unseen(connection: AsyncConnection, user_id: int, now: datetime) -> int:
    """How many notifications the bell counts: not seen, not done, not snoozed."""
    awake = inbox.c.snoozed_until.is_(None) | (inbox.c.snoozed_until <= now)
    query = sa.select(sa.func.count()).select_from(inbox).where(inbox.c.user_id == user_id, inbox.c.done_at.is_(None))
    return int((await connection.execute(query.where(inbox.c.seen_at.is_(None), awake))).scalar_one())


async def newest(connection: AsyncConnection, user_id: int) -> int:
    """The newest seq given out to a person, 0 before the first."""
    return (await connection.execute(sa.select(heads.c.seq).where(heads.c.user_id == user_id))).scalar_one_or_none() or 0


def level_of(row: Any) -> str:
    """The level of an inbox row: new, received, shown, read or done. A snoozed one is done until it comes back."""
    if row.snoozed_until is not None:
        return "done"
    for level, column in (("done", "done_at"), ("read", "read_at"), ("shown", "seen_at"), ("received", "received_at")):
        if getattr(row, column) is not None:
            return level
    return "new"
