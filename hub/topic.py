"""Topics: their names, what they mean, who may read them.

Deny by default: a name that no area registered does not exist.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from hub.event import Event
from hub.principal import Principal

__all__ = ["INBOX", "SYSTEM", "Topic", "Topics", "fold_by_key", "fold_sources"]

INBOX = "inbox"
"""Not a shared topic: each person's own stream, named in frames only."""
SYSTEM = "system"
"""How fresh each source is."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}(:[A-Za-z0-9_.@-]{1,90})?\Z")

Fold = Callable[[dict[str, Any], Event], None]
MayRead = Callable[[Principal, str], Awaitable[bool]]


async def everyone(_principal: Principal, _name: str) -> bool:
    """Any signed-in person may read."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One topic, or a family of them (`name` ending in ":")."""

    name: str
    fold: Fold
    """Applies an event to the topic's state; the client does the same, so state + events = state."""
    initial: Callable[[], dict[str, Any]] = dict
    may_read: MayRead = everyone
    publishable: bool = False
    """True: `POST /hub/events` may publish to it."""
    counted: bool = True
    """False: it tells of the hub itself, and does not count as traffic."""


class Topics:
    """The topics that the areas have registered."""

    def __init__(self, *topics: Topic) -> None:
        self._by_name: dict[str, Topic] = {}
        for topic in topics:
            self.add(topic)

    def add(self, topic: Topic) -> None:
        """Registers a topic; a name can be taken once (ValueError)."""
        if topic.name in self._by_name:
            raise ValueError(f"topic {topic.name!r} is registered already")
        self._by_name[topic.name] = topic

    def find(self, name: str) -> Topic | None:
        """The topic behind a client's `name`, None when there is none or the name is malformed."""
        if not _NAME.match(name):
            return None
        family, colon, _ = name.partition(":")
        return self._by_name.get(family + colon)


def fold_sources(state: dict[str, Any], event: Event) -> None:
    """`system`: the newest line of each source."""
    state.setdefault("sources", {})[event.data["source"]] = dict(event.data)


def fold_by_key(state: dict[str, Any], event: Event) -> None:
    """`app:…`: `data.key` names an entry; `data.value` replaces it, a missing or null one removes it."""
    key, value = str(event.data.get("key", "")), event.data.get("value")
    if value is None:
        state.pop(key, None)
    else:
        state[key] = value
        if len(state) > _MAX_KEYS:  # drop the oldest: a publisher that never cleans up must not fill the hub
            state.pop(next(iter(state)))


_MAX_KEYS = 1000
