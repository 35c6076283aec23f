"""The bus, the same for every back end: in order, bytes untouched, bounded, whole or told of a gap."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

import pytest
from broadcaster import Broadcast

from hub.backend import Backend, BusEvent
from hub.bus import BadBusUrl, Bus, BusClosed, Gap, Item, Subscription, backend_for
from hub.memory_bus import MemoryBackend
from hub.redis_streams import RedisBackend
from tests.peers.redis import KINDS, RedisServer, command

pytestmark = pytest.mark.timeout(30)  # a message that never comes is what fails here

MakeBackend: TypeAlias = Callable[..., Backend]


@pytest.fixture(scope="module", params=["memory", *KINDS])
def bus_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Each kind of bus: in memory, and on a real server of each kind that this machine has."""
    if request.param == "memory":
        yield "memory://"
        return
    folder: Path = tmp_path_factory.mktemp(request.param)
    with RedisServer(command(request.param), folder).running() as server:
        yield server.url


@pytest.fixture
async def make(bus_url: str, request: pytest.FixtureRequest) -> MakeBackend:
    """Makes a back end with small bounds; what `history` says is how many messages of a channel stay."""
    if bus_url != "memory://":
        backend = RedisBackend(bus_url)
        await backend.connect()
        await backend._ask("FLUSHALL")
        await backend.disconnect()

    def made(*, bound: int = 16_384, history: int = 4_096) -> Backend:
        if bus_url == "memory://":
            return MemoryBackend(bound=bound, history=history)
        return RedisBackend(bus_url, bound=bound, maxlen=history, block_s=0.2)

    return made


@asynccontextmanager
async def running(backend: Backend) -> AsyncIterator[Bus]:
    """A connected bus over it."""
    async with Bus(backend=backend) as bus:
        yield bus


@pytest.fixture
async def bus(make: MakeBackend) -> AsyncIterator[Bus]:
    """A connected bus with the usual bounds."""
    async with running(make()) as made:
        yield made


def numbered(first: int, end: int) -> list[bytes]:
    """Messages that say their place."""
    return [b"%d" % number for number in range(first, end)]


async def take(messages: Subscription, count: int) -> list[bytes]:
    """That many messages, or more if a batch has them, none of which may be a Gap."""
    got: list[bytes] = []
    while len(got) < count:
        for message in await messages.batch():
            assert isinstance(message, Item)
            got.append(message.data)
    return got


async def test_messages_come_in_order_and_untouched(bus: Bus) -> None:
    """Any bytes, also those that are no UTF-8, come out as they went in.

    With broadcaster 0.3.1 over Redis one message that is no UTF-8 ended the listener of all channels.
    """
    sent = [b"\xff\xfe", b"", b"\x00", b"x" * 300_000, *numbered(0, 100)]
    async with bus.subscribe("a") as messages:
        for message in sent:
            await bus.publish("a", message)
        assert [await messages.get() for _ in sent] == sent


async def test_a_batch_has_what_waits_and_not_more_than_a_thousand(bus: Bus) -> None:
    """Many messages move in one go; their ids rise, and a batch is bounded."""
    async with bus.subscribe("a") as messages:
        await bus.publish_many("a", numbered(0, 2_500))
        got: list[Item] = []
        while len(got) < 2_500:
            batch = await messages.batch()
            assert 1 <= len(batch) <= 1_000
            got += [message for message in batch if isinstance(message, Item)]
        assert [item.data for item in got] == numbered(0, 2_500)
        places = [tuple(int(part) for part in item.id.split("-")) for item in got]
        assert places == sorted(set(places))


async def test_publishing_nothing_changes_nothing(bus: Bus) -> None:
    """An empty sequence returns, and the next message is the first."""
    async with bus.subscribe("a") as messages:
        await bus.publish_many("a", [])
        await bus.publish("a", b"x")
        assert await messages.get() == b"x"


async def test_channels_are_apart(bus: Bus) -> None:
    """A subscriber hears its own channel only, and only what comes after it subscribed."""
    await bus.publish("a", b"before")
    async with bus.subscribe("a") as a, bus.subscribe("b") as b:
        await bus.publish("c", b"for nobody")
        await bus.publish("b", b"for b")
        await bus.publish("a", b"for a")
        assert (await a.get(), await b.get()) == (b"for a", b"for b")


