"""VPN renewals: each wish once, read back, and never told otherwise than it is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.erp.errors import ErpBusy, ErpError, ErpRule, ErpSlow, ErpUnavailable
from hub.accounts import audit, profiles
from tests.web.erp_ends import TODAY, OneRow, keep_profile
from web.audit import Origin
from web.people import People
from web.vpn import GIVEN_UP, LANDING, KeyReused, Renewal, Renewals, Unsettled
from web.vpn_settler import Settler

WISHED = TODAY + timedelta(days=60)
KEY = "key-00000001"


@dataclass
class World:
    """Anna, her row in the ERP, and a clock that is turned by hand."""

    engine: AsyncEngine
    erp: OneRow
    user_id: int
    now: datetime = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)

    def __post_init__(self) -> None:
        self.renewals = Renewals(self.engine, self.erp, clock=lambda: self.now)

    async def renew(self, until: date = WISHED, key: str = KEY, *, renewals: Renewals | None = None) -> Renewal:
        """Anna's wish."""
        before = TODAY + timedelta(days=10)
        origin = Origin(user_id=self.user_id, name="anna", address="192.0.2.1")
        return await (renewals or self.renewals).renew(self.user_id, 501, key=key, until=until, before=before, origin=origin)

    async def settle(self) -> Renewal | None:
        """One round of the settler; the last wish as it stands then."""
        await Settler(self.renewals).round()
        return await self.renewals.last(self.user_id)

    async def lines(self) -> list[tuple[str, str, str | None]]:
        """The audit log: action, actor, date."""
        async with self.engine.connect() as connection:
            rows = await connection.execute(sa.select(audit.c.action, audit.c.actor, audit.c.after).order_by(audit.c.id))
            return [(row.action, row.actor, row.after["until"]) for row in rows]

    async def kept(self) -> str | None:
        """The date in the profile."""
        async with self.engine.connect() as connection:
            found: str | None = await connection.scalar(sa.select(profiles.c.vpn_until).where(profiles.c.user_id == self.user_id))
        return found


@pytest.fixture
async def world(engine: AsyncEngine) -> World:
    """A store on each back end."""
    erp = OneRow()
    user_id = await People(engine).add("anna", display_name="Анна Петрова")
    await keep_profile(engine, user_id, erp.row)
    return World(engine, erp, user_id)


async def test_a_wish_is_written_once_read_back_and_audited(world: World) -> None:
    """The date stands in the ERP and the profile, and the same key again changes nothing."""
    first = await world.renew()
    again = await world.renew()
    assert (first.state, first.open, again) == ("done", False, first)
    assert world.erp.writes == [WISHED]
    assert await world.kept() == WISHED.isoformat()
    assert await world.lines() == [("vpn.renewed", "anna", WISHED.isoformat())]


async def test_a_double_click_writes_once(world: World) -> None:
    """Requests with one key at the same time find one wish, on one node and on two."""
    other = Renewals(world.engine, world.erp, clock=lambda: world.now)
    wishes = await asyncio.gather(*(world.renew() for _ in range(4)), *(world.renew(renewals=other) for _ in range(4)))
    assert {(wish.id, wish.state) for wish in wishes} == {(wishes[0].id, "done")}
    assert set(world.erp.writes) == {WISHED}
    assert [line[0] for line in await world.lines()].count("vpn.renewed") >= 1


async def test_a_commit_whose_answer_is_lost_is_found_by_reading_back(world: World) -> None:
    """The date that was read back is the proof, though the write itself was never answered."""
    world.erp.after_write = [ErpSlow("DPY-4024")]
    assert (await world.renew()).state == "done"
    assert world.erp.writes == [WISHED]


async def test_while_the_erp_is_silent_the_outcome_is_unknown_and_a_retry_reads_first(world: World) -> None:
    """Neither done nor refused is said before the ERP's word; the retry finds the date there and writes nothing more."""
    world.erp.after_write = [ErpUnavailable("DPY-4011")]
    world.erp.before_read = [ErpUnavailable("DPY-6005")]
    first = await world.renew()
    assert (first.state, first.code, first.open) == ("unknown", "erp_unavailable", True)
    assert await world.kept() == (TODAY + timedelta(days=10)).isoformat()
    again = await world.renew()
    assert (again.id, again.state) == (first.id, "done")
    assert world.erp.writes == [WISHED]
    assert [line[0] for line in await world.lines()] == ["vpn.unconfirmed", "vpn.renewed"]


async def test_a_retry_writes_what_was_never_taken(world: World) -> None:
    """A write that was lost on its way is made by the retry, once."""
    world.erp.before_write = [ErpSlow("DPY-4024")]
    first = await world.renew()
    assert (first.state, first.code) == ("unknown", "erp_slow")
    assert world.erp.writes == []
    assert (await world.renew()).state == "done"
    assert world.erp.writes == [WISHED]


async def test_a_retry_never_writes_over_what_somebody_else_set(world: World) -> None:
    """When a third date stands there since, it stays, and the wish stays without a word."""
    world.erp.before_write = [ErpSlow("DPY-4024")]
    await world.renew()
    world.erp.row = replace(world.erp.row, vpn_until=TODAY + timedelta(days=300))
    again = await world.renew()
    assert (again.state, again.code) == ("unknown", "changed")
    assert world.erp.writes == []
    world.now += LANDING + timedelta(seconds=1)
    settled = await world.settle()
    assert settled is not None
    assert (settled.state, settled.code) == ("refused", "not_taken")
    assert await world.kept() == (TODAY + timedelta(days=300)).isoformat()


