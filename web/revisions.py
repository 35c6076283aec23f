"""Rows that say that something was changed, for processes that were not told: one read a second instead of a look at everybody."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.store import watermarks

__all__ = ["Matter", "note", "revision"]

Matter = Literal["sessions", "rights"]
"""Sign-ins were ended; or what somebody may, or is seen as, is another."""
_MATTERS: tuple[Matter, ...] = ("rights", "sessions")


async def note(connection: AsyncConnection, matter: Matter, at: datetime) -> None:
    """Marks the change within the caller's transaction. From here to its end no other transaction that notes this matter goes on.

    Two that mark a matter for the very first time at once: one of them fails with IntegrityError.
    """
    row = {"value": {"revision": secrets.token_hex(8)}, "updated_at": at}
    changed = await connection.execute(sa.update(watermarks).where(watermarks.c.source == matter).values(**row))
    if changed.rowcount == 0:
        await connection.execute(sa.insert(watermarks).values(source=matter, **row))


async def revision(engine: AsyncEngine) -> str:
    """Another text whenever somebody, in any process, has noted a change. What time ends does not show here."""
    async with engine.connect() as connection:
        rows = await connection.execute(sa.select(watermarks.c.source, watermarks.c.value).where(watermarks.c.source.in_(_MATTERS)))
        return ",".join(sorted(f"{row.source}={row.value['revision']}" for row in rows))
