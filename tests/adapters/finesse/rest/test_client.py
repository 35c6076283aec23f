"""adapters.finesse.rest.client against a little Finesse in memory."""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.finesse.errors import Away, Busy, FinesseError, Locked, NotFound, NotOffered, NotTheirs, OutOfService, Refused, WrongPassword
from adapters.finesse.rest.answers import problem_of
from adapters.finesse.rest.client import Finesse, open_finesse
from adapters.finesse.rest.turns import Turns
from adapters.finesse.rest.wire import Answer
from adapters.finesse.values import Credentials
from tests.adapters.finesse.rest.little import ADA, SITES, Little, Monotonic, answer, api_error, finesse_on, system_info, user
from tests.clock import Clock

REASONS = b"<ReasonCodes><ReasonCode><uri>/finesse/api/ReasonCode/16</uri><code>10</code><label>Lunch</label></ReasonCode></ReasonCodes>"


async def test_a_read_is_signed_and_says_what_it_wants() -> None:
    """Basic with the agent's own name and password, UTF-8 (RFC 7617), XML, no packing."""
    little = Little()
    little.answers["/User/1001"] = user()
    async with finesse_on(little) as finesse:
        agent = await finesse.user(replace(ADA, login="ada"))
    assert agent.state == "NOT_READY"
    (asked,) = little.asked
    assert str(asked.url) == f"{SITES[0]}/finesse/api/User/1001"
    assert base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode() == "ada:Пароль:1"
    assert asked.headers["accept"] == "application/xml"
    assert asked.headers["accept-encoding"] == "identity"


async def test_a_write_carries_its_request_id() -> None:
    """PUT User, POST Dialogs and PUT Dialog with the body as given."""
    little = Little()
    for path in ("/User/1001", "/User/1001/Dialogs", "/Dialog/16801"):
        little.answers[path] = answer(202)
    async with finesse_on(little) as finesse:
        await finesse.change(ADA, b"<User/>", request="r-1")
        await finesse.make_call(ADA, b"<Dialog/>", request="r-2")
        await finesse.act(ADA, "16801", b"<Dialog/>", request="r-3")
    assert little.paths() == ["PUT /User/1001", "POST /User/1001/Dialogs", "PUT /Dialog/16801"]
    assert [asked.headers["requestid"] for asked in little.asked] == ["r-1", "r-2", "r-3"]
    assert little.asked[0].content == b"<User/>"
    assert little.asked[0].headers["content-type"] == "application/xml"


@pytest.mark.parametrize("request_id", ["", "with blank", "line\r\nbreak", "имя", "x" * 129])
async def test_a_request_id_that_no_header_may_hold_is_not_sent(request_id: str) -> None:
    """ValueError, nothing sent."""
    little = Little()
    async with finesse_on(little) as finesse:
        with pytest.raises(ValueError, match="request"):
            await finesse.change(ADA, b"", request=request_id)
    assert not little.asked


@pytest.mark.parametrize("id", ["", ".", "..", "a\nb", "x" * 256])
async def test_what_can_be_no_id_is_not_found(id: str) -> None:
    """Nothing sent."""
    little = Little()
    async with finesse_on(little) as finesse:
        with pytest.raises(NotFound):
            await finesse.act(ADA, id, b"", request="r")
    assert not little.asked


async def test_an_id_never_leads_elsewhere() -> None:
    """Slashes and question marks are part of the id."""
    little = Little()
    async with finesse_on(little) as finesse:
        with pytest.raises(NotFound):
            await finesse.act(ADA, "../User/1002?x=#", b"", request="r")
    assert little.asked[0].url.raw_path == b"/finesse/api/Dialog/..%2FUser%2F1002%3Fx%3D%23"


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (400, api_error("Invalid Input"), Refused),
        (401, api_error("Authorization Failure"), WrongPassword),
        (401, b"<html>", WrongPassword),
        (401, api_error("Invalid State", "CF_INVALID_OBJECT_STATE", "22"), Refused),
        (401, api_error("Invalid Authorization User Specified"), NotTheirs),
        (401, api_error("Invalid Authorization"), NotTheirs),
        (403, api_error("Forbidden"), NotTheirs),
        (404, api_error("Dialog Not Found"), NotFound),
        (404, b"", NotFound),
        (500, api_error("Internal Server Error"), Refused),
        (501, api_error("Not Implemented"), NotOffered),
        (503, api_error("Service Unavailable", "SERVER_OUT_OF_SERVICE"), OutOfService),
        (503, b"", OutOfService),
        (502, b"<html>", Away),
        (504, b"", Away),
        (429, b"", Away),
        (301, b"", Away),
        (302, b"", Away),
        (304, b"", Away),
    ],
)
async def test_the_error_type_decides_and_the_status_only_without_one(status: int, body: bytes, error: type[FinesseError]) -> None:
    """401 is not always a password. Redirects are never followed."""
    little = Little()
    little.answers["/User/1001"] = answer(status, body, location="https://elsewhere.test/")
    async with finesse_on(little) as finesse:
        with pytest.raises(error):
            await finesse.user(ADA)
    assert len(little.asked) == 1


