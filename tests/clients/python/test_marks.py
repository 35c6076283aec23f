"""Marks and the pace of frames, by values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigator_client.marks import Level, Marks
from navigator_client.messages import Ack, State
from navigator_client.timing import Pace


def said(marks: Marks, now: float = 0.0) -> list[tuple[str, list[str]]]:
    """All the frames that are due."""
    frames: list[tuple[str, list[str]]] = []
    while (ack := marks.take(now)) is not None:
        assert isinstance(ack, Ack)
        assert isinstance(ack.ids, list)
        frames.append((ack.level, ack.ids))
    return frames


def test_many_leave_in_one_frame() -> None:
    """Marks of one level go together, 200 in a frame, the oldest first; read swallows shown."""
    marks = Marks()
    for number in range(450):
        marks.add("shown", str(number))
    marks.add("read", "0")
    marks.add("shown", "0")
    assert [(level, len(ids)) for level, ids in said(marks)] == [("read", 1), ("shown", 200), ("shown", 200), ("shown", 49)]
    assert said(marks) == []


def test_full_means_wait() -> None:
    """500 unsent ones are all that is kept; sending makes room."""
    marks = Marks()
    for number in range(500):
        assert not marks.full
        marks.add("read", str(number))
    assert marks.full
    marks.take(0.0)
    assert not marks.full


@pytest.mark.parametrize(
    ("level", "change", "again"),
    [
        ("shown", "shown", False),
        ("shown", "read", False),
        ("shown", "done", False),
        ("read", "read", False),
        ("read", "done", False),
        ("read", "shown", True),
        ("shown", "unread", True),
        ("read", "undone", True),
    ],
)
def test_a_state_that_covers_it_is_an_answer(level: Level, change: str, again: bool) -> None:
    """Only what is at least as much as was said confirms it."""
    marks = Marks()
    marks.add(level, "a")
    marks.take(0.0)
    marks.confirm(State(change, 0, ids=["a", "other"]))
    marks.again()
    assert bool(said(marks)) is again


def test_a_connection_that_goes_on_has_brought_it_over() -> None:
    """Heard of 10 s later nothing of it is said again."""
    marks = Marks()
    marks.add("read", "a")
    marks.take(1.0)
    marks.add("read", "b")
    marks.take(5.0)
    marks.settle(11.0)
    marks.again()
    assert said(marks) == [("read", ["b"])]


@given(st.lists(st.sampled_from(["shown a", "read a", "shown b", "read b", "take", "again", "cut"])))
def test_what_was_marked_last_is_what_the_hub_knows(steps: list[str]) -> None:
    """Whatever is lost on the way: after the last reconnect the hub has each mark at its highest level."""
    marks = Marks()
    wanted: dict[str, str] = {}
    known: dict[str, str] = {}

    def hear(ack: Ack | None) -> None:
        if ack is None:
            return
        assert isinstance(ack.ids, list)
        for event_id in ack.ids:
            known[event_id] = "read" if "read" in (known.get(event_id), ack.level) else "shown"

    for step in steps:
        match step.split():
            case ["take"]:
                hear(marks.take(0.0))
            case ["cut"]:
                marks.take(0.0)  # and never arrives
                marks.again()
            case ["again"]:
                marks.again()
            case [("shown" | "read") as level, event_id]:
                marks.add(level, event_id)
                wanted[event_id] = "read" if "read" in (wanted.get(event_id), level) else "shown"
    marks.again()
    while (ack := marks.take(0.0)) is not None:
        hear(ack)
    assert known == wanted


@given(st.lists(st.floats(0, 2), min_size=300, max_size=600))
def test_the_pace_stays_below_the_hubs(gaps: list[float]) -> None:
    """However frames are asked for, the hub's bucket (200, then 50 a second) never runs dry."""
    pace, now, tokens, at = Pace(), 0.0, 200.0, 0.0
    for gap in gaps:
        now += gap * (gap > 1)  # bursts, with pauses in between
        now += pace.take(now)
        tokens = min(200.0, tokens + (now - at) * 50) - 1
        at = now
        assert tokens >= 0
