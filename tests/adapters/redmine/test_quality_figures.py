"""Figures by values: what counts when, zones and summer time, weeks at the ends of years, quantiles, and one asking for many."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.redmine.quality import to_utc
from adapters.redmine.quality_cache import Cache
from adapters.redmine.quality_feed import changed_in
from adapters.redmine.quality_figures import Fact, Period, Step, closings, make_figures, quantile, week_of
from adapters.redmine.quality_scope import Scope
from adapters.redmine.recipients import Material
from adapters.redmine.values import Detail, Issue, Journal

MOSCOW, BERLIN = ZoneInfo("Europe/Moscow"), ZoneInfo("Europe/Berlin")
T0 = datetime(2026, 11, 2, 9, tzinfo=UTC)
WEEK = Period(datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 9, tzinfo=UTC))


def fact(number: int = 1, *, created: datetime = T0, closed_now: bool = False, who: int | None = 7, **more: object) -> Fact:
    """An issue of Monday morning."""
    values = {"issue_id": number, "project_id": 1, "tracker_id": 1, "author_id": 3, "assignee_id": who, "created": created}
    return Fact(**(values | {"closed_now": closed_now} | more))  # type: ignore[arg-type]


def hours(*steps: tuple[float, bool]) -> tuple[Step, ...]:
    """(hours after T0, closing)."""
    return tuple(Step(T0 + timedelta(hours=after), closing) for after, closing in steps)


def test_only_crossing_the_line_closes_or_reopens() -> None:
    """From open into closed is a closing, back is a reopening; between two closed statuses, or two open ones, nothing happens."""
    steps = closings([(T0, 1, 2), (T0, 2, 5), (T0, 5, 6), (T0, 6, 1), (T0, None, 5)], {5, 6})
    assert [step.closing for step in steps] == [True, False, True]


def test_an_issue_open_now_is_not_closed_and_counts_as_reopened() -> None:
    """Closed and opened again: no time to close, yet one of those closed once, and reopened; closed anew it has the last closing's time."""
    again = fact(1, steps=hours((1, True), (2, False)))
    anew = fact(2, closed_now=True, steps=hours((1, True), (2, False), (10, True)))
    total = make_figures([again, anew], period=WEEK, by="person", zone=UTC).total
    assert (total.close.count, total.close.median_s, total.closed_ever, total.reopened) == (1, 36_000, 2, 2)


def test_each_number_has_its_own_moment() -> None:
    """Created before the period and closed in it: counts as closed, not as created; created in it and closed after: the other way."""
    before = fact(1, created=T0 - timedelta(days=30), closed_now=True, answered=T0, steps=hours((1, True)))
    after = fact(2, closed_now=True, answered=T0 + timedelta(seconds=90), steps=hours((24 * 30, True)))
    total = make_figures([before, after], period=WEEK, by="person", zone=UTC).total
    assert (total.created, total.answer.count, total.answer.median_s) == (1, 1, 90)
    assert (total.close.count, total.close.median_s) == (1, 30 * 86_400 + 3600)


def test_a_reopening_counts_in_the_week_of_its_closing() -> None:
    """Closed in one week and reopened in the next: the first week's share has it, and the week of the second closing has not."""
    two = Period(WEEK.begin, WEEK.end + timedelta(days=7))
    one = fact(closed_now=True, steps=hours((1, True), (24 * 7, False), (24 * 8, True)))
    rows = make_figures([one], period=two, by="week", zone=UTC).rows
    assert [(row.key, row.closed_ever, row.reopened, row.close.count) for row in rows] == [("2026-W45", 1, 1, 0), ("2026-W46", 1, 0, 1)]


def test_weeks_without_anything_are_there() -> None:
    """Eight weeks are eight rows, in order, whatever happened in them."""
    rows = make_figures([], period=Period(WEEK.begin, WEEK.begin + timedelta(days=56)), by="week", zone=UTC).rows
    assert [row.key for row in rows] == [f"2026-W{number}" for number in range(45, 53)]
    assert {row.created for row in rows} == {0}


def test_a_person_of_two_groups_counts_in_both_and_a_group_in_itself() -> None:
    """By group: both groups of a person have the issue, an assigned group has its own, and whoever is in none is in the row of nobody."""
    groups = {7: frozenset({11, 12}), 11: frozenset({11})}
    facts = [fact(1), fact(2, who=11), fact(3, who=8), fact(4, who=None)]
    rows = make_figures(facts, period=WEEK, by="group", zone=UTC, groups=groups).rows
    assert {row.key: row.created for row in rows} == {11: 2, 12: 1, None: 2}
    assert {row.key: row.created for row in make_figures(facts, period=WEEK, by="person", zone=UTC).rows} == {7: 1, 11: 1, 8: 1, None: 1}


