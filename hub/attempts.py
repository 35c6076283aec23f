"""The push side of the ledger: what is due, taking it in hand, writing down how it went.

The re-check before each push is the conditional update of `begin`: a row that ended meanwhile is not pushed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from hub.accept import chunks
from hub.bulk import Bulk
from hub.lease import Guard, run_guards
from hub.levels import IS_OPEN, newest, unseen, unseen_of
from hub.policy import Policy, Preferences
from hub.preferences import load_preferences
from hub.push import Outcome, PushAddress, PushResult
from hub.store import addresses, devices, events, inbox, microseconds

__all__ = [
    "LEASE",
    "PART",
    "Due",
    "DueRow",
    "Ending",
    "Finished",
    "Nearer",
    "Taken",
    "Woken",
    "begin",
    "bring_nearer",
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
    guard: Guard | None = None
    """Raises Fenced when another node delivers by now."""


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


@dataclass(frozen=True, slots=True)
class Nearer:
    """The clock was set back by `step_s` and shows `now`; 0 where nobody knows what it did before."""

    now: datetime
    step_s: float
    receive_s: float
    """How far ahead the first deadline of a notification can lie."""
    guard: Guard | None = None
    """Raises Fenced when another node delivers by now."""


def next_deadlines(connection: sa.Connection, before: datetime | None) -> dict[int, datetime]:
    """The earliest deadline of each person who has one; how a restarted hub picks up where it stopped."""
    query = sa.select(inbox.c.user_id, sa.func.min(inbox.c.deadline_at).label("at")).where(inbox.c.deadline_at.is_not(None))
    if before is not None:
        query = query.where(inbox.c.deadline_at < before)
    return {row.user_id: row.at for row in connection.execute(query.group_by(inbox.c.user_id))}


def load_due(connection: sa.Connection, now: datetime, *, people: int, rows: int = 5000, only: int | None = None) -> dict[int, Due]:
    """What is due now, by person: the `people` who wait longest, at most `PART` rows of each, oldest first.

    Together at most `rows`: who has no place is due again at the next look. `only` asks for one person.
    """
    columns = (inbox.c.user_id, inbox.c.seq, inbox.c.event_pk, inbox.c.state, inbox.c.policy, inbox.c.held, inbox.c.attempts)
    due = sa.select(*columns).where(inbox.c.deadline_at <= now)
    if only is not None:
        due = due.where(inbox.c.user_id == only)
    found: dict[int, list[Any]] = {}
    for row in connection.execute(due.order_by(inbox.c.deadline_at, inbox.c.user_id, inbox.c.seq).limit(rows)):
        if row.user_id in found or len(found) < people:
            found.setdefault(row.user_id, []).append(row)
    if not found:
        return {}
    found = {user_id: sorted(mine, key=lambda row: row.seq)[:PART] for user_id, mine in found.items()}
    told: dict[int, Any] = {}
    for part in chunks({row.event_pk for mine in found.values() for row in mine}):
        query = sa.select(events.c.pk, events.c.event_id, events.c.data, events.c.expires_at).where(events.c.pk.in_(part))
        told.update((event.pk, event) for event in connection.execute(query))
    prefs = load_preferences(connection, found)
    to = _addresses(connection, found)
    bells = unseen_of(connection, [(user_id, now) for user_id in to])
    read = _read_since(connection, to, now)
    return {
        user_id: Due(
            rows=tuple(_due_row(row, told[row.event_pk]) for row in mine),
            prefs=prefs.get(user_id, Preferences()),
            to=tuple(to.get(user_id, ())),
            unseen=bells.get((user_id, now), 0),
            read_ids=tuple(read.get(user_id, ())),
        )
        for user_id, mine in found.items()
    }


PART = 500
"""Rows of one person that one look takes."""


def _due_row(row: Any, event: Any) -> DueRow:
    return DueRow(
        seq=row.seq,
        state=row.state,
        policy=Policy(row.policy),
        held=row.held,
        attempts=row.attempts,
        event_id=event.event_id,
        data=event.data,
        expires=event.expires_at,
    )


def _addresses(connection: sa.Connection, people: Iterable[int]) -> dict[int, list[PushAddress]]:
    """The ways to push to each of these people; who has none is left out."""
    ways = sa.select(addresses, devices.c.user_id).join(devices, devices.c.id == addresses.c.device_id)
    found: dict[int, list[PushAddress]] = {}
    for way in connection.execute(ways.where(devices.c.user_id.in_(list(people))).order_by(addresses.c.id)):
        address = PushAddress(
            id=way.id, device_id=way.device_id, kind=way.kind, address=way.address, p256dh=way.p256dh or "", auth=way.auth or ""
        )
        found.setdefault(way.user_id, []).append(address)
    return found


_READ = Bulk(
    ("int", "int"),
    "SELECT i.user_id AS c0, i.seq AS c1, e.event_id AS c2 FROM {rows} JOIN heads AS h ON h.user_id = {0} "
    "JOIN inbox AS i ON i.user_id = h.user_id AND i.seq > h.seq - 200 JOIN events AS e ON e.pk = i.event_pk "
    "WHERE i.state = 'pushed' AND i.ended_at > {1} AND i.seen_at IS NOT NULL",
    gives=3,
)


def _read_since(connection: sa.Connection, people: Iterable[int], now: datetime) -> dict[int, list[str]]:
    """Of each person's newest 200 the last 20 that were pushed within a day and have been seen since, newest first."""
    since = microseconds(now - timedelta(days=1))
    found: dict[int, list[str]] = {}
    for user_id, _, event_id in sorted(map(tuple, _READ.fetch(connection, [(user_id, since) for user_id in people])), reverse=True):
        ids = found.setdefault(user_id, [])
        if len(ids) < 20:
            ids.append(event_id)
    return found


