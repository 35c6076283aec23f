"""What the inbox says of an end of VPN access closes by itself when the date is another one, over the real driver."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import aclosing, closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from adapters.erp.directory import Directory
from adapters.erp.reminders import SOURCE, VpnReminders, reminds_of
from adapters.sandbox.erp import SandboxErp, open_sandbox_erp
from adapters.sandbox.people import PEOPLE
from hub.event import Event
from hub.levels import Mark
from hub.notification import Address, Notification
from hub.store import events, inbox
from hub.writer import StoreUnavailable
from tests.web.erp_site import LOGIN, PETROVA
from tests.web.node import Node, open_node
from tests.web.seats import Seat, seat, socket
from web.vpn_notices import VpnNotices

NUMBER = 5006
"""Petrova's in the ERP."""


@dataclass
class Desk:
    """Petrova, who was reminded of her access, and what else she was told."""

    node: Node
    sandbox: SandboxErp
    petrova: Seat
    today: date
    reminders: VpnReminders

    async def ends_in(self, days: int) -> str:
        """Somebody sets the date in the ERP; the id of the reminder of it that is due within a week."""
        until = self.today + timedelta(days=days)

        def write() -> None:
            with closing(sqlite3.connect(self.sandbox.path, timeout=5)) as db, db:
                db.execute("update t_user set VPN = 1, VPN_END_DATE = ? where USER_ID = ?", (f"{until} 00:00:00", NUMBER))

        await asyncio.to_thread(write)
        return f"{NUMBER}:{until}:7"

    async def look(self) -> None:
        """What the source's next look brings."""
        async with aclosing(self.reminders.changes()) as batches:
            async for batch in batches:
                await self.node.hub.publish(*batch.notifications)

    async def tell(self, id: str, type: str, source: str = "/erp", number: int = NUMBER) -> None:
        """Another notice, for her if for nobody else."""
        event = Event(source=source, id=id, type=type, time=self.node.hub.now(), data={"kind": "erp", "title": {"ru": "а", "en": "a"}})
        await self.node.hub.publish(Notification(event=event, to=frozenset({Address("erp", str(number))})))

    async def done(self) -> dict[str, bool]:
        """Whether each notice of hers is done, by id."""
        query = sa.select(events.c.event_id, inbox.c.done_at).join(inbox, inbox.c.event_pk == events.c.pk)
        async with self.node.state["engine"].connect() as connection:
            found = await connection.execute(query.where(inbox.c.user_id == self.petrova.user_id))
            return {row.event_id: row.done_at is not None for row in found}


@pytest.fixture
async def desk(tmp_path: Path, store_file: Path) -> AsyncIterator[Desk]:
    """Her access ends in five days, and she knows."""
    async with open_sandbox_erp(tmp_path / "erp", life=False, seed=1) as sandbox:
        settings: dict[str, Any] = {"erp_dsn": sandbox.dsn, "erp_user": sandbox.user, "erp_password": sandbox.password}
        async with open_node(tmp_path, store_file, **settings) as node:
            await node.ready()
            async with node.client() as browser:
                assert (await browser.post(LOGIN, json={"username": "petrova", "password": PETROVA})).status_code == 200
            person = await node.state["people"].find("petrova")
            assert person is not None
            directory = node.state["directory"]
            assert isinstance(directory, Directory)
            notices = VpnNotices(node.state["engine"], node.hub.mark, clock=node.hub.now)
            async with seat(node, "petrova", user_id=person.id) as petrova:
                made = Desk(node, sandbox, petrova, directory.today(), VpnReminders(directory, moved=notices.moved))
                await made.ends_in(5)
                await made.look()
                yield made


