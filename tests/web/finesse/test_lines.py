"""The agents' lines: what is lost and comes back, who takes whose, what nobody confirms, and what the topic says of it."""

from __future__ import annotations

import asyncio

import pytest

from adapters.finesse.notify.line import Connected, Replaced
from adapters.finesse.notify.websocket import websocket_connector
from adapters.finesse.values import Credentials
from adapters.sandbox.finesse.faults import Fault
from tests.web.finesse.floor import Floor, Refusal


async def test_after_a_break_everything_is_read_again(floor: Floor) -> None:
    """The connection breaks while calls go on: what is shown is stale and says so, then it is what is true, a lost end among it."""
    anna = await floor.screen("1001")
    await anna.sign_in()
    await anna.ready()
    call = await floor.finesse.ring("1001", "+74951234567", queue="5022")
    await anna.until(lambda: anna.legs() == ["ALERTING"])
    service = floor.finesse.sites[0].xmpp
    await service.shut()
    await anna.until(lambda: anna.topic["service"]["state"] == "stale")
    assert anna.topic["dialogs"]
    assert anna.topic["service"]["why"] == "finesse_away"
    await floor.finesse.hang_up(call)
    await service.open()
    await anna.until(lambda: anna.live and not anna.topic["dialogs"])
    await anna.until(lambda: [data["id"] for data in anna.events("finesse.dialog_gone")] == [call])
    assert anna.state == "READY"


async def test_a_call_that_nobody_took_is_missed_until_it_is_cleared(floor: Floor) -> None:
    """It stands on the topic and in the store, survives signing in again, and goes with one word."""
    anna = await floor.screen("1001")
    await anna.sign_in()
    await anna.ready()
    call = await floor.finesse.ring("1001", "+74951234567", queue="5022")
    await anna.until(lambda: anna.legs() == ["ALERTING"])
    await floor.finesse.ring_out(call)
    await anna.until(lambda: [(one["id"], one["number"]) for one in anna.topic["missed"]] == [(call, "+74951234567")])
    await anna.ask("refresh")
    await anna.until(lambda: not anna.topic["asked"])
    async with asyncio.timeout(10):
        while not await floor.section.desk.missed.of("1001"):  # noqa: ASYNC110  # it is kept soon after it is told
            await asyncio.sleep(0.01)
    await anna.ask("sign_out", reason="21")
    await anna.until(lambda: anna.topic["service"]["state"] == "off")
    await anna.sign_in()
    assert [one["id"] for one in anna.topic["missed"]] == [call]
    await anna.ask("clear_missed", ids=[call])
    await anna.until(lambda: not anna.topic["missed"])
    assert await floor.section.desk.missed.of("1001") == ()


async def test_who_is_replaced_stays_out_until_the_person_says_otherwise(floor: Floor) -> None:
    """Another connection of the same resource throws ours out: it does not throw back, says so, and connects again when asked."""
    anna = await floor.screen("1001")
    await anna.sign_in()
    site = floor.finesse.sites[0]
    connect = websocket_connector(site.notify_url)
    async with connect(Credentials(agent="1001", password=anna.password), site.domain, f"pubsub.{site.domain}") as line:
        events = line.events()
        assert any([isinstance(await anext(events), Connected) for _ in range(2)])  # beside the presence of `finesse`
        await anna.until(lambda: anna.topic["service"]["state"] == "refused")
        assert anna.topic["service"]["why"] == "finesse_replaced"
        assert len(site.xmpp.online("1001")) == 1
        await anna.ask("refresh")
        await anna.until(lambda: anna.live)
        assert [type(event) async for event in events][-1] is Replaced


async def test_events_that_misbehave_change_nothing_in_the_end(floor: Floor) -> None:
    """Repeated, malformed, early or lost: within the limit of a request the topic shows what is true, and nothing waits for ever."""
    anna = await floor.screen("1001")
    await anna.sign_in()
    for action in ("twice", "anonymous", "raw", "unparsable", "upper", "lower", "early", "never"):
        floor.finesse.faults.append(Fault(match="event put .*/User/1001", action=action, times=-1))  # type: ignore[arg-type]
        await anna.ready()
        floor.finesse.faults.clear()
        await anna.ask("state", state="NOT_READY", reason="16")
        await anna.until(lambda: anna.state == "NOT_READY" and not anna.topic["asked"])
        assert anna.topic["agent"]["reason"]["label"] == "Обед", action


async def test_what_finesse_refuses_is_told_where_it_was_asked_and_to_all_screens(floor: Floor) -> None:
    """At once by the reply with a sentence and the field; later by the topic; nothing is left waiting."""
    anna = await floor.screen("1001")
    await anna.sign_in()
    with pytest.raises(Refusal) as caught:
        await anna.ask("make_call", to="abc")
    assert (caught.value.code, caught.value.error["field"]) == ("bad_value", "to")
    with pytest.raises(Refusal) as caught:
        await anna.ask("state", state="TALKING")
    assert caught.value.error["field"] == "state"
    await anna.ready()
    call = await floor.finesse.ring("1001", "+74951234567", queue="5022")
    await anna.until(lambda: anna.legs() == ["ALERTING"])
    for name in ("ANSWER", "TRANSFER", "Answer"):  # Finesse's own names: nobody here would know when that is done
        with pytest.raises(Refusal) as caught:
            await anna.ask("dialog", dialog=call, action=name)
        assert (caught.value.code, caught.value.error["field"]) == ("bad_value", "action"), name
    assert anna.legs() == ["ALERTING"]
    await floor.finesse.hang_up(call)
    await anna.until(lambda: not anna.topic["dialogs"])
    floor.finesse.faults.append(Fault(match="PUT /finesse/api/User/1001", action="status", arg=503))
    with pytest.raises(Refusal) as caught:
        await anna.ask("state", state="READY")
    assert (caught.value.code, caught.value.error["temporary"]) == ("finesse_out_of_service", True)
    await anna.until(lambda: anna.live and not anna.topic["asked"])
    await anna.until(lambda: any(answered["error"] for answered in anna.events("finesse.answered")))
    answered = anna.events("finesse.answered")[-1]
    assert answered["error"]["code"] == "finesse_out_of_service"
    assert set(answered["error"]["message"]) == {"ru", "en"}


async def test_a_wrong_extension_leaves_nothing_behind(floor: Floor) -> None:
    """A sign-in that the contact centre refuses later ends the line and deletes the password; the next one succeeds."""
    anna = await floor.screen("1001")
    await anna.ask("sign_in", agent="1001", extension="999999", password=anna.password)
    await anna.until(lambda: anna.topic.get("service", {}).get("state") == "off" and anna.topic["service"]["why"])
    assert anna.topic["service"]["why"] == "finesse_device_invalid"
    assert await floor.section.desk.credentials.everybody() == []
    await anna.sign_in()


async def test_signing_out_elsewhere_ends_the_line(floor: Floor) -> None:
    """By Cisco's own desktop, or by a supervisor: nothing is kept of the agent, and the panel says that they are out."""
    anna = await floor.screen("1001")
    await anna.sign_in()
    await floor.finesse.tell(floor.finesse.centre.force_out("1001"))
    await anna.until(lambda: anna.topic["service"]["state"] == "off")
    assert await floor.section.desk.credentials.everybody() == []
