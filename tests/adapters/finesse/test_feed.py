"""The fold of topics `finesse:{agent}`, by the vectors that the page's model is tried with too."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from adapters.finesse.feed import fold
from hub.event import Event
from tests.clock import START
from tests.vectors.make_finesse import PATH, cases

VECTORS: list[dict[str, Any]] = json.loads(PATH.read_text(encoding="utf-8"))


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["what"])
def test_the_state_is_what_the_events_made_of_it(vector: dict[str, Any]) -> None:
    """The same state as in the page; and an event is not changed by those that follow it."""
    state, events = copy.deepcopy(vector["state"]), copy.deepcopy(vector["events"])
    for one in events:
        fold(state, Event(source="/navigator/finesse", id="1", type=one["type"], time=START, data=one["data"]))
    assert state == vector["result"]
    assert events == vector["events"]


def test_the_vectors_are_those_of_the_helper() -> None:
    """Whoever changes the shape writes the file again: `python -m tests.vectors.make_finesse`."""
    assert cases() == VECTORS
