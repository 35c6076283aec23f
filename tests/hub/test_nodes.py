"""Several nodes over a real Redis: one order of events, one leader, one presence; who comes later learns, who lost track resumes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.bus import Bus
from hub.event import Event
from hub.hub import Hub, utc_now
from hub.lease import LeaseTiming
from hub.topic import Topic, fold_by_key
from tests.follower import Follower
from tests.hub.driving import Line
from tests.hub.people import add_people
from tests.hub.values import note
from tests.peers.redis import RedisServer, command

QUICK = LeaseTiming(renew_s=0.2, keep_s=0.5, take_s=0.6, look_s=0.1)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for all of these."""
    with RedisServer(command("redis7"), tmp_path_factory.mktemp("redis")).running() as server:
        yield server


@pytest.fixture(autouse=True)
def empty(redis: RedisServer) -> None:
    """Nothing of another test is on the bus."""
    redis.client().flushall()


@asynccontextmanager
async def node(store: AsyncEngine, redis: RedisServer) -> AsyncIterator[Hub]:
    """A node that has begun; leaving is an orderly end."""
    made = Hub(store, bus=Bus(redis.url), lease=QUICK)
    made.topics.add(Topic(name="app:", fold=fold_by_key, publishable=True))
    running = asyncio.create_task(made.run(), name="hub")
    try:
        async with asyncio.timeout(15):
            ready = asyncio.create_task(made.ready(), name="ready")
            await asyncio.wait([ready, running], return_when=asyncio.FIRST_COMPLETED)
            await ready
        yield made
    finally:
        running.cancel()
        await asyncio.wait([running])


async def until(true: Callable[[], bool], *lines: Line, within_s: float = 10.0) -> None:
    """Moves the lines until something is true."""
    async with asyncio.timeout(within_s):
        while not true():
            for line in lines:
                if line.ended is None:
                    await line.step()
                    line.follower.flush()
            await asyncio.sleep(0.005)


async def joined(hub: Hub, follower: Follower) -> Line:
    """A session that has its snapshot, or has resumed."""
    line = Line(hub, follower, "json")
    await line.open()
    await until(lambda: all(view.epoch for view in follower.topics.values()), line)
    return line


def tell(hub: Hub, key: str, value: object) -> None:
    """An event on a topic."""
    hub.publish_topic("app:x", Event(source="/t", id=f"{key}{value}", type="t", time=utc_now(), data={"key": key, "value": value}))


async def test_positions_agree(store: AsyncEngine, redis: RedisServer) -> None:
    """What two nodes publish at once has the same offsets at both, and each session sees all of it in that order."""
    await add_people(store, "u1")
    async with node(store, redis) as a, node(store, redis) as b:
        here, there = Follower("a", topics=("app:x",)), Follower("b", topics=("app:x",))
        lines = [await joined(a, here), await joined(b, there)]
        for number in range(50):
            tell(a, "a", number)
            tell(b, "b", number)
        await until(lambda: all(f.topics["app:x"].state == {"a": 49, "b": 49} for f in (here, there)), *lines)
        assert here.topics["app:x"] == there.topics["app:x"]
        assert here.topics["app:x"].offset == 100
        # a client goes to the other node and is not given a snapshot
        lines[0].drop()
        tell(a, "a", 50)
        back = Line(b, here, "json")
        await back.open()
        await until(lambda: here.topics["app:x"].state["a"] == 50, back)
        assert b.metrics.value("navigator_recovered_total", kind="replay") == 1
        assert [hub.leads for hub in (a, b)].count(True) == 1


async def test_who_comes_later_learns(store: AsyncEngine, redis: RedisServer) -> None:
    """A node that starts in the middle has the state and the positions, and resumes clients of the others whole."""
    await add_people(store, "u1")
    async with node(store, redis) as a:
        follower = Follower("a", topics=("app:x",))
        line = await joined(a, follower)
        for number in range(400):
            tell(a, f"k{number % 7}", number)
        await until(lambda: follower.topics["app:x"].offset == 400, line)
        line.drop()
        busy = asyncio.create_task(keep_telling(a), name="busy")
        async with node(store, redis) as b:
            back = Line(b, follower, "json")
            await back.open()
            await asyncio.sleep(0.2)
            busy.cancel()
            with suppress(asyncio.CancelledError):
                await busy
            tell(b, "last", 1)
            fresh = Follower("f", topics=("app:x",))
            other = await joined(a, fresh)
            await until(lambda: all("last" in f.topics["app:x"].state for f in (follower, fresh)), back, other)
            assert b.metrics.value("navigator_recovered_total", kind="replay") == 1
            assert follower.topics["app:x"] == fresh.topics["app:x"]