async def test_concurrent_publishers_each_keep_their_order(make: MakeBackend, bus_url: str) -> None:
    """What two nodes publish at once all comes once, each node's in its order."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(running(make()))
        second = first if bus_url == "memory://" else await stack.enter_async_context(running(make()))
        messages = await stack.enter_async_context(first.subscribe("a"))

        async def publish(bus: Bus, name: bytes) -> None:
            for number in range(200):
                await bus.publish_many("a", [b"%b%d" % (name, number)])

        async with asyncio.TaskGroup() as group:
            group.create_task(publish(first, b"x"))
            group.create_task(publish(second, b"y"))
            got = await take(messages, 400)
        for name in (b"x", b"y"):
            assert [data[1:] for data in got if data[:1] == name] == numbered(0, 200)


async def test_concurrent_first_subscribers_all_get_everything(bus: Bus) -> None:
    """A hundred who subscribe at once, while the back end takes its time, hear every message.

    With broadcaster 0.3.1 the last of them replaced all the others.
    """
    got: list[list[bytes]] = [[] for _ in range(100)]
    ready = asyncio.Barrier(101)

    async def read(into: list[bytes]) -> None:
        async with bus.subscribe("race") as messages:
            await ready.wait()
            while len(into) < 10:
                into.append(await messages.get())

    async with asyncio.TaskGroup() as group:
        for into in got:
            group.create_task(read(into))
        await ready.wait()
        await bus.publish_many("race", numbered(0, 10))
    assert all(into == numbered(0, 10) for into in got)


async def test_one_who_comes_while_the_last_one_leaves_is_subscribed(bus: Bus) -> None:
    """Leaving a channel and entering it at the same moment ends with the new reader subscribed.

    With broadcaster 0.3.1 the leaving one could take the channel away behind the new one.
    """
    for _ in range(20):
        async with AsyncExitStack() as old:
            await old.enter_async_context(bus.subscribe("a"))
            leaving = asyncio.create_task(old.pop_all().aclose())
            await asyncio.sleep(0)
            async with bus.subscribe("a") as messages:
                await leaving
                await bus.publish("a", b"x")
                assert await messages.get() == b"x"


async def test_a_reader_goes_on_after_an_id(bus: Bus) -> None:
    """Who names the last message that it has gets exactly what came after it, also when that is nothing yet."""
    async with bus.subscribe("a") as messages:
        await bus.publish_many("a", numbered(0, 10))
        items: list[Item] = []
        while len(items) < 10:
            items += [message for message in await messages.batch() if isinstance(message, Item)]
    async with bus.subscribe("a", after=items[3].id) as messages:
        assert await take(messages, 6) == numbered(4, 10)
    async with bus.subscribe("a", after=items[-1].id) as messages:
        await bus.publish("a", b"10")
        assert await take(messages, 1) == [b"10"]


async def test_who_comes_after_a_trim_is_told_of_the_gap(make: MakeBackend) -> None:
    """When what followed an id is no longer all there, a Gap comes first, then everything that is there, in order."""
    async with running(make(history=100)) as bus:
        async with bus.subscribe("a") as messages:
            await bus.publish_many("a", numbered(0, 1))
            (first,) = await messages.batch()
            assert isinstance(first, Item)
        await bus.publish_many("a", numbered(1, 1_000))
        async with bus.subscribe("a", after=first.id) as messages:
            got = await messages.batch()
            while not isinstance(got[-1], Item) or got[-1].data != b"999":
                got += await messages.batch()
        assert got[0] == Gap("trimmed")
        kept = [message.data for message in got[1:] if isinstance(message, Item)]
        assert 100 <= len(kept) < 400  # a server trims by whole nodes
        assert kept == numbered(1_000 - len(kept), 1_000)
        assert bus.counters.gaps == 1


@pytest.mark.parametrize("after", ["1-1", "99999999999999-0", "99999999999999", "nonsense", ""])
async def test_an_id_that_the_channel_never_had_is_a_gap(bus: Bus, after: str) -> None:
    """Whatever is named as the last message, a reader gets a Gap and what there is; it never waits in silence."""
    await bus.publish_many("a", numbered(0, 3))
    async with bus.subscribe("a", after=after) as messages:
        got = await messages.batch()
        assert isinstance(got[0], Gap)
        while len(got) < 4:
            got += await messages.batch()
        assert [message.data for message in got[1:] if isinstance(message, Item)] == numbered(0, 3)


async def test_the_bounds_push_back_and_lose_nothing(make: MakeBackend) -> None:
    """A reader far slower than the publisher, with a queue of four, gets everything in order."""
    async with running(make(bound=4)) as bus, bus.subscribe("a") as messages, asyncio.TaskGroup() as group:
        group.create_task(bus.publish_many("a", numbered(0, 100)))
        got: list[bytes] = []
        while len(got) < 100:
            await asyncio.sleep(0.001)
            batch = await messages.batch()
            assert len(batch) <= 4
            got += [message.data for message in batch if isinstance(message, Item)]
        assert got == numbered(0, 100)


async def test_a_reader_that_leaves_with_a_full_queue_blocks_nobody(make: MakeBackend) -> None:
    """A publisher that waits for a reader's room goes on when that reader leaves."""
    async with running(make(bound=1)) as bus, asyncio.TaskGroup() as group:
        async with bus.subscribe("a"):
            publishing = group.create_task(bus.publish_many("a", numbered(0, 5)))
            await asyncio.sleep(0.02)
        await publishing
        async with bus.subscribe("a") as messages:
            await bus.publish("a", b"x")
            assert await messages.get() == b"x"


