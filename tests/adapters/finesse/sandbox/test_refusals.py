"""What is refused: at once by an answer, or later by an event, with the errors of Cisco's guide."""

from __future__ import annotations

from xml.etree.ElementTree import fromstring

import httpx
import pytest

from adapters.sandbox.finesse import SandboxFinesse, open_sandbox_finesse
from tests.adapters.finesse.sandbox.desk import Desk, at_desk, connected, texts
from tests.clock import Clock


def error(answer: httpx.Response) -> tuple[int, str]:
    """Status and ErrorType."""
    return answer.status_code, texts(fromstring(answer.content), "ErrorType")[0]


LOGIN = "<User><state>LOGIN</state>{}</User>"
DIALOG = "<Dialog><requestedAction>{}</requestedAction>{}</Dialog>"
CALL = "<fromAddress>1106</fromAddress><toAddress>{}</toAddress>"
MISSING, INVALID = (400, "Parameter Missing"), (400, "Invalid Input")


BAD: tuple[tuple[str, str, str, tuple[int, str]], ...] = (
    ("PUT", "/User/1001", "<User/>", MISSING),
    ("PUT", "/User/1001", "<User><state>TALKING</state></User>", INVALID),
    ("PUT", "/User/1001", "<User><state>NOT_READY</state></User>", MISSING),
    ("PUT", "/User/1001", "<User><state>NOT_READY</state><reasonCodeId>21</reasonCodeId></User>", INVALID),
    ("PUT", "/User/1001", "<User><state>LOGOUT</state><reasonCodeId>9255</reasonCodeId></User>", INVALID),
    ("PUT", "/User/1001", LOGIN.format(""), MISSING),
    ("PUT", "/User/1001", LOGIN.format("<extension>x</extension>"), INVALID),
    ("PUT", "/User/1001", "no xml", (400, "Bad Request")),
    ("PUT", "/User/1001", "<!DOCTYPE a [<!ENTITY b 'c'>]><User>&b;</User>", (400, "Bad Request")),
    ("PUT", "/User/1001", "<Dialog/>", (400, "Bad Request")),
    ("PUT", "/User/1002", "<User><state>READY</state></User>", (401, "Invalid Authorization User Specified")),
    ("PUT", "/User/7777", "<User><state>READY</state></User>", (404, "User Not Found")),
    ("GET", "/User/1002", "", (401, "Invalid Authorization User Specified")),
    ("GET", "/User/1001/ReasonCodes", "", MISSING),
    ("GET", "/User/1001/ReasonCodes?category=LUNCH", "", INVALID),
    ("GET", "/Team/5000", "", (401, "Invalid Authorization User Specified")),
    ("GET", "/Dialog/1", "", (404, "Dialog Not Found")),
    ("GET", "/Queue/1", "", (404, "Not Found")),
    ("GET", "/Nothing", "", (404, "Not Found")),
    ("POST", "/User/1001/Dialogs", DIALOG.format("", ""), MISSING),
    ("POST", "/User/1001/Dialogs", DIALOG.format("ANSWER", ""), INVALID),
    ("POST", "/User/1001/Dialogs", DIALOG.format("SILENT_MONITOR", ""), (501, "Not Implemented")),
    ("POST", "/User/1001/Dialogs", DIALOG.format("MAKE_CALL", CALL.format("")), MISSING),
    ("POST", "/User/1001/Dialogs", DIALOG.format("MAKE_CALL", CALL.format("1106")), (400, "Invalid Destination")),
    ("PUT", "/Dialog/1", DIALOG.format("ANSWER", ""), (404, "Dialog Not Found")),
    ("PUT", "/Dialog/CALL", DIALOG.format("ANSWER", ""), MISSING),
    ("PUT", "/Dialog/CALL", DIALOG.format("DANCE", "<targetMediaAddress>1106</targetMediaAddress>"), INVALID),
    (
        "PUT",
        "/Dialog/CALL",
        DIALOG.format("START_RECORDING", "<targetMediaAddress>1106</targetMediaAddress>"),
        (501, "Not Implemented"),
    ),
    ("PUT", "/Dialog/CALL", DIALOG.format("DROP", "<targetMediaAddress>+7916</targetMediaAddress>"), INVALID),
    ("PUT", "/Dialog/CALL", DIALOG.format("CONSULT_CALL", "<targetMediaAddress>1106</targetMediaAddress>"), MISSING),
    ("PUT", "/Dialog/CALL", DIALOG.format("SEND_DTMF", "<targetMediaAddress>1106</targetMediaAddress>"), MISSING),
    ("PUT", "/Dialog/CALL", DIALOG.format("UPDATE_CALL_DATA", ""), MISSING),
)


