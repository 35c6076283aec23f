"""Two nodes over Redis while each part of the installation fails in turn: nothing lost, nothing doubled, one end each."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing

import pytest

from tests.faults.conftest import Rows
from tests.faults.ends import all_ended, note
from tests.faults.witness import Witness, publish, watching
from tests.live.product import Product
from tests.peers.redis import RedisServer

Fault = Callable[[list[Product], RedisServer], Awaitable[None]]


async def redis_restarted(_nodes: list[Product], redis: RedisServer) -> None:
    """Redis loses everything it had."""
    await asyncio.to_thread(redis.restart)


async def redis_frozen(_nodes: list[Product], redis: RedisServer) -> None:
    """Redis answers nobody for six seconds, and goes on."""
    redis.freeze()
    await asyncio.sleep(6)
    redis.thaw()


async def redis_flushed(_nodes: list[Product], redis: RedisServer) -> None:
    """Somebody empties Redis."""
    await asyncio.to_thread(redis.client().flushall)


async def leads(node: Product) -> bool:
    """Whether the node runs the sources, as it says itself."""
    return await node.metric("navigator_leader") == 1


async def leader(nodes: list[Product]) -> Product:
    """The node that leads; which one started first does not tell, since any may have lost its lease on a slow machine."""
    async with asyncio.timeout(30):
        while True:
            for node in nodes:
                if await leads(node):
                    return node
            await asyncio.sleep(0.1)


async def leader_killed(nodes: list[Product], _redis: RedisServer) -> None:
    """The leading node dies and comes back."""
    first = await leader(nodes)
    await first.kill()
    await asyncio.sleep(1)
    first.start()
    await first.answers()


def can_be_written(store_url: str) -> bool:
    """Whether a store in a file can be written to: nobody may while a process stands still inside a transaction (docs/deployment.md)."""
    if not store_url.startswith("sqlite"):
        return True
    with closing(sqlite3.connect(store_url.partition("///")[2], timeout=1, isolation_level=None)) as database:
        try:
            database.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        database.execute("ROLLBACK")
        return True


async def freeze(node: Product, *, writing: bool) -> None:
    """Stop the node where it stands: on SQLite inside one of its transactions if `writing`, else between two. The caller lets it go on."""
    assert node.process is not None
    for _ in range(500):
        os.kill(node.process.pid, signal.SIGSTOP)
        if await asyncio.to_thread(can_be_written, node.settings["STORE_URL"]) is not writing:
            return
        os.kill(node.process.pid, signal.SIGCONT)
        await asyncio.sleep(random.uniform(0.001, 0.005))  # not in step with its work
    pytest.fail("the node was never where it should be stopped")


@asynccontextmanager
async def frozen_leader(nodes: list[Product], *, writing: bool) -> AsyncIterator[Product]:
    """The leading node stands still, where `freeze` says, while the block runs, which is given the other one."""
    first = await leader(nodes)
    (other,) = (node for node in nodes if node is not first)
    assert first.process is not None
    try:
        await freeze(first, writing=writing)
        yield other
    finally:
        os.kill(first.process.pid, signal.SIGCONT)


async def leader_frozen(nodes: list[Product], _redis: RedisServer) -> None:
    """The leading node stands still until the other one leads, then goes on as if nothing had been."""
    async with frozen_leader(nodes, writing=False) as other, asyncio.timeout(30):
        while not await leads(other):  # noqa: ASYNC110  # another process tells it
            await asyncio.sleep(0.1)


async def leader_frozen_writing(nodes: list[Product], _redis: RedisServer) -> None:
    """The leading node stands still inside a transaction of a store in a file: nobody can write until it goes on, nor take the lead."""
    async with frozen_leader(nodes, writing=True) as other:
        await asyncio.sleep(12)  # past the takeover
        assert not await leads(other)


MARIADB = pytest.mark.mariadb


@pytest.mark.parametrize(
    ("store_url", "fault"),
    [
        ("sqlite", redis_restarted),
        ("sqlite", redis_frozen),
        ("sqlite", redis_flushed),
        ("sqlite", leader_frozen),
        ("sqlite", leader_frozen_writing),
        pytest.param("mariadb", leader_killed, marks=MARIADB),
        pytest.param("mariadb", leader_frozen, marks=MARIADB),
    ],
    indirect=["store_url"],
)
async def test_a_part_fails_under_load(nodes: list[Product], redis: RedisServer, rows: Rows, fault: Fault) -> None:
    """Whatever fails while notifications flow, each is shown once and in order, and has one end within 10 s of its deadline."""
    redis.client().flushall()
    witness = Witness()
    total, batch = 1500, 25
    for node in nodes:
        node.start()
        await node.answers()
    try:
        async with nodes[0].signed_in("ann") as http, watching(nodes, http, witness):

            async def feed() -> None:
                for first in range(0, total, batch):
                    await publish(nodes, ({"id": str(n), "navuser": "ann", "data": note(n)} for n in range(first, first + batch)))
                    await asyncio.sleep(0.02)

            feeding = asyncio.create_task(feed(), name="feed")
            await witness.until(300, 30)
            await fault(nodes, redis)
            await asyncio.wait_for(feeding, 60)
            await witness.until(total, 60)
            await all_ended(rows, total)
            assert sorted(witness.ids, key=int) == [str(n) for n in range(total)]
    finally:
        for node in nodes:
            await node.stop()