async def test_a_reader_that_is_cancelled_while_it_waits_loses_nothing(bus: Bus) -> None:
    """What comes after a cancelled wait is in the next batch. Over Redis the messages may be faster than the cancellation: then again."""
    async with bus.subscribe("a") as messages:
        for first in range(0, 100, 5):
            waiting = asyncio.create_task(messages.batch())
            await asyncio.sleep(0)
            await bus.publish_many("a", numbered(first, first + 5))
            waiting.cancel()  # in memory: with the messages already in its queue
            await asyncio.wait([waiting])
            got = [] if waiting.cancelled() else [message.data for message in waiting.result() if isinstance(message, Item)]
            assert got + await take(messages, 5 - len(got)) == numbered(first, first + 5)
            if waiting.cancelled():
                return
        raise AssertionError("every wait was over before it could be cancelled")


async def test_the_end_is_told_to_all(make: MakeBackend) -> None:
    """After disconnect, who reads gets what was there and then BusClosed, who publishes or subscribes BusClosed at once."""
    async with running(make()) as bus, bus.subscribe("a") as messages:
        await bus.publish("a", b"last")
        assert await messages.get() == b"last"
        waiting = asyncio.create_task(messages.batch())
        await asyncio.sleep(0)
        await bus.disconnect()
        with pytest.raises(BusClosed):
            await waiting
        with pytest.raises(BusClosed):
            await bus.publish("a", b"x")
        with pytest.raises(BusClosed):
            async with bus.subscribe("a"):
                pass
        assert not bus.connected


async def test_iterating_ends_with_bus_closed(bus: Bus) -> None:
    """`async for` gives the messages and then raises: an end is never mistaken for silence."""
    got = []

    async def read(messages: Subscription) -> None:
        async for message in messages:
            got.append(message)
            await bus.disconnect()

    async with bus.subscribe("a") as messages:
        await bus.publish("a", b"x")
        with pytest.raises(BusClosed):
            await read(messages)
    assert got == [b"x"]


async def test_a_bus_connects_again_after_its_end(bus: Bus) -> None:
    """After a new connect readers subscribe and hear as before."""
    await bus.disconnect()
    await bus.connect()
    async with bus.subscribe("a") as messages:
        await bus.publish("a", b"x")
        assert await messages.get() == b"x"
    assert bus.connected
    assert bus.failure is None


async def test_get_passes_over_gaps_and_batch_gives_what_get_left(bus: Bus) -> None:
    """Both ways of reading can be mixed without losing or doubling anything."""
    await bus.publish_many("a", numbered(0, 5))
    async with bus.subscribe("a", after="1-1") as messages:
        assert await messages.get() == b"0"
        got: list[Item | Gap] = []
        while len(got) < 4:
            got += await messages.batch()
        assert [message.data for message in got if isinstance(message, Item)] == numbered(1, 5)


async def test_broadcaster_itself_works_over_the_back_end(make: MakeBackend) -> None:
    """A plain Broadcast with this back end passes messages of several channels on.

    broadcaster 0.3.1's own Redis back end delivers nothing at all with redis-py 8.
    """
    async with Broadcast(backend=make()) as plain:
        async with plain.subscribe("a") as a, plain.subscribe("b") as b:
            for number in range(10):
                await plain.publish("a", b"a%d" % number)
                await plain.publish("b", b"b%d" % number)
            for number in range(10):
                assert await a.get() == BusEvent("a", b"a%d" % number)
                assert await b.get() == BusEvent("b", b"b%d" % number)
        async with plain.subscribe("a") as a:
            await plain.publish("a", b"again")
            assert await a.get() == BusEvent("a", b"again")


@pytest.mark.parametrize(
    "url", ["kafka://localhost", "redis://", "redis://h/x", "redis://h:x/0", "unix://", "redis://h/0?socket_timeout=9"]
)
def test_an_address_that_cannot_be_used_is_refused(url: str) -> None:
    """What is wrong with the bus's URL shows before anything is started."""
    with pytest.raises(BadBusUrl):
        backend_for(url)
