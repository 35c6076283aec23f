"""A topic: state that many share, and its changes."""

from __future__ import annotations

import copy
from collections.abc import Awaitable, Callable
from typing import Any

from navigator_client.errors import CallError
from navigator_client.mailbox import Mailbox
from navigator_client.messages import Event, Gap, Place, Position, Snapshot
from navigator_client.positions import Verdict, verdict

__all__ = ["Change", "Fold", "Topic", "fold_of"]

Change = Event | Snapshot | Gap
Fold = Callable[[Any, Event], Any]
"""Gives the state after an event. It may change the state that it was given."""

_MAX_KEYS = 1000
"""As the hub keeps of an `app:` topic."""


def _fold_by_key(state: Any, event: Event) -> Any:
    """`app:…`: `data.key` names an entry; `data.value` replaces it, a missing or null one removes it."""
    key, value = str(event.data.get("key", "")), event.data.get("value")
    if value is None:
        state.pop(key, None)
    else:
        state[key] = value
        if len(state) > _MAX_KEYS:
            state.pop(next(iter(state)))
    return state


def _fold_sources(state: Any, event: Event) -> Any:
    """`system`: the newest line of each source."""
    state.setdefault("sources", {})[event.data["source"]] = dict(event.data)
    return state


def fold_of(name: str) -> Fold:
    """How the hub itself folds the topic, where that is the same for all its events; else the state stays the snapshot's."""
    if name.startswith("app:"):
        return _fold_by_key
    return _fold_sources if name == "system" else lambda state, _event: state


class Topic:
    """The reader's side, an async iterator with `state`, and the connection's side: `place`, `event`, `snapshot`, `gap`.

    The queue is bounded: when it is full, further events are dropped, and when the reader has caught up the topic is asked
    for again from where it stands: the missed events come, or a snapshot. So a slow reader of a topic holds nobody up.
    """

    def __init__(
        self, name: str, bound: int, fold: Fold | None, on_change: Callable[[], None], ask: Callable[[Topic], Awaitable[None]]
    ) -> None:
        self.name = name
        self.state: Any = None
        """As of the change that was given last."""
        self.position: Position | None = None
        """The last position queued."""
        self.asking = True
        """The hub was asked anew: events are dropped, the answer repeats them."""
        self._fold, self._ask = fold or fold_of(name), ask
        self._mailbox: Mailbox[Change] = Mailbox(bound, on_change)
        self._behind = False

    # -- the reader

    def __aiter__(self) -> Topic:
        return self

    async def __anext__(self) -> Change:
        """The next event, with `state` as it is after it; a snapshot or a gap where events were missed."""
        if not self._mailbox and self._behind:
            self._behind, self.asking = False, True
            await self._ask(self)
        change = await self._mailbox.take()
        if isinstance(change, Snapshot):
            self.state = copy.deepcopy(change.data)
        elif isinstance(change, Event):
            self.state = self._fold(self.state, change)
        return change

    def fail(self, error: Exception) -> None:
        """Nothing more will come."""
        self._mailbox.fail(error)

    # -- the connection

    @property
    def waiting(self) -> bool:
        """Whether the reader waits."""
        return self._mailbox.waiting

    def place(self, place: Place | None) -> None:
        """The hub's answer to hello or sub: what follows is the missed events, or a snapshot. None: it is not ours to read."""
        if place is None:
            self.fail(CallError("no_such_topic", "there is no such topic, or it is not yours to read", temporary=False))
            return
        self.asking = self._behind = False
        if not place.recovered:
            self.position = None

    def event(self, event: Event) -> Verdict:
        """Takes an event in. A `hole` is to be mended by a reconnect."""
        at = self.position
        if self.asking or self._behind or at is None:
            return "old"
        found = verdict(at.offset, event.position)
        if found != "new":
            return found
        if self._mailbox.full:
            self._behind = True
            return "old"
        self.position = Position(at.epoch, event.position)
        self._mailbox.put(event)
        return found

    def snapshot(self, snapshot: Snapshot) -> None:
        """Takes the whole state in: it stands for everything before it, so a full queue makes way."""
        if self.asking:
            return
        if self._mailbox.full:
            self._mailbox.clear()
        self._behind = False
        self.position = Position(snapshot.epoch, snapshot.offset)
        self._mailbox.put(snapshot)

    def gap(self, gap: Gap) -> None:
        """Tells the reader; what can be read from here on follows as a snapshot."""
        if not self.asking and not self._mailbox.full:
            self._mailbox.put(gap)
