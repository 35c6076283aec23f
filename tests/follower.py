"""A reference client of hub.v1: positions and state, no socket, no clock, no loop.

Give it what comes down with `take`; what it wants to say stands in `up`. A fresh one that fetches the state and an
old one that followed the events must end up equal: state + events = state.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Follower", "Item", "View", "fold_app", "fold_system"]

Fold = Callable[[dict[str, Any], Mapping[str, Any]], None]
_STATE_LOST = 4003


def fold_system(state: dict[str, Any], data: Mapping[str, Any]) -> None:
    """Topic `system`: the newest line of each source."""
    state.setdefault("sources", {})[data["source"]] = dict(data)


def fold_app(state: dict[str, Any], data: Mapping[str, Any]) -> None:
    """Topics `app:…`: `value` replaces the entry `key`, a missing one removes it."""
    if data.get("value") is None:
        state.pop(data["key"], None)
    else:
        state[data["key"]] = data["value"]


@dataclass(slots=True)
class Item:
    """One notification. The flags are the hub's columns; `level` is the highest of them."""

    seq: int
    id: str
    data: Mapping[str, Any]
    seen: bool = False
    read: bool = False
    done: bool = False

    @property
    def level(self) -> str:
        """received, shown, read or done: what is here has been received."""
        return "done" if self.done else "read" if self.read else "shown" if self.seen else "received"

    def be(self, level: str) -> None:
        """Takes over a level that the hub states outright."""
        self.seen, self.read, self.done = level in ("shown", "read", "done"), level == "read", level == "done"

    def fold(self, change: str) -> None:
        """Applies a change: levels rise, except that `unread` and `undone` take back."""
        match change:
            case "shown":
                self.seen = True
            case "read":
                self.seen = self.read = True
            case "done":
                self.seen = self.done = True
            case "undone":
                self.done = False
            case "unread":
                self.seen = self.read = self.done = False


@dataclass(slots=True)
class View:
    """A topic as this client sees it; no epoch until its first answer."""

    epoch: str | None = None
    offset: int = 0
    state: dict[str, Any] = field(default_factory=dict)


