"""Whatever goes wrong, in the end the topic is what Finesse says: over the real XMPP server, by WebSocket and by TCP.

One node and one Prosody serve all tests of a way; each begins with an agent at work who has no calls.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from adapters.sandbox.finesse import Fault, open_sandbox_finesse, wire
from adapters.sandbox.finesse.site import Site
from tests.peers.prosody import DOMAIN, Prosody, prosody
from tests.web.finesse.floor import WITHIN_S, Refusal, open_floor
from tests.web.finesse.hall import PASSWORDS, WAYS, Hall, differences, hasty, open_hall

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def server() -> Iterator[Prosody]:
    """The notification service."""
    with prosody(PASSWORDS) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=WAYS)
async def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, store_file: Path, server: Prosody
) -> AsyncIterator[Hall]:
    """The node of a way."""
    async with open_hall(tmp_path_factory.mktemp("node"), store_file, server, request.param) as hall:
        yield hall


@pytest_asyncio.fixture(loop_scope="module")
async def hall(opened: Hall) -> Hall:
    """The same, as it was at first."""
    await opened.afresh()
    return opened


async def shows(hall: Hall, true: Callable[[], object]) -> None:
    """Waits for what a step brings, until nothing waits and the topic is what Finesse says."""
    await hall.anna.until(lambda: true() and not hall.anna.topic["asked"])
    await hall.true()


async def consult(hall: Hall, call: str) -> None:
    """Somebody is asked about a call, and answers."""
    anna = hall.anna

    def consultation() -> list[str]:
        return [id for id, one in anna.topic["dialogs"].items() if one["of"] == call]

    await anna.ask("dialog", dialog=call, action="consult", to="+74951110002")
    await shows(hall, consultation)
    await hall.does(hall.finesse.customer_answers(consultation()[0]))
    await shows(hall, lambda: sorted(anna.legs()) == ["ACTIVE", "HELD"])


async def conference(hall: Hall, call: str) -> None:
    """What the call is about is noted, somebody is asked in, and sent out again."""
    anna = hall.anna

    async def does(action: str, **args: Any) -> None:
        await anna.ask("dialog", dialog=call, action=action, **args)

    await does("variables", variables={"callVariable1": "договор 17"})
    await shows(hall, lambda: anna.topic["dialogs"][call]["variables"].get("callVariable1") == "договор 17")
    await consult(hall, call)
    await does("conference")
    await shows(hall, lambda: anna.legs() == ["ACTIVE"] and len(anna.topic["dialogs"][call]["others"]) == 2)
    await does("drop_party", party="+74951110002")
    await shows(hall, lambda: [one["state"] for one in anna.topic["dialogs"][call]["others"]].count("ACTIVE") == 1)


async def morning(hall: Hall) -> None:
    """A call that the agent makes: digits, hold, variables, a conference."""
    anna, call = hall.anna, await hall.dial()

    async def does(action: str, **args: Any) -> None:
        await anna.ask("dialog", dialog=call, action=action, **args)

    await does("hold")
    await shows(hall, lambda: anna.legs() == ["HELD"])
    await does("retrieve")
    await shows(hall, lambda: anna.legs() == ["ACTIVE"])
    await conference(hall, call)
    await does("drop")
    await shows(hall, lambda: not anna.topic["dialogs"])


async def afternoon(hall: Hall) -> None:
    """Calls from a queue that are given away, with a state that is still to come, and a wrap-up."""
    anna, call = hall.anna, await hall.ring()

    async def does(action: str, **args: Any) -> None:
        await anna.ask("dialog", dialog=call, action=action, **args)

    await does("answer")
    await shows(hall, lambda: anna.legs() == ["ACTIVE"] and anna.state == "TALKING")
    await anna.ask("state", state="NOT_READY", reason="17")
    await shows(hall, lambda: anna.topic["agent"]["pending"] == "NOT_READY" and anna.state == "TALKING")
    await consult(hall, call)
    await does("transfer")
    await shows(hall, lambda: anna.legs() == ["WRAP_UP"] and anna.state == "WORK")
    await does("wrap_up", reason="Вопрос решён")
    await shows(hall, lambda: anna.topic["dialogs"][call]["wrap_up"] == "Вопрос решён")
    await anna.ready()
    await shows(hall, lambda: not anna.topic["dialogs"])
    call = await hall.ring()
    await does("answer")
    await shows(hall, lambda: anna.legs() == ["ACTIVE"])
    await does("direct_transfer", to="+74951110003")
    await shows(hall, lambda: anna.legs() == ["WRAP_UP"])
    await anna.ask("state", state="NOT_READY", reason="16")
    await shows(hall, lambda: anna.state == "NOT_READY" and not anna.topic["dialogs"])


async def cce_day(hall: Hall) -> None:
    """What differs on CCE: a call beside the queues, one from a queue with a state that is still to come, and a conference of another's."""
    anna = hall.anna

    async def does(action: str, **args: Any) -> None:
        await anna.ask("dialog", dialog=call, action=action, **args)

    assert anna.topic["platform"] == "cce"
    call = await hall.dial()
    await shows(hall, lambda: anna.state == "TALKING")
    await does("hold")
    await shows(hall, lambda: anna.legs() == ["HELD"] and anna.state == "HOLD")
    await does("retrieve")
    await shows(hall, lambda: anna.legs() == ["ACTIVE"] and anna.state == "TALKING")
    await conference(hall, call)
    await does("drop")
    await shows(hall, lambda: not anna.topic["dialogs"] and anna.state == "NOT_READY")
    call = await hall.ring()
    await does("answer")
    await shows(hall, lambda: anna.legs() == ["ACTIVE"] and anna.state == "TALKING")
    await anna.ask("state", state="NOT_READY", reason="17")
    await shows(hall, lambda: anna.topic["agent"]["pending"] == "NOT_READY")
    await anna.ask("state", state="READY")
    await shows(hall, lambda: anna.topic["agent"]["pending"] != "NOT_READY" and anna.state == "TALKING")
    hall.patient(0.4)  # nothing is told of digits
    await does("dtmf", digits="1A#")
    await shows(hall, lambda: hall.finesse.centre.calls[call].digits == "1A#")
    hall.patient(3.0)
    await consult(hall, call)
    await does("transfer")
    await shows(hall, lambda: anna.legs() == ["WRAP_UP"] and anna.state == "WORK_READY")
    await does("wrap_up", reason="Вопрос решён")
    await shows(hall, lambda: anna.topic["dialogs"][call]["wrap_up"] == "Вопрос решён")
    await anna.ask("state", state="NOT_READY", reason="16")
    await shows(hall, lambda: anna.state == "NOT_READY" and not anna.topic["dialogs"])


