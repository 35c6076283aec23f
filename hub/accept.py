"""Taking notifications in: who is addressed, which seq, which first deadline, in one transaction with the watermark.

Set-based: the number of statements does not grow with the number of notifications or people in a group.
"""

from __future__ import annotations

import itertools
import secrets
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.event import Encoded, Event
from hub.notification import Address, Notification
from hub.policy import Policy, Preferences, Timing, first_deadline
from hub.preferences import load_preferences
from hub.store import events, heads, identities, inbox, publications, users, watermarks

__all__ = ["Accepting", "Delivery", "Outcome", "Receipt", "Submission", "chunks"]

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
    now: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """One notification in one person's inbox."""

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


def chunks(items: Iterable[T], size: int = 1000) -> Iterator[list[T]]:
    """`items` in lists of at most `size`: every database bounds the parameters of a statement."""
    iterator = iter(items)
    while part := list(itertools.islice(iterator, size)):
        yield part


@dataclass(slots=True)
class Accepting:
    """The `accept` write; `connected` tells who has a live session."""

    timing: Timing
    connected: Callable[[int], bool]
    _keys: _Keys = field(default_factory=_Keys)

    async def __call__(self, connection: AsyncConnection, submissions: Sequence[Submission]) -> list[Receipt]:
        """Runs in the writer's transaction; one receipt for each submission."""
        known = await self._known(connection, submissions)
        people = await _Directory.load(connection, (a for s in submissions for n in s.notifications for a in n.to))
        fresh: list[tuple[Notification, datetime, list[int]]] = []
        plans: list[list[Outcome | int]] = []  # a number is an index into `fresh`
        accepted_rows: list[dict[str, Any]] = []
        for submission in submissions:
            plan: list[Outcome | int] = []
            for notification in submission.notifications:
                event = notification.event
                key = (event.source, event.id)
                if key in known:
                    plan.append(Outcome(event=event, duplicate=True, accepted=known[key]))
                    continue
                to = people.find(notification.to)
                known[key] = len(to)
                accepted_rows.append(_publication(event, len(to), submission.now))
                plan.append(len(fresh))
                fresh.append((notification, submission.now, to))
            for event in submission.topic_events:
                key = (event.source, event.id)
                plan.append(Outcome(event=event, duplicate=key in known, accepted=known.get(key, 1)))
                if key not in known:
                    known[key] = 1
                    accepted_rows.append(_publication(event, 1, submission.now))
            plans.append(plan)
        if accepted_rows:
            await connection.execute(sa.insert(publications), accepted_rows)
        done = await self._write(connection, fresh)
        for submission in submissions:
            if submission.watermark is not None:
                await _keep_watermark(connection, *submission.watermark, submission.now)
        return [Receipt(tuple(done[step] if isinstance(step, int) else step for step in plan)) for plan in plans]

    async def _known(self, connection: AsyncConnection, submissions: Sequence[Submission]) -> dict[tuple[str, str], int]:
        by_source: dict[str, set[str]] = defaultdict(set)
        for submission in submissions:
            for event in (*(n.event for n in submission.notifications), *submission.topic_events):
                by_source[event.source].add(event.id)
        known: dict[tuple[str, str], int] = {}
        for source, ids in by_source.items():
            for part in chunks(ids):
                rows = await connection.execute(
                    sa.select(publications.c.event_id, publications.c.accepted).where(
                        publications.c.source == source, publications.c.event_id.in_(part)
                    )
                )
                known.update({(source, row.event_id): row.accepted for row in rows})
        return known

    async def _write(self, connection: AsyncConnection, fresh: Sequence[tuple[Notification, datetime, list[int]]]) -> list[Outcome]:
        everybody = sorted({user_id for _, _, to in fresh for user_id in to})
        head: dict[int, int] = {}
        for part in chunks(everybody):
            rows = await connection.execute(sa.select(heads).where(heads.c.user_id.in_(part)).with_for_update())
            head.update({row.user_id: row.seq for row in rows})
        new_heads = [user_id for user_id in everybody if user_id not in head]
        digests = {user_id for notification, _, to in fresh if notification.policy is Policy.DIGEST for user_id in to}
        prefs: dict[int, Preferences] = {}
        for part in chunks(digests):
            prefs.update(await load_preferences(connection, part))

        event_rows: list[dict[str, Any]] = []
        inbox_rows: list[dict[str, Any]] = []
        outcomes: list[Outcome] = []
        for notification, now, to in fresh:
            event, policy = notification.event, notification.policy
            deliveries = []
            if to:
                pk = self._keys.next(now)
                event_rows.append(_event_row(pk, event, now, self.timing))
                for user_id in to:
                    seq = head[user_id] = head.get(user_id, 0) + 1
                    deadline = first_deadline(
                        policy, now=now, connected=self.connected(user_id), prefs=prefs.get(user_id, _DEFAULT), timing=self.timing
                    )
                    deliveries.append(Delivery(user_id, seq, deadline))
                    inbox_rows.append(
                        {
                            "user_id": user_id,
                            "seq": seq,
                            "event_pk": pk,
                            "policy": policy.value,
                            "state": "pending",
                            "deadline_at": deadline,
                            "held": policy is Policy.DIGEST,
                        }
                    )
            outcomes.append(Outcome(event=event, duplicate=False, accepted=len(to), encoded=event.encode(), deliveries=tuple(deliveries)))
        if event_rows:
            await connection.execute(sa.insert(events), event_rows)
        if new_heads:
            await connection.execute(sa.insert(heads), [{"user_id": user_id, "seq": head[user_id]} for user_id in new_heads])
        old_heads = [{"of": user_id, "to": head[user_id]} for user_id in everybody if user_id not in set(new_heads)]
        if old_heads:
            statement = sa.update(heads).where(heads.c.user_id == sa.bindparam("of")).values(seq=sa.bindparam("to"))
            await connection.execute(statement, old_heads)
        if inbox_rows:
            await connection.execute(sa.insert(inbox), inbox_rows)
        return outcomes


