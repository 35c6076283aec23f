"""The picture in single scenes: who called, how it ended, what is pending, what comes twice or never."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.finesse.asked import GIVE_UP, LIMIT, Asked, Ended
from adapters.finesse.feed import state_json
from adapters.finesse.order import MAX_SEEN, MAX_TOMBSTONES
from adapters.finesse.picture import GAP, MAX_ASKED, MAX_CALLS, MAX_MISSED, MAX_RECORDED, Doubt, Gone, Picture
from adapters.finesse.values import Dialog, Failure, Kind, Leg, Reason, Reasons, Service, Update
from tests.adapters.finesse.centre import AGENT, MINE, Centre, system_at
from tests.adapters.finesse.test_picture_truth import Panel, begun
from tests.clock import START


def story(*operations: str, wrap_up: bool = False) -> tuple[Centre, Panel]:
    """All of it heard as it was told."""
    centre, panel = begun(wrap_up)
    go(centre, panel, *operations)
    return centre, panel


def go(centre: Centre, panel: Panel, *operations: str) -> list[Any]:
    """And on it goes; the changes."""
    first, heard = len(panel.changes), len(centre.updates)
    for name in operations:
        getattr(centre, name)()
    for update in centre.updates[heard:]:
        panel.hear(update, centre)
    return panel.changes[first:]


def told(dialog: Dialog, kind: Kind = "PUT", item: str = "", request: str = "") -> Update:
    """A notification of a call."""
    return Update(node="/finesse/api/User/1001/Dialogs", item=item, kind=kind, source="", dialogs=(dialog,), request=request)


def leg(address: str, state: str, second: int = 0, **more: Any) -> Leg:
    """Since that second."""
    at = START + timedelta(seconds=10 + second)
    return Leg(
        **{"address": address, "state": state, "since": at, "started": at, "kind": "AGENT_DEVICE" if address.startswith("40") else ""}
        | more
    )


def dialog(*legs: Leg, **more: Any) -> Dialog:
    """From outside."""
    given: dict[str, Any] = {"id": "7", "state": "ACTIVE", "type": "PREROUTE_ACD_IN", "from_address": "+15550100", "to_address": "7000"}
    return Dialog(legs=legs, **given | more)


def shown(panel: Panel, id: str) -> dict[str, Any]:
    """A call as the panel has it."""
    found: dict[str, Any] = panel.state["dialogs"][id]
    return found


# -- who called -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operations", "direction", "number"),
    [
        (("ring", "answer"), "in", "+15550100"),
        (("ring_hidden", "answer"), "in", ""),
        (("ring_agent", "answer"), "in", "4002"),
        (("dial", "callee_answers"), "out", "4002"),
        (("dial", "fail"), "out", "4002"),
    ],
)
def test_who_called(operations: tuple[str, ...], direction: str, number: str) -> None:
    """By whose leg rang first."""
    _, panel = story(*operations)
    assert (shown(panel, "16801")["direction"], shown(panel, "16801")["number"]) == (direction, number)


@pytest.mark.parametrize("label", ["OUT", "AGENT_INSIDE"])
def test_an_agent_calls_an_agent_on_ccx(label: str) -> None:
    """Labelled outgoing on both sides; this one rings here, and later states do not change their mind."""
    centre, panel = begun()
    ringing = dialog(leg("4002", "INITIATED"), leg(MINE, "ALERTING"), type=label, from_address="4002", to_address=MINE, state="ALERTING")
    panel.hear(told(ringing, "POST"), centre)
    assert (shown(panel, "7")["direction"], shown(panel, "7")["number"]) == ("in", "4002")
    panel.hear(told(replace(ringing, state="ACTIVE", legs=(leg("4002", "ACTIVE", 1), leg(MINE, "ACTIVE", 1)))), centre)
    assert shown(panel, "7")["direction"] == "in"


def test_first_seen_in_the_middle() -> None:
    """A guess: by whose leg began first; then by the addresses; then by the type. It is mended by a beginning that comes late."""
    early = {"started": START}
    for legs, more, direction in (
        ((leg("9", "ACTIVE", **early), leg(MINE, "ACTIVE", 3)), {}, "in"),
        ((leg("9", "ACTIVE", 3), leg(MINE, "ACTIVE", 4, **early)), {}, "out"),
        ((leg(MINE, "ACTIVE"),), {"from_address": MINE}, "out"),
        ((leg(MINE, "ACTIVE"),), {"to_address": MINE, "type": "OUT"}, "in"),
        ((leg(MINE, "ACTIVE"),), {"type": "OUT"}, "out"),
        ((leg(MINE, "ACTIVE"),), {"from_address": ""}, "in"),
    ):
        centre, panel = begun()
        panel.hear(told(dialog(*legs, **more)), centre)
        assert shown(panel, "7")["direction"] == direction
    late = dialog(leg(MINE, "ALERTING", -1), type="OUT", state="ALERTING")
    centre, panel = begun()
    panel.hear(told(dialog(leg(MINE, "ACTIVE"), type="OUT")), centre)
    assert panel.hear(told(late, "POST"), centre) == (Doubt("late"),)
    assert (shown(panel, "7")["direction"], shown(panel, "7")["leg"]["state"], shown(panel, "7")["number"]) == ("in", "ACTIVE", "+15550100")


def test_a_consultation_belongs_to_the_call_it_was_asked_from() -> None:
    """Told by its address, by its type beside a held call, or by what was asked."""
    _, panel = story("ring", "answer", "consult")
    assert (shown(panel, "16802")["direction"], shown(panel, "16802")["of"], shown(panel, "16802")["number"]) == (
        "consult",
        "16801",
        "4003",
    )
    centre, panel = story("ring", "answer", "hold")
    panel.hear(told(dialog(leg(MINE, "INITIATING"), type="CONSULT", to_address="4003"), "POST"), centre)
    assert (shown(panel, "7")["direction"], shown(panel, "7")["of"]) == ("consult", "16801")
    centre, panel = story("ring", "answer")
    panel.took(panel.picture.ask(Asked(request="r", action="consult", dialog="16801", at=centre.now, detail="4003")))
    panel.hear(told(dialog(leg(MINE, "INITIATING"), type="OUT", to_address="4003"), "POST"), centre)
    assert (shown(panel, "7")["direction"], shown(panel, "7")["of"]) == ("consult", "16801")
    assert panel.changes[-1] == Ended(request="r")
    panel.hear(told(dialog(leg(MINE, "ALERTING"), id="8", state="ALERTING"), "POST"), centre)
    assert shown(panel, "8")["direction"] == "in"


def test_ids_change_in_a_conference() -> None:
    """The consultation survives with everybody: it is the customer's call now, that called us."""
    centre, panel = story("ring", "answer", "consult", "callee_answers")
    assert centre.count % 2 == 0, "the second one survives"
    changes = go(centre, panel, "conference")
    assert Gone("16801", "merged") in changes
    assert (shown(panel, "16802")["direction"], shown(panel, "16802")["of"]) == ("in", None)
    assert {one["address"] for one in shown(panel, "16802")["others"]} == {"+15550100", "4003"}
    assert not panel.picture.missed