class Follower:
    """One client. `lost_place` means: only a new connection helps, with the `hello` that it then gives."""

    def __init__(self, device: str, *, since: int | None = 0, topics: tuple[str, ...] = ()) -> None:
        self.device = device
        self.position = since
        self.items: dict[int, Item] = {}
        self.accepted: list[Item] = []
        self.unseen = 0
        self.topics: dict[str, View] = {name: View() for name in topics}
        self.up: list[dict[str, Any]] = []
        self.lost_place = False
        self.drain_window: tuple[float, float] | None = None
        self.errors: list[Mapping[str, Any]] = []
        self._counted = 0
        self._acked: int | None = None
        self._calls: dict[int, tuple[str, Any]] = {}
        self._meanwhile: dict[int, list[Mapping[str, Any]]] = {}
        self._next_id = 0
        self._welcomed = False

    # -- what it says ---------------------------------------------------------------------------------

    def hello(self) -> dict[str, Any]:
        """The first frame of a new connection: every position it has."""
        self.lost_place, self._welcomed = False, False
        self._calls.clear()
        self._meanwhile.clear()
        self.up.clear()
        topics = {name: None if view.epoch is None else {"epoch": view.epoch, "offset": view.offset} for name, view in self.topics.items()}
        return {"t": "hello", "v": 1, "client": "follower", "device": self.device, "since": self.position, "topics": topics}

    def subscribe(self, topic: str) -> None:
        """Joins a topic, from its position if it has one."""
        view = self.topics.setdefault(topic, View())
        place = {} if view.epoch is None else {"epoch": view.epoch, "offset": view.offset}
        self.up.append({"t": "sub", "id": self._ask("sub", topic), "topic": topic, **place})

    def unsubscribe(self, topic: str) -> None:
        """Leaves a topic and forgets it."""
        self.topics.pop(topic, None)
        self.up.append({"t": "unsub", "id": self._ask("unsub", topic), "topic": topic})

    def call(self, name: str, **args: Any) -> int:
        """Asks the hub to do something."""
        number = self._ask("call", name)
        self.up.append({"t": "call", "id": number, "name": name, "args": args})
        return number

    def ack(self, level: str, *, seq: int | None = None, ids: list[str] | None = None) -> None:
        """Says that the person has seen or read something."""
        self.up.append({"t": "ack", "level": level} | ({"seq": seq} if ids is None else {"ids": ids}))

    def flush(self) -> None:
        """Says how far it has received, once for all that came since the last time."""
        if self.position is not None and self.position != self._acked and self.accepted:
            self._acked = self.position
            self.ack("received", seq=self.position)

    def _ask(self, kind: str, about: Any) -> int:
        self._next_id += 1
        self._calls[self._next_id] = (kind, about)
        return self._next_id

    # -- what it hears --------------------------------------------------------------------------------

    def lost(self, code: int) -> None:
        """The connection has ended."""
        self.lost_place = True
        if code == _STATE_LOST:
            self.position, self.items = None, {}
            for view in self.topics.values():
                view.epoch = None

    def take(self, frame: Mapping[str, Any]) -> None:
        """Takes one frame in. After a hole everything is ignored until the next connection."""
        if self.lost_place:
            return
        kind = frame["t"]
        assert self._welcomed or kind == "welcome", f"{kind} before welcome"
        match kind:
            case "welcome":
                self._welcome(frame)
            case "event" if frame["topic"] == "inbox":
                self._inbox(frame)
            case "event":
                self._topic_event(frame)
            case "snapshot":
                if frame["topic"] in self.topics:
                    self.topics[frame["topic"]] = View(frame["epoch"], frame["offset"], dict(frame["data"]))
            case "state":
                self._state(frame)
            case "reply":
                self._reply(frame)
            case "gap":
                assert frame["topic"] == "inbox"
                assert self.position is not None
                if frame["from"] > self.position + 1:
                    self.lost_place = True
                else:
                    self.position = max(self.position, frame["to"])
                    for seq in range(frame["from"], frame["to"] + 1):
                        self.items.pop(seq, None)
            case "ping":
                self.up.append({"t": "pong"})
            case "draining":
                self.drain_window = tuple(frame["reconnect_in"])
            case _:
                raise AssertionError(f"unknown frame {frame}")

    def _welcome(self, frame: Mapping[str, Any]) -> None:
        assert not self._welcomed, "welcome twice"
        self._welcomed = True
        if self.position is None:
            self.position = frame["seq"]
        self.unseen, self._counted = frame["unseen"], frame["seq"]
        for name in self.topics:
            place = frame["topics"].get(name)
            if place is None:
                continue
            if place["recovered"]:
                assert self.topics[name].epoch == place["epoch"]
            else:
                self.topics[name].epoch = None  # its snapshot follows
        if self.items:
            self._ask_levels(min(self.items))

    def _ask_levels(self, first: int) -> None:
        number = self.call("inbox.levels", **{"from": first})
        self._calls[number] = ("levels", first)
        self._meanwhile[number] = []

    def _inbox(self, frame: Mapping[str, Any]) -> None:
        seq = frame["seq"]
        assert self.position is not None
        if seq <= self.position:
            return
        if seq > self.position + 1:
            self.lost_place = True
            return
        self.position = seq
        item = self.items[seq] = Item(seq, frame["id"], frame["data"])
        item.be(frame.get("level", "received"))
        self.accepted.append(item)
        if not frame.get("replay") and seq > self._counted:
            self.unseen += 1
            self._counted = seq
        for told in self._meanwhile.values():
            told.append(frame)

    def _topic_event(self, frame: Mapping[str, Any]) -> None:
        view = self.topics.get(frame["topic"])
        if view is None or view.epoch is None or frame["offset"] <= view.offset:
            return
        if frame["offset"] != view.offset + 1:
            view.epoch = None  # a hole: the whole state, please
            self.subscribe(frame["topic"])
            return
        view.offset = frame["offset"]
        (fold_system if frame["topic"] == "system" else fold_app)(view.state, frame["data"])

    def _state(self, frame: Mapping[str, Any]) -> None:
        self._fold(frame)
        self.unseen = frame["unseen"]
        assert self.position is not None
        self._counted = self.position  # told in order: what comes after it is not in its number
        for told in self._meanwhile.values():
            told.append(frame)
        if frame["level"] == "undone" and self.items:
            # whether it goes back to shown or read is known to the hub alone
            self._ask_levels(min((item.seq for item in self.items.values() if item.id in frame.get("ids", ())), default=min(self.items)))

    def _fold(self, frame: Mapping[str, Any]) -> None:
        ids = frame.get("ids")
        for item in self.items.values():
            if item.seq <= frame["seq"] if ids is None else item.id in ids:
                item.fold(frame["level"])

    def _reply(self, frame: Mapping[str, Any]) -> None:
        if not frame["ok"]:
            self.errors.append(frame["error"])
        kind, about = self._calls.pop(frame["id"], ("", None))
        if kind == "sub" and frame["ok"] and about in self.topics and not frame["data"]["recovered"]:
            self.topics[about].epoch = None
        if kind == "levels":
            told = self._meanwhile.pop(frame["id"])
            if frame["ok"]:
                self._levels(about, frame["data"], told)

    def _levels(self, first: int, data: Mapping[str, Any], told: list[Mapping[str, Any]]) -> None:
        known = {seq: level for level, seqs in data["levels"].items() for seq in seqs}
        arrived = {frame["seq"] for frame in told if frame["t"] == "event"}
        for item in self.items.values():
            if item.seq >= first and (item.seq not in arrived or item.seq in known):
                item.be(known.get(item.seq, "received"))
        states = [frame for frame in told if frame["t"] == "state"]
        for frame in states:
            self._fold(frame)
        if not states:
            live = [frame for frame in told if frame["t"] == "event" and not frame.get("replay")]
            self.unseen = data["unseen"] + sum(frame["seq"] > data["seq"] for frame in live)
            self._counted = max(self._counted, data["seq"])
