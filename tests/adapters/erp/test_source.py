"""The ERP's events: each told once, whatever happens in between."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import aclosing, closing
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.erp.client import Erp
from adapters.erp.errors import ErpMisconfigured, ErpUnavailable
from adapters.erp.source import ErpSource
from adapters.sandbox.erp import SandboxErp
from adapters.sandbox.erp.faults import Fault
from hub.notification import Address, Batch, Notification

Row = tuple[int | None, int | None, str, str, str | None, str | None, str]


def add(sandbox: SandboxErp, *rows: Row) -> None:
    """Rows of v_navigator_events, appearing at once."""
    with closing(sqlite3.connect(sandbox.path)) as db, db:
        db.executemany("insert into t_navigator_event values (?,?,?,?,?,?,?)", rows)


def row(number: int, user: int | None = 5006, **other: Any) -> Row:
    """One row."""
    values = {"kind": "order", "title": f"Событие {number}", "body": "Текст", "url": None, "at": "2026-03-04 12:00:00.5", **other}
    return number, user, values["kind"], values["title"], values["body"], values["url"], values["at"]


async def look(source: ErpSource) -> list[Batch]:
    """One look, all its batches committed."""
    async with aclosing(source.changes()) as batches:
        return [batch async for batch in batches]


def ids(batches: list[Batch]) -> list[str]:
    """Ids of the events told."""
    return [one.event.id for batch in batches for one in batch.notifications]


def only(batches: list[Batch]) -> Notification:
    """The one notification."""
    (found,) = [one for batch in batches for one in batch.notifications]
    return found


async def test_first_start_is_silent(erp: Erp, sandbox: SandboxErp) -> None:
    """History is not announced; the position is stored by the first look; an idle look stores nothing."""
    source = ErpSource(erp)
    await source.start(None)
    first = await look(source)
    assert ids(first) == []
    assert first[-1].watermark is not None
    assert [batch.watermark for batch in await look(source)] == [None]


async def test_event_and_address(erp: Erp, sandbox: SandboxErp) -> None:
    """A row becomes one notification for its person, with the time taken from the ERP's zone."""
    source = ErpSource(erp)
    await source.start(None)
    add(sandbox, row(100, kind="VPN expiring", url="https://erp.tez.example/vpn", title="VPN\nотключится"))
    batches = await look(source)
    told = only(batches)
    assert batches[0].changed
    assert told.to == {Address("erp", "5006")}
    assert (told.event.source, told.event.id, told.event.type) == ("/erp", "event:100", "erp.vpn_expiring")
    assert told.event.time == datetime(2026, 3, 4, 9, 0, 0, 500000, UTC)
    title = {"ru": "VPN отключится", "en": "VPN отключится"}
    assert told.event.data == {"kind": "erp", "title": title, "body": "Текст", "url": "https://erp.tez.example/vpn"}


async def test_for_everybody(erp: Erp, sandbox: SandboxErp) -> None:
    """A row without a person is for all."""
    source = ErpSource(erp)
    await source.start(None)
    add(sandbox, row(100, None))
    assert only(await look(source)).to == {Address("everyone", "*")}


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example", "http://plain.example", "/a\\b", "data:text/html,x", "/a\nb", "", None]
)
async def test_no_dangerous_links(erp: Erp, sandbox: SandboxErp, url: str | None) -> None:
    """What is no path of this site and no https address is no link."""
    source = ErpSource(erp)
    await source.start(None)
    add(sandbox, row(100, url=url))
    assert "url" not in only(await look(source)).event.data


async def test_out_of_order_once_each(erp: Erp, sandbox: SandboxErp) -> None:
    """Rows that become visible after higher ids are told, each once."""
    source = ErpSource(erp)
    await source.start(None)
    add(sandbox, row(100), row(103))
    assert ids(await look(source)) == ["event:100", "event:103"]
    add(sandbox, row(101), row(104))
    assert ids(await look(source)) == ["event:101", "event:104"]
    add(sandbox, row(102))
    assert ids(await look(source)) == ["event:102"]
    assert ids(await look(source)) == []


async def test_exactly_once_over_restarts(erp: Erp, sandbox: SandboxErp) -> None:
    """Over restarts and crashes before the commit, with rows appearing out of order, each row is told exactly once."""
    stored: dict[str, Any] | None = None
    told: list[str] = []
    source = ErpSource(erp, page=7)
    await source.start(None)
    stored = dict((await look(source))[-1].watermark or {})
    order = [100 + ((37 * place) % 60) for place in range(60)]
    for place, number in enumerate(order):
        add(sandbox, row(number))
        if place % 5 == 0:  # a new process takes up what had committed
            source = ErpSource(erp, page=7)
            await source.start(stored)
        if place % 3 == 0:
            async with aclosing(source.changes()) as batches:
                async for batch in batches:
                    if place % 2:
                        break  # killed before the commit: neither stored nor told
                    told += ids([batch])
                    stored = dict(batch.watermark) if batch.watermark is not None else stored
            if place % 2:
                source = ErpSource(erp, page=7)
                await source.start(stored)
    told += ids(await look(source))
    assert sorted(told) == sorted(f"event:{number}" for number in range(100, 160))


async def test_pages(erp: Erp, sandbox: SandboxErp) -> None:
    """Many rows come in pages, each with its own watermark, in the order of ids."""
    source = ErpSource(erp, page=50)
    await source.start(None)
    add(sandbox, *(row(number) for number in range(1000, 1175)))
    batches = await look(source)
    assert [len(batch.notifications) for batch in batches] == [50, 50, 50, 25]
    assert ids(batches) == [f"event:{number}" for number in range(1000, 1175)]
    assert all(batch.watermark for batch in batches)


async def test_outage(erp: Erp, sandbox: SandboxErp) -> None:
    """While the ERP is away a look fails with an error the source names, and afterwards nothing is missing."""
    source = ErpSource(erp)
    await source.start(None)
    await look(source)
    add(sandbox, row(100))
    sandbox.server.faults.append(Fault("v_navigator_events", "freeze", times=-1))
    async with asyncio.timeout(5):
        with pytest.raises(ErpUnavailable) as caught:
            await look(source)
    assert isinstance(caught.value, source.transient)
    sandbox.server.faults.clear()
    assert ids(await look(source)) == ["event:100"]


async def test_restored_backup(erp: Erp, sandbox: SandboxErp) -> None:
    """After rows vanished from the end, rows under used ids are new events with ids of their own."""
    source = ErpSource(erp)
    await source.start(None)
    add(sandbox, row(100), row(101))
    assert ids(await look(source)) == ["event:100", "event:101"]
    with closing(sqlite3.connect(sandbox.path)) as db, db:
        db.execute("delete from t_navigator_event where EVENT_ID >= 100")
    assert ids(await look(source)) == []
    add(sandbox, row(101, at="2026-04-01 10:00:00"))
    (found,) = ids(await look(source))
    assert found.startswith("event:101:2026-04-01")


@pytest.mark.parametrize("view", ["v; drop table x", "a.b.c", "", "'x'", "erp. v", "вид"])
def test_view_must_be_a_name(erp: Erp, view: str) -> None:
    """A view's name cannot be bound, so it must be a plain one."""
    with pytest.raises(ErpMisconfigured):
        ErpSource(erp, view=view)


async def test_the_sandbox_lives(erp: Erp, sandbox: SandboxErp) -> None:
    """What the sandbox's ERP writes by itself arrives."""
    source = ErpSource(erp)
    await source.start(None)
    numbers = [await sandbox.life.act() for _ in range(3)]
    assert ids(await look(source)) == [f"event:{number}" for number in numbers]