def test_whom_a_call_is_transferred_to_keeps_who_rang() -> None:
    """The consultation rang here; the customer's call, which never did, replaces it under another id."""
    centre, panel = begun()
    consult = dialog(
        leg("4002", "INITIATED"), leg(MINE, "ALERTING"), id="8", from_address="4002", to_address=MINE, type="CONSULT", state="ALERTING"
    )
    panel.hear(told(consult, "POST"), centre)
    panel.hear(told(replace(consult, state="ACTIVE", legs=(leg("4002", "ACTIVE", 1), leg(MINE, "ACTIVE", 1)))), centre)
    panel.hear(told(dialog(leg("+15550100", "ACTIVE", 0), leg(MINE, "ACTIVE", 2), secondary_id="8", from_address="4002"), "POST"), centre)
    changes = panel.hear(told(replace(consult, state="DROPPED", legs=(leg(MINE, "DROPPED", 2),)), "DELETE"), centre)
    assert changes == (Gone("8", "merged"),)
    assert (shown(panel, "7")["direction"], shown(panel, "7")["number"]) == ("in", "+15550100")


# -- how it ended -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operations", "why", "missed"),
    [
        (("ring", "give_up"), "abandoned", ["abandoned"]),
        (("ring_hidden", "give_up"), "abandoned", ["abandoned"]),
        (("ring", "ring_out"), "missed", ["missed"]),
        (("ring", "answer_elsewhere"), "answered_elsewhere", []),
        (("ring_hidden", "answer_elsewhere"), "answered_elsewhere", []),
        (("ring_agent", "answer_elsewhere"), "answered_elsewhere", []),
        (("ring", "answer", "hang_up"), "ended", []),
        (("ring", "answer", "drop"), "ended", []),
        (("dial", "drop"), "ended", []),
        (("dial", "fail", "drop"), "ended", []),
        (("ring", "answer", "consult", "callee_answers", "transfer"), "transferred", []),
    ],
)
def test_how_it_ended(operations: tuple[str, ...], why: str, missed: list[str]) -> None:
    """Missed is what rang and nobody took."""
    centre, panel = story(*operations[:-1])
    gone = [change for change in go(centre, panel, operations[-1]) if isinstance(change, Gone)]
    assert gone[0].id == "16801"
    assert {change.why for change in gone} == {why}
    assert [one["why"] for one in panel.state["missed"]] == missed
    assert not panel.state["dialogs"].get("16801")