async def keep_telling(hub: Hub) -> None:
    """Events without end."""
    number = 1000
    while True:
        tell(hub, "busy", number)
        number += 1
        await asyncio.sleep(0.001)


async def test_notifications_reach_people_wherever_they_are(store: AsyncEngine, redis: RedisServer) -> None:
    """Accepted at one node, on the screen at the other; seen there, told here; connected counts everywhere."""
    await add_people(store, "u1", "u2")
    async with node(store, redis) as a, node(store, redis) as b:
        here, there = Follower("a"), Follower("b")
        lines = [await joined(a, here), await joined(b, there)]
        await until(lambda: a.cluster.sessions_of(1) == b.cluster.sessions_of(1) == 2, *lines)
        for number in range(20):
            await (a, b)[number % 2].publish(note(f"n{number}", 1))
        await until(lambda: len(here.items) == len(there.items) == 20, *lines)
        assert [item.id for item in here.accepted] == [item.id for item in there.accepted]
        there.ack("read", seq=20)
        await until(lambda: all(item.read for item in here.items.values()), *lines)
        assert (here.unseen, there.unseen) == (0, 0)


async def test_a_flush_costs_a_reconnect_and_no_state(store: AsyncEngine, redis: RedisServer) -> None:
    """Redis is emptied: sessions are sent back to their positions, topics keep their state, and both nodes agree again."""
    await add_people(store, "u1")
    async with node(store, redis) as a, node(store, redis) as b:
        here, there = Follower("a", topics=("app:x",)), Follower("b", topics=("app:x",))
        lines = [await joined(a, here), await joined(b, there)]
        for number in range(20):
            tell(a, f"k{number}", number)
        await until(lambda: all(len(f.topics["app:x"].state) == 20 for f in (here, there)), *lines)
        redis.client().flushall()
        tell(b, "after", 1)
        await until(lambda: all(line.ended is not None for line in lines), *lines)
        await until(lambda: a.knows and b.knows)
        lines = [await joined(a, here), await joined(b, there)]
        tell(a, "again", 2)
        await until(lambda: all("again" in f.topics["app:x"].state for f in (here, there)), *lines)
        assert here.topics["app:x"] == there.topics["app:x"]
        assert len([key for key in here.topics["app:x"].state if key.startswith("k")]) == 20


async def test_a_frozen_redis_is_waited_for(store: AsyncEngine, redis: RedisServer) -> None:
    """While Redis stands still nothing is lost: what was published meanwhile comes when it goes on, once and in order."""
    await add_people(store, "u1")
    async with node(store, redis) as a, node(store, redis) as b:
        follower = Follower("b", topics=("app:x",))
        line = await joined(b, follower)
        redis.freeze()
        for number in range(30):
            tell(a, "k", number)
        await a.publish(note("n", 1))
        await asyncio.sleep(5)
        redis.thaw()
        await until(lambda: follower.topics["app:x"].state.get("k") == 29 and len(follower.items) == 1, line, within_s=20)
        assert follower.topics["app:x"].offset == 30


async def test_another_node_takes_the_lead(store: AsyncEngine, redis: RedisServer) -> None:
    """When the leading node ends, the other one leads and ends what is due: nothing stays overdue."""
    await add_people(store, "u1")
    async with AsyncExitStack() as first:
        leads = await first.enter_async_context(node(store, redis))
        async with node(store, redis) as other:
            assert (leads.leads, other.leads) == (True, False)
            await other.publish(note("n", 1))
            await until(lambda: leads.delivery.jobs() != [])
            await first.aclose()
            await until(lambda: other.leads)
            async with asyncio.timeout(10):
                while await other.ledger.next_deadlines():  # noqa: ASYNC110  # the job ends it: nobody is there, no device
                    await asyncio.sleep(0.05)
            assert await other.ledger.overdue(utc_now()) == 0
