"""The bus: bounded, in order, bytes untouched; its death is heard, and subscribers do not race."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from hub.bus import Bus, BusClosed, BusEvent, MemoryBackend, Subscription, backend_for


class Suspending(MemoryBackend):
    """A back end whose subscriptions take a round trip, as a server's do, and which can die."""

    def __init__(self) -> None:
        super().__init__()
        self.die = asyncio.Event()

    async def subscribe(self, channel: str) -> None:
        """Suspends, then subscribes."""
        await asyncio.sleep(0.001)
        await super().subscribe(channel)

    async def unsubscribe(self, channel: str) -> None:
        """Suspends for longer than subscribing takes, then unsubscribes."""
        await asyncio.sleep(0.005)
        await super().unsubscribe(channel)

    async def next_published(self) -> BusEvent:
        """The next message, or the end of everything."""
        async with asyncio.TaskGroup() as group:
            message = group.create_task(super().next_published())
            death = group.create_task(self.die.wait())
            await asyncio.wait([message, death], return_when=asyncio.FIRST_COMPLETED)
            if death.done():
                message.cancel()
                raise ConnectionError("the server is gone")
            death.cancel()
        return message.result()


@pytest.fixture
async def backend() -> Suspending:
    """The back end."""
    return Suspending()


@pytest.fixture
async def bus(backend: Suspending) -> AsyncIterator[Bus]:
    """A connected bus over it."""
    made = Bus(backend=backend)
    await made.connect()
    yield made
    await made.disconnect()


async def test_messages_come_in_order_and_untouched(bus: Bus) -> None:
    """Any bytes, also those that are no UTF-8, come out as they went in."""
    sent = [b"\xff\xfe", b"", b"\x00", *(b"%d" % n for n in range(100))]
    async with bus.subscribe("a") as messages:
        for message in sent:
            await bus.publish("a", message)
        assert [await messages.get() for _ in sent] == sent


async def test_channels_are_apart(bus: Bus) -> None:
    """A subscriber hears its own channel only; what nobody reads is dropped."""
    async with bus.subscribe("a") as a, bus.subscribe("b") as b:
        await bus.publish("c", b"lost")
        await bus.publish("b", b"for b")
        await bus.publish("a", b"for a")
        assert (await a.get(), await b.get()) == (b"for a", b"for b")


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
        for number in range(10):
            await bus.publish("race", b"%d" % number)
    assert all(into == [b"%d" % n for n in range(10)] for into in got)


async def test_one_who_comes_while_the_last_one_leaves_is_subscribed(bus: Bus) -> None:
    """Leaving a channel and entering it at the same moment ends with the new reader subscribed."""
    for _ in range(20):
        async with AsyncExitStack() as old:
            await old.enter_async_context(bus.subscribe("a"))
            leaving = asyncio.create_task(old.pop_all().aclose())
            await asyncio.sleep(0)
            async with bus.subscribe("a") as messages:
                await leaving
                await bus.publish("a", b"x")
                async with asyncio.timeout(1):
                    assert await messages.get() == b"x"


async def test_the_bounds_push_back_and_lose_nothing() -> None:
    """With every queue full the publisher waits; once the reader reads, everything comes, in order."""
    bus = Bus(backend=MemoryBackend(bound=2), bound=2)
    await bus.connect()
    async with bus.subscribe("a") as messages:

        async def publish() -> None:
            for number in range(50):
                await bus.publish("a", b"%d" % number)

        publishing = asyncio.create_task(publish())
        await asyncio.sleep(0.02)
        assert not publishing.done()
        assert [await messages.get() for _ in range(50)] == [b"%d" % n for n in range(50)]
        await publishing
    await bus.disconnect()


async def test_a_reader_that_leaves_with_a_full_queue_blocks_nobody() -> None:
    """The listener, stuck at a reader's full queue, goes on to the others when that reader leaves."""
    bus = Bus(backend=MemoryBackend(), bound=1)
    await bus.connect()
    async with bus.subscribe("b") as other:
        async with bus.subscribe("a"):
            for _ in range(5):
                await bus.publish("a", b"unread")
            await bus.publish("b", b"x")
            await asyncio.sleep(0.02)
        async with asyncio.timeout(1):
            assert await other.get() == b"x"
    await bus.disconnect()


async def test_the_listeners_death_is_heard_by_all(bus: Bus, backend: Suspending) -> None:
    """Every reader gets BusClosed with the cause, also one whose queue is full; none waits in silence."""
    async with bus.subscribe("a") as a, bus.subscribe("b") as b:
        waiting = asyncio.create_task(a.get())
        await asyncio.sleep(0)
        backend.die.set()
        async with asyncio.timeout(1):
            for heard in (waiting, b.get()):
                with pytest.raises(BusClosed) as caught:
                    await heard
                assert isinstance(caught.value.__cause__, BaseException)


async def test_a_full_queue_hears_of_the_end(backend: Suspending) -> None:
    """The notice of the end finds room even in a full queue."""
    bus = Bus(backend=backend, bound=2)
    await bus.connect()
    async with bus.subscribe("a") as messages:
        for _ in range(2):
            await bus.publish("a", b"x")
        await asyncio.sleep(0.02)
        backend.die.set()
        async with asyncio.timeout(1):
            with pytest.raises(BusClosed):
                await drain(messages)
    await bus.disconnect()


async def drain(messages: Subscription) -> None:
    """Reads until the end."""
    while True:
        await messages.get()


async def test_nobody_subscribes_to_a_dead_bus_in_silence(bus: Bus, backend: Suspending) -> None:
    """Subscribing after the listener died raises BusClosed instead of waiting for ever."""
    backend.die.set()
    await asyncio.sleep(0.02)
    with pytest.raises(BusClosed):
        async with asyncio.timeout(1), bus.subscribe("a") as messages:
            await messages.get()


async def test_a_bus_connects_again_after_its_death(bus: Bus, backend: Suspending) -> None:
    """After a new connect readers subscribe and hear as before."""
    async with bus.subscribe("a") as messages:
        backend.die.set()
        with pytest.raises(BusClosed):
            await messages.get()
    backend.die.clear()
    await bus.connect()
    async with bus.subscribe("a") as messages:
        await bus.publish("a", b"x")
        assert await messages.get() == b"x"


async def test_disconnect_ends_the_readers(backend: Suspending) -> None:
    """An orderly end is told too."""
    bus = Bus(backend=backend)
    await bus.connect()
    async with bus.subscribe("a") as messages:
        await bus.disconnect()
        with pytest.raises(BusClosed):
            async with asyncio.timeout(1):
                await messages.get()


async def test_iterating_ends_with_bus_closed(bus: Bus, backend: Suspending) -> None:
    """`async for` gives the messages and then raises BusClosed: an end is never mistaken for silence."""
    got = []

    async def read(messages: Subscription) -> None:
        async for message in messages:
            got.append(message)
            backend.die.set()

    async with bus.subscribe("a") as messages:
        await bus.publish("a", b"x")
        with pytest.raises(BusClosed):
            await read(messages)
    assert got == [b"x"]


def test_unknown_buses_are_refused() -> None:
    """A URL of a bus that is not served says what is."""
    with pytest.raises(ValueError, match="memory://"):
        backend_for("kafka://x")
