"""Sign-ins: random tokens, of which the store keeps only the hash."""

from __future__ import annotations

import hashlib
import secrets
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.accept import chunks
from hub.batching import Asking
from hub.principal import Principal, Viewer
from hub.store import Utc, permissions, sessions, users
from web import revisions
from web.audit import Origin, record

__all__ = ["Ending", "Lifetime", "NewSession", "Revoked", "Sessions", "hash_token"]

_log = structlog.get_logger("web.sessions")

Ending = Literal["signed_out", "ended_by_you", "ended_by_administrator", "blocked"]
"""Why a sign-in ended: the reason of the close frame 4501, for the other screen to show. `signed_out` also when nothing more is known."""

Revoked = Callable[[list[str], Ending], None]
"""Told the hashes of sessions that have just ended, and why. Called on the event loop after the commit; must not block or raise."""

_TOKEN_BYTES = 32
_TOUCH = timedelta(minutes=1)
_AT_ONCE = 500  # SQLite binds at most 999 values in old builds


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Lifetime:
    """When a sign-in ends by itself."""

    idle: timedelta = timedelta(hours=12)
    """Without a request or a sign of the person."""
    absolute: timedelta = timedelta(hours=24)
    """Whatever happens."""
    remembered_idle: timedelta = timedelta(days=14)
    """As `idle`, where the person wished to be remembered."""
    remembered: timedelta = timedelta(days=30)
    """As `absolute`, likewise."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A sign-in that has just begun; `token` exists nowhere else."""

    token: str
    csrf: str
    session_hash: str