WEATHERS: dict[str, dict[str, float | str]] = {
    "early": {"early": 0},
    "late": {"late": 0.1, "anonymous": 0},
    "twice": {"twice": 0, "lower": 0, "namespace": "urn:xmpp:push:0"},
    "again": {"again": 0, "namespace": "urn:xmpp:push:0"},
    "raw": {"raw": 0, "shuffled": 3, "upper": 0},
    "unparsable": {"unparsable": 0},
    "never": {"never": 0},
}
"""How events come, and by how much. What does not hide each other is tried together."""
SLOW = {
    "late": {"wss": morning, "tls": afternoon},
    "unparsable": {"wss": afternoon, "tls": morning},
    "never": {"wss": afternoon, "tls": morning},
}
"""Of those that take seconds: the part of the day that each way meets. Otherwise it is both."""


async def test_every_action_shows(hall: Hall) -> None:
    """All that an agent can do with calls and states; after each step the topic is what Finesse says."""
    anna = hall.anna
    await morning(hall)
    await afternoon(hall)
    call = await hall.dial()
    hall.patient(0.4)  # nothing is told of digits
    await anna.ask("dialog", dialog=call, action="dtmf", digits="12#")
    await shows(hall, lambda: hall.finesse.centre.calls[call].digits == "12#")
    await hall.afresh()
    await anna.ask("sign_out", reason="21")
    await anna.until(lambda: anna.topic["service"]["state"] == "off" and anna.topic["agent"] is None)
    await anna.sign_in()
    await hall.true()


@pytest.mark.parametrize("way", WAYS)
async def test_every_action_shows_over_the_other_contact_centre(tmp_path: Path, store_file: Path, way: str) -> None:
    """On CCE every call makes the agent talk, holding is a state, READY may be chosen during a call, and digits have letters."""
    with prosody(PASSWORDS) as server:
        async with open_hall(tmp_path, store_file, server, way, "cce") as hall:
            await cce_day(hall)
            await may_not_control(hall, "finesse_not_controller")


@pytest.mark.parametrize("weather", WEATHERS)
async def test_actions_show_however_events_come(hall: Hall, weather: str) -> None:
    """Before the answer, late, twice as one item and as two, never, badly written: the same in the end, on either way."""
    for script in (morning, afternoon) if weather not in SLOW else (SLOW[weather][hall.way],):
        await hall.afresh()
        for action, arg in WEATHERS[weather].items():
            hall.weather(action, arg)
        try:
            await script(hall)
        except AssertionError as error:
            error.add_note(f"in the {script.__name__}")
            raise


# -- what Finesse refuses


