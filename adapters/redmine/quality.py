"""Reads what the quality section shows of Redmine's issues: facts for figures, pages of issues, ids to draw samples from.

Read only, every value a bind, every statement with the engine's deadline and every answer bounded. Of journals it reads when and by
whom, and the status steps; of a note only whether it is empty, so that nothing of a private one can leak from here. Times of the
database are wall time of `zone`; what leaves this module is UTC.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from adapters.redmine import tables as t
from adapters.redmine.engine import Reader
from adapters.redmine.quality_figures import Fact, Period, closings
from adapters.redmine.quality_scope import Scope
from adapters.redmine.values import id_of

__all__ = [
    "MAX_ISSUES",
    "SORTS",
    "Filter",
    "Listed",
    "Sort",
    "TooMany",
    "Who",
    "read_facts",
    "read_groups",
    "read_ids",
    "read_listed",
    "read_page",
    "read_users",
    "to_utc",
]

MAX_ISSUES = 20_000
"""Issues in one period, at most: figures of more are refused, not cut."""
_CHUNK = 1000  # ids in one IN list: far below max_allowed_packet, and SQLite's bound of 32,766 variables
_SLACK = timedelta(hours=2)  # wall time is not monotonic where clocks are set back; the exact bound is held in Python

Sort = Literal["id", "created", "updated"]
SORTS: tuple[Sort, ...] = ("id", "created", "updated")


class TooMany(Exception):
    """More than MAX_ISSUES issues fall into the period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which issues of the scope; what is None does not narrow."""

    period: Period | None = None
    """By the time of creation; aware."""
    project_id: int | None = None
    tracker_id: int | None = None
    assignee_id: int | None = None
    closed: bool | None = None
    text: str = ""
    """A number, or a part of the subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One issue of a page."""

    fact: Fact
    subject: str
    status_id: int
    priority_id: int
    updated: datetime | None


_i = sa.table(
    "issues",
    *(sa.column(name) for name in ("id", "project_id", "tracker_id", "status_id", "priority_id", "author_id", "assigned_to_id")),
    *(sa.column(name, sa.Boolean(create_constraint=False)) for name in ("is_private",)),
    sa.column("subject", sa.Text),
    *(sa.column(name, sa.DateTime) for name in ("created_on", "updated_on")),
)
_j, _d = t.journals, t.journal_details
_STATUS_STEP = sa.and_(_j.c.journalized_type == "Issue", _d.c.property == "attr", _d.c.prop_key == "status_id")
_FACT_COLUMNS = (
    *(_i.c.id, _i.c.project_id, _i.c.tracker_id, _i.c.status_id, _i.c.author_id, _i.c.assigned_to_id, _i.c.created_on),
    *(_i.c.subject, _i.c.priority_id, _i.c.updated_on),
)


def to_utc(value: Any, zone: ZoneInfo) -> datetime | None:
    """Redmine's wall time as UTC. Converted before any subtraction: Python subtracts within one zone by the wall clock."""
    return value.replace(tzinfo=zone).astimezone(UTC) if isinstance(value, datetime) else None


