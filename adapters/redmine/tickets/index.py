"""The full-text index in our own store: one interface, two back ends.

Delivery: `put` and `forget` commit whole or not at all, together with the position that they were given, so that a job that is stopped
anywhere goes on where it was. Repeating either changes nothing. Two nodes that write at once write the same.

The index finds candidates only. Whoever may see what is decided twice: here, by the facts that the index keeps (which may be a moment
old), and again on Redmine's rows before anything is shown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.redmine.tickets.documents import Document
from adapters.redmine.tickets.viewer import Viewer
from hub.tickets import ticket_index, ticket_positions, ticket_requesters

__all__ = ["Part", "TicketIndex"]

Part = Literal["subject", "body", "hidden"]
"""`body` holds the subject, the description and the public notes; `hidden` these and the private notes."""
_DEADLINE_S = 2.0
_f = ticket_index.c


class TicketIndex:
    """Raises SQLAlchemyError, TimeoutError when the store is away."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime], deadline_s: float = _DEADLINE_S) -> None:
        """`engine` is the store's; `now` gives aware instants; `deadline_s` bounds each reading."""
        self._engine, self._now, self._deadline_s = engine, now, deadline_s
        self._words: _Words = _Sqlite() if engine.dialect.name == "sqlite" else _MariaDb()

    async def position(self, name: str) -> Any:
        """What was kept under this name; None: nothing yet."""
        async with asyncio.timeout(self._deadline_s), self._engine.connect() as connection:
            return await connection.scalar(sa.select(ticket_positions.c.position).where(ticket_positions.c.name == name))

    async def put(self, documents: Sequence[Document], gone: Collection[int], *, position: tuple[str, Any] | None = None) -> int:
        """Brings these documents in, takes these issues out; how many differed from what was there."""
        async with self._engine.begin() as connection:
            ids = sorted({document.id for document in documents} | set(gone))
            known = await self._known(connection, ids)
            changed = [document for document in documents if known.get(document.id) != document.digest]
            replaced = {document.id for document in changed}
            old = [id for id in ids if id in known and (id in gone or id in replaced)]
            if old:
                await connection.execute(sa.delete(ticket_index).where(_f.issue_id.in_(old)))
                await connection.execute(sa.delete(ticket_requesters).where(ticket_requesters.c.issue_id.in_(old)))
                await self._words.delete(connection, old)
            if changed:
                await connection.execute(sa.insert(ticket_index), [_facts(document) for document in changed])
                named = [{"email": email, "issue_id": document.id} for document in changed for email in document.emails]
                if named:
                    await connection.execute(sa.insert(ticket_requesters), named)
                await self._words.insert(connection, changed)
            if position is not None:
                await self._keep(connection, *position)
        return len(changed) + len([id for id in old if id in gone])

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

    async def _known(self, connection: AsyncConnection, ids: Sequence[int]) -> dict[int, str]:
        rows = await connection.execute(sa.select(_f.issue_id, _f.digest).where(_f.issue_id.in_(ids)))
        return {row.issue_id: row.digest for row in rows}

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
        statement = self._words.find(words, part, where, limit)
        async with asyncio.timeout(self._deadline_s), self._engine.connect() as connection:
            return list((await connection.execute(statement)).scalars())

    async def of_requester(self, emails: Iterable[str], *, limit: int = 5000) -> list[int]:
        """The issues that name one of these addresses, newest first."""
        r = ticket_requesters.c
        statement = sa.select(r.issue_id).where(r.email.in_(sorted(emails))).distinct().order_by(r.issue_id.desc()).limit(limit)
        async with asyncio.timeout(self._deadline_s), self._engine.connect() as connection:
            return list((await connection.execute(statement)).scalars())


def _facts(document: Document) -> dict[str, Any]:
    return {
        "issue_id": document.id,
        "project_id": document.project_id,
        "tracker_id": document.tracker_id,
        "author_id": document.author_id,
        "assigned_to_id": document.assigned_to_id,
        "is_private": document.private,
        "digest": document.digest,
    }


def _sees(viewer: Viewer) -> sa.ColumnElement[bool]:
    if viewer.redmine_id is not None:
        return viewer.sees(_f)
    r = ticket_requesters.c
    named = sa.select(r.issue_id).where(r.email.in_(sorted(viewer.emails)))
    return sa.and_(sa.not_(_f.is_private), _f.project_id.in_(viewer.open_projects), _f.issue_id.in_(named))


class _Words:
    """The table of words of one back end."""

    async def delete(self, connection: AsyncConnection, ids: Sequence[int]) -> None:
        """Takes these issues' words out."""
        raise NotImplementedError

    async def insert(self, connection: AsyncConnection, documents: Sequence[Document]) -> None:
        """Brings words in, of issues that have none there."""
        raise NotImplementedError

    def find(self, words: Sequence[str], part: Part, where: Sequence[sa.ColumnElement[bool]], limit: int) -> sa.Select[Any]:
        """The question for issue ids, newest first. The words are letters and digits only (see words.parse): no operator among them."""
        raise NotImplementedError


class _Sqlite(_Words):
    """FTS5. Its rows come in the order of the number, so that a limit ends the work early (fts5.html, 5)."""

    _table = sa.table("ticket_words", *(sa.column(name) for name in ("rowid", "subject", "body", "hidden")))

    async def delete(self, connection: AsyncConnection, ids: Sequence[int]) -> None:
        await connection.execute(sa.delete(self._table).where(self._table.c.rowid.in_(ids)))

    async def insert(self, connection: AsyncConnection, documents: Sequence[Document]) -> None:
        await connection.execute(sa.insert(self._table), [{"rowid": one.id} | _texts(one) for one in documents])

    def find(self, words: Sequence[str], part: Part, where: Sequence[sa.ColumnElement[bool]], limit: int) -> sa.Select[Any]:
        asked = f"{part} : (" + " AND ".join(f'"{word}" *' for word in words) + ")"
        w = self._table
        return (
            sa.select(w.c.rowid)
            # CROSS JOIN fixes the order in SQLite: the words first, in order, and the facts of each one found
            .select_from(w.join(ticket_index, _f.issue_id == w.c.rowid))
            .where(sa.literal_column("ticket_words").op("MATCH")(asked), *where)
            .order_by(w.c.rowid.desc())
            .limit(limit)
        )


class _MariaDb(_Words):
    """InnoDB's full-text index in boolean mode, where nothing is too frequent to be found."""

    _table = sa.table("ticket_words", *(sa.column(name) for name in ("issue_id", "subject", "body", "hidden")))

    async def delete(self, connection: AsyncConnection, ids: Sequence[int]) -> None:
        await connection.execute(sa.delete(self._table).where(self._table.c.issue_id.in_(ids)))

    async def insert(self, connection: AsyncConnection, documents: Sequence[Document]) -> None:
        await connection.execute(sa.insert(self._table), [{"issue_id": one.id} | _texts(one) for one in documents])

    def find(self, words: Sequence[str], part: Part, where: Sequence[sa.ColumnElement[bool]], limit: int) -> sa.Select[Any]:
        w = self._table
        asked = sa.text(f"MATCH (ticket_words.{part}) AGAINST (:asked IN BOOLEAN MODE)").bindparams(
            asked=" ".join(f"+{word}*" for word in words)
        )
        return (
            sa.select(w.c.issue_id)
            .select_from(w.join(ticket_index, _f.issue_id == w.c.issue_id))
            .where(asked, *where)
            .order_by(w.c.issue_id.desc())
            .limit(limit)
        )


def _texts(document: Document) -> dict[str, str]:
    return {"subject": document.subject, "body": document.body, "hidden": document.hidden}
