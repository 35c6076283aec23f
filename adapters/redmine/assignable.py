"""Who may be given an issue, by Redmine 5.0's rules (Issue#assignable_users, Project#assignable_users). REST has no such list.

Active members of the issue's own project with a role that is `assignable` and sees the tracker; groups likewise where the
installation gives issues to groups; the author, while active; whoever has it now, whatever became of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader
from adapters.redmine.visibility import make_role

__all__ = ["Assignable", "Principal", "assignable", "gives_to_groups"]

_ACTIVE = 1
_MOST_MEMBERS = 20_000
_roles = sa.table("roles", *(sa.column(name) for name in ("id", "builtin", "permissions", "issues_visibility", "settings", "assignable")))


@dataclass(frozen=True, slots=True)
class Principal:
    """A person or a group; one table of Redmine holds both, so ids do not meet."""

    id: int
    name: str
    group: bool
    login: str = ""
    """What `@` in a text names them by; empty for groups."""


@dataclass(frozen=True, slots=True)
class Assignable:
    """The found ones, people before groups, by name; `more`: others fit the search too."""

    found: tuple[Principal, ...]
    more: bool


async def assignable(
    reader: Reader,
    *,
    project_id: int,
    tracker_id: int,
    author_id: int,
    assigned_to_id: int | None,
    search: str = "",
    limit: int = 50,
    groups: bool | None = None,
) -> Assignable:
    """At most `limit` (1 to 500) of those who may be given an issue, whose name or login holds every word of `search`, in any case.

    `groups`: the setting "allow issue assignment to groups"; None: as `gives_to_groups` finds. Two or three queries.
    """
    if groups is None:
        groups = await gives_to_groups(reader)
    roles = await _assignable_roles(reader, tracker_id)
    u = t.users.c
    found = {row.id: row for row in await _members(reader, project_id, roles, ("User", "Group") if groups else ("User",))}
    for row in await reader.rows_in(_people(), u.id, {id for id in (author_id, assigned_to_id) if id and id not in found}):
        if row.id == assigned_to_id or (row.status == _ACTIVE and row.type == "User"):
            found[row.id] = row
    words = _folded(search).split()
    fitting = sorted(
        (one for row in found.values() if _holds(f"{(one := _principal(row)).name} {one.login}", words)),
        key=lambda one: (one.group, _folded(one.name), one.id),
    )
    most = min(max(limit, 1), 500)
    return Assignable(tuple(fitting[:most]), len(fitting) > most)


async def gives_to_groups(reader: Reader) -> bool:
    """True when some issue is with a group now. The setting itself stands beside secrets, in a table that is not granted to us."""
    query = sa.select(t.issues.c.id).join(t.users, t.users.c.id == t.issues.c.assigned_to_id).where(t.users.c.type == "Group").limit(1)
    return bool(await reader.rows(query))


async def _assignable_roles(reader: Reader, tracker_id: int) -> set[int]:
    fitting: set[int] = set()
    for row in await reader.rows(sa.select(*_roles.c).where(_roles.c.assignable.is_(sa.true()))):
        role = make_role(row.id, row.builtin, row.permissions, row.issues_visibility, row.settings)
        if "view_issues" in role.permissions and (role.view_trackers is None or tracker_id in role.view_trackers):
            fitting.add(int(row.id))
    return fitting


def _people() -> sa.Select[Any]:
    u = t.users.c
    return sa.select(u.id, u.type, u.login, u.firstname, u.lastname, u.status)


async def _members(reader: Reader, project_id: int, roles: set[int], types: tuple[str, ...]) -> Iterable[sa.Row[Any]]:
    u, m, mr = t.users.c, t.members.c, t.member_roles.c
    query = (
        _people()
        .distinct()
        .join(t.members, m.user_id == u.id)
        .join(t.member_roles, mr.member_id == m.id)
        .where(m.project_id == project_id, u.status == _ACTIVE, u.type.in_(types))
        .limit(_MOST_MEMBERS)
    )
    return await reader.rows_in(query, mr.role_id, roles)


def _principal(row: sa.Row[Any]) -> Principal:
    name = f"{row.firstname or ''} {row.lastname or ''}".strip()
    person = row.type == "User"
    return Principal(int(row.id), name or f"#{row.id}", not person, (row.login or "") if person else "")


def _holds(name: str, words: list[str]) -> bool:
    folded = _folded(name)
    return all(word in folded for word in words)


def _folded(text: str) -> str:
    return text.casefold().replace("ё", "е")  # people type "Петр" for "Пётр"