def test_a_call_is_gone_when_the_own_leg_is() -> None:
    """Before Finesse takes it from the list: the card goes with the first word of it, and once."""
    centre, panel = story("ring")
    ringing = centre.own("ALERTING")[0]
    over = replace(
        centre.changed(ringing, MINE, "DROPPED"), legs=(*centre.changed(ringing, MINE, "DROPPED").legs, centre.leg("4009", "ACTIVE"))
    )
    assert panel.hear(told(over), centre) == (Gone("16801", "answered_elsewhere"),)
    assert panel.hear(told(over), centre) == ()
    assert panel.hear(told(over, "DELETE"), centre) == ()
    _, panel = story("ring")
    without = replace(ringing, state="ACTIVE", legs=(leg("+15550100", "ACTIVE", 1), leg("4009", "ACTIVE", 1)))
    assert panel.hear(told(without), centre) == (Gone("16801", "answered_elsewhere"),)
    centre, panel = story("ring", "answer", "hang_up", wrap_up=True)
    assert shown(panel, "16801")["leg"]["state"] == "WRAP_UP"
    assert Gone("16801", "ended") in go(centre, panel, "classify")


def test_a_missed_call_that_somebody_took_after_all() -> None:
    """Who took it was told a moment later; or it rings here again."""
    centre, panel = story("ring")
    over = centre.changed(centre.own("ALERTING")[0], MINE, "DROPPED")
    panel.hear(told(over), centre)
    assert [one["id"] for one in panel.state["missed"]] == ["16801"]
    panel.hear(told(replace(over, legs=(*over.legs, centre.leg("4009", "ACTIVE")))), centre)
    assert panel.state["missed"] == []
    centre, panel = story("ring", "ring_out", "come_back")
    assert panel.state["missed"] == []
    go(centre, panel, "ring_out")
    assert len(panel.state["missed"]) == 1


def test_a_call_in_which_the_agent_was_is_not_missed() -> None:
    """The word of the answer was lost: the agent's own state tells it."""
    centre, panel = story("ring")
    centre.now += timedelta(seconds=1)
    panel.hear(Update(node="", item="", kind="PUT", source="", agent=replace(AGENT, state="TALKING", since=centre.now)), centre)
    over = centre.changed(centre.own("ALERTING")[0], MINE, "DROPPED")
    assert panel.hear(told(over, "DELETE"), centre) == (Gone("16801", "ended"),)
    assert panel.state["missed"] == []


@pytest.mark.parametrize(("away", "why"), [(None, "missed"), (GAP, "missed"), (GAP + timedelta(seconds=1), "ended")])
def test_a_call_that_is_missing_from_the_read(away: timedelta | None, why: str) -> None:
    """Missed, unless the connection was away for so long that the agent may have taken it."""
    centre, panel = story("ring")
    centre.dialogs.clear()
    if away is not None:
        panel.took(panel.picture.serve("stale", centre.now, "finesse_away"))
        panel.took(panel.picture.serve("connecting", centre.now))
        centre.now += away
    assert panel.read(centre) == (Gone("16801", why),)  # type: ignore[arg-type]
    assert len(panel.state["missed"]) == (why == "missed")


def test_a_transfer_that_was_asked_for() -> None:
    """Both calls are told as transferred, whatever Finesse says of them; when it was refused, none is."""
    for code, why in ((None, "transferred"), ("finesse_invalid_state", "ended")):
        centre, panel = story("ring", "answer", "consult", "callee_answers")
        panel.took(panel.picture.ask(Asked(request="r", action="transfer", dialog="16801", at=centre.now)))
        if code:
            panel.took(panel.picture.answered("r", code, centre.now))
        for one in [*centre.own("ACTIVE"), *centre.own("HELD")]:
            panel.hear(told(centre.changed(one, MINE, "DROPPED"), "DELETE"), centre)
        assert [change.why for change in panel.changes if isinstance(change, Gone)] == [why, why]
        assert [change.code for change in panel.changes if isinstance(change, Ended)] == [code]


def test_missed_calls_are_few_and_can_be_cleared() -> None:
    """Newest first, one by one or all."""
    centre, panel = begun()
    for _ in range(MAX_MISSED + 5):
        centre.gone.clear()
        go(centre, panel, "ring", "give_up")
    ids = [one.id for one in panel.picture.missed]
    assert (len(ids), ids[0]) == (MAX_MISSED, str(16800 + MAX_MISSED + 5))
    assert [one.id for one in panel.picture.clear_missed(ids[1:]).missed] == ids[:1]
    assert panel.picture.clear_missed().missed == ()


