"""Asking the ERP: bounds, and what is remembered. The ERP is a coroutine that the test steers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from adapters.erp.directory import ErpPerson, Rejected
from adapters.erp.errors import ErpUnavailable
from web.erp_sign_in import AskLimits, Away, ErpSignIn

ANNA = ErpPerson(
    erp_id=1,
    login="anna",
    full_name="Anna",
    email="",
    office="",
    department="",
    post="",
    phone="",
    vpn=False,
    vpn_until=None,
    standing="active",
)


class Steered:
    """Answers by `answer`; counts who asks at the same time."""

    def __init__(self, answer: Callable[[], Awaitable[ErpPerson]]) -> None:
        self.answer = answer
        self.now, self.most, self.asked = 0, 0, 0

    async def sign_in(self, login: str, password: str) -> ErpPerson:
        """As the test said."""
        self.now += 1
        self.asked += 1
        self.most = max(self.most, self.now)
        try:
            return await self.answer()
        finally:
            self.now -= 1


async def yes() -> ErpPerson:
    """Everybody is Anna."""
    await asyncio.sleep(0)
    return ANNA


async def never() -> ErpPerson:
    """Hangs."""
    await asyncio.Event().wait()
    return ANNA


async def down() -> ErpPerson:
    """Is away."""
    raise ErpUnavailable("test")


async def test_a_crowd_asks_in_turn() -> None:
    """Of many at once at most four ask at a time, and all get their answer."""
    erp = Steered(yes)
    asking = ErpSignIn(erp, AskLimits(at_once=4, waiting=100))
    verdicts = await asyncio.gather(*(asking.ask("anna", "x") for _ in range(100)))
    assert verdicts == [ANNA] * 100
    assert (erp.most, erp.now, asking.away) == (4, 0, False)


async def test_more_than_can_wait_are_told_at_once() -> None:
    """Past the bound of those who wait nobody asks; the others end within the limit."""
    erp = Steered(never)
    asking = ErpSignIn(erp, AskLimits(within_s=0.05, at_once=2, waiting=3))
    verdicts = await asyncio.gather(*(asking.ask("anna", "x") for _ in range(20)))
    assert sorted({verdict.code for verdict in verdicts if isinstance(verdict, Away)}) == ["erp_busy", "erp_slow"]
    assert (erp.asked, erp.now, asking.away) == (2, 0, True)


async def test_while_away_one_asks_and_nobody_waits() -> None:
    """A hanging ERP costs one sign-in its limit; whoever comes meanwhile is answered in the same turn."""
    erp = Steered(never)
    asking = ErpSignIn(erp, AskLimits(within_s=0.02))
    assert await asking.ask("anna", "x") == Away("erp_slow")
    first = asyncio.create_task(asking.ask("anna", "x"))
    await asyncio.sleep(0)
    assert await asking.ask("anna", "x") == Away("erp_busy")
    assert erp.now == 1
    assert await first == Away("erp_slow")


async def test_the_first_who_asks_finds_it_back() -> None:
    """No pause is kept after a failure: the next sign-in asks, and its good answer ends the outage."""
    erp = Steered(down)
    asking = ErpSignIn(erp)
    assert await asking.ask("anna", "x") == Away("erp_unavailable")
    assert asking.away
    erp.answer = yes
    assert await asking.ask("anna", "x") == ANNA
    assert not asking.away


async def test_a_refusal_is_an_answer() -> None:
    """A wrong password shows that the ERP is there."""

    async def no() -> ErpPerson:
        raise Rejected("bad_credentials")

    erp = Steered(down)
    asking = ErpSignIn(erp)
    await asking.ask("anna", "x")
    erp.answer = no
    verdict = await asking.ask("anna", "x")
    assert isinstance(verdict, Rejected)
    assert not asking.away


async def test_a_failure_frees_those_who_wait() -> None:
    """Whoever waits for a turn when the ERP turns out to be away does not try in their turn."""
    gate = asyncio.Event()

    async def fails() -> ErpPerson:
        await gate.wait()
        raise ErpUnavailable("test")

    erp = Steered(fails)
    asking = ErpSignIn(erp, AskLimits(at_once=1))
    tasks = [asyncio.create_task(asking.ask("anna", "x")) for _ in range(5)]
    await asyncio.sleep(0)
    gate.set()
    assert [verdict.code for verdict in await asyncio.gather(*tasks) if isinstance(verdict, Away)] == ["erp_unavailable"] + ["erp_busy"] * 4
    assert erp.asked == 1


async def test_who_leaves_while_waiting_holds_no_turn() -> None:
    """Cancelled callers, in the queue and asking, leave the way free for the next."""
    erp = Steered(never)
    asking = ErpSignIn(erp, AskLimits(at_once=1))
    tasks = [asyncio.create_task(asking.ask("anna", "x")) for _ in range(3)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    for task in tasks:
        with pytest.raises(asyncio.CancelledError):
            await task
    erp.answer = yes
    assert await asking.ask("anna", "x") == ANNA