_TAKEABLE = Bulk(
    ("int", "int", "int"),
    "SELECT i.user_id AS c0, i.seq AS c1 FROM {rows} JOIN inbox AS i ON i.user_id = {0} AND i.seq = {1} "
    "WHERE i.ended_at IS NULL AND i.deadline_at <= {2}",
    mariadb="SELECT STRAIGHT_JOIN i.user_id AS c0, i.seq AS c1 FROM {rows} JOIN inbox AS i ON i.user_id = {0} AND i.seq = {1} "
    "WHERE i.ended_at IS NULL AND i.deadline_at <= {2} FOR UPDATE",
    gives=2,
)
_TAKE = Bulk(
    ("int", "int", "int"),
    "UPDATE inbox SET state = 'pushing', attempts = attempts + 1, deadline_at = {2} FROM {rows} WHERE user_id = {0} AND seq = {1}",
    mariadb="UPDATE {rows} STRAIGHT_JOIN inbox ON inbox.user_id = {0} AND inbox.seq = {1} "
    "SET state = 'pushing', attempts = attempts + 1, deadline_at = {2}",
)


def begin(connection: sa.Connection, args: Sequence[Taken]) -> list[tuple[int, ...]]:
    """Takes rows in hand and gives back exactly those that this call took, ascending.

    A row is taken when it is open and its deadline has come; taking moves the deadline on by `LEASE`. So of two that reach for one
    row, on one node or on two, the second gets nothing: it locks the row after the first has committed, and finds the deadline ahead.
    """
    run_guards(connection, (taken.guard for taken in args))
    results: list[tuple[int, ...]] = []
    wanted = {(taken.user_id, seq): microseconds(taken.now) for taken in args for seq in taken.seqs}
    open_ones = {(user_id, seq) for user_id, seq in _TAKEABLE.fetch(connection, [(*key, now) for key, now in sorted(wanted.items())])}
    lease = LEASE // timedelta(microseconds=1)
    _TAKE.run(connection, [(*key, wanted[key] + lease) for key in sorted(open_ones)])
    for taken in args:
        mine = tuple(seq for seq in sorted(set(taken.seqs)) if (taken.user_id, seq) in open_ones)
        open_ones.difference_update((taken.user_id, seq) for seq in mine)
        results.append(mine)
    return results


def bring_nearer(connection: sa.Connection, args: Sequence[Nearer]) -> list[int]:
    """Brings back the deadlines that a clock set back has put off; how many, for each caller.

    What no row made since can have is known by its distance, however often the clock jumped: a first deadline beyond `receive_s`, a
    push in hand beyond its lease. When to try again is as far as it was told to be, so that comes nearer by the step. Times of day
    stay what they are: the end of quiet hours or of a snooze, a digest's hour.
    """
    run_guards(connection, (nearer.guard for nearer in args))
    return [sum(connection.execute(update).rowcount for update in _nearer(nearer)) for nearer in args]


def _nearer(nearer: Nearer) -> list[sa.Update]:
    first, lease = nearer.now + timedelta(seconds=nearer.receive_s), nearer.now + LEASE
    pending = (IS_OPEN, inbox.c.state == "pending")
    update = sa.update(inbox)
    fresh = (*pending, inbox.c.attempts == 0, inbox.c.held.is_(False))
    again = (*pending, inbox.c.attempts > 0, inbox.c.cause != "quiet_hours")
    statements = [
        update.where(*fresh, inbox.c.deadline_at > first).values(deadline_at=first),
        update.where(IS_OPEN, inbox.c.state == "pushing", inbox.c.deadline_at > lease).values(deadline_at=lease),
    ]
    if nearer.step_s > 0:
        step_us = sa.literal(int(nearer.step_s * 1_000_000), sa.BigInteger)
        put_off = sa.type_coerce(inbox.c.deadline_at, sa.BigInteger) - step_us
        statements.append(update.where(*again, inbox.c.deadline_at > nearer.now).values(deadline_at=put_off))
    return statements


