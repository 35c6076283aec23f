"""Who a Navigator user is in Redmine, and whose pictures and names we have for the people there."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.rest.people import RedminePerson
from hub.accounts import avatars, profiles
from hub.principal import Principal
from hub.store import identities, users
from web.avatars import avatar_url

__all__ = ["Actors", "Known"]

_SIZE = 64
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Known:
    """What we know of people in Redmine."""

    avatars: dict[int, str]
    """Redmine's id -> address of the picture."""
    names: dict[str, str]
    """E-mail address -> display name."""


class Actors:
    """Reads the store."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, principal: Principal) -> RedminePerson:
        """The person on the way to Redmine; without an account there they are a requester, known by e-mail."""
        i = identities.c
        async with self._engine.connect() as connection:
            rows = (await connection.execute(sa.select(i.system, i.key).where(i.user_id == principal.user_id))).all()
            email = next((row.key for row in sorted(rows) if row.system == "email"), None)
            if email is None:
                email = await connection.scalar(sa.select(profiles.c.email).where(profiles.c.user_id == principal.user_id)) or ""
        redmine = next((row.key for row in rows if row.system == "redmine" and row.key.isascii() and row.key.isdigit()), None)
        return RedminePerson(principal.name, int(redmine) if redmine else None, email.lower(), principal.display_name or principal.name)

    async def known(self, redmine_ids: Collection[int], emails: Collection[str]) -> Known:
        """Pictures and names, where we have them: two small queries."""
        i, a = identities.c, avatars.c
        keys = [str(id) for id in sorted(redmine_ids)][:_CHUNK]
        pictures = (
            sa.select(i.key, a.user_id, a.version)
            .join(avatars, a.user_id == i.user_id)
            .where(i.system == "redmine", i.key.in_(keys), a.size == _SIZE)
        )
        named = (
            sa.select(i.key, users.c.display_name)
            .join(users, users.c.id == i.user_id)
            .where(i.system == "email", i.key.in_(sorted(emails)[:_CHUNK]))
        )
        async with self._engine.connect() as connection:
            urls = {int(key): avatar_url(user_id, version, _SIZE) for key, user_id, version in await connection.execute(pictures)}
            names = {row.key: row.display_name for row in await connection.execute(named)} if emails else {}
        return Known(urls, names)
