"""An agent's day through both protocols: what is answered, what is told, in which order."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

from adapters.sandbox.finesse import SandboxFinesse
from tests.adapters.finesse.sandbox.desk import at_desk, texts


async def test_a_call_rings_is_answered_and_ends_with_wrap_up(sandbox: SandboxFinesse) -> None:
    """Sign in, ready, a call from a queue, answer, the caller hangs up, wrap-up, ready again."""
    async with at_desk(sandbox, "1001") as desk:
        answer = await desk.state("LOGIN", extension=desk.device)
        assert (answer.status_code, answer.content, answer.headers["requestid"]) == (202, b"", "1001-1")
        signed_in = await desk.xmpp.heard()
        assert (signed_in.short("1106"), signed_in.request, signed_in.source) == ("NOT_READY", "1001-1", "/finesse/api/User/1001")
        assert (await desk.state("READY")).status_code == 202
        assert await desk.told(1) == ["READY"]

        call = await sandbox.ring("1001", "+79161234567", queue="5022", variables={"callVariable1": "A-7"})
        heard = [await desk.xmpp.heard(), await desk.xmpp.heard()]
        assert [one.short("1106") for one in heard] == ["POST ALERTING ALERTING", "RESERVED"]
        assert texts(heard[0].data, "queueName") == ["Поддержка агентств"]
        assert heard[0].request == ""
        assert (await desk.act(call, "ANSWER")).status_code == 202
        assert await desk.told(2) == ["PUT ACTIVE ACTIVE", "TALKING"]

        await sandbox.hang_up(call)
        work = "WORK_READY" if sandbox.centre.flavour.has_work_ready else "WORK"
        assert await desk.told(3) == ["PUT ACTIVE ACTIVE", "PUT DROPPED WRAP_UP", work]
        assert (await desk.state("READY")).status_code == 202
        assert await desk.told(3) == ["PUT DROPPED DROPPED", "DELETE DROPPED DROPPED", "READY"]
        assert texts(fromstring((await desk.get("/User/1001/Dialogs")).content), "id") == []