FULL = "+74957231999"
"""A number that is always engaged."""
AT_ONCE: dict[str, tuple[str, dict[str, Any]]] = {
    "finesse_invalid_destination": ("make_call", {"to": "EXTENSION"}),
    "finesse_invalid_input": ("state", {"state": "NOT_READY", "reason": "999"}),
    "finesse_reason_needed": ("sign_out", {}),
}
STATUSES = {
    400: "finesse_invalid_input",
    403: "finesse_not_theirs",
    404: "finesse_not_found",
    500: "finesse_internal",
    501: "finesse_not_offered",
    503: "finesse_out_of_service",
}


async def refused(hall: Hall, name: str, **args: Any) -> str:
    """The code of what is refused at once."""
    with pytest.raises(Refusal) as caught:
        await hall.anna.ask(name, **args)
    return str(caught.value.code)


async def fails(hall: Hall, name: str, **args: Any) -> str:
    """The code of what is taken, and then told to have failed."""
    anna = hall.anna
    request = (await anna.ask(name, **args))["request"]

    def codes() -> list[str]:
        return [one["error"]["code"] for one in anna.events("finesse.answered") if one["request"] == request and one["error"]]

    await anna.until(codes)
    await hall.true()
    return codes()[0]


async def test_what_is_refused_at_once_changes_nothing(hall: Hall) -> None:
    """Bad values, and every status that Finesse is known for; the reply has the code, and nothing waits."""
    for code, (name, args) in AT_ONCE.items():
        given = {key: hall.anna.extension if value == "EXTENSION" else value for key, value in args.items()}
        assert await refused(hall, name, **given) == code
        await hall.true()
    for status, code in STATUSES.items():
        hall.finesse.faults.append(Fault(match="PUT .*/User/1001$", action="status", arg=status))
        assert await refused(hall, "state", state="READY") == code
        assert hall.anna.state == "NOT_READY"
        await hall.true()
    for action, arg in (("drop", 0), ("redirect", "http://127.0.0.1:9/")):
        hall.finesse.faults.append(Fault(match="PUT .*/User/1001$", action=action, arg=arg))  # type: ignore[arg-type]
        assert (await refused(hall, "state", state="READY")).startswith("finesse_")
        await hall.true()
    call = await hall.dial()
    await hall.anna.ask("dialog", dialog=call, action="hold")
    await hall.anna.until(lambda: hall.anna.legs() == ["HELD"])
    assert await refused(hall, "dialog", dialog=call, action="dtmf", digits="1") == "finesse_invalid_state"
    await hall.true()
    assert await refused(hall, "dialog", dialog="4711", action="answer") == "finesse_not_found"
    await hall.true()


KINDS = (
    (400, "Bad Request", "invalid_input"),
    (400, "Finesse API Error", "refused"),
    (400, "Generic Error", "refused"),
    (400, "Invalid Destination", "invalid_destination"),
    (400, "Invalid State", "invalid_state"),
    (400, "Maximum Exceeded", "too_many"),
    (400, "Parameter Missing", "missing"),
    (401, "Authorization Failure", "wrong_password"),
    (401, "Invalid Authorization User Specified", "not_theirs"),
    (401, "Invalid State", "invalid_state"),
    (404, "Dialog Not Found", "not_found"),
    (404, "User Not Found", "not_found"),
    (416, "Invalid Input", "invalid_input"),
)
"""What Finesse refuses with: status, ErrorType, and our code."""


async def test_every_kind_of_refusal_has_its_code(hall: Hall) -> None:
    """Of a state, of a number dialled, or of something to be done with a call: the reply has the code, and the topic stays true."""
    call = await hall.dial()
    asked: dict[str, tuple[str, dict[str, Any]]] = {
        "PUT .*/User/1001$": ("state", {"state": "NOT_READY", "reason": "17"}),
        "POST .*/User/1001/Dialogs$": ("make_call", {"to": "+74951110009"}),
        f"PUT .*/Dialog/{call}$": ("dialog", {"dialog": call, "action": "hold"}),
    }
    for turn, (status, kind, code) in enumerate(KINDS, start=WAYS.index(hall.way)):  # another one on the other way
        match, (name, args) = list(asked.items())[turn % len(asked)]
        hall.finesse.faults.append(Fault(match=match, action="status", arg=status, kind=kind))
        assert await refused(hall, name, **args) == f"finesse_{code}", (kind, name)
        await hall.true()
        assert (hall.anna.legs(), hall.anna.topic["agent"]["reason"]["id"]) == (["ACTIVE"], "16"), (kind, name)