# -- twice, late, never -----------------------------------------------------------------------------------


def test_late_words_of_a_call_that_is_gone() -> None:
    """A PUT after the DELETE is no call; a new call with the old id is one."""
    centre, panel = story("ring", "answer")
    active = centre.own("ACTIVE")[0]
    go(centre, panel, "drop")
    assert panel.hear(told(active), centre) == (Doubt("buried"),)
    assert panel.hear(told(active, "POST"), centre) == (Doubt("buried"),)
    assert panel.hear(told(centre.gone[-1]), centre) == ()  # that it was dropped is no news
    assert panel.picture.calls == {}
    assert panel.hear(told(centre.changed(active, MINE, "ACTIVE"), "POST"), centre) == ()
    assert shown(panel, "16801")["leg"]["state"] == "ACTIVE"


def test_the_others_legs_tell_what_is_late_where_the_own_one_is_the_same() -> None:
    """Somebody else's older state is older; a state with parties that no time compares is taken, and a read asked for."""
    centre, panel = begun()
    mine = leg(MINE, "ACTIVE")
    newer = dialog(mine, leg("9", "HELD", 5))
    panel.hear(told(newer), centre)
    assert panel.hear(told(dialog(mine, leg("9", "ACTIVE", 4))), centre) == (Doubt("late"),)
    assert panel.picture.dialogs["7"] == newer
    joined = dialog(mine, leg("9", "HELD", 5), leg("4003", "ACTIVE", 6))
    assert panel.hear(told(joined), centre) == ()
    assert panel.hear(told(newer), centre) == (Doubt("unclear"),)
    assert panel.picture.dialogs["7"] == newer
    mixed = dialog(mine, leg("9", "ACTIVE", 4), leg("4003", "HELD", 7))
    assert panel.hear(told(joined), centre) == ()
    assert panel.hear(told(mixed), centre) == ()
    assert panel.picture.dialogs["7"] == mixed


def test_a_last_word_of_the_same_time_as_the_end() -> None:
    """The DELETE told nothing new; a PUT of that same moment is no new call."""
    centre, panel = begun()
    only = dialog(leg(MINE, "ACTIVE"))
    panel.hear(told(only), centre)
    assert panel.hear(told(only, "DELETE"), centre) == (Gone("7", "ended"),)
    assert panel.hear(told(only), centre) == (Doubt("buried"),)
    assert panel.hear(told(dialog(leg(MINE, "ACTIVE", 1))), centre) == ()


def test_a_call_that_comes_back_in_the_middle_is_the_one_that_it_was() -> None:
    """Somebody retrieves it for the agent: who called is known."""
    centre, panel = story("dial", "callee_answers", "drop")
    back = replace(
        centre.gone[-1], state="ACTIVE", legs=(leg(MINE, "ACTIVE", 60), leg("4002", "ACTIVE", 0, started=START)), from_address="4002"
    )
    panel.hear(told(back, "POST"), centre)
    assert shown(panel, "16801")["direction"] == "out"


def test_a_call_of_ones_own_that_rings_again() -> None:
    """It comes back from where it was put: it is still the one that the agent made, and nobody missed it."""
    centre, panel = story("dial", "callee_answers")
    again = centre.changed(centre.own("ACTIVE")[0], MINE, "ALERTING")
    panel.hear(told(again), centre)
    assert shown(panel, "16801")["direction"] == "out"
    assert panel.hear(told(centre.changed(again, MINE, "DROPPED"), "DELETE"), centre) == (Gone("16801", "ended"),)


def test_who_was_in_the_call_before_it_rang_has_not_taken_it() -> None:
    """A colleague who speaks with the customer calls for help: they are in it all along."""
    centre, panel = begun()
    ringing = dialog(leg("+15550100", "ACTIVE", -9), leg("4002", "ACTIVE", -8), leg(MINE, "ALERTING", 0), from_address="+15550100")
    panel.hear(told(ringing, "POST"), centre)
    over = replace(ringing, legs=(*ringing.legs[:2], leg(MINE, "DROPPED", 9)))
    assert panel.hear(told(over, "DELETE"), centre) == (Gone("7", "missed"),)
    panel.hear(told(replace(ringing, id="8"), "POST"), centre)
    assert panel.hear(told(replace(over, id="8", legs=(*over.legs, leg("4003", "ACTIVE", 5))), "DELETE"), centre) == (
        Gone("8", "answered_elsewhere"),
    )


def test_a_call_merged_long_ago_is_another_one_now() -> None:
    """The survivor of a conference names it still; it has rung since, and nobody took it."""
    centre, panel = begun()
    panel.hear(told(dialog(leg(MINE, "ACTIVE", 1), secondary_id="8")), centre)
    panel.hear(told(dialog(leg(MINE, "ALERTING", 5), id="8", state="ALERTING"), "POST"), centre)
    assert panel.hear(told(dialog(leg(MINE, "DROPPED", 9), id="8", state="DROPPED"), "DELETE"), centre) == (Gone("8", "abandoned"),)


