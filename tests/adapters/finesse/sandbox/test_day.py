"""An agent's day through both protocols: what is answered, what is told, in which order."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

from adapters.sandbox.finesse import SandboxFinesse
from tests.adapters.finesse.sandbox.desk import Desk, at_desk, texts
from tests.clock import Clock

CUSTOMER = "+79161234567"


def by_node(told: list[str]) -> tuple[list[str], list[str]]:
    """Of dialogs and of the agent: their nodes' order among each other is not promised."""
    return [one for one in told if " " in one], [one for one in told if " " not in one]


def states(sandbox: SandboxFinesse, ccx: list[str], cce: list[str]) -> list[str]:
    """What the agent's state does on either platform."""
    return cce if sandbox.centre.flavour.every_call_counts else ccx


async def hears(desk: Desk, dialogs: list[str], agent: list[str]) -> None:
    """Waits for so many notifications, which are these."""
    assert by_node(await desk.told(len(dialogs) + len(agent))) == (dialogs, agent)


async def test_a_call_rings_is_answered_and_ends_with_wrap_up(sandbox: SandboxFinesse, clock: Clock) -> None:
    """Sign in, ready, a call from a queue, answer, hold, retrieve, the caller hangs up, wrap-up until the timer."""
    async with at_desk(sandbox, "1001") as desk:
        answer = await desk.state("LOGIN", extension=desk.device)
        assert (answer.status_code, answer.content, answer.headers["requestid"]) == (202, b"", "1001-1")
        signed_in = await desk.xmpp.heard()
        assert (signed_in.short("1106"), signed_in.request, signed_in.source) == ("NOT_READY", "1001-1", "/finesse/api/User/1001")
        assert (await desk.state("READY")).status_code == 202
        assert await desk.told(1) == ["READY"]

        call = await sandbox.ring("1001", CUSTOMER, queue="5022", variables={"callVariable1": "A-7"})
        heard = [await desk.xmpp.heard(), await desk.xmpp.heard()]
        assert [one.short("1106") for one in heard] == ["POST ALERTING ALERTING", "RESERVED"]
        assert texts(heard[0].data, "queueName") == ["Поддержка агентств"]
        assert texts(heard[0].data, "fromAddress") == [CUSTOMER]
        assert texts(heard[0].leg("1106"), "action") == ["ANSWER"]
        assert heard[0].request == ""
        assert (await desk.act(call, "ANSWER")).status_code == 202
        await hears(desk, ["PUT ACTIVE ACTIVE"], ["TALKING"])
        await desk.act(call, "HOLD")
        await hears(desk, ["PUT ACTIVE HELD"], states(sandbox, [], ["HOLD"]))
        await desk.act(call, "RETRIEVE")
        await hears(desk, ["PUT ACTIVE ACTIVE"], states(sandbox, [], ["TALKING"]))

        await sandbox.hang_up(call)
        await hears(desk, ["PUT ACTIVE ACTIVE", "PUT DROPPED WRAP_UP"], states(sandbox, ["WORK"], ["WORK_READY"]))
        data = "<mediaProperties><wrapUpReason>Вопрос решён</wrapUpReason></mediaProperties>"
        body = f"<Dialog><requestedAction>UPDATE_CALL_DATA</requestedAction>{data}</Dialog>"
        assert (await desk.send("PUT", f"/Dialog/{call}", body)).status_code == 202
        noted = await desk.xmpp.heard()
        assert texts(noted.data, "wrapUpReason") == ["Вопрос решён"]
        clock.advance(21)
        await sandbox.tick()
        await hears(desk, ["PUT DROPPED DROPPED", "DELETE DROPPED DROPPED"], ["READY"])
        assert texts(fromstring((await desk.get("/User/1001/Dialogs")).content), "id") == []