async def test_a_password_that_is_no_longer_right_is_told(hall: Hall) -> None:
    """Found by a read: what is shown is as it was, and says why; when the agent asks anew, and the password is right, it is true again."""
    anna, call = hall.anna, await hall.dial()
    hall.finesse.faults.append(Fault(match="GET .*/User/1001$", action="status", arg=401))
    await anna.ask("refresh")
    await anna.until(lambda: anna.topic["service"]["state"] == "refused")
    assert (anna.topic["service"]["why"], anna.legs()) == ("finesse_wrong_password", ["ACTIVE"])
    await hall.finesse.hang_up(call)
    await anna.ask("refresh")
    await shows(hall, lambda: anna.live and not anna.topic["dialogs"])


async def test_phone_books_without_such_a_page(hall: Hall) -> None:
    """416 is the end of the books, and no failure."""
    hall.finesse.faults.append(Fault(match="GET .*/PhoneBooks", action="status", arg=416, kind="Invalid Input"))
    found = await hall.anna.seat.browser.get("/finesse/api/directory", params={"q": "Атлас"})
    assert (found.status_code, found.json()) == (200, {"entries": [], "total": 0, "partial": False})
    assert not hall.finesse.faults[0].times
    await hall.true()


async def test_a_lost_answer_is_not_a_lost_action(hall: Hall) -> None:
    """The request was done, and its answer was not heard: what was done shows."""
    hall.finesse.faults.append(Fault(match="PUT .*/User/1001$", action="lost"))
    with contextlib.suppress(Refusal):  # `finesse_away`, unless the event was faster
        await hall.anna.ask("state", state="READY")
    await hall.anna.until(lambda: hall.anna.state == "READY")
    await hall.true()


async def test_what_the_contact_centre_refuses_later_is_told(hall: Hall) -> None:
    """Every failure that comes as an event: the answer has its code, and the topic is what it was."""
    call = await hall.dial()
    assert await fails(hall, "dialog", dialog=call, action="retrieve") == "finesse_invalid_state"
    assert await fails(hall, "dialog", dialog=call, action="answer") == "finesse_invalid_state"
    assert await fails(hall, "make_call", to="+74951110009") == "finesse_invalid_state"
    assert await fails(hall, "dialog", dialog=call, action="transfer") == "finesse_invalid_state"
    assert await fails(hall, "dialog", dialog=call, action="drop_party", party="+74951110001") == "finesse_invalid_state"
    assert await fails(hall, "dialog", dialog=call, action="direct_transfer", to=FULL) == "finesse_not_controller"
    assert await fails(hall, "sign_out", reason="21") == "finesse_invalid_state"
    await hall.anna.ask("dialog", dialog=call, action="consult", to="+74951110002")
    await hall.anna.until(lambda: len(hall.anna.topic["dialogs"]) == 2)
    consult = next(id for id in hall.anna.topic["dialogs"] if id != call)
    await hall.finesse.customer_answers(consult)
    await hall.anna.until(lambda: sorted(hall.anna.legs()) == ["ACTIVE", "HELD"])
    assert await fails(hall, "dialog", dialog=consult, action="consult", to="+74951110003") == "finesse_not_controller"
    most, hall.finesse.centre.most_parties = hall.finesse.centre.most_parties, 2
    try:
        assert await fails(hall, "dialog", dialog=call, action="conference") == "finesse_conference_full"
    finally:
        hall.finesse.centre.most_parties = most


async def test_what_a_call_does_not_allow_at_the_moment(hall: Hall) -> None:
    """By the table of actions: while it rings, while it is held, when the first call was taken back during a consultation."""
    anna, call = hall.anna, await hall.ring()

    async def refuses(*actions: str) -> None:
        for action in actions:
            given = {"consult": {"to": "+74951110002"}, "direct_transfer": {"to": "+74951110003"}, "dtmf": {"digits": "1"}}.get(action, {})
            assert await fails(hall, "dialog", dialog=call, action=action, **given) == "finesse_invalid_state", action

    await refuses("dtmf", "consult", "hold", "retrieve", "drop", "direct_transfer", "transfer", "conference")
    await anna.ask("dialog", dialog=call, action="answer")
    await shows(hall, lambda: anna.legs() == ["ACTIVE"])
    await anna.ask("dialog", dialog=call, action="hold")
    await shows(hall, lambda: anna.legs() == ["HELD"])
    await refuses("hold", "consult", "answer", "direct_transfer", "transfer", "conference")
    await anna.ask("dialog", dialog=call, action="retrieve")
    await shows(hall, lambda: anna.legs() == ["ACTIVE"])
    await consult(hall, call)
    await anna.ask("dialog", dialog=call, action="retrieve")
    await shows(hall, lambda: anna.topic["dialogs"][call]["leg"]["state"] == "ACTIVE" and sorted(anna.legs()) == ["ACTIVE", "HELD"])
    await refuses("transfer", "conference", "direct_transfer")