async def test_a_renewal_closes_what_was_said_of_the_old_date(desk: Desk) -> None:
    """The reminder and the ERP's own line on VPN are done at once, on a screen that is open, too; other notices stay."""
    reminder = f"{NUMBER}:{desk.today + timedelta(days=5)}:7"
    async with socket(desk.node, desk.petrova) as screen:
        await desk.tell("event:1", "erp.vpn")
        await desk.tell("event:2", "erp.order")
        await desk.tell(reminder + ":x", "note", source="/elsewhere")
        await screen.until(lambda: len(screen.all("event")) == 3)
        body = {"until": str(desk.today + timedelta(days=80)), "key": "key-00000001"}
        answer = await desk.petrova.ask("PUT", "/users/api/profile/vpn", json=body)
        assert answer.json()["vpn"]["last"]["state"] == "done", answer.text
        assert (await screen.hears("state"))["level"] == "done"
        assert set(screen.all("state")[-1]["ids"]) == {reminder, "event:1"}
        assert screen.all("state")[-1]["unseen"] == 2
    assert await desk.done() == {reminder: True, "event:1": True, "event:2": False, reminder + ":x": False}


@pytest.mark.parametrize("days", [3, 80])
async def test_a_date_that_somebody_moved_in_the_erp(desk: Desk, days: int) -> None:
    """The source's next look closes the reminder of the date that is gone, and leaves the one of a new date that is near."""
    old = f"{NUMBER}:{desk.today + timedelta(days=5)}:7"
    new = await desk.ends_in(days)
    await desk.look()
    assert await desk.done() == ({old: True, new: False} if days < 8 else {old: True})


async def test_a_look_closes_for_everybody_by_one_query(desk: Desk) -> None:
    """Two people whose dates were moved: what one had goes by the day that stands for them, and the other's by theirs."""
    ivanov = next(one for one in PEOPLE if one.login == "ivanov")
    async with desk.node.client() as browser:
        assert (await browser.post(LOGIN, json={"username": ivanov.login, "password": ivanov.password})).status_code == 200
    day, asked = desk.today + timedelta(days=5), []
    await desk.tell(f"{ivanov.erp_id}:{day}:7", "erp.vpn_ending", source=SOURCE, number=ivanov.erp_id)
    engine = desk.node.state["engine"].sync_engine
    sa.event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    marks: list[Mark] = []

    async def mark(one: Mark) -> int:
        marks.append(one)
        return 1

    notices = VpnNotices(desk.node.state["engine"], mark, clock=desk.node.hub.now)
    await notices.moved({NUMBER: None, ivanov.erp_id: None})
    assert {one.ids for one in marks} == {(f"{NUMBER}:{day}:7",), (f"{ivanov.erp_id}:{day}:7",)}
    assert len([one for one in asked if one.startswith("SELECT inbox.user_id, profiles.erp_id")]) == 1
    marks.clear()
    await notices.moved({NUMBER: day, ivanov.erp_id: None})
    assert [one.ids for one in marks] == [(f"{ivanov.erp_id}:{day}:7",)]


async def test_the_date_that_stands_is_still_told(desk: Desk) -> None:
    """A renewal for the very date of a reminder, and a look at an ERP where nothing has changed, close nothing."""
    notices = VpnNotices(desk.node.state["engine"], desk.node.hub.mark, clock=desk.node.hub.now)
    await notices.renewed(desk.petrova.user_id, desk.today + timedelta(days=5))
    await desk.look()
    assert list((await desk.done()).values()) == [False]


async def test_a_store_that_is_away_spoils_no_renewal(desk: Desk) -> None:
    """The renewal goes on, for it is done; a source that cannot close is told, and tries again."""

    async def away(_mark: Mark) -> int:
        raise StoreUnavailable("away")

    notices = VpnNotices(desk.node.state["engine"], away, clock=desk.node.hub.now)
    await notices.renewed(desk.petrova.user_id, desk.today + timedelta(days=80))
    with pytest.raises(StoreUnavailable):
        await notices.moved({NUMBER: None})
    await notices.moved({1: None})  # whom nobody here knows


@pytest.mark.parametrize(("id", "day"), [("5006:2026-03-10:14", date(2026, 3, 10)), ("event:7", None), ("5006", None)])
def test_the_day_that_a_reminder_tells_of(id: str, day: date | None) -> None:
    """It stands in the id."""
    assert reminds_of(id) == day
