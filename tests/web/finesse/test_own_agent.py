"""Nobody acts for another agent, reads their topic, or becomes them: over the socket, over HTTP, and by names that are made up."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from hub.conversation import CallError
from hub.finesse_tables import finesse_agents
from hub.store import identities, permissions
from tests.web.finesse.floor import Floor, Refusal, Screen

TAMPERED = (
    "finesse:1001",
    "finesse:1001 ",
    " finesse:1001",
    "finesse:1001:x",
    "finesse:1001/../1002",
    "finesse:1001\x00",
    "finesse:100１",
    "finesse:",
    "finesse:*",
    "finesse",
    "Finesse:1001",
    "finesse_team:5000",
)


async def ringing(floor: Floor) -> tuple[Screen, str]:
    """Anna, agent 1001, at whom a call rings."""
    anna = await floor.screen("1001", "anna")
    await anna.sign_in()
    await anna.ready()
    call = await floor.finesse.ring("1001", "+74951234567", queue="5022")
    await anna.until(lambda: anna.legs() == ["ALERTING"])
    return anna, call


async def refused(screen: Screen, name: str, **args: object) -> str:
    """The code of the refusal."""
    with pytest.raises(Refusal) as caught:
        await screen.ask(name, **args)
    return str(caught.value.code)


async def test_another_agents_topic_is_nobodys_business(floor: Floor) -> None:
    """Neither an agent nor an administrator reads it, by whatever name; one's own is read."""
    anna, _ = await ringing(floor)
    boris = await floor.screen("1002", "boris")
    await boris.sign_in()
    admin = await floor.screen("1003", "admin", "admin")
    for name in TAMPERED:
        assert not await boris.read(name), name
        assert not await admin.read(name), name
    assert await boris.read("finesse:1002")
    assert not await anna.read("finesse:1002")


async def test_another_agents_calls_cannot_be_touched(floor: Floor) -> None:
    """By the id of a call, by naming the other agent in the arguments, by HTTP: nothing happens to it, and nothing is told of it."""
    anna, call = await ringing(floor)
    boris = await floor.screen("1002", "boris")
    await boris.sign_in()
    for action in ("answer", "drop", "hold", "transfer"):
        assert await refused(boris, "dialog", dialog=call, action=action, agent="1001") == "finesse_not_found"
    await boris.ask("state", state="READY", agent="1001", user_id=anna.seat.user_id)
    await boris.until(lambda: boris.state == "READY")
    for path in ("/finesse/proxy/transfer",):
        answer = await boris.seat.ask("PUT", path, json={"dialog": call, "to": "1003", "agent": "1001"})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "finesse_not_found")
    assert (await boris.seat.ask("GET", "/finesse/proxy/dialogs")).json() == {"dialogs": []}
    assert [one["id"] for one in (await anna.seat.ask("GET", "/finesse/proxy/dialogs")).json()["dialogs"]] == [call]
    assert (anna.legs(), anna.state) == (["ALERTING"], "RESERVED")


async def test_an_agent_is_claimed_once_and_by_its_password(floor: Floor) -> None:
    """Who knows the password of an agent that is somebody's does not become them, and Finesse is not even asked; nor is one ever two."""
    anna = await floor.screen("1001", "anna")
    await anna.sign_in()
    boris = await floor.screen("1002", "boris")
    guess = {"agent": "1002", "extension": boris.extension, "password": "guess"}
    assert await refused(boris, "sign_in", **guess) == "finesse_wrong_password"
    assert await floor.section.desk.own.of(boris.seat.user_id) is None
    for password in ("guess", anna.password):
        for _ in range(5):  # as many as lock an account
            assert await refused(boris, "sign_in", agent="1001", extension=anna.extension, password=password) == "finesse_taken"
    assert not floor.finesse.sites[0].locks.locked("1001")
    await anna.ready()
    await boris.sign_in()
    other = floor.finesse.agents["1003"]
    another = {"agent": "1003", "extension": other.device, "password": other.password}
    assert await refused(boris, "sign_in", **another) == "finesse_another"
    assert not floor.finesse.agents["1003"].signed_in


