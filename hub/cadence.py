"""How often a source is looked at: fast while something happens or somebody is connected, slow at rest, slowest on days off.

Whoever is connected may have a page open that must not be late, on a Sunday no less than on a Monday: the calendar only says how slow
it may get while nobody is.

Pure: the caller brings the clock and what it has seen.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["Cadence", "Calendar", "load_calendar"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendar:
    """When the company rests: from Friday evening to Monday morning, and on holidays."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    rest_from: time = time(20)
    """On Friday, local time."""
    rest_until: time = time(7)
    """On Monday, local time."""
    holidays: frozenset[date] = field(default_factory=frozenset)
    workdays: frozenset[date] = field(default_factory=frozenset)
    """Saturdays and Sundays that are worked, as when a holiday was moved."""

    def resting(self, now: datetime) -> bool:
        """True at weekends and on holidays."""
        local = now.astimezone(self.zone)
        if local.date() in self.workdays:
            return False
        if local.date() in self.holidays:
            return True
        match local.weekday():
            case 4:
                return local.time() >= self.rest_from
            case 5 | 6:
                return True
            case 0:
                return local.time() < self.rest_until
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """Intervals in seconds."""

    busy_s: float = 0.5
    """People are connected, or a change was seen lately."""
    idle_s: float = 3.0
    """Nobody is connected and nothing changes."""
    resting_s: float = 15.0
    """The same at weekends and on holidays."""
    linger: timedelta = timedelta(minutes=2)
    """How long after a change the source still counts as busy."""
    hints: bool = True
    """Whether a hint (somebody connected) brings the next look forward; not for what changes once a day, whoever comes."""
    calendar: Calendar = field(default_factory=Calendar)

    def interval_s(self, now: datetime, *, connected: bool, changed_at: datetime | None) -> float:
        """Seconds until the next look."""
        lately = changed_at is not None and now - changed_at < self.linger
        if connected or lately:
            return self.busy_s
        return self.resting_s if self.calendar.resting(now) else self.idle_s


def load_calendar(path: Path) -> Calendar:
    """The calendar of a TOML file: zone, rest_from, rest_until, holidays, workdays. ValueError names a bad key or value."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"CALENDAR_FILE: {error}") from error
    known: dict[str, Any] = {"zone": ZoneInfo, "rest_from": _time, "rest_until": _time, "holidays": _dates, "workdays": _dates}
    wrong = sorted(table.keys() - known.keys())
    if wrong:
        raise ValueError(f"CALENDAR_FILE: unknown key {wrong[0]!r}; known are {', '.join(sorted(known))}")
    values: dict[str, Any] = {}
    for key, value in table.items():
        try:
            values[key] = known[key](value)
        except (TypeError, ValueError, KeyError, OSError) as error:
            raise ValueError(f"CALENDAR_FILE: {key}: {error}") from error
    return Calendar(**values)


def _time(value: object) -> time:
    return value if isinstance(value, time) else time.fromisoformat(str(value))


def _dates(value: object) -> frozenset[date]:
    if not isinstance(value, list):
        raise ValueError("a list of dates")
    return frozenset(_date(item) for item in value)


def _date(item: object) -> date:
    if isinstance(item, datetime):  # it is a date to Python, but equals none: the holiday would be silently lost
        raise ValueError(f"{item} has a time of day; a date is wanted")
    return item if isinstance(item, date) else date.fromisoformat(str(item))
