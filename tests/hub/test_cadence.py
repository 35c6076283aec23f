"""How often a source is looked at, and the company's calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from hub.cadence import Cadence, Calendar, load_calendar
from tests.clock import START

MOSCOW = ZoneInfo("Europe/Moscow")


def moscow(day: int, hour: int, minute: int = 0) -> datetime:
    """A time in November 2026 in Moscow, in UTC; the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=MOSCOW).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "resting"),
    [
        (moscow(27, 19, 59), False),
        (moscow(27, 20), True),
        (moscow(28, 12), True),
        (moscow(29, 12), True),
        (moscow(30, 6, 59), True),
        (moscow(30, 7), False),
        (moscow(26, 3), False),
        (moscow(24, 12), True),
        (moscow(22, 12), False),
    ],
)
def test_the_company_rests_from_friday_evening_and_on_holidays(at: datetime, resting: bool) -> None:
    """Weekends, Friday evening, Monday morning and holidays are rest; a Sunday that was moved is work."""
    calendar = Calendar(holidays=frozenset({date(2026, 11, 24)}), workdays=frozenset({date(2026, 11, 22)}))
    assert calendar.resting(at) is resting


@pytest.mark.parametrize(
    ("now", "connected", "changed_s", "interval"),
    [
        (START, True, None, 0.5),
        (START, False, None, 3.0),
        (START, False, 119, 0.5),
        (START, False, 120, 3.0),
        (moscow(28, 12), False, None, 15.0),
        (moscow(28, 12), True, None, 0.5),
        (moscow(28, 12), False, 5, 0.5),
    ],
)
def test_intervals(now: datetime, connected: bool, changed_s: float | None, interval: float) -> None:
    """Busy while somebody is connected or something changed lately, days off included; slower at rest, slowest at rest on days off."""
    changed = None if changed_s is None else now - timedelta(seconds=changed_s)
    assert Cadence().interval_s(now, connected=connected, changed_at=changed) == interval


def test_a_calendar_file_is_read(tmp_path: Path) -> None:
    """Dates may stand as TOML dates or as text, times likewise."""
    path = tmp_path / "calendar.toml"
    path.write_text(
        'zone = "Asia/Tokyo"\nrest_from = "18:30"\nrest_until = 08:00:00\nholidays = [2027-01-01, "2027-01-07"]\nworkdays = []\n'
    )
    assert load_calendar(path) == Calendar(
        zone=ZoneInfo("Asia/Tokyo"),
        rest_from=time(18, 30),
        rest_until=time(8),
        holidays=frozenset({date(2027, 1, 1), date(2027, 1, 7)}),
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("holiday = []", "unknown key 'holiday'"),
        ('holidays = "2027-01-01"', "holidays"),
        ('holidays = ["yesterday"]', "holidays"),
        ("holidays = [2027-01-01T10:00:00Z]", "holidays"),
        ("holidays = [5]", "holidays"),
        ('zone = "Mars/Olympus"', "zone"),
        ("zone = 5", "zone"),
        ('zone = "../../etc/passwd"', "zone"),
        ('rest_from = "late"', "rest_from"),
        ("rest_from = [", "CALENDAR_FILE"),
    ],
)
def test_a_bad_calendar_names_its_mistake(tmp_path: Path, text: str, what: str) -> None:
    """An unknown key, a wrong type or a broken file ends in one sentence that names it."""
    path = tmp_path / "calendar.toml"
    path.write_text(text)
    with pytest.raises(ValueError, match=what):
        load_calendar(path)


def test_a_missing_calendar_is_said(tmp_path: Path) -> None:
    """A path that leads nowhere is a mistake in the settings, not a crash."""
    with pytest.raises(ValueError, match="CALENDAR_FILE"):
        load_calendar(tmp_path / "nowhere.toml")
