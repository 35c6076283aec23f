"""Taking notifications in: who is addressed, which seq, which first deadline, in one transaction with the watermark.

Set-based: the number of statements does not grow with the number of notifications or people in a group.
"""

from __future__ import annotations

import itertools
import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa

from hub.bulk import Bulk
from hub.event import Encoded, Event
from hub.lane import Conflict
from hub.lease import Guard, run_guards
from hub.notification import Address, Notification
from hub.policy import Policy, Preferences, Timing, first_deadline
from hub.preferences import load_preferences
from hub.store import microseconds, watermarks

__all__ = ["HEADS", "Accepting", "Delivery", "Outcome", "Receipt", "Submission", "chunks", "first_key"]

T = TypeVar("T")
EVERYONE = Address("everyone", "*")
"""All active users."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """What one caller hands in; it is accepted whole or not at all."""

    notifications: tuple[Notification, ...] = ()
    topic_events: tuple[Event, ...] = ()
    """Events for topics that must not be accepted twice: only their (source, id) is kept."""
    watermark: tuple[str, Mapping[str, Any]] | None = None
    guard: Guard | None = None
    """For what only the leading node may write: it raises Fenced when that is another one by now."""
    now: datetime


class Delivery(NamedTuple):
    """One notification in one person's inbox. A tuple, because an announcement has thousands of them."""

    user_id: int
    seq: int
    deadline: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one event. A duplicate was accepted earlier: `accepted` is the first one's number and nothing is delivered."""

    event: Event
    duplicate: bool
    accepted: int
    encoded: Encoded | None = None
    deliveries: tuple[Delivery, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The outcomes of a submission, notifications first, then topic events, in the order given."""

    outcomes: tuple[Outcome, ...]


class _Keys:
    """Row keys that increase with time and never meet those of another node: milliseconds, 10 random bits, a counter.

    The 4,097th key of a millisecond takes the next one's, and a clock that steps back is not followed: a source that
    catches up hands over more than that at one moment.
    """

    def __init__(self) -> None:
        self._node, self._ms, self._count = secrets.randbits(10), 0, 0

    def next(self, now: datetime) -> int:
        ms = int(now.timestamp() * 1000)
        self._ms, self._count = (ms, 0) if ms > self._ms else (self._ms, self._count + 1)
        if self._count > 0xFFF:
            self._ms, self._count = self._ms + 1, 0
        return self._ms << 22 | self._node << 12 | self._count


def first_key(at: datetime) -> int:
    """The smallest key that a row of this moment may have."""
    return int(at.timestamp() * 1000) << 22


def chunks(items: Iterable[T], size: int = 1000) -> Iterator[list[T]]:
    """`items` in lists of at most `size`: every database bounds the parameters of a statement."""
    iterator = iter(items)
    while part := list(itertools.islice(iterator, size)):
        yield part


@dataclass(slots=True)
class Accepting:
    """The `accept` write.

    `connected` tells who has a live session. It is called from the writer's thread: a look into a dictionary may be, a walk over one not.
    """

    timing: Timing
    connected: Callable[[int], bool]
    _keys: _Keys = field(default_factory=_Keys)

    def __call__(self, connection: sa.Connection, submissions: Sequence[Submission]) -> list[Receipt]:
        """Runs in the writer's transaction; one receipt for each submission."""
        run_guards(connection, (submission.guard for submission in submissions))
        known = _known(connection, submissions)
        people = _Directory.load(connection, {a for s in submissions for n in s.notifications for a in n.to})
        fresh: list[_Fresh] = []
        plans: list[list[Outcome | _Fresh]] = []
        claims: list[tuple[str, str, int, int]] = []
        for submission in submissions:
            plan: list[Outcome | _Fresh] = []
            now_us = microseconds(submission.now)
            for notification in submission.notifications:
                event = notification.event
                key = (event.source, event.id)
                if key in known:
                    plan.append(Outcome(event=event, duplicate=True, accepted=known[key]))
                    continue
                to = people.find(notification.to)
                known[key] = len(to)
                claims.append((*key, len(to), now_us))
                one = _Fresh(notification, submission.now, to)
                plan.append(one)
                fresh.append(one)
            for event in submission.topic_events:
                key = (event.source, event.id)
                plan.append(Outcome(event=event, duplicate=key in known, accepted=known.get(key, 1)))
                if key not in known:
                    known[key] = 1
                    claims.append((*key, 1, now_us))
            plans.append(plan)
        _claim(connection, claims)
        self._write(connection, fresh)
        for submission in submissions:
            if submission.watermark is not None:
                _keep_watermark(connection, *submission.watermark, submission.now)
        return [Receipt(tuple(step if isinstance(step, Outcome) else step.outcome() for step in plan)) for plan in plans]

    def _write(self, connection: sa.Connection, fresh: Sequence[_Fresh]) -> None:
        more = Counter(user_id for one in fresh for user_id in one.to)
        if not more:
            return
        # one row a person, locked until the commit, in the order of ids: two nodes wait for each other, never in a circle
        _RAISE.run(connection, sorted(more.items()))
        head = {user_id: seq - more[user_id] for user_id, seq in HEADS.fetch(connection, [(user_id,) for user_id in more])}
        digests = sorted({user_id for one in fresh if one.notification.policy is Policy.DIGEST for user_id in one.to})
        prefs: dict[int, Preferences] = {}
        for part in chunks(digests):
            prefs.update(load_preferences(connection, part))
        cached: dict[tuple[Policy, datetime], tuple[tuple[datetime, int], ...]] = {}
        event_rows: list[tuple[Any, ...]] = []
        alike: defaultdict[tuple[Any, ...], list[tuple[int, int]]] = defaultdict(list)
        for one in fresh:
            if not one.to:
                continue
            policy, now = one.notification.policy, one.now
            pk = self._keys.next(now)
            event_rows.append(_event_row(pk, one, self.timing))
            held = policy is Policy.DIGEST
            soon = cached.get((policy, now))
            if soon is None:
                soon = cached[policy, now] = tuple(self._deadline(policy, now, here, _DEFAULT) for here in (False, True))
            for user_id in one.to:
                seq = head[user_id] = head[user_id] + 1
                if held:
                    deadline, deadline_us = self._deadline(policy, now, False, prefs.get(user_id, _DEFAULT))
                else:
                    deadline, deadline_us = soon[self.connected(user_id)]
                one.deliveries.append(Delivery(user_id, seq, deadline))
                alike[pk, policy.value, deadline_us, int(held)].append((user_id, seq))
        _EVENTS.run(connection, event_rows)
        few: list[tuple[Any, ...]] = []
        for same, places in alike.items():
            if len(places) < _MANY:
                few += [(*place, *same) for place in places]
            else:
                _INBOX_ALIKE.run(connection, places, same)
        _INBOX.run(connection, few)

    def _deadline(self, policy: Policy, now: datetime, connected: bool, prefs: Preferences) -> tuple[datetime, int]:
        at = first_deadline(policy, now=now, connected=connected, prefs=prefs, timing=self.timing)
        return at, microseconds(at)


class _Fresh:
    """A notification that was not accepted before, and what becomes of it."""

    __slots__ = ("deliveries", "encoded", "notification", "now", "to")

    def __init__(self, notification: Notification, now: datetime, to: list[int]) -> None:
        self.notification, self.now, self.to = notification, now, to
        self.encoded = notification.event.encode()
        self.deliveries: list[Delivery] = []

    def outcome(self) -> Outcome:
        """What its caller is told."""
        return Outcome(
            event=self.notification.event,
            duplicate=False,
            accepted=len(self.to),
            encoded=self.encoded,
            deliveries=tuple(self.deliveries),
        )


_KNOWN = Bulk(
    ("name", "name"),
    "SELECT p.source AS c0, p.event_id AS c1, p.accepted AS c2 FROM {rows} JOIN publications AS p ON p.source = {0} AND p.event_id = {1}",
    gives=3,
)
_CLAIM = Bulk(
    ("name", "name", "int", "int"),
    "INSERT INTO publications (source, event_id, accepted, created_at) SELECT {0}, {1}, {2}, {3} FROM {rows}",
)
_RAISE = Bulk(
    ("int", "int"),
    "INSERT INTO heads (user_id, seq) SELECT {0}, {1} FROM {rows} WHERE true ON CONFLICT (user_id) DO UPDATE SET seq = seq + excluded.seq",
    mariadb="INSERT INTO heads (user_id, seq) SELECT {0}, {1} FROM {rows} ON DUPLICATE KEY UPDATE heads.seq = heads.seq + VALUES(seq)",
)
HEADS = Bulk(("int",), "SELECT h.user_id AS c0, h.seq AS c1 FROM {rows} JOIN heads AS h ON h.user_id = {0}", gives=2)
"""The newest seq given out to each of these people; who has got nothing yet is left out."""
_EVENTS = Bulk(
    ("int", "name", "name", "name", "int", "name", "name", "text", "int", "int"),
    "INSERT INTO events (pk, source, event_id, type, time, subject, kind, data, expires_at, created_at) "
    "SELECT {0}, {1}, {2}, {3}, {4}, {5}, {6}, {7}, {8}, {9} FROM {rows}",
)
_INBOX = Bulk(
    ("int", "int", "int", "name", "int", "int"),
    "INSERT INTO inbox (user_id, seq, event_pk, policy, state, deadline_at, held, attempts) "
    "SELECT {0}, {1}, {2}, {3}, 'pending', {4}, {5}, 0 FROM {rows}",
)
_INBOX_ALIKE = Bulk(
    ("int", "int"),
    "INSERT INTO inbox (user_id, seq, event_pk, policy, state, deadline_at, held, attempts) "
    "SELECT {0}, {1}, {same}, {same}, 'pending', {same}, {same}, 0 FROM {rows}",
)
"""For an announcement: half the work for the database, which parses each row's JSON once for each of its columns."""
_MANY = 100
"""From so many rows alike on they have a statement of their own."""
_DUPLICATE_KEY = 1062  # MariaDB's


def _known(connection: sa.Connection, submissions: Sequence[Submission]) -> dict[tuple[str, str], int]:
    """Which of the events were accepted before, and by how many people."""
    keys = {(n.event.source, n.event.id) for s in submissions for n in s.notifications}
    keys |= {(event.source, event.id) for s in submissions for event in s.topic_events}
    return {(source, event_id): accepted for source, event_id, accepted in _KNOWN.fetch(connection, list(keys))}


def _claim(connection: sa.Connection, claims: list[tuple[str, str, int, int]]) -> None:
    """Writes the idempotency keys down. One that another node has just written raises Conflict: the next look finds it known."""
    try:
        _CLAIM.run(connection, sorted(claims))  # sorted: two nodes with the same events wait for each other, never in a circle
    except sa.exc.IntegrityError as error:
        if error.orig is not None and error.orig.args[0] == _DUPLICATE_KEY:
            raise Conflict("another node has just accepted one of these events") from error
        raise


_DEFAULT = Preferences()


@dataclass(slots=True)
class _Directory:
    """Which users the addresses of a group mean; inactive and unknown people are nobody."""

    by_address: dict[Address, int]
    everyone: list[int]

    @classmethod
    def load(cls, connection: sa.Connection, addresses: Iterable[Address]) -> _Directory:
        wanted: dict[str, dict[str, Address]] = defaultdict(dict)
        for address in addresses:
            wanted[address.system][address.key] = address
        found: dict[Address, int] = {}
        everyone: list[int] = []
        for system, keys in wanted.items():
            if system == EVERYONE.system:
                everyone = sorted(row[0] for row in _ACTIVE.fetch(connection, [(1,)]))
            elif system == "id":
                numbers = [(int(key),) for key in keys if key.isdecimal() and len(key) <= 18]
                there = {str(user_id): user_id for (user_id,) in _BY_ID.fetch(connection, numbers)}
                found.update({keys[key]: user_id for key, user_id in there.items() if key in keys})
            else:
                rows = [(key,) if system == "name" else (key, system) for key in keys if len(key) <= _MAX_KEY]
                query = _BY_NAME if system == "name" else _BY_IDENTITY
                found.update({Address(system, key): user_id for key, user_id in query.fetch(connection, rows)})
        return cls(found, everyone)

    def find(self, to: Collection[Address]) -> list[int]:
        """The users addressed, each once, in a stable order."""
        if len(to) == 1:
            (address,) = to
            found = self.by_address.get(address)
            if found is not None:
                return [found]
        people: set[int] = set()
        for address in to:
            if address.system == EVERYONE.system:
                people.update(self.everyone)
            elif address in self.by_address:
                people.add(self.by_address[address])
        return sorted(people)


_MAX_KEY = 255
_ACTIVE = Bulk(("int",), "SELECT u.id AS c0 FROM {rows} JOIN users AS u ON u.active = {0}", gives=1)
_BY_ID = Bulk(("int",), "SELECT u.id AS c0 FROM {rows} JOIN users AS u ON u.id = {0} WHERE u.active", gives=1)
_BY_NAME = Bulk(("name",), "SELECT u.name AS c0, u.id AS c1 FROM {rows} JOIN users AS u ON u.name = {0} WHERE u.active", gives=2)
_BY_IDENTITY = Bulk(
    ("name", "name"),
    "SELECT i.key AS c0, u.id AS c1 FROM {rows} JOIN identities AS i ON i.system = {1} AND i.key = {0} "
    "JOIN users AS u ON u.id = i.user_id WHERE u.active",
    mariadb="SELECT i.`key` AS c0, u.id AS c1 FROM {rows} JOIN identities AS i ON i.system = {1} AND i.`key` = {0} "
    "JOIN users AS u ON u.id = i.user_id WHERE u.active",
    gives=2,
)


def _event_row(pk: int, one: _Fresh, timing: Timing) -> tuple[Any, ...]:
    event = one.notification.event
    return (
        pk,
        event.source,
        event.id,
        event.type,
        microseconds(event.time),
        None if event.subject is None else event.subject[:255],
        str(event.data.get("kind", ""))[:32] or None,
        one.encoded.data.decode(),
        microseconds(event.expires or one.now + timing.expire),
        microseconds(one.now),
    )


def _keep_watermark(connection: sa.Connection, source: str, value: Mapping[str, Any], now: datetime) -> None:
    row = {"value": value, "updated_at": now}
    changed = connection.execute(sa.update(watermarks).where(watermarks.c.source == source).values(**row))
    if changed.rowcount == 0:
        connection.execute(sa.insert(watermarks).values(source=source, **row))