async def joined(hall: Hall) -> str:
    """A conference that another agent has made, and the agent is in; its id."""
    anna, finesse, centre = hall.anna, hall.finesse, hall.finesse.centre
    other = finesse.agents["1002"]
    if not other.signed_in:
        await finesse.tell(centre.change(other.id, "LOGIN", by=other.id, extension=other.device))
    await finesse.tell(centre.make_call(other.id, other.device, "+74951110011"))
    (call,) = (one.id for one in centre.list_of(other.id))
    await finesse.customer_answers(call)
    await finesse.tell(centre.act(other.id, call, "CONSULT_CALL", target=other.device, to=anna.extension))
    await anna.until(lambda: anna.legs() == ["ALERTING"])
    await anna.ask("dialog", dialog=hall.call, action="answer")
    await shows(hall, lambda: anna.legs() == ["ACTIVE"])
    await finesse.tell(centre.act(other.id, call, "CONFERENCE", target=other.device))
    await shows(hall, lambda: list(anna.topic["dialogs"]) == [call] and len(anna.topic["dialogs"][call]["others"]) == 2)
    return call


async def may_not_control(hall: Hall, code: str) -> None:
    """What only the conference's controller may."""
    call = await joined(hall)
    assert await fails(hall, "dialog", dialog=call, action="drop_party", party="+74951110011") == code
    await consult(hall, call)
    assert await fails(hall, "dialog", dialog=call, action="conference") == code
    centre, other = hall.finesse.centre, hall.finesse.agents["1002"]
    await hall.finesse.tell(centre.act(other.id, call, "DROP", target=other.device))
    await hall.true()


async def test_a_conference_is_its_controllers(hall: Hall) -> None:
    """Who was asked to come adds nobody, and drops nobody."""
    await may_not_control(hall, "finesse_invalid_state")


async def test_a_conference_that_was_left_at_the_telephone_is_not_the_agents(hall: Hall) -> None:
    """Others still talk, and the word that the agent has gone was lost: whoever does something with the call is told so, and it goes."""
    anna, call, centre = hall.anna, await joined(hall), hall.finesse.centre
    hall.weather("never")
    await hall.finesse.tell(centre.act("1001", call, "DROP", target=anna.extension))
    await hall.finesse.idle()
    hall.finesse.faults.clear()
    assert (anna.legs(), call in centre.calls) == (["ACTIVE"], True)
    assert await refused(hall, "dialog", dialog=call, action="hold") == "finesse_not_theirs"
    await shows(hall, lambda: not anna.topic["dialogs"])
    await hall.finesse.hang_up(call)


async def test_what_is_refused_during_a_call_from_a_queue(hall: Hall) -> None:
    """On CCX nobody becomes ready before the call is over; a number that is engaged is a call that failed, and can be dropped."""
    call = await hall.ring()
    await hall.anna.ask("dialog", dialog=call, action="answer")
    await hall.anna.until(lambda: hall.anna.state == "TALKING")
    assert await fails(hall, "state", state="READY") == "finesse_mode_not_allowed"
    await hall.afresh()
    await hall.anna.ask("make_call", to=FULL)
    await hall.anna.until(lambda: hall.anna.legs() == ["FAILED"])
    await hall.true()
    assert hall.anna.topic["dialogs"][hall.call]["leg"]["cause"] == "BUSY"
    await hall.anna.ask("dialog", dialog=hall.call, action="drop")
    await hall.anna.until(lambda: not hall.anna.topic["dialogs"])
    await hall.true()


async def test_every_failure_has_its_code(hall: Hall) -> None:
    """The contact centre's own numbers, as events of requests that nobody else answers."""
    told = {"3": "out_of_range", "33": "device_busy", "34": "device_out_of_service", "260": "device_invalid", "20700": "conference_full"}
    for number, code in told.items():
        hall.finesse.faults.append(Fault(match="PUT .*/User/1001$", action="status", arg=202))
        request = (await hall.anna.ask("state", state="READY"))["request"]
        error = f"<errorType>Generic Error</errorType><errorMessage>x</errorMessage><errorData>{number}</errorData>"
        data = f"<data><apiErrors><apiError>{error}</apiError></apiErrors></data><event>put</event><requestId>{request}</requestId>"
        hall.server.publish("/finesse/api/User/1001", f"<Update>{data}<source>/finesse/api/User/1001</source></Update>")
        found: list[Any] = []

        def answered(request: str = request, found: list[Any] = found) -> bool:
            found[:] = [one["error"] for one in hall.anna.events("finesse.answered") if one["request"] == request]
            return bool(found)

        await hall.anna.until(answered)
        assert found[0]["code"] == f"finesse_{code}"
        await hall.true()


# -- events that are lost, old, or nobody's


