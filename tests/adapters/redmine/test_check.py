"""adapters.redmine.check: what the doctor says of Redmine's database."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.check import check
from adapters.redmine.engine import create_engine
from tests.adapters.redmine.little import ANNA, LittleRedmine
from tests.peers.redmine_peer import RedminePeer

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.redmine
async def test_the_least_rights_are_fine(redmine_peer: RedminePeer, peer_engine: AsyncEngine) -> None:
    """The recommended account gets four times ok."""
    assert {finding.about: finding.level for finding in await check(peer_engine, zone=ZoneInfo(redmine_peer.zone))} == dict.fromkeys(
        ("connection", "tables", "grants", "zone"), "ok"
    )


@pytest.mark.redmine
@pytest.mark.parametrize("account", ["db_url", "db_rw_url"])
async def test_rights_too_many_are_named(redmine_peer: RedminePeer, account: str) -> None:
    """Reading everybody's API keys or writing is more than enough."""
    engine = create_engine(getattr(redmine_peer, account))
    try:
        levels = {finding.about: finding.level for finding in await check(engine, zone=MOSCOW)}
    finally:
        await engine.dispose()
    assert levels["grants"] == "warning"


async def test_a_server_that_is_away_is_a_finding() -> None:
    """Nothing is raised: the sentence says it, in both languages."""
    engine = create_engine("mysql://u:p@127.0.0.1:1/redmine")
    try:
        (finding,) = await check(engine, zone=MOSCOW)
    finally:
        await engine.dispose()
    assert (finding.level, finding.about) == ("error", "connection")


async def test_missing_tables_and_a_wrong_zone_are_found(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """A change from the future means that the zone is not Redmine's."""
    little.journal(little.issue(), ANNA, "да", created_on="2024-03-04 12:00:00")
    noon = datetime(2024, 3, 4, 9, 1, tzinfo=UTC)
    little.run("DROP TABLE roles")
    found = {finding.about: finding for finding in await check(little_engine, zone=MOSCOW, now=noon)}
    assert (found["zone"].level, found["tables"].level) == ("ok", "error")
    assert "roles" in found["tables"].text["en"]
    found = {finding.about: finding for finding in await check(little_engine, zone=ZoneInfo("Europe/Berlin"), now=noon)}
    assert found["zone"].level == "error"