async def test_while_a_wish_is_open_no_other_is_taken(world: World) -> None:
    """Two dates on their way at once could end in either; the second is refused until the first has its word."""
    world.erp.before_write = [ErpSlow("DPY-4024")]
    await world.renew()
    with pytest.raises(Unsettled):
        await world.renew(WISHED + timedelta(days=1), "key-00000002")
    await world.renew()
    assert (await world.renew(WISHED + timedelta(days=1), "key-00000002")).state == "done"
    assert world.erp.writes == [WISHED, WISHED + timedelta(days=1)]


async def test_a_key_stands_for_one_date(world: World) -> None:
    """The same key with another date is an error, never a second meaning."""
    await world.renew()
    with pytest.raises(KeyReused):
        await world.renew(WISHED + timedelta(days=1))


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (ErpRule("ORA-20001", "Продление только через отдел ИБ."), "erp_rule", "Продление только через отдел ИБ."),
        (ErpBusy("x"), "erp_busy", ""),
    ],
)
async def test_what_the_erp_refuses_stays_refused_with_its_sentence(world: World, error: ErpError, code: str, message: str) -> None:
    """A refusal is final for its key and told the same again; a new wish may follow."""
    world.erp.before_write = [error]
    first = await world.renew()
    assert (first.state, first.code, first.message, first.open) == ("refused", code, message, False)
    assert await world.renew() == first
    assert world.erp.writes == []
    assert (await world.renew(key="key-00000002")).state == "done"


async def test_a_date_that_the_erp_turned_into_another_is_not_called_done(world: World) -> None:
    """A trigger of the ERP may have its own mind: what stands there counts."""

    class Trimming(OneRow):
        async def renew_vpn(self, erp_id: int, until: date) -> None:
            await super().renew_vpn(erp_id, until - timedelta(days=2))

    world.erp = Trimming()
    world.renewals = Renewals(world.engine, world.erp, clock=lambda: world.now)
    wish = await world.renew()
    assert (wish.state, wish.code) == ("refused", "not_taken")
    assert await world.kept() == (WISHED - timedelta(days=2)).isoformat()


async def test_the_settler_finds_a_late_commit(world: World) -> None:
    """While a write may still land the old date proves nothing; once the new one stands the wish is done."""
    world.erp.before_write = [ErpSlow("DPY-4024")]
    await world.renew()
    early = await world.settle()
    assert early is not None
    assert (early.state, early.open) == ("unknown", True)
    world.erp.row = replace(world.erp.row, vpn_until=WISHED)
    settled = await world.settle()
    assert settled is not None
    assert settled.state == "done"
    assert await world.kept() == WISHED.isoformat()
    assert (await world.lines())[-1] == ("vpn.renewed", "navigator", WISHED.isoformat())


async def test_after_the_time_to_land_the_old_date_is_a_refusal(world: World) -> None:
    """Then the person is told that the ERP did not take it, and nothing was written by the settler."""
    world.erp.before_write = [ErpSlow("DPY-4024")]
    await world.renew()
    world.now += LANDING + timedelta(seconds=1)
    settled = await world.settle()
    assert settled is not None
    assert (settled.state, settled.code) == ("refused", "not_taken")
    assert world.erp.writes == []


async def test_an_erp_that_never_comes_back_leaves_it_unknown_and_lets_go(world: World) -> None:
    """After two days the wish stays unknown for good, and a new one may follow."""
    world.erp.before_write = [ErpUnavailable("DPY-6005")]
    world.erp.before_read = [ErpUnavailable("DPY-6005")] * 2
    await world.renew()
    world.now += GIVEN_UP + timedelta(seconds=1)
    settled = await world.settle()
    assert settled is not None
    assert (settled.state, settled.code, settled.open) == ("unknown", "gave_up", False)
    assert await world.renewals.open_wishes() == []
    assert (await world.renew(key="key-00000002")).state == "done"


async def test_a_process_that_died_in_the_middle_leaves_a_wish_to_settle(world: World) -> None:
    """A cancelled renewal has its row, and whoever comes next finds out what became of it."""
    world.erp.held, world.erp.reached = asyncio.Event(), asyncio.Event()
    running = asyncio.create_task(world.renew())
    await world.erp.reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    world.erp.held = None
    survivor = Renewals(world.engine, world.erp, clock=lambda: world.now)
    assert (await world.renew(renewals=survivor)).state == "done"
    assert world.erp.writes == [WISHED]


async def test_the_settler_slows_down_and_starts_over_for_a_new_wish(world: World) -> None:
    """It looks after seconds at first, ever less often up to five minutes, and soon again when another wish is open."""
    world.erp.before_write = [ErpSlow("DPY-4024")]
    waits: list[float] = []

    class Enough(Exception):
        pass

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            await world.renew()
        if len(waits) == 12:
            raise Enough

    with pytest.raises(Enough):
        await Settler(world.renewals, sleep=sleep).run()
    assert all(4 <= wait <= 6 for wait in waits[:2])
    assert 240 <= waits[-1] <= 360
