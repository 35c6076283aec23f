"""adapters.redmine.engine and errors: deadlines, read only, which errors pass by themselves."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import sqlalchemy as sa

from adapters.redmine.engine import create_engine, normalise_url, reading
from adapters.redmine.errors import RedmineAway, RedmineError, RedmineRefused
from adapters.redmine.source import RedmineSource
from tests.adapters.redmine.watching import Watching
from tests.peers.redmine_peer import RedminePeer


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("mysql://u:p@h/redmine", "mysql+aiomysql://u:***@h/redmine?charset=utf8mb4"),
        ("mariadb+pymysql://u@h:3307/redmine?charset=utf8", "mysql+aiomysql://u@h:3307/redmine?charset=utf8"),
        ("sqlite:////tmp/redmine.db", "sqlite+aiosqlite:////tmp/redmine.db"),
    ],
)
def test_addresses_are_normalised(written: str, read: str) -> None:
    """The usual ways to write the address lead to the asynchronous drivers, utf8mb4 unless told otherwise."""
    assert normalise_url(written).render_as_string(hide_password=True) == read


def test_other_systems_are_refused() -> None:
    """A database that Redmine cannot live in here is a mistake in the settings."""
    with pytest.raises(ValueError, match="postgresql"):
        normalise_url("postgresql://u@h/redmine")


class Proxy:
    """Passes bytes on to the database, until it stalls: then it swallows them, and its connections stay open."""

    def __init__(self) -> None:
        self.port = 0
        self.stalled = False
        self.seen = 0

    async def serve(self, host: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.seen += 1
        there, back = await asyncio.open_connection(host, port)

        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            while data := await source.read(65536):
                if not self.stalled:
                    sink.write(data)
                    await sink.drain()

        try:
            with suppress(OSError):
                pumps = [asyncio.ensure_future(pump(reader, back)), asyncio.ensure_future(pump(there, writer))]
                await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
                for task in pumps:
                    task.cancel()
                await asyncio.gather(*pumps, return_exceptions=True)
        finally:
            for stream in (back, writer):
                stream.close()
                with suppress(OSError):
                    await stream.wait_closed()


@asynccontextmanager
async def stalling(url: str) -> AsyncIterator[tuple[Proxy, str]]:
    """A proxy before the database, and the address through it."""
    address = sa.make_url(url)
    host, port = str(address.host), int(address.port or 3306)
    proxy = Proxy()
    open_connections: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(proxy.serve(host, port, reader, writer), name="proxy")
        open_connections.add(task)
        task.add_done_callback(open_connections.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy, address.set(port=proxy.port).render_as_string(hide_password=False)
    finally:
        server.close()
        for task in list(open_connections):
            task.cancel()
        await asyncio.gather(*open_connections, return_exceptions=True)
        await server.wait_closed()


@pytest.mark.redmine
async def test_a_hung_server_is_noticed_within_the_deadline(redmine_peer: RedminePeer) -> None:
    """A server that accepts and never answers costs one deadline, the error is transient, and the next look works."""
    async with stalling(redmine_peer.db_min_url) as (proxy, url):
        engine = create_engine(url, deadline_s=0.5)
        try:
            watching = Watching(engine, deadline_s=0.5)
            await watching.source.start(None)
            await watching.look()
            for _ in range(2):  # in the middle of a connection, then at connecting
                proxy.stalled = True
                began = time.monotonic()
                with pytest.raises(RedmineSource.transient) as caught:
                    await watching.look()
                assert time.monotonic() - began < 1.5
                assert "answer" in str(caught.value)
            before = proxy.seen
            proxy.stalled = False
            await watching.restart()
            await watching.look()
            await watching.look()
            assert proxy.seen == before + 1  # the stalled connection was thrown away, the new one is kept
        finally:
            await engine.dispose()


@pytest.mark.redmine
async def test_a_cancelled_look_leaves_no_broken_connection(redmine_peer: RedminePeer) -> None:
    """Cancelling a statement passes through, and the connection is not used again."""
    engine = create_engine(redmine_peer.db_min_url)
    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), reading(engine, 5) as reader:
                await reader.rows(sa.text("SELECT SLEEP(3)"))
        async with reading(engine, 5) as reader:
            assert (await reader.rows(sa.text("SELECT 42")))[0][0] == 42
    finally:
        await engine.dispose()


@pytest.mark.redmine
async def test_a_killed_connection_is_an_outage_of_one_look(redmine_peer: RedminePeer) -> None:
    """A server that drops its connections, as at a restart, is away, and the next look connects anew."""
    engine = create_engine(redmine_peer.db_min_url)
    try:
        async with reading(engine, 5) as first, reading(engine, 5) as second:
            victim = (await first.rows(sa.text("SELECT CONNECTION_ID()")))[0][0]
            with pytest.raises(sa.exc.ResourceClosedError):  # KILL has no rows
                await second.rows(sa.text(f"KILL {victim:d}"))
            with pytest.raises(RedmineAway):
                await first.rows(sa.text("SELECT 1"))
        async with reading(engine, 5) as reader:
            assert len(await reader.rows(sa.text("SELECT 1"))) == 1
    finally:
        await engine.dispose()


@pytest.mark.redmine
async def test_a_wrong_password_is_no_outage(redmine_peer: RedminePeer) -> None:
    """It is refused with words, is not transient, and the message has neither password nor address."""
    wrong = sa.make_url(redmine_peer.db_min_url).set(password="wrong-secret").render_as_string(hide_password=False)
    engine = create_engine(wrong)
    try:
        with pytest.raises(RedmineRefused, match="password") as caught:
            await Watching(engine).source.start(None)
        assert not isinstance(caught.value, RedmineSource.transient)
        assert "wrong-secret" not in str(caught.value)
    finally:
        await engine.dispose()


@pytest.mark.redmine
async def test_a_missing_grant_and_a_write_are_refused(redmine_peer: RedminePeer) -> None:
    """What the account may not read stays unread, and even an account with all rights cannot write through our engine."""
    engine = create_engine(redmine_peer.db_min_url)
    rich = create_engine(redmine_peer.db_rw_url)
    try:
        async with reading(engine, 5) as reader:
            with pytest.raises(RedmineRefused, match=r"1142|1143"):
                await reader.rows(sa.text("SELECT value FROM tokens"))
        with pytest.raises(sa.exc.DBAPIError, match="READ ONLY"):
            async with reading(rich, 5) as reader:
                await reader.rows(sa.text("DELETE FROM journals"))
    finally:
        await engine.dispose()
        await rich.dispose()


async def test_a_server_that_is_not_there_is_away() -> None:
    """Connection refused: wait and try again."""
    engine = create_engine("mysql://u:p@127.0.0.1:1/redmine")
    try:
        with pytest.raises(RedmineAway) as caught:
            await RedmineSource(engine).start(None)
        assert isinstance(caught.value, RedmineError)
    finally:
        await engine.dispose()
