"""The bus over a real Redis that is killed, frozen, flushed, rolled back, trimmed and lied about.

Nothing lost, nothing doubled, order kept; where something is lost on the server, a Gap at that place says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, ExitStack, suppress
from pathlib import Path
from typing import TypeAlias

import pytest

from hub.bus import Bus, BusAway, BusClosed, Gap, Item, Subscription
from hub.redis_scripts import PUBLISH, keys_of
from hub.redis_streams import RedisBackend
from tests.peers.certs import Authority
from tests.peers.proxy import proxied
from tests.peers.redis import KINDS, RedisServer, command, free_port

pytestmark = pytest.mark.timeout(60)

StartServer: TypeAlias = Callable[..., RedisServer]
STREAM, SAID = keys_of("a")


@pytest.fixture(params=list(KINDS))
def start(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StartServer]:
    """Starts a server of this test's own with further options."""
    program = command(request.param)
    with ExitStack() as stack:

        def started(*options: str, running: bool = True) -> RedisServer:
            server = RedisServer(program, tmp_path, *options)
            if running:
                held: AbstractContextManager[RedisServer] = server.running()
                stack.enter_context(held)
            else:
                stack.callback(server.kill)
            return server

        yield started


def backend(url: str, *, bound: int = 16_384, maxlen: int = 100_000) -> RedisBackend:
    """A back end that notices what is wrong in half a second."""
    return RedisBackend(url, bound=bound, maxlen=maxlen, block_s=0.1, deadline_s=0.4)


def numbered(first: int, end: int) -> list[bytes]:
    """Messages that say their place."""
    return [b"%d" % number for number in range(first, end)]


def data_of(messages: Sequence[Item | Gap]) -> list[bytes]:
    """The messages without the gaps."""
    return [message.data for message in messages if isinstance(message, Item)]


def gaps_of(messages: Sequence[Item | Gap]) -> list[str]:
    """The reasons of the gaps."""
    return [message.reason for message in messages if isinstance(message, Gap)]


def assert_told(messages: Sequence[Item | Gap]) -> None:
    """Numbers rise, none comes twice, and wherever one is missing a Gap stands at that place."""
    last, told = -1, False
    for message in messages:
        if isinstance(message, Gap):
            told = True
            continue
        number = int(message.data)
        assert number > last, f"{number} came after {last}"
        assert number == last + 1 or told, f"{last} to {number} without a word"
        last, told = number, False


async def read_until(messages: Subscription, data: bytes) -> list[Item | Gap]:
    """Everything up to that message."""
    got: list[Item | Gap] = []
    while data not in data_of(got[-1_000:]):
        got += await messages.batch()
    return got


async def until(condition: Callable[[], bool]) -> None:
    """Waits for it."""
    while not condition():  # noqa: ASYNC110  # what is waited for has no event: it is what an operator sees
        await asyncio.sleep(0.01)


