"""A Redmine for the demo and the tests: Redmine's own tables in SQLite, Redmine 5's REST API before them, colleagues who use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import sqlalchemy as sa
from starlette.applications import Starlette

from adapters.sandbox.loopback import owned_task, serve
from adapters.sandbox.people import PEOPLE, SERVICE, Person
from adapters.sandbox.redmine import schema
from adapters.sandbox.redmine.database import Database, local_now
from adapters.sandbox.redmine.life import Life
from adapters.sandbox.redmine.rest import build_app
from adapters.sandbox.redmine.seed import seed as fill
from hub.store import create_engine

__all__ = ["SandboxRedmine", "open_sandbox_redmine"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxRedmine:
    """A running sandbox."""

    db_url: str
    """`sqlite+aiosqlite:///…`: for reading, as one would read Redmine's own database."""
    app: Starlette
    """The REST API as an ASGI application."""
    url: str
    """Where the REST API listens on loopback; empty when it was not to be served."""
    api_key: str
    """The service account's key."""
    zone: str
    """Name of the zone in which the database keeps its times."""
    people: tuple[Person, ...]
    database: Database
    life: Life
    """The colleagues; with `life=False` they act only when asked by `life.act()`."""


@asynccontextmanager
async def open_sandbox_redmine(
    directory: Path, *, pace: float = 1.0, life: bool = True, seed: int = 0, served: bool = True, clock: Callable[[], datetime] = local_now
) -> AsyncIterator[SandboxRedmine]:
    """Opens the sandbox that lives in `directory`, seeding it when it is new; data of an earlier run are kept.

    `pace` stretches the pauses between acts (1: one act every 6 to 12 s, the first after 2 s). `seed` chooses the story told at
    the first start and the acts after; 0 lets each start go on differently. Ends its tasks when the block ends.
    """
    files = directory / "files"
    await asyncio.to_thread(files.mkdir, parents=True, exist_ok=True)
    db_url = f"sqlite+aiosqlite:///{directory / 'redmine.sqlite'}"
    engine = create_engine(db_url)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        async with engine.begin() as connection:
            if not set(schema.metadata.tables) <= set(await connection.run_sync(lambda sync: sa.inspect(sync).get_table_names())):
                await connection.run_sync(schema.metadata.create_all)
            if (await connection.execute(sa.select(schema.users.c.id).limit(1))).first() is None:
                await fill(connection, clock(), seed)
        watch = await stack.enter_async_context(engine.connect())
        database = Database(engine, watch, files, clock)
        app = build_app(database)
        url = await stack.enter_async_context(serve(app, "sandbox-redmine")) if served else ""
        transport = httpx.ASGITransport(app)
        client = await stack.enter_async_context(httpx.AsyncClient(transport=transport, base_url="http://sandbox-redmine"))
        colleagues = Life(client, number=seed, pace=pace)
        if life:
            await stack.enter_async_context(owned_task(colleagues.run(), "sandbox-redmine-life"))
        yield SandboxRedmine(
            db_url=db_url,
            app=app,
            url=url,
            api_key=SERVICE.api_key,
            zone="Europe/Moscow",
            people=PEOPLE,
            database=database,
            life=colleagues,
        )
