"""The words of the full-text index: what each back end's table of them can do, and SQLite's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.redmine.tickets.documents import Document
from hub.tickets import ticket_index

__all__ = ["Part", "SqliteWords", "Words", "texts"]

Part = Literal["subject", "body", "hidden"]
"""`body` holds the subject, the description and the public notes; `hidden` these and the private notes."""


class Words(Protocol):
    """The table of words of one back end."""

    async def delete(self, connection: AsyncConnection, ids: Sequence[int]) -> None:
        """Takes these issues' words out."""

    async def insert(self, connection: AsyncConnection, documents: Sequence[Document]) -> None:
        """Brings words in, of issues that have none there."""

    async def find(
        self, connection: AsyncConnection, words: Sequence[str], part: Part, where: Sequence[sa.ColumnElement[bool]], limit: int
    ) -> list[int]:
        """Issue ids, newest first. The words are letters and digits only (see words.parse): no operator among them."""


class SqliteWords(Words):
    """FTS5. Its rows come in the order of the number, so that a limit ends the work early (fts5.html, 5)."""

    _table = sa.table("ticket_words", *(sa.column(name) for name in ("rowid", "subject", "body", "hidden")))

    async def delete(self, connection: AsyncConnection, ids: Sequence[int]) -> None:
        await connection.execute(sa.delete(self._table).where(self._table.c.rowid.in_(ids)))

    async def insert(self, connection: AsyncConnection, documents: Sequence[Document]) -> None:
        await connection.execute(sa.insert(self._table), [{"rowid": one.id} | texts(one) for one in documents])

    async def find(
        self, connection: AsyncConnection, words: Sequence[str], part: Part, where: Sequence[sa.ColumnElement[bool]], limit: int
    ) -> list[int]:
        asked = f"{part} : (" + " AND ".join(f'"{word}" *' for word in words) + ")"
        w = self._table
        statement = (
            sa.select(w.c.rowid)
            # CROSS JOIN fixes the order in SQLite: the words first, in order, and the facts of each one found
            .select_from(w.join(ticket_index, ticket_index.c.issue_id == w.c.rowid))
            .where(sa.literal_column("ticket_words").op("MATCH")(asked), *where)
            .order_by(w.c.rowid.desc())
            .limit(limit)
        )
        return list((await connection.execute(statement)).scalars())


def texts(document: Document) -> dict[str, str]:
    """What of a document is looked through, by part."""
    return {"subject": document.subject, "body": document.body, "hidden": document.hidden}
