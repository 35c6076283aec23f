"""Maintenance windows: when they are, by the clocks of their zones, and what is held while they last (UX B6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.netmonitor.judge.maintenance import Planned, next_span
from adapters.netmonitor.values import State, Window
from tests.adapters.netmonitor.judge.rig import Rig, at, host

BERLIN = ZoneInfo("Europe/Berlin")


def utc(text: str) -> datetime:
    """A time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(starts: str, ends: str, *weekly: int, zone: str = "UTC", until: str | None = None) -> Window:
    """A window of everything, at the hours of its zone."""
    first, last = (datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) for text in (starts, ends))
    return Window(
        id=7, host=None, group=None, starts=first, ends=last, weekly=weekly, zone=zone, until=None if until is None else utc(until)
    )


@pytest.mark.parametrize(
    ("planned", "now", "span"),
    [
        # once
        (window("2026-11-23 22:00", "2026-11-24 02:00"), "2026-11-01 00:00", ("2026-11-23 22:00", "2026-11-24 02:00")),
        (window("2026-11-23 22:00", "2026-11-24 02:00"), "2026-11-24 01:59", ("2026-11-23 22:00", "2026-11-24 02:00")),
        (window("2026-11-23 22:00", "2026-11-24 02:00"), "2026-11-24 02:00", None),
        # Mondays and Thursdays from ten in the evening to two
        (window("2026-11-23 22:00", "2026-11-24 02:00", 0, 3), "2026-11-24 02:00", ("2026-11-26 22:00", "2026-11-27 02:00")),
        (window("2026-11-23 22:00", "2026-11-24 02:00", 0, 3), "2026-11-27 01:00", ("2026-11-26 22:00", "2026-11-27 02:00")),
        (window("2026-11-23 22:00", "2026-11-24 02:00", 0, 3), "2027-11-30 12:00", ("2027-12-02 22:00", "2027-12-03 02:00")),
        # the first time is what was written, whatever its weekday
        (window("2026-11-25 22:00", "2026-11-25 23:00", 0), "2026-11-23 22:30", ("2026-11-25 22:00", "2026-11-25 23:00")),
        (window("2026-11-25 22:00", "2026-11-25 23:00", 0), "2026-11-25 23:00", ("2026-11-30 22:00", "2026-11-30 23:00")),
        # it begins no more after `until`, but one that has begun ends as planned
        (
            window("2026-11-23 22:00", "2026-11-24 02:00", 0, until="2026-11-30 22:00"),
            "2026-12-01 01:00",
            ("2026-11-30 22:00", "2026-12-01 02:00"),
        ),
        (window("2026-11-23 22:00", "2026-11-24 02:00", 0, until="2026-11-30 21:59"), "2026-11-24 02:00", None),
        # times that touch or overlap are one
        (window("2026-11-23 20:00", "2026-11-24 20:00", 0, 1, 2), "2026-11-23 21:00", ("2026-11-23 20:00", "2026-11-26 20:00")),
        (window("2026-11-23 20:00", "2026-11-25 21:00", 0, 1), "2026-11-26 00:00", ("2026-11-24 20:00", "2026-11-26 21:00")),
        # the same hours on the wall in summer and in winter
        (
            window("2026-10-19 09:00", "2026-10-19 10:00", 0, zone="Europe/Berlin"),
            "2026-10-20 00:00",
            ("2026-10-26 08:00", "2026-10-26 09:00"),
        ),
        # Sunday 25 October 2026: 02:00 to 03:00 comes twice in Berlin
        (
            window("2026-10-18 02:30", "2026-10-18 02:45", 6, zone="Europe/Berlin"),
            "2026-10-19 00:00",
            ("2026-10-25 00:30", "2026-10-25 01:45"),
        ),
        (
            window("2026-10-18 01:30", "2026-10-18 04:00", 6, zone="Europe/Berlin"),
            "2026-10-19 00:00",
            ("2026-10-24 23:30", "2026-10-25 03:00"),
        ),
        # Sunday 28 March 2027: 02:00 to 03:00 does not come
        (
            window("2027-03-21 01:30", "2027-03-21 02:30", 6, zone="Europe/Berlin"),
            "2027-03-22 00:00",
            ("2027-03-28 00:30", "2027-03-28 01:30"),
        ),
        (
            window("2027-03-21 02:15", "2027-03-21 02:45", 6, zone="Europe/Berlin"),
            "2027-03-22 00:00",
            ("2027-03-28 01:15", "2027-03-28 01:45"),
        ),
        # and what is left of a window whose end lies before its beginning then is nothing
        (
            window("2027-03-21 02:15", "2027-03-21 03:00", 6, zone="Europe/Berlin"),
            "2027-03-22 00:00",
            ("2027-04-04 00:15", "2027-04-04 01:00"),
        ),
    ],
)
def test_spans(planned: Window, now: str, span: tuple[str, str] | None) -> None:
    """The span that a time lies in, or the next."""
    assert next_span(planned, utc(now)) == (None if span is None else (utc(span[0]), utc(span[1])))


def test_one_that_never_ends() -> None:
    """Every day around the clock: it ends some day, and goes on then."""
    always = Planned(window("2026-11-23 00:00", "2026-11-24 00:00", *range(7)), utc("2026-12-24 12:00"))
    now = utc("2026-12-24 12:00")
    for _ in range(3):
        edge = always.edge(now)
        assert edge is not None
        assert now + timedelta(days=7) <= edge <= now + timedelta(days=10)
        found = always.at(edge - timedelta(microseconds=1))
        assert found is not None
        now = edge


