"""Two nodes behind the real nginx, with the file that is deployed."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from tests.live.client import connected
from tests.live.product import Product, free_port
from tests.peers.certs import Authority
from tests.peers.nginx import check, nginx, placed
from tests.peers.redis import RedisServer

METRICS_TOKEN = "metrics-0123456789abcdef0123456789"
SOCKETS = 20


@pytest.fixture
def front(tmp_path: Path, redis_server: RedisServer, ann_store: Path) -> Product:
    """What people see: nginx's port, with the settings that both nodes share; never started itself."""
    shared = {"BUS_URL": redis_server.url, "TRUSTED_PROXIES": "127.0.0.1", "METRICS_TOKEN": METRICS_TOKEN, "SESSIONS_PER_USER": "100"}
    made = Product(tmp_path, shared)
    made.furnish(ann_store)
    return made


def node(front: Product) -> Product:
    """A node of that installation at a port of its own."""
    port = free_port()
    return Product(front.folder, front.settings | {"LISTEN": f"127.0.0.1:{port}"}, port)


async def follow(front: Product, http: httpx.AsyncClient, last: int, welcomed: asyncio.Event) -> tuple[list[int], list[int]]:
    """A client that comes back whenever it loses its socket: the positions it received up to `last`, and how its sockets ended."""
    seqs: list[int] = []
    ends: list[int] = []
    while True:
        try:
            async with connected(front, http, since=seqs[-1] if seqs else None) as client:
                welcomed.set()
                try:
                    while not seqs or seqs[-1] < last:
                        frame = await client.next(60)
                        if frame["t"] == "event" and frame["topic"] == "inbox":
                            seqs.append(frame["seq"])
                    return seqs, ends
                except ConnectionClosed as closed:
                    ends.append(closed.rcvd.code if closed.rcvd else 1006)
        except (InvalidStatus, ConnectionClosed, OSError):
            ends.append(-1)  # came to nobody, or not as far as a welcome
        await asyncio.sleep(0.1)


async def publish(front: Product, first: int, last: int) -> None:
    """Publishes through nginx as a careful source does: again, under the same id, until it is answered 202."""
    for number in range(first, last + 1):
        title = {"ru": f"Заявка {number}", "en": f"Ticket {number}"}
        event = {"id": f"n{number}", "navuser": "ann", "data": {"kind": "ticket", "title": title, "body": "-"}}
        async with asyncio.timeout(30):
            while (await front.publish(event)).status_code != 202:  # noqa: ASYNC110 - a source that tries again
                await asyncio.sleep(0.1)


def test_the_file_is_sound(tmp_path: Path) -> None:
    """nginx takes the deployed file, as it is and with TLS switched on, without a word of warning."""
    certificates = Authority(tmp_path).issue("localhost")
    for tls in (None, (*certificates, free_port())):
        done = check(placed(tmp_path, free_port(), [free_port(), free_port()], tls=tls))
        assert done.returncode == 0, done.stderr
        assert "[warn]" not in done.stderr


async def test_a_node_goes_and_nobody_misses_anything(front: Product, tmp_path: Path) -> None:
    """20 sockets spread over both nodes; one node is told to end, and its clients resume at the other: each notification once."""
    first, second = node(front), node(front)
    path = placed(tmp_path, front.port, [first.port, second.port])
    async with first.running(), second.running(), AsyncExitStack() as stack:
        stack.enter_context(nginx(path, front.port))
        http = await stack.enter_async_context(front.signed_in("ann"))
        assert (await http.get("/health/ready")).status_code == 200
        assert (await http.get("/metrics")).status_code == 404
        welcomed = [asyncio.Event() for _ in range(SOCKETS)]
        async with asyncio.TaskGroup() as group:
            clients = [group.create_task(follow(front, http, 40, event), name=f"client_{n}") for n, event in enumerate(welcomed)]
            async with asyncio.timeout(30):
                await asyncio.gather(*(event.wait() for event in welcomed))
            spread = [await first.metric("navigator_connections"), await second.metric("navigator_connections")]
            assert sum(spread) == SOCKETS
            assert min(spread) >= SOCKETS // 4, spread
            await publish(front, 1, 10)
            going = group.create_task(first.stop(), name="going")
            await publish(front, 11, 30)
            await going
            await publish(front, 31, 40)
        results = [client.result() for client in clients]
        assert [seqs for seqs, _ in results] == [list(range(1, 41))] * SOCKETS
        moved = [ends for _, ends in results if ends]
        assert len(moved) == spread[0]
        assert all(ends == [4000] for ends in moved), "a client was told to go and came to a node that did not take it"
        assert front.rows("SELECT count(*), count(DISTINCT seq) FROM inbox") == [(40, 40)]
