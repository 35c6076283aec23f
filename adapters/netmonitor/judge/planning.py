"""All maintenance windows: which hosts each is for, and when one begins or ends (UX B6)."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from datetime import datetime

from adapters.netmonitor.judge.maintenance import Maintenance, Planned
from adapters.netmonitor.judge.watched import Watched
from adapters.netmonitor.values import Window
from hub.turns import Stepwise

__all__ = ["Planning", "maintenance_of"]


def maintenance_of(host: Watched, now: datetime) -> Maintenance | None:
    """The maintenance that a host is in now, the longest of them."""
    return max((found for one in host.windows if (found := one.at(now))), key=lambda one: one.until, default=None)


class Planning:
    """Knows the hosts of each window once they are assigned, again after either has changed."""

    def __init__(self) -> None:
        self._planned: list[Planned] = []
        self._members: list[list[Watched]] = []
        self._edges: list[tuple[datetime, int]] = []

    def replace(self, windows: Iterable[Window], now: datetime) -> None:
        """These are the windows from now on. Raises ValueError naming the one whose zone is unknown."""
        known = {planned.window: planned for planned in self._planned}
        self._planned = [known.get(window) or Planned(window, now) for window in windows]
        self._edges = []
        for place, planned in enumerate(self._planned):
            self._next_edge(place, planned, now)

    def assign(self, hosts: Mapping[str, Watched]) -> Stepwise[set[str]]:
        """Which windows each host is in, by itself, by its group or one above, or with all; gives the hosts of which that changed."""
        by_host: dict[str, list[Planned]] = {}
        by_group: dict[str, list[Planned]] = {}
        for planned in self._planned:
            window = planned.window
            if window.host is not None:
                by_host.setdefault(window.host, []).append(planned)
            else:
                by_group.setdefault(window.group or "", []).append(planned)
        places = {id(planned): place for place, planned in enumerate(self._planned)}
        self._members = [[] for _ in self._planned]
        changed = set()
        for name, host in hosts.items():
            yield
            found = [*by_host.get(name, ()), *by_group.get("", ())]
            if by_group:
                parts = host.host.group.split("/") if host.host.group else []
                for depth in range(1, len(parts) + 1):
                    found += by_group.get("/".join(parts[:depth]), ())
            if found or host.windows:
                before, host.windows = host.windows, tuple(found)
                if host.windows != before:
                    changed.add(name)
                for planned in found:
                    self._members[places[id(planned)]].append(host)
        return changed

    def due(self, now: datetime) -> set[str]:
        """The hosts of windows that have begun or ended since this was asked last."""
        found: set[str] = set()
        while self._edges and self._edges[0][0] <= now:
            place = heapq.heappop(self._edges)[1]
            self._next_edge(place, self._planned[place], now)
            found.update(host.host.id for host in self._members[place])
        return found

    def covers_all(self, now: datetime) -> bool:
        """Everything is in maintenance now."""
        return any(one.window.host is None and not one.window.group and one.at(now) for one in self._planned)

    def _next_edge(self, place: int, planned: Planned, now: datetime) -> None:
        edge = planned.edge(now)
        if edge is not None:
            heapq.heappush(self._edges, (edge, place))
