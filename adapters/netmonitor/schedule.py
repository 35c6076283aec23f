"""When each host's next round is due. No I/O and no clock: the caller brings the monotonic time in seconds."""

from __future__ import annotations

import heapq
import zlib
from collections.abc import Iterable

from adapters.netmonitor.values import Host

__all__ = ["Schedule"]

_SHARES = 2**32


class Schedule:
    """Rounds of all hosts, spread over their intervals by a hash of the id: the same after a restart, and even with any number of hosts.

    A host keeps its pace whatever else is due; rounds that were missed (a process that stood still) are left out, never made up for.
    """

    def __init__(self) -> None:
        self._hosts: dict[str, Host] = {}
        self._heap: list[tuple[float, str, int]] = []
        self._turns: dict[str, int] = {}
        self._turn = 0
        """Marks the entries of the heap that are still meant: those with the turn that is kept for their host."""

    def __len__(self) -> int:
        return len(self._turns)

    def replace(self, hosts: Iterable[Host], now_s: float) -> None:
        """These are the hosts from now on. Whose interval is as before keeps its place; paused ones are never due."""
        old, self._hosts = self._hosts, {host.id: host for host in hosts if not host.paused}
        for id in old.keys() - self._hosts.keys():
            del self._turns[id]
        for id, host in self._hosts.items():
            if id not in old or old[id].interval_s != host.interval_s:
                self._push(host, now_s + _offset(host, now_s))
        if len(self._heap) > 2 * len(self._turns) + 64:  # what is no longer meant
            self._heap = [entry for entry in self._heap if self._turns.get(entry[1]) == entry[2]]
            heapq.heapify(self._heap)

    def due(self, now_s: float) -> list[Host]:
        """The hosts whose rounds begin now, in the order of their turns; each is due again an interval after it was."""
        found = []
        while self._heap and self._heap[0][0] <= now_s:
            at_s, id, turn = heapq.heappop(self._heap)
            if self._turns.get(id) != turn:
                continue
            host = self._hosts[id]
            found.append(host)
            missed = int((now_s - at_s) // host.interval_s)
            self._push(host, at_s + (missed + 1) * host.interval_s)
        return found

    def next_s(self) -> float | None:
        """When the next round is due, perhaps sooner; None: nothing is watched."""
        return self._heap[0][0] if self._heap else None

    def _push(self, host: Host, at_s: float) -> None:
        self._turn += 1
        self._turns[host.id] = self._turn
        heapq.heappush(self._heap, (at_s, host.id, self._turn))


def _offset(host: Host, now_s: float) -> float:
    """Seconds until the host's own place in its interval comes, at least 0 and less than an interval."""
    place = zlib.crc32(host.id.encode()) / _SHARES * host.interval_s
    return (place - now_s) % host.interval_s
