"""How a node that has just come, or has missed messages, learns where the topics stand. Plain values.

All nodes read one stream of messages in one order, so an event's offset is its number in that order: nodes that began at the
same place agree without asking. One that comes later reads what the stream still holds, asks, and is told each topic's
offset and state as of some message; what came after that message it has read itself.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime

import msgspec

from hub.event import Encoded
from hub.log import Logs, TopicLog
from hub.messages import Restate, Whole
from hub.topic import Topics

__all__ = ["Learning", "place"]

_MAX_EVENTS = 300
_MAX_TOPICS = 10_000


def place(id: str) -> tuple[int, ...]:
    """A message's place in the bus' order, as something that compares: ids are numbers joined by `-`."""
    return tuple(int(part) for part in id.split("-") if part) if id else ()


class Learning:
    """Keeps the events of each topic, with their places, until they can be given offsets. At most 300 for each of 10,000 topics."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[tuple[int, ...], Encoded]]] = {}
        self._told: list[Restate] = []

    def saw(self, topic: str, id: str, event: Encoded) -> None:
        """An event of a topic has gone by."""
        events = self._seen.get(topic)
        if events is None:
            if len(self._seen) >= _MAX_TOPICS:
                return
            events = self._seen[topic] = deque(maxlen=_MAX_EVENTS)
        events.append((place(id), event))

    def told(self, restate: Restate) -> None:
        """Another node says how a topic stood."""
        self._told.append(restate)

    def finish(self, whole: Whole, logs: Logs, topics: Topics, now: datetime) -> None:
        """Everything has been told: `logs` become what that node's are."""
        logs.clear()
        logs.epoch = whole.epoch
        at = place(whole.at)
        for restate in self._told:
            topic = topics.find(restate.topic)
            if topic is not None and restate.at == whole.at:
                before = [event for when, event in self._seen.get(restate.topic, ()) if when <= at]
                state = msgspec.json.decode(restate.state)
                logs.put(restate.topic, TopicLog.restored(topic, restate.epoch, restate.offset, state, before, now))
        self._replay(logs, topics, now, after=at)

    def begin(self, logs: Logs, topics: Topics, now: datetime) -> None:
        """There is nobody to ask: what this node knew, and has read since, is the truth from here on."""
        self._replay(logs, topics, now, after=None)

    def _replay(self, logs: Logs, topics: Topics, now: datetime, *, after: tuple[int, ...] | None) -> None:
        for name, events in self._seen.items():
            topic = topics.find(name)
            if topic is None:
                continue
            log = logs.get(name, topic)
            for when, event in events:
                if after is None or when > after:
                    log.try_append(event, now)
