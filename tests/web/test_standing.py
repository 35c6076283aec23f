"""The watch over people who are signed in and may no longer be: over the real driver and the sandbox's ERP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from adapters.erp.errors import ErpError
from hub.accounts import audit
from tests.web.conftest import OpenSite
from tests.web.erp_site import ErpSite, erp_site
from web.standing import Standings, StandingWatch, watching


@pytest.fixture
async def erp(open_site: OpenSite, tmp_path: Path) -> AsyncIterator[ErpSite]:
    """A site whose people are in the ERP; petrova and orlova are signed in."""
    async with erp_site(open_site, tmp_path) as opened:
        opened.steer(grid_s=0.01)
        for name in ("petrova", "orlova"):
            assert (await opened.login(name, f"{name}-pass")).status_code == 200
        yield opened


def make_watch(erp: ErpSite, *, every_s: float = 30.0, leads: bool = True) -> StandingWatch:
    """A watch of this site."""
    state = erp.site.state
    assert state["directory"] is not None
    return StandingWatch(state["directory"], Standings(state["engine"], state["sessions"]), leads=lambda: leads, every_s=every_s)


async def signed_in(erp: ErpSite) -> set[str]:
    """Who has a session."""
    watched = await Standings(erp.site.state["engine"], erp.site.state["sessions"]).watched()
    return {name for name, erp_id in (("petrova", 5006), ("orlova", 5008)) if erp_id in watched}


@pytest.mark.parametrize(("sql", "standing"), [("Заблокированный сотрудник", "blocked"), (None, "none"), ("gone", "gone")])
async def test_who_is_shut_out_loses_every_session(erp: ErpSite, sql: str | None, standing: str) -> None:
    """Each session of theirs ends with the reason told, an audit line by the system says it once, and nobody else is touched."""
    told: list[tuple[int, str]] = []
    erp.site.state["sessions"].on_revoked.append(lambda hashes, reason: told.append((len(hashes), reason)))
    await erp.login()
    if standing == "gone":
        await erp.change("USER_ID", 9999)
    else:
        await erp.change("AUTH_PERIOD_TYPE", sql)
    watch = make_watch(erp)
    assert await watch.look() == 1
    assert await watch.look() == 0
    assert told == [(2, "blocked")]
    assert await signed_in(erp) == {"orlova"}
    assert (await erp.user()).standing == standing
    async with erp.site.state["engine"].connect() as connection:
        rows = (await connection.execute(sa.select(audit).where(audit.c.action == "person.standing"))).all()
    assert [(row.actor, row.subject, row.before, row.after) for row in rows] == [
        ("navigator", "petrova", {"standing": "active"}, {"standing": standing})
    ]


async def test_one_question_for_everybody(erp: ErpSite) -> None:
    """A look asks the ERP once, for those who have sessions, and not at all when there are none."""
    watch = make_watch(erp)
    erp.erp.server.log.clear()
    await watch.look()
    asked = [text for _, _, text, _ in erp.erp.server.log if "auth_period_type" in text.lower()]
    assert len(asked) == 1
    for name in ("petrova", "orlova"):
        await erp.site.state["sessions"].end_all((await erp.user(name)).id)
    erp.erp.server.log.clear()
    assert await watch.look() == 0
    assert not [text for _, _, text, _ in erp.erp.server.log if "auth_period_type" in text.lower()]


async def test_while_the_erp_is_away_nobody_loses_anything(erp: ErpSite) -> None:
    """A look that gets no answer shuts nobody out, and the next one that does makes up for it."""
    watch = make_watch(erp)
    await erp.change("AUTH_PERIOD_TYPE", "Заблокированный сотрудник")
    with erp.down():
        with pytest.raises(ErpError):
            await watch.look()
        assert await signed_in(erp) == {"petrova", "orlova"}
    assert await watch.look() == 1


async def test_an_emptied_view_shuts_nobody_out(erp: ErpSite) -> None:
    """When most people are gone at one look, the view is broken and not the company."""
    for name in ("kuznetsov", "smirnova", "volkov", "lebedeva"):
        assert (await erp.login(name, f"{name}-pass")).status_code == 200
    watch = make_watch(erp)
    await asyncio.gather(*(erp.change("USER_ID", 9000 + erp_id, erp_id) for erp_id in (5006, 5008, 5009, 5013, 5014, 5015)))
    assert await watch.look() == 0
    assert await signed_in(erp) == {"petrova", "orlova"}


async def test_who_is_reinstated_may_sign_in_again(erp: ErpSite) -> None:
    """The ERP's word at the next sign-in counts, whatever was kept."""
    await erp.change("AUTH_PERIOD_TYPE", None)
    await make_watch(erp).look()
    assert (await erp.login()).status_code == 403
    await erp.change("AUTH_PERIOD_TYPE", "Постоянный доступ")
    assert (await erp.login()).status_code == 200
    assert (await erp.user()).standing == "active"
    assert await make_watch(erp).look() == 0


async def test_the_watch_goes_on_after_failures_and_where_it_leads(erp: ErpSite) -> None:
    """It outlives an ERP that is away, and on a node that does not lead it never asks."""
    await erp.change("AUTH_PERIOD_TYPE", "Заблокированный сотрудник")
    async with watching(make_watch(erp, every_s=0.01, leads=False)):
        erp.erp.server.log.clear()
        await asyncio.sleep(0.05)
        assert not [text for _, _, text, _ in erp.erp.server.log if "auth_period_type" in text.lower()]
    with erp.down():
        leading = watching(make_watch(erp, every_s=0.01))
        await leading.__aenter__()
        await asyncio.sleep(0.05)
        assert await signed_in(erp) == {"petrova", "orlova"}
    try:
        async with asyncio.timeout(10):
            while "petrova" in await signed_in(erp):  # noqa: ASYNC110 - the store has no event for it
                await asyncio.sleep(0.01)
    finally:
        await leading.__aexit__(None, None, None)
    assert await signed_in(erp) == {"orlova"}