async def test_a_choice_during_a_call_is_pending_until_it_is_over(sandbox: SandboxFinesse) -> None:
    """NOT_READY with a reason waits; READY waits where the contact centre can, and is refused by an event where not."""
    async with at_desk(sandbox, "1001") as desk:
        await desk.ready()
        call = await sandbox.ring("1001", CUSTOMER, queue="5022")
        await desk.act(call, "ANSWER")
        await desk.told(4)
        assert (await desk.state("NOT_READY", "16")).status_code == 202
        assert await desk.told(1) == ["TALKING>NOT_READY"]
        assert (await desk.state("READY")).status_code == 202
        assert await desk.told(1) == states(sandbox, ["!265"], ["TALKING>READY"])
        await desk.state("NOT_READY", "17")
        await desk.told(1)
        await desk.act(call, "DROP")
        await hears(desk, ["PUT DROPPED WRAP_UP"], ["WORK"])  # it is NOT_READY that follows
        assert (await desk.state("NOT_READY", "16")).status_code == 202
        await hears(desk, ["PUT DROPPED DROPPED", "DELETE DROPPED DROPPED"], ["NOT_READY"])
        user = fromstring((await desk.get("/User/1001")).content)
        assert (user.findtext("reasonCodeId"), user.findtext("ReasonCode/code")) == ("16", "10")


async def test_a_consultation_ends_as_a_transfer(sandbox: SandboxFinesse) -> None:
    """The original is held, the colleague's phone rings, and after TRANSFER the colleague has the customer and the agent nothing."""
    async with at_desk(sandbox, "1001") as desk, at_desk(sandbox, "1002") as colleague:
        await desk.ready()
        await colleague.ready()
        call = await sandbox.ring("1001", CUSTOMER)
        await desk.act(call, "ANSWER")
        await hears(desk, ["POST ALERTING ALERTING", "PUT ACTIVE ACTIVE"], states(sandbox, ["NOT_READY"], ["TALKING"]))
        assert (await desk.act(call, "CONSULT_CALL", to=colleague.device)).status_code == 202
        consult = (await colleague.xmpp.heard()).dialog
        told = by_node(await desk.told(4))[0]
        assert told == ["PUT ACTIVE HELD", "POST INITIATING INITIATING", "PUT INITIATED INITIATED", "PUT ALERTING INITIATED"]
        refused = await desk.act(call, "TRANSFER")
        assert (refused.status_code, await desk.told(1)) == (202, ["!22"])  # nobody has answered yet
        await colleague.act(consult, "ANSWER")
        await hears(colleague, ["PUT ACTIVE ACTIVE"], states(sandbox, ["NOT_READY"], ["TALKING"]))
        assert await desk.told(1) == ["PUT ACTIVE ACTIVE"]
        ripe = await desk.xmpp.heard()  # the original, which offers more now
        assert (ripe.dialog, ripe.short(desk.device)) == (call, "PUT ACTIVE HELD")
        assert {"TRANSFER", "CONFERENCE"} <= set(texts(ripe.leg(desk.device), "action"))
        shown = fromstring((await desk.get(f"/Dialog/{call}")).content)
        assert {"TRANSFER", "CONFERENCE", "RETRIEVE"} <= set(texts(shown, "action"))
        associated = fromstring((await desk.get(f"/Dialog/{consult}")).content).findtext("associatedDialogUri")
        assert associated == f"/finesse/api/Dialog/{call}"

        await desk.act(call, "TRANSFER")
        await hears(desk, ["DELETE DROPPED DROPPED", "DELETE ACTIVE DROPPED"], ["READY"])
        got = [await colleague.xmpp.heard(), await colleague.xmpp.heard()]
        assert [one.short(colleague.device) for one in got] == ["DELETE DROPPED DROPPED", "POST ACTIVE ACTIVE"]
        assert [one.dialog for one in got] == [consult, call]
        assert texts(got[1].data, "secondaryId") == [consult]
        assert texts(got[1].data, "fromAddress") == [CUSTOMER]


