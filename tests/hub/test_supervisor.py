"""Sources under supervision: cadence, back-off, health, watermarks, and no trouble for each other."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from hub.cadence import Cadence
from hub.notification import Batch
from hub.supervisor import Health, Supervisor
from hub.writer import StoreUnavailable
from tests.clock import START, Clock
from tests.hub.values import note

Step = Callable[[], Awaitable[Batch | None]] | Batch | Exception | None


class AwayError(Exception):
    """The upstream is away."""


class Fake:
    """A source that does one planned step a look, and nothing when the plan is done."""

    transient: tuple[type[Exception], ...] = (AwayError,)

    def __init__(self, name: str = "fake", *plan: Step) -> None:
        self.name, self.plan = name, list(plan)
        self.starts: list[Mapping[str, Any] | None] = []
        self.looks = 0
        self.start_faults: list[Exception] = []
        self.closed = 0

    async def start(self, watermark: Mapping[str, Any] | None) -> None:
        """Notes the watermark."""
        self.starts.append(watermark)
        if self.start_faults:
            raise self.start_faults.pop(0)

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """One step of the plan."""
        self.looks += 1
        step = self.plan.pop(0) if self.plan else None
        try:
            if isinstance(step, Exception):
                raise step
            if callable(step):
                step = await step()
            if isinstance(step, Batch):
                yield step
        finally:
            self.closed += 1


class Stage:
    """A supervisor with what it needs: sleeps are noted instead of slept."""

    def __init__(self, source: Fake, monkeypatch: pytest.MonkeyPatch, *, connected: int = 0, cadence: Cadence | None = None) -> None:
        self.source, self.clock = source, Clock()
        self.published: list[Batch] = []
        self.watermarks: dict[str, Mapping[str, Any]] = {}
        self.health: list[Health] = []
        self.publish_faults: list[Exception] = []
        self.connected = connected
        self.sleeps: list[float] = []
        self.supervisor = Supervisor(
            source,
            publish=self._publish,
            watermark=self._watermark,
            health=self.health.append,
            connected=lambda: self.connected,
            now=self.clock,
            cadence=cadence or Cadence(),
        )
        real = asyncio.sleep

        async def sleep(seconds: float) -> None:
            self.sleeps.append(seconds)
            self.clock.advance(seconds)
            await real(0)

        monkeypatch.setattr("hub.supervisor.asyncio.sleep", sleep)

        async def rest(seconds: float) -> None:
            self.rests.append(seconds)
            self.clock.advance(seconds)
            await real(0)

        self.rests: list[float] = []
        monkeypatch.setattr(self.supervisor, "_rest", rest)

    async def _publish(self, source: str, batch: Batch) -> None:
        if self.publish_faults:
            raise self.publish_faults.pop(0)
        self.published.append(batch)
        if batch.watermark is not None:
            self.watermarks[source] = batch.watermark

    async def _watermark(self, source: str) -> Mapping[str, Any] | None:
        return self.watermarks.get(source)

    async def run(self, looks: int) -> None:
        """Runs until the source has been looked at so often, and a little more."""
        task = asyncio.create_task(self.supervisor.run())
        async with asyncio.timeout(5):
            while self.source.looks + len(self.source.starts) < looks:
                await _yield()
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()

    def told(self) -> list[tuple[str, str | None]]:
        """The health lines told, as (state, error)."""
        return [(health.state, health.error) for health in self.health]


async def _yield() -> None:
    loop = asyncio.get_running_loop()
    done = loop.create_future()
    loop.call_soon(done.set_result, None)
    await done


BATCH = Batch(notifications=(note("a", 1),), watermark={"at": 1}, changed=True)


async def test_batches_are_published_and_signs_of_life_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """What changed goes out once; an empty batch only says that the source lives."""
    stage = Stage(Fake("fake", BATCH, Batch()), monkeypatch)
    await stage.run(4)
    assert stage.published == [BATCH]
    assert stage.source.starts == [None]
    assert stage.told()[0] == ("ok", None)


async def test_the_cadence_follows_changes_and_people(monkeypatch: pytest.MonkeyPatch) -> None:
    """Slow at rest, fast after a change and while it lingers, fast while somebody is connected."""
    cadence = Cadence(linger=timedelta(seconds=1))
    stage = Stage(Fake("fake", None, BATCH), monkeypatch, cadence=cadence)
    await stage.run(7)
    assert stage.rests[:4] == [3.0, 0.5, 0.5, 3.0]
    stage.connected = 1
    before = len(stage.rests)
    await stage.run(stage.source.looks + len(stage.source.starts) + 4)
    assert stage.rests[before + 1] == 0.5


async def test_an_outage_backs_off_and_says_so_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The waits grow to half a minute; one log line going down, one coming back; late, then down, then ok."""
    stage = Stage(Fake("fake", None, *(AwayError("secret dsn") for _ in range(12))), monkeypatch)
    with capture_logs() as logs:
        await stage.run(30)
    assert [(line["event"], line["log_level"]) for line in logs] == [("source_away", "warning"), ("source_back", "info")]
    assert "secret" not in str(logs)
    assert all(0.25 * 2**n <= wait <= 0.5 * 2**n for n, wait in enumerate(stage.sleeps[:6]))
    assert all(15 <= wait <= 30 for wait in stage.sleeps[6:12])
    told = stage.told()
    assert told[:3] == [("ok", None), ("late", "AwayError"), ("down", "AwayError")]
    assert ("ok", None) in told[3:]
    assert {health.as_of for health in stage.health if health.state != "ok"} == {stage.health[0].as_of}


