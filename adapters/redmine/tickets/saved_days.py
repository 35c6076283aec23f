"""The days that an operator of Redmine's date filters means (`Query#sql_for_field` of Redmine 5.0). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Literal

__all__ = ["FUTURE", "PAST", "NoSpan", "span"]

PAST = frozenset({"=", ">=", "<=", "><", ">t-", "<t-", "><t-", "t-", "t", "ld", "w", "lw", "l2w", "m", "lm", "y"})
"""Operators of what has happened."""
FUTURE = frozenset({"<t+", ">t+", "><t+", "t+", "nd", "nw", "nm"})
"""Operators that a planned day has beside them."""
_WEEKS = {"w": (0, 6), "lw": (-7, -1), "l2w": (-14, -1), "nw": (7, 13)}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:]*(?:Z|\d{2}:?\d{2})?")
Span = tuple[date | None, date | None]
"""Both within; None is open."""


class NoSpan(Exception):
    """`invalid`: Redmine refuses it too; `value`: it may know what is meant; `week`: the first day of the week is not known."""

    def __init__(self, why: Literal["invalid", "value", "week"]) -> None:
        super().__init__(why)
        self.why = why


def span(operator: str, values: Sequence[str], today: date, first_weekday: int | None) -> Span:
    """The days that an operator of PAST or FUTURE means. `first_weekday`: 1 is Monday. Raises NoSpan, OverflowError."""
    if operator in ("=", ">=", "<=", "><"):
        first = _day(values[0])
        last = _day(values[1] if len(values) > 1 else "") if operator == "><" else first
        return None if operator == "<=" else first, None if operator == ">=" else last
    if operator in _WEEKS:
        if first_weekday is None:
            raise NoSpan("week")
        monday = today - timedelta(days=(today.isoweekday() - first_weekday) % 7)
        begin, end = _WEEKS[operator]
        return monday + timedelta(days=begin), monday + timedelta(days=end)
    if operator in _PERIODS:
        return _PERIODS[operator](today)
    if not re.fullmatch(r"\d{1,5}", values[0], re.ASCII):
        raise NoSpan("invalid")
    days = timedelta(days=int(values[0]))
    spans: Mapping[str, Span] = {
        ">t-": (today - days, None),
        "<t-": (None, today - days),
        "><t-": (today - days, today),
        "t-": (today - days, today - days),
        ">t+": (today + days, None),
        "<t+": (None, today + days),
        "><t+": (today, today + days),
        "t+": (today + days, today + days),
    }
    return spans[operator]


def _month(day: date) -> Span:
    first = day.replace(day=1)
    return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


_PERIODS: Mapping[str, Callable[[date], Span]] = {
    "t": lambda today: (today, today),
    "ld": lambda today: (today - timedelta(days=1), today - timedelta(days=1)),
    "nd": lambda today: (today + timedelta(days=1), today + timedelta(days=1)),
    "m": _month,
    "lm": lambda today: _month(today.replace(day=1) - timedelta(days=1)),
    "nm": lambda today: _month(today.replace(day=1) + timedelta(days=31)),
    "y": lambda today: (today.replace(month=1, day=1), today.replace(month=12, day=31)),
}


def _day(value: str) -> date:
    if not _DAY.fullmatch(value):
        raise NoSpan("value" if not value or _MOMENT.fullmatch(value) else "invalid")
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise NoSpan("invalid") from None
