"""Garbage collections stay short: what stays is frozen, and what ends is freed without the collector."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Iterator

import pytest

from web.collector import Collector


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """Nothing stays frozen behind a test."""
    yield
    gc.unfreeze()


class Process:
    """A number of sessions and a clock, both moved by hand."""

    def __init__(self) -> None:
        self.sessions, self.now = 0, 0.0
        self.collector = Collector(lambda: self.sessions, clock=lambda: self.now)

    def frozen(self) -> bool:
        """Looks once; whether that froze anything."""
        gc.unfreeze()
        self.collector.look()
        return gc.get_freeze_count() > 0


def test_growth_and_time_freeze() -> None:
    """A thousand new sessions are frozen at once, fewer after a while; those that left make room for new ones."""
    process = Process()
    process.collector.freeze()
    process.sessions = 999
    assert not process.frozen()
    process.sessions = 1000
    assert process.frozen()
    process.sessions = 100
    assert not process.frozen()
    process.sessions = 1100
    assert process.frozen()
    process.now = 5
    assert process.frozen()
    assert not process.frozen()


def test_the_more_there_is_the_sooner(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a look takes long the next one comes sooner, every five seconds at most; where it is short again, later again."""
    process = Process()
    took_s = 0.05

    def collect() -> int:
        process.now += took_s
        return 0

    monkeypatch.setattr(gc, "collect", collect)

    def waits() -> float:
        began = process.now
        while not process.frozen():
            process.now += 1
        return process.now - began

    assert [waits() for _ in range(3)] == pytest.approx([5, 5, 5], abs=1.5)  # it looks once a second here
    took_s = 0.0001
    assert [waits() for _ in range(6)] == pytest.approx([5, 10, 20, 40, 60, 60], abs=1.5)  # it looks once a second here
    took_s = 0.01
    assert [waits() for _ in range(4)] == pytest.approx([60, 30, 15, 8], abs=1.5)  # it looks once a second here


def test_garbage_is_collected_before_the_rest_is_frozen() -> None:
    """A circle that nobody holds is gone, not frozen."""

    class Circle:
        def __init__(self) -> None:
            self.me = self

    Process().collector.freeze()
    gc.disable()
    try:
        Circle()
        Process().collector.freeze()
        gc.unfreeze()
        assert not [each for each in gc.get_objects() if type(each) is Circle]
    finally:
        gc.enable()


async def test_young_objects_are_looked_at_less_often_while_it_runs() -> None:
    """CPython's thresholds are raised for as long as the collector runs, and no longer."""
    before = gc.get_threshold()
    task = asyncio.create_task(Process().collector.run(), name="collector")
    await asyncio.sleep(0)
    during = gc.get_threshold()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert during[0] > before[0]
    assert gc.get_threshold() == before
