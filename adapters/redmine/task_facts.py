"""What REST does not tell of an issue, read from the database: its version, its requester, names in words, who is a group.

A handful of small queries for an issue, whatever the length of its history. What is read here is shown only beside an issue that
Redmine itself has shown to the person.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine import tables as t
from adapters.redmine.assignable import Assignable, assignable, gives_to_groups
from adapters.redmine.engine import Reader, reading
from adapters.redmine.errors import RedmineRefused
from adapters.redmine.load import read_fields, read_projects, split_emails
from adapters.redmine.markup import Formatting
from adapters.redmine.markup.setting import text_formatting
from adapters.redmine.names import Catalog, Kind, Names
from adapters.redmine.recipients import Material
from adapters.redmine.requesters import owned
from adapters.redmine.rest.issue import Detail, Issue
from adapters.redmine.rights_mark import rights_mark
from adapters.redmine.tables import Schema, discover
from adapters.redmine.values import User, id_of
from adapters.redmine.versions import Version, versions
from adapters.redmine.visibility import Rights
from adapters.redmine.words import NAMED, Words

__all__ = ["Priority", "TaskFacts", "TaskReader"]

_SLOW_S = 300.0
"""Priorities, the markup and the tables hardly ever change: read again so often."""
_enumerations = sa.table(
    "enumerations",
    *(sa.column(name, sa.Text) for name in ("name", "type")),
    *(sa.column(name, sa.Integer) for name in ("id", "position", "is_default", "active")),
)


@dataclass(frozen=True, slots=True)
class Priority:
    """A priority at its place: `rank` from 0, the lowest; `high`: above the default one."""

    id: int
    rank: int
    high: bool
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFacts:
    """What belongs to one issue."""

    words: Words
    people: Mapping[int, User]
    """Those whom the issue and its history name; groups among them."""
    requesters: frozenset[str]
    """E-mail addresses for which it was made; those of people with an account, too."""
    statuses: Mapping[int, tuple[str, int]]
    """Related issue -> its subject and status. Whether the person may see it has been asked by the caller."""


class TaskReader:
    """Reads Redmine's database. Raises RedmineAway and RedmineRefused. The engine stays the caller's."""

    def __init__(self, engine: AsyncEngine, *, deadline_s: float = 5.0, clock: Callable[[], float] = time.monotonic) -> None:
        """`deadline_s`: for each statement. `clock` is monotonic."""
        self._engine, self._deadline_s, self._clock = engine, deadline_s, clock
        self._names = Names(_SLOW_S)
        self._schema: Schema | None = None
        self._slow: tuple[float, tuple[Priority, ...], Formatting, bool] | None = None

    async def versions(self, ids: Iterable[int]) -> dict[int, Version]:
        """The versions as they stand now."""
        async with reading(self._engine, self._deadline_s) as reader:
            return await versions(reader, list(ids))

    async def version(self, id: int) -> Version | None:
        """The version as it stands now; None when there is no such issue."""
        return (await self.versions([id])).get(id)

    async def lock_of(self, id: int) -> int | None:
        """The `lock_version` as it stands now; None when there is no such issue."""
        found = await self.version(id)
        return found.lock_version if found else None

    async def owned(self, email: str, ids: Iterable[int]) -> set[int]:
        """Which of these issues were made for this address."""
        async with reading(self._engine, self._deadline_s) as reader:
            return await owned(reader, await self._tables(reader), email, list(ids))

    async def rights_mark(self) -> str:
        """Another one when somebody's rights may have changed; see `adapters.redmine.rights_mark`."""
        async with reading(self._engine, self._deadline_s) as reader:
            return await rights_mark(reader)

    async def catalog(self, wanted: Iterable[tuple[Kind, int]] = ()) -> Catalog:
        """The names of statuses, priorities and so on."""
        async with reading(self._engine, self._deadline_s) as reader:
            return await self._names.get(reader, await self._tables(reader), wanted, self._clock())

    async def priorities(self) -> tuple[Priority, ...]:
        """All priorities, lowest first."""
        if self._slow is not None and self._clock() - self._slow[0] <= _SLOW_S:
            return self._slow[1]
        async with reading(self._engine, self._deadline_s) as reader:
            return (await self._rarely(reader))[0]

    async def formatting(self) -> Formatting:
        """The language that texts are written in."""
        if self._slow is not None and self._clock() - self._slow[0] <= _SLOW_S:
            return self._slow[2]
        async with reading(self._engine, self._deadline_s) as reader:
            return (await self._rarely(reader))[1]

    async def name_of(self, id: int) -> str:
        """What a person or group is called; the number for an unknown one."""
        async with reading(self._engine, self._deadline_s) as reader:
            found = (await _people(reader, {id})).get(id)
        return found.name if found and found.name else f"#{id}"

    async def assignable(self, issue: Issue, search: str, limit: int) -> Assignable:
        """Who may be given the issue; see `adapters.redmine.assignable`."""
        async with reading(self._engine, self._deadline_s) as reader:
            return await assignable(
                reader,
                project_id=issue.project.id,
                tracker_id=issue.tracker.id,
                author_id=issue.author.id,
                assigned_to_id=issue.assigned_to.id if issue.assigned_to else None,
                search=search,
                limit=limit,
                groups=(await self._rarely(reader))[2],
            )

    async def facts(self, issue: Issue, *, related: Iterable[int] = ()) -> TaskFacts:
        """What belongs to this issue; `related`: other issues that the person may see."""
        details = [detail for journal in issue.journals for detail in journal.details]
        async with reading(self._engine, self._deadline_s) as reader:
            schema = await self._tables(reader)
            fields = await read_fields(reader, schema, {number for d in details if d.property == "cf" and (number := id_of(d.name))})
            moved = {number for d in details if d.name == "project_id" for number in (id_of(d.old), id_of(d.new)) if number}
            people = await _people(reader, _named(issue, details, {id for id, field in fields.items() if field.format == "user"}))
            material = Material(rights=Rights(users=people, projects=await read_projects(reader, moved)), fields=fields)
            statuses = await _statuses(reader, set(related))
            catalog = await self._names.get(reader, schema, _names(issue, details, statuses.values()), self._clock())
            requesters = await _requesters(reader, schema, issue.id)
        return TaskFacts(words=Words(material, catalog), people=people, requesters=requesters, statuses=statuses)

    async def _tables(self, reader: Reader) -> Schema:
        if self._schema is None:
            self._schema = await discover(reader)
        return self._schema

    async def _rarely(self, reader: Reader) -> tuple[tuple[Priority, ...], Formatting, bool]:
        if self._slow is None or self._clock() - self._slow[0] > _SLOW_S:
            self._schema = await discover(reader)
            self._slow = self._clock(), await _priorities(reader), await text_formatting(reader), await gives_to_groups(reader)
        return self._slow[1:]


