"""What the topics of tickets say, and how their states fold. By values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

from adapters.redmine.ticket_feed import MAX_IDS, VIEWS, changed_event, fold_list, fold_ticket, list_events, newest
from adapters.redmine.versions import Version
from hub.event import Event

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def _viewing(user_id: int, node: str, **data: object) -> Event:
    return Event(
        source="/navigator", id=f"{user_id}{node}{data}", type="ticket.viewing", time=NOW, data={"user_id": user_id, "node": node} | data
    )


def test_whatever_order_changes_come_in_the_newest_version_stands() -> None:
    """Two nodes may tell of two changes in either order."""
    told = [changed_event(7, version, by=5, now=NOW).event for version in (Version(1, 5), Version(2, 5), Version(10, 9))]
    for order in permutations(told):
        state: dict[str, object] = {"viewers": {}}
        for event in order:
            fold_ticket(state, event)
        assert state["version"] == "10-9"
    assert newest("9-1", "10-1") == "10-1"
    assert newest(None, "1-1") == "1-1"
    assert newest("nonsense", "1-1") == "1-1"


def test_a_viewer_who_went_on_to_another_node_stays() -> None:
    """The goodbye of the node they left takes nothing away."""
    state: dict[str, object] = {"viewers": {}}
    fold_ticket(state, _viewing(3, "a", name="Анна", typing=False))
    fold_ticket(state, _viewing(3, "b", name="Анна", typing=True))
    fold_ticket(state, _viewing(3, "a", gone=True))
    assert state["viewers"] == {"3": {"name": "Анна", "typing": True, "node": "b"}}
    fold_ticket(state, _viewing(3, "b", gone=True))
    assert state["viewers"] == {}


def test_lists_are_told_once_of_all_that_changed_and_remember_the_newest() -> None:
    """One event for each view; the state keeps the latest, each issue once."""
    assert list_events({}, NOW) == ()
    events = list_events({7: Version(1, 2), 8: Version(3, 4)}, NOW)
    assert [one.topic for one in events] == [f"tickets:{view}" for view in VIEWS]
    state: dict[str, Any] = {"ids": {}}
    fold_list(state, events[0].event)
    fold_list(state, list_events({7: Version(2, 2)}, NOW + timedelta(seconds=1))[0].event)
    assert list(state["ids"].items()) == [("8", "3-4"), ("7", "2-2")]
    assert state["at"] == "2026-11-24T09:00:01.000Z"
    fold_list(state, list_events({7: Version(2, 1)}, NOW)[0].event)
    assert state["at"] == "2026-11-24T09:00:01.000Z"
    many = {id: Version(1, id) for id in range(1, MAX_IDS + 100)}
    (all_, *_) = list_events(many, NOW)
    assert all_.event.data["more"] is True
    fold_list(state, all_.event)
    assert len(state["ids"]) == MAX_IDS


def test_no_event_has_words_of_a_change() -> None:
    """Only numbers, versions and times go to whoever may read the issue."""
    event = changed_event(7, Version(1, 2), by=None, now=NOW).event
    assert event.data == {"id": 7, "version": "1-2", "by": None, "at": "2026-11-24T09:00:00Z"}
