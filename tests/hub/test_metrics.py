"""What the node measures."""

from __future__ import annotations

import asyncio
import math

import pytest
import sqlalchemy as sa
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hub.acktime import AckTimes
from hub.bucket import Rate
from hub.close import CloseCode
from hub.event import Event
from hub.hub import Hub, utc_now
from hub.metrics import Metrics, quantile
from hub.notification import TopicEvent
from hub.sampler import Sampler
from hub.topic import Topic, fold_by_key
from hub.writer import Kind, StoreUnavailable, Writer
from tests.clock import Clock
from tests.follower import Follower
from tests.hub.driving import Line, running
from tests.hub.people import add_people
from tests.hub.values import note


def test_two_nodes_in_one_process_count_apart() -> None:
    """Nothing is global: what one registry counts the other does not see."""
    one, other = Metrics(), Metrics()
    one.delivered.inc(5)
    one.refused("origin")
    assert one.value("navigator_events_delivered_total") == 5
    assert other.value("navigator_events_delivered_total") == 0
    assert (one.refusals(), other.refusals()) == ({"origin": 1.0}, {})


def test_readings_are_made_when_asked_and_one_that_fails_costs_only_itself() -> None:
    """A scrape in the middle of trouble shows what there is, and the failure is logged once."""
    metrics = Metrics()
    connections = {"json": 1.0}

    def broken() -> float:
        raise OSError("away")

    metrics.watch(connections=lambda: connections, bus_connected=broken, bus_gaps=lambda: 2.0)
    with capture_logs() as logs:
        metrics.value("navigator_queue_bytes")
        connections["msgpack"] = 7.0
        assert metrics.value("navigator_connections", format="msgpack") == 7
    assert metrics.value("navigator_bus_gaps_total") == 2
    assert metrics.value("navigator_bus_connected") is None
    assert [line["event"] for line in logs] == ["reading_failed"]


def test_a_reading_nobody_knows_is_refused() -> None:
    """Names are fixed in one place: a misspelt one is told at the start, not missing later."""
    with pytest.raises(KeyError):
        Metrics().watch(conections=lambda: 0.0)


def test_the_page_is_valid_openmetrics() -> None:
    """The strict parser of the format takes everything, with every reading set."""
    metrics = Metrics()
    metrics.watch(overdue=lambda: math.nan, sessions=lambda: {"a": 1.0}, bus_repeats=lambda: 1.0)
    metrics.fanout.observe(0.001)
    families = {family.name for family in text_string_to_metric_families(generate_latest(metrics.registry).decode())}
    assert {"ledger_overdue_total", "navigator_sessions", "navigator_bus_repeats", "navigator_fanout_seconds"} <= families


def test_close_codes_of_clients_do_not_grow_the_page() -> None:
    """A code that is neither ours nor usual counts as "other", whatever number a client sends."""
    metrics = Metrics()
    for code in (4001, 1006, *range(3000, 3500)):
        metrics.closed(code)
    assert metrics.value("navigator_closed_total", code="4001") == 1
    assert metrics.value("navigator_closed_total", code="1006") == 1
    assert metrics.value("navigator_closed_total", code="other") == 500


def test_a_quantile_is_of_the_time_between_two_readings() -> None:
    """Only what came in between counts; nothing in between gives nothing; beyond the last bound the last bound is told."""
    metrics = Metrics()
    metrics.publish_to_ack.observe(9.0)
    before = metrics.read().buckets("navigator_publish_to_ack_seconds")
    assert quantile(0.95, before, before) is None
    for _ in range(100):
        metrics.publish_to_ack.observe(0.015)
    p95 = quantile(0.95, before, metrics.read().buckets("navigator_publish_to_ack_seconds"))
    assert p95 is not None
    assert 0.01 < p95 <= 0.02
    for _ in range(1000):
        metrics.publish_to_ack.observe(60)
    assert quantile(0.95, before, metrics.read().buckets("navigator_publish_to_ack_seconds")) == 10.0


def test_one_notification_is_timed_for_a_person_at_once() -> None:
    """The first one in flight is timed; an ack below it says nothing; memory is bounded and old ones are given up."""
    times = AckTimes(bound=3, per_event=10, give_up_s=8.0)
    times.sent([(1, 5), (2, 1)], 100.0)
    times.sent([(1, 6)], 100.5)
    assert times.acked(1, 4, 101.0) is None
    assert times.acked(1, 6, 101.0) == 1.0
    assert times.acked(1, 6, 101.0) is None
    assert times.acked(2, 1, 109.0) == 9.0
    times.sent([(user, 1) for user in range(10)], 110.0)
    assert len(times) == 3
    times.sent([(9, 2)], 119.0)
    assert times.acked(9, 2, 119.5) == 0.5


