"""The query string of Redmine's issue list, turned into SQL conditions and an order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapters.sandbox.redmine import schema
from adapters.sandbox.redmine.database import ZONE
from adapters.sandbox.redmine.rules import Site, User

__all__ = ["conditions", "order", "page"]

_issue = schema.issues.c
_NUMBERS = ("issue_id", "project_id", "tracker_id", "priority_id", "author_id", "parent_id")
_SORTABLE = ("id", "status", "priority", "subject", "created_on", "updated_on", "closed_on", "due_date", "start_date", "done_ratio")


def conditions(site: Site, user: User, query: Mapping[str, str]) -> list[sa.ColumnElement[bool]]:
    """Redmine's filters as conditions on `issues`; without `status_id` only open issues are listed."""
    closed = [one.id for one in site.statuses if one.closed]
    found: list[sa.ColumnElement[bool]] = []
    match query.get("status_id", "open"):
        case "open" | "o":
            found.append(_issue.status_id.not_in(closed))
        case "closed" | "c":
            found.append(_issue.status_id.in_(closed))
        case "*":
            pass
        case numbers:
            found.append(_issue.status_id.in_(_ids(numbers)))
    for name in _NUMBERS:
        if name in query:
            column = _issue.id if name == "issue_id" else _issue[name]
            found.append(column.in_([user.id] if query[name] == "me" else _ids(query[name])))
    assignee = query.get("assigned_to_id")
    if assignee == "me":
        found.append(_issue.assigned_to_id.in_(site.own(user)))
    elif assignee in ("!*", "*"):
        found.append(_issue.assigned_to_id.is_(None) if assignee == "!*" else _issue.assigned_to_id.is_not(None))
    elif assignee is not None:
        found.append(_issue.assigned_to_id.in_(_ids(assignee)))
    if "watcher_id" in query:
        watcher = schema.watchers.c
        ids = site.own(user) if query["watcher_id"] == "me" else _ids(query["watcher_id"])
        found.append(_issue.id.in_(sa.select(watcher.watchable_id).where(watcher.watchable_type == "Issue", watcher.user_id.in_(ids))))
    if "subject" in query:
        wanted = query["subject"]
        found.append(_issue.subject.contains(wanted[1:], autoescape=True) if wanted.startswith("~") else _issue.subject == wanted)
    if "easy_email_to" in query:
        found.append(_issue.easy_email_to == query["easy_email_to"].lower())
    for name in ("created_on", "updated_on", "closed_on"):
        if name in query:
            found += _times(_issue[name], query[name])
    return found


def order(query: Mapping[str, str]) -> list[sa.ColumnElement[Any]]:
    """The `sort` parameter; newest id first without one. Unknown columns are left out."""
    found: list[sa.ColumnElement[Any]] = []
    for part in filter(None, query.get("sort", "").split(",")):
        name, _, direction = part.partition(":")
        if name in _SORTABLE:
            column = _issue[f"{name}_id" if name in ("status", "priority") else name]
            found.append(column.desc() if direction == "desc" else column.asc())
    return [*found, _issue.id.desc()]


def page(query: Mapping[str, str]) -> tuple[int, int]:
    """(offset, limit); a limit is 25 when missing or 0, and 100 at most."""
    limit = min(_ids(query.get("limit", ""))[:1] or [0])
    return max((_ids(query.get("offset", "")) or [0])[0], 0), min(limit or 25, 100)


def _ids(text: str) -> list[int]:
    return [int(part) for part in re.split(r"[,|]", text) if part.strip().isdecimal()]


def _times(column: sa.ColumnElement[Any], text: str) -> list[sa.ColumnElement[bool]]:
    """`>=T`, `<=T`, `><T|T`, `T`: days, or seconds in UTC."""
    if text.startswith(">="):
        return [column >= _moment(text[2:])]
    if text.startswith("<="):
        return [column < _moment(text[2:], end=True)]
    if text.startswith("><") and "|" in text:
        first, last = text[2:].split("|", 1)
        return [column >= _moment(first), column < _moment(last, end=True)]
    return [column >= _moment(text), column < _moment(text, end=True)]


def _moment(text: str, *, end: bool = False) -> datetime:
    """Redmine's wall time of `text`; with `end`, of the first instant after that day or second. Nonsense is the year 1."""
    try:
        if len(text) == 10:
            return datetime.fromisoformat(text) + timedelta(days=1 if end else 0)
        at = datetime.fromisoformat(text)
    except ValueError:
        return datetime(1, 1, 1)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return at.astimezone(ZONE).replace(tzinfo=None) + timedelta(seconds=1 if end else 0)
