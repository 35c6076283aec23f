"""The addresses of calls: giving a call away, and what others than the agent are answered there."""

from __future__ import annotations

import pytest

from adapters.finesse.feed import empty
from tests.web.finesse.floor import Floor, Screen
from tests.web.node import PUBLISHER

CONSULTED, STRAIGHT = "+74951110002", "+74951110003"


async def talking(floor: Floor) -> tuple[Screen, str]:
    """Anna, agent 1001, who talks to somebody of a queue."""
    anna = await floor.screen("1001", "anna")
    await anna.sign_in()
    await anna.ready()
    call = await floor.finesse.ring("1001", "+74951234567", queue="5022")
    await anna.until(lambda: anna.legs() == ["ALERTING"])
    await anna.ask("dialog", dialog=call, action="answer")
    await anna.until(lambda: anna.legs() == ["ACTIVE"] and not anna.topic["asked"])
    return anna, call


async def given_away(anna: Screen, action: str, **body: str) -> None:
    """The call is somebody else's, by this action; what is left is to be wrapped up."""
    answer = await anna.seat.ask("PUT", "/finesse/proxy/transfer", json=body)
    assert answer.status_code == 202, answer.text
    asked = [one["action"] for one in anna.events("finesse.asked") if one["request"] == answer.json()["request"]]
    assert asked == [action]
    await anna.until(lambda: anna.legs() == ["WRAP_UP"] and not anna.topic["asked"])
    assert not [one for one in anna.events("finesse.answered") if one["error"]]


async def test_a_call_is_given_straight_away(floor: Floor) -> None:
    """To the number that is named, which has to be one."""
    anna, call = await talking(floor)
    for body in ({"dialog": call}, {"dialog": call, "to": "abc"}):
        answer = await anna.seat.ask("PUT", "/finesse/proxy/transfer", json=body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "to")
    assert anna.legs() == ["ACTIVE"]
    await given_away(anna, "direct_transfer", dialog=call, to="+7 (495) 111-00-03")
    assert STRAIGHT in [one["address"] for one in anna.topic["dialogs"][call]["others"]]


@pytest.mark.parametrize("named", ["call", "consultation"])
async def test_a_call_is_given_to_whom_is_consulted(floor: Floor, named: str) -> None:
    """Whichever of the two calls is named, and whatever number."""
    anna, call = await talking(floor)
    await anna.ask("dialog", dialog=call, action="consult", to=CONSULTED)

    def consultations() -> list[str]:
        return [id for id, one in anna.topic["dialogs"].items() if one["of"] == call]

    await anna.until(consultations)
    (consultation,) = consultations()
    await floor.finesse.customer_answers(consultation)
    await anna.until(lambda: sorted(anna.legs()) == ["ACTIVE", "HELD"] and not anna.topic["asked"])
    await given_away(anna, "transfer", dialog=call if named == "call" else consultation, to=STRAIGHT)
    assert CONSULTED in [one["address"] for one in anna.topic["dialogs"][call]["others"]]


async def test_others_are_told_and_may_do_nothing(floor: Floor) -> None:
    """Whoever has no right, whoever is no agent yet and names another's, whoever looks as the agent, and no administrator."""
    anna, call = await talking(floor)
    stranger = await floor.screen("1003", "stranger", "quality")
    boris = await floor.screen("1002", "boris")
    viewer = await floor.viewer("1001", anna)
    for path in ("/finesse/config?agent=1001", "/finesse/proxy/dialogs?agent=1001", "/finesse/api/directory?agent=1001"):
        answer = await stranger.seat.ask("GET", path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), path
    config = (await boris.seat.ask("GET", "/finesse/config?agent=1001")).json()
    assert (config["agent"], config["topic"], config["extension"], config["signed_in"]) == (None, None, None, False)
    assert (await boris.seat.ask("GET", "/finesse/proxy/dialogs?agent=1001")).json() == {"dialogs": []}
    for who in (stranger, boris, anna):
        answer = await who.seat.ask("DELETE", f"/finesse/api/agents/{anna.seat.user_id}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), who.seat.name
    writes = (
        ("PUT", "/finesse/proxy/transfer", {"dialog": call, "to": STRAIGHT}),
        ("PUT", "/finesse/api/favourites/4001", {"name": "Касса"}),
        ("DELETE", "/finesse/api/favourites/4001", {}),
        ("DELETE", f"/finesse/api/agents/{anna.seat.user_id}", {}),
    )
    for method, path, body in writes:
        answer = await viewer.seat.ask(method, path, json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "read_only"), path
    assert await floor.section.favourites.of(anna.seat.user_id) == []
    assert await floor.section.desk.own.of(anna.seat.user_id) == "1001"
    assert anna.legs() == ["ACTIVE"]


async def test_no_publisher_tells_an_agent_anything(floor: Floor) -> None:
    """Topics of agents and of teams are the server's own."""
    anna, _ = await talking(floor)
    before = dict(anna.topic)
    async with floor.node.client(authorization=f"Bearer {PUBLISHER}") as client:
        for topic, type in (
            ("finesse:1001", "finesse.all"),
            ("finesse:1001", "finesse.released"),
            ("finesse_team:5000", "finesse_team.all"),
        ):
            event = {"specversion": "1.0", "source": "/finesse/1001", "type": type, "id": "1", "navtopic": topic, "data": empty()}
            answer = await client.post("/hub/events", json=event, headers={"content-type": "application/cloudevents+json"})
            assert answer.status_code == 400, answer.text
            assert "navtopic" in answer.text
    assert anna.topic == before
    assert "finesse:1001" in anna.socket.session.topics
