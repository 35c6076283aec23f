"""Who looks at an issue now, and who is typing: told by the call `tickets.viewing` every 5 s, gone 10 s after the last word.

Each node keeps the word of its own sessions and publishes changes only; the leader takes away what a node left behind that died.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hub.conversation import CallError
from hub.event import Event
from hub.hub import Hub
from hub.session import Session

__all__ = ["GONE_S", "Viewing"]

GONE_S = 10.0
_TICK_S = 1.0
_ORPHANS_S = 10.0
_MOST = 20_000
"""Viewers of issues at this node, at most: more are not shown."""


@dataclass(slots=True)
class _Seen:
    name: str
    sessions: dict[str, tuple[float, bool]] = field(default_factory=dict)
    """Session -> when it was heard last (steady seconds), whether it types."""
    typing: bool = False
    """As it was published."""


class Viewing:
    """The viewers at this node. `clock` gives steady seconds."""

    def __init__(self, hub: Hub, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._hub, self._clock = hub, clock
        self._seen: dict[tuple[int, int], _Seen] = {}
        self._number = 0
        self._orphans_at = float("-inf")

    def say(self, session: Session, args: Mapping[str, Any]) -> None:
        """The call: {"id", "typing", "gone"}. Only for an issue whose topic the session reads: that has been allowed."""
        issue, typing, gone = args.get("id"), args.get("typing", False), args.get("gone", False)
        if not isinstance(issue, int) or isinstance(issue, bool) or issue < 1:
            raise CallError("bad_field", "id: the number of an issue")
        if not isinstance(typing, bool) or not isinstance(gone, bool):
            raise CallError("bad_field", "typing and gone: true or false")
        if f"ticket:{issue}" not in session.topics:
            raise CallError("no_such_topic", "subscribe to the ticket's topic first")
        key = (issue, session.principal.user_id)
        seen = self._seen.get(key)
        if gone:
            if seen is not None:
                seen.sessions.pop(session.id, None)
                self._settle(key, seen)
            return
        if seen is None:
            if len(self._seen) >= _MOST:
                return
            seen = self._seen[key] = _Seen(session.principal.display_name or session.principal.name)
            self._tell(key, seen, typing=typing)
        seen.sessions[session.id] = self._clock(), typing
        self._settle(key, seen)

    def tick(self) -> None:
        """Takes away who was not heard for `GONE_S`, and says again what another node's word has covered."""
        edge = self._clock() - GONE_S
        for key, seen in list(self._seen.items()):
            seen.sessions = {id: word for id, word in seen.sessions.items() if word[0] > edge}
            self._settle(key, seen)
            if not self._hub.alone and key in self._seen and not self._shown(key):
                self._tell(key, seen, typing=seen.typing)
        if self._hub.leads and not self._hub.alone and self._clock() - self._orphans_at > _ORPHANS_S:
            self._orphans_at = self._clock()
            self._sweep_orphans()

    async def run(self) -> None:
        """Ticks until cancelled."""
        while True:
            await asyncio.sleep(_TICK_S)
            self.tick()

    def _settle(self, key: tuple[int, int], seen: _Seen) -> None:
        if not seen.sessions:
            del self._seen[key]
            self._publish(key, {"gone": True})
            return
        typing = any(types for _, types in seen.sessions.values())
        if typing != seen.typing:
            self._tell(key, seen, typing=typing)

    def _tell(self, key: tuple[int, int], seen: _Seen, *, typing: bool) -> None:
        seen.typing = typing
        self._publish(key, {"name": seen.name, "typing": typing})

    def _publish(self, key: tuple[int, int], data: dict[str, Any], node: str | None = None) -> None:
        issue, user_id = key
        self._number += 1
        now = self._hub.now()
        event = Event(
            source="/navigator",
            id=f"viewing:{self._hub.node}:{self._number}:{int(now.timestamp())}",
            type="ticket.viewing",
            time=now,
            data={"id": issue, "user_id": user_id, "node": node or self._hub.node} | data,
        )
        self._hub.publish_topic(f"ticket:{issue}", event)

    def _shown(self, key: tuple[int, int]) -> bool:
        log = self._hub.logs.find(f"ticket:{key[0]}")
        return log is None or str(key[1]) in log.state.get("viewers", {})

    def _sweep_orphans(self) -> None:
        alive = {self._hub.node, *self._hub.cluster.others()}
        for name, log in self._hub.logs:
            if not name.startswith("ticket:"):
                continue
            for user_id, viewer in list(log.state.get("viewers", {}).items()):
                if viewer.get("node") not in alive:
                    self._publish((int(name.partition(":")[2]), int(user_id)), {"gone": True}, node=viewer.get("node"))
