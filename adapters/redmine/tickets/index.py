"""The full-text index in our own store: one interface, two back ends.

Delivery: `put` and `forget` commit whole or not at all, together with the position that they were given, so that a job that is stopped
anywhere goes on where it was. Repeating either changes nothing. Two nodes that write at once write the same.

The index finds candidates only. Whoever may see what is decided twice: here, by the facts that the index keeps (which may be a moment
old), and again on Redmine's rows before anything is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.redmine.tickets.documents import Document
from adapters.redmine.tickets.index_mariadb import NEWEST, MariaDbWords
from adapters.redmine.tickets.index_words import Part, SqliteWords, Words
from adapters.redmine.tickets.viewer import Viewer
from hub.tickets import ticket_index, ticket_positions, ticket_requesters

__all__ = ["Part", "TicketIndex", "Wanted"]

_DEADLINE_S = 2.0
_f = ticket_index.c


class TicketIndex:
    """Raises SQLAlchemyError, TimeoutError when the store is away."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], deadline_s: float = _DEADLINE_S, newest: int = NEWEST) -> None:
        """`engine` is the store's; `now` gives aware instants; `deadline_s` bounds each reading.

        `newest`: so many of the newest issues MariaDB looks through before it asks the full-text index.
        """
        self._engine, self._now, self._deadline_s = engine, now, deadline_s
        self._words: Words = SqliteWords() if engine.dialect.name == "sqlite" else MariaDbWords(newest)

    async def position(self, name: str) -> Any:
        """What was kept under this name; None: nothing yet."""
        async with asyncio.timeout(self._deadline_s), self._engine.connect() as connection:
            return await connection.scalar(sa.select(ticket_positions.c.position).where(ticket_positions.c.name == name))

    async def put(self, documents: Sequence[Document], gone: Collection[int], *, position: tuple[str, Any] | None = None) -> int:
        """Brings these documents in, takes these issues out; how many differed from what was there."""
        async with self._engine.begin() as connection:
            ids = sorted({document.id for document in documents} | set(gone))
            known = await self._known(connection, ids)
            changed = [document for document in documents if known.get(document.id) != _facts(document)]
            lost = [id for id in gone if id in known]
            # a full-text index is dear to write: a change of status leaves the words alone
            worded = [one for one in changed if one.id not in known or known[one.id]["digest"] != one.digest]
            await self._forget(connection, [*lost, *(one.id for one in changed if one.id in known)], ticket_index, _f.issue_id)
            unworded = [*lost, *(one.id for one in worded if one.id in known)]
            await self._forget(connection, unworded, ticket_requesters, ticket_requesters.c.issue_id)
            if unworded:
                await self._words.delete(connection, unworded)
            if changed:
                await connection.execute(sa.insert(ticket_index), [_facts(document) for document in changed])
            named = [{"email": email, "issue_id": document.id} for document in worded for email in document.emails]
            if named:
                await connection.execute(sa.insert(ticket_requesters), named)
            if worded:
                await self._words.insert(connection, worded)
            if position is not None:
                await self._keep(connection, *position)
        return len(changed) + len(lost)

    async def _forget(self, connection: AsyncConnection, ids: Sequence[int], table: sa.Table, column: sa.Column[Any]) -> None:
        if ids:
            await connection.execute(sa.delete(table).where(column.in_(ids)))

    async def keep(self, name: str, position: Any) -> None:
        """Keeps a position alone."""
        async with self._engine.begin() as connection:
            await self._keep(connection, name, position)

    async def _keep(self, connection: AsyncConnection, name: str, position: Any) -> None:
        values = {"position": position, "at": self._now()}
        done = await connection.execute(sa.update(ticket_positions).where(ticket_positions.c.name == name).values(values))
        # MariaDB counts rows that were changed only, and `at` may be the same
        if not done.rowcount and await connection.scalar(sa.select(sa.literal(1)).where(ticket_positions.c.name == name)) is None:
            await connection.execute(sa.insert(ticket_positions).values(name=name, **values))

    async def _known(self, connection: AsyncConnection, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
        rows = await connection.execute(sa.select(ticket_index).where(_f.issue_id.in_(ids)))
        return {row.issue_id: dict(row._mapping) for row in rows}

    async def above(self, low: int, *, limit: int) -> list[int]:
        """The issues that are kept with a number above `low`, the lowest first."""
        statement = sa.select(_f.issue_id).where(_f.issue_id > low).order_by(_f.issue_id).limit(limit)
        async with asyncio.timeout(self._deadline_s), self._engine.connect() as connection:
            return list((await connection.execute(statement)).scalars())

    async def size(self) -> int:
        """How many issues are kept."""
        async with asyncio.timeout(self._deadline_s), self._engine.connect() as connection:
            return int(await connection.scalar(sa.select(sa.func.count()).select_from(ticket_index)) or 0)

    async def find(self, words: Sequence[str], viewer: Viewer, *, part: Part, below: int | None = None, limit: int = 50) -> list[int]:
        """Issues, newest first, whose part has for each of the words one that begins with it, and that the viewer may see by the index.

        `below`: only smaller numbers, to go on. `hidden` finds only where the viewer reads everybody's private notes.
        """
        if not words:
            return []
        where = [_sees(viewer)]
        if part == "hidden":
            where.append(_f.project_id.in_(sorted(viewer.note_projects)))
        if below is not None:
            where.append(_f.issue_id < below)
        async with asyncio.timeout(self._deadline_s), self._engine.connect() as connection:
            return await self._words.find(connection, words, part, where, limit)

    async def of_requester(self, emails: Iterable[str], *, limit: int = 5000) -> list[int]:
        """The issues that name one of these addresses, newest first."""
        r = ticket_requesters.c
        statement = sa.select(r.issue_id).where(r.email.in_(sorted(emails))).distinct().order_by(r.issue_id.desc()).limit(limit)
        async with asyncio.timeout(self._deadline_s), self._engine.connect() as connection:
            return list((await connection.execute(statement)).scalars())

    async def latest(self, viewer: Viewer, wanted: Wanted, *, descending: bool, offset: int, limit: int) -> list[int]:
        """A page of what the viewer sees by the index, by the time of the last change, equal ones by number."""
        order = (_f.updated.desc(), _f.issue_id.desc()) if descending else (_f.updated, _f.issue_id)
        statement = sa.select(_f.issue_id).where(_sees(viewer), *wanted.conditions(viewer)).order_by(*order).offset(offset).limit(limit)
        async with asyncio.timeout(self._deadline_s), self._engine.connect() as connection:
            return list((await connection.execute(statement)).scalars())

    async def count(self, viewer: Viewer, wanted: Wanted) -> int:
        """How many of them the viewer sees by the index."""
        statement = sa.select(sa.func.count()).select_from(ticket_index).where(_sees(viewer), *wanted.conditions(viewer))
        async with asyncio.timeout(self._deadline_s), self._engine.connect() as connection:
            return int(await connection.scalar(statement) or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What can be asked of the facts that the index keeps; None does not narrow."""

    statuses: frozenset[int] | None = None
    project: frozenset[int] | None = None
    tracker: frozenset[int] | None = None
    assignee: Literal["me", "none"] | frozenset[int] | None = None
    author: Literal["me"] | frozenset[int] | None = None
    waiting: bool = False
    """Where the next word is the viewer's, as listing.waiting says, but for the statuses."""

    def conditions(self, viewer: Viewer) -> list[sa.ColumnElement[bool]]:
        """As conditions on the index."""
        narrowed = ((_f.status_id, self.statuses), (_f.project_id, self.project), (_f.tracker_id, self.tracker))
        parts: list[sa.ColumnElement[bool]] = [column.in_(sorted(value)) for column, value in narrowed if value is not None]
        if self.assignee == "none":
            parts.append(_f.assigned_to_id.is_(None))
        elif self.assignee is not None:
            parts.append(_f.assigned_to_id.in_(viewer.ours if self.assignee == "me" else sorted(self.assignee)))
        if self.author is not None and not (self.author == "me" and viewer.redmine_id is None):
            parts.append(_f.author_id.in_([viewer.redmine_id] if self.author == "me" else sorted(self.author)))
        if self.waiting:
            parts.append(_waits(viewer))
        return parts


def _waits(viewer: Viewer) -> sa.ColumnElement[bool]:
    if viewer.redmine_id is None:
        return sa.false()
    last: sa.ColumnElement[Any] = _f.spoke
    if viewer.note_projects:
        last = sa.case((_f.project_id.in_(sorted(viewer.note_projects)), _f.spoke_hidden), else_=_f.spoke)
    mine = sa.and_(_f.assigned_to_id.is_not(None), _f.assigned_to_id.in_(viewer.ours))
    asked = sa.and_(mine, sa.case((last == 0, _f.author_id), else_=last) != viewer.redmine_id)
    answered = sa.and_(_f.author_id == viewer.redmine_id, sa.not_(mine), last != 0, last != viewer.redmine_id)
    return sa.and_(sa.or_(mine, _f.author_id == viewer.redmine_id), sa.or_(asked, answered))


def _facts(document: Document) -> dict[str, Any]:
    return {
        "issue_id": document.id,
        "project_id": document.project_id,
        "tracker_id": document.tracker_id,
        "author_id": document.author_id,
        "assigned_to_id": document.assigned_to_id,
        "is_private": document.private,
        "status_id": document.status_id,
        "spoke": document.spoke,
        "spoke_hidden": document.spoke_hidden,
        "updated": document.updated,
        "digest": document.digest,
    }


def _sees(viewer: Viewer) -> sa.ColumnElement[bool]:
    if viewer.redmine_id is not None:
        return viewer.sees(_f)
    r = ticket_requesters.c
    named = sa.select(r.issue_id).where(r.email.in_(sorted(viewer.emails)))
    return sa.and_(sa.not_(_f.is_private), _f.project_id.in_(viewer.open_projects), _f.issue_id.in_(named))