async def test_bad_input_is_refused_at_once_and_told_to_nobody(quick: SandboxFinesse) -> None:
    """Status and ErrorType; the request's id comes back even so."""
    async with at_desk(quick, "1001") as desk:
        await desk.ready()
        call = await quick.ring("1001", "+7916")
        await desk.told(1)
        before = quick.sites[0].herald.published
        for method, path, body, expected in BAD:
            answer = await desk.send(method, path.replace("CALL", call), body)
            assert error(answer) == expected, f"{method} {path} {body}"
            assert answer.headers["requestid"].startswith("1001-")
        await quick.idle()
        assert quick.sites[0].herald.published == before


@pytest.fixture
async def quick(clock: Clock):  # type: ignore[no-untyped-def]
    """One contact centre: bad input is bad on both."""
    async with open_sandbox_finesse(delay_s=(0.0, 0.0), answers_s=None, clock=clock) as opened:
        yield opened


async def _async(desk: Desk, answer: httpx.Response) -> str:
    """The code of the error that is told after a 202."""
    assert (answer.status_code, answer.content) == (202, b"")
    while (heard := await desk.xmpp.heard()).what != "apiErrors":
        pass
    assert heard.event == "put"
    assert heard.request == answer.headers["requestid"]
    return heard.data.findtext(".//errorData") or ""


async def test_a_bad_state_is_refused_by_an_event(sandbox: SandboxFinesse) -> None:
    """READY while signed out, a wrong device, another's device, answering twice, holding a held call, a second consultation."""
    async with at_desk(sandbox, "1001") as desk, at_desk(sandbox, "1002") as colleague:
        assert await _async(desk, await desk.state("READY")) == "22"
        assert await _async(desk, await desk.state("LOGIN", extension="9999")) == "260"
        await colleague.ready()
        assert await _async(desk, await desk.state("LOGIN", extension=colleague.device)) == "260"
        await desk.state("LOGIN", extension=desk.device)
        call = await sandbox.ring("1001", "+7916")
        assert await _async(desk, await desk.act(call, "SEND_DTMF", digits="1")) == "22"
        assert await _async(desk, await desk.act(call, "CONSULT_CALL", to="1107")) == "22"
        await desk.act(call, "ANSWER")
        assert await _async(desk, await desk.act(call, "ANSWER")) == "22"
        assert await _async(desk, await desk.make_call("+7917")) == "22"
        await desk.act(call, "HOLD")
        assert await _async(desk, await desk.act(call, "HOLD")) == "22"
        assert error(await desk.act(call, "SEND_DTMF", digits="1")) == (401, "Invalid State")
        assert await _async(desk, await desk.act(call, "TRANSFER")) == "22"
        await desk.act(call, "RETRIEVE")
        await desk.act(call, "CONSULT_CALL", to="+7918")
        consult = next(one for one in sandbox.centre.list_of("1001") if one.consults)
        await sandbox.customer_answers(consult.id)
        assert await _async(desk, await desk.act(consult.id, "CONSULT_CALL", to="+7919")) == "20999"
        stranger = await colleague.act(call, "DROP")
        assert error(stranger) == (401, "Invalid Authorization User Specified")
        assert await _async(desk, await desk.state("LOGOUT", "21")) == "22"  # not with a call


async def test_the_platforms_differ(sandbox: SandboxFinesse) -> None:
    """Call data on MAKE_CALL, letters as DTMF, mobile agents, signing out from READY."""
    cce = sandbox.centre.flavour.name == "cce"
    async with at_desk(sandbox, "1001") as desk:
        mobile = "<extension>1106</extension><mobileAgent><mode>CALL_BY_CALL</mode><dialNumber>5550100</dialNumber></mobileAgent>"
        answer = await desk.send("PUT", "/User/1001", LOGIN.format(mobile))
        assert answer.status_code == (202 if cce else 501)
        assert (sandbox.agents["1001"].mobile is not None) is cce
        await desk.state("LOGIN", extension="1106")
        data = "<mediaProperties><callvariables><CallVariable><name>callVariable1</name><value>7</value></CallVariable></callvariables>"
        body = DIALOG.format("MAKE_CALL", CALL.format("+7916") + data + "</mediaProperties>")
        assert (await desk.send("POST", "/User/1001/Dialogs", body)).status_code == (202 if cce else 400)
        if not cce:
            await desk.make_call("+7916")
        (call,) = sandbox.centre.list_of("1001")
        assert dict(call.variables) == ({"callVariable1": "7"} if cce else {})
        await sandbox.customer_answers(call.id)
        assert (await desk.act(call.id, "SEND_DTMF", digits="A1")).status_code == (202 if cce else 400)
        await sandbox.hang_up(call.id)
        await desk.state("READY")
        left = await desk.state("LOGOUT", "21")
        assert left.status_code == 202
        assert sandbox.agents["1001"].state == ("READY" if cce else "LOGOUT")


