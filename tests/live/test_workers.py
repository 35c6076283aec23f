"""Several workers behind one socket, as an operator starts them, over a real Redis."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.live.client import Client, connected
from tests.live.product import Product
from tests.live.raw import raw, request
from tests.peers.mariadb import MariaDb
from tests.peers.redis import RedisServer

SERVE = (sys.executable, "-m", "web.cli", "serve", "--workers", "2")


@pytest.fixture
def product(tmp_path: Path, redis_server: RedisServer, ann_store: Path) -> Product:
    """An installation of two workers over Redis and one SQLite store, not started; with one account: ann."""
    made = Product(tmp_path, {"BUS_URL": redis_server.url}, command=SERVE)
    made.furnish(ann_store)
    return made


def workers(product: Product) -> list[int]:
    """Process ids of the parent's children."""
    assert product.process is not None
    children = Path(f"/proc/{product.process.pid}/task/{product.process.pid}/children")
    return [int(word) for word in children.read_text().split()]


def lives(pid: int) -> bool:
    """Whether a process exists and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def serving(product: Product, pids: list[int]) -> dict[int, int]:
    """Accepted connections at the product's port that each worker holds, as the kernel counts them."""
    held = {}
    ours = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if _is_server_end(line.split(), product.port)}
    for pid in pids:
        links = [os.readlink(entry) for entry in Path(f"/proc/{pid}/fd").iterdir() if entry.is_symlink()]
        held[pid] = sum(1 for link in links if (found := re.fullmatch(r"socket:\[(\d+)\]", link)) and found[1] in ours)
    return held


def _is_server_end(fields: list[str], port: int) -> bool:
    return int(fields[1].rpartition(":")[2], 16) == port and fields[3] == "01"


async def until(condition: Callable[[], object], what: str) -> None:
    """Returns when it holds."""
    try:
        async with asyncio.timeout(40):
            while not condition():  # noqa: ASYNC110 - what is waited for is another process
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(what) from None


async def all_ready(product: Product, count: int = 2) -> None:
    """Returns when so many workers have told that they are ready."""
    await until(lambda: product.log.read_text().count('"event": "ready"') >= count, "not ready: " + product.log.read_text()[-4000:])


@asynccontextmanager
async def both_ready(product: Product) -> AsyncIterator[None]:
    """The product, while the block runs. Its socket listens from the parent's first moment: who comes early waits for a worker."""
    async with product.running():
        await all_ready(product)
        yield


async def closing(client: Client) -> tuple[bool, int | None]:
    """Reads to the end: whether `draining` was said, and the close code."""
    try:
        while True:
            await client.next(30)
    except ConnectionClosed as closed:
        said = any(frame["t"] == "draining" for frame in client.frames)
        return said, closed.rcvd.code if closed.rcvd else None


def notice(number: int) -> dict[str, object]:
    """A notification to ann."""
    title = {"ru": f"Заявка {number}", "en": f"Ticket {number}"}
    return {"id": f"n{number}", "navuser": "ann", "data": {"kind": "ticket", "title": title, "body": "-"}}


async def published(product: Product, first: int, last: int) -> None:
    """Publishes these notifications, each in a request of its own."""
    for number in range(first, last + 1):
        answer = await product.publish(notice(number))
        assert answer.status_code == 202, answer.text


async def on_both(product: Product, http: httpx.AsyncClient, stack: AsyncExitStack) -> dict[int, list[Client]]:
    """Connects until each worker has a client: the clients by their worker."""
    pids = workers(product)
    assert len(pids) == 2
    clients: dict[int, list[Client]] = {pid: [] for pid in pids}
    while not all(clients.values()):
        assert sum(map(len, clients.values())) < 60, clients
        before = serving(product, pids)
        client = await stack.enter_async_context(connected(product, http))
        after = serving(product, pids)
        (mine,) = [pid for pid in pids if after[pid] > before[pid]]
        clients[mine].append(client)
    return clients


@pytest.mark.mariadb
async def test_both_serve_with_mariadb(product: Product, mariadb_store: str, mariadb: MariaDb) -> None:
    """The same two workers over a store on a server."""
    mariadb.empty("navigator")
    product.settings |= {"STORE_URL": mariadb_store, "SECRET_KEYS": "0123456789abcdef0123456789abcdef"}
    product.add_user("ann", "--admin")
    await test_both_serve(product)


async def test_both_serve(product: Product) -> None:
    """Connections come to both workers, and what one of them takes in reaches the sockets of both."""
    async with both_ready(product), product.signed_in("ann") as http, AsyncExitStack() as stack:
        clients = await on_both(product, http, stack)
        await published(product, 1, 20)
        for client in (one for group in clients.values() for one in group):
            await client.until_seq(20)
            assert client.seqs == list(range(1, 21))


