"""The passwords of agents who are signed in through us, encrypted in the store for as long as they are, and no moment longer.

Finesse knows no token that would stand for a password, and signs an agent out by force whose notification connection stays away for a
minute: so a hub that starts again, or another node that takes the lead, must be able to connect everybody by itself. What lies in the
store is a Fernet token of the agent's id and the password together: a row that somebody moves to another agent opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

import msgspec
import sqlalchemy as sa
from cryptography.fernet import InvalidToken
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.finesse.values import Credentials
from hub.finesse_tables import finesse_agents
from hub.hub import utc_now

__all__ = ["CredentialStore", "Fernet", "Kept"]

_a = finesse_agents.c


class Fernet(Protocol):
    """What `cryptography.fernet.MultiFernet` does."""

    def encrypt(self, msg: bytes) -> bytes:
        """A token."""
        ...

    def decrypt(self, msg: bytes | str) -> bytes:
        """What was encrypted. Raises InvalidToken."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One agent who is signed in through us."""

    user_id: int
    agent: str
    extension: str
    at: datetime
    """When the person signed in; names this sign-in apart from the agent's next."""
    credentials: Credentials | None = field(repr=False)
    """None: the key of this row is not ours any more, and only the person can help."""


class CredentialStore:
    """Reads and writes `finesse_agents`. Every call may raise SQLAlchemyError; none has a password in its text."""

    def __init__(self, engine: AsyncEngine, fernet: Fernet, *, now: Callable[[], datetime] = utc_now) -> None:
        self._engine, self._fernet, self._now = engine, fernet, now

    async def keep(self, user_id: int, credentials: Credentials, extension: str) -> Kept:
        """Keeps what this sign-in needs; an earlier one of the person, or of the agent, is forgotten."""
        secret = self._fernet.encrypt(msgspec.json.encode([credentials.agent, credentials.password, credentials.login]))
        at = self._now()
        row = {
            "user_id": user_id,
            "agent_id": credentials.agent,
            "extension": extension,
            "secret": secret.decode("ascii"),
            "signed_in_at": at,
        }
        async with self._engine.begin() as connection:
            await connection.execute(sa.delete(finesse_agents).where(sa.or_(_a.user_id == user_id, _a.agent_id == credentials.agent)))
            await connection.execute(sa.insert(finesse_agents).values(**row))
        return Kept(user_id=user_id, agent=credentials.agent, extension=extension, at=at, credentials=credentials)

    async def of(self, agent: str) -> Kept | None:
        """What is kept for this agent; None: not signed in through us."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(sa.select(finesse_agents).where(_a.agent_id == agent))).one_or_none()
        return None if row is None else self._kept(row._mapping)

    async def everybody(self) -> list[Kept]:
        """All of them, by agent."""
        async with self._engine.connect() as connection:
            rows = (await connection.execute(sa.select(finesse_agents).order_by(_a.agent_id))).all()
        return [self._kept(row._mapping) for row in rows]

    async def marks(self) -> dict[str, tuple[int, datetime]]:
        """Who is signed in: agent -> person and when. Cheap: nothing is decrypted."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(sa.select(_a.agent_id, _a.user_id, _a.signed_in_at))
            return {row.agent_id: (row.user_id, row.signed_in_at) for row in rows}

    async def forget(self, kept: Kept) -> bool:
        """Deletes what this very sign-in left; False when it was gone, or the agent has signed in again since."""
        where = (_a.agent_id == kept.agent, _a.user_id == kept.user_id, _a.signed_in_at == kept.at)
        async with self._engine.begin() as connection:
            return bool((await connection.execute(sa.delete(finesse_agents).where(*where))).rowcount)

    def _kept(self, row: Mapping[Any, Any]) -> Kept:
        agent, credentials = str(row["agent_id"]), None
        try:
            known, password, login = msgspec.json.decode(
                self._fernet.decrypt(str(row["secret"]).encode()), type=tuple[str, str, str | None]
            )
        except (InvalidToken, msgspec.DecodeError):
            pass
        else:
            if known == agent:
                credentials = Credentials(agent=agent, password=password, login=login)
        return Kept(user_id=row["user_id"], agent=agent, extension=row["extension"], at=row["signed_in_at"], credentials=credentials)