def test_two_legs_of_the_agent() -> None:
    """The one that was dropped first is not theirs any more."""
    centre, panel = begun()
    panel.hear(told(dialog(leg(MINE, "DROPPED", 0), leg(MINE, "ACTIVE", 1), leg("9", "ACTIVE", 1))), centre)
    assert shown(panel, "7")["leg"]["state"] == "ACTIVE"


def test_an_interruption_is_over_with_the_read() -> None:
    """What is missing from the next one was missed."""
    centre, panel = begun()
    panel.took(panel.picture.serve("stale", centre.now))
    centre.now += GAP
    panel.read(centre)
    go(centre, panel, "ring")
    centre.dialogs.clear()
    centre.now += GAP
    assert panel.read(centre) == (Gone("16801", "missed"),)


def test_a_known_call_appears_again_as_something_else() -> None:
    """A POST of a known id replaces it whole; an older one does not."""
    centre, panel = story("ring", "answer")
    other = dialog(leg("9", "ACTIVE", 90), leg(MINE, "ACTIVE", 90), id="16801", from_address="9", queue="Other")
    assert panel.hear(told(other, "POST"), centre) == ()
    assert panel.picture.dialogs == {"16801": other}
    assert panel.hear(told(dialog(leg(MINE, "ALERTING", 80), id="16801"), "POST"), centre) == (Doubt("late"),)
    assert panel.hear(told(dialog(leg(MINE, "ALERTING", 80), id="16801"), "DELETE"), centre) == (Doubt("late"),)
    assert panel.picture.dialogs == {"16801": other}


def test_a_change_is_not_applied_twice() -> None:
    """The same item once more, after something newer that has no time of its own."""
    centre, panel = story("ring", "answer", "describe")
    old = next(update for update in reversed(centre.updates) if update.dialogs)
    go(centre, panel, "describe")
    assert panel.hear(old, centre) == ()
    assert panel.equals(centre)
    same = replace(old, dialogs=(centre.changed(old.dialogs[0], MINE, "HELD"),))  # should the item's id ever stay the same
    panel.hear(same, centre)
    assert shown(panel, "16801")["leg"]["state"] == "HELD"


def test_nothing_is_told_of_others() -> None:
    """Another agent's state, a queue, a DELETE of what was not there."""
    centre, panel = begun()
    for update in (
        Update(node="", item="", kind="PUT", source="", agent=replace(AGENT, id="1002", state="TALKING")),
        Update(node="", item="", kind="PUT", source="/finesse/api/Queue/1"),
        told(dialog(leg(MINE, "ACTIVE")), "DELETE"),
    ):
        before = panel.state.copy()
        assert panel.hear(update, centre) == ()
        assert panel.state == before
    assert panel.hear(Update(node="", item="", kind="DELETE", source="", agent=AGENT), centre) == (Doubt("deleted"),)
    assert panel.hear(Update(node="", item="", kind="PUT", source="", agent=replace(AGENT, since=START - LIMIT)), centre) == (
        Doubt("late"),
    )


def test_without_times_the_order_of_coming_counts() -> None:
    """Nothing is thrown away for want of a time."""
    centre, panel = begun()
    bare = {"since": None, "started": None}
    for state in ("ALERTING", "ACTIVE", "HELD"):
        panel.hear(told(dialog(leg(MINE, state, **bare))), centre)
        assert shown(panel, "7")["leg"]["state"] == state
    panel.hear(told(dialog(leg(MINE, "DROPPED", **bare)), "DELETE"), centre)
    assert panel.hear(told(dialog(leg(MINE, "ACTIVE", **bare))), centre) == (Doubt("buried"),)
    assert panel.hear(told(dialog(leg(MINE, "ACTIVE", **bare)), "POST"), centre) == ()
    assert "7" in panel.state["dialogs"]


def test_a_call_from_before_the_read_that_was_not_in_it() -> None:
    """All its other words were lost: this one is of the past."""
    centre, panel = begun()
    old = dialog(leg(MINE, "ACTIVE", -30))
    assert panel.hear(told(old), centre) == (Doubt("buried"),)
    assert panel.hear(told(dialog(leg(MINE, "ACTIVE", 0))), centre) == ()


