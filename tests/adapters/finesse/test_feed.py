"""The fold of topics `finesse:{agent}`, by the vectors that the page's model is tried with too."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from adapters.finesse.asked import Asked
from adapters.finesse.feed import fold, resumed, state_json, whole
from hub.event import Event
from tests.adapters.finesse.test_picture_truth import begun
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


def test_a_new_leader_goes_on_where_the_last_one_was() -> None:
    """Who called, what was missed and what is on its way stands in the topic; all else is read again."""
    centre, panel = begun()
    for name in ("ring", "give_up", "ring_agent", "answer", "consult", "callee_answers"):
        getattr(centre, name)()
    for update in centre.updates:
        panel.hear(update, centre)
    panel.took(panel.picture.ask(Asked(request="r", action="dtmf", dialog="16802", at=centre.now, detail="1")))
    state = json.loads(json.dumps(panel.state))
    assert (set(state["dialogs"]), state["dialogs"]["16803"]["direction"]) == ({"16802", "16803"}, "consult")
    picture = resumed("1001", state, centre.now)
    assert state_json(picture)["missed"] == state["missed"]
    assert state_json(picture)["asked"] == state["asked"]
    assert state_json(picture)["dialogs"] == {}
    panel.picture = picture.serve("connecting", centre.now)[0]
    panel.state = whole(panel.picture)[1]
    panel.read(centre)
    service = {**state["service"], "since": panel.state["service"]["since"]}
    assert panel.state == {**state, "service": service}