@pytest.mark.parametrize(
    ("at", "zone", "week"),
    [
        (datetime(2026, 11, 1, 21, 30, tzinfo=UTC), MOSCOW, "2026-W45"),  # Monday 00:30 there
        (datetime(2026, 11, 1, 21, 30, tzinfo=UTC), UTC, "2026-W44"),
        (datetime(2027, 1, 1, 12, tzinfo=UTC), UTC, "2026-W53"),
        (datetime(2025, 12, 29, 12, tzinfo=UTC), UTC, "2026-W01"),
    ],
)
def test_a_week_is_that_of_the_zone(at: datetime, zone: ZoneInfo, week: str) -> None:
    """ISO 8601 weeks, cut at midnight of the chosen zone, with the year that the week belongs to."""
    assert week_of(at, zone) == week


def test_wall_time_is_made_utc_before_it_is_subtracted() -> None:
    """Over the end of summer time three hours of wall time are four real ones; subtracted as wall times they would be three."""
    begin, end = (to_utc(datetime(2026, 10, 25, hour), BERLIN) for hour in (0, 3))
    assert begin is not None
    assert end is not None
    assert end - begin == timedelta(hours=4)
    assert to_utc(None, BERLIN) is None


def test_quantiles_are_those_of_percentile_cont() -> None:
    """Between two ranks the value is between their values; one value is every quantile; nothing has none."""
    assert quantile([1.0, 2.0, 3.0, 4.0], 0.5) == 2.5
    assert quantile([10.0, 20.0], 0.9) == pytest.approx(19.0)
    assert quantile([5.0], 0.9) == 5.0
    assert quantile([], 0.5) is None


def test_an_issue_that_left_the_scope_is_told_once_more() -> None:
    """Changes within the scope are told, also of an issue that was moved out of it; private and foreign ones are not."""

    def issue(number: int, project: int, *, private: bool = False) -> Issue:
        return Issue(
            id=number,
            project_id=project,
            tracker_id=1,
            status_id=1,
            priority_id=1,
            author_id=1,  # type: ignore[arg-type]
            assigned_to_id=None,
            private=private,
            subject="",
            description="",
            created=None,
        )

    def journal(number: int, about: int, *details: Detail) -> Journal:
        return Journal(id=number, issue_id=about, actor_id=1, notes="", private=False, created=None, details=details)

    moved = Detail(1, "attr", "project_id", "1", "2")
    material = Material(
        journals=(journal(1, 10), journal(2, 11), journal(3, 12, moved), journal(4, 13), journal(5, 99)),
        new_issues=(14,),
        issues={one.id: one for one in (issue(10, 1), issue(11, 2), issue(12, 2), issue(13, 1, private=True), issue(14, 1))},
    )
    assert changed_in(Scope(projects={1: "a"}, trackers={1: "b"}), material) == [10, 12, 14]


async def test_one_asking_serves_all_and_a_failure_nobody_else() -> None:
    """Those who come while an answer is under way share it; a waiter who leaves takes nothing away; what failed is asked anew."""
    now = 0.0
    cache: Cache[int] = Cache(name="test", life_s=60, floor_s=2, clock=lambda: now)
    asked, gate = 0, asyncio.Event()

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await gate.wait()
        if asked == 1:
            raise OSError("away")
        return asked

    waiting = [asyncio.create_task(cache.get("a", ask), name=f"waiter_{number}") for number in range(10)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    gate.set()
    ends = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(ends[0], asyncio.CancelledError)
    assert [str(end) for end in ends[1:]] == ["away"] * 9
    assert asked == 1
    assert [await cache.get("a", ask) for _ in range(3)] == [2, 2, 2]
    cache.invalidate()
    assert await cache.get("a", ask) == 2  # younger than the floor
    now = 2.0
    assert await cache.get("a", ask) == 3
    now = 61.0
    assert await cache.get("a", ask) == 3
    now = 62.0
    assert await cache.get("a", ask) == 4


async def test_an_answer_asked_before_a_change_is_not_taken_for_newer() -> None:
    """A change comes while an answer is under way: who asks after it gets an answer asked after it, whichever ends first."""
    cache: Cache[str] = Cache(name="test", clock=lambda: 0.0)
    gates = {"old": asyncio.Event(), "new": asyncio.Event()}

    async def ask(which: str) -> str:
        await gates[which].wait()
        return which

    old = asyncio.create_task(cache.get("a", lambda: ask("old")), name="old")
    await asyncio.sleep(0)
    cache.invalidate()
    new = asyncio.create_task(cache.get("a", lambda: ask("new")), name="new")
    await asyncio.sleep(0)
    gates["new"].set()
    assert await new == "new"
    gates["old"].set()
    assert await old == "old"
    assert await cache.get("a", lambda: ask("old")) == "new"
    await cache.close()
