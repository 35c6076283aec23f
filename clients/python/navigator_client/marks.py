"""What was said to be shown or read, until it is sure that the hub knows."""

from __future__ import annotations

from collections import OrderedDict
from typing import Literal

from navigator_client.messages import Ack, State

__all__ = ["Marks"]

Level = Literal["shown", "read"]

_SETTLED_S = 10.0
"""A connection that is heard of this much later has brought the mark over."""
_UNSENT = 500
"""Marks that wait to be sent. Beyond it whoever marks waits, for nothing that was asked for may be dropped."""
_SENT = 500
"""Marks that were sent and not confirmed. Beyond it the oldest is taken to have got there."""
_IN_ONE = 200
"""Ids in one frame: with ids of 255 letters still below the frame's 64 KiB."""
_COVERED_BY = {"shown": ("shown", "read", "done"), "read": ("read", "done")}


class Marks:
    """Marks have no answer of their own: a `state` frame that covers one is an answer, and so is a connection that goes on.

    Until then a mark is said again after every reconnect; saying it twice does no harm, levels only rise. They leave many
    in a frame: the hub ends a session with 4504 that sends more than 200 frames at once, or 50 a second.
    """

    def __init__(self) -> None:
        self._unsent: OrderedDict[str, Level] = OrderedDict()
        self._sent: OrderedDict[str, tuple[Level, float]] = OrderedDict()

    @property
    def full(self) -> bool:
        """Whether one more would not fit."""
        return len(self._unsent) >= _UNSENT

    def add(self, level: Level, event_id: str) -> None:
        """Takes a mark; who has read a notification has been shown it."""
        if self._unsent.get(event_id) != "read":
            self._unsent[event_id] = level

    def take(self, now: float) -> Ack | None:
        """The next frame to send, None when there is nothing to say. It counts as sent at `now`."""
        if not self._unsent:
            return None
        level = next(iter(self._unsent.values()))
        ids = [event_id for event_id, wanted in self._unsent.items() if wanted == level][:_IN_ONE]
        for event_id in ids:
            del self._unsent[event_id]
            self._sent[event_id] = level, now
            self._sent.move_to_end(event_id)
        while len(self._sent) > _SENT:
            self._sent.popitem(last=False)
        return Ack(level, ids=ids)

    def confirm(self, state: State) -> None:
        """Drops what a `state` frame says the hub has taken."""
        for event_id in state.ids or ():
            sent = self._sent.get(event_id)
            if sent is not None and state.level in _COVERED_BY[sent[0]]:
                del self._sent[event_id]

    def settle(self, heard_at: float) -> None:
        """Drops what the connection, heard of at `heard_at`, must have brought over."""
        while self._sent and heard_at - next(iter(self._sent.values()))[1] >= _SETTLED_S:
            self._sent.popitem(last=False)

    def again(self) -> None:
        """All that is not certain is to be said once more, before the rest: the connection is another one, or the hub was busy."""
        later, self._unsent = self._unsent, OrderedDict((event_id, level) for event_id, (level, _) in self._sent.items())
        self._sent.clear()
        for event_id, level in later.items():
            self.add(level, event_id)
