"""adapters.redmine.tickets.saved_filters: what Redmine keeps with a query, as the list's own filters and terms, or a refusal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.redmine.tickets.saved_filters import Asker, Refusal, Translation, translate
from adapters.redmine.tickets.saved_terms import Among, Filled, Noted, Term, Touched, Watched, Within, Words

MOSCOW = ZoneInfo("Europe/Moscow")
ANNA = Asker(
    id=7,
    groups=frozenset({11}),
    member_of=frozenset({1, 2}),
    watchers_in=frozenset({1}),
    now=datetime(2026, 3, 31, 22, 30, tzinfo=UTC),  # 1 April in Moscow, a Wednesday
    zone=MOSCOW,
    redmine_zone=MOSCOW,
    first_weekday=1,
)


def asked(asker: Asker = ANNA, /, **filters: tuple[str, list[str]]) -> Translation:
    """The translation of these filters: field -> operator and values."""
    return translate({name: {"operator": operator, "values": values} for name, (operator, values) in filters.items()}, None, None, asker)


@pytest.mark.parametrize(
    ("filters", "query"),
    [
        ({"status_id": ("o", [""])}, {"status": "open"}),
        ({"status_id": ("c", [""])}, {"status": "closed"}),
        ({"status_id": ("=", ["5", "2"])}, {"status": "2,5"}),
        ({}, {"status": "all"}),
        ({"assigned_to_id": ("=", ["me"])}, {"status": "all", "assignee": "me"}),
        ({"assigned_to_id": ("=", ["me", "5"])}, {"status": "all", "assignee": "5,7,11"}),
        ({"assigned_to_id": ("!*", [""])}, {"status": "all", "assignee": "none"}),
        ({"author_id": ("=", ["me", "5"])}, {"status": "all", "author": "5,7"}),
        ({"project_id": ("=", ["mine"])}, {"status": "all", "project": "1,2"}),
        ({"tracker_id": ("=", ["1"]), "priority_id": ("=", ["4"])}, {"status": "all", "tracker": "1", "priority": "4"}),
        ({"status_id": ("o", [])}, {"status": "all"}),  # Redmine passes over a filter without any value
    ],
)
def test_what_the_list_can_say_itself_is_said_in_its_own_keys(filters: Any, query: dict[str, str]) -> None:
    """Then the page shows it as its own filters, and the index answers it."""
    assert asked(**filters) == Translation(query=query)


@pytest.mark.parametrize(
    ("filters", "term"),
    [
        ({"status_id": ("!", ["5"])}, Among("status_id", frozenset({5}), negated=True)),
        ({"assigned_to_id": ("*", [""])}, Filled("assigned_to_id")),
        ({"category_id": ("!*", [""])}, Filled("category_id", negated=True)),
        ({"description": ("!*", [""])}, Filled("description", negated=True, text=True)),
        ({"watcher_id": ("=", ["me"])}, Watched(7, frozenset({11}), frozenset({1}))),
        ({"subject": ("~", ['принтер "не печатает" а'])}, Words("subject", ("принтер", "не печатает"))),
        ({"subject": ("~", ["а"])}, Words("subject", ("а",))),
        ({"subject": ("^", ["два слова"])}, Words("subject", ("два слова",), "begin")),
        ({"notes": ("!~", ["слово"])}, Noted(Words("notes", ("слово",)), negated=True)),
        ({"is_private": ("=", ["1"])}, Among("is_private", frozenset({1}))),
        ({"issue_id": ("=", ["3, 5"])}, Among("id", frozenset({3, 5}))),
        ({"updated_on": ("!*", [""])}, Touched(negated=True)),
    ],
)
def test_what_it_cannot_say_becomes_a_term(filters: Any, term: Term) -> None:
    """Words as Redmine cuts them, `me` with the groups where Redmine takes them."""
    assert asked(**filters) == Translation(query={"status": "all"}, terms=(term,))


@pytest.mark.parametrize(
    ("operator", "values", "begin", "end"),
    [
        ("=", ["2026-02-28"], date(2026, 2, 28), date(2026, 3, 1)),
        (">=", ["2026-02-28"], date(2026, 2, 28), None),
        ("<=", ["2026-02-28"], None, date(2026, 3, 1)),
        ("><", ["2026-02-28", "2026-03-02"], date(2026, 2, 28), date(2026, 3, 3)),
        ("t", [""], date(2026, 4, 1), date(2026, 4, 2)),
        ("ld", [""], date(2026, 3, 31), date(2026, 4, 1)),
        ("w", [""], date(2026, 3, 30), date(2026, 4, 6)),
        ("lw", [""], date(2026, 3, 23), date(2026, 3, 30)),
        ("l2w", [""], date(2026, 3, 16), date(2026, 3, 30)),
        ("m", [""], date(2026, 4, 1), date(2026, 5, 1)),
        ("lm", [""], date(2026, 3, 1), date(2026, 4, 1)),
        ("y", [""], date(2026, 1, 1), date(2027, 1, 1)),
        (">t-", ["3"], date(2026, 3, 29), None),
        ("<t-", ["3"], None, date(2026, 3, 30)),
        ("><t-", ["3"], date(2026, 3, 29), date(2026, 4, 2)),
        ("t-", ["3"], date(2026, 3, 29), date(2026, 3, 30)),
    ],
)
def test_days_are_the_persons(operator: str, values: list[str], begin: date | None, end: date | None) -> None:
    """Counted from today where they are, whole, weeks from the day with which theirs begin."""
    (term,) = asked(created_on=(operator, values)).terms
    midnights = [None if day is None else datetime(day.year, day.month, day.day) for day in (begin, end)]
    assert term == Within("created_on", *midnights)


def test_a_zone_and_a_week_of_their_own_move_the_days() -> None:
    """In New York it is still March, and to an English week Sunday comes first."""
    away = Asker(
        id=7, now=datetime(2026, 3, 31, 22, 30, tzinfo=UTC), zone=ZoneInfo("America/New_York"), redmine_zone=MOSCOW, first_weekday=7
    )
    assert asked(away, created_on=("m", [""])).terms == (
        Within("created_on", datetime(2026, 3, 1, 8), datetime(2026, 4, 1, 7)),  # summer time begins there on 8 March
    )
    (week,) = asked(away, created_on=("w", [""])).terms
    assert week == Within("created_on", datetime(2026, 3, 29, 7), datetime(2026, 4, 5, 7))


@pytest.mark.parametrize(
    ("filters", "refusal"),
    [
        ({"cf_3": ("=", ["1"])}, Refusal("field", "cf_3")),
        ({"relates": ("*o", [""])}, Refusal("field", "relates")),
        ({"status_id": ("~", ["1"])}, Refusal("operator", "status_id")),
        ({"created_on": ("nw", [""])}, Refusal("operator", "created_on")),
        ({"project_id": ("=", ["bookmarks"])}, Refusal("value", "project_id")),
        ({"tracker_id": ("=", ["два"])}, Refusal("value", "tracker_id")),
        ({"tracker_id": ("=", [""])}, Refusal("invalid", "tracker_id")),
        ({"created_on": ("=", ["2026-02-30"])}, Refusal("invalid", "created_on")),
        ({"created_on": (">=", ["2026-02-28T10:00:00Z"])}, Refusal("value", "created_on")),
    ],
)
def test_what_is_not_known_for_certain_is_refused_by_name(filters: Any, refusal: Refusal) -> None:
    """A list that differs from Redmine's is worse than none."""
    assert asked(**filters) == Translation(refusal=refusal)