def test_memory_is_bounded() -> None:
    """Whatever Finesse tells."""
    centre, panel = begun()
    picture = panel.picture
    for number in range(MAX_SEEN + 50):
        one = dialog(leg(MINE, "ACTIVE"), id=str(number))
        picture, _ = picture.apply(told(one, item=f"p{number}", request=f"q{number}"), centre.now)
        if number >= 2:
            picture, _ = picture.apply(told(replace(one, id=str(number - 2)), "DELETE", item=f"d{number}"), centre.now)
    memory = picture.memory
    assert (len(memory.seen), len(memory.tombs), len(memory.gone), len(memory.heard)) == (MAX_SEEN, MAX_TOMBSTONES, MAX_TOMBSTONES, 256)
    changes: tuple[Any, ...] = ()
    for number in range(MAX_CALLS + 1):
        picture, changes = picture.apply(told(dialog(leg(MINE, "ACTIVE", 1), id=f"x{number}")), centre.now)
    assert (len(picture.calls), changes) == (MAX_CALLS, (Doubt("too_many"),))
    picture = picture.reading()
    for number in range(MAX_RECORDED + 5):
        picture, _ = picture.apply(told(dialog(leg(MINE, "ACTIVE", 2), id="x0"), item=f"r{number}"), centre.now)
    assert picture.recorded is not None
    assert len(picture.recorded) == MAX_RECORDED
    _, changes = picture.snapshot(AGENT, [dialog(leg(MINE, "ACTIVE", 2), id="x0")], None, centre.now)
    assert Doubt("too_many") in changes


def test_a_call_of_the_read_that_was_deleted_meanwhile_is_gone() -> None:
    """And one that appeared after Finesse answered is there, once more asked for."""
    centre, panel = story("ring")
    ringing = centre.own("ALERTING")[0]
    go(centre, panel, "answer")
    fresh = dialog(leg(MINE, "ALERTING", 60), state="ALERTING")
    centre.now += timedelta(seconds=60)
    changes = panel.read(replace_dialogs(centre, {"16801": ringing}), [told(fresh, "POST", "n1")])
    assert changes == (Doubt("unclear"),)
    assert set(panel.state["dialogs"]) == {"16801", "7"}
    gone = told(centre.changed(ringing, MINE, "DROPPED"), "DELETE", "n2")
    panel.read(replace_dialogs(centre, {"16801": ringing, "7": fresh}), [gone])
    assert set(panel.state["dialogs"]) == {"7"}


def replace_dialogs(centre: Centre, dialogs: dict[str, Dialog]) -> Centre:
    """As Finesse read them."""
    centre.dialogs = dialogs
    return centre


def test_another_extension_makes_others_legs_ours() -> None:
    """The agent signed in at another phone; signed out, the last one is remembered."""
    centre, panel = story("ring", "answer")
    panel.hear(Update(node="", item="", kind="PUT", source="", agent=replace(AGENT, extension="+15550100", since=centre.now)), centre)
    assert shown(panel, "16801")["leg"]["address"] == "+15550100"
    panel.hear(
        Update(node="", item="", kind="PUT", source="", agent=replace(AGENT, extension="", state="LOGOUT", since=centre.now)), centre
    )
    assert panel.picture.extension == "+15550100"
    assert shown(panel, "16801")["leg"]["address"] == "+15550100"


# -- requests ---------------------------------------------------------------------------------------------


def ask(panel: Panel, centre: Centre, action: str, dialog: str | None = "16801", detail: str = "") -> None:
    """Request `r`."""
    panel.took(panel.picture.ask(Asked(request="r", action=action, dialog=dialog, at=centre.now, detail=detail)))


@pytest.mark.parametrize(
    ("before", "action", "detail", "operation"),
    [
        (("ring",), "answer", "", "answer"),
        (("ring",), "answer", "", "give_up"),
        (("ring", "answer"), "hold", "", "hold"),
        (("ring", "answer", "hold"), "retrieve", "", "retrieve"),
        (("ring", "answer"), "drop", "", "drop"),
        (("ring", "answer"), "consult", "4003", "consult"),
        (("ring", "answer", "consult", "callee_answers"), "transfer", "", "transfer"),
        (("ring", "answer"), "direct_transfer", "4003", "drop"),
        (("ring", "answer"), "variables", "", "describe"),
    ],
)
def test_a_request_ends_when_what_it_asked_for_is_there(before: tuple[str, ...], action: str, detail: str, operation: str) -> None:
    """Though no notification names it."""
    centre, panel = story(*before)
    ask(panel, centre, action, detail=detail)
    assert panel.state["asked"]["r"]["action"] == action
    go(centre, panel, "describe" if operation != "describe" else "rest")
    if operation != "give_up":
        assert "r" in panel.state["asked"], "something else happened"
    assert Ended(request="r") in go(centre, panel, operation)
    assert panel.state["asked"] == {}


