"""Whose turn it is to write to an issue: one at a time, at all nodes of a store.

Redmine compares versions only when a field changes. Of two comments that are sent at once it keeps both and tells nobody, so whoever
writes one has to be alone from looking until it is stored. A row in the store says who that is; it ends by itself, should its process die.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.lane import met_another
from hub.ticket_tables import ticket_turns

__all__ = ["Turns"]

_LONGEST = timedelta(minutes=3)
"""Longer than any write with all its deadlines takes."""
_LOOK_S = 0.05
_t = ticket_turns.c


class Turns:
    """`now` gives the time in UTC, as all nodes have it within seconds."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    @asynccontextmanager
    async def turn(self, issue_id: int) -> AsyncIterator[None]:
        """The turn, while the block runs; waits for it without an end. Raises SQLAlchemyError."""
        holder = secrets.token_hex(8)
        try:
            while not await self._take(issue_id, holder):  # noqa: ASYNC110  # other nodes give it back, and tell nobody
                await asyncio.sleep(_LOOK_S)
            yield
        finally:
            await self._give_back(issue_id, holder)

    async def _take(self, issue_id: int, holder: str) -> bool:
        now = self._now()
        mine = {"holder": holder, "until": now + _LONGEST}
        async with self._engine.connect() as connection:
            until = await connection.scalar(sa.select(_t.until).where(_t.issue_id == issue_id))
        if until is not None and until >= now:
            return False
        try:
            async with self._engine.begin() as connection:
                if until is None:
                    await connection.execute(sa.insert(ticket_turns).values(issue_id=issue_id, **mine))
                    return True
                dead = sa.update(ticket_turns).where(_t.issue_id == issue_id, _t.until < now).values(mine)
                return bool((await connection.execute(dead)).rowcount)
        except IntegrityError:
            return False
        except DBAPIError as error:
            if met_another(error):
                return False
            raise

    async def _give_back(self, issue_id: int, holder: str) -> None:
        for last in (False, False, True):
            try:
                async with self._engine.begin() as connection:
                    await connection.execute(sa.delete(ticket_turns).where(_t.issue_id == issue_id, _t.holder == holder))
                return
            except DBAPIError as error:
                if last or not met_another(error):
                    raise
