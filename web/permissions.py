"""Who may what: rights given and taken, people shut out and let in again, each with its line in the audit log.

Denied
  LastAdmin     somebody must stay who can undo it
  NoSuchUser
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.accounts import profiles
from hub.store import permissions, sessions, users
from web.audit import Origin, record
from web.people import PERMISSIONS, BadValue
from web.revisions import note
from web.sessions import Sessions

__all__ = ["Denied", "LastAdmin", "NoSuchUser", "Permissions"]

T = TypeVar("T")
_TRIES = 4
"""Of a change that met another one: InnoDB ends one of two that block each other, SQLite one that has waited 5 s."""


class Denied(Exception):
    """The change is refused and nothing has changed."""


class LastAdmin(Denied):
    """Without this person nobody active would be an administrator."""

    def __init__(self, user_id: int) -> None:
        super().__init__(user_id)
        self.user_id = user_id

    def __str__(self) -> str:
        return f"user {self.user_id} is the last active administrator"


class NoSuchUser(Denied):
    """Nobody has this id."""

    def __init__(self, user_id: int) -> None:
        super().__init__(user_id)
        self.user_id = user_id

    def __str__(self) -> str:
        return f"there is no user {self.user_id}"


class Permissions:
    """Changes rights. All changes, of all processes, come one after the other, so that a rule about several rows holds."""

    def __init__(self, engine: AsyncEngine, signed_in: Sessions, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine, self._sessions, self._clock = engine, signed_in, clock
        self.on_changed: list[Callable[[Sequence[int]], None]] = []
        """Told whose sessions are to be looked up anew, on the event loop after the commit; must not block or raise."""

    async def grant(self, user_id: int, permission: str, origin: Origin) -> bool:
        """Gives a right; False when it was there. Raises BadValue for one that does not exist, NoSuchUser."""
        _check(permission)

        async def give(connection: AsyncConnection, person: Any) -> bool:
            if await _given_by(connection, user_id, permission) is not None:
                return False
            now = self._clock()
            row = {"user_id": user_id, "permission": permission, "granted_by": origin.name, "granted_at": now}
            await connection.execute(sa.insert(permissions).values(**row))
            await self._audit(connection, origin, "permission.granted", person, {permission: False}, {permission: True})
            if permission == "admin":  # nobody looks as an administrator
                await self._end_views(connection, origin, sessions.c.view_as == user_id)
            return True

        return await self._change(user_id, give)

    async def revoke(self, user_id: int, permission: str, origin: Origin) -> bool:
        """Takes a right; False when it was not there. Raises BadValue, NoSuchUser, LastAdmin."""
        _check(permission)

        async def take(connection: AsyncConnection, person: Any) -> bool:
            given_by = await _given_by(connection, user_id, permission)
            if given_by is None:
                return False
            if permission == "admin":
                await _keep_one(connection, person)
                await self._end_views(connection, origin, sessions.c.user_id == user_id)
            mine = (permissions.c.user_id == user_id, permissions.c.permission == permission)
            await connection.execute(sa.delete(permissions).where(*mine))
            await self._audit(
                connection, origin, "permission.revoked", person, {permission: True, "granted_by": given_by}, {permission: False}
            )
            return True

        return await self._change(user_id, take)

    async def set_active(self, user_id: int, active: bool, origin: Origin) -> bool:
        """Shuts a person out, ending their sessions, or lets them in again; False when it was so. Raises NoSuchUser, LastAdmin."""
        ended: list[str] = []

        async def switch(connection: AsyncConnection, person: Any) -> bool:
            ended.clear()
            if bool(person.active) is active:
                return False
            if not active:
                await _keep_one(connection, person)
                await self._end_views(connection, origin, sessions.c.view_as == user_id)
                mine = sessions.c.user_id == user_id
                ended.extend(await self._sessions.end_within(connection, mine, reason="blocked", origin=origin))
            await connection.execute(sa.update(users).where(users.c.id == user_id).values(active=active))
            action = "account.enabled" if active else "account.disabled"
            await self._audit(connection, origin, action, person, {"active": not active}, {"active": active})
            return True

        changed = await self._change(user_id, switch)
        self._sessions.tell(ended, "blocked")
        return changed

    async def _change(self, user_id: int, work: Callable[[AsyncConnection, Any], Awaitable[bool]]) -> bool:
        for last in (*(False,) * (_TRIES - 1), True):
            try:
                async with self._engine.begin() as connection:
                    await note(connection, "rights", self._clock())  # first: it is the lock, and what is read after it is the newest
                    person = (await connection.execute(sa.select(users).where(users.c.id == user_id))).one_or_none()
                    if person is None:
                        raise NoSuchUser(user_id)
                    changed = await work(connection, person)
                break
            except (IntegrityError, OperationalError):
                if last:
                    raise
        if changed:
            for callback in self.on_changed:
                callback((user_id,))
        return changed

    async def _audit(
        self, connection: AsyncConnection, origin: Origin, action: str, person: Any, before: dict[str, Any], after: dict[str, Any]
    ) -> None:
        at = self._clock()
        await record(connection, origin, action, at=at, subject_id=person.id, subject=person.name, before=before, after=after)

    async def _end_views(self, connection: AsyncConnection, origin: Origin, *where: sa.ColumnElement[bool]) -> None:
        """Ends the looking as somebody else that this change makes void: it must not come back with the next change."""
        looking = sa.select(sessions.c.token_hash, users.c.id, users.c.name).join(users, users.c.id == sessions.c.view_as)
        for row in (await connection.execute(looking.where(*where))).all():
            await connection.execute(sa.update(sessions).where(sessions.c.token_hash == row.token_hash).values(view_as=None))
            await record(connection, origin, "view_as.ended", at=self._clock(), subject_id=row.id, subject=row.name)


def _check(permission: str) -> None:
    if permission not in PERMISSIONS:
        raise BadValue("permission", f"one of {', '.join(PERMISSIONS)}")


async def _given_by(connection: AsyncConnection, user_id: int, permission: str) -> str | None:
    mine = (permissions.c.user_id == user_id, permissions.c.permission == permission)
    return await connection.scalar(sa.select(permissions.c.granted_by).where(*mine))


async def _keep_one(connection: AsyncConnection, person: Any) -> None:
    """Raises LastAdmin if nobody else is an administrator who can sign in; whoever is none themself may go."""
    able = (
        sa.select(permissions.c.user_id)
        .join(users, users.c.id == permissions.c.user_id)
        .outerjoin(profiles, profiles.c.user_id == users.c.id)
        .where(permissions.c.permission == "admin", users.c.active.is_(True))
        .where(sa.or_(profiles.c.standing.is_(None), profiles.c.standing == "active"))
    )
    administrators = set((await connection.scalars(able)).all())
    if person.id in administrators and len(administrators) == 1:
        raise LastAdmin(person.id)
