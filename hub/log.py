"""The history of topics: (epoch, offset), a bounded replay, the folded state.

Plain values; the caller brings `now`.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hub.event import Encoded
from hub.protocol import Position
from hub.topic import Topic

__all__ = ["Entry", "Logs", "TopicLog"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of a topic at its position."""

    offset: int
    event: Encoded
    at: datetime


@dataclass(slots=True)
class TopicLog:
    """One topic's stream. Offsets are 1, 2, 3 … within the epoch; the epoch names this very stream."""

    topic: Topic
    max_events: int = 300
    max_age: timedelta = timedelta(minutes=5)
    epoch: str = field(default_factory=lambda: secrets.token_urlsafe(6))
    offset: int = 0
    state: dict[str, Any] = field(init=False)
    _entries: deque[Entry] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.state = self.topic.initial()

    def append(self, encoded: Encoded, now: datetime) -> int:
        """Takes an event in and gives its offset; the oldest ones beyond the bounds are forgotten."""
        self.topic.fold(self.state, encoded.event())  # first: an event that does not fold must leave no hole in the offsets
        self.offset += 1
        self._entries.append(Entry(self.offset, encoded, now))
        while len(self._entries) > self.max_events or (self._entries and now - self._entries[0].at > self.max_age):
            self._entries.popleft()
        return self.offset

    def since(self, position: Position | None) -> list[Entry] | None:
        """The entries after `position`, whole and in order; None when that is not possible and a snapshot is due."""
        if position is None or position.epoch != self.epoch or position.offset > self.offset:
            return None
        missing = self.offset - position.offset
        if missing > len(self._entries):
            return None
        return [self._entries[index] for index in range(len(self._entries) - missing, len(self._entries))]


class Logs:
    """The logs of the topics in use, at most `max_topics`: beyond that the one idle longest is forgotten.

    A forgotten topic comes back with another epoch, so its readers get a snapshot, never a quiet hole. A topic
    that somebody reads is not forgotten.
    """

    def __init__(self, *, max_topics: int = 10_000, in_use: Callable[[str], bool] = lambda _name: False) -> None:
        self._max, self._in_use = max_topics, in_use
        self._logs: OrderedDict[str, TopicLog] = OrderedDict()

    def get(self, name: str, topic: Topic) -> TopicLog:
        """The log of `name`, begun if there is none."""
        log = self._logs.get(name)
        if log is not None:
            self._logs.move_to_end(name)
            return log
        if len(self._logs) >= self._max:
            idle = next((old for old in self._logs if not self._in_use(old)), None)
            if idle is not None:
                del self._logs[idle]
        log = self._logs[name] = TopicLog(topic)
        return log