def test_a_zone_that_is_none() -> None:
    """The error names the window and the zone."""
    rig = Rig(host("a"))
    with pytest.raises(ValueError, match=r"maintenance 7: zone: 'Europe/Nowhere' is no IANA time zone"):
        rig.maintain(Window(id=7, host=None, group=None, starts=at(0), ends=at(60), weekly=(0,), zone="Europe/Nowhere"))


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2026, 3, 1)),
    st.timedeltas(timedelta(minutes=5), timedelta(days=6)),
    st.sets(st.integers(0, 6)),
    st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),
)
def test_spans_are_what_they_say(starts: datetime, lasts: timedelta, weekly: set[int], now: datetime) -> None:
    """Against the rule spelled out minute by wall-clock minute: a time is in maintenance if it lies in any of the window's times."""
    moment = now.replace(tzinfo=UTC)
    planned = Window(
        id=1,
        host=None,
        group=None,
        starts=starts.replace(tzinfo=BERLIN).astimezone(UTC),
        ends=(starts + lasts).replace(tzinfo=BERLIN).astimezone(UTC),
        weekly=tuple(weekly),
        zone="Europe/Berlin",
    )
    within = planned.starts <= moment < planned.ends
    for back in range(9):
        day = moment.astimezone(BERLIN).date() - timedelta(days=back)
        if day > starts.date() and day.weekday() in weekly:
            begins = datetime.combine(day, starts.time(), BERLIN).astimezone(UTC)
            wall = datetime.combine(day, starts.time()) + lasts
            ends = max(wall.replace(tzinfo=BERLIN, fold=fold).astimezone(UTC) for fold in (0, 1))
            within |= begins <= moment < ends
    span = next_span(planned, moment)
    assert within is (span is not None and span[0] <= moment < span[1])
    if span is not None:
        assert span[0] < span[1]
        assert span[1] > moment


SCENES = [
    # the window is from 30 to 100
    ("down and up inside", "....xxxx.......", []),
    ("down inside, still down at its end", "....xxxxxxxxxx..", ["100 down a", "150 up a"]),
    ("down inside, answers at its end", "....xxxxxx.....", []),
    ("down before, up inside: at once, for an open notice may be closed", ".xxxxx.........", ["30 down a", "70 up a"]),
    ("down before, up inside, down again", ".xxxxx..xxxxx..", ["30 down a", "70 up a", "100 down a", "140 up a"]),
    ("down before and after", ".xxxxxxxxxxxxx.", ["30 down a"]),
    ("degraded inside and after", "....~~~~~~~~~..", ["100 degraded a", "140 recovered a"]),
    ("worse inside", ".~~~~xxxxxxxx..", ["30 degraded a", "100 down a", "140 up a"]),
]


@pytest.mark.parametrize(("letters", "said"), [scene[1:] for scene in SCENES], ids=[scene[0] for scene in SCENES])
@pytest.mark.parametrize("where", [{"host": "a", "group": None}, {"host": None, "group": "Москва"}, {"host": None, "group": None}])
def test_announcements_are_held(letters: str, said: list[str], where: dict[str, Any]) -> None:
    """Of the host, of a group with its subgroups, of everything."""
    rig = Rig(host("a", group="Москва/Офис 2"), host("other", group="Москва-2"), host("anchor:gw"))
    rig.maintain(Window(id=1, starts=at(30.5), ends=at(100), **where))
    assert rig.play(anchor__gw="." * len(letters), a=letters) == said


def test_what_is_seen() -> None:
    """The state is maintenance, since it began; what the rounds say is beneath it."""
    rig = Rig(host("a", group="x"), host("b", group="xy"), host("anchor:gw"))
    rig.maintain(Window(id=1, host=None, group="x", starts=at(30), ends=at(100), why="new switch"))
    rig.play(anchor__gw="......", a="..xxxx", b="......")
    view = rig.network.view("a")
    assert (view.state, view.level, view.reason, view.since) == (State.MAINTENANCE, State.DOWN, "silent", at(30))
    assert view.maintenance is not None
    assert (view.maintenance.until, view.maintenance.why) == (at(100), "new switch")
    assert rig.network.view("b").maintenance is None
    rig.play(anchor__gw=".....", a="xxxx.", b=".....")
    assert rig.states("a") == ["30 maintenance", "100 down"]


def test_a_parent_in_maintenance_keeps_its_children_quiet() -> None:
    """They are unreachable; when the window ends it is one notice."""
    rig = Rig(host("gw"), host("a", "gw"), host("anchor:gw"))
    rig.maintain(Window(id=1, host="gw", group=None, starts=at(0), ends=at(80)))
    assert rig.play(anchor__gw="." * 13, gw="..xxxxxxxxx..", a="..xxxxxxxxx..") == ["80 down gw +a", "120 up gw"]


def test_a_window_that_is_taken_back() -> None:
    """What it held is told at once."""
    rig = Rig(host("a"), host("anchor:gw"))
    rig.maintain(Window(id=1, host="a", group=None, starts=at(0), ends=at(1000)))
    assert rig.play(anchor__gw="......", a="..xxxx") == []
    rig.maintain()
    assert rig.play(anchor__gw="...", a="x..") == ["60 down a", "80 up a"]


def test_overlapping_windows() -> None:
    """It lasts until the last of them ends."""
    rig = Rig(host("a"))
    rig.maintain(*(Window(id=i, host="a", group=None, starts=at(i * 10), ends=at(i * 20), why=str(i)) for i in (1, 2, 3)))
    rig.play(a="....")
    maintenance = rig.network.view("a").maintenance
    assert maintenance is not None
    assert (maintenance.until, maintenance.why) == (at(60), "3")
    rig.play(a="....")
    assert rig.states("a") == ["10 maintenance", "60 up"]
