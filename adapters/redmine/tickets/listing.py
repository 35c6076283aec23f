"""Pages of the tickets that one person sees: filters, order, totals.

A page asks first for ids alone, in order, and then for what hangs on them: what is sorted is narrow, however long descriptions are.
Every value is a bind, every statement has the engine's deadline, every answer is bounded. Times of the database are wall time of Redmine's
zone; what leaves here is UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from adapters.redmine.engine import Reader
from adapters.redmine.load import split_emails
from adapters.redmine.quality import to_utc
from adapters.redmine.tickets.saved_terms import Term
from adapters.redmine.tickets.tables import issues, journals, priorities, statuses, watchers
from adapters.redmine.tickets.viewer import Viewer

__all__ = ["MAX_LIMIT", "SORTS", "Asked", "Filter", "Kinds", "Listed", "Sort", "conditions", "count", "page_ids", "read_listed", "waiting"]

MAX_LIMIT = 200
Sort = Literal["updated", "created", "priority", "id", "status", "subject"]
SORTS: tuple[Sort, ...] = ("updated", "created", "priority", "id", "status", "subject")

_i, _j, _w = issues.c, journals.c, watchers.c
_LINE = (
    *("id", "project_id", "tracker_id", "status_id", "priority_id", "author_id", "assigned_to_id", "lock_version"),
    *("subject", "is_private", "created_on", "updated_on"),
)


@dataclass(frozen=True, slots=True)
class Kinds:
    """The statuses, by whether they close. Lists of what is wanted, not of what is not: only so MariaDB uses its index on the status,
    and open tickets cost the same however many are closed."""

    open: frozenset[int]
    closed: frozenset[int]

    def of(self, wanted: Literal["open", "closed", "all"] | frozenset[int]) -> frozenset[int] | None:
        """Which statuses are wanted; None: all."""
        if isinstance(wanted, frozenset):
            return wanted
        return None if wanted == "all" else self.open if wanted == "open" else self.closed


@dataclass(frozen=True, slots=True)
class Asked:
    """Written by one of these accounts, or one of these tickets: those that name the people's addresses."""

    authors: frozenset[int]
    tickets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which of the tickets that a person sees; what is None does not narrow."""

    statuses: Literal["open", "closed", "all"] | frozenset[int] = "open"
    project: frozenset[int] | None = None
    tracker: frozenset[int] | None = None
    priority: frozenset[int] | None = None
    assignee: Literal["me", "none"] | frozenset[int] | None = None
    """`me`: the person and their groups."""
    author: Literal["me"] | frozenset[int] | None = None
    watched: bool = False
    """By the person or one of their groups."""
    waiting: bool = False
    """Open, and the next word is the person's: see `waiting`."""
    begin: datetime | None = None
    """By the time of creation; aware, within."""
    end: datetime | None = None
    """Aware, not within."""
    text: str = ""
    """A number, or a part of the subject."""
    ids: tuple[int, ...] | None = None
    """Only these."""
    asked: Asked | None = None
    """Only what these people have asked for."""
    terms: tuple[Term, ...] = ()
    """What a saved query of Redmine asks beside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One line of a list."""

    id: int
    project_id: int
    tracker_id: int
    status_id: int
    priority_id: int
    author_id: int
    assigned_to_id: int | None
    subject: str
    private: bool
    created: datetime | None
    updated: datetime | None
    requesters: tuple[str, ...]
    comments: int
    """Notes that the person may read."""
    foreign: int
    """The newest journal of somebody else that the person may read; 0: none."""
    version: str
    """`lock_version`-`last_journal`, as writes take it."""