async def test_a_404_of_another_server_is_not_a_missing_agent() -> None:
    """Tomcat's own page: the address is wrong, not the id."""
    little = Little()
    little.answers["/User/1001"] = answer(404, b"<html>", content_type="text/html;charset=utf-8")
    async with finesse_on(little) as finesse:
        with pytest.raises(Away, match="address"):
            await finesse.user(ADA)


async def test_what_cannot_be_read_is_away_and_not_quoted() -> None:
    """A login page with 200, and a document type."""
    little = Little()
    async with finesse_on(little) as finesse:
        for body in (b"<html><body>secret words</body></html>", b"secret", b"<!DOCTYPE a [<!ENTITY b 'secret'>]><User>&b;</User>", b""):
            little.answers["/User/1001"] = body
            with pytest.raises(Away) as away:
                await finesse.user(ADA)
            assert "secret" not in str(away.value)


async def test_a_wrong_password_is_sent_three_times_at_most() -> None:
    """However often and in parallel it is asked; five would lock the account."""
    little = Little()
    little.password = "other"
    async with finesse_on(little, clock=Monotonic()) as finesse:
        for tried in (1, 2, 3, 3, 3):
            calls: list[Coroutine[None, None, object]] = [finesse.user(ADA) for _ in range(10)]
            calls += [finesse.dialogs(ADA) for _ in range(10)]
            calls += [finesse.change(ADA, b"", request="r") for _ in range(5)]
            results = await asyncio.gather(*calls, return_exceptions=True)
            assert {type(result) for result in results} == {WrongPassword}
            assert little.refused == tried, "all at once are one try"
        little.password = "right"
        little.answers["/User/1001"] = user()
        assert await finesse.user(replace(ADA, password="right"))  # another password goes at once
        with pytest.raises(WrongPassword):
            await finesse.user(ADA)  # and is not forgotten by it: the old one is asked once, for all began anew
        assert little.refused == 4


async def test_parallel_requests_with_a_password_that_was_changed_cost_three_refusals_at_most() -> None:
    """It was right, and many requests are under way when it no longer is."""
    little = Little()
    little.answers["/User/1001"] = user()
    async with finesse_on(little, clock=Monotonic()) as finesse:
        await finesse.user(ADA)
        little.password = "changed"
        calls: list[Coroutine[None, None, object]] = [finesse.user(ADA) for _ in range(20)]
        calls += [finesse.change(ADA, b"", request="r") for _ in range(5)]
        await asyncio.gather(*calls, return_exceptions=True)
    assert little.refused == 3


async def test_many_wrong_passwords_lock_here_before_they_lock_there() -> None:
    """Four different ones, then none for five minutes, then again."""
    little = Little()
    clock = Monotonic()
    async with finesse_on(little, clock=clock) as finesse:
        for n in range(4):
            with pytest.raises(WrongPassword):
                await finesse.user(replace(ADA, password=f"wrong {n}"))
        with pytest.raises(Locked) as locked:
            await finesse.user(ADA)
        assert locked.value.retry_after == 300
        assert little.refused == 4
        clock.at += 300
        little.answers["/User/1001"] = user()
        assert await finesse.user(ADA)


