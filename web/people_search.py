"""People as administrators look for them: ten thousand of them in a handful of queries, however many match."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.accounts import avatars, profiles
from hub.event import rfc3339
from hub.store import identities, permissions, sessions, users
from web.avatars import avatar_url
from web.paging import Page, choice, contains, page_of
from web.people import PERMISSIONS

__all__ = ["ANY", "SORTS", "STANDINGS", "PeopleSearch", "Wanted", "wanted"]

STANDINGS = ("active", "blocked", "none", "gone", "disabled")
"""What a person may be asked for as: the ERP's word, or `disabled` here. `active` takes in local accounts."""
SORTS = ("name", "display_name", "department", "seen_at")
ANY = "any"
"""Asked for as a permission: whoever has at least one."""
_AVATAR = 32
"""Pixels of the picture in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which people, in which order. An empty text asks for nothing in particular."""

    words: str = ""
    standing: str = ""
    permission: str = ""
    department: str = ""
    sort: str = "name"
    direction: Literal["asc", "desc"] = "asc"
    page: Page = field(default=Page(0, 50))


def wanted(given: Mapping[str, str]) -> Wanted:
    """What the address asks for. Raises BadField."""
    return Wanted(
        words=given.get("q", ""),
        standing=choice(given, "standing", STANDINGS),
        permission=choice(given, "permission", (*PERMISSIONS, ANY)),
        department=given.get("department", "")[:255],
        sort=choice(given, "sort", SORTS, "name"),
        direction="desc" if choice(given, "dir", ("asc", "desc"), "asc") == "desc" else "asc",
        page=page_of(given),
    )


_seen = sa.select(sessions.c.user_id, sa.func.count().label("sessions"), sa.func.max(sessions.c.seen_at).label("seen_at"))
_seen = _seen.group_by(sessions.c.user_id)


class PeopleSearch:
    """The reader."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def find(self, what: Wanted) -> dict[str, Any]:
        """`total`, the page's `rows` and all `departments`: six queries."""
        where = _conditions(what)
        joined = users.outerjoin(profiles, profiles.c.user_id == users.c.id)
        async with self._engine.connect() as connection:
            total = await connection.scalar(sa.select(sa.func.count()).select_from(joined).where(*where)) or 0
            rows = await self._rows(connection, where, what)
            lines = await self._lines(connection, rows)
            named = sa.select(profiles.c.department).where(profiles.c.department != "").distinct()
            departments = sorted((await connection.scalars(named)).all(), key=str.casefold)
        return {"total": total, "rows": lines, "departments": departments}

    async def one(self, user_id: int) -> dict[str, Any] | None:
        """A person's row with what only the page about them shows; None when there is nobody of this id."""
        async with self._engine.connect() as connection:
            rows = await self._rows(connection, [users.c.id == user_id], Wanted())
            if not rows:
                return None
            (line,) = await self._lines(connection, rows)
            query = sa.select(identities.c.system, identities.c.key).where(identities.c.user_id == user_id).order_by(identities.c.system)
            known = {row.system: row.key for row in await connection.execute(query)}
        return line | {"office": rows[0].office or "", "vpn_until": rows[0].vpn_until, "identities": known}

    async def _rows(self, connection: AsyncConnection, where: Sequence[sa.ColumnElement[bool]], what: Wanted) -> Sequence[Any]:
        seen = _seen.subquery()
        columns = [column for column in profiles.c if column.name not in ("user_id",)]
        query = sa.select(users, *columns)
        source = users.outerjoin(profiles, profiles.c.user_id == users.c.id)
        if what.sort == "seen_at":
            source = source.outerjoin(seen, seen.c.user_id == users.c.id)
        orders: dict[str, sa.ColumnElement[Any]] = {
            "name": users.c.name,
            "display_name": _order(users.c.display_name),
            "department": _order(profiles.c.department),
            "seen_at": seen.c.seen_at,
        }
        order = orders[what.sort]
        query = query.select_from(source).where(*where)
        # who has none comes last in both directions
        query = query.order_by(order.is_(None), order.desc() if what.direction == "desc" else order.asc(), users.c.id)
        return (await connection.execute(query.offset(what.page.offset).limit(what.page.limit))).all()

    async def _lines(self, connection: AsyncConnection, rows: Sequence[Any]) -> list[dict[str, Any]]:
        ids = [row.id for row in rows]
        granted: dict[int, dict[str, Any]] = {}
        for right in await connection.execute(sa.select(permissions).where(permissions.c.user_id.in_(ids))):
            given = {"by": right.granted_by, "at": rfc3339(right.granted_at)}
            granted.setdefault(right.user_id, {})[right.permission] = given
        query = sa.select(avatars.c.user_id, avatars.c.version).where(avatars.c.user_id.in_(ids), avatars.c.size == _AVATAR)
        pictures = {row.user_id: avatar_url(row.user_id, row.version, _AVATAR) for row in await connection.execute(query)}
        visits = {row.user_id: row for row in await connection.execute(_seen.where(sessions.c.user_id.in_(ids)))}
        return [
            {
                "id": row.id,
                "name": row.name,
                "display_name": row.display_name,
                "email": row.email or "",
                "department": row.department or "",
                "post": row.post or "",
                "phone": row.phone or "",
                "standing": row.standing,
                "active": bool(row.active),
                "permissions": granted.get(row.id, {}),
                "sessions": visits[row.id].sessions if row.id in visits else 0,
                "seen_at": rfc3339(visits[row.id].seen_at) if row.id in visits else None,
                "avatar": pictures.get(row.id),
            }
            for row in rows
        ]


def _order(column: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    """As a person sorts: capitals with small letters, ё with е."""
    return sa.func.replace(sa.func.lower(column), "ё", "е")


def _conditions(what: Wanted) -> list[sa.ColumnElement[bool]]:
    where: list[sa.ColumnElement[bool]] = []
    if what.words:
        where += contains(
            what.words, users.c.name, users.c.display_name, profiles.c.email, profiles.c.department, profiles.c.post, profiles.c.phone
        )
    match what.standing:
        case "disabled":
            where.append(users.c.active.is_(False))
        case "active":
            where += [users.c.active.is_(True), sa.or_(profiles.c.standing.is_(None), profiles.c.standing == "active")]
        case "":
            pass
        case standing:
            where.append(profiles.c.standing == standing)
    if what.permission:
        holders = sa.select(permissions.c.user_id)
        if what.permission != ANY:
            holders = holders.where(permissions.c.permission == what.permission)
        where.append(users.c.id.in_(holders))
    if what.department:
        where.append(profiles.c.department == what.department)
    return where
