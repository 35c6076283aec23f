"""A sign-in that Finesse takes its time over: the password stays for as long as it may still be done, and goes when it was refused."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from adapters.finesse.rest.client import open_finesse
from adapters.sandbox.finesse import Fault
from tests.web.finesse.floor import WITHIN_S, Floor, Refusal, Screen

PUT = "^PUT .*/User/1001$"
SHORT, LONG = timedelta(seconds=0.3), timedelta(minutes=10)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> pytest.MonkeyPatch:
    """Nobody waits seconds for what does not come, and it is looked for often. Its parameter: Finesse's deadline, seconds."""
    for module in ("holder", "picture"):
        monkeypatch.setattr(f"adapters.finesse.{module}.LIMIT", timedelta(seconds=0.1))
    monkeypatch.setattr("adapters.finesse.asked.SIGNING_IN", SHORT)
    monkeypatch.setattr("adapters.finesse.holder.UNSURE_GRACE", LONG)
    monkeypatch.setattr("adapters.finesse.holder._APART_S", 0.05)
    monkeypatch.setattr("web.finesse.section.open_finesse", partial(open_finesse, timeout_s=getattr(request, "param", 8.0)))
    return monkeypatch


@pytest.fixture
async def anna(hasty: pytest.MonkeyPatch, floor: Floor) -> Screen:
    """At a screen, signed out."""
    return await floor.screen("1001")


async def ask(anna: Screen) -> str:
    """Asks to be signed in; the request."""
    asked = await anna.ask("sign_in", agent="1001", extension=anna.extension, password=anna.password)
    return str(asked["request"])


async def nothing_kept(floor: Floor) -> None:
    """Waits until no password is."""
    async with asyncio.timeout(WITHIN_S):
        while await floor.section.desk.credentials.everybody():  # noqa: ASYNC110  # the store tells nobody
            await asyncio.sleep(0.01)


async def test_it_is_done_long_after_it_was_taken(floor: Floor, anna: Screen) -> None:
    """Nobody confirmed it in time, and the person was told so; then it is done: they work here, and need not sign in again."""
    floor.finesse.faults.append(Fault(match=PUT, action="status", arg=202))
    await ask(anna)
    await anna.until(lambda: not anna.topic["asked"])
    floor.finesse.centre.change("1001", "LOGIN", extension=anna.extension)
    await anna.until(lambda: anna.live and anna.state == "NOT_READY")
    await anna.ready()


@pytest.mark.parametrize("hasty", [0.5], indirect=True)
async def test_it_is_done_though_its_answer_was_lost(floor: Floor, anna: Screen) -> None:
    """Finesse does not answer within the deadline, which the person is told; it has signed them in all the same."""
    floor.finesse.faults.append(Fault(match=PUT, action="hang"))
    with pytest.raises(Refusal) as caught:
        await ask(anna)
    assert caught.value.code == "finesse_away"
    floor.finesse.centre.change("1001", "LOGIN", extension=anna.extension)
    await anna.until(lambda: anna.live and anna.state == "NOT_READY")
    await anna.ready()


async def test_another_try_works_meanwhile(floor: Floor, anna: Screen) -> None:
    """Who does not wait for the first one signs in once more."""
    floor.finesse.faults.append(Fault(match=PUT, action="status", arg=202))
    await ask(anna)
    await anna.until(lambda: not anna.topic["asked"])
    await anna.sign_in()
    await anna.ready()


async def test_what_is_refused_after_all_leaves_no_password(floor: Floor, anna: Screen) -> None:
    """However late Finesse says so; and the next try works."""
    floor.finesse.faults.append(Fault(match=PUT, action="status", arg=202))
    request = await ask(anna)
    await anna.until(lambda: not anna.topic["asked"])
    assert await floor.section.desk.credentials.everybody()
    await floor.finesse.tell(floor.finesse.centre.change("1001", "LOGIN", extension="999999", request=request))
    await anna.until(lambda: anna.topic["service"]["state"] == "off")
    assert anna.topic["service"]["why"] == "finesse_device_invalid"
    await nothing_kept(floor)
    await anna.sign_in()


async def test_what_never_comes_leaves_no_password(hasty: pytest.MonkeyPatch, floor: Floor, anna: Screen) -> None:
    """A password is not kept for longer than it can be of use."""
    hasty.setattr("adapters.finesse.holder.UNSURE_GRACE", SHORT)
    floor.finesse.faults.append(Fault(match=PUT, action="status", arg=202))
    await ask(anna)
    await anna.until(lambda: anna.topic["service"]["state"] == "off" and anna.topic["service"]["why"] == "finesse_unconfirmed")
    await nothing_kept(floor)
