"""A connection comes and goes without a garbage collector: `python -m tests.web.leaves_nothing FOLDER` prints what is left of it.

In a process of its own: asyncio's debug mode, in which the tests run, keeps frames that hold on to everything.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from datetime import UTC, datetime

import sqlalchemy as sa
import uvloop

from hub.hub import Hub
from hub.session import Session
from hub.store import create_engine, migrate, users
from hub.topic import Topic, fold_by_key
from hub.wire import CLOSE, FrameReader
from tests.hub.frames import client_frame
from tests.web.test_connection import Client
from web.connection import Connection

__all__ = ["main"]


async def main(folder: str) -> None:
    """Opens and closes one connection, then looks."""
    engine = create_engine(f"sqlite+aiosqlite:///{folder}/hub.sqlite")
    await migrate(engine)
    async with engine.begin() as connection:
        await connection.execute(sa.insert(users), [{"id": 1, "name": "u", "display_name": "", "created_at": datetime.now(UTC)}])
    hub = Hub(engine)
    hub.topics.add(Topic(name="app:", fold=fold_by_key, publishable=True))
    running = asyncio.create_task(hub.run(), name="hub")
    await hub.ready()
    gc.collect()
    gc.disable()
    await come_and_go(hub)
    await asyncio.sleep(0.1)
    print("left:", sorted(type(each).__name__ for each in gc.get_objects() if isinstance(each, Connection | Session | FrameReader)))  # noqa: T201  # what it is for
    running.cancel()
    await asyncio.wait([running])
    await engine.dispose()


async def come_and_go(hub: Hub) -> None:
    """One client's whole life."""
    client = await Client(hub).opened(None, "app:a")
    client.feed(client_frame(CLOSE, b"\x03\xe8"))
    await client.gone()
    client.connection = client.pipe.protocol = None  # type: ignore[assignment]  # the circle of the test's own making


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