def waiting(viewer: Viewer, kinds: Kinds) -> sa.ColumnElement[bool]:
    """Open tickets where the next word is the person's.

    Either the ticket is theirs or their group's, and the last to speak was somebody else (the author, while nobody has); or they wrote it,
    it is another's, and that one spoke last. A note that the person may not read says nothing.
    """
    if viewer.redmine_id is None:
        return sa.false()
    last = (
        sa.select(_j.user_id)
        .where(_j.journalized_id == _i.id, _j.journalized_type == "Issue", _j.notes != "", viewer.sees_note(_j, _i))
        .order_by(_j.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    me = viewer.redmine_id
    mine = _i.assigned_to_id.in_(viewer.ours)
    asked = sa.and_(mine, sa.func.coalesce(last, _i.author_id) != me)
    answered = sa.and_(_i.author_id == me, sa.or_(_i.assigned_to_id.is_(None), sa.not_(mine)), last != me)
    # the plain part first: it has indexes, and what it leaves is few enough to look at the last note of each
    return sa.and_(_i.status_id.in_(sorted(kinds.open)), sa.or_(mine, _i.author_id == me), sa.or_(asked, answered))


def conditions(viewer: Viewer, wanted: Filter, kinds: Kinds, zone: ZoneInfo, *, requesters: bool) -> list[sa.ColumnElement[bool]]:
    """What narrows the tickets of the person. `requesters`: the site has `easy_email_to`."""
    if viewer.redmine_id is None and not requesters:
        return [sa.false()]
    parts = [viewer.sees(_i)]
    if (among := kinds.of(wanted.statuses)) is not None:
        parts.append(_i.status_id.in_(sorted(among)))
    parts += [
        column.in_(sorted(value))
        for column, value in ((_i.project_id, wanted.project), (_i.tracker_id, wanted.tracker), (_i.priority_id, wanted.priority))
        if value is not None
    ]
    if wanted.assignee == "none":
        parts.append(_i.assigned_to_id.is_(None))
    elif wanted.assignee is not None:
        parts.append(_i.assigned_to_id.in_(viewer.ours if wanted.assignee == "me" else sorted(wanted.assignee)))
    if wanted.author is not None:
        parts.append(_author(viewer) if wanted.author == "me" else _i.author_id.in_(sorted(wanted.author)))
    if wanted.watched:
        watching = sa.select(_w.watchable_id).where(_w.watchable_type == "Issue", _w.user_id.in_(viewer.ours))
        parts.append(_i.id.in_(watching))
    if wanted.waiting:
        parts.append(waiting(viewer, kinds))
    if wanted.begin is not None:
        parts.append(_i.created_on >= wanted.begin.astimezone(zone).replace(tzinfo=None))
    if wanted.end is not None:
        parts.append(_i.created_on < wanted.end.astimezone(zone).replace(tzinfo=None))
    if wanted.ids is not None:
        parts.append(_i.id.in_(wanted.ids))
    if wanted.asked is not None:
        parts.append(sa.or_(_i.author_id.in_(sorted(wanted.asked.authors)), _i.id.in_(wanted.asked.tickets)))
    if text := wanted.text.strip():
        parts.append(_named(text))
    return [*parts, *(term.condition(viewer) for term in wanted.terms)]


def _author(viewer: Viewer) -> sa.ColumnElement[bool]:
    # to a requester all that they see is theirs: Redmine's author is the robot that took the mail
    return sa.true() if viewer.redmine_id is None else _i.author_id == viewer.redmine_id


def _named(text: str) -> sa.ColumnElement[bool]:
    named: sa.ColumnElement[bool] = _i.subject.contains(text, autoescape=True)
    digits = text.removeprefix("#")
    number = int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else 2**31
    return sa.or_(_i.id == number, named) if number < 2**31 else named


async def count(reader: Reader, where: Sequence[sa.ColumnElement[bool]]) -> int:
    """How many there are."""
    return int((await reader.rows(sa.select(sa.func.count()).select_from(issues).where(*where)))[0][0])


async def page_ids(
    reader: Reader, where: Sequence[sa.ColumnElement[bool]], *, sort: Sort, descending: bool, offset: int, limit: int
) -> list[int]:
    """The ids of a page, in order; equal ones by number, the same way round."""
    chosen = sa.select(_i.id).select_from(issues).where(*where)
    column: sa.ColumnElement[Any]
    match sort:
        case "priority":
            # by Redmine's own rank: ids say nothing of it
            chosen = chosen.join_from(issues, priorities, priorities.c.id == _i.priority_id, isouter=True)
            column = priorities.c.position
        case "status":
            chosen = chosen.join_from(issues, statuses, statuses.c.id == _i.status_id, isouter=True)
            column = statuses.c.position
        case _:
            column = {"updated": _i.updated_on, "created": _i.created_on, "id": _i.id, "subject": _i.subject}[sort]
    order = [column.desc() if descending else column]
    if sort != "id":
        order.append(_i.id.desc() if descending else _i.id)
    return [row[0] for row in await reader.rows(chosen.order_by(*order).offset(offset).limit(limit))]


async def read_listed(reader: Reader, viewer: Viewer, ids: Sequence[int], zone: ZoneInfo, *, requesters: bool) -> list[Listed]:
    """These tickets in this order, without those that the person does not see. Two queries."""
    if not ids:
        return []
    columns = [_i[name] for name in _LINE]
    if requesters:
        columns.append(_i.easy_email_to)
    rows = {row.id: row for row in await reader.rows(sa.select(*columns).where(_i.id.in_(ids), viewer.sees(_i)))}
    told = {row.id: row for row in await reader.rows(_journals_of(viewer, sorted(rows)))} if rows else {}
    found = []
    for row in (rows[id] for id in ids if id in rows):
        journal = told.get(row.id)
        found.append(
            Listed(
                id=row.id,
                project_id=row.project_id,
                tracker_id=row.tracker_id,
                status_id=row.status_id,
                priority_id=row.priority_id,
                author_id=row.author_id,
                assigned_to_id=row.assigned_to_id,
                subject=row.subject or "",
                private=bool(row.is_private),
                created=to_utc(row.created_on, zone),
                updated=to_utc(row.updated_on, zone),
                requesters=tuple(sorted(split_emails(row.easy_email_to))) if requesters else (),
                comments=int(journal.comments or 0) if journal else 0,
                foreign=int(journal.foreign or 0) if journal else 0,
                version=f"{row.lock_version or 0}-{(journal.last or 0) if journal else 0}",
            )
        )
    return found


def _journals_of(viewer: Viewer, ids: Sequence[int]) -> sa.Select[Any]:
    told = sa.and_(_j.notes != "", viewer.sees_note(_j, _i))
    foreign = sa.and_(_j.user_id != viewer.redmine_id if viewer.redmine_id is not None else sa.true(), viewer.sees_note(_j, _i))
    return (
        sa.select(
            _i.id,
            sa.func.sum(sa.case((told, 1), else_=0)).label("comments"),
            sa.func.max(sa.case((foreign, _j.id), else_=0)).label("foreign"),
            sa.func.max(_j.id).label("last"),
        )
        .select_from(issues.join(journals, sa.and_(_j.journalized_id == _i.id, _j.journalized_type == "Issue")))
        .where(_i.id.in_(ids))
        .group_by(_i.id)
    )