@pytest.mark.parametrize("filters", ["text", ["a"], {"status_id": "open"}, {"status_id": {"operator": "=", "values": "1"}}])
def test_what_cannot_be_read_is_refused(filters: Any) -> None:
    """Whatever stands in the column."""
    found = translate(filters, None, None, ANNA).refusal
    assert found is not None
    assert found.code == "unreadable"


def test_without_a_zone_or_a_first_weekday_only_what_needs_them_is_refused() -> None:
    """The account may be unable to read preferences or languages; everything else works."""
    blind = Asker(id=7, now=ANNA.now, zone=None, redmine_zone=MOSCOW, first_weekday=None)
    assert asked(blind, created_on=("t", [""])).refusal == Refusal("zone", "created_on")
    half = Asker(id=7, now=ANNA.now, zone=MOSCOW, redmine_zone=MOSCOW, first_weekday=None)
    assert asked(half, created_on=("w", [""])).refusal == Refusal("week", "created_on")
    assert asked(half, created_on=("t", [""])).refusal is None
    assert asked(blind, status_id=("o", [""])).refusal is None


def test_the_first_order_that_the_list_has_is_taken() -> None:
    """And a grouping by a custom field, which hides tickets in Redmine, is refused."""
    sort = [["priority", "desc"], ["updated_on", "asc"]]
    assert translate({}, sort, None, ANNA).query == {"status": "all", "sort": "priority", "dir": "desc"}
    assert translate({}, [["cf_1", "asc"]], "status", ANNA).query == {"status": "all"}
    assert translate({}, sort, "cf_1", ANNA).refusal == Refusal("grouping", "cf_1")
    assert translate(None, None, None, ANNA).query == {"status": "open"}