class Stream:
    """Publishes numbers one batch after the other until stopped."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self.next = 0
        self.stopping = False

    async def run(self) -> int:
        """Returns the number after the last one published."""
        while not self.stopping:
            await self._bus.publish_many("a", numbered(self.next, self.next + 7))
            self.next += 7
            await asyncio.sleep(0.001)
        return self.next


async def test_a_server_that_is_killed_loses_nothing_silently(start: StartServer) -> None:
    """Killed three times in mid-stream, without anything saved: each hole is told, all that came after the last is there.

    With broadcaster 0.3.1 its listener died, publishing worked again, and every reader waited for ever.
    """
    server = start()
    async with Bus(backend=backend(server.url)) as bus, bus.subscribe("a") as messages, asyncio.TaskGroup() as group:
        stream = Stream(bus)
        publishing = group.create_task(stream.run())
        got: list[Item | Gap] = []
        for _ in range(3):
            seen = stream.next
            await until(lambda seen=seen: stream.next > seen + 50)  # type: ignore[misc]
            got += await messages.batch()
            await asyncio.to_thread(server.restart)
        seen = stream.next
        await until(lambda: stream.next > seen + 50)
        stream.stopping = True
        end = await publishing
        got += await read_until(messages, b"%d" % (end - 1))
        assert_told(got)
        assert 1 <= len(gaps_of(got)) == bus.counters.gaps <= 3  # killed again before it was read again is one gap
        assert bus.counters.reconnects >= 1
        assert bus.connected


async def test_a_server_that_saves_and_is_killed_loses_nothing(start: StartServer) -> None:
    """With every write saved, kills in mid-stream leave no gap: every message comes once, in order."""
    server = start("--appendonly", "yes", "--appendfsync", "always")
    async with Bus(backend=backend(server.url)) as bus, bus.subscribe("a") as messages, asyncio.TaskGroup() as group:
        stream = Stream(bus)
        publishing = group.create_task(stream.run())
        for _ in range(3):
            seen = stream.next
            await until(lambda seen=seen: stream.next > seen + 50)  # type: ignore[misc]
            await asyncio.to_thread(server.restart)
        stream.stopping = True
        end = await publishing
        got = await read_until(messages, b"%d" % (end - 1))
        assert data_of(got) == numbered(0, end)
        assert not gaps_of(got)


async def test_a_server_that_comes_back_from_an_older_snapshot_is_a_gap(start: StartServer) -> None:
    """What the server forgot is told, what it still has is not given again, and what comes next comes."""
    server = start()
    async with Bus(backend=backend(server.url)) as bus, bus.subscribe("a") as messages:
        for number in range(300):
            await bus.publish("a", b"%d" % number)
        got = await read_until(messages, b"299")
        with server.client() as client:
            client.save()
        await bus.publish_many("a", numbered(300, 320))
        got += await read_until(messages, b"319")
        assert_told(got)
        await asyncio.to_thread(server.restart)
        await bus.publish_many("a", numbered(320, 340))
        later = await read_until(messages, b"339")
        assert gaps_of(later) == ["rolled_back"]
        assert data_of(later) == numbered(320, 340)


async def test_a_server_that_freezes_is_noticed_and_recovered_from(start: StartServer) -> None:
    """Frozen for 8 seconds, it is away within two; what is published meanwhile comes once, in order, without a gap."""
    server = start()
    async with Bus(backend=backend(server.url)) as bus, bus.subscribe("a") as messages, asyncio.TaskGroup() as group:
        await bus.publish_many("a", numbered(0, 10))
        got = await read_until(messages, b"9")
        server.freeze()
        woken = asyncio.get_running_loop().time() + 8
        async with asyncio.timeout(2):
            await until(lambda: not bus.connected)
        assert isinstance(bus.failure, Exception)
        waiting = [group.create_task(bus.publish_many("a", numbered(first, first + 100))) for first in range(10, 1_010, 100)]
        with pytest.raises(BusAway):
            await bus._backend.about()
        await asyncio.sleep(woken - asyncio.get_running_loop().time())
        assert not any(task.done() for task in waiting)
        server.thaw()
        got += await read_until(messages, b"1009")
        assert data_of(got) == numbered(0, 1_010)
        assert not gaps_of(got)
        await asyncio.wait(waiting)
        await until(lambda: bus.connected)
        assert bus.counters.reconnects == 1
        await bus.publish("a", b"1010")
        assert data_of(await messages.batch()) == [b"1010"]


async def test_a_flush_is_told_at_once(start: StartServer) -> None:
    """After FLUSHALL a reader gets a Gap though nobody publishes, and then what comes."""
    server = start()
    async with Bus(backend=backend(server.url)) as bus, bus.subscribe("a") as messages:
        await bus.publish_many("a", numbered(0, 10))
        assert data_of(await read_until(messages, b"9")) == numbered(0, 10)
        for number in range(10, 13):
            with server.client() as client:
                client.flushall()
            async with asyncio.timeout(2):
                assert await messages.batch() == [Gap("flushed")]
            await bus.publish("a", b"%d" % number)
            assert data_of(await messages.batch()) == [b"%d" % number]


async def test_ids_that_run_backwards_hold_up_nobody(start: StartServer) -> None:
    """A flush and a clock that was set back: new entries have lower ids than the last one read, and all of them come."""
    server = start()
    async with Bus(backend=backend(server.url)) as bus, bus.subscribe("a") as messages:
        await bus.publish("a", b"0")
        await read_until(messages, b"0")
        with server.client() as client, client.pipeline(transaction=True) as pipe:
            pipe.flushall()
            for number in range(1, 5):
                pipe.execute_command("XADD", STREAM, f"{number}-1", b"other:%d" % number, b"%d" % number)
            pipe.execute()
        got = await read_until(messages, b"4")
        assert got == [Gap("flushed"), *(Item(f"{number}-1", b"%d" % number) for number in range(1, 5))]


async def test_a_reader_that_was_trimmed_past_is_told(start: StartServer) -> None:
    """One that does not read has a bounded queue; when it reads on, it gets that, a Gap, and the newest, in order."""
    server = start()
    async with Bus(backend=backend(server.url, bound=10, maxlen=100)) as bus, bus.subscribe("a") as slow, bus.subscribe("a") as quick:
        published = 0
        got: list[Item | Gap] = []
        while published < 2_000:
            await bus.publish_many("a", numbered(published, published + 5))
            published += 5
            while len(data_of(got)) < published:  # the quick one is not held up by the slow one
                got += await quick.batch()
        assert data_of(got) == numbered(0, 2_000)
        assert not gaps_of(got)
        late = await slow.batch()
        assert len(late) <= 10
        late += await read_until(slow, b"1999")
        assert_told(late)
        assert gaps_of(late) == ["trimmed"]
        assert len(late) >= 100


async def test_an_answer_that_is_lost_publishes_nothing_twice(start: StartServer) -> None:
    """The command arrives, its answer does not, again and again: each message is in the stream once."""
    server = start()
    async with proxied(server.port) as proxy, Bus(backend=backend(f"redis://127.0.0.1:{proxy.port}")) as bus:
        await bus.publish_many("a", numbered(0, 10))
        for first in range(10, 60, 10):
            lost, proxy.losing = proxy.lost, True
            async with asyncio.TaskGroup() as group:
                publishing = group.create_task(bus.publish_many("a", numbered(first, first + 10)))
                await until(lambda lost=lost: proxy.lost >= lost + 3)  # type: ignore[misc]
                assert not publishing.done()
                proxy.losing = False
        async with bus.subscribe("a", after="0-1") as messages:
            assert data_of(await read_until(messages, b"59")) == numbered(0, 60)


async def test_a_repeat_that_the_server_cannot_know_is_given_once(start: StartServer) -> None:
    """The server was emptied between a batch and its repeat: the reader has had it and is not given it again."""
    server = start()
    async with Bus(backend=backend(server.url)) as bus, bus.subscribe("a") as messages:
        for _ in range(2):
            with server.client() as client:
                client.flushall()
                client.execute_command("EVAL", PUBLISH, 2, STREAM, SAID + b"other", 100, "other", 1, 60, *numbered(0, 5))
            if bus.counters.gaps == 0:
                await read_until(messages, b"4")
        await until(lambda: bus.counters.repeats == 5)
        await bus.publish("a", b"next")
        assert data_of(await read_until(messages, b"next")) == [b"next"]


async def test_rubbish_is_passed_over(start: StartServer) -> None:
    """Entries that no bus wrote are counted and skipped; what comes behind them comes."""
    server = start()
    async with Bus(backend=backend(server.url)) as bus, bus.subscribe("a") as messages:
        with server.client() as client:
            client.execute_command("XADD", STREAM, "*", "field", "value")
            client.execute_command("XADD", STREAM, "*", b"\xff", b"\xff", "two", "fields")
            client.execute_command("XADD", STREAM, "*", "p:99999999999999999999", "x")
            client.execute_command("XADD", STREAM, "*", "p:1", "x", "p:2", "y")
        await bus.publish("a", b"x")
        assert data_of(await messages.batch()) == [b"x"]
        assert bus.counters.rubbish == 4


async def test_a_foreign_key_holds_up_until_it_is_gone(start: StartServer) -> None:
    """A channel's key that is no stream makes the bus away, with the reason; without it all goes on."""
    server = start()
    async with Bus(backend=backend(server.url)) as bus, bus.subscribe("b") as messages:
        with server.client() as client:
            client.set(STREAM, "x")
        publishing = asyncio.create_task(bus.publish("a", b"x"))
        await until(lambda: "WRONGTYPE" in str(bus.failure))
        assert not bus.connected
        await bus.publish("b", b"y")
        assert data_of(await messages.batch()) == [b"y"]
        with server.client() as client:
            client.delete(STREAM)
        await publishing
        assert bus.connected


