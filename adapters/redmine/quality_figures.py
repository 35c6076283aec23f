"""From what happened to issues to figures: first answer, closing, reopening; by person, group or ISO week. Pure.

What counts, and when (docs/quality.md says it to people):

- An issue is *answered* by the first journal of somebody who is not its author that has public notes or changes its status.
- It is *closed* by a step from an open status into a closed one, and *reopened* by one back. Between two closed statuses nothing happens.
- `created` and the times to the first answer are those of issues created in the period; `closed` and the times to close those of issues
  that are closed now and whose last closing lies in the period; the reopened share is that of issues that were closed at least once
  in the period: how many of them were reopened after such a closing.
- A row's person is the assignee of today: one issue is one person's in every column.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

__all__ = ["By", "Fact", "Figures", "Key", "Period", "Row", "Step", "Times", "closings", "make_figures", "quantile", "week_of"]

By = Literal["person", "group", "week"]
Key = int | str | None
"""Of a row: a principal's id, a week as `2026-W48`, or None for issues of nobody."""


@dataclass(frozen=True, slots=True)
class Period:
    """From `begin` on, up to `end` and without it; both aware."""

    begin: datetime
    end: datetime

    def holds(self, at: datetime | None) -> bool:
        """Whether the moment lies in it."""
        return at is not None and self.begin <= at < self.end


@dataclass(frozen=True, slots=True)
class Step:
    """A change of status. `closing` into a closed one from an open one; else it is a reopening."""

    at: datetime
    closing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """What figures need of one issue. All times aware, in UTC."""

    issue_id: int
    project_id: int
    tracker_id: int
    author_id: int
    assignee_id: int | None
    created: datetime
    closed_now: bool
    answered: datetime | None = None
    steps: tuple[Step, ...] = field(default=())
    """Closings and reopenings, oldest first."""

    @property
    def closed(self) -> datetime | None:
        """The last closing, while the issue is closed."""
        return next((step.at for step in reversed(self.steps) if step.closing), None) if self.closed_now else None

    @property
    def reopenings(self) -> int:
        """How often it was opened again."""
        return sum(not step.closing for step in self.steps)


@dataclass(frozen=True, slots=True)
class Times:
    """A distribution in whole seconds; None where there is nothing to measure."""

    count: int
    median_s: int | None
    p90_s: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The figures of one person, group or week, or of all."""

    key: Key
    created: int
    answer: Times
    close: Times
    closed_ever: int
    """Issues closed at least once in the period: what `reopened` is a part of."""
    reopened: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The whole, and its rows: weeks in order and without gaps, people and groups by what they closed."""

    total: Row
    rows: tuple[Row, ...]


def closings(steps: Iterable[tuple[datetime, int | None, int | None]], closed: Collection[int]) -> tuple[Step, ...]:
    """(moment, old status, new status) in the order of time -> closings and reopenings."""
    found = []
    for at, old, new in steps:
        before, after = old in closed, new in closed
        if before != after:
            found.append(Step(at, after))
    return tuple(found)


def quantile(values: Sequence[float], q: float) -> float | None:
    """Linear between the two nearest ranks, as PERCENTILE_CONT of SQL; None of nothing. `values` are sorted."""
    if not values:
        return None
    at = (len(values) - 1) * q
    low = int(at)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (at - low)


def week_of(at: datetime, zone: tzinfo) -> str:
    """The ISO week in which the moment falls there: `2026-W48`."""
    year, week, _ = at.astimezone(zone).isocalendar()
    return f"{year}-W{week:02}"


def make_figures(
    facts: Sequence[Fact], *, period: Period, by: By, zone: tzinfo, groups: Mapping[int, frozenset[int]] | None = None
) -> Figures:
    """The figures. `zone` decides the weeks. `groups` says for a principal under which groups it counts (a group: under itself);
    whoever is in two of them counts in both, so that rows may add up to more than the whole.
    """
    total = _row(None, facts, period)
    sorted_facts: dict[Key, list[Fact]] = {}
    if by == "week":
        spans = _spans(period, zone)
        for fact in facts:
            moments = (fact.created, fact.closed, *(step.at for step in fact.steps if step.closing))
            for key in {week_of(at, zone) for at in moments if at is not None and period.holds(at)}:
                sorted_facts.setdefault(key, []).append(fact)
        return Figures(total, tuple(_row(key, sorted_facts.get(key, ()), span) for key, span in spans.items()))
    for fact in facts:
        who = fact.assignee_id
        keys: Collection[int | None] = (who,) if by == "person" or who is None else (groups or {}).get(who) or (None,)
        for principal in keys:
            sorted_facts.setdefault(principal, []).append(fact)
    rows = [_row(key, some, period) for key, some in sorted_facts.items()]
    counted = [row for row in rows if row.created or row.close.count or row.closed_ever]
    return Figures(total, tuple(sorted(counted, key=lambda row: (row.key is None, -row.close.count, -row.created, str(row.key)))))


def _spans(period: Period, zone: tzinfo) -> dict[str, Period]:
    """Each week with the part of it that lies in the period."""
    day = period.begin.astimezone(zone).date()
    day -= timedelta(days=day.weekday())
    spans = {}
    while (begin := _midnight(day, zone)) < period.end:
        day += timedelta(days=7)
        spans[week_of(begin, zone)] = Period(max(begin, period.begin), min(_midnight(day, zone), period.end))
    return spans


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _row(key: Key, facts: Sequence[Fact], period: Period) -> Row:
    created = [fact for fact in facts if period.holds(fact.created)]
    closed = [(fact, at) for fact in facts if (at := fact.closed) is not None and period.holds(at)]
    ever = [first for fact in facts if (first := _closed_in(fact, period)) is not None]
    return Row(
        key=key,
        created=len(created),
        answer=_times((fact.answered - fact.created).total_seconds() for fact in created if fact.answered is not None),
        close=_times((at - fact.created).total_seconds() for fact, at in closed),
        closed_ever=len(ever),
        reopened=sum(ever),
    )


def _closed_in(fact: Fact, period: Period) -> bool | None:
    """Whether the issue was reopened after its first closing in the period; None when it was not closed in it."""
    for number, step in enumerate(fact.steps):
        if step.closing and period.holds(step.at):
            return any(not later.closing for later in fact.steps[number + 1 :])
    return None


def _times(seconds: Iterable[float]) -> Times:
    values = sorted(max(0.0, value) for value in seconds)
    median, p90 = quantile(values, 0.5), quantile(values, 0.9)
    return Times(len(values), None if median is None else round(median), None if p90 is None else round(p90))