@pytest.mark.parametrize("who", [replace(ADA, login="a:b"), replace(ADA, password="a\nb"), Credentials(agent="", password="x")])
async def test_what_basic_cannot_hold_is_a_wrong_password_unsent(who: Credentials) -> None:
    """A colon would move the border between name and password (RFC 7617, 2)."""
    little = Little()
    async with finesse_on(little) as finesse:
        with pytest.raises((WrongPassword, NotFound)):
            await finesse.user(who)
    assert not little.asked


async def test_a_login_name_counts_with_its_id_once_the_agent_was_read() -> None:
    """Who was read by the right password is one account by both names: seven wrong ones after it are four at Finesse."""
    little = Little()
    little.answers["/User/ada"] = user().replace(b"<state>", b"<loginName>Ada</loginName><state>")
    async with finesse_on(little) as finesse:
        await finesse.user(replace(ADA, agent="ada"))
        assert finesse.account("ADA") == "1001"
        for n in range(7):
            with pytest.raises((WrongPassword, Locked)):
                await finesse.user(Credentials(agent=("Ada", "1001")[n % 2], password=f"wrong {n}"))
        assert little.refused == 4


async def test_no_secret_is_in_errors_or_logs(caplog: pytest.LogCaptureFixture) -> None:
    """Whatever fails: neither the password, nor its Base64, nor the session."""
    caplog.set_level(logging.DEBUG)
    secrets = [ADA.password, base64.b64encode(f"1001:{ADA.password}".encode()).decode(), "SESSION-1"]

    def broken(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadError("broke", request=request)

    little = Little()
    async with finesse_on(little) as finesse:
        little.answers["/User/1001"] = answer(200, user(), set_cookie="JSESSIONID=SESSION-1; Path=/finesse")
        await finesse.user(ADA)
        texts = [repr(finesse)]
        for made in (broken, answer(401, api_error("Authorization Failure")), answer(200, b"nonsense"), answer(301), answer(503)):
            little.answers["/User/1001"] = made
            with pytest.raises(FinesseError) as error:
                await finesse.user(ADA)
            cause: BaseException | None = error.value
            while cause is not None:
                texts += [str(cause), repr(cause), repr(cause.args), repr(vars(cause))]
                assert not isinstance(cause, httpx.RequestError), "it holds the request"
                cause = cause.__cause__ or cause.__context__
            texts.append("".join(traceback.format_exception(error.value)))
    texts.append(caplog.text)
    assert not [secret for secret in secrets for text in texts if secret in text]


async def test_each_agent_has_a_session_of_their_own_that_opens_to_their_password_only() -> None:
    """Tomcat may believe a session and not look at the password beside it."""
    little = Little()
    little.answers["/User/1001"] = answer(200, user(), set_cookie="JSESSIONID=one; Path=/finesse; Secure; HttpOnly")
    little.answers["/User/1002"] = answer(200, user("1002"), set_cookie="JSESSIONID=two; Path=/finesse")
    other = Credentials(agent="1002", password=ADA.password)
    async with finesse_on(little) as finesse:
        for who in (ADA, other, ADA, other):
            await finesse.user(who)
        with pytest.raises(WrongPassword):
            await finesse.user(replace(ADA, password="wrong"))
        await finesse.system()
        finesse.forget(other)
        await finesse.user(other)
    sent = [asked.headers.get("cookie") for asked in little.asked]
    assert sent == [None, None, "JSESSIONID=one", "JSESSIONID=two", None, None, None]


async def test_writes_of_an_agent_go_one_after_the_other_and_the_tenth_is_refused() -> None:
    """In order; others are not held up."""
    little, going, most = Little(), 0, 0
    begun, gate = asyncio.Event(), asyncio.Event()

    async def slow(_: httpx.Request) -> httpx.Response:
        nonlocal going, most
        going += 1
        most = max(most, going)
        begun.set()
        await gate.wait()
        going -= 1
        return answer(202)

    little.answers["/User/1001"] = slow
    little.answers["/User/1002"] = answer(202)
    async with finesse_on(little) as finesse:
        writes = [asyncio.create_task(finesse.change(ADA, b"", request=f"r-{n}"), name=f"write {n}") for n in range(10)]
        await begun.wait()
        with pytest.raises(Busy):
            await writes[9]
        await finesse.change(Credentials(agent="1002", password=ADA.password), b"", request="other")
        gate.set()
        await asyncio.gather(*writes[:9])
    assert most == 1
    assert [asked.headers["requestid"] for asked in little.asked if asked.url.path.endswith("1001")] == [f"r-{n}" for n in range(9)]


async def test_lists_are_asked_for_once_for_a_team() -> None:
    """Fifty agents of one team, two categories: two requests and one user each."""
    little, clock = Little(), Monotonic()
    people = [Credentials(agent=str(1000 + n), password=ADA.password) for n in range(50)]
    for who in people:
        little.answers[f"/User/{who.agent}"] = user(who.agent)
        little.answers[f"/User/{who.agent}/ReasonCodes"] = REASONS
        little.answers[f"/User/{who.agent}/WrapUpReasons"] = b"<WrapUpReasons/>"
    async with finesse_on(little, clock=clock) as finesse:
        for _ in range(2):
            got = await asyncio.gather(*(finesse.reasons(who, "NOT_READY") for who in people))
            assert {reasons[0].id for reasons in got} == {"16"}
            await asyncio.gather(*(finesse.wrap_up_reasons(who) for who in people))
        paths = little.paths()
        assert sum(path.endswith("/ReasonCodes") for path in paths) == 1
        assert sum(path.endswith("/WrapUpReasons") for path in paths) == 1
        assert len(paths) == 52
        clock.at += 600
        await finesse.reasons(people[0], "NOT_READY")
        assert sum(path.endswith("/ReasonCodes") for path in little.paths()) == 2
        clock.at += 600
        little.down.add("fin-a.lab.test")
        assert await finesse.reasons(people[0], "NOT_READY")  # old ones rather than none


async def test_skew_is_learnt_from_what_node_says_and_from_dates() -> None:
    """SystemInfo to the millisecond, Date to the second."""
    clock, little = Clock(), Little()
    little.answers["/User/1001"] = answer(200, user(), date="Mon, 23 Nov 2026 09:01:40 GMT")
    async with finesse_on(little, now=clock, clock=Monotonic()) as finesse:
        assert finesse.nodes.skew == timedelta()
        await finesse.user(ADA)
        assert abs(finesse.nodes.skew - timedelta(seconds=100.5)) <= timedelta(seconds=0.5)
        little.answers["/SystemInfo"] = system_info(at=clock.at + timedelta(seconds=100.25), deployment="UCCX")
        await finesse.system()
        assert finesse.nodes.skew == timedelta(seconds=100.25)
        assert finesse.nodes.platform == "ccx"


async def test_a_node_that_tells_only_those_it_knows_is_asked_with_a_password() -> None:
    """First without; and from then on with, where there is one."""
    little = Little()

    def only_known(request: httpx.Request) -> httpx.Response:
        return answer(200, system_info()) if "authorization" in request.headers else answer(401, api_error("Authorization Failure"))

    little.answers["/SystemInfo"] = only_known
    async with finesse_on(little, sites=SITES[:1]) as finesse:
        with pytest.raises(WrongPassword):
            await finesse.system()
        assert (await finesse.system(who=ADA)).in_service
        assert (await finesse.system(who=ADA)).in_service
    assert ["authorization" in asked.headers for asked in little.asked] == [False, True, True]


async def test_a_turn_that_does_not_come_in_time_is_busy() -> None:
    """The one before it is still under way at the deadline; so is one that comes too late to be used. Nobody keeps a place."""
    turns, now = Turns(), asyncio.get_running_loop().time()

    async def use(until: float) -> None:
        async with turns.hold("1001", "write", lambda: True, until):
            pass

    async with turns.hold("1001", "write", lambda: True, now + 60):
        with pytest.raises(Busy):
            await use(now + 0.02)
        assert len(turns) == 1
    with pytest.raises(Busy):
        await use(now)
    await use(now + 60)
    assert len(turns) == 0


@settings(deadline=None)
@given(st.integers(100, 999), st.binary(max_size=200), st.sampled_from(["", "text/html", "application/xml"]), st.booleans())
def test_every_answer_is_good_or_an_error_of_finesse(status: int, body: bytes, content_type: str, sent: bool) -> None:
    """Whatever a server, a proxy or another service says."""
    made = Answer(
        status=status, headers={"content-type": content_type, "retry-after": "x"}, set_cookies=(), body=body, asked=Clock().at, took_s=0.1
    )
    problem = problem_of(made, sent=sent)
    assert (problem is None) == (200 <= status < 300)
    assert problem is None or isinstance(problem, FinesseError)


WAYS = st.sampled_from(["well", "403", "503", "500", "nonsense", "breaks", "refuses", "hangs", "slow"])
ACTS = st.sampled_from(["user", "dialogs", "change", "reasons", "directory", "system"])
STORM = st.lists(st.tuples(st.integers(1001, 1003), ACTS, WAYS, st.booleans()), max_size=40)


@settings(deadline=None, max_examples=40)
@given(STORM)
async def test_whatever_happens_every_call_ends_and_nobody_keeps_a_place(storm: list[tuple[int, str, str, bool]]) -> None:
    """Many calls at once, each met by something, some cancelled: all end as said, and afterwards every agent is served as ever."""
    well = False
    ways = iter([way for _, _, way, _ in storm])

    async def serve(request: httpx.Request) -> httpx.Response:
        way = "well" if well else next(ways, "well")
        path = request.url.path.removeprefix("/finesse/api")
        agent = path.split("/")[2] if path.startswith("/User/") else ""
        match way:
            case "breaks":
                raise httpx.ReadError("broke", request=request)
            case "refuses":
                raise httpx.ConnectError("refused", request=request)
            case "hangs":
                await asyncio.Event().wait()
            case "slow":
                for _ in range(5):
                    await asyncio.sleep(0)
            case "nonsense":
                return answer(200, b"<nonsense>")
            case "403" | "503" | "500":
                return answer(int(way))
        bodies = {"": user(agent or "0"), "Dialogs": b"<Dialogs/>", "ReasonCodes": REASONS, "PhoneBooks": b"<PhoneBooks/>"}
        body = system_info() if path == "/SystemInfo" else bodies["/".join(path.split("/")[3:])]
        return answer(202 if request.method == "PUT" else 200, body)

    def start(finesse: Finesse, who: Credentials, act: str) -> Coroutine[None, None, object]:
        calls: dict[str, Callable[[], Coroutine[None, None, object]]] = {
            "user": lambda: finesse.user(who),
            "dialogs": lambda: finesse.dialogs(who),
            "change": lambda: finesse.change(who, b"", request="r"),
            "reasons": lambda: finesse.reasons(who, "NOT_READY"),
            "directory": lambda: finesse.directory(who),
            "system": lambda: finesse.system(who=who),
        }
        return calls[act]()

    clock = Monotonic()
    turns = Turns()
    async with finesse_on(serve, clock=clock, turns=turns, timeout_s=600) as finesse:
        tasks = []
        for agent, act, way, cancelled in storm:
            task = asyncio.create_task(start(finesse, Credentials(agent=str(agent), password="x"), act), name=act)
            tasks.append(task)
            if cancelled or way == "hangs":
                await asyncio.sleep(0)
                task.cancel()
        # one that hangs may have met another call than the one that is cancelled for it
        while pending := [task for task in tasks if not task.done()]:
            await asyncio.wait(pending, timeout=0.002)
            for task in pending[:1]:
                task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        strange = [r for r in results if isinstance(r, BaseException) and not isinstance(r, (FinesseError, asyncio.CancelledError))]
        assert not strange
        assert len(turns) == 0
        well, clock.at = True, clock.at + 1000
        for agent in (1001, 1002, 1003):
            for act in ("user", "dialogs", "change", "reasons", "directory", "system"):
                await start(finesse, Credentials(agent=str(agent), password="x"), act)


async def test_opened_it_looks_at_nodes_only_while_they_are_needed() -> None:
    """Nothing is sent before, the nodes are looked at once for all who need them, and the block ends."""
    little = Little()
    async with open_finesse(SITES, transport=httpx.MockTransport(little)) as finesse:
        assert not little.asked
        async with finesse.nodes.needed(), finesse.nodes.needed(ADA):
            async with asyncio.timeout(10):
                await finesse.nodes.looked()
            assert finesse.nodes.standing.state == "in_service"
            assert sorted(asked.url.host for asked in little.asked) == ["fin-a.lab.test", "fin-b.lab.test"]
            assert all("authorization" not in asked.headers for asked in little.asked)
