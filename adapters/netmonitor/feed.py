"""Topics `net` and `net:{host}`: what people see live. The state of `net` is what the events made of it, at every node and in every page.

State of `net`: {"at", "probe", "groups", "hosts": {id: row}}; of `net:{host}`: {"rounds": [newest last]}.
Events: `net.all` (the whole), `net.tick` (measurements of a moment), `net.state` (members of rows), `net.probe`; `net.round` of a host.
`clients/js/src/netmonitor/model.ts` does the same; both are tried by `tests/vectors/net_fold.json`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hub.event import Event
from hub.principal import Principal
from hub.topic import Topic

__all__ = ["HOST", "NET", "ROUNDS", "SPARK", "empty", "fold_host", "fold_net", "net_topics"]

NET = "net"
HOST = "net:"
SPARK = 30
"""Rounds that a row's sparkline has."""
ROUNDS = 60
"""Rounds that `net:{host}` keeps."""


def empty() -> dict[str, Any]:
    """The state before anything was told."""
    return {"at": None, "probe": {"state": "ok", "since": None, "why": None}, "groups": {}, "hosts": {}}


def net_topics(may_read: Callable[[Principal, str], Awaitable[bool]]) -> tuple[Topic, Topic]:
    """Both topics, to be registered before the hub runs."""
    return (
        Topic(name=NET, fold=fold_net, initial=empty, may_read=may_read),
        Topic(name=HOST, fold=fold_host, initial=lambda: {"rounds": []}, may_read=may_read),
    )


def fold_net(state: dict[str, Any], event: Event) -> None:
    """Applies an event to the state of `net`. A row that is not there is left out: its host has gone."""
    data = event.data
    if event.type == "net.all":
        state.clear()
        state.update({**empty(), **data})
        state["hosts"] = {id: {**row, "spark": list(row["spark"])} for id, row in data["hosts"].items()}
    elif event.type == "net.tick":
        state["at"] = data["at"]
        for id, p50, p95, loss in data["rows"]:
            row = state["hosts"].get(id)
            if row is not None:
                row.update(p50=p50, p95=p95, loss=loss)
                row["spark"] = [*row["spark"][1 - SPARK :], p50]
    elif event.type == "net.state":
        state["at"] = data["at"]
        for id, members in data["hosts"].items():
            row = state["hosts"].get(id)
            if row is not None:
                row.update(members)
    elif event.type == "net.probe":
        state["probe"] = dict(data)


def fold_host(state: dict[str, Any], event: Event) -> None:
    """Applies an event to the state of `net:{host}`."""
    state["rounds"] = [*state.get("rounds", ())[1 - ROUNDS :], dict(event.data)]
