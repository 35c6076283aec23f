"""What the quality section's addresses carry, read into values: every wrong one is named by its field."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.redmine.quality import SORTS, Filter, Sort
from adapters.redmine.quality_figures import By, Period
from web.errors import BadField
from web.i18n import N_

__all__ = ["MAX_DAYS", "Paging", "Span", "read_by", "read_filter", "read_paging", "read_span", "whole"]

MAX_DAYS = 366
_DEFAULT_DAYS = 56
_BY: dict[str, By] = {"person": "person", "group": "group", "week": "week"}


@dataclass(frozen=True, slots=True)
class Span:
    """Whole days in a zone, both ends within."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def period(self) -> Period:
        """From the first day's midnight to the midnight after the last one."""
        after = self.last + timedelta(days=1)
        return Period(*(datetime.combine(day, time(), self.zone).astimezone(UTC) for day in (self.first, after)))


@dataclass(frozen=True, slots=True)
class Paging:
    """Which part of a list, in which order."""

    sort: Sort
    descending: bool
    offset: int
    limit: int


async def read_span(query: Mapping[str, str], *, zone: str, now: datetime) -> Span:
    """`from`, `to` (YYYY-MM-DD, both within) and `zone` (IANA name); without them the last eight weeks in `zone`. Raises BadField."""
    name = query.get("zone") or zone
    try:
        found = await asyncio.to_thread(ZoneInfo, name)  # reads a file
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadField("zone", N_("There is no such time zone.")) from None
    today = now.astimezone(found).date()
    last = _day(query, "to") or today
    first = _day(query, "from") or last - timedelta(days=_DEFAULT_DAYS - 1)
    if first > last:
        raise BadField("from", N_("The period ends before it begins."))
    if (last - first).days >= MAX_DAYS:
        raise BadField("from", N_("The period may be a year long at most."))
    return Span(first, last, found)


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


def read_by(query: Mapping[str, str]) -> By:
    """`by`: person, group or week; person if not said."""
    found = _BY.get(query.get("by") or "person")
    if found is None:
        raise BadField("by")
    return found


def whole(query: Mapping[str, str], field: str, *, default: int | None = None, low: int = 1, high: int = 2**31 - 1) -> int | None:
    """A whole number within bounds."""
    text = query.get(field)
    if not text:
        return default
    if not (text.isascii() and text.isdecimal()) or len(text) > 10 or not low <= int(text) <= high:
        raise BadField(field)
    return int(text)


async def read_filter(query: Mapping[str, str], *, zone: str, now: datetime) -> Filter:
    """`from` and `to` (by creation, if either is given), `project`, `tracker`, `assignee`, `state` (open, closed), `q`."""
    state = query.get("state") or "all"
    if state not in ("all", "open", "closed"):
        raise BadField("state")
    text = query.get("q", "").strip()
    if len(text) > 200:
        raise BadField("q")
    dated = bool(query.get("from") or query.get("to"))
    return Filter(
        period=(await read_span(query, zone=zone, now=now)).period if dated else None,
        project_id=whole(query, "project"),
        tracker_id=whole(query, "tracker"),
        assignee_id=whole(query, "assignee"),
        closed={"open": False, "closed": True}.get(state),
        text=text,
    )


def read_paging(query: Mapping[str, str]) -> Paging:
    """`sort`, `dir`, `offset`, `limit`; newest changes first, fifty of them, if not said."""
    name = query.get("sort") or "updated"
    sort = next((known for known in SORTS if known == name), None)
    if sort is None:
        raise BadField("sort")
    direction = query.get("dir") or "desc"
    if direction not in ("asc", "desc"):
        raise BadField("dir")
    offset = whole(query, "offset", default=0, low=0, high=1_000_000)
    limit = whole(query, "limit", default=50, high=200)
    return Paging(sort, direction == "desc", offset or 0, limit or 50)
