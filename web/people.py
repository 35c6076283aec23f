"""People in the store: accounts, identities elsewhere, permissions and preferences.

PeopleError
  Duplicate     a name or identity that is taken
  NoSuchPerson
  BadValue      a value that cannot be taken
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.preferences import parse_quiet, parse_rules
from hub.store import identities, permissions, preferences, users
from web.audit import Origin, record
from web.i18n import LOCALES
from web.revisions import note

__all__ = [
    "PERMISSIONS",
    "PREFERENCES",
    "BadValue",
    "Duplicate",
    "NoSuchPerson",
    "People",
    "PeopleError",
    "Person",
    "check_preference",
    "normalise",
]

PERMISSIONS = ("admin", "quality", "netmonitor", "finesse", "reports")
PREFERENCES = ("locale", "zone", "theme", "sound", "rules", "quiet", "critical_pierces")
_THEMES = ("system", "light", "dark")


class PeopleError(Exception):
    """Something about a person cannot be done."""


class Duplicate(PeopleError):
    """`what` is already taken."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what

    def __str__(self) -> str:
        return f"{self.what} is already taken"


class NoSuchPerson(PeopleError):
    """Nobody has the login name `name`."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name

    def __str__(self) -> str:
        return f"there is no person with the name {self.name}"


class BadValue(PeopleError):
    """`field` cannot have this value, for `reason`."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(field, reason)
        self.field = field
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One account."""

    id: int
    name: str
    display_name: str
    active: bool
    locale: str
    zone: str
    password_hash: str | None = field(repr=False)
    permissions: frozenset[str] = frozenset()


def normalise(name: str) -> str:
    """A login name as the store keeps it: no outer spaces, one form of each letter, lower case."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