async def test_a_lost_end_is_found(hall: Hall) -> None:
    """The call is over, and the word of it was lost: whoever does something with it is told so, and it goes."""
    call = await hall.dial()
    hall.weather("never")
    await hall.finesse.hang_up(call)
    hall.finesse.faults.clear()
    assert hall.anna.legs() == ["ACTIVE"]
    assert await refused(hall, "dialog", dialog=call, action="hold") == "finesse_not_found"
    await hall.anna.until(lambda: not hall.anna.topic["dialogs"])
    await hall.true()


def changes(hall: Hall) -> list[Any]:
    """All that the topic has told of agent and calls."""
    return [hall.anna.events(f"finesse.{part}") for part in ("all", "agent", "dialog", "dialog_gone")]


async def test_what_is_old_changes_nothing(hall: Hall) -> None:
    """Everything that was told during a call is told once more: in its order while the call is held, and reversed when it is over."""
    call = await hall.ring()
    await hall.anna.ask("dialog", dialog=call, action="answer")
    await hall.anna.until(lambda: hall.anna.legs() == ["ACTIVE"])
    await hall.anna.ask("dialog", dialog=call, action="hold")
    await hall.anna.until(lambda: hall.anna.legs() == ["HELD"])
    await hall.true()
    await hall.finesse.idle()
    before = changes(hall)
    assert len(hall.told) > 5
    await hall.repeats(list(hall.told))
    assert changes(hall) == before
    await hall.true()
    await hall.finesse.hang_up(call)
    await hall.anna.ask("state", state="NOT_READY", reason="16")
    await hall.anna.until(lambda: hall.anna.state == "NOT_READY" and not hall.anna.topic["dialogs"])
    await hall.true()
    await hall.finesse.idle()
    before = changes(hall)
    await hall.repeats(list(reversed(hall.told)))
    assert changes(hall) == before
    await hall.true()
    assert not hall.anna.topic["dialogs"]


BOMBS = {
    "laughs": '<!DOCTYPE a [<!ENTITY l "ha"><!ENTITY m "&l;&l;&l;&l;&l;&l;&l;&l;"><!ENTITY n "&m;&m;&m;&m;&m;&m;&m;&m;">]>',
    "file": '<!DOCTYPE a [<!ENTITY n SYSTEM "file:///etc/hostname">]>',
    "remote": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">',
}
"""What XML can do to those who read it."""
WORD = {"laughs": "&n;", "file": "&n;", "remote": "x"}


