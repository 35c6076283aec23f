"""The outbox: what waits is told once, in order, and bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from adapters.netmonitor.judge.network import Announcement
from adapters.netmonitor.source import MonitorSource, Outbox, Pending
from hub.event import Event
from hub.notification import Address, Batch, Notification

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def told(number: int) -> Announcement:
    """One announcement."""
    return Announcement(kind="down", host_id="gw", at=NOW, since=NOW, number=number)


async def worded(announcements: Sequence[Announcement]) -> tuple[Notification, ...]:
    """As notifications."""
    return tuple(
        Notification(
            event=Event(source="/navigator/network", id=f"gw:{one.number}:down", type="net.down", time=NOW, data={"kind": "network"}),
            to=frozenset({Address("name", "petrova")}),
        )
        for one in announcements
    )


def ids(batch: Batch) -> list[str]:
    """What a batch tells."""
    return [one.event.id for one in batch.notifications]


def numbers(pending: Pending) -> list[int]:
    """What waits."""
    return [one.number for one in pending.announcements]


def test_what_may_be_on_its_way_is_not_changed() -> None:
    """Memory alone takes the place of memory alone, but never of the first batch, which may be committing."""
    outbox = Outbox()
    outbox.put((), {"serial": 1})
    outbox.put((), {"serial": 2})
    outbox.put((), {"serial": 3})
    first = outbox.first()
    assert first is not None
    assert first.memory == {"serial": 1}
    assert len(outbox) == 2
    outbox.told(first)
    assert [one.memory for one in outbox] == [{"serial": 3}]


def test_announcements_keep_their_order_with_the_memory_of_their_moment() -> None:
    """Each batch that tells something stands for itself; memory that comes behind one waits behind it."""
    outbox = Outbox()
    for number in (1, 2, 3):
        outbox.put((told(number),), {"serial": number})
    outbox.put((), {"serial": 4})
    seen = []
    while (batch := outbox.first()) is not None:
        seen.append((numbers(batch), batch.memory["serial"]))
        outbox.told(batch)
    assert seen == [([1], 1), ([2], 2), ([3], 3), ([], 4)]


def test_a_full_outbox_loses_nothing() -> None:
    """Beyond its bound the last batch takes the rest in, with the newest memory."""
    outbox = Outbox(most=3)
    for number in range(10):
        outbox.put((told(number),), {"serial": number})
    assert len(outbox) == 3
    seen = []
    while (batch := outbox.first()) is not None:
        seen += numbers(batch)
        last = batch.memory
        outbox.told(batch)
    assert seen == list(range(10))
    assert last == {"serial": 9}


async def test_the_source_tells_again_what_did_not_commit() -> None:
    """A stream that ends in the middle of a batch gives the same batch at the next start; the source hands its memory on each time."""
    begun: list[Mapping[str, Any] | None] = []
    outbox = Outbox()
    source = MonitorSource(outbox, begin=begun.append, worded=worded)
    outbox.put((told(1),), {"serial": 1})
    outbox.put((told(2),), {"serial": 2})
    await source.start(None)
    async with aclosing(source.changes()) as stream:
        assert ids(await anext(stream)) == ["gw:1:down"]
        assert ids(await anext(stream)) == ["gw:2:down"]  # asked for the next: the first has committed
    await source.start({"serial": 1})
    async with aclosing(source.changes()) as stream:
        assert ids(await anext(stream)) == ["gw:2:down"]
    assert begun == [None, {"serial": 1}]


async def test_the_source_lives_while_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty batches are its sign of life, and what comes wakes it at once."""
    monkeypatch.setattr("adapters.netmonitor.source.BEAT_S", 3600.0)
    outbox = Outbox()
    async with aclosing(MonitorSource(outbox, begin=lambda _memory: None, worded=worded).changes()) as stream:
        assert await anext(stream) == Batch()
        waiting = asyncio.create_task(anext(stream), name="waits_for_news")
        await asyncio.sleep(0.01)
        assert not waiting.done()
        outbox.put((told(5),), {"serial": 5})
        assert ids(await asyncio.wait_for(waiting, 5)) == ["gw:5:down"]


async def test_a_store_that_cannot_say_who_is_told_is_waited_for() -> None:
    """The source fails as one whose upstream is away, and what was to be told waits."""
    away = True

    async def asking(announcements: Sequence[Announcement]) -> tuple[Notification, ...]:
        if away:
            raise OperationalError("SELECT", {}, Exception("away"))
        return await worded(announcements)

    outbox = Outbox()
    source = MonitorSource(outbox, begin=lambda _memory: None, worded=asking)
    outbox.put((told(1),), {"serial": 1})
    async with aclosing(source.changes()) as stream:
        with pytest.raises(source.transient):
            await anext(stream)
    away = False
    async with aclosing(source.changes()) as stream:
        assert ids(await anext(stream)) == ["gw:1:down"]