class People:
    """The repository."""

    def __init__(self, engine: AsyncEngine, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine = engine
        self._clock = clock

    async def add(
        self,
        name: str,
        *,
        password_hash: str | None = None,
        display_name: str = "",
        locale: str = "ru",
        zone: str = "Europe/Moscow",
        permissions: Iterable[str] = (),
        identities: Mapping[str, str] | None = None,
        granted_by: str = "",
        origin: Origin | None = None,
    ) -> int:
        """Makes an account, whole or not at all, and returns its id. With `origin` the audit log has it.

        `identities` is {`redmine`: user id, `email`: address, `erp`: id}. Raises BadValue and Duplicate.
        """
        known = normalise(name)
        if not 1 <= len(known) <= 255 or any(not letter.isprintable() or letter.isspace() or letter in ",;" for letter in known):
            raise BadValue("name", "1 to 255 characters without spaces, commas and semicolons")
        _check_locale(locale)
        await asyncio.to_thread(_check_zone, zone)  # reads a file
        now = self._clock()
        values = {
            "name": known,
            "display_name": display_name.strip()[:255] or name.strip()[:255],
            "password_hash": password_hash,
            "active": True,
            "locale": locale,
            "zone": zone,
            "created_at": now,
        }
        try:
            async with self._engine.begin() as connection:
                if await connection.scalar(sa.select(users.c.id).where(users.c.name == known)):
                    raise Duplicate(f"the name {known}")
                made = await connection.execute(sa.insert(users).values(**values))
                user_id = int(made.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has one
                for system, key in (identities or {}).items():
                    await _identify(connection, user_id, system, key)
                rights = sorted(set(permissions))
                for permission in rights:
                    await self._grant(connection, user_id, permission, granted_by)
                if origin is not None:
                    after = {"display_name": values["display_name"], "permissions": rights}
                    await record(connection, origin, "account.made", at=now, subject_id=user_id, subject=known, after=after)
        except sa.exc.IntegrityError:  # somebody else was quicker, between the look and the insert
            raise Duplicate(f"the name {known} or an identity") from None
        return user_id

    async def find(self, name: str) -> Person | None:
        """The account with this login name, disabled ones too."""
        return next(iter(await self._people(users.c.name == normalise(name))), None)

    async def get(self, user_id: int) -> Person:
        """The account with this id, which exists."""
        return (await self._people(users.c.id == user_id))[0]

    async def everybody(self) -> list[Person]:
        """Every account, by name."""
        return await self._people()

    async def set_password(self, user_id: int, password_hash: str) -> None:
        """Stores a new hash. Sessions go on; end them with `Sessions.end_all` where that is meant."""
        await self._update(user_id, password_hash=password_hash)

    async def set_active(self, user_id: int, active: bool) -> None:
        """Disables an account or lets it in again. A disabled person's sessions are no longer found."""
        async with self._engine.begin() as connection:
            await note(connection, "rights", self._clock())
            await connection.execute(sa.update(users).where(users.c.id == user_id).values(active=active))

    async def grant(self, user_id: int, permission: str, granted_by: str) -> None:
        """Gives a right; harmless when it is there. Raises BadValue for one that does not exist."""
        async with self._engine.begin() as connection:
            await note(connection, "rights", self._clock())
            await self._grant(connection, user_id, permission, granted_by)

    async def identify(self, user_id: int, system: str, key: str) -> None:
        """Says who this person is in another system. Raises Duplicate when somebody else is that already."""
        async with self._engine.begin() as connection:
            await _identify(connection, user_id, system, key)

    async def preferences(self, user_id: int) -> dict[str, Any]:
        """What the person has set, by name; `locale` and `zone` are always there."""
        async with self._engine.connect() as connection:
            own = (await connection.execute(sa.select(users.c.locale, users.c.zone).where(users.c.id == user_id))).one_or_none()
            rows = await connection.execute(sa.select(preferences.c.name, preferences.c.value).where(preferences.c.user_id == user_id))
            about = {"locale": None, "zone": None} if own is None else {"locale": own.locale, "zone": own.zone}
            return about | {row.name: row.value for row in rows}

    async def set_preference(self, user_id: int, name: str, value: Any) -> None:
        """Keeps a wish. Raises BadValue for an unknown name or a value of the wrong shape."""
        await asyncio.to_thread(check_preference, name, value)  # that of a zone reads a file
        if name in ("locale", "zone"):
            await self._update(user_id, **{name: value})
            return
        mine = (preferences.c.user_id == user_id, preferences.c.name == name)
        change = sa.update(preferences).where(*mine).values(value=value)
        async with self._engine.begin() as connection:
            if (await connection.execute(change)).rowcount:
                return
        try:
            async with self._engine.begin() as connection:
                await connection.execute(sa.insert(preferences).values(user_id=user_id, name=name, value=value))
        except sa.exc.IntegrityError:  # another tab has set it for the first time just now
            async with self._engine.begin() as connection:
                await connection.execute(change)

    async def _people(self, *where: sa.ColumnElement[bool]) -> list[Person]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(sa.select(users).where(*where).order_by(users.c.name))).all()
            ids = sa.select(users.c.id).where(*where)
            granted: dict[int, set[str]] = {}
            for right in await connection.execute(sa.select(permissions).where(permissions.c.user_id.in_(ids))):
                granted.setdefault(right.user_id, set()).add(right.permission)
        return [
            Person(
                id=row.id,
                name=row.name,
                display_name=row.display_name,
                active=row.active,
                locale=row.locale,
                zone=row.zone,
                password_hash=row.password_hash,
                permissions=frozenset(granted.get(row.id, ())),
            )
            for row in rows
        ]

    async def _update(self, user_id: int, **values: Any) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(sa.update(users).where(users.c.id == user_id).values(**values))

    async def _grant(self, connection: AsyncConnection, user_id: int, permission: str, granted_by: str) -> None:
        if permission not in PERMISSIONS:
            raise BadValue("permission", f"one of {', '.join(PERMISSIONS)}")
        mine = (permissions.c.user_id == user_id, permissions.c.permission == permission)
        if await connection.scalar(sa.select(permissions.c.user_id).where(*mine)) is None:
            row = {"user_id": user_id, "permission": permission, "granted_by": granted_by, "granted_at": self._clock()}
            await connection.execute(sa.insert(permissions).values(**row))


async def _identify(connection: AsyncConnection, user_id: int, system: str, key: str) -> None:
    key = key.strip().casefold()
    if not 1 <= len(key) <= 255:
        raise BadValue(system, "1 to 255 characters")
    owner = await connection.scalar(sa.select(identities.c.user_id).where(identities.c.system == system, identities.c.key == key))
    if owner is None:
        await connection.execute(sa.insert(identities).values(system=system, key=key, user_id=user_id))
    elif owner != user_id:
        raise Duplicate(f"{system} {key}")


def check_preference(name: str, value: Any) -> None:
    """Raises BadValue unless `name` can be set to `value`."""
    match name:
        case "locale":
            _check_locale(value)
        case "zone":
            _check_zone(value)
        case "theme":
            if value not in _THEMES:
                raise BadValue("theme", f"one of {', '.join(_THEMES)}")
        case "critical_pierces":
            if not isinstance(value, bool):
                raise BadValue(name, "true or false")
        case "rules" | "quiet":
            try:
                parse_rules(value) if name == "rules" else parse_quiet(value)
            except ValueError as error:
                raise BadValue(name, str(error)) from error
        case "sound":
            _check_sound(value)
        case _:
            raise BadValue("name", f"one of {', '.join(PREFERENCES)}")


def _check_locale(value: Any) -> None:
    if value not in LOCALES:
        raise BadValue("locale", f"one of {', '.join(LOCALES)}")


def _check_zone(value: Any) -> None:
    try:
        if not isinstance(value, str) or len(value) > 64:
            raise ValueError
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise BadValue("zone", "an IANA time zone such as Europe/Moscow") from None


def _check_sound(value: Any) -> None:
    """`{"muted": false, "volume": 0.6, "kinds": {"ticket": {"sound": "chime", "volume": 1}}}`, each part optional."""
    reason = "an object of muted (true or false), volume (0 to 1) and kinds"
    if not isinstance(value, dict) or not value.keys() <= {"muted", "volume", "kinds"}:
        raise BadValue("sound", reason)
    kinds = value.get("kinds", {})
    if not isinstance(value.get("muted", False), bool) or not _is_volume(value.get("volume", 1)) or not isinstance(kinds, dict):
        raise BadValue("sound", reason)
    for kind, choice in kinds.items():
        if not isinstance(choice, dict) or len(kind) > 32 or len(kinds) > 50 or not choice.keys() <= {"sound", "volume"}:
            raise BadValue("sound", "kinds: an object of sound and volume for each kind")
        name = choice.get("sound", "")
        if not isinstance(name, str) or len(name) > 32 or not _is_volume(choice.get("volume", 1)):
            raise BadValue("sound", "kinds: sound is a name, volume 0 to 1")


def _is_volume(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
