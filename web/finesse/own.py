"""Whose an agent is: the identity `finesse` of a person, claimed once, when Finesse itself has proven the agent's password."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.accounts import profiles
from hub.finesse_tables import finesse_agents
from hub.hub import utc_now
from hub.store import identities, permissions, users
from web.audit import Origin, record

__all__ = ["SYSTEM", "AnotherAgent", "OwnAgents", "TakenAgent"]

SYSTEM = "finesse"
_i = identities.c


class TakenAgent(Exception):
    """The agent is another person's."""


class AnotherAgent(Exception):
    """The person is another agent already: `agent`."""

    def __init__(self, agent: str) -> None:
        super().__init__(agent)
        self.agent = agent


class OwnAgents:
    """Reads and writes the store. Every call may raise SQLAlchemyError."""

    def __init__(self, engine: AsyncEngine, *, now: Callable[[], datetime] = utc_now) -> None:
        self._engine, self._now = engine, now

    async def of(self, user_id: int) -> str | None:
        """The person's agent; None: none yet."""
        query = sa.select(_i.key).where(_i.system == SYSTEM, _i.user_id == user_id).order_by(_i.key).limit(1)
        async with self._engine.connect() as connection:
            found: str | None = await connection.scalar(query)
        return found

    async def owners(self, accounts: Collection[str]) -> set[int]:
        """Whose the agents of these ids are, in whatever case; `accounts` as `account_of` makes them. Empty: nobody's yet."""
        query = sa.select(_i.user_id).where(_i.system == SYSTEM, sa.func.lower(_i.key).in_(accounts))
        async with self._engine.connect() as connection:
            return set(await connection.scalars(query))

    async def claim(self, user_id: int, agent: str, origin: Origin) -> None:
        """Makes the agent this person's, with a line in the audit log the first time. Raises TakenAgent, AnotherAgent."""
        try:
            async with self._engine.begin() as connection:
                await connection.execute(sa.select(users.c.id).where(users.c.id == user_id).with_for_update())
                mine = await connection.scalar(sa.select(_i.key).where(_i.system == SYSTEM, _i.user_id == user_id).limit(1))
                if mine == agent:
                    return
                if mine is not None:
                    raise AnotherAgent(mine)
                await connection.execute(sa.insert(identities).values(system=SYSTEM, key=agent, user_id=user_id))
                await record(
                    connection, origin, "agent.claimed", at=self._now(), subject_id=user_id, subject=origin.name, after={"agent": agent}
                )
        except IntegrityError:
            raise TakenAgent from None

    async def release(self, user_id: int, origin: Origin) -> str | None:
        """Takes the person's agent away, with what is kept of a sign-in; the agent. None: there was none."""
        async with self._engine.begin() as connection:
            mine: str | None = await connection.scalar(sa.select(_i.key).where(_i.system == SYSTEM, _i.user_id == user_id).limit(1))
            if mine is None:
                return None
            name = await connection.scalar(sa.select(users.c.name).where(users.c.id == user_id))
            await connection.execute(sa.delete(identities).where(_i.system == SYSTEM, _i.user_id == user_id))
            await connection.execute(sa.delete(finesse_agents).where(finesse_agents.c.user_id == user_id))
            before = {"agent": mine}
            await record(connection, origin, "agent.released", at=self._now(), subject_id=user_id, subject=name or "", before=before)
        return mine

    async def entitled(self) -> set[tuple[int, str]]:
        """Who may be signed in, person and agent: whose agent it is, who may sign in here, and has the right `finesse` (or every right)."""
        may = sa.select(permissions.c.user_id).where(permissions.c.permission.in_(("finesse", "admin")))
        standing = profiles.c.standing
        query = (
            sa.select(_i.user_id, _i.key)
            .join(users, users.c.id == _i.user_id)
            .outerjoin(profiles, profiles.c.user_id == users.c.id)
            .where(_i.system == SYSTEM, users.c.active.is_(True), users.c.id.in_(may))
            .where(sa.or_(standing.is_(None), standing == "active"))
        )
        async with self._engine.connect() as connection:
            return {(row.user_id, row.key) for row in await connection.execute(query)}
