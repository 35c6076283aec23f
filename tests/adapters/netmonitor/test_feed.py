"""The folds of topics `net` and `net:{host}`, by the vectors that the page's model is tried with too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from adapters.netmonitor.feed import ROUNDS, SPARK, empty, fold_host, fold_net
from hub.event import Event
from tests.clock import START

VECTORS: list[dict[str, Any]] = json.loads((Path(__file__).parents[2] / "vectors/net_fold.json").read_text(encoding="utf-8"))


def event(type: str, data: dict[str, Any]) -> Event:
    """As it comes over the bus."""
    return Event(source="/navigator/network", id="1", type=type, time=START, data=data)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
def test_the_state_is_what_the_events_made_of_it(vector: dict[str, Any]) -> None:
    """The same state, event by event, as in the page."""
    state = vector["state"]
    for one in vector["events"]:
        fold_net(state, event(one["type"], one["data"]))
    assert state == vector["result"]


def test_curves_are_bounded() -> None:
    """However long it runs."""
    state = empty()
    fold_net(state, event("net.all", {**empty(), "hosts": {"gw": {"spark": [], "p50": None}}}))
    for number in range(3 * SPARK):
        fold_net(state, event("net.tick", {"at": "now", "rows": [["gw", float(number), 1.0, 0.0]]}))
    assert state["hosts"]["gw"]["spark"] == [float(number) for number in range(2 * SPARK, 3 * SPARK)]
    rounds: dict[str, Any] = {"rounds": []}
    for number in range(3 * ROUNDS):
        fold_host(rounds, event("net.round", {"at": number}))
    assert [one["at"] for one in rounds["rounds"]] == list(range(2 * ROUNDS, 3 * ROUNDS))


def test_an_event_is_not_changed_by_what_follows() -> None:
    """The whole is copied in: the same event is kept in the history and folded at every node."""
    whole = {**empty(), "hosts": {"gw": {"spark": [1.0], "p50": 1.0}}}
    state = empty()
    fold_net(state, event("net.all", whole))
    fold_net(state, event("net.tick", {"at": "now", "rows": [["gw", 2.0, 2.0, 0.0]]}))
    assert whole["hosts"] == {"gw": {"spark": [1.0], "p50": 1.0}}
