"""Topic logs: positions, bounds, whole replays or none."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.event import Event
from hub.log import Logs, TopicLog
from hub.protocol import Position
from hub.topic import Topic, fold_by_key
from tests.clock import START

TOPIC = Topic(name="app:", fold=fold_by_key)


def append(log: TopicLog, number: int, after_s: float = 0, **data: Any) -> int:
    """Appends an event; returns its offset."""
    event = Event(source="/test", id=str(number), type="t", time=START, data=data or {"key": "k", "value": number})
    return log.append(event.encode(), START + timedelta(seconds=after_s))


def offsets(log: TopicLog, epoch: str | None, offset: int) -> list[int] | None:
    """The offsets of a replay."""
    found = log.since(None if epoch is None else Position(epoch, offset))
    return None if found is None else [entry.offset for entry in found]


def test_positions_count_from_one_without_a_hole() -> None:
    """Offsets are 1, 2, 3; the state folds what came."""
    log = TopicLog(TOPIC)
    assert [append(log, n) for n in range(3)] == [1, 2, 3]
    assert log.state == {"k": 2}


def test_a_replay_is_whole_or_none() -> None:
    """What is all there is replayed; another epoch, a forgotten past, or the future is not."""
    log = TopicLog(TOPIC, max_events=3)
    for number in range(5):
        append(log, number)
    assert offsets(log, log.epoch, 5) == []
    assert offsets(log, log.epoch, 4) == [5]
    assert offsets(log, log.epoch, 2) == [3, 4, 5]
    assert offsets(log, log.epoch, 1) is None
    assert offsets(log, log.epoch, 6) is None
    assert offsets(log, "other", 4) is None
    assert offsets(log, None, 0) is None


def test_old_entries_are_forgotten() -> None:
    """Beyond the age bound entries go with the next append; the offsets stay."""
    log = TopicLog(TOPIC, max_age=timedelta(seconds=10))
    append(log, 1)
    append(log, 2, 5)
    append(log, 3, 12)
    assert offsets(log, log.epoch, 1) == [2, 3]
    assert offsets(log, log.epoch, 0) is None


@given(st.integers(1, 8), st.lists(st.integers(0, 5), max_size=30), st.integers(0, 35))
def test_any_replay_ends_at_the_head(bound: int, waits: list[int], position: int) -> None:
    """Whatever was forgotten, a replay leads from the position to the head, contiguous."""
    log = TopicLog(TOPIC, max_events=bound, max_age=timedelta(seconds=7))
    at = 0
    for wait in waits:
        at += wait
        append(log, at, at)
    found = offsets(log, log.epoch, position)
    assert found is None or found == list(range(position + 1, log.offset + 1))


def test_an_event_that_does_not_fold_takes_no_position() -> None:
    """An event that the topic's fold refuses leaves no hole: replays stay whole and in order."""

    def fold(state: dict[str, Any], event: Event) -> None:
        state["n"] = event.data["n"]

    log = TopicLog(Topic(name="app:", fold=fold))
    append(log, 1, n=1)
    append(log, 2, n=2)
    with pytest.raises(KeyError):
        append(log, 3, bad=True)
    append(log, 4, n=4)
    assert offsets(log, log.epoch, 1) == [2, 3]
    assert log.state == {"n": 4}


def test_beyond_the_bound_the_longest_idle_topic_is_forgotten() -> None:
    """A forgotten topic comes back with another epoch; one that is read is kept, even beyond the bound."""
    read = {"app:a"}
    logs = Logs(max_topics=2, in_use=read.__contains__)
    first = logs.get("app:a", TOPIC)
    second = logs.get("app:b", TOPIC)
    logs.get("app:c", TOPIC)
    assert logs.get("app:a", TOPIC) is first
    assert logs.get("app:b", TOPIC).epoch != second.epoch
    read |= {"app:b"}
    logs.get("app:d", TOPIC)
    assert logs.get("app:a", TOPIC) is first