async def test_a_consultation_ends_as_a_conference(sandbox: SandboxFinesse) -> None:
    """One call survives with three; only who made it drops others; it goes on without them."""
    async with at_desk(sandbox, "1001") as desk, at_desk(sandbox, "1002") as colleague:
        await desk.ready()
        await colleague.ready()
        call = await sandbox.ring("1001", CUSTOMER, queue="5022")
        await desk.act(call, "ANSWER")
        await desk.act(call, "CONSULT_CALL", to=colleague.device)
        consult = (await colleague.xmpp.heard()).dialog
        await colleague.act(consult, "ANSWER")
        await desk.act(call, "CONFERENCE")
        while (heard := await desk.xmpp.heard()).short(desk.device) != "DELETE DROPPED DROPPED":
            pass
        assert heard.dialog == consult
        last = await desk.xmpp.heard()
        while last.what == "user":
            last = await desk.xmpp.heard()
        assert (last.dialog, texts(last.data, "secondaryId")) == (call, [consult])
        assert [last.leg(one).findtext("state") for one in (desk.device, CUSTOMER, colleague.device)] == ["ACTIVE"] * 3
        assert texts(last.data, "callType") == ["CONFERENCE"]
        assert "PARTICIPANT_DROP" in texts(last.leg(desk.device), "action")
        while (heard := await colleague.xmpp.heard()).what == "user" or heard.event != "POST":
            pass
        refused = await colleague.act(call, "PARTICIPANT_DROP", target=desk.device)
        assert refused.status_code == 202
        while (heard := await colleague.xmpp.heard()).what != "apiErrors":
            pass
        assert texts(heard.data, "errorData") == states(sandbox, ["22"], ["20999"])
        assert (await desk.act(call, "PARTICIPANT_DROP", target=colleague.device)).status_code == 202
        heard = await desk.xmpp.heard()
        while heard.what == "user":
            heard = await desk.xmpp.heard()
        assert heard.leg(colleague.device).findtext("state") in ("DROPPED", "WRAP_UP")
        assert heard.leg(CUSTOMER).findtext("state") == "ACTIVE"


async def test_a_direct_transfer_rings_there_and_is_gone_here(sandbox: SandboxFinesse) -> None:
    """TRANSFER_SST: DELETE for who did it, POST for who gets it; to an engaged number it is refused and nothing happens."""
    async with at_desk(sandbox, "1001") as desk, at_desk(sandbox, "1002") as colleague:
        await desk.ready()
        await colleague.ready()
        call = await sandbox.ring("1001", CUSTOMER)
        await desk.act(call, "ANSWER")
        await desk.told(3)
        assert (await desk.act(call, "TRANSFER_SST", to="1999")).status_code == 202
        assert await desk.told(1) == ["!20999"]
        assert (await desk.act(call, "TRANSFER_SST", to=colleague.device)).status_code == 202
        await hears(desk, ["DELETE ALERTING DROPPED"], ["READY"])
        assert await colleague.told(1) == ["POST ALERTING ALERTING"]
        await colleague.act(call, "ANSWER")
        await hears(colleague, ["PUT ACTIVE ACTIVE"], states(sandbox, ["NOT_READY"], ["TALKING"]))


async def test_dialling_goes_through_its_steps_or_fails(sandbox: SandboxFinesse) -> None:
    """INITIATING, INITIATED, then ringing until they answer; or FAILED with the cause, until it is dropped."""
    async with at_desk(sandbox, "1001") as desk:
        await desk.state("LOGIN", extension=desk.device)
        await desk.told(1)
        for to, end in ((CUSTOMER, ""), ("1999", "BUSY"), ("1998", "BAD_DESTINATION"), ("8 (495) 1", "BAD_DESTINATION")):
            answer = await desk.make_call(to)
            assert answer.status_code == 202
            heard = [await desk.xmpp.heard() for _ in range(3 + len(states(sandbox, [], [""])))]
            assert {one.request for one in heard} == {answer.headers["requestid"]}
            third = "PUT FAILED FAILED" if end else "PUT ALERTING INITIATED"
            assert by_node([one.short(desk.device) for one in heard]) == (
                ["POST INITIATING INITIATING", "PUT INITIATED INITIATED", third],
                states(sandbox, [], ["TALKING"]),
            )
            last = [one for one in heard if one.what != "user"][-1]
            assert last.leg(desk.device).findtext("stateCause") == end
            if not end:
                await sandbox.customer_answers(last.dialog)
                assert await desk.told(1) == ["PUT ACTIVE ACTIVE"]
                assert (await desk.act(last.dialog, "SEND_DTMF", digits="12#")).status_code == 202
                assert sandbox.centre.calls[last.dialog].digits == "12#"
            await desk.act(last.dialog, "DROP")
            await hears(desk, ["PUT DROPPED DROPPED", "DELETE DROPPED DROPPED"], states(sandbox, [], ["NOT_READY"]))