def _wall(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _in_scope(scope: Scope, wanted: Filter) -> list[sa.ColumnElement[bool]]:
    projects = [id for id in scope.projects if wanted.project_id in (None, id)]
    trackers = [id for id in scope.trackers if wanted.tracker_id in (None, id)]
    parts: list[sa.ColumnElement[bool]] = [_i.c.project_id.in_(projects), _i.c.tracker_id.in_(trackers)]
    if not scope.private:
        parts.append(sa.not_(_i.c.is_private))
    return parts


async def read_facts(
    reader: Reader, scope: Scope, closed: Collection[int], *, period: Period, zone: ZoneInfo, wanted: Filter, most: int = MAX_ISSUES
) -> list[Fact]:
    """The facts of every issue created in the period, or closed in it. Raises TooMany, RedmineError."""
    begin, end = _wall(period.begin, zone) - _SLACK, _wall(period.end, zone) + _SLACK
    within = sa.and_(*_in_scope(scope, wanted))
    created = sa.select(_i.c.id).where(within, _i.c.created_on >= begin, _i.c.created_on < end).limit(most + 1)
    # the other way round than by issue: the steps of a period are few beside all issues, and journals.created_on has an index
    stepped = (
        sa.select(_i.c.id)
        .select_from(_j.join(_d, _d.c.journal_id == _j.c.id).join(_i, _i.c.id == _j.c.journalized_id))
        .where(_STATUS_STEP, _j.c.created_on >= begin, _j.c.created_on < end, _d.c.value.in_([str(id) for id in sorted(closed)]), within)
        .distinct()
        .limit(most + 1)
    )
    ids = {row[0] for row in await reader.rows(created)}
    if closed:
        ids |= {row[0] for row in await reader.rows(stepped)}
    if len(ids) > most:
        raise TooMany
    return [one.fact for one in await read_listed(reader, sorted(ids), closed, zone)]


async def read_listed(reader: Reader, ids: Sequence[int], closed: Collection[int], zone: ZoneInfo) -> list[Listed]:
    """These issues in this order, those that are gone left out. Three queries for each thousand."""
    found: dict[int, Listed] = {}
    for chunk in _chunks(ids):
        rows = await reader.rows(sa.select(*_FACT_COLUMNS).where(_i.c.id.in_(chunk)))
        answered = {row.journalized_id: row.at for row in await reader.rows(_first_answers(chunk))}
        steps: dict[int, list[tuple[datetime, int | None, int | None]]] = {}
        for row in await reader.rows(_status_steps(chunk)):
            if (at := to_utc(row.created_on, zone)) is not None:
                steps.setdefault(row.journalized_id, []).append((at, id_of(row.old_value), id_of(row.value)))
        for row in rows:
            created = to_utc(row.created_on, zone)
            if created is None:
                continue  # Redmine itself never leaves it out: a row that somebody wrote by hand
            fact = Fact(
                issue_id=row.id,
                project_id=row.project_id,
                tracker_id=row.tracker_id,
                author_id=row.author_id,
                assignee_id=row.assigned_to_id,
                created=created,
                closed_now=row.status_id in closed,
                answered=to_utc(answered.get(row.id), zone),
                steps=closings(steps.get(row.id, ()), closed),
            )
            found[row.id] = Listed(
                fact=fact,
                subject=row.subject or "",
                status_id=row.status_id,
                priority_id=row.priority_id,
                updated=to_utc(row.updated_on, zone),
            )
    return [found[id] for id in ids if id in found]


def _first_answers(ids: Sequence[int]) -> sa.Select[Any]:
    told = sa.and_(_j.c.notes.is_not(None), sa.func.trim(_j.c.notes) != "", sa.not_(_j.c.private_notes))
    moved = sa.exists().where(_d.c.journal_id == _j.c.id, _d.c.property == "attr", _d.c.prop_key == "status_id")
    return (
        sa.select(_j.c.journalized_id, sa.func.min(_j.c.created_on, type_=sa.DateTime()).label("at"))
        .select_from(_j.join(_i, _i.c.id == _j.c.journalized_id))
        .where(_j.c.journalized_type == "Issue", _j.c.journalized_id.in_(ids), _j.c.user_id != _i.c.author_id, sa.or_(told, moved))
        .group_by(_j.c.journalized_id)
    )


def _status_steps(ids: Sequence[int]) -> sa.Select[Any]:
    return (
        sa.select(_j.c.journalized_id, _j.c.created_on, _d.c.old_value, _d.c.value)
        .select_from(_j.join(_d, _d.c.journal_id == _j.c.id))
        .where(_STATUS_STEP, _j.c.journalized_id.in_(ids))
        .order_by(_j.c.created_on, _j.c.id, _d.c.id)
    )


async def read_page(
    reader: Reader,
    scope: Scope,
    closed: Collection[int],
    *,
    wanted: Filter,
    zone: ZoneInfo,
    sort: Sort,
    descending: bool,
    offset: int,
    limit: int,
) -> tuple[list[Listed], int]:
    """A page of issues and how many there are in all."""
    where = _narrowed(scope, closed, wanted, zone)
    total = (await reader.rows(sa.select(sa.func.count()).select_from(_i).where(*where)))[0][0]
    column = {"id": _i.c.id, "created": _i.c.created_on, "updated": _i.c.updated_on}[sort]
    order = (column.desc(), _i.c.id.desc()) if descending else (column, _i.c.id)
    rows = await reader.rows(sa.select(_i.c.id).where(*where).order_by(*order).offset(offset).limit(limit))
    return await read_listed(reader, [row[0] for row in rows], closed, zone), total


async def read_ids(reader: Reader, scope: Scope, ids: Collection[int]) -> list[int]:
    """Which of these lie in the scope."""
    within = _in_scope(scope, Filter())
    found: list[int] = []
    for chunk in _chunks(sorted(ids)):
        found += [row[0] for row in await reader.rows(sa.select(_i.c.id).where(_i.c.id.in_(chunk), *within))]
    return found


def _narrowed(scope: Scope, closed: Collection[int], wanted: Filter, zone: ZoneInfo) -> list[sa.ColumnElement[bool]]:
    parts = _in_scope(scope, wanted)
    if wanted.period is not None:
        parts += [_i.c.created_on >= _wall(wanted.period.begin, zone), _i.c.created_on < _wall(wanted.period.end, zone)]
    if wanted.assignee_id is not None:
        parts.append(_i.c.assigned_to_id == wanted.assignee_id)
    if wanted.closed is not None:
        among = _i.c.status_id.in_(sorted(closed))
        parts.append(among if wanted.closed else sa.not_(among))
    if text := wanted.text.strip():
        named: sa.ColumnElement[bool] = _i.c.subject.contains(text, autoescape=True)
        number = id_of(text.removeprefix("#"))
        parts.append(named if number is None or number >= 2**31 else sa.or_(_i.c.id == number, named))
    return parts


@dataclass(frozen=True, slots=True)
class Who:
    """A person or a group, as they are called now."""

    id: int
    name: str
    group: bool
    active: bool


async def read_users(reader: Reader, ids: Collection[int]) -> dict[int, Who]:
    """Who is behind these ids; whoever was deleted is missing."""
    u = t.users.c
    found: dict[int, Who] = {}
    for chunk in _chunks(sorted(ids)):
        for row in await reader.rows(sa.select(u.id, u.firstname, u.lastname, u.login, u.type, u.status).where(u.id.in_(chunk))):
            name = f"{row.firstname or ''} {row.lastname or ''}".strip() or row.login or f"#{row.id}"
            found[row.id] = Who(row.id, name, (row.type or "").startswith("Group"), row.status == 1)
    return found


async def read_groups(reader: Reader, principals: Collection[int]) -> dict[int, frozenset[int]]:
    """For each of these people the groups they are in; for a group itself. Whoever is in none is missing."""
    u, g = t.users.c, t.groups_users.c
    found: dict[int, set[int]] = {}
    for chunk in _chunks(sorted(principals)):
        for row in await reader.rows(sa.select(u.id).where(u.id.in_(chunk), u.type == "Group")):
            found.setdefault(row.id, set()).add(row.id)
        for row in await reader.rows(sa.select(g.group_id, g.user_id).where(g.user_id.in_(chunk))):
            found.setdefault(row.user_id, set()).add(row.group_id)
    return {id: frozenset(groups) for id, groups in found.items()}


def _chunks(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for at in range(0, len(ids), _CHUNK):
        yield ids[at : at + _CHUNK]