async def test_call_data_have_their_rules(quick: SandboxFinesse) -> None:
    """Unknown names are ignored, long ECC values cut, long call variables refused, an empty text is a value."""
    async with at_desk(quick, "1001") as desk:
        await desk.ready()
        call = await quick.ring("1001", "+7916")

        async def write(name: str, value: str) -> httpx.Response:
            pair = f"<CallVariable><name>{name}</name><value>{value}</value></CallVariable>"
            data = f"<mediaProperties><callvariables>{pair}</callvariables></mediaProperties>"
            return await desk.send("PUT", f"/Dialog/{call}", DIALOG.format("UPDATE_CALL_DATA", data))

        for name, value in (("callVariable3", ""), ("callVariable11", "x"), ("BAStatus", "x"), ("user.a[2]", "я" * 1001)):
            assert (await write(name, value)).status_code == 202
        assert error(await write("callVariable1", "x" * 41)) == INVALID
        assert dict(quick.centre.calls[call].variables) == {"callVariable3": "", "user.a[2]": "я" * 1000}


async def test_five_wrong_passwords_lock_the_account(quick: SandboxFinesse, clock: Clock) -> None:
    """For five minutes not even the right one helps, over REST and over XMPP."""
    right = quick.agents["1001"].password
    async with httpx.AsyncClient(base_url=quick.url, trust_env=False) as client:

        async def status(password: str) -> int:
            return (await client.get("/finesse/api/User/1001", auth=("1001", password))).status_code

        assert [await status("no") for _ in range(4)] == [401] * 4
        assert await status(right) == 200  # in a row, so the count begins anew
        assert [await status("no") for _ in range(5)] == [401] * 5
        assert await status(right) == 401
        async with connected(quick.sites[0]) as xmpp:
            assert await xmpp.sign_in("1001", right) == "failure"
        clock.advance(301)
        assert await status(right) == 200
        assert (await client.get("/finesse/api/User/petrova", auth=("petrova", right))).status_code == 200  # by login name
        assert error(await client.get("/finesse/api/User/1001")) == (401, "Authorization Failure")


async def test_phone_books_come_in_ranges() -> None:
    """6000 contacts and a few: 206 while there is more, 416 beyond, the range has its bounds."""
    async with open_sandbox_finesse(delay_s=(0.0, 0.0), contacts=6000) as sandbox, at_desk(sandbox, "1001") as desk:
        whole = await desk.get("/User/1001/PhoneBooks", Range="objects=1-6000")
        assert whole.status_code == 206
        assert len(texts(fromstring(whole.content), "phoneNumber")) == 6000
        total = int(whole.headers["content-range"].rpartition("/")[2])
        rest = await desk.get("/User/1001/PhoneBooks", Range=f"objects=6001-{total}")
        assert (rest.status_code, len(texts(fromstring(rest.content), "phoneNumber"))) == (206, total - 6000)
        assert (await desk.get("/User/1001/PhoneBooks", Range=f"objects={total + 1}-{total + 2}")).status_code == 416
        assert (await desk.get("/User/1001/PhoneBooks", Range="objects=1-6001")).status_code == 400
        assert (await desk.get("/User/1001/PhoneBooks", Range="bytes=1-2")).status_code == 400


async def test_lists_are_read(sandbox: SandboxFinesse) -> None:
    """Reasons of a category without the system's, wrap-up reasons, queues, SystemInfo without a password."""
    async with at_desk(sandbox, "1001") as desk, httpx.AsyncClient(base_url=sandbox.url, trust_env=False) as nobody:
        reasons = fromstring((await desk.get("/User/1001/ReasonCodes?category=LOGOUT")).content)
        assert texts(reasons, "code") == ["1", "2"]
        assert "Вопрос решён" in texts(fromstring((await desk.get("/User/1001/WrapUpReasons")).content), "label")
        queues = fromstring((await desk.get("/User/1001/Queues")).content)
        figures = set(texts(queues, "agentsReady"))
        assert figures == ({"0"} if sandbox.centre.flavour.queue_figures else {"-1"})
        assert (await desk.get("/Queue/5022")).status_code == 200
        system = fromstring((await nobody.get("/finesse/api/SystemInfo")).content)
        assert system.findtext("status") == "IN_SERVICE"
        assert system.findtext("deploymentType") == sandbox.centre.flavour.deployment
        assert system.findtext("xmppDomain") == system.findtext("primaryNode/host") == sandbox.domain
