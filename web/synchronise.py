"""The local copy of an ERP person: the account, identities, attributes, and the password for the time when the ERP is down."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.erp.directory import ErpPerson
from hub.accounts import profiles
from hub.store import identities, users
from web.audit import SYSTEM, record
from web.people import normalise

__all__ = ["Copies", "Copy", "NameTaken"]


class NameTaken(Exception):
    """A local account, which the ERP knows nothing of, has the login name of this ERP person."""


@dataclass(frozen=True, slots=True)
class Copy:
    """What is kept of an ERP person beside the account."""

    erp_id: int
    standing: str
    """As the ERP told it last: active, blocked, none or gone."""
    signed_in_at: datetime | None
    """The last sign-in that the ERP confirmed."""


class Copies:
    """The copies in the store. `clock` gives aware instants."""

    def __init__(self, engine: AsyncEngine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._clock = clock

    async def of(self, user_id: int) -> Copy | None:
        """The copy that belongs to an account; None: the account is a local one, or has not signed in yet."""
        query = sa.select(profiles.c.erp_id, profiles.c.standing, profiles.c.signed_in_at).where(profiles.c.user_id == user_id)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return Copy(*row) if row else None

    async def confirmed(self, person: ErpPerson, password_hash: str) -> int:
        """Makes or renews the copy after a sign-in that the ERP confirmed; the account's id.

        The account is found by the ERP's id, so that a changed login name changes the name and nothing else. An account of that name
        or with that id, and without a password, as an administrator prepares one, becomes theirs. Raises NameTaken.
        """
        try:
            return await self._confirm(person, password_hash)
        except sa.exc.IntegrityError:  # two first sign-ins of one person at once: the other one has made the rows
            return await self._confirm(person, password_hash)

    async def drop_password(self, user_id: int, password_hash: str) -> None:
        """Forgets the password `password_hash`, which the ERP no longer takes; one that was stored meanwhile stays."""
        async with self._engine.begin() as connection:
            where = sa.and_(users.c.id == user_id, users.c.password_hash == password_hash)
            await connection.execute(sa.update(users).where(where).values(password_hash=None))

    async def _confirm(self, person: ErpPerson, password_hash: str) -> int:
        now, name = self._clock(), normalise(person.login)[:255]
        async with self._engine.begin() as connection:
            known = await self._known(connection, person.erp_id)
            user_id = None if known is None else int(known.user_id)
            holder = await self._holder(connection, name)
            if holder is None and user_id is None:
                holder = await self._prepared(connection, person.erp_id)
            if holder is not None and holder.id != user_id:
                if holder.erp_id is not None:
                    await self._free(connection, holder, now)
                elif holder.password_hash is not None or user_id is not None:
                    raise NameTaken
                else:
                    user_id = int(holder.id)
            account = {"name": name, "display_name": person.full_name[:255] or name, "password_hash": password_hash}
            if user_id is None:
                made = await connection.execute(sa.insert(users).values(**account, active=True, created_at=now))
                user_id = int(made.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has one
                await record(connection, SYSTEM, "person.created", at=now, subject_id=user_id, subject=name, after={"erp": person.erp_id})
            else:
                await connection.execute(sa.update(users).where(users.c.id == user_id).values(**account))
                if known is not None and known.name != name:
                    renamed = ({"name": known.name}, {"name": name})
                    await record(
                        connection, SYSTEM, "person.renamed", at=now, subject_id=user_id, subject=name, before=renamed[0], after=renamed[1]
                    )
            await _profile(connection, user_id, person, now, new=known is None)
            await _identify(connection, user_id, person, before="" if known is None else known.email)
        return user_id

    async def _known(self, connection: AsyncConnection, erp_id: int) -> Any:
        query = sa.select(profiles.c.user_id, profiles.c.email, users.c.name).join(users, users.c.id == profiles.c.user_id)
        return (await connection.execute(query.where(profiles.c.erp_id == erp_id))).one_or_none()

    async def _holder(self, connection: AsyncConnection, name: str) -> Any:
        query = sa.select(users.c.id, users.c.name, users.c.password_hash, profiles.c.erp_id)
        query = query.outerjoin(profiles, profiles.c.user_id == users.c.id).where(users.c.name == name)
        return (await connection.execute(query)).one_or_none()

    async def _prepared(self, connection: AsyncConnection, erp_id: int) -> Any:
        """An account under another name that an administrator prepared for this person: it has no password, and their identity."""
        query = sa.select(users.c.id, users.c.name, users.c.password_hash, profiles.c.erp_id)
        query = query.join(identities, identities.c.user_id == users.c.id).outerjoin(profiles, profiles.c.user_id == users.c.id)
        where = (_key("erp", str(erp_id)), profiles.c.user_id.is_(None), users.c.password_hash.is_(None))
        return (await connection.execute(query.where(*where))).one_or_none()

    async def _free(self, connection: AsyncConnection, holder: Any, now: datetime) -> None:
        """The ERP has given the login name to somebody else: the former holder keeps the account, and not the name or the password."""
        name = f"{holder.name[:230]}#{holder.erp_id}"
        await connection.execute(sa.update(users).where(users.c.id == holder.id).values(name=name, password_hash=None))
        before, after = {"name": holder.name}, {"name": name}
        await record(connection, SYSTEM, "person.renamed", at=now, subject_id=holder.id, subject=name, before=before, after=after)


async def _profile(connection: AsyncConnection, user_id: int, person: ErpPerson, now: datetime, *, new: bool) -> None:
    values = {
        "erp_id": person.erp_id,
        "email": person.email[:255],
        "office": person.office[:255],
        "department": person.department[:255],
        "post": person.post[:255],
        "phone": person.phone[:64],
        "vpn": person.vpn,
        "vpn_until": person.vpn_until.isoformat() if person.vpn_until else None,
        "standing": person.standing,
        "checked_at": now,
        "signed_in_at": now,
    }
    if new:
        await connection.execute(sa.insert(profiles).values(user_id=user_id, **values))
    else:
        await connection.execute(sa.update(profiles).where(profiles.c.user_id == user_id).values(**values))


async def _identify(connection: AsyncConnection, user_id: int, person: ErpPerson, *, before: str) -> None:
    """The ERP's id is theirs whoever had it; a mailbox that several people share stays with the one who was first."""
    await connection.execute(sa.delete(identities).where(_key("erp", str(person.erp_id)), identities.c.user_id != user_id))
    await _add(connection, user_id, "erp", str(person.erp_id))
    email = person.email.strip().lower()[:255]
    former = before.strip().lower()
    if former and former != email:  # whoever has the address next must not be read by this one
        await connection.execute(sa.delete(identities).where(_key("email", former), identities.c.user_id == user_id))
    if email:
        await _add(connection, user_id, "email", email)


async def _add(connection: AsyncConnection, user_id: int, system: str, key: str) -> None:
    if await connection.scalar(sa.select(identities.c.user_id).where(_key(system, key))) is None:
        await connection.execute(sa.insert(identities).values(system=system, key=key, user_id=user_id))


def _key(system: str, key: str) -> sa.ColumnElement[bool]:
    return sa.and_(identities.c.system == system, identities.c.key == key)
