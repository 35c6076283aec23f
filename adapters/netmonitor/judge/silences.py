"""When hosts of which nothing is heard become unknown. One time is kept for each, and set forth only when it has come."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from datetime import datetime

from adapters.netmonitor.judge.watched import Watched
from hub.turns import Stepwise

__all__ = ["Silences"]


class Silences:
    """Of all hosts that are waited for."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, str]] = []
        self._at: dict[str, datetime] = {}
        """The entries of the heap that are still meant."""

    def __contains__(self, id: object) -> bool:
        return id in self._at

    def watch(self, id: str, host: Watched) -> None:
        """Waits for the next round of this host, as long as it may take."""
        at = self._at[id] = host.silence_at
        heapq.heappush(self._heap, (at, id))

    def forget(self, id: str) -> None:
        """Waits for it no more."""
        self._at.pop(id, None)

    def due(self, hosts: Mapping[str, Watched], now: datetime) -> Stepwise[set[str]]:
        """The hosts of which nothing was heard for too long; they are waited for no more."""
        found = set()
        while self._heap and self._heap[0][0] <= now:
            yield
            at, id = heapq.heappop(self._heap)
            if self._at.get(id) != at:
                continue
            del self._at[id]
            host = hosts.get(id)
            if host is None or host.host.paused:
                continue
            if host.silence_at > now:
                self.watch(id, host)
            else:
                found.add(id)
        return found