async def test_who_hides_the_number_is_not_there(sandbox: SandboxFinesse) -> None:
    """An empty fromAddress, and one's own participant alone."""
    async with at_desk(sandbox, "1001") as desk:
        await desk.ready()
        call = await sandbox.ring("1001", CUSTOMER, queue="5023", hidden=True)
        heard = await desk.xmpp.heard()
        assert texts(heard.data, "fromAddress") == [""]
        assert texts(heard.data, "mediaAddress") == [desk.device]
        assert CUSTOMER not in heard.text
        await sandbox.hang_up(call)
        while (heard := await desk.xmpp.heard()).event != "DELETE":
            pass
        assert CUSTOMER not in heard.text


async def test_a_call_is_taken_elsewhere_or_rings_out(sandbox: SandboxFinesse) -> None:
    """Taken by a colleague it is deleted here; not answered in time it makes the agent NOT_READY by the system's own reason."""
    async with at_desk(sandbox, "1001") as desk, at_desk(sandbox, "1002") as colleague:
        await desk.ready()
        await colleague.ready()
        call = await sandbox.ring("1001", CUSTOMER, queue="5022")
        await desk.told(2)
        await sandbox.answer_elsewhere(call, "1002")
        await hears(desk, ["DELETE ALERTING DROPPED"], ["READY"])
        assert by_node(await colleague.told(4))[0] == ["POST ALERTING ALERTING", "PUT ACTIVE ACTIVE"]
        call = await sandbox.ring("1001", CUSTOMER, queue="5022")
        await desk.told(2)
        await sandbox.ring_out(call)
        await hears(desk, ["PUT DROPPED DROPPED", "DELETE DROPPED DROPPED"], ["NOT_READY"])
        user = fromstring((await desk.get("/User/1001")).content)
        assert user.findtext("ReasonCode/code") == sandbox.centre.flavour.rang_out[0]
        assert user.findtext("ReasonCode/systemCode") == "true"


async def test_a_supervisor_sees_and_sets_the_team(sandbox: SandboxFinesse) -> None:
    """GET Team, the team's node on subscription, and others' states without a reason."""
    async with at_desk(sandbox, "1006") as boss, at_desk(sandbox, "1001") as desk:
        await desk.ready()
        team = fromstring((await boss.get("/Team/5000")).content)
        assert dict(zip(texts(team, "loginId"), texts(team, "state"), strict=True))["1001"] == "READY"
        jid = f"1006@{sandbox.domain}/desk"
        await boss.xmpp.pubsub("set", f"<subscribe node='/finesse/api/Team/5000/Users' jid='{jid}'/>")
        refused = await boss.send("PUT", "/User/1001", "<User><state>NOT_READY</state><reasonCodeId>16</reasonCodeId></User>")
        assert refused.status_code == 400
        assert (await boss.send("PUT", "/User/1001", "<User><state>NOT_READY</state></User>")).status_code == 202
        heard = await boss.xmpp.heard()
        assert (heard.node, heard.short(""), texts(heard.data, "loginId")) == ("/finesse/api/Team/5000/Users", "NOT_READY", ["1001"])
        assert (heard.request, (await desk.xmpp.heard()).request) == ("1006-2", "1006-2")
        strangers = await boss.send("PUT", "/User/1004", "<User><state>NOT_READY</state></User>")
        assert (strangers.status_code, texts(fromstring(strangers.content), "ErrorType")) == (401, ["Invalid Authorization User Specified"])