async def test_a_colleagues_other_names_are_theirs_too(floor: Floor) -> None:
    """The login name and other letters' case find whose the agent is as its id does, signed out too: Finesse hears of no guess."""
    anna = await floor.screen("1001", "anna")
    await anna.sign_in()
    boris = await floor.screen("1002", "boris")
    async with floor.node.state["engine"].begin() as connection:
        row = {"system": "finesse", "key": "Vera.7", "user_id": (await floor.screen("1003", "vera")).seat.user_id}
        await connection.execute(sa.insert(identities).values(**row))
    login = floor.finesse.agents["1001"].login

    async def guess(*names: str) -> None:
        for name in names:  # what Finesse was asked would be a wrong password
            assert await refused(boris, "sign_in", agent=name, extension=boris.extension, password="guess") == "finesse_taken", name

    await guess(login, login.upper(), f" {login} ", "vera.7", "VERA.7")
    await anna.ask("sign_out", reason="21")
    await anna.until(lambda: anna.topic["agent"] is None)
    await guess(login, login.title())
    assert await refused(anna, "sign_in", agent=login, extension=anna.extension, password="wrong") == "finesse_wrong_password"


async def test_who_may_not_or_only_looks_can_do_nothing(floor: Floor) -> None:
    """Without the right everything is refused, as it is for who looks as the agent; signed out there is nothing to do it with."""
    anna, call = await ringing(floor)
    plain = await floor.screen("1002", "plain", "quality")
    every: dict[str, dict[str, object]] = {
        "state": {"state": "READY"},
        "make_call": {"to": "1001"},
        "dialog": {"dialog": call, "action": "answer"},
        "sign_out": {},
        "refresh": {},
    }
    credentials = {"agent": "1002", "extension": plain.extension, "password": plain.password}
    for name, args in {**every, "sign_in": credentials, "clear_missed": {}}.items():
        assert await refused(plain, name, **args) == "forbidden", name
    newcomer = await floor.screen("1003", "newcomer")
    for name, args in every.items():
        assert await refused(newcomer, name, **args) == "finesse_signed_out", name
    viewer = await floor.viewer("1001", anna)
    assert viewer.socket.session.principal.viewer is not None
    for name, args in every.items():
        assert await refused(viewer, name, **args) == "read_only", name
        with pytest.raises(CallError, match="read_only"):  # and so it is where nothing stands before it
            await floor.node.hub.calls[f"finesse.{name}"](viewer.socket.session, args)
    assert anna.legs() == ["ALERTING"]


async def test_a_right_that_is_taken_away_ends_the_line(floor: Floor) -> None:
    """Whoever may no more is neither connected nor kept, and reads nothing more."""
    anna, _ = await ringing(floor)
    async with floor.node.state["engine"].begin() as connection:
        await connection.execute(sa.delete(permissions).where(permissions.c.user_id == anna.seat.user_id))
    floor.node.hub.changed([anna.seat.user_id])
    await anna.until(lambda: not floor.section.switchboard.holders() and anna.topic["service"]["state"] == "off")  # type: ignore[union-attr]
    async with floor.node.state["engine"].connect() as connection:
        assert (await connection.execute(sa.select(finesse_agents))).all() == []
    await anna.until(lambda: "finesse:1001" not in anna.socket.session.topics)


async def test_a_released_agents_line_ends_at_once(floor: Floor) -> None:
    """Not with the next look at the store, which may be seconds away."""
    anna = await floor.screen("1001", "anna")
    await anna.sign_in()
    switchboard = floor.section.switchboard
    assert switchboard is not None
    switchboard._look_s = 600.0
    admin = await floor.screen("1004", "admin", "admin")
    assert (await admin.seat.ask("DELETE", f"/finesse/api/agents/{anna.seat.user_id}")).status_code == 204
    await anna.until(lambda: not switchboard.holders())


async def test_a_released_agent_is_read_no_more_and_may_be_claimed_anew(floor: Floor) -> None:
    """An administrator takes an agent from a person: open pages leave the topic, and somebody else can sign in as it."""
    anna, _ = await ringing(floor)
    admin = await floor.screen("1004", "admin", "admin")
    answer = await admin.seat.ask("DELETE", f"/finesse/api/agents/{anna.seat.user_id}")
    assert answer.status_code == 204
    await anna.until(lambda: "finesse:1001" not in anna.socket.session.topics)
    assert not await anna.read("finesse:1001")
    async with floor.node.state["engine"].connect() as connection:
        assert (await connection.execute(sa.select(identities).where(identities.c.system == "finesse"))).all() == []
    boris = await floor.screen("1001", "boris")
    await boris.ask("sign_in", agent="1001", extension=boris.extension, password=boris.password)
    await boris.until(lambda: boris.live)
    assert await boris.read("finesse:1001")
    assert (await admin.seat.ask("DELETE", "/finesse/api/agents/999999")).status_code == 404
