"""The sign-ins of a person, or of everybody, as people look at them: which browser, from where, since when, open or not."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.event import rfc3339
from hub.roll_call import Roll
from hub.store import sessions, users
from web.agents import browser_name
from web.paging import Page, contains
from web.sessions import Sessions

__all__ = ["SessionList"]

_ONE_PERSON = 500
"""More sign-ins of one person are not listed; they can be ended all the same."""


class SessionList:
    """Reads the sessions that count. `roll` tells which have a socket open, at any node."""

    def __init__(self, engine: AsyncEngine, signed_in: Sessions, roll: Roll) -> None:
        self._engine, self._sessions, self._roll = engine, signed_in, roll

    async def of(self, user_id: int, *, this: str, now: datetime) -> list[dict[str, Any]]:
        """A person's, the one seen last first; `this` is the hash of the session that asks."""
        query = self._query().where(sessions.c.user_id == user_id, *self._sessions.valid(now)).limit(_ONE_PERSON)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return await self._lines(rows, this)

    async def page(self, words: str, page: Page, *, this: str, now: datetime) -> tuple[int, list[dict[str, Any]]]:
        """How many of everybody's match the words (name, browser's line, address), and that page of them, each with its `user`."""
        where = list(self._sessions.valid(now))
        if words:
            where += contains(words, users.c.name, users.c.display_name, sessions.c.agent, sessions.c.address)
        counting = sa.select(sa.func.count()).select_from(sessions.join(users, users.c.id == sessions.c.user_id)).where(*where)
        async with self._engine.connect() as connection:
            total = await connection.scalar(counting) or 0
            rows = (await connection.execute(self._query().where(*where).offset(page.offset).limit(page.limit))).all()
        lines = await self._lines(rows, this)
        whose = [{"user": {"id": row.user_id, "name": row.name, "display_name": row.display_name}} for row in rows]
        return total, [line | user for line, user in zip(lines, whose, strict=True)]

    def _query(self) -> sa.Select[Any]:
        query = sa.select(sessions, users.c.name, users.c.display_name).join(users, users.c.id == sessions.c.user_id)
        return query.order_by(sessions.c.seen_at.desc(), sessions.c.token_hash)

    async def _lines(self, rows: Sequence[Any], this: str) -> list[dict[str, Any]]:
        online = await self._roll.online([row.token_hash for row in rows])
        return [
            {
                "id": row.token_hash,
                "this": row.token_hash == this,
                "browser": browser_name(row.agent),
                "agent": row.agent,
                "address": row.address,
                "created_at": rfc3339(row.created_at),
                "seen_at": rfc3339(row.seen_at),
                "expires_at": rfc3339(row.expires_at),
                "remember": row.remember,
                "online": row.token_hash in online,
            }
            for row in rows
        ]
