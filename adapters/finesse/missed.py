"""The calls that an agent missed: kept in the store until the agent clears them, the newest `MOST` of each."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.finesse.values import Missed
from hub.finesse_tables import finesse_missed

__all__ = ["MOST", "Keeping", "MissedCalls", "joined"]

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


class Keeping:
    """What the store has of one agent's missed calls, made what is shown: the difference is written, however often writing fails."""

    def __init__(self, calls: MissedCalls, agent: str) -> None:
        self._calls, self._agent = calls, agent
        self._kept: dict[str, Missed] | None = None
        self._changes = 0

    def changed(self) -> None:
        """Somebody else has cleared some in the store: what is being read of it may be older."""
        self._changes += 1

    async def read(self) -> tuple[Missed, ...] | None:
        """What the store had before anything was written; None: that was read already. Raises SQLAlchemyError."""
        if self._kept is not None:
            return None
        while True:
            changes, found = self._changes, await self._calls.of(self._agent)
            if changes == self._changes:
                self._kept = {one.id: one for one in found}
                return found

    async def keep(self, shown: Callable[[], tuple[Missed, ...]]) -> None:
        """Writes what differs from what is shown, until nothing does; after `read`. Raises SQLAlchemyError: then the rest is left to the
        next time. One at a time."""
        kept = self._kept
        while kept is not None:
            now = {one.id: one for one in shown()}
            gone = [id for id, one in kept.items() if now.get(id) != one]
            new = next((one for one in reversed(now.values()) if kept.get(one.id) != one), None)
            if gone:
                await self._calls.clear(self._agent, gone)
                for id in gone:
                    del kept[id]
            elif new is not None:
                await self._calls.add(self._agent, new)
                kept[new.id] = new
            else:
                return


def joined(shown: tuple[Missed, ...], kept: tuple[Missed, ...]) -> tuple[Missed, ...]:
    """What is shown and what the store has, each call once, the newest first; at most `MOST`."""
    both = {one.id: one for one in (*shown, *kept)}
    return tuple(sorted(both.values(), key=lambda one: one.at, reverse=True)[:MOST])