def test_wrap_up_conference_and_party() -> None:
    """What is done to a call that goes on."""
    centre, panel = story("ring", "answer", "hang_up", wrap_up=True)
    ask(panel, centre, "wrap_up", detail="Sold")
    assert Ended(request="r") in go(centre, panel, "classify")
    centre, panel = story("ring", "answer", "consult", "callee_answers")
    ask(panel, centre, "conference", centre.own("HELD")[0].id)
    assert Ended(request="r") in go(centre, panel, "conference")
    id = next(iter(centre.dialogs))
    panel.took(panel.picture.ask(Asked(request="p", action="drop_party", dialog=id, at=centre.now, detail="4003")))
    assert panel.hear(told(centre.changed(centre.dialogs[id], "4003", "DROPPED")), centre) == (Ended(request="p"),)


@pytest.mark.parametrize(
    ("action", "detail", "agent"),
    [
        ("state", "NOT_READY", {"state": "NOT_READY"}),
        ("state", "NOT_READY:16", {"state": "NOT_READY", "reason_id": "16"}),
        ("state", "NOT_READY:16", {"state": "TALKING", "pending": "NOT_READY"}),
        ("state", "READY", {"state": "READY"}),
        ("state", "READY", {"state": "RESERVED"}),
        ("sign_in", "4001", {"state": "NOT_READY"}),
        ("sign_out", "", {"state": "LOGOUT"}),
        ("sign_out", "", {"state": "TALKING", "pending": "LOGOUT"}),
    ],
)
def test_a_state_that_was_asked_for(action: str, detail: str, agent: dict[str, Any]) -> None:
    """It is there, or it is pending."""
    centre, panel = begun()
    start = (
        {"state": "LOGOUT"}
        if action == "sign_in"
        else {"state": "NOT_READY", "reason_id": "17"}
        if detail != "NOT_READY"
        else {"state": "READY"}
    )
    panel.hear(Update(node="", item="", kind="PUT", source="", agent=replace(AGENT, **start)), centre)
    ask(panel, centre, action, None, detail)
    assert panel.state["asked"]
    assert panel.hear(Update(node="", item="", kind="PUT", source="", agent=replace(AGENT, **agent)), centre) == (Ended(request="r"),)


def test_a_state_that_is_there_already_needs_no_waiting() -> None:
    """Finesse tells nothing of what does not change."""
    centre, panel = begun()
    ask(panel, centre, "state", None, "READY")
    assert (panel.state["asked"], panel.changes[-1]) == ({}, Ended(request="r"))


def test_the_notification_is_faster_than_the_question() -> None:
    """Of another node: its id is known already, and a failure too; another client's request is nobody's here."""
    centre, panel = story("ring", "answer")
    failure = Failure(type="Generic Error", data="20999")
    for update in (
        told(centre.dialogs["16801"], request="r"),
        Update(node="", item="", kind="PUT", source="", request="f", failures=(failure,)),
    ):
        assert panel.hear(update, centre) == ()
    ask(panel, centre, "dtmf")
    assert panel.changes[-1] == Ended(request="r")
    panel.took(panel.picture.ask(Asked(request="f", action="consult", dialog="16801", at=centre.now)))
    assert panel.changes[-1] == Ended(request="f", code="finesse_not_controller", failure=failure)
    assert panel.state["asked"] == {}


def test_a_failure_after_it_seemed_done() -> None:
    """It is told, once: it was the call's own change that looked like the answer."""
    centre, panel = story("ring", "answer")
    ask(panel, centre, "hold")
    go(centre, panel, "hold")
    failure = Failure(type="Generic Error", message="CF_INVALID_OBJECT_STATE", data="22")
    update = Update(node="", item="", kind="PUT", source="", request="r", failures=(failure,))
    assert panel.hear(update, centre) == (Ended(request="r", code="finesse_invalid_state", failure=failure),)
    assert panel.hear(update, centre) == ()
    assert panel.took(panel.picture.answered("r", None, centre.now)) == ()


def test_nobody_answers() -> None:
    """After its time a read decides: done, not done, or nothing to be seen. After that nobody waits."""
    for action, operation, code in (("hold", "hold", None), ("hold", "describe", "finesse_unconfirmed"), ("dtmf", "describe", None)):
        centre, panel = story("ring", "answer")
        ask(panel, centre, action)
        getattr(centre, operation)()
        centre.now += LIMIT
        assert Ended(request="r", code=code) in panel.read(centre)
    centre, panel = story("ring", "answer")
    ask(panel, centre, "hold")
    assert panel.took(panel.picture.give_up(centre.now + GIVE_UP - LIMIT)) == ()
    assert panel.took(panel.picture.give_up(centre.now + GIVE_UP)) == (Ended(request="r", code="finesse_unconfirmed"),)


