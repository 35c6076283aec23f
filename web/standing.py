"""Whoever is blocked in the ERP, has no access any more or is gone loses every session within a minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Protocol

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.erp.directory import Standing
from adapters.erp.errors import ErpError
from hub.accounts import profiles
from hub.store import sessions, users
from hub.tasks import end, heed_cancellation
from web.audit import SYSTEM, record
from web.sessions import Sessions

__all__ = ["StandingWatch", "Standings", "TellsStandings", "watching"]

_log = structlog.get_logger("web.standing")
_EVERY_S = 30.0
_SOME = 5
"""When so many people, and more than half, are gone at once, it is the ERP's view that is broken: nobody is shut out for being gone."""


class TellsStandings(Protocol):
    """What is needed of `adapters.erp.directory.Directory`."""

    async def standings(self, erp_ids: Collection[int]) -> dict[int, Standing]:
        """The standing of each. Raises an ErpError."""
        ...


class Standings:
    """What the ERP says of people's access, as kept in their profiles. `clock` gives aware instants."""

    def __init__(self, engine: AsyncEngine, signed_in: Sessions, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._sessions = signed_in
        self._clock = clock

    async def watched(self) -> dict[int, int]:
        """The ERP's ids of everybody who has a session: {ERP id: users.id}."""
        query = sa.select(profiles.c.erp_id, profiles.c.user_id).where(profiles.c.user_id.in_(sa.select(sessions.c.user_id).distinct()))
        async with self._engine.connect() as connection:
            return {row.erp_id: row.user_id for row in await connection.execute(query)}

    async def fell(self, user_id: int, standing: Standing) -> None:
        """This account's person may no longer come in: keeps that, writes the audit line, ends every session. Harmless when repeated.

        The sessions end last: after a failure in between, the next look finds the person with sessions again.
        """
        now = self._clock()
        query = sa.select(profiles.c.standing, users.c.name).join(users, users.c.id == profiles.c.user_id)
        async with self._engine.begin() as connection:
            row = (await connection.execute(query.where(profiles.c.user_id == user_id))).one_or_none()
            if row is None:
                return
            changed = sa.update(profiles).where(profiles.c.user_id == user_id, profiles.c.standing == row.standing)
            await connection.execute(changed.values(standing=standing, checked_at=now))
            if row.standing != standing:
                before, after = {"standing": row.standing}, {"standing": standing}
                await record(
                    connection, SYSTEM, "person.standing", at=now, subject_id=user_id, subject=row.name, before=before, after=after
                )
        ended = await self._sessions.end_all(user_id, reason="blocked")
        _log.info("person_shut_out", user_id=user_id, standing=standing, sessions=ended)


class StandingWatch:
    """Looks every half minute, on the node that leads. When the ERP is away the look fails as a whole: nobody loses a session for that."""

    def __init__(
        self, directory: TellsStandings, standings: Standings, *, leads: Callable[[], bool] = lambda: True, every_s: float = _EVERY_S
    ) -> None:
        """`leads`: whether this node is the one that looks. `every_s`: seconds from the end of one look to the next."""
        self._directory = directory
        self._standings = standings
        self._leads = leads
        self._every_s = every_s
        self._failing = False

    async def run(self) -> None:
        """Runs until cancelled. Logs once when looks begin to fail, and once when they succeed again."""
        while True:
            heed_cancellation()
            if self._leads():
                try:
                    await self.look()
                except (ErpError, SQLAlchemyError) as error:
                    self._failed(error, expected=True)
                except Exception as error:  # a bug in one look must not end the watch, nor the hub beside it
                    self._failed(error, expected=False)
                else:
                    if self._failing:
                        _log.info("standing_watch_back")
                    self._failing = False
            await asyncio.sleep(self._every_s)

    def _failed(self, error: Exception, *, expected: bool) -> None:
        if not expected:
            _log.error("standing_watch_failed", exc_info=error)
        elif not self._failing:
            _log.warning("standing_watch_away", error=type(error).__name__)
        self._failing = True

    async def look(self) -> int:
        """One look; how many people were shut out. Raises an ErpError."""
        watched = await self._standings.watched()
        if not watched:
            return 0
        told = await self._directory.standings(watched)
        fallen = {erp_id: standing for erp_id, standing in told.items() if standing != "active"}
        gone = [erp_id for erp_id, standing in fallen.items() if standing == "gone"]
        if len(gone) >= _SOME and 2 * len(gone) > len(watched):  # a view that is being rebuilt or has lost a grant is empty
            _log.error("erp_people_vanished", gone=len(gone), watched=len(watched))
            fallen = {erp_id: standing for erp_id, standing in fallen.items() if standing != "gone"}
        for erp_id, standing in fallen.items():
            await self._standings.fell(watched[erp_id], standing)
        return len(fallen)


@asynccontextmanager
async def watching(watch: StandingWatch) -> AsyncIterator[None]:
    """The watch, while the block runs."""
    task = asyncio.create_task(watch.run(), name="session_watch_erp")
    try:
        yield
    finally:
        await end((task,))
