"""Reminders of VPN access that ends: once for each mark, over restarts, renewals and an ERP that is away."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Mapping
from contextlib import aclosing, closing
from datetime import UTC, date, datetime

import pytest

from adapters.erp.client import Erp
from adapters.erp.directory import Directory
from adapters.erp.errors import ErpSlow
from adapters.erp.reminders import VpnReminders, due
from adapters.sandbox.erp import SandboxErp
from adapters.sandbox.erp.faults import Fault
from hub.notification import Batch

NAME = "petrova"
NUMBER = 5006


class Desk:
    """The ERP with one person's VPN date, a day that can be set, and a source that may be started anew."""

    def __init__(self, sandbox: SandboxErp, erp: Erp) -> None:
        self.sandbox, self.today = sandbox, date(2026, 3, 2)
        self.directory = Directory(erp, now=lambda: datetime(self.today.year, self.today.month, self.today.day, 9, tzinfo=UTC))
        self.kept: dict[str, object] | None = None
        self.moved: list[dict[int, date | None]] = []
        self.source = self.fresh()

    def fresh(self) -> VpnReminders:
        """As after a restart."""

        async def moved(stands: Mapping[int, date | None]) -> None:
            self.moved.append(dict(stands))

        return VpnReminders(self.directory, moved=moved)

    async def restart(self) -> None:
        """A new process, with the position that was committed."""
        self.source = self.fresh()
        await self.source.start(self.kept)

    async def set(self, until: str | None, standing: str | None = "Постоянный доступ") -> None:
        """Everybody's VPN ends far away, this person's then."""

        def write() -> None:
            with closing(sqlite3.connect(self.sandbox.path)) as db, db:
                db.execute("update t_user set VPN_END_DATE = '2026-12-01 00:00:00'")
                values = until and f"{until} 00:00:00", standing, NAME
                db.execute("update t_user set VPN = 1, VPN_END_DATE = ?, AUTH_PERIOD_TYPE = ? where NAME = ?", values)

        await asyncio.to_thread(write)

    async def look(self, *, commits: bool = True) -> list[str]:
        """One look; the ids of what was told. Without `commits` the process dies before the commit."""
        async with aclosing(self.source.changes()) as batches:
            batch: Batch = await anext(batches)
            if commits:
                self.kept = dict(batch.watermark) if batch.watermark is not None else self.kept
                assert await anext(batches, None) is None
        return [one.event.id for one in batch.notifications]


@pytest.fixture
async def desk(sandbox: SandboxErp, erp: Erp) -> Desk:
    """Started for the first time."""
    made = Desk(sandbox, erp)
    await made.source.start(None)
    return made


@pytest.mark.parametrize(("left", "mark"), [(15, None), (14, 14), (8, 14), (7, 7), (2, 7), (1, 1), (0, 1), (-1, None)])
def test_the_nearest_mark_that_has_come_is_due(left: int, mark: int | None) -> None:
    """With so many days to go this reminder is due."""
    assert due(left, (14, 7, 1)) == mark


async def test_each_mark_is_told_once(desk: Desk) -> None:
    """Day by day to the end: three reminders, however often the ERP is looked at and the process starts anew."""
    await desk.set("2026-03-20")
    told = []
    for day in range(2, 25):
        desk.today = date(2026, 3, day)
        told += [(day, *id.split(":")) for id in await desk.look()]
        await desk.restart()
        assert await desk.look() == []
    assert told == [(day, str(NUMBER), "2026-03-20", str(mark)) for day, mark in ((6, 14), (13, 7), (19, 1))]


async def test_a_day_that_was_slept_through_is_made_up_for(desk: Desk) -> None:
    """After a week of standing still the reminder that is due now is told, and not those that are past."""
    await desk.set("2026-03-20")
    desk.today = date(2026, 3, 15)
    assert await desk.look() == [f"{NUMBER}:2026-03-20:7"]


async def test_what_did_not_commit_is_told_again(desk: Desk) -> None:
    """A process that dies between look and commit leaves the reminder to the next one."""
    await desk.set("2026-03-10")
    assert await desk.look(commits=False) == [f"{NUMBER}:2026-03-10:14"]
    await desk.restart()
    assert await desk.look() == [f"{NUMBER}:2026-03-10:14"]
    await desk.restart()
    assert await desk.look() == []


async def test_a_renewal_ends_the_reminders_of_the_old_date(desk: Desk) -> None:
    """Renewed, nobody is reminded until the new date comes near; then all marks are told for it."""
    await desk.set("2026-03-10")
    assert await desk.look() == [f"{NUMBER}:2026-03-10:14"]
    await desk.set("2026-04-10")
    desk.today = date(2026, 3, 9)
    assert await desk.look() == []
    desk.today = date(2026, 3, 27)
    assert await desk.look() == [f"{NUMBER}:2026-04-10:14"]


async def test_what_is_no_longer_true_is_taken_back(desk: Desk) -> None:
    """Of a date that was moved or is gone it is told, again until that has committed, and also what stands instead, if it is near."""
    await desk.set("2026-03-10")
    await desk.look()
    assert desk.moved == []
    await desk.set("2026-03-12")
    await desk.look(commits=False)
    await desk.restart()
    await desk.look()
    await desk.look()
    assert desk.moved == [{NUMBER: date(2026, 3, 12)}] * 2
    await desk.set(None)
    await desk.look()
    assert desk.moved[2:] == [{NUMBER: None}]


@pytest.mark.parametrize("standing", [None, "Заблокированный сотрудник"])
async def test_people_without_access_are_not_reminded(desk: Desk, standing: str | None) -> None:
    """Whoever cannot sign in any more has no VPN to renew."""
    await desk.set("2026-03-10", standing)
    assert await desk.look() == []


async def test_after_a_silence_of_the_erp_the_same_is_told(desk: Desk) -> None:
    """An ERP that does not answer is an error, and the next look tells what that one could not; for everybody it is one query."""
    await desk.set("2026-03-10")
    desk.sandbox.server.faults.append(Fault("VPN_END_DATE >=", "hang"))
    with pytest.raises(ErpSlow):
        await desk.look()
    asked = len(desk.sandbox.server.log)
    assert await desk.look() == [f"{NUMBER}:2026-03-10:14"]
    queries = [text for _, _, text, _ in desk.sandbox.server.log[asked:] if not text.startswith("@")]
    assert len(queries) == 1


async def test_the_words_are_for_people(desk: Desk) -> None:
    """The title counts the days in both languages, the text names the last day, and it is gone when that is over."""
    await desk.set("2026-03-05")
    async with aclosing(desk.source.changes()) as batches:
        (one,) = (await anext(batches)).notifications
    assert one.event.data["title"] == {"ru": "Доступ по VPN заканчивается через 3 дня", "en": "VPN access ends in 3 days"}
    assert "5 марта 2026" in one.event.data["body"]
    assert one.event.expires == datetime(2026, 3, 5, 21, tzinfo=UTC)
    assert one.event.data["url"] == "/profile/"
