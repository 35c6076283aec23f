"""Who an ERP person is in Redmine: the account there with the same login name, as both systems are kept together in the company."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import create_engine as create_redmine_engine
from adapters.redmine.engine import reading
from adapters.redmine.errors import RedmineError
from adapters.redmine.tables import users as redmine_users
from hub.store import identities
from web.settings import Settings

__all__ = ["RedmineLogins", "open_redmine_logins"]

_DEADLINE_S = 2.0

_log = structlog.get_logger("web.redmine_login")


class RedmineLogins:
    """Writes the identity `redmine` of people. `redmine` reads Redmine's database, `engine` is the store."""

    def __init__(self, redmine: AsyncEngine, engine: AsyncEngine, *, deadline_s: float = _DEADLINE_S) -> None:
        self._redmine = redmine
        self._engine = engine
        self._deadline_s = deadline_s

    async def link(self, user_id: int, login: str) -> None:
        """Sees to it that this account is known by its Redmine id, if it is not yet. When Redmine is away the next sign-in does it.

        An id that belongs to another account stays there: an administrator has said so.
        """
        mine = sa.select(identities.c.key).where(identities.c.system == "redmine", identities.c.user_id == user_id)
        async with self._engine.connect() as connection:
            if await connection.scalar(mine) is not None:
                return
        try:
            found = await self._find(login)
        except (RedmineError, TimeoutError, OSError) as error:
            _log.info("redmine_login_not_asked", user_id=user_id, error=type(error).__name__)
            return
        if found is None:
            return
        try:
            async with self._engine.begin() as connection:
                await connection.execute(sa.insert(identities).values(system="redmine", key=str(found), user_id=user_id))
        except sa.exc.IntegrityError:
            _log.info("redmine_login_taken", user_id=user_id, redmine_id=found)

    async def _find(self, login: str) -> int | None:
        """The id of the one person with this login; None when there is none, or several whose names differ by case."""
        u = redmine_users
        async with reading(self._redmine, self._deadline_s) as reader:
            rows = await reader.rows(sa.select(u.c.id).where(sa.func.lower(u.c.login) == login.lower(), u.c.type == "User").limit(2))
        return int(rows[0].id) if len(rows) == 1 else None


@asynccontextmanager
async def open_redmine_logins(settings: Settings, engine: AsyncEngine) -> AsyncIterator[RedmineLogins | None]:
    """The links while the block runs; None where there is no Redmine."""
    if not settings.areas()["redmine"].on or settings.redmine_db_url is None:
        yield None
        return
    redmine = create_redmine_engine(settings.redmine_db_url.get_secret_value(), deadline_s=_DEADLINE_S)
    try:
        yield RedmineLogins(redmine, engine)
    finally:
        await redmine.dispose()
