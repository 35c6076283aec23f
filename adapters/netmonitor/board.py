"""The rows that people see: from the inventory, what was measured and what was judged, to the events of topics `net` and `net:{host}`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from adapters.netmonitor.anchors import ANCHOR
from adapters.netmonitor.feed import HOST, NET, SPARK
from adapters.netmonitor.judge.network import HostView, Network, Verdict
from adapters.netmonitor.values import Host, Inventory, Round
from hub.event import Event, Text, rfc3339
from hub.notification import TopicEvent
from hub.turns import Stepwise

__all__ = ["SOURCE", "Board"]

SOURCE = "/navigator/network"
"""Of the events."""


class Board:
    """Keeps the rows as they were told last, so that only what changed is told again."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._rows: dict[str, dict[str, Any]] = {}
        self._inventory = Inventory()
        self._probe: dict[str, Any] | None = None
        self._number = 0

    @classmethod
    def building(cls, inventory: Inventory, network: Network, *, spark: Mapping[str, Mapping[str, Any]]) -> Stepwise[Board]:
        """In steps. `spark`: rows as another node may have told them, whose curves go on."""
        board = cls(network)
        yield from board._fill(inventory, spark)
        return board

    def replacing(self, inventory: Inventory) -> Stepwise[None]:
        """These are the hosts from now on; `all` tells of them. In steps."""
        return self._fill(inventory, self._rows)

    def _fill(self, inventory: Inventory, before: Mapping[str, Mapping[str, Any]]) -> Stepwise[None]:
        rows = {}
        for host in inventory.hosts:
            yield
            rows[host.id] = self._row(host, before.get(host.id, {}))
        self._inventory, self._rows = inventory, rows

    def all(self, now: datetime) -> TopicEvent:
        """The whole, for whoever knows nothing."""
        self._probe = self._probe_line(now)
        groups = {group.path: {"rule": group.rule} | ({"up": group.up} if group.up is not None else {}) for group in self._inventory.groups}
        # copies: the rows go on being changed, and an event is a value
        hosts = {id: {**row, "spark": list(row["spark"])} for id, row in self._rows.items()}
        return self._event(NET, "net.all", now, {"at": rfc3339(now), "probe": self._probe, "groups": groups, "hosts": hosts})

    def turn(self, verdict: Verdict, ended: Sequence[tuple[str, Round]], now: datetime) -> Stepwise[list[TopicEvent]]:
        """What a second brought. In steps."""
        at = rfc3339(now)
        lines = []
        for id, found in ended:
            yield
            row = self._rows.get(id)
            if row is None or found.blind:
                continue
            p50, p95, loss = _ms(found.quantile(0.5)), _ms(found.quantile(0.95)), found.loss
            row.update(p50=p50, p95=p95, loss=loss)
            row["spark"] = [*row["spark"][1 - SPARK :], p50]
            lines.append([id, p50, p95, loss])
        # an empty one too: it says that the data is of now
        tick = self._event(NET, "net.tick", now, {"at": at, "rows": lines})
        return [tick, *(yield from self._changes({change.host_id for change in verdict.changes}, now))]

    def refreshed(self, now: datetime) -> Stepwise[list[TopicEvent]]:
        """What is another because maintenance or acknowledgements are. In steps."""
        return self._changes(self._rows, now)

    def round(self, host_id: str, found: Round) -> TopicEvent:
        """One round, for whoever looks at this host."""
        data = {
            "at": rfc3339(found.at),
            "p50": _ms(found.quantile(0.5)),
            "p95": _ms(found.quantile(0.95)),
            "min": _ms(min(found.answered, default=None)),
            "max": _ms(max(found.answered, default=None)),
            "loss": found.loss,
            "jitter": _ms(found.jitter),
            "sent": found.sent,
            "late": found.late,
            "duplicates": found.duplicates,
            "rtts": [_ms(rtt) for rtt in found.rtts],
            "error": found.error,
            "address": found.address,
            "state": self._rows[host_id]["state"] if host_id in self._rows else None,
        }
        return self._event(f"{HOST}{host_id}", "net.round", found.at, data)

    def _changes(self, ids: Iterable[str], now: datetime) -> Stepwise[list[TopicEvent]]:
        members, events = {}, []
        for id in ids:
            yield
            row = self._rows.get(id)
            if row is None or id.startswith(ANCHOR):
                continue
            fresh = _judged(self._network.view(id))
            changed = {name: value for name, value in fresh.items() if row[name] != value}
            if changed:
                row.update(changed)
                members[id] = changed
        if members:
            events.append(self._event(NET, "net.state", now, {"at": rfc3339(now), "hosts": members}))
        probe = self._probe_line(now)
        if probe != self._probe:
            self._probe = probe
            events.append(self._event(NET, "net.probe", now, probe))
        return events

    def _row(self, host: Host, before: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "name": host.name,
            "address": host.address,
            "group": host.group,
            "check": host.check.kind,
            "parent": host.parent,
            "critical": host.critical,
            **_judged(self._network.view(host.id)),
            "p50": before.get("p50"),
            "p95": before.get("p95"),
            "loss": before.get("loss"),
            "spark": list(before.get("spark", ())),
        }

    def _probe_line(self, now: datetime) -> dict[str, Any]:
        since = self._network.blind_since
        return {
            "state": "ok" if since is None else "blind",
            "since": None if since is None else rfc3339(since),
            "why": None if since is None else _why(self._network.blind_reason),
        }

    def _event(self, topic: str, type: str, at: datetime, data: Mapping[str, Any]) -> TopicEvent:
        self._number += 1
        return TopicEvent(topic, Event(source=SOURCE, id=f"{topic}:{at.timestamp():.6f}:{self._number}", type=type, time=at, data=data))


def _judged(view: HostView) -> dict[str, Any]:
    """What was judged, as it stands in a row."""
    ack = view.ack
    return {
        "state": view.state.value,
        "since": None if view.since is None else rfc3339(view.since),
        "reason": view.reason,
        "flapping": view.flapping,
        "ack": None
        if ack is None
        else {"by": ack.by, "why": ack.why, "at": rfc3339(ack.at), "until": None if ack.until is None else rfc3339(ack.until)},
        "maintenance": None if view.maintenance is None else {"until": rfc3339(view.maintenance.until), "why": view.maintenance.why},
    }


def _ms(value: float | None) -> float | None:
    """Milliseconds as they are shown: a thousandth is finer than anybody sees."""
    return None if value is None else round(value, 3)


def _why(reason: str | None) -> Text:
    if reason == "anchors":
        return {"ru": "Свои шлюзы не отвечают", "en": "Its own gateways do not answer"}
    if reason == "hosts":
        return {"ru": "Не отвечает ни один узел", "en": "No host answers"}
    return {"ru": "Запросы не отправляются", "en": "Requests cannot be sent"}