def hash_token(token: str) -> str:
    """What the store knows a token by: SHA-256, hex. The token is random, so no salt and no slow hash are needed."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


class Sessions:
    """The sign-ins in the store. `clock` gives aware instants."""

    def __init__(self, engine: AsyncEngine, lifetime: Lifetime | None = None, *, clock: Callable[[], datetime] = _utc_now) -> None:
        self._engine = engine
        self._lifetime = lifetime or Lifetime()
        self._clock = clock
        self._finding = Asking(self._find, name="sessions", together=_AT_ONCE)
        self.on_revoked: list[Revoked] = []
        """Append a callback to learn of sessions that end through this process; `ended` finds the others."""

    async def create(
        self, user_id: int, *, agent: str = "", address: str = "", replaces: str | None = None, remember: bool = False
    ) -> NewSession:
        """Begins a sign-in. `replaces` is the token that the browser brought along: that session ends with the same commit.

        `remember`: it outlives the browser, and lives longer.
        """
        now = self._clock()
        made = NewSession(token := secrets.token_urlsafe(_TOKEN_BYTES), secrets.token_urlsafe(_TOKEN_BYTES), hash_token(token))
        old = hash_token(replaces) if replaces else None
        ended = False
        async with self._engine.begin() as connection:
            if old is not None:
                ended = (await connection.execute(sa.delete(sessions).where(sessions.c.token_hash == old))).rowcount > 0
                if ended:
                    await revisions.note(connection, "sessions", now)
            await connection.execute(
                sa.insert(sessions).values(
                    token_hash=made.session_hash,
                    user_id=user_id,
                    csrf=made.csrf,
                    created_at=now,
                    seen_at=now,
                    expires_at=now + (self._lifetime.remembered if remember else self._lifetime.absolute),
                    remember=remember,
                    agent=agent[:255],
                    address=address[:64],
                )
            )
        if old is not None and ended:
            self.tell([old], "signed_out")
        return made

    async def find(self, token: str) -> Principal | None:
        """Who holds this token, or None when it is unknown, ended, or of somebody disabled. Notes the visit, at most once a minute.

        Callers that ask at the same time share two queries, however many they are: see `hub.batching` for bounds and failures.
        """
        return await self._finding.get(hash_token(token))

    async def look_up(self, hashes: Collection[str]) -> dict[str, Principal]:
        """Who holds these sessions now, by hash, as of a commit no older than the call. Notes no visit."""
        return {row.token_hash: principal for row, principal in await self._read(list(hashes))}

    async def _find(self, hashes: Sequence[str]) -> dict[str, Principal]:
        now, found = self._clock(), await self._read(hashes)
        visited = [row.token_hash for row, _ in found if now - row.seen_at >= _TOUCH]
        if visited:
            try:
                await self.touch(visited)
            except SQLAlchemyError:  # people go on reading while the store takes no writes
                _log.warning("visits_not_noted", sessions=len(visited), exc_info=True)
        return {row.token_hash: principal for row, principal in found}

    async def _read(self, hashes: Sequence[str]) -> list[tuple[Any, Principal]]:
        now, found, granted, viewed = self._clock(), list[Any](), defaultdict[int, set[str]](set), dict[int, Any]()
        query = sa.select(sessions, users.c.name, users.c.display_name, users.c.locale, users.c.zone)
        query = query.join(users, users.c.id == sessions.c.user_id)
        async with self._engine.connect() as connection:
            for some in chunks(hashes, _AT_ONCE):
                found += (await connection.execute(query.where(sessions.c.token_hash.in_(some), *self.valid(now)))).all()
            for some in chunks({row.view_as for row in found if row.view_as is not None}, _AT_ONCE):
                for row in await connection.execute(sa.select(users).where(users.c.id.in_(some), users.c.active.is_(True))):
                    viewed[row.id] = row
            for part in chunks({row.user_id for row in found} | viewed.keys(), _AT_ONCE):
                rights = sa.select(permissions.c.user_id, permissions.c.permission).where(permissions.c.user_id.in_(part))
                for user_id, permission in await connection.execute(rights):
                    granted[user_id].add(permission)
        return [(row, _principal(row, viewed.get(row.view_as), granted)) for row in found]

    async def touch(self, hashes: Sequence[str]) -> None:
        """These sessions showed a sign of their person: the idle time starts anew. For the socket's `active`, too."""
        now = self._clock()
        async with self._engine.begin() as connection:
            for start in range(0, len(hashes), _AT_ONCE):
                some = sessions.c.token_hash.in_(hashes[start : start + _AT_ONCE])
                await connection.execute(sa.update(sessions).where(some, sessions.c.seen_at <= now - _TOUCH).values(seen_at=now))

    async def ended(self, hashes: Collection[str]) -> set[str]:
        """Those of `hashes` that are no longer signed in, whoever ended them: another process, the time, or the command line."""
        now, wanted, alive = self._clock(), list(hashes), set[str]()
        async with self._engine.connect() as connection:
            for start in range(0, len(wanted), _AT_ONCE):
                query = (
                    sa.select(sessions.c.token_hash)
                    .join(users, users.c.id == sessions.c.user_id)
                    .where(sessions.c.token_hash.in_(wanted[start : start + _AT_ONCE]), *self.valid(now))
                )
                alive.update((await connection.scalars(query)).all())
        return set(wanted) - alive

    async def revision(self) -> str:
        """Changes whenever somebody, in any process, signs sessions out or changes a right: to be asked often."""
        return await revisions.revision(self._engine)

    async def end(
        self, session_hash: str, *, user_id: int | None = None, reason: Ending = "signed_out", origin: Origin | None = None
    ) -> bool:
        """Signs this session out, if it is `user_id`'s where that is given; whether there was one. `origin`: for the audit log."""
        where = [sessions.c.token_hash == session_hash]
        if user_id is not None:
            where.append(sessions.c.user_id == user_id)
        return await self._end(*where, reason=reason, origin=origin) > 0

    async def end_all(self, user_id: int, *, keep: str | None = None, reason: Ending = "signed_out", origin: Origin | None = None) -> int:
        """Signs a person out everywhere, except for the session with the hash `keep`; how many ended. `origin`: for the audit log."""
        return await self._end(sessions.c.user_id == user_id, sessions.c.token_hash != (keep or ""), reason=reason, origin=origin)

    async def sweep(self) -> int:
        """Deletes what has ended by itself; how many. Worth calling once an hour."""
        now = self._clock()
        return await self._end(sa.or_(sessions.c.expires_at <= now, sessions.c.seen_at <= self._quiet_since(now)))

    def valid(self, now: datetime) -> tuple[sa.ColumnElement[bool], ...]:
        """What holds of a session that counts, in a query over `sessions` joined with `users`."""
        return (users.c.active.is_(True), sessions.c.expires_at > now, sessions.c.seen_at > self._quiet_since(now))

    def _quiet_since(self, now: datetime) -> sa.ColumnElement[datetime]:
        long, short = (sa.literal(now - idle, Utc) for idle in (self._lifetime.remembered_idle, self._lifetime.idle))
        return sa.case((sessions.c.remember.is_(True), long), else_=short)

    async def _end(self, *where: sa.ColumnElement[bool], reason: Ending = "signed_out", origin: Origin | None = None) -> int:
        async with self._engine.begin() as connection:
            hashes = await self.end_within(connection, *where, reason=reason, origin=origin)
        self.tell(hashes, reason)
        return len(hashes)

    async def end_within(
        self, connection: AsyncConnection, *where: sa.ColumnElement[bool], reason: Ending, origin: Origin | None = None
    ) -> list[str]:
        """Ends sessions within the caller's transaction; gives their hashes, for `tell` after its commit."""
        columns = (sessions.c.token_hash, sessions.c.user_id, sessions.c.agent, sessions.c.address, users.c.name)
        query = sa.select(*columns).join(users, users.c.id == sessions.c.user_id).where(*where)
        found = (await connection.execute(query)).all()
        hashes = [row.token_hash for row in found]
        for some in chunks(hashes, _AT_ONCE):
            await connection.execute(sa.delete(sessions).where(sessions.c.token_hash.in_(some)))
        if not hashes:
            return []
        now = self._clock()
        await revisions.note(connection, "sessions", now)
        for row in found if origin is not None else ():
            assert origin is not None  # noqa: S101  # for mypy: the loop is empty then
            was = {"session": row.token_hash[:12], "agent": row.agent, "address": row.address}
            after = {"reason": reason}
            await record(connection, origin, "session.ended", at=now, subject_id=row.user_id, subject=row.name, before=was, after=after)
        return hashes

    def tell(self, hashes: Sequence[str], reason: Ending) -> None:
        """Has the sockets of sessions closed that have ended by a commit."""
        if hashes:
            for callback in self.on_revoked:
                callback(list(hashes), reason)


def _principal(row: Any, viewed: Any, granted: Mapping[int, Iterable[str]]) -> Principal:
    """Whose session it is, or as whom its administrator looks: only while they are one, and never as another administrator."""
    if viewed is None or "admin" not in granted.get(row.user_id, ()) or "admin" in granted.get(viewed.id, ()):
        person, user_id, viewer = row, row.user_id, None
    else:
        person, user_id = viewed, viewed.id
        viewer = Viewer(user_id=row.user_id, name=row.name, display_name=row.display_name)
    return Principal(
        user_id=user_id,
        name=person.name,
        display_name=person.display_name,
        locale=person.locale,
        zone=person.zone,
        permissions=frozenset(granted.get(user_id, ())),
        session_hash=row.token_hash,
        csrf=row.csrf,
        viewer=viewer,
    )