def settle_groups(connection: sa.Connection, args: Sequence[tuple[Ending, ...]]) -> list[None]:
    """Ends or re-schedules rows for several callers at once."""
    _settle(connection, [ending for group in args for ending in group])
    return [None] * len(args)


_SET = "state = {2}, cause = {3}, held = {4}, deadline_at = {5}, ended_at = {6}"
_SETTLE = Bulk(
    ("int", "int", "name", "name", "int", "int", "int"),
    f"UPDATE inbox SET {_SET} FROM {{rows}} WHERE user_id = {{0}} AND seq = {{1}} AND ended_at IS NULL",
    mariadb=f"UPDATE {{rows}} STRAIGHT_JOIN inbox ON inbox.user_id = {{0}} AND inbox.seq = {{1}} SET {_SET} WHERE inbox.ended_at IS NULL",
)


def _settle(connection: sa.Connection, endings: Iterable[Ending]) -> None:
    """Ends or re-schedules rows that are still open; a row that ended meanwhile keeps its end."""
    rows: dict[tuple[int, int], tuple[Any, ...]] = {}
    for e in endings:
        deadline = None if e.deadline is None else microseconds(e.deadline)
        ended = microseconds(e.now) if e.deadline is None else None
        rows.setdefault((e.user_id, e.seq), (e.state, e.cause, int(e.held), deadline, ended))
    _SETTLE.run(connection, [key + row for key, row in sorted(rows.items())])


def wake(connection: sa.Connection, args: Sequence[Taken]) -> list[Woken]:
    """Brings snoozed notifications back as unread, but for those that were put off once more in the meantime."""
    results = []
    for taken in args:
        asleep = (inbox.c.user_id == taken.user_id, inbox.c.seq.in_(taken.seqs), inbox.c.snoozed_until <= taken.now)
        back = sa.select(events.c.event_id).select_from(inbox.join(events, events.c.pk == inbox.c.event_pk)).where(*asleep)
        ids = tuple(connection.execute(back.order_by(inbox.c.seq)).scalars())
        connection.execute(sa.update(inbox).where(*asleep).values(snoozed_until=None, deadline_at=None, seen_at=None, read_at=None))
        results.append(Woken(taken.user_id, ids, unseen(connection, taken.user_id, taken.now), newest(connection, taken.user_id)))
    return results


def finish(connection: sa.Connection, args: Sequence[Finished]) -> list[tuple[Ending, ...]]:
    """Writes down attempts, forgets dead addresses, and settles the rows."""
    _ATTEMPT.run(
        connection,
        [
            (
                finished.user_id,
                seq,
                result.address.device_id,
                result.address.kind,
                microseconds(finished.now),
                result.outcome.value,
                result.detail[:255],
            )
            for finished in args
            for seq in finished.seqs
            for result in finished.results
        ],
    )
    went: dict[int, tuple[Outcome, datetime]] = {}
    for finished in args:
        went.update((result.address.id, (result.outcome, finished.now)) for result in finished.results)
    _GONE.run(connection, [(address,) for address, (outcome, _) in sorted(went.items()) if outcome is Outcome.GONE])
    _TOOK.run(connection, [(address, microseconds(at)) for address, (outcome, at) in sorted(went.items()) if outcome is Outcome.ACCEPTED])
    failed = [
        (address, microseconds(at), outcome.value)
        for address, (outcome, at) in sorted(went.items())
        if outcome not in (Outcome.ACCEPTED, Outcome.GONE)
    ]
    _FAILED.run(connection, failed)
    _settle(connection, (ending for finished in args for ending in finished.endings))
    return [finished.endings for finished in args]


_ATTEMPT = Bulk(
    ("int", "int", "int", "name", "int", "name", "name"),
    "INSERT INTO push_attempts (user_id, seq, device_id, kind, at, outcome, detail) SELECT {0}, {1}, {2}, {3}, {4}, {5}, {6} FROM {rows}",
)
_GONE = Bulk(
    ("int",),
    "DELETE FROM addresses WHERE id IN (SELECT {0} FROM {rows})",
    mariadb="DELETE addresses FROM {rows} STRAIGHT_JOIN addresses ON addresses.id = {0}",
)
_TOOK = Bulk(
    ("int", "int"),
    "UPDATE addresses SET succeeded_at = {1}, error = NULL FROM {rows} WHERE addresses.id = {0}",
    mariadb="UPDATE {rows} STRAIGHT_JOIN addresses ON addresses.id = {0} SET succeeded_at = {1}, error = NULL",
)
_FAILED = Bulk(
    ("int", "int", "name"),
    "UPDATE addresses SET failed_at = {1}, error = {2} FROM {rows} WHERE addresses.id = {0}",
    mariadb="UPDATE {rows} STRAIGHT_JOIN addresses ON addresses.id = {0} SET failed_at = {1}, error = {2}",
)