async def test_a_node_starts_without_its_server(start: StartServer) -> None:
    """Connecting does not wait for Redis; subscribing and publishing do, and go on once it is there."""
    server = start(running=False)
    async with Bus(backend=backend(server.url)) as bus, asyncio.TaskGroup() as group:

        async def read() -> bytes:
            async with bus.subscribe("a", after="0-1") as messages:
                return await messages.get()

        reading = group.create_task(read())
        publishing = group.create_task(bus.publish("a", b"x"))
        await until(lambda: bus.failure is not None)
        assert not bus.connected
        with pytest.raises(BusAway):
            await bus._backend.about()
        await asyncio.to_thread(server.start)
        await publishing
        assert await reading == b"x"
        await until(lambda: bus.connected)


async def test_a_wrong_password_is_said(start: StartServer) -> None:
    """A refused sign-in shows as the reason, without the password."""
    server = start()
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "navigator", "on", ">right/word", "~navigator:bus:*", "+@all")
    url = f"redis://navigator:wrong@127.0.0.1:{server.port}/0"
    async with Bus(backend=backend(url)) as bus:
        await until(lambda: bus.failure is not None)
        assert not bus.connected
        assert "password" in str(bus.failure)
        assert "wrong@" not in str(bus.failure)
    async with Bus(backend=backend(url.replace("wrong", "right%2Fword"))) as bus, bus.subscribe("a") as messages:
        await bus.publish("a", b"x")
        assert await messages.get() == b"x"


