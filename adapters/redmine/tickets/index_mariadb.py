"""The words of the full-text index in MariaDB: InnoDB's own, in boolean mode, where nothing is too frequent to be found.

It has no order: for a list of the newest it fetches every row that has the words, at a tenth of a millisecond each where the rows do not
fit in the buffer pool, so that a word of every tenth issue cost a second. So the newest issues that the person sees are looked through
first, and what was found there tells how to go on:

- enough was found: that is the answer;
- where the rest must lie among fewer issues than the index would have to fetch, these are looked through as well;
- else the full-text index, by the long words only: a beginning of one or two letters stands in nearly every issue, and is to the index
  the dearest of questions. But where the long words are frequent, and none of their issues has the short one, that must be rare: then it is
  asked for, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.redmine.tickets.documents import Document
from adapters.redmine.tickets.index_words import Part, Words, texts
from hub.tickets import ticket_index

__all__ = ["NEWEST", "MariaDbWords"]

NEWEST = 2000
"""So many of the newest issues that the person sees are looked through first."""
_DEARER = 5
"""An issue that the full-text index gives costs so many that are looked through one after the other: they lie anywhere."""
_SPARE = 1.5
"""What is looked through beyond what should be enough."""
_SHORT = 3
"""Letters of a beginning that the full-text index is asked for without a second thought."""
_FREQUENT = 200
"""One in so many issues has the long words: the short one is then worth asking for."""
_f = ticket_index.c


class MariaDbWords(Words):
    """`newest`: see NEWEST."""

    def __init__(self, newest: int = NEWEST) -> None:
        self._newest = newest

    _table = sa.table("ticket_words", *(sa.column(name) for name in ("issue_id", "subject", "body", "hidden")))

    async def delete(self, connection: AsyncConnection, ids: Sequence[int]) -> None:
        await connection.execute(sa.delete(self._table).where(self._table.c.issue_id.in_(ids)))

    async def insert(self, connection: AsyncConnection, documents: Sequence[Document]) -> None:
        await connection.execute(sa.insert(self._table), [{"issue_id": one.id} | texts(one) for one in documents])

    async def find(
        self, connection: AsyncConnection, words: Sequence[str], part: Part, where: Sequence[sa.ColumnElement[bool]], limit: int
    ) -> list[int]:
        w, column = self._table.c, self._table.c[part]
        newest = sa.select(_f.issue_id).where(*where).order_by(_f.issue_id.desc()).limit(self._newest).subquery()
        among = newest.join(self._table, w.issue_id == newest.c.issue_id)
        asked, beside = [word for word in words if len(word) >= _SHORT], [word for word in words if len(word) < _SHORT]
        if asked and beside:  # one pass tells both: who has all the words, and how many have the long ones
            whole = sa.and_(*_all(column, beside))
            near = sa.select(w.issue_id, whole).select_from(among).where(*_all(column, asked)).order_by(w.issue_id.desc())
            rows = (await connection.execute(near)).all()
            found, frequent = [id for id, has_all in rows if has_all][:limit], len(rows)
        else:
            near = sa.select(w.issue_id).select_from(among).where(*_all(column, words)).order_by(w.issue_id.desc()).limit(limit)
            found = list((await connection.execute(near)).scalars())
            frequent = len(found)
        if len(found) >= limit:
            return found
        bounds = sa.select(sa.func.count(), sa.func.min(newest.c.issue_id), sa.func.max(newest.c.issue_id))
        seen, lowest, highest = (await connection.execute(bounds)).one()
        if seen < self._newest:
            return found
        fetched = frequent * highest // self._newest  # rows that the index would give for the long words: numbers have few gaps
        through = self._newest * _SPARE * (limit - len(found)) / len(found) if found else None
        if through is not None and through <= _DEARER * fetched:
            low = lowest - int(through * (highest - lowest + 1) / self._newest)
            found += await self._between(connection, column, words, where, low, lowest, limit - len(found))
            lowest = low
            if len(found) >= limit:
                return found
        elif beside and asked and not found and frequent * _FREQUENT >= self._newest:
            asked, beside = list(words), []
        far = (
            sa.select(w.issue_id)
            .select_from(self._table.join(ticket_index, _f.issue_id == w.issue_id))
            .where(_match(part, asked or words), _f.issue_id < lowest, *where)
            .where(*_all(column, beside if asked else ()))
            .order_by(w.issue_id.desc())
            .limit(limit - len(found))
        )
        return [*found, *(await connection.execute(far)).scalars()]

    async def _between(
        self,
        connection: AsyncConnection,
        column: sa.ColumnElement[Any],
        words: Sequence[str],
        where: Sequence[sa.ColumnElement[bool]],
        low: int,
        high: int,
        limit: int,
    ) -> list[int]:
        """Looks through the issues from `low` to below `high`: the facts first, and the words of those only that the person sees."""
        w = self._table.c
        statement = (
            sa.select(_f.issue_id)
            .prefix_with("STRAIGHT_JOIN")
            .select_from(ticket_index.join(self._table, _f.issue_id == w.issue_id))
            .where(_f.issue_id >= low, _f.issue_id < high, *where, *_all(column, words))
            .order_by(_f.issue_id.desc())
            .limit(limit)
        )
        return list((await connection.execute(statement)).scalars())


def _match(part: Part, words: Sequence[str]) -> sa.TextClause:
    """Asks the full-text index for issues with all of these beginnings."""
    return sa.text(f"MATCH (ticket_words.{part}) AGAINST (:asked IN BOOLEAN MODE)").bindparams(
        asked=" ".join(f"+{word}*" for word in words)
    )


def _all(column: sa.ColumnElement[Any], words: Sequence[str]) -> list[sa.ColumnElement[bool]]:
    """For each of the words, one of the column's, which a space parts, begins so."""
    return [sa.or_(column.startswith(word, autoescape=True), column.contains(f" {word}", autoescape=True)) for word in words]
