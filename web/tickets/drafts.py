"""What a person is writing and what they have read, kept here so that another device and another day find it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.redmine.versions import Version
from hub.ticket_tables import ticket_drafts, ticket_reads
from web.tickets.shapes import Draft
from web.tickets.wants import PutDraft

__all__ = ["Drafts", "Reads"]

_KEEP = timedelta(days=30)
_MOST = 200
"""Drafts of one person, at most: the oldest give way."""


class Drafts:
    """One draft for each person and issue; whoever saves last wins, and is named. `now` gives the time in UTC."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    async def get(self, user_id: int, issue_id: int) -> Draft | None:
        """The draft, or None."""
        d = ticket_drafts.c
        query = sa.select(d.text, d.private, d.base, d.saved_at, d.device).where(d.user_id == user_id, d.issue_id == issue_id)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return Draft(text=row.text, private=bool(row.private), base=row.base, saved_at=row.saved_at, device=row.device)

    async def put(self, user_id: int, issue_id: int, wanted: PutDraft) -> Draft:
        """Saves it in the place of an older one."""
        now = self._now()
        values = {"text": wanted.text, "private": wanted.private, "base": wanted.base, "device": wanted.device, "saved_at": now}
        try:
            await self._write(user_id, issue_id, values)
        except sa.exc.IntegrityError:  # another tab has saved the first one just now
            await self._write(user_id, issue_id, values)
        return Draft(text=wanted.text, private=wanted.private, base=wanted.base, saved_at=now, device=wanted.device)

    async def _write(self, user_id: int, issue_id: int, values: dict[str, object]) -> None:
        d = ticket_drafts.c
        async with self._engine.begin() as connection:
            mine = (d.user_id == user_id, d.issue_id == issue_id)
            if await connection.scalar(sa.select(d.issue_id).where(*mine).with_for_update()) is not None:
                await connection.execute(sa.update(ticket_drafts).where(*mine).values(**values))
                return
            await connection.execute(sa.insert(ticket_drafts).values(user_id=user_id, issue_id=issue_id, **values))
            await self._make_room(connection, user_id)

    async def _make_room(self, connection: AsyncConnection, user_id: int) -> None:
        d = ticket_drafts.c
        too_old = sa.select(d.issue_id).where(d.user_id == user_id).order_by(d.saved_at.desc(), d.issue_id).offset(_MOST).limit(_MOST)
        if ids := (await connection.scalars(too_old)).all():
            await connection.execute(sa.delete(ticket_drafts).where(d.user_id == user_id, d.issue_id.in_(ids)))

    async def delete(self, user_id: int, issue_id: int) -> None:
        """Throws it away; nothing happens without one."""
        d = ticket_drafts.c
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(ticket_drafts).where(d.user_id == user_id, d.issue_id == issue_id))

    async def sweep(self) -> None:
        """Forgets drafts that nobody has touched for a month."""
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(ticket_drafts).where(ticket_drafts.c.saved_at < self._now() - _KEEP))


class Reads:
    """Up to where people have read issues: moves forward only, whatever order two devices speak in."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    async def mark(self, user_id: int, issue_id: int, version: Version) -> None:
        """The person has seen the issue as of `version`."""
        try:
            await self._write(user_id, issue_id, version)
        except sa.exc.IntegrityError:  # another tab was first
            await self._write(user_id, issue_id, version)

    async def _write(self, user_id: int, issue_id: int, version: Version) -> None:
        r = ticket_reads.c
        values = {"lock_version": version.lock_version, "last_journal": version.last_journal, "read_at": self._now()}
        async with self._engine.begin() as connection:
            mine = (r.user_id == user_id, r.issue_id == issue_id)
            known = (await connection.execute(sa.select(r.lock_version, r.last_journal).where(*mine).with_for_update())).one_or_none()
            if known is None:
                await connection.execute(sa.insert(ticket_reads).values(user_id=user_id, issue_id=issue_id, **values))
            elif Version(known.lock_version, known.last_journal) < version:
                await connection.execute(sa.update(ticket_reads).where(*mine).values(**values))
