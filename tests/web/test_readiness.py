"""Whether a node can serve."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hub.schema import Schema
from hub.writer import Writer
from tests.clock import Clock
from tests.conftest import sqlite_copy
from tests.web.node import AWAY, HERE, open_node
from web.readiness import Readiness, schema_probe, store_probe

TOKEN = "a-token-of-enough-length-1"


@pytest.fixture
def store_url(store_file: Path, tmp_path: Path) -> str:
    """SQLite alone: these tests spoil what says how old the tables are, which others of a server's database go by."""
    return sqlite_copy(store_file, tmp_path)


async def test_a_probe_that_fails_hangs_or_says_no_makes_the_node_unready(clock: Clock) -> None:
    """Each part has its reason and since when; one log line for each turn."""
    answers: dict[str, str | None] = {"store": None}
    hangs = asyncio.Event()

    async def store() -> str | None:
        return answers["store"]

    async def slow() -> str | None:
        await hangs.wait()
        return None

    async def broken() -> str | None:
        if answers["store"]:
            raise ConnectionError("secret address")
        return None

    readiness = Readiness(probes={"store": store, "broken": broken}, states={"draining": lambda: None}, now=clock)
    assert not readiness.ok
    with capture_logs() as logs:
        await readiness.look()
        assert readiness.ok
        answers["store"] = "locked"
        clock.advance(60)
        await readiness.look()
        await readiness.look()
        assert {part.name: part.reason for part in readiness.parts()} == {"store": "locked", "broken": "ConnectionError", "draining": None}
        assert [part.since for part in readiness.parts()] == [clock(), clock(), clock.at.replace(minute=0)]
        answers["store"] = None
        await readiness.look()
    assert [line["event"] for line in logs] == ["ready", "not_ready", "ready"]
    stuck = Readiness(probes={"slow": slow}, states={}, now=clock, limit_s=0.01)
    await stuck.look()
    assert [part.reason for part in stuck.parts()] == ["no_answer"]


async def test_a_store_that_takes_no_writes_is_told(store: AsyncEngine, clock: Clock, tmp_path: Path) -> None:
    """Reading still works on a read-only store; the probe writes, so it knows."""
    writer = Writer(store)
    task = asyncio.create_task(writer.run(), name="writer")
    probe = store_probe(writer, clock)
    try:
        assert await probe() is None
        assert await probe() is None

        @sa.event.listens_for(writer.engine, "before_cursor_execute")
        def _read_only(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
            if statement.startswith("UPDATE"):
                raise sa.exc.OperationalError(statement, {}, OSError("read only"))

        assert await probe() == "OSError"
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_older_tables_are_not_ready_and_newer_ones_are(store: AsyncEngine) -> None:
    """A node must not serve on tables it lacks; one that is updated last must not fall out while others are ahead."""
    schema = await asyncio.to_thread(Schema)
    probe = schema_probe(schema, store)
    assert (await schema.compare(store), await probe()) == ("same", None)
    async with store.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = 'ffff'"))
    assert (await schema.compare(store), await probe()) == ("newer", None)
    async with store.begin() as connection:
        await connection.execute(sa.text("DELETE FROM alembic_version"))
    assert await schema.compare(store) == "older"
    assert await probe() is not None


async def test_the_public_learns_whether_and_no_more(tmp_path: Path, store_file: Path) -> None:
    """Details go to this machine, to the metrics token and to administrators; a proxy on this machine speaks for others."""
    async with open_node(tmp_path, store_file, metrics_token=TOKEN) as node:
        await node.ready()
        async with node.client() as public, node.client(HERE) as local, node.client(HERE, x_forwarded_for="203.0.113.9") as proxied:
            assert (await public.get("/health/live")).text == "ok\n"
            assert (await public.get("/health/ready")).json() == {"ok": True}
            assert (await proxied.get("/health/ready")).json() == {"ok": True}
            assert (await local.get("/health/ready", headers={"host": "evil.test"})).json() == {"ok": True}
            told = (await local.get("/health/ready")).json()["parts"]
            assert {part["name"] for part in told} == {"store", "schema", "bus", "draining"}
            assert all(part["ok"] and part["since"] for part in told)
        async with node.client(authorization=f"Bearer {TOKEN}") as scraper, node.client(authorization=f"Bearer {TOKEN}x") as guesser:
            assert "parts" in (await scraper.get("/health/ready")).json()
            assert "parts" not in (await guesser.get("/health/ready")).json()
        async with node.signed_in("root", permissions=["admin"]) as admin, node.signed_in("anna") as anna:
            assert "parts" in (await admin.get("/health/ready")).json()
            assert "parts" not in (await anna.get("/health/ready")).json()


async def test_a_draining_node_is_alive_and_not_ready(tmp_path: Path, store_file: Path) -> None:
    """A balancer takes it out at once, and nobody restarts it."""
    async with open_node(tmp_path, store_file) as node:
        await node.ready()
        await node.hub.drain()
        async with node.client(AWAY, host="10.0.0.7:8000") as balancer:
            ready = await balancer.get("/health/ready")
            assert (ready.status_code, ready.json(), ready.headers["retry-after"]) == (503, {"ok": False}, "5")
            assert (await balancer.get("/health/live")).status_code == 200