async def test_the_rights_that_the_docs_name_are_enough(start: StartServer) -> None:
    """A user with the commands of docs/bus.md and nothing else can do all that the bus does."""
    streams, others = (
        "+xread +xadd +xrange +xrevrange +xlen +xinfo|stream",
        "+eval +get +set +ping +client|setname",
    )
    server = start()
    with server.client() as client:
        client.execute_command("ACL", "SETUSER", "navigator", "on", ">pw", "~navigator:bus:*", "-@all", *streams.split(), *others.split())
    async with Bus(backend=backend(f"redis://navigator:pw@127.0.0.1:{server.port}")) as bus:
        await bus.publish_many("a", numbered(0, 3))
        async with bus.subscribe("a", after="0-1") as messages:
            assert data_of(await read_until(messages, b"2")) == numbered(0, 3)
        async with bus.subscribe("a") as messages:
            await bus.publish("a", b"x")
            assert await messages.get() == b"x"
        assert bus.connected


async def test_a_unix_socket_serves_too(start: StartServer, tmp_path: Path) -> None:
    """`unix://` names the server's socket."""
    start()
    async with Bus(f"unix://{tmp_path}/redis.sock?db=1") as bus, bus.subscribe("a") as messages:
        await bus.publish("a", b"x")
        assert await messages.get() == b"x"


async def test_a_publisher_that_gives_up_leaves_the_way_free(start: StartServer) -> None:
    """A cancelled publish comes before what is published next, or never."""
    server = start()
    async with Bus(backend=backend(server.url)) as bus, bus.subscribe("a") as messages:
        server.freeze()
        with suppress(TimeoutError):
            async with asyncio.timeout(1):
                await bus.publish_many("a", numbered(0, 5))
        server.thaw()
        await bus.publish_many("a", numbered(5, 10))
        got = data_of(await read_until(messages, b"9"))
        assert got in (numbered(0, 10), numbered(5, 10))


async def test_a_reader_that_dies_is_heard_by_all(start: StartServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault of ours in the one reader ends every subscription with its cause, and the bus can be connected anew."""
    server = start()
    made = backend(server.url)
    async with Bus(backend=made) as bus:
        async with bus.subscribe("a") as a, bus.subscribe("b") as b:
            with monkeypatch.context() as patch:
                patch.setattr(made._reader, "_entries", lambda _: 1 / 0)
                await bus.publish("a", b"x")
                for messages in (a, b):
                    with pytest.raises(BusClosed) as caught:
                        await messages.batch()
                    assert isinstance(caught.value.__cause__, ZeroDivisionError)
        assert not bus.connected
        await bus.connect()
        async with bus.subscribe("a") as messages:
            await bus.publish("a", b"x")
            assert await messages.get() == b"x"


async def test_reads_get_smaller_where_the_way_is_slow(start: StartServer) -> None:
    """More bytes than can come within a read's deadline come in smaller reads, each once and in order."""
    server = start()
    sent = [b"%d" % number + b"x" * 100_000 for number in range(40)]
    async with AsyncExitStack() as stack:
        proxy = await stack.enter_async_context(proxied(server.port))
        bus = await stack.enter_async_context(Bus(backend=backend(f"redis://127.0.0.1:{proxy.port}", bound=64)))
        messages = await stack.enter_async_context(bus.subscribe("a"))
        proxy.delay_s = 0.03  # 2 MB/s, and half a second for a read
        await bus.publish_many("a", sent)
        got: list[Item | Gap] = []
        while len(got) < len(sent):
            got += await messages.batch()
        assert data_of(got) == sent
        assert bus.counters.reconnects >= 1


async def test_tls_is_checked(tmp_path: Path) -> None:
    """`rediss://` works with the authority's file, and a server that nobody vouches for is refused."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("127.0.0.1")
    tls_port = free_port()
    files = ["--tls-cert-file", str(certificate), "--tls-key-file", str(key), "--tls-ca-cert-file", str(authority.path)]
    server = RedisServer(command("redis7"), tmp_path, "--tls-port", str(tls_port), "--tls-auth-clients", "no", *files)
    with server.running():
        url = f"rediss://127.0.0.1:{tls_port}/0"
        async with Bus(f"{url}?ssl_ca_certs={authority.path}") as bus, bus.subscribe("a") as messages:
            await bus.publish("a", b"x")
            assert await messages.get() == b"x"
        async with Bus(url) as bus:
            await until(lambda: bus.failure is not None)
            assert "certificate" in str(bus.failure).lower()
