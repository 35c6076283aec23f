"""The queries that people have saved in Redmine itself, as far as one person may see them (Query.visible of Redmine 5.0).

Read from its database: REST tells their names only. The tables are wanted, not needed: without a right to read them there are no such
views, and everything else works.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from adapters.redmine import rubyyaml
from adapters.redmine import tables as t
from adapters.redmine.engine import Reader
from adapters.redmine.load import load_rights
from adapters.redmine.rails_zones import zone_of
from adapters.redmine.tables import columns_of
from adapters.redmine.tickets.saved_filters import Asker, Refusal, Translation, translate
from adapters.redmine.tickets.saved_terms import Among, Term
from adapters.redmine.tickets.viewer import Viewer, viewer_of

__all__ = ["MOST", "Saved", "read_saved"]

MOST = 50
"""Saved queries that one person is shown, by name: each may be counted whenever the list is looked at."""
_PRIVATE, _ROLES, _PUBLIC = 0, 1, 2  # Query::VISIBILITY_…
_ARCHIVED = 9
_SUNDAY = frozenset({"ar", "bs", "el", "en", "he", "hr", "id", "ja", "ko", "mn", "nl", "sq", "zh", "zh-TW"})
"""Languages whose week begins on Sunday, by `general_first_day_of_week` of Redmine 5.0's catalogs; the others Monday, but for these:"""
_OTHER_DAYS: Mapping[str, int] = {"fa": 6, "ro": 2}
_NEEDED = {
    "queries": {"id", "project_id", "name", "filters", "user_id", "sort_criteria", "group_by", "type", "visibility"},
    "queries_roles": {"query_id", "role_id"},
}
_q = sa.table(
    "queries",
    *(sa.column(name, sa.BigInteger) for name in ("id", "project_id", "user_id", "visibility")),
    *(sa.column(name, sa.Text) for name in ("name", "filters", "sort_criteria", "group_by", "type")),
)
_qr = sa.table("queries_roles", sa.column("query_id", sa.BigInteger), sa.column("role_id", sa.BigInteger))
_projects = sa.table("projects", *(sa.column(name, sa.BigInteger) for name in ("id", "lft", "rgt", "status")), sa.column("name", sa.Text))
_users = sa.table("users", sa.column("id", sa.BigInteger), sa.column("language", sa.Text))
_preferences = sa.table("user_preferences", sa.column("user_id", sa.BigInteger), sa.column("time_zone", sa.Text))
_settings = sa.table("settings", sa.column("name", sa.Text), sa.column("value", sa.Text))


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """A saved query, as it is now and today."""

    id: int
    name: str
    project: tuple[int, str] | None
    """The project that it belongs to; None: it is for all."""
    mine: bool
    """Private, the person's own."""
    asked: Translation


async def read_saved(reader: Reader, redmine_id: int, *, zone: ZoneInfo, now: datetime, most: int = MOST) -> list[Saved]:
    """What the person sees, the first `most` by name. `zone` is that of Redmine's server, `now` aware.

    Eleven queries at most, on small tables.
    """
    there = await columns_of(reader, (*_NEEDED, "users", "user_preferences", "settings"))
    if any(not columns <= there.get(table, set()) for table, columns in _NEEDED.items()):
        return []
    every = {row.id: row for row in await reader.rows(sa.select(*_projects.c))}
    rights = await load_rights(reader, {redmine_id}, set(every))
    viewer = viewer_of(rights, redmine_id)
    if viewer.redmine_id is None:
        return []
    rows = await reader.rows(_visible(viewer, admin=rights.users[redmine_id].admin).limit(most))
    if not rows:
        return []
    asker = Asker(
        id=redmine_id,
        groups=viewer.groups,
        member_of=frozenset(project for user, project in rights.members if user == redmine_id and every[project].status != _ARCHIVED),
        watchers_in=frozenset(id for id in every if rights.permits(redmine_id, "view_issue_watchers", id)),
        now=now,
        zone=await _zone(reader, redmine_id, there, zone),
        redmine_zone=zone,
        first_weekday=await _first_weekday(reader, redmine_id, there),
    )
    subprojects = await _with_subprojects(reader, there) if any(row.project_id is not None for row in rows) else None
    return await asyncio.to_thread(lambda: [_saved(row, every, asker, subprojects=subprojects) for row in rows])  # parses YAML


