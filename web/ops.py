"""The operations page `/ops/` and its topic: every node tells how it is, over the hub itself, while an administrator looks.

State of topic `ops`: {"nodes": {id: {"line": {…}, "points": [[time, …], …]}}}. A node that falls silent stays with its
last line, so that people see which one and since when.
"""

from __future__ import annotations

import asyncio
import math
import platform
import time
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from starlette.routing import Route

from hub.event import Event, rfc3339
from hub.hub import Hub
from hub.metrics import Samples, quantile
from hub.principal import Principal
from hub.topic import Topic
from web.boot import VERSION
from web.pages import shell_page
from web.readiness import Readiness

__all__ = ["OPS", "OpsReporter", "fold_ops", "ops_routes", "ops_topic"]

OPS = "ops"
POINTS = 150
"""How many points the curves have: five minutes, one every two seconds."""
NODES = 64
FORGET_MS = 600_000
"""A node silent for ten minutes, by the newest line's clock, is gone."""
_WINDOW = 30
"""Quantiles are of the last minute, in readings."""
_HISTOGRAMS = {
    "to_screen_p95": ("navigator_publish_to_ack_seconds", 0.95),
    "fanout_p95": ("navigator_fanout_seconds", 0.95),
    "commit_p95": ("navigator_commit_seconds", 0.95),
    "loop_lag_p99": ("navigator_loop_lag_seconds", 0.99),
}


async def _administrators(principal: Principal, _name: str) -> bool:
    return "admin" in principal.permissions


def ops_topic() -> Topic:
    """The topic, to be registered before the hub runs."""
    return Topic(name=OPS, fold=fold_ops, initial=lambda: {"nodes": {}}, may_read=_administrators, counted=False)


def fold_ops(state: dict[str, Any], event: Event) -> None:
    """One node's line: takes the place of its last one and adds a point to its curve. `clients/js/src/ops/model.ts` does the same."""
    nodes, data = state.setdefault("nodes", {}), event.data
    line = data["line"]
    known = nodes.pop(data["node"], None)
    points = data.get("points")
    if points is None:
        points = [*(known["points"] if known else ()), data["point"]][-POINTS:]
    nodes[data["node"]] = {"line": line, "points": points}
    for name in [name for name, node in nodes.items() if line["at_ms"] - node["line"]["at_ms"] > FORGET_MS]:
        del nodes[name]
    while len(nodes) > NODES:
        del nodes[next(iter(nodes))]


def ops_routes() -> list[Route]:
    """The page, for administrators."""
    return [Route("/ops/", shell_page("ops.html", "ops", permission="admin"), methods=["GET"], name="ops")]


class OpsReporter:
    """Reads this node's numbers every `every_s` seconds, and publishes them while somebody reads the topic."""

    def __init__(self, hub: Hub, readiness: Readiness, *, node: str, every_s: float = 2.0) -> None:
        self._hub, self._readiness, self._node, self._every = hub, readiness, node, every_s
        self._began = hub.now()
        self._points: deque[list[float | None]] = deque(maxlen=POINTS)
        self._buckets: deque[dict[str, dict[float, float]]] = deque(maxlen=_WINDOW)
        self._counted: tuple[float, Samples] | None = None
        self._telling = False

    async def run(self) -> None:
        """Runs until cancelled. A new reader gets the first line within a quarter of the interval, with the curve so far."""
        steps = 4
        while True:
            line = self.look()
            for step in range(steps):
                read = self._hub.reads(OPS)
                if read and not self._telling:
                    line = self.look()
                if read and (step == 0 or not self._telling):
                    self._tell(line)
                self._telling = read
                await asyncio.sleep(self._every / steps)

    def look(self) -> dict[str, Any]:
        """Reads every number once and adds a point to the curve."""
        hub, now, at_s = self._hub, self._hub.now(), time.perf_counter()
        samples = hub.metrics.read()
        before_s, before = self._counted or (at_s, samples)
        self._counted = (at_s, samples)
        passed = at_s - before_s

        def rate(name: str) -> float:
            return round((samples.one(name) - before.one(name)) / passed, 2) if passed > 0 else 0.0

        buckets = {name: samples.buckets(name) for name, _ in _HISTOGRAMS.values()}
        oldest = self._buckets[0] if self._buckets else buckets
        self._buckets.append(buckets)
        quantiles = {key: _ms(quantile(q, oldest[name], buckets[name])) for key, (name, q) in _HISTOGRAMS.items()}
        line: dict[str, Any] = {
            "at": rfc3339(now),
            "at_ms": int(now.timestamp() * 1000),
            "began": rfc3339(self._began),
            "version": VERSION,
            "python": platform.python_version(),
            "sessions": len(hub.presence),
            "users": hub.presence.users(),
            "formats": samples.by("navigator_connections", "format"),
            "published_s": rate("navigator_events_published_total"),
            "delivered_s": rate("navigator_events_delivered_total"),
            "queue_bytes": samples.one("navigator_queue_bytes"),
            "writer_waiting": samples.one("navigator_writer_waiting"),
            "overdue": _number(samples.one("ledger_overdue_total", math.nan)),
            "memory_bytes": _number(samples.one("process_resident_memory_bytes", math.nan)),
            **quantiles,
            "leader": _flag(samples, "navigator_leader"),
            "bus": _flag(samples, "navigator_bus_connected"),
            "refused": {reason: int(count) for reason, count in samples.by("navigator_refused_total", "reason").items() if count},
            "parts": [part.line() for part in self._readiness.parts()],
            "connectors": self._connectors(samples),
        }
        keys = ("sessions", "published_s", "delivered_s", "queue_bytes", "to_screen_p95")
        self._points.append([line["at_ms"], *(line[key] for key in keys)])
        return line

    def _connectors(self, samples: Samples) -> list[dict[str, Any]]:
        runs_sources = _flag(samples, "navigator_leader") is not False
        found = [
            {"name": s.health.source, "kind": "source", **s.health.line(), "last_error": _error(s.last_error)}
            for s in (self._hub.supervisors if runs_sources else ())
        ]
        pushed = samples.by("navigator_push_total", "service")
        for service in sorted({*pushed, *self._hub.observer.push_errors}):
            error = self._hub.observer.push_errors.get(service)
            found.append({"name": service, "kind": "push", "sent": int(pushed.get(service, 0)), "last_error": _error(error)})
        return found

    def _tell(self, line: dict[str, Any]) -> None:
        data: dict[str, Any] = {"node": self._node, "line": line}
        data |= {"point": self._points[-1]} if self._telling else {"points": list(self._points)}
        event = Event(source="/navigator/ops", id=f"{self._node}:{line['at_ms']}", type="ops.node", time=self._hub.now(), data=data)
        self._hub.publish_topic(OPS, event)


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)


def _number(value: float) -> int | None:
    return None if math.isnan(value) else int(value)


def _flag(samples: Samples, name: str) -> bool | None:
    value = samples.one(name, math.nan)
    return None if math.isnan(value) else value > 0


def _error(error: tuple[str, datetime] | None) -> Mapping[str, str] | None:
    return None if error is None else {"code": error[0], "at": rfc3339(error[1])}