def test_too_many_requests() -> None:
    """The oldest ends."""
    centre, panel = story("ring", "answer")
    for number in range(MAX_ASKED + 1):
        panel.took(panel.picture.ask(Asked(request=f"r{number}", action="dtmf", dialog="16801", at=centre.now)))
    assert panel.changes[-1] == Ended(request="r0", code="finesse_unconfirmed")
    assert len(panel.state["asked"]) == MAX_ASKED
    assert panel.took(panel.picture.ask(Asked(request="r5", action="dtmf", dialog="16801", at=centre.now))) == ()


# -- the connection ---------------------------------------------------------------------------------------


def test_the_connection_comes_and_goes() -> None:
    """What was shown stays, as of then; signed out, all but missed calls is forgotten."""
    centre, panel = story("ring", "give_up", "ring")
    panel.took(panel.picture.serve("live", centre.now, node="fin-a"))
    panel.took(panel.picture.serve("stale", centre.now, "finesse_away"))
    assert (panel.picture.service.since, panel.picture.service.node) == (centre.now, "fin-a")
    since = centre.now
    centre.now += LIMIT
    panel.took(panel.picture.serve("stale", centre.now, "finesse_out_of_service"))
    assert (panel.picture.service.since, panel.picture.service.why) == (since, "finesse_out_of_service")
    assert panel.state["dialogs"]
    ask(panel, centre, "sign_out", None)
    changes = panel.took(panel.picture.serve("off", centre.now))
    assert changes == (Gone("16802", "ended"), Ended(request="r"))
    assert (panel.state["agent"], panel.state["dialogs"], len(panel.state["missed"])) == (None, {}, 1)
    assert panel.state["service"]["node"] is None


def test_finesse_goes_out_of_service_and_comes_back() -> None:
    """The connection stays: what is shown is stale until it was read again."""
    centre, panel = story("ring")
    panel.hear(Update(node="", item="", kind="PUT", source="", system="OUT_OF_SERVICE"), centre)
    assert (panel.state["service"]["state"], panel.state["service"]["why"]) == ("stale", "finesse_out_of_service")
    panel.took(panel.picture.snapshot(AGENT, [], system_at(centre.now, "OUT_OF_SERVICE"), centre.now))
    assert panel.state["service"]["state"] == "stale"
    assert panel.hear(Update(node="", item="", kind="PUT", source="", system="IN_SERVICE"), centre) == (Doubt("in_service"),)
    panel.read(centre)
    assert (panel.state["service"]["state"], panel.state["service"]["why"]) == ("live", None)
    assert panel.hear(Update(node="", item="", kind="PUT", source="", system="IN_SERVICE"), centre) == ()


def test_a_read_that_comes_too_late_does_not_sign_in() -> None:
    """Off is off, and refused is for a person to mend."""
    for state in ("off", "refused"):
        picture = Picture(id="1001", service=Service(state=state, since=START))  # type: ignore[arg-type]
        assert picture.snapshot(AGENT, [], system_at(START), START)[0].service.state == state


def test_times_are_by_our_clock() -> None:
    """Finesse is an hour ahead; a little more or less is the network's doing."""
    _, panel = begun()
    hour = timedelta(hours=1)
    ahead = replace(AGENT, since=START + hour)
    panel.took(panel.picture.snapshot(ahead, [], system_at(START + hour), START))
    assert panel.told[-1] == "finesse.all"
    assert panel.state["agent"]["since"] == "2026-11-23T09:00:00.000Z"
    told_before = len(panel.told)
    panel.took(panel.picture.snapshot(ahead, [], system_at(START + hour + timedelta(seconds=0.9)), START))
    assert panel.told[told_before:] == []
    panel.took(
        panel.picture.snapshot(ahead, [], system_at(START + hour + timedelta(seconds=9)), START + timedelta(seconds=8), told_at=START)
    )
    assert panel.state["agent"]["since"] == "2026-11-23T08:59:51.000Z"


def test_reasons_name_what_finesse_only_numbered() -> None:
    """The agent's reason is looked up; reasons of Finesse's own are not offered."""
    _, panel = begun()
    lunch, system = (Reason(id=id, code=id, label=id * 2, category="NOT_READY", system=id == "9") for id in ("16", "9"))
    before = panel.picture
    panel.took((replace(before, agent=replace(AGENT, state="NOT_READY", reason_id="16")), ()))
    assert panel.state["agent"]["reason"] == {"id": "16", "code": "", "label": ""}
    panel.took((panel.picture.with_reasons(Reasons(not_ready=(lunch, system))), ()))
    assert panel.state["agent"]["reason"] == {"id": "16", "code": "16", "label": "1616"}
    assert [one["id"] for one in panel.state["reasons"]["not_ready"]] == ["16"]
    assert state_json(panel.picture) == panel.state