async def test_a_killed_worker_is_replaced(product: Product) -> None:
    """After kill -9 of a worker the other goes on, a new one comes, and a client of the dead one resumes without loss."""
    async with both_ready(product), product.signed_in("ann") as http, AsyncExitStack() as stack:
        clients = await on_both(product, http, stack)
        (victim, hit), (other, kept) = ((pid, group[0]) for pid, group in clients.items())
        await published(product, 1, 5)
        await asyncio.gather(hit.until_seq(5), kept.until_seq(5))
        os.kill(victim, signal.SIGKILL)
        assert await closing(hit) == (False, None)
        await published(product, 6, 10)
        async with connected(product, http, since=5) as again:
            await published(product, 11, 15)
            await asyncio.gather(again.until_seq(15), kept.until_seq(15))
            assert again.seqs == list(range(6, 16))
            assert kept.seqs == list(range(1, 16))
        await all_ready(product, 3)
        assert other in workers(product)
        assert victim not in workers(product)
        assert len(workers(product)) == 2
    lines = [json.loads(line) for line in product.log.read_text().splitlines() if line.startswith("{")]
    assert [line["pid"] for line in lines if line["event"] == "worker_died"] == [victim]


async def test_a_worker_that_is_told_to_end_takes_nobody_more(product: Product) -> None:
    """While it drains, who comes is served by the other, never refused with 503; then a new worker has its place."""
    async with both_ready(product), product.signed_in("ann") as http, AsyncExitStack() as stack:
        clients = await on_both(product, http, stack)
        victim, (client, *_) = next(iter(clients.items()))
        os.kill(victim, signal.SIGTERM)
        await client.until("draining")  # and it waits for our side of the close, which we do not read yet
        for _ in range(30):
            async with raw(product) as stranger:
                await stranger.send(request(product, http))
                await stranger.upgraded()
        assert lives(victim)
        assert await closing(client) == (True, 4000)
        await all_ready(product, 3)
        assert victim not in workers(product)
        assert len(workers(product)) == 2


async def test_sigterm_drains_all(product: Product) -> None:
    """SIGTERM to the parent tells the clients of every worker to come back, closes them with 4000, and ends every process."""
    async with both_ready(product), product.signed_in("ann") as http, AsyncExitStack() as stack:
        clients = await on_both(product, http, stack)
        pids = workers(product)
        assert product.process is not None
        product.process.send_signal(signal.SIGTERM)
        ends = await asyncio.gather(*(closing(one) for group in clients.values() for one in group))
        assert set(ends) == {(True, 4000)}
        assert await product.ended(25) == 0
        assert not any(lives(pid) for pid in pids)


async def test_workers_end_with_a_killed_parent(product: Product) -> None:
    """After kill -9 of the parent its workers drain and end by themselves: no port stays taken."""
    async with both_ready(product), product.signed_in("ann") as http, AsyncExitStack() as stack:
        clients = await on_both(product, http, stack)
        pids = workers(product)
        await product.kill()
        ends = await asyncio.gather(*(closing(one) for group in clients.values() for one in group))
        assert set(ends) == {(True, 4000)}
        await until(lambda: not any(lives(pid) for pid in pids), "workers outlive their parent")


async def test_redis_is_away_at_the_start(product: Product, redis_server: RedisServer) -> None:
    """Without its bus a node answers that it lives and is not ready, serves when the bus comes, and ends when told to."""
    redis_server.kill()
    async with product.running():
        await until(lambda: product.log.read_text().count("Application startup complete") == 2, "not started")
        async with httpx.AsyncClient(base_url=product.url, timeout=10) as stranger:
            assert (await stranger.get("/health/live")).status_code == 200
            assert (await stranger.get("/health/ready")).status_code == 503
        redis_server.start()
        await all_ready(product)
        async with product.signed_in("ann") as http, connected(product, http) as client:
            await published(product, 1, 1)
            await client.until_seq(1)
        redis_server.kill()
        pids = workers(product)
        await product.stop()
        assert not any(lives(pid) for pid in pids)
        assert '"worker_killed"' not in product.log.read_text()


def test_a_memory_bus_is_refused(tmp_path: Path) -> None:
    """Without a bus that workers share the command ends with code 3 and says what to set."""
    product = Product(tmp_path)
    done = subprocess.run(SERVE, cwd=tmp_path, env=product.environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "BUS_URL" in done.stderr
    assert "redis://" in done.stderr
