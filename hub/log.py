"""The history of topics: (epoch, offset), a bounded replay, the folded state.

Plain values; the caller brings `now`.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from hub.event import Encoded
from hub.protocol import Position
from hub.topic import Topic

__all__ = ["Entry", "Logs", "TopicLog", "new_epoch"]

_log = structlog.get_logger("hub.log")


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
    epoch: str = field(default_factory=lambda: new_epoch())
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

    def try_append(self, encoded: Encoded, now: datetime) -> int | None:
        """As `append`; None for an event that does not fold, which leaves no hole in the offsets, on any node."""
        try:
            return self.append(encoded, now)
        except Exception:  # whatever a topic's fold may raise
            _log.exception("event_not_folded", topic=self.topic.name)
            return None

    @classmethod
    def restored(cls, topic: Topic, epoch: str, offset: int, state: dict[str, Any], before: Sequence[Encoded], now: datetime) -> TopicLog:
        """The stream as another node has it; `before` are the last events up to `offset`, oldest first."""
        log = cls(topic, epoch=epoch, offset=offset)
        log.state = state
        known = list(before)[-log.max_events :]
        log._entries.extend(Entry(offset - len(known) + place, event, now) for place, event in enumerate(known, 1))
        return log

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
    that somebody reads is not forgotten. All other logs share `epoch`, which names the history of a whole group of nodes: two
    that have seen the same events since the same beginning give a topic the same positions.
    """

    def __init__(self, *, max_topics: int = 10_000, in_use: Callable[[str], bool] = lambda _name: False, epoch: str | None = None) -> None:
        self._max, self._in_use = max_topics, in_use
        self._logs: OrderedDict[str, TopicLog] = OrderedDict()
        self._forgot = False
        self.epoch = epoch or new_epoch()

    def __iter__(self) -> Iterator[tuple[str, TopicLog]]:
        return iter(list(self._logs.items()))

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
                self._forgot = True  # the new one may be one that was forgotten before
        log = TopicLog(topic, epoch=f"{self.epoch}.{new_epoch()}" if self._forgot else self.epoch)
        self._logs[name] = log
        return log

    def find(self, name: str) -> TopicLog | None:
        """The log of `name` if there is one; begins none and keeps none."""
        return self._logs.get(name)

    def put(self, name: str, log: TopicLog) -> None:
        """Takes over a log as another node has it."""
        self._logs[name] = log

    def rebase(self, epoch: str) -> None:
        """What was told may have been lost: the states stand, and positions begin anew under another name."""
        self.epoch = epoch
        for name, log in self:
            self._logs[name] = TopicLog(log.topic, epoch=epoch, offset=log.offset)
            self._logs[name].state = log.state

    def clear(self) -> None:
        """Forgets everything: another node will tell how things stand."""
        self._logs.clear()


def new_epoch() -> str:
    """A name that no other stream has."""
    return secrets.token_urlsafe(6)
