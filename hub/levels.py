"""How far a person has got with a notification: received, shown, read, done. Levels from acks only rise.

An open ledger row ends here too: acknowledged by a live session it was `received`; seen or done before any session
acknowledged it, it was `read_elsewhere`, and a push that has not left is dropped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec
import sqlalchemy as sa

from hub.accept import HEADS, chunks
from hub.bulk import Bulk, Kind
from hub.store import events, heads, inbox, microseconds

__all__ = [
    "IS_OPEN",
    "OPEN",
    "Change",
    "Mark",
    "Marked",
    "apply_marks",
    "apply_received",
    "level_of",
    "newest",
    "newest_of",
    "unseen",
    "unseen_of",
]

OPEN = ("pending", "pushing")
"""The states of the ledger that are not an end."""
IS_OPEN = inbox.c.ended_at.is_(None)
"""The same as a condition on rows; without an IN, so that it serves in statements with many parameter sets."""

Change = Literal["received", "shown", "read", "unread", "done", "undone", "snooze"]


class Mark(msgspec.Struct, frozen=True, kw_only=True):
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


_NARROW = 64
"""A `received` mark over at most so many positions is applied row by row, together with all others of its group."""


def apply_received(connection: sa.Connection, marks: Sequence[Mark]) -> list[Mark]:
    """Applies `received` marks that name a seq, the bulk by far: however many, a statement or four. Nobody is told of mere receipt."""
    rows: dict[tuple[int, int], int] = {}
    wide: list[tuple[int, ...]] = []
    for mark in marks:
        seq, at = mark.seq or 0, microseconds(mark.now)
        if seq - mark.after > _NARROW:
            wide.append((mark.user_id, mark.after, seq, at))
            continue
        for number in range(mark.after + 1, seq + 1):
            rows.setdefault((mark.user_id, number), at)
    found = [(*key, at) for key, at in sorted(rows.items())]  # sorted: two nodes wait for each other, never in a circle
    if _RECEIVE.run(connection, found) < len(found):  # the others had ended otherwise
        _NOTE_RECEIPT.run(connection, found)
    wide.sort()
    _RECEIVE_RANGE.run(connection, wide)
    _NOTE_RECEIPT_RANGE.run(connection, wide)
    return list(marks)


_RECEIVE = Bulk(
    ("int", "int", "int"),
    "UPDATE inbox SET state = 'received', cause = NULL, ended_at = {2}, received_at = {2}, deadline_at = NULL, held = 0 "
    "FROM {rows} WHERE user_id = {0} AND seq = {1} AND ended_at IS NULL",
    mariadb="UPDATE {rows} STRAIGHT_JOIN inbox ON inbox.user_id = {0} AND inbox.seq = {1} "
    "SET state = 'received', cause = NULL, ended_at = {2}, received_at = {2}, deadline_at = NULL, held = 0 WHERE ended_at IS NULL",
)
_NOTE_RECEIPT = Bulk(
    ("int", "int", "int"),
    "UPDATE inbox SET received_at = {2} FROM {rows} WHERE user_id = {0} AND seq = {1} AND received_at IS NULL",
    mariadb="UPDATE {rows} STRAIGHT_JOIN inbox ON inbox.user_id = {0} AND inbox.seq = {1} SET received_at = {2} WHERE received_at IS NULL",
)


# What nobody has received nobody has seen either: the index of the unseen leads to a person's few such rows.
_RANGE = "user_id = {0} AND done_at IS NULL AND seen_at IS NULL AND seq > {1} AND seq <= {2}"
_RANGE_MARIADB = "UPDATE {rows} STRAIGHT_JOIN inbox FORCE INDEX (ix_inbox_unseen) ON inbox." + _RANGE
_RECEIVE_RANGE = Bulk(
    ("int", "int", "int", "int"),
    "UPDATE inbox INDEXED BY ix_inbox_unseen "
    "SET state = 'received', cause = NULL, ended_at = {3}, received_at = {3}, deadline_at = NULL, held = 0 "
    f"FROM {{rows}} WHERE {_RANGE} AND ended_at IS NULL",
    mariadb=f"{_RANGE_MARIADB} SET state = 'received', cause = NULL, ended_at = {{3}}, received_at = {{3}}, deadline_at = NULL, held = 0 "
    "WHERE ended_at IS NULL",
)
_NOTE_RECEIPT_RANGE = Bulk(
    ("int", "int", "int", "int"),
    f"UPDATE inbox INDEXED BY ix_inbox_unseen SET received_at = {{3}} FROM {{rows}} WHERE {_RANGE} AND received_at IS NULL",
    mariadb=f"{_RANGE_MARIADB} SET received_at = {{3}} WHERE received_at IS NULL",
)


def apply_marks(connection: sa.Connection, marks: Sequence[Mark]) -> list[Marked]:
    """Applies marks in order, but for `received` ones up to a seq, which come first and tell no count.

    Neighbours that show up to a seq, the bulk of the others, share their statements.
    """
    apply_received(connection, [mark for mark in marks if _is_plain(mark)])
    results = []
    for together in _together(marks):
        if _is_plain(together[0]):
            results.append(Marked(together[0], 0))
        elif _is_shown(together[0]):
            results += _apply_shown(connection, together)
        else:
            results.append(_apply_one(connection, together[0]))
    return results


def _together(marks: Sequence[Mark]) -> Iterator[list[Mark]]:
    """The marks in order: `shown` up to a seq with its neighbours of other people, each other one alone."""
    some: list[Mark] = []
    people: set[int] = set()
    for mark in marks:
        if some and not (_is_shown(mark) and mark.user_id not in people):
            yield some
            some, people = [], set()
        if _is_shown(mark):
            some.append(mark)
            people.add(mark.user_id)
        else:
            yield [mark]
    if some:
        yield some


def _apply_one(connection: sa.Connection, mark: Mark) -> Marked:
    for part in [None] if mark.ids is None else chunks(mark.ids):
        for statement in _statements(mark, part):
            connection.execute(statement)
    return Marked(mark, unseen(connection, mark.user_id, mark.now), newest(connection, mark.user_id))


def _apply_shown(connection: sa.Connection, marks: Sequence[Mark]) -> list[Marked]:
    """Applies `shown` marks up to a seq, of one person each: however many, four statements."""
    rows = sorted((mark.user_id, mark.after, mark.seq or 0, microseconds(mark.now), mark.device[:64] or None) for mark in marks)
    _END_RANGE.run(connection, rows)
    _SHOW_RANGE.run(connection, rows)
    bells = unseen_of(connection, [(mark.user_id, mark.now) for mark in marks])
    seqs = newest_of(connection, (mark.user_id for mark in marks))
    return [Marked(mark, bells.get((mark.user_id, mark.now), 0), seqs.get(mark.user_id, 0)) for mark in marks]


# As with receipts: what is open, or not received, is not seen either. Two statements, since MariaDB would set one's columns in any order.
_MARK_COLUMNS: tuple[Kind, ...] = ("int", "int", "int", "int", "name")
_ENDED = "state = 'read_elsewhere', cause = {4}, ended_at = {3}, deadline_at = NULL, held = 0"
_SHOWN = "received_at = coalesce(received_at, {3}), seen_at = {3}"
_END_RANGE = Bulk(
    _MARK_COLUMNS,
    f"UPDATE inbox INDEXED BY ix_inbox_unseen SET {_ENDED} FROM {{rows}} WHERE {_RANGE} AND ended_at IS NULL",
    mariadb=f"{_RANGE_MARIADB} SET {_ENDED} WHERE ended_at IS NULL",
)
_SHOW_RANGE = Bulk(
    _MARK_COLUMNS,
    f"UPDATE inbox INDEXED BY ix_inbox_unseen SET {_SHOWN} FROM {{rows}} WHERE {_RANGE}",
    mariadb=f"{_RANGE_MARIADB} SET {_SHOWN}",
)


def _is_shown(mark: Mark) -> bool:
    return mark.change == "shown" and mark.seq is not None


def _is_plain(mark: Mark) -> bool:
    return mark.change == "received" and mark.seq is not None


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


def unseen(connection: sa.Connection, user_id: int, now: datetime) -> int:
    """How many notifications the bell counts: not seen, not done, not snoozed."""
    return unseen_of(connection, [(user_id, now)]).get((user_id, now), 0)


_UNSEEN = Bulk(
    ("int", "int"),
    "SELECT i.user_id AS c0, {1} AS c1, count(*) AS c2 FROM {rows} "
    "JOIN inbox AS i INDEXED BY ix_inbox_unseen ON i.user_id = {0} AND i.done_at IS NULL AND i.seen_at IS NULL "
    "WHERE i.snoozed_until IS NULL OR i.snoozed_until <= {1} GROUP BY i.user_id, {1}",
    mariadb="SELECT STRAIGHT_JOIN i.user_id AS c0, {1} AS c1, count(*) AS c2 FROM {rows} "
    "JOIN inbox AS i FORCE INDEX (ix_inbox_unseen) ON i.user_id = {0} AND i.done_at IS NULL AND i.seen_at IS NULL "
    "WHERE i.snoozed_until IS NULL OR i.snoozed_until <= {1} GROUP BY i.user_id, {1}",
    gives=3,
)


def unseen_of(connection: sa.Connection, people: Sequence[tuple[int, datetime]]) -> dict[tuple[int, datetime], int]:
    """`unseen` of many people, each as of a moment, in one query; those with nothing unseen are left out."""
    asked = {(user_id, microseconds(now)): now for user_id, now in people}
    return {(user_id, asked[user_id, at]): count for user_id, at, count in _UNSEEN.fetch(connection, list(asked))}


def newest_of(connection: sa.Connection, people: Iterable[int]) -> dict[int, int]:
    """`newest` of many people in one query; those who have never got anything are left out."""
    return dict(map(tuple, HEADS.fetch(connection, [(user_id,) for user_id in set(people)])))


def newest(connection: sa.Connection, user_id: int) -> int:
    """The newest seq given out to a person, 0 before the first."""
    return (connection.execute(sa.select(heads.c.seq).where(heads.c.user_id == user_id))).scalar_one_or_none() or 0


def level_of(row: Any) -> str:
    """The level of an inbox row: new, received, shown, read or done. A snoozed one is done until it comes back."""
    if row.snoozed_until is not None:
        return "done"
    for level, column in (("done", "done_at"), ("read", "read_at"), ("shown", "seen_at"), ("received", "received_at")):
        if getattr(row, column) is not None:
            return level
    return "new"
