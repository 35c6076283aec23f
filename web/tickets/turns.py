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
import structlog
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.lane import retry_number
from hub.ticket_tables import ticket_turns
from hub.writer import StoreUnavailable

__all__ = ["Turns"]

_LONGEST = timedelta(minutes=3)
"""Longer than any write with all its deadlines takes."""
_LOOK_S = 0.05
_STORE_S = 5.0
_log = structlog.get_logger("web.tickets")
_t = ticket_turns.c


class Turns:
    """`now` gives the time in UTC, as all nodes have it within seconds."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    @asynccontextmanager
    async def turn(self, issue_id: int) -> AsyncIterator[None]:
        """The turn, while the block runs; waits for it without an end. Raises StoreUnavailable before the block, never after it."""
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
        try:
            async with asyncio.timeout(_STORE_S):
                async with self._engine.connect() as connection:
                    until = await connection.scalar(sa.select(_t.until).where(_t.issue_id == issue_id))
                if until is not None and until >= now:
                    return False
                async with self._engine.begin() as connection:
                    if until is None:
                        await connection.execute(sa.insert(ticket_turns).values(issue_id=issue_id, **mine))
                        return True
                    dead = sa.update(ticket_turns).where(_t.issue_id == issue_id, _t.until < now).values(mine)
                    return bool((await connection.execute(dead)).rowcount)
        except IntegrityError:
            return False
        except (SQLAlchemyError, OSError) as error:
            if isinstance(error, DBAPIError) and retry_number(error) is not None:
                return False
            raise StoreUnavailable(f"no turn to be had: {type(error).__name__}") from error

    async def _give_back(self, issue_id: int, holder: str) -> None:
        """What was done in the block is done: a turn that cannot be given back ends by itself."""
        mine = sa.delete(ticket_turns).where(_t.issue_id == issue_id, _t.holder == holder)
        try:
            async with asyncio.timeout(_STORE_S):
                for last in (False, False, True):
                    try:
                        async with self._engine.begin() as connection:
                            await connection.execute(mine)
                        return
                    except DBAPIError as error:
                        if last or retry_number(error) is None:
                            raise
        except (SQLAlchemyError, OSError) as error:
            _log.warning("ticket_turn_not_given_back", issue=issue_id, error=type(error).__name__)