async def test_bombs_are_refused_and_the_line_stays(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """Entities, DTDs, depth: as events they are passed over; as answers they make what is shown stale. Nothing of them shows."""
    anna, call = hall.anna, await hall.dial()
    deep = "<a>" * 5000 + "</a>" * 5000
    for name, dtd in BOMBS.items():
        user = f"<user><loginId>1001</loginId><state>READY</state><firstName>{WORD[name]}</firstName></user>"
        for root in (f"<Update><data>{user}</data><event>PUT</event></Update>", f"<Update><data>{deep}</data></Update>"):
            texts = (f'<?xml version="1.0"?>{dtd}{root}', f"{dtd}{root}")
            await hall.repeats(zip(("/finesse/api/User/1001", hall.node), texts, strict=True))
    await hall.true()
    assert (anna.state, anna.legs()) == ("NOT_READY", ["ACTIVE"])
    written = wire.user
    for name, dtd in BOMBS.items():
        with monkeypatch.context() as patched:

            def bomb(agent: Any, root: str = "User", *, summary: bool = False, dtd: str = dtd, word: str = WORD[name]) -> str:
                text = written(agent, root, summary=summary)
                return text if root != "User" else dtd + text.replace("<firstName>", f"<firstName>{word}")

            patched.setattr(wire, "user", bomb)
            await anna.ask("refresh")
            await anna.until(lambda: anna.topic["service"]["state"] == "stale")
            assert anna.topic["service"]["why"] in ("finesse_internal", "finesse_away", "finesse_refused")
            assert anna.topic["dialogs"][call]["leg"]["state"] == "ACTIVE"
        await anna.until(lambda: anna.live)
        await hall.true()
        assert anna.topic["agent"]["first_name"] == hall.finesse.agents["1001"].first


async def test_nothing_shows_a_password(hall: Hall) -> None:
    """Neither what stands for an agent in the process, nor the tasks at work for them, tell it to whoever prints them."""
    call = await hall.dial()
    hall.finesse.faults.append(Fault(match="PUT .*/Dialog", action="delay", arg=0.3))
    asked = asyncio.create_task(hall.anna.ask("dialog", dialog=call, action="hold"))
    await asyncio.sleep(0.05)
    ours = [
        one for one in gc.get_objects() if str(type(one).__module__).startswith(("adapters.finesse", "web.finesse", "httpx", "httpcore"))
    ]
    kinds = {type(one).__name__ for one in ours}
    assert kinds >= {"Credentials", "Kept", "Holder", "Finesse", "Desk", "Section", "AgentCalls", "Request"}
    texts = [repr(one) for one in ours] + [repr(one) for one in asyncio.all_tasks()]
    spoilt = (hall.anna.password, base64.b64encode(f"1001:{hall.anna.password}".encode()).decode())
    assert not [text[:200] for text in texts for word in spoilt if word in text]
    await asked


# -- the notification service


async def test_the_service_is_killed_and_started_again_during_a_call(hall: Hall) -> None:
    """What is shown says that it is old; what happened meanwhile shows when the service is back, a call that ended and one that came."""
    anna, call = hall.anna, await hall.dial()
    await asyncio.to_thread(hall.server.kill)
    try:
        await anna.until(lambda: anna.topic["service"]["state"] == "stale")
        assert anna.topic["service"]["why"] == "finesse_away"
        assert anna.topic["dialogs"]
        await anna.ask("dialog", dialog=call, action="hold")  # REST is well
        hall.finesse.faults.append(Fault(match="event", action="never", times=-1))
        await hall.finesse.hang_up(call)
        await hall.finesse.tell(hall.finesse.centre.make_call("1001", anna.extension, "+74951110007"))
    finally:
        await asyncio.to_thread(hall.server.start)
    hall.finesse.faults.clear()
    await anna.until(lambda: anna.live and call not in anna.topic["dialogs"] and anna.legs() == ["INITIATED"])
    await hall.true()
    await hall.finesse.customer_answers(hall.call)
    await anna.until(lambda: anna.legs() == ["ACTIVE"])
    await hall.true()
    online = await asyncio.to_thread(hall.server.online)
    assert len([jid for jid in online if jid.startswith("1001@")]) == 1


async def test_the_service_freezes_during_a_call(hall: Hall) -> None:
    """Connections stay and nothing is said: noticed by the silence. When it goes on, what it held back comes late, and changes nothing."""
    anna, call = hall.anna, await hall.dial()
    hall.server.freeze()
    try:
        hall.finesse.faults.append(Fault(match="event", action="never", times=-1))
        await hall.finesse.hang_up(call)
        await anna.until(lambda: anna.topic["service"]["state"] == "stale")
    finally:
        hall.server.thaw()
    hall.finesse.faults.clear()
    await anna.until(lambda: anna.live and not anna.topic["dialogs"])
    await hall.true()


async def test_connections_are_cut_and_ended(hall: Hall) -> None:
    """Without a word, and by the server's own: the agent is back, and nobody else was needed."""
    anna, call, board = hall.anna, await hall.dial(), hall.floor.section.switchboard
    assert board is not None
    for close in (False, True):
        hall.server.mute(hall.node, 1)
        dialled = board.dialled
        await anna.ask("dialog", dialog=call, action="retrieve" if close else "hold")
        assert await asyncio.to_thread(hall.server.kick, "1001", close=close) == 1
        await anna.until(lambda dialled=dialled: board.dialled > dialled)  # type: ignore[misc]
        await anna.until(lambda close=close: anna.live and anna.legs() == ["ACTIVE" if close else "HELD"])  # type: ignore[misc]
        await hall.true()


async def test_finesse_is_out_while_its_service_is_not(hall: Hall) -> None:
    """By SystemInfo, by the presence of `finesse`: what is shown is old as long as it lasts, then true, and no line was begun anew."""
    anna, site = hall.anna, hall.finesse.sites[0]
    call = await hall.dial()
    dialled = hall.floor.section.switchboard.dialled  # type: ignore[union-attr]
    await site.serve_as("OUT_OF_SERVICE")
    await anna.until(lambda: anna.topic["service"]["state"] == "stale")
    assert anna.topic["service"]["why"] == "finesse_out_of_service"
    assert await refused(hall, "dialog", dialog=call, action="hold") == "finesse_out_of_service"
    hall.finesse.centre.hang_up(call)  # nobody is told
    await site.serve_as("IN_SERVICE")
    await anna.until(lambda: anna.live and not anna.topic["dialogs"])
    await hall.true()
    site.xmpp.finesse = False
    await asyncio.to_thread(hall.server.finesse, False)
    try:
        await anna.until(lambda: anna.topic["service"]["state"] == "stale")
    finally:
        site.xmpp.finesse = True
        await asyncio.to_thread(hall.server.finesse, True)
    await anna.until(lambda: anna.live)
    await hall.true()
    assert hall.floor.section.switchboard.dialled == dialled  # type: ignore[union-attr]


# -- nodes


async def test_a_node_goes_down_then_both_then_they_come_back(tmp_path: Path, store_file: Path) -> None:
    """Everybody moves to the other node in the middle of a call; with both down it is shown as it was; then true, and nobody signed out."""
    async with contextlib.AsyncExitStack() as stack:
        stack.enter_context(hasty())
        finesse = await stack.enter_async_context(open_sandbox_finesse(answers_s=None, delay_s=(0.0, 0.01), nodes=2))
        first, second = finesse.sites
        settings = {"finesse_second_url": second.url, "finesse_second_notify_url": second.notify_url}
        floor = await stack.enter_async_context(open_floor(tmp_path, store_file, finesse, **settings))
        anna = await floor.screen("1001")
        await anna.sign_in()

        async def true() -> None:
            async with asyncio.timeout(WITHIN_S):
                while await differences(floor, anna):  # noqa: ASYNC110  # Finesse is asked each time
                    await asyncio.sleep(0.02)

        await anna.ask("make_call", to="+74951110001")
        await anna.until(lambda: anna.legs() == ["INITIATED"])
        (call,) = anna.topic["dialogs"]
        sign_in = "^PUT .*/User/1001$"
        sign_ins = Fault(match=sign_in, action="delay", times=1000)  # counts them
        second.faults += [Fault(match=sign_in, action="status", arg=503), sign_ins]
        await asyncio.gather(first.go_down(), anna.until(lambda: anna.topic["service"]["state"] == "stale"), finesse.customer_answers(call))
        await anna.until(lambda: anna.live and anna.legs() == ["ACTIVE"])
        assert len(second.xmpp.online("1001")) == 1
        await anna.until(lambda: sign_ins.times == 998)  # the first was refused
        await true()
        await anna.ask("dialog", dialog=call, action="hold")
        await anna.until(lambda: anna.legs() == ["HELD"] and not anna.topic["asked"])
        await asyncio.gather(second.go_down(), anna.until(lambda: anna.topic["service"]["state"] == "stale"))
        with pytest.raises(Refusal) as caught:
            await anna.ask("dialog", dialog=call, action="retrieve")
        assert caught.value.code == "finesse_away"
        assert anna.legs() == ["HELD"]
        await finesse.hang_up(call)
        await second.come_back()
        await first.come_back()
        await anna.until(lambda: anna.live and not anna.topic["dialogs"])
        await true()
        assert finesse.agents["1001"].signed_in
        assert len(first.xmpp.online("1001")) + len(second.xmpp.online("1001")) == 1


@pytest.mark.parametrize("way", WAYS)
async def test_nodes_with_services_of_their_own_go_down_and_come_back(tmp_path: Path, store_file: Path, way: str) -> None:
    """The same, each node with a Prosody in a domain of its own: to the second, to neither, back to one, and to both."""
    with prosody(PASSWORDS) as one, prosody(PASSWORDS, domain=f"b.{DOMAIN}", authority=one.authority) as two:
        async with open_hall(tmp_path, store_file, one, way, second=two) as hall:
            anna, finesse, (first, second) = hall.anna, hall.finesse, hall.finesse.sites

            def lines() -> list[int]:
                """How many each running server has of the agent's, by the order of the nodes."""
                running = [server for server in (one, two) if server.runs]
                return [len([jid for jid in server.online() if jid.startswith("1001@")]) for server in running]

            async def goes_down(site: Site, server: Prosody) -> None:
                stale = anna.until(lambda: anna.topic["service"]["state"] == "stale")
                await asyncio.gather(asyncio.to_thread(server.kill), site.go_down(), stale)
                assert anna.topic["service"]["why"] == "finesse_away"

            call = await hall.dial()
            await hall.true()
            assert await asyncio.to_thread(lines) == [1, 0]
            await goes_down(first, one)
            assert anna.legs() == ["ACTIVE"]
            await anna.until(lambda: anna.live)
            await hall.true()
            assert await asyncio.to_thread(lines) == [1]
            heard = len(hall.heard)
            await anna.ask("dialog", dialog=call, action="hold")
            await shows(hall, lambda: anna.legs() == ["HELD"] and len(hall.heard) > heard)
            await goes_down(second, two)
            assert await refused(hall, "dialog", dialog=call, action="retrieve") == "finesse_away"
            assert (anna.legs(), anna.live) == (["HELD"], False)
            await finesse.hang_up(call)
            await asyncio.to_thread(two.start)
            await second.come_back()
            await shows(hall, lambda: anna.live and not anna.topic["dialogs"])
            assert await asyncio.to_thread(lines) == [1]
            await asyncio.to_thread(one.start)
            await first.come_back()
            heard, call = len(hall.heard), await hall.dial()
            await shows(hall, lambda: anna.live and len(hall.heard) > heard)
            assert finesse.agents["1001"].signed_in
            assert sum(await asyncio.to_thread(lines)) == 1