async def test_the_source_begins_again_from_what_has_committed(monkeypatch: pytest.MonkeyPatch) -> None:
    """After an error it is given the last watermark that committed, not the last that it yielded."""
    second = Batch(notifications=(note("b", 1),), watermark={"at": 2}, changed=True)
    stage = Stage(Fake("fake", BATCH, second, second), monkeypatch)
    original = stage._publish

    async def publish(source: str, batch: Batch) -> None:
        if batch is second and len(stage.published) == 1 and not stage.sleeps:
            raise StoreUnavailable("locked")
        await original(source, batch)

    monkeypatch.setattr(stage.supervisor, "_publish", publish)
    with capture_logs() as logs:
        await stage.run(7)
    assert stage.source.starts == [None, {"at": 1}]
    assert stage.published == [BATCH, second]
    assert [line["event"] for line in logs] == ["source_away", "source_back"]


async def test_a_failing_start_is_an_outage_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source that cannot begin is begun again."""
    source = Fake("fake", BATCH)
    source.start_faults = [AwayError(), AwayError()]
    stage = Stage(source, monkeypatch)
    await stage.run(5)
    assert (source.starts, stage.published) == ([None] * 3, [BATCH])


async def test_a_bug_is_logged_with_its_traceback_and_retried_slowly(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that the source does not name as an outage is not mistaken for one."""
    stage = Stage(Fake("fake", KeyError("x"), ZeroDivisionError(), BATCH), monkeypatch)
    with capture_logs() as logs:
        await stage.run(6)
    assert isinstance(next(line for line in logs if line["log_level"] == "error")["exc_info"], KeyError)
    assert 2.5 <= stage.sleeps[0] <= 5
    assert 5 <= stage.sleeps[1] <= 10
    assert stage.published == [BATCH]


async def test_every_look_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The generator of a look is finished before the next one begins, also after an error and at the end."""
    stage = Stage(Fake("fake", BATCH, AwayError(), BATCH), monkeypatch)
    stage.publish_faults = [AwayError()]
    await stage.run(8)
    assert stage.source.closed == stage.source.looks


async def test_a_quiet_source_tells_of_itself_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """An unchanged state is told at most every ten seconds, so that its age shows."""
    stage = Stage(Fake("fake"), monkeypatch)
    await stage.run(30)
    assert set(stage.told()) == {("ok", None)}
    times = [health.as_of for health in stage.health]
    gaps = [(b - a).total_seconds() for a, b in itertools.pairwise(times) if a and b]
    assert gaps
    assert all(10 <= gap <= 13 for gap in gaps)


async def test_the_health_line_is_what_the_topic_shows() -> None:
    """A line names the source, its state, the moment it was last whole, and a stable code."""
    line = Health("redmine", "down", START, "OperationalError").line()
    assert line == {"source": "redmine", "state": "down", "as_of": "2026-11-23T09:00:00.000Z", "error": "OperationalError"}
    assert Health("erp", "late", None, "starting").line()["as_of"] is None


def live(source: Fake, cadence: Cadence, **more: Any) -> Supervisor:
    """A supervisor on the real clock that publishes nowhere."""

    async def publish(_source: str, _batch: Batch) -> None:
        return None

    async def watermark(_source: str) -> None:
        return None

    given: dict[str, Any] = {"publish": publish, "watermark": watermark, "health": lambda _health: None, "connected": lambda: 0} | more
    return Supervisor(source, now=Clock(), cadence=cadence, **given)


SLOW = Cadence(busy_s=60, idle_s=60, resting_s=60)


async def test_a_nudge_ends_the_rest() -> None:
    """Somebody connects: the source is looked at now."""
    source = Fake()
    supervised = live(source, SLOW)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervised.run())
        await asyncio.sleep(0.02)
        assert source.looks == 1
        supervised.nudge()
        await asyncio.sleep(0.02)
        assert source.looks == 2
        task.cancel()


async def test_a_source_without_hints_keeps_its_pace() -> None:
    """What changes once a day is not asked for each person who connects."""
    source = Fake()
    supervised = live(source, Cadence(busy_s=60, idle_s=60, resting_s=60, hints=False))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervised.run())
        await asyncio.sleep(0.02)
        supervised.nudge()
        await asyncio.sleep(0.02)
        assert source.looks == 1
        task.cancel()


async def test_a_nudge_during_a_look_is_not_lost() -> None:
    """A hint that comes after the upstream was asked, and before the rest begins, asks once more, at the busy pace."""
    looked = asyncio.Event()

    async def slowly() -> None:
        looked.set()
        await asyncio.sleep(0.02)

    source = Fake("fake", slowly)
    supervised = live(source, Cadence(busy_s=0.01, idle_s=60, resting_s=60))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(supervised.run())
        await looked.wait()
        supervised.nudge()
        await asyncio.sleep(0.06)
        assert source.looks == 2
        task.cancel()


async def test_a_failing_source_does_not_stop_another() -> None:
    """Side by side in one task group, one that always fails leaves the other running."""
    bad, good = Fake("bad", *(KeyError(n) for n in range(100))), Fake("good")
    quick = Cadence(busy_s=0.01, idle_s=0.01, resting_s=0.01)
    with capture_logs():
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(live(source, quick).run()) for source in (bad, good)]
            await asyncio.sleep(0.2)
            assert not any(task.done() for task in tasks)
            for task in tasks:
                task.cancel()
    assert bad.looks == 1
    assert good.looks > 5


async def test_a_broken_health_listener_stops_nothing() -> None:
    """What tells of a source's health may fail; the source goes on."""

    def broken(_health: Health) -> None:
        raise RuntimeError("a bug")

    source = Fake()
    supervised = live(source, Cadence(busy_s=0.01, idle_s=0.01, resting_s=0.01), health=broken)
    with capture_logs():
        task = asyncio.create_task(supervised.run())
        await asyncio.sleep(0.05)
        assert not task.done()
        task.cancel()
        await asyncio.wait([task])
