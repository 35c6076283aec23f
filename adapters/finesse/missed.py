"""The calls that an agent missed: kept in the store until the agent clears them, the newest `MOST` of each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.finesse.values import Missed
from hub.finesse_tables import finesse_missed

__all__ = ["MOST", "MissedCalls"]

MOST = 20
_m = finesse_missed.c
_TEXT = 255


class MissedCalls:
    """Reads and writes `finesse_missed`. Every call may raise SQLAlchemyError."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def of(self, agent: str) -> tuple[Missed, ...]:
        """The newest first."""
        query = sa.select(finesse_missed).where(_m.agent_id == agent).order_by(_m.at.desc(), _m.dialog).limit(MOST)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return tuple(Missed(id=row.dialog, number=row.number, queue=row.queue, at=row.at, why=row.why) for row in rows)

    async def add(self, agent: str, missed: Missed) -> None:
        """Adds one; those beyond `MOST` are forgotten. The same call a second time changes nothing."""
        row: dict[str, Any] = {"agent_id": agent, "dialog": missed.id[:64], "number": missed.number[:_TEXT], "queue": missed.queue[:_TEXT]}
        row |= {"at": missed.at, "why": missed.why}
        try:
            async with self._engine.begin() as connection:
                await connection.execute(sa.insert(finesse_missed).values(**row))
                old = sa.select(_m.dialog).where(_m.agent_id == agent).order_by(_m.at.desc(), _m.dialog).offset(MOST).limit(1000)
                ids = list((await connection.execute(old)).scalars())
                if ids:
                    await connection.execute(sa.delete(finesse_missed).where(_m.agent_id == agent, _m.dialog.in_(ids)))
        except IntegrityError:
            return

    async def clear(self, agent: str, ids: Collection[str] | None = None) -> None:
        """Forgets these, or all of the agent's; what is another agent's stays."""
        where = [_m.agent_id == agent]
        if ids is not None:
            where.append(_m.dialog.in_(list(ids)[:1000]))
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(finesse_missed).where(*where))