_DEFAULT = Preferences()


@dataclass(slots=True)
class _Directory:
    """Which users the addresses of a group mean; inactive and unknown people are nobody."""

    by_address: dict[Address, int]
    everyone: list[int]

    @classmethod
    async def load(cls, connection: AsyncConnection, addresses: Iterable[Address]) -> _Directory:
        wanted: dict[str, set[str]] = defaultdict(set)
        for address in addresses:
            wanted[address.system].add(address.key)
        found: dict[Address, int] = {}
        everyone: list[int] = []
        for system, keys in wanted.items():
            if system == EVERYONE.system:
                rows = await connection.execute(sa.select(users.c.id).where(users.c.active).order_by(users.c.id))
                everyone = list(rows.scalars())
                continue
            for part in chunks(keys):
                rows = await connection.execute(_lookup(system, part))
                found.update({Address(system, str(row.key)): row.id for row in rows})
        return cls(found, everyone)

    def find(self, to: Iterable[Address]) -> list[int]:
        """The users addressed, each once, in a stable order."""
        people: set[int] = set()
        for address in to:
            if address.system == EVERYONE.system:
                people.update(self.everyone)
            elif address in self.by_address:
                people.add(self.by_address[address])
        return sorted(people)


def _lookup(system: str, keys: Sequence[str]) -> sa.Select[Any]:
    if system == "id":
        numbers = [int(key) for key in keys if key.isdecimal() and len(key) <= 18]
        return sa.select(users.c.id.label("key"), users.c.id).where(users.c.id.in_(numbers), users.c.active)
    if system == "name":
        return sa.select(users.c.name.label("key"), users.c.id).where(users.c.name.in_(keys), users.c.active)
    joined = identities.join(users, users.c.id == identities.c.user_id)
    return (
        sa.select(identities.c.key, users.c.id)
        .select_from(joined)
        .where(identities.c.system == system, identities.c.key.in_(keys), users.c.active)
    )


def _publication(event: Event, accepted: int, now: datetime) -> dict[str, Any]:
    return {"source": event.source, "event_id": event.id, "accepted": accepted, "created_at": now}


def _event_row(pk: int, event: Event, now: datetime, timing: Timing) -> dict[str, Any]:
    return {
        "pk": pk,
        "source": event.source,
        "event_id": event.id,
        "type": event.type,
        "time": event.time.astimezone(UTC),
        "subject": event.subject,
        "kind": str(event.data.get("kind", ""))[:32] or None,
        "data": event.data,
        "expires_at": event.expires or now + timing.expire,
        "created_at": now,
    }


async def _keep_watermark(connection: AsyncConnection, source: str, value: Mapping[str, Any], now: datetime) -> None:
    row = {"value": value, "updated_at": now}
    changed = await connection.execute(sa.update(watermarks).where(watermarks.c.source == source).values(**row))
    if changed.rowcount == 0:
        await connection.execute(sa.insert(watermarks).values(source=source, **row))
