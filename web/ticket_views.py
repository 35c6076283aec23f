"""Personal views of the list, and up to where a person has read: rows of our own store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.tickets.listing import Listed
from hub.ticket_tables import ticket_reads, ticket_views

__all__ = ["MAX_VIEWS", "UNREAD_DAYS", "TicketViews", "TooManyViews", "View", "is_unread", "unread"]

MAX_VIEWS = 30
"""Personal views of one person: each is counted whenever the list is looked at."""
UNREAD_DAYS = 30
"""What nobody has touched for so long counts as read, opened or not: a newcomer does not begin with a thousand unread tickets."""
_CHUNK = 500
_v, _r = ticket_views.c, ticket_reads.c


class TooManyViews(Exception):
    """The person has MAX_VIEWS already."""


@dataclass(frozen=True, slots=True)
class View:
    """A personal view."""

    id: int
    name: str
    query: Mapping[str, str]


class TicketViews:
    """Raises SQLAlchemyError when the store is away."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        """`engine` is the store's; `now` gives aware instants."""
        self._engine, self._now = engine, now

    async def of(self, user_id: int) -> list[View]:
        """The person's, in the order in which they were made."""
        mine = sa.select(_v.id, _v.name, _v.query).where(_v.user_id == user_id).order_by(_v.position, _v.id).limit(MAX_VIEWS)
        async with self._engine.connect() as connection:
            return [View(row.id, row.name, row.query) for row in await connection.execute(mine)]

    async def add(self, user_id: int, name: str, query: Mapping[str, str]) -> View:
        """A new one, the last. Raises TooManyViews."""
        async with self._engine.begin() as connection:
            asked = sa.select(sa.func.count(), sa.func.coalesce(sa.func.max(_v.position), 0)).where(_v.user_id == user_id)
            there, last = (await connection.execute(asked)).one()
            if there >= MAX_VIEWS:
                raise TooManyViews
            values = {"user_id": user_id, "name": name, "query": dict(query), "position": last + 1, "updated_at": self._now()}
            key = (await connection.execute(sa.insert(ticket_views).values(values))).inserted_primary_key
            assert key is not None  # noqa: S101  # the table has one
            return View(int(key[0]), name, query)

    async def put(self, user_id: int, id: int, name: str, query: Mapping[str, str]) -> bool:
        """Changes one's own; False when there is none of this number."""
        mine = (_v.id == id, _v.user_id == user_id)
        async with self._engine.begin() as connection:
            if await connection.scalar(sa.select(_v.id).where(*mine).with_for_update()) is None:
                return False
            changed = {"name": name, "query": dict(query), "updated_at": self._now()}
            await connection.execute(sa.update(ticket_views).where(*mine).values(changed))
            return True

    async def remove(self, user_id: int, id: int) -> bool:
        """Takes one's own away; False when there is none of this number."""
        async with self._engine.begin() as connection:
            return bool((await connection.execute(sa.delete(ticket_views).where(_v.id == id, _v.user_id == user_id))).rowcount)

    async def read(self, user_id: int, issue_ids: Collection[int]) -> dict[int, int]:
        """issue -> the newest journal that the person has seen, of those that they ever opened."""
        found: dict[int, int] = {}
        ids = sorted(issue_ids)
        async with self._engine.connect() as connection:
            for at in range(0, len(ids), _CHUNK):
                mine = sa.select(_r.issue_id, _r.last_journal).where(_r.user_id == user_id, _r.issue_id.in_(ids[at : at + _CHUNK]))
                found |= {row.issue_id: row.last_journal for row in await connection.execute(mine)}
        return found


def is_unread(row: Listed, read: Mapping[int, int], redmine_id: int | None, since: datetime) -> bool:
    """Whether somebody else has said or done something that the person has not seen.

    What was never opened counts from its making, when somebody else made it; what was not touched since `since` is read.
    """
    seen = read.get(row.id)
    if seen is not None:
        return row.foreign > seen
    fresh = row.updated is not None and row.updated >= since
    return fresh and (row.foreign > 0 or (redmine_id is not None and row.author_id != redmine_id))


def unread(rows: Sequence[Listed], read: Mapping[int, int], redmine_id: int | None, since: datetime) -> int:
    """How many of them are unread."""
    return sum(is_unread(row, read, redmine_id, since) for row in rows)
