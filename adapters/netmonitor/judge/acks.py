"""Who has taken a host's trouble on, as long as that counts: until the host recovers, or the time that was given (UX B7)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import datetime

from adapters.netmonitor.judge.verdict import Turn
from adapters.netmonitor.judge.watched import Watched
from adapters.netmonitor.values import Ack, State

__all__ = ["Acks"]


class Acks:
    """All that are written. One that is over stays over, although it may still be written."""

    def __init__(self) -> None:
        self.spent: dict[str, datetime] = {}
        """Of hosts whose last one is over: when that was given. To be remembered."""
        self._written: dict[str, Ack] = {}
        self._alarms: list[tuple[datetime, str]] = []

    def replace(self, acks: Iterable[Ack]) -> set[str]:
        """These are written from now on; gives the hosts whose other than before."""
        before, self._written = self._written, {ack.host: ack for ack in acks}
        self.spent = spent = {id: at for id, at in self.spent.items() if id in self._written and self._written[id].at <= at}
        for id, ack in self._written.items():
            if id not in spent and ack.until is not None and before.get(id) != ack:
                heapq.heappush(self._alarms, (ack.until, id))
        return {id for id in before.keys() | self._written.keys() if before.get(id) != self._written.get(id)}

    def due(self, now: datetime) -> set[str]:
        """The hosts whose time has come since this was asked last."""
        found = set()
        while self._alarms and self._alarms[0][0] <= now:
            found.add(heapq.heappop(self._alarms)[1])
        return found

    def look(self, id: str, host: Watched, turn: Turn) -> None:
        """Whether somebody has taken it on, still."""
        ack = None if id in self.spent else self._written.get(id)
        if ack is not None:
            recovered = host.begun and host.level is State.UP and not host.down.raised and not host.flapping.on
            if recovered or (ack.until is not None and ack.until <= turn.now):
                self.spent[id] = ack.at
                turn.acks_over.append(ack)
                ack = None
        host.ack = ack
