"""What the list's address carries, read into values: every wrong one is named by its field. The same keys make a personal view."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from adapters.redmine.tickets.listing import MAX_LIMIT, SORTS, Filter, Sort
from adapters.redmine.tickets.words import MAX_QUERY
from web.errors import BadField
from web.i18n import N_
from web.quality_query import whole

__all__ = ["BUILTIN", "Paging", "check_query", "read_filter", "read_paging"]

_IDS = 50
"""Ids in one field, at most: as many as a person may tick."""
BUILTIN: Mapping[str, Mapping[str, str]] = {
    "mine": {"assignee": "me", "status": "open"},
    "waiting": {"status": "open"},
    "authored": {"author": "me", "status": "open"},
    "watched": {"watcher": "me", "status": "open"},
    "unassigned": {"assignee": "none", "status": "open"},
    "all": {"status": "open"},
}
"""What each of the builtin views shows unless the address says otherwise. `waiting` narrows beyond what can be said in these keys."""
_FILTERS = ("q", "status", "project", "tracker", "priority", "assignee", "author", "watcher", "from", "to")
_KEYS = (*_FILTERS, "sort", "dir")
_FORM = N_("Give numbers, separated by commas.")


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list, in which order."""

    sort: Sort
    descending: bool
    offset: int
    limit: int


async def read_filter(query: Mapping[str, str], *, zone: str, waiting: bool = False) -> Filter:
    """The filter of an address. Days are the person's, in `zone`, both within. Raises BadField."""
    begin, end = _day(query, "from"), _day(query, "to")
    if begin is not None and end is not None and begin > end:
        raise BadField("from", N_("The period ends before it begins."))
    where = await asyncio.to_thread(ZoneInfo, zone) if begin is not None or end is not None else None  # reads a file
    text = query.get("q", "").strip()
    if len(text) > MAX_QUERY:
        raise BadField("q", N_("Search for {most} characters at most."), most=MAX_QUERY)
    watcher = query.get("watcher") or ""
    if watcher not in ("", "me"):
        raise BadField("watcher", N_("Only one's own watching can be asked for: me."))
    return Filter(
        statuses=_status(query),
        project=_ids(query, "project"),
        tracker=_ids(query, "tracker"),
        priority=_ids(query, "priority"),
        assignee=_assignee(query),
        author="me" if query.get("author") == "me" else _ids(query, "author"),
        watched=watcher == "me",
        waiting=waiting,
        begin=_midnight(begin, where),
        end=_midnight(end + timedelta(days=1), where) if end is not None else None,
        text=text,
    )


def _status(query: Mapping[str, str]) -> Literal["open", "closed", "all"] | frozenset[int]:
    match query.get("status") or "open":
        case "open":
            return "open"
        case "closed":
            return "closed"
        case "all":
            return "all"
    return _ids(query, "status", N_("Give open, closed, all, or numbers of statuses.")) or "open"


def _assignee(query: Mapping[str, str]) -> Literal["me", "none"] | frozenset[int] | None:
    match query.get("assignee"):
        case "me":
            return "me"
        case "none":
            return "none"
    return _ids(query, "assignee")


def _ids(query: Mapping[str, str], field: str, form: str = _FORM) -> frozenset[int] | None:
    text = query.get(field)
    if not text:
        return None
    parts = text.split(",")
    if len(parts) > _IDS or not all(part.isascii() and part.isdecimal() and len(part) <= 9 for part in parts):
        raise BadField(field, form)
    return frozenset(map(int, parts))


def _day(query: Mapping[str, str], field: str) -> date | None:
    text = query.get(field)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadField(field, N_("A date is written YYYY-MM-DD.")) from None
    if not 1990 <= day.year <= 2200:
        raise BadField(field)
    return day


def _midnight(day: date | None, zone: ZoneInfo | None) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), zone).astimezone(UTC)


def read_paging(query: Mapping[str, str]) -> Paging:
    """`sort`, `dir`, `offset`, `limit`; newest changes first, fifty of them, if not said. Raises BadField."""
    name = query.get("sort") or "updated"
    sort = next((known for known in SORTS if known == name), None)
    if sort is None:
        raise BadField("sort")
    direction = query.get("dir") or ("asc" if sort in ("subject", "status") else "desc")
    if direction not in ("asc", "desc"):
        raise BadField("dir")
    offset = whole(query, "offset", default=0, low=0, high=1_000_000)
    limit = whole(query, "limit", default=50, high=MAX_LIMIT)
    return Paging(sort, direction == "desc", offset or 0, limit or 50)


async def check_query(given: Any, *, zone: str) -> dict[str, str]:
    """What a personal view keeps: the known keys that have a value, all of them understood. Raises BadField."""
    if not isinstance(given, dict) or not all(isinstance(key, str) and isinstance(value, str) for key, value in given.items()):
        raise BadField("query", N_("Give the list's own keys with texts."))
    for key in given:
        if key not in _KEYS:
            raise BadField(f"query.{key}"[:80], N_("The list has no such key."))
    kept = {key: given[key].strip() for key in _KEYS if given.get(key, "").strip()}
    try:
        await read_filter(kept, zone=zone)
        read_paging(kept)
    except BadField as bad:
        raise BadField(f"query.{bad.field}", bad.message, **bad.fields) from None
    return kept