async def _priorities(reader: Reader) -> tuple[Priority, ...]:
    e = _enumerations.c
    query = sa.select(e.id, e.position, e.is_default, e.active).where(e.type == "IssuePriority")
    try:
        rows = sorted((row.position or 0, row.id, bool(row.is_default), bool(row.active)) for row in await reader.rows(query))
    except RedmineRefused:  # an account that may read only names: then their order is that of their ids, and none is high
        ids = await reader.rows(sa.select(e.id).where(e.type == "IssuePriority").order_by(e.id))
        return tuple(Priority(row.id, rank, high=False, active=True) for rank, row in enumerate(ids))
    middle = next((rank for rank, row in enumerate(rows) if row[2]), len(rows))
    return tuple(Priority(id, rank, rank > middle, active) for rank, (_, id, _, active) in enumerate(rows))


def _named(issue: Issue, details: Iterable[Detail], user_fields: set[int]) -> set[int]:
    named = {issue.author.id, *(watcher.id for watcher in issue.watchers), *(journal.user.id for journal in issue.journals if journal.user)}
    named |= {issue.assigned_to.id} if issue.assigned_to else set()
    for detail in details:
        if (detail.property == "attr" and detail.name in {"assigned_to_id", "author_id"}) or (
            detail.property == "cf" and id_of(detail.name) in user_fields
        ):
            named |= {number for number in (id_of(detail.old), id_of(detail.new)) if number}
    return named


def _names(issue: Issue, details: Iterable[Detail], related: Iterable[tuple[str, int]]) -> set[tuple[Kind, int]]:
    wanted: set[tuple[Kind, int]] = {("status", issue.status.id), ("priority", issue.priority.id), ("tracker", issue.tracker.id)}
    wanted |= {("status", status) for _, status in related} | {("status", status.id) for status in issue.allowed_statuses}
    if issue.category:
        wanted.add(("category", issue.category.id))
    for detail in details:
        if detail.property == "attr" and (kind := NAMED.get(detail.name)) is not None:
            wanted |= {(kind, number) for number in (id_of(detail.old), id_of(detail.new)) if number}
    return wanted


async def _people(reader: Reader, ids: set[int]) -> dict[int, User]:
    u = t.users.c
    rows = await reader.rows_in(sa.select(u.id, u.type, u.login, u.firstname, u.lastname, u.status), u.id, ids)
    return {
        row.id: User(row.id, row.type or "", row.login or "", f"{row.firstname or ''} {row.lastname or ''}".strip(), row.status == 1)
        for row in rows
    }


async def _statuses(reader: Reader, ids: set[int]) -> dict[int, tuple[str, int]]:
    i = t.issues.c
    return {row.id: (row.subject or "", row.status_id) for row in await reader.rows_in(sa.select(i.id, i.subject, i.status_id), i.id, ids)}


async def _requesters(reader: Reader, schema: Schema, id: int) -> frozenset[str]:
    column = t.issues.c.easy_email_to
    if not schema.has_column(column):
        return frozenset()
    rows = await reader.rows(sa.select(column).where(t.issues.c.id == id))
    return split_emails(rows[0][0]) if rows else frozenset()