async def test_the_writer_tells_of_each_transaction(store: AsyncEngine) -> None:
    """A group that commits and one that the store refuses are told, each with its size."""
    told: list[tuple[int, bool]] = []
    writer = Writer(store, observe=lambda size, _seconds, committed: told.append((size, committed)))

    def run(connection: object, args: object) -> list[int]:
        return [0] * len(args)  # type: ignore[arg-type]

    def refuse(connection: object, args: object) -> list[int]:
        raise sa.exc.OperationalError("INSERT", {}, OSError("disk full"))

    task = asyncio.create_task(writer.run(), name="writer")
    try:
        good = Kind("good", run)
        await asyncio.gather(*(writer.do(good, n) for n in range(3)))
        with pytest.raises(StoreUnavailable):
            await writer.do(Kind("bad", refuse), 1)
    finally:
        task.cancel()
        await asyncio.wait([task])
    assert told == [(3, True), (1, False)]
    assert writer.waiting == 0


async def test_what_the_hub_does_is_counted(store: AsyncEngine) -> None:
    """Published events by kind, commits, and the time from publishing to the page's receipt."""
    await add_people(store, "anna")
    hub = Hub(store)
    hub.topics.add(Topic(name="app:", fold=fold_by_key, publishable=True))
    async with running(hub):
        line = Line(hub, Follower("d"), "json")
        await line.open()
        event = Event(source="/t", id="1", type="t", time=utc_now(), data={"key": "a", "value": 1})
        await hub.publish(note("a", 1), topics=[TopicEvent("app:x", event)])
        for _ in range(200):
            await line.step()
            line.follower.flush()
            if hub.metrics.value("navigator_publish_to_ack_seconds_count"):
                break
            await asyncio.sleep(0.01)
    value = hub.metrics.value
    assert value("navigator_events_published_total", kind="inbox") == 1
    assert value("navigator_events_published_total", kind="topic") == 1
    assert value("navigator_publish_to_ack_seconds_count") == 1
    assert value("navigator_publish_seconds_count") == 1
    assert (value("navigator_commit_seconds_count") or 0) >= 2
    assert value("navigator_users") == 1


async def test_commands_of_a_person_are_bounded_over_all_their_sessions(store: AsyncEngine) -> None:
    """Two sessions share what their person may do; the one that goes over it is closed, the other person's is not."""
    hub = Hub(store, user_commands=Rate(1.0, 3.0))
    one, two, other = (Line(hub, Follower(name), "json", user_id=user).session for name, user in (("a", 1), ("b", 1), ("c", 2)))
    assert [hub.count_command(session, 0.0) for session in (one, two, one, two, other)] == [True, True, True, False, True]
    assert two.closing is not None
    assert two.closing.code is CloseCode.TOO_MANY_ERRORS
    assert (one.closing, other.closing) == (None, None)
    assert hub.count_command(one, 1.0)
    assert hub.metrics.refusals() == {"commands": 1.0}


async def test_overdue_rows_are_counted_and_unknown_when_the_store_is_away(clock: Clock) -> None:
    """The number is that of the store; when the store does not say, it is not a number, which no alert takes for 0."""
    metrics, answers = Metrics(), [3]

    async def overdue(_before: object) -> int:
        return answers.pop()

    sampler = Sampler(metrics, overdue=overdue, now=clock)
    await sampler.sample()
    assert metrics.value("ledger_overdue_total") == 3
    assert (metrics.value("process_resident_memory_bytes") or 0) > 1_000_000
    with capture_logs() as logs:
        await sampler.sample()
        await sampler.sample()
    assert math.isnan(metrics.value("ledger_overdue_total") or 0)
    assert [line["event"] for line in logs] == ["overdue_unknown"]


async def test_the_lag_of_the_loop_is_measured_while_it_runs(clock: Clock) -> None:
    """Samples come by themselves, and the task ends when it is cancelled."""
    metrics = Metrics()

    async def overdue(_before: object) -> int:
        return 0

    task = asyncio.create_task(Sampler(metrics, overdue=overdue, now=clock, lag_every_s=0.001).run(), name="sampler")
    while (metrics.value("navigator_loop_lag_seconds_count") or 0) < 3:  # noqa: ASYNC110  # a histogram cannot be waited for
        await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