def _visible(viewer: Viewer, *, admin: bool) -> sa.Select[Any]:
    """`Query.visible` for somebody who is signed in."""
    q, m, mr, p = _q.c, t.members.c, t.member_roles.c, t.projects.c
    projects = sorted({id for ids in viewer.projects.values() for id in ids})
    shown = q.visibility != _PRIVATE if admin else q.visibility == _PUBLIC
    if not admin:
        role = (
            sa.exists()
            .where(_qr.c.query_id == q.id, _qr.c.role_id == mr.role_id, mr.member_id == m.id, m.user_id == viewer.redmine_id)
            .where(p.id == m.project_id, p.status != _ARCHIVED, sa.or_(q.project_id.is_(None), q.project_id == m.project_id))
        )
        shown = sa.or_(shown, sa.and_(q.visibility == _ROLES, role))
    return (
        sa.select(*_q.c)
        .where(q.type == "IssueQuery", sa.or_(q.project_id.is_(None), q.project_id.in_(projects)))
        .where(sa.or_(shown, q.user_id == viewer.redmine_id))
        .order_by(q.name, q.id)
    )


async def _zone(reader: Reader, redmine_id: int, there: Mapping[str, set[str]], zone: ZoneInfo) -> ZoneInfo | None:
    """The person's time zone in Redmine; Redmine's own where they have chosen none; None when that cannot be known."""
    if not {"user_id", "time_zone"} <= there.get("user_preferences", set()):
        return None
    rows = await reader.rows(sa.select(_preferences.c.time_zone).where(_preferences.c.user_id == redmine_id))
    name = (rows[0].time_zone or "").strip() if rows else ""
    return await asyncio.to_thread(zone_of, name) if name else zone


async def _first_weekday(reader: Reader, redmine_id: int, there: Mapping[str, set[str]]) -> int | None:
    """1 is Monday; None when the person's language cannot be known: a browser's may count then."""
    if "language" not in there.get("users", set()):
        return None
    rows = await reader.rows(sa.select(_users.c.language).where(_users.c.id == redmine_id))
    language = (rows[0].language or "").strip() if rows else ""
    if not language:
        return None
    return 7 if language in _SUNDAY else _OTHER_DAYS.get(language, 1)


async def _with_subprojects(reader: Reader, there: Mapping[str, set[str]]) -> bool | None:
    """Whether a project's query finds its subprojects' issues; None when that cannot be known."""
    if not {"name", "value"} <= there.get("settings", set()):
        return None
    rows = await reader.rows(sa.select(_settings.c.value).where(_settings.c.name == "display_subprojects_issues"))
    return not rows or str(rows[0].value).strip() != "0"  # a missing row is the default: yes


def _saved(row: sa.Row[Any], every: Mapping[int, sa.Row[Any]], asker: Asker, *, subprojects: bool | None) -> Saved:
    filters, sort = rubyyaml.load(row.filters), rubyyaml.load(row.sort_criteria)
    broken = row.filters is not None and row.filters.strip() and filters is None
    project = every.get(row.project_id) if row.project_id is not None else None
    own = _own_projects(project, every) if project is not None else ()
    branch: Any = None
    if len(own) > 1 and isinstance(filters, dict):
        branch = filters.get("subproject_id")
    if isinstance(filters, dict):  # Query#statement passes it over; project_statement reads it
        filters = {name: kept for name, kept in filters.items() if name != "subproject_id"}
    asked = Translation(refusal=Refusal("unreadable")) if broken else translate(filters, sort, row.group_by, asker)
    if project is not None and asked.refusal is None:
        found = _in_projects(project.id, own, branch, subprojects=subprojects)
        asked = Translation(refusal=found) if isinstance(found, Refusal) else replace(asked, terms=(found, *asked.terms))
    name = " ".join((row.name or "").split()) or f"#{row.id}"
    return Saved(
        id=row.id,
        name=name,
        project=None if project is None else (project.id, project.name or ""),
        mine=row.user_id == asker.id and row.visibility == _PRIVATE,
        asked=asked,
    )


def _own_projects(project: sa.Row[Any], every: Mapping[int, sa.Row[Any]]) -> tuple[int, ...]:
    """The project and its descendants that are not archived."""
    if project.lft is None or project.rgt is None:
        return (project.id,)
    below = (one.id for one in every.values() if one.lft is not None and project.lft < one.lft and (one.rgt or 0) < project.rgt)
    return (project.id, *sorted(id for id in below if every[id].status != _ARCHIVED))


def _in_projects(id: int, own: tuple[int, ...], branch: Any, *, subprojects: bool | None) -> Term | Refusal:
    """`Query#project_statement`."""
    if len(own) == 1:
        return Among("project_id", frozenset(own))
    if branch is None:
        if subprojects is None:
            return Refusal("subprojects")
        return Among("project_id", frozenset(own if subprojects else (id,)))
    operator, values = (branch.get("operator"), branch.get("values")) if isinstance(branch, dict) else (None, None)
    if operator == "!*":
        return Among("project_id", frozenset((id,)))
    if operator == "*":
        return Among("project_id", frozenset(own))
    if operator not in ("=", "!") or not isinstance(values, list) or not all(str(value).isdecimal() for value in values):
        return Refusal("unreadable", "subproject_id")
    named = frozenset(map(int, values))
    return Among("project_id", frozenset((id, *named)) if operator == "=" else frozenset(own) - named)
