"""What all tests share: a guard against blocking the event loop, a fresh store, a clock that a test moves."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store import create_engine, migrate
from tests.clock import Clock

_MAY_BLOCK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("hub/store.py", ("create_engine",)),  # once: SQLAlchemy makes the path of an SQLite file absolute
    ("adapters/redmine/engine.py", ("create_engine",)),
    ("hub/store.py", ("migrate", "upgrade")),  # once, before anything is served; Alembic reads its scripts
    ("zoneinfo/_common.py", ("load_tzdata", "load_data", "from_file")),  # a zone's file: 1 kB, once for each zone of a process
    ("zoneinfo/_tzpath.py", ("find_tzfile",)),
    ("/linecache.py", ("checkcache", "updatecache")),  # tracebacks in log lines
    ("/structlog/_frames.py", ("_format_exception",)),
)


@pytest.fixture(autouse=True)
def blocked_loop() -> Iterator[None]:
    """Fails whatever blocks the event loop with our own code on the stack; tests themselves may."""
    guard = BlockBuster(scanned_modules=["hub", "adapters", "web"])
    for function in guard.functions.values():
        for file, names in _MAY_BLOCK:
            function.can_block_in(file, set(names))
    guard.activate()
    yield
    guard.deactivate()


@pytest.fixture(scope="session")
def store_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite store. Copied, never opened: migrating takes longer than most tests."""
    path = tmp_path_factory.mktemp("store") / "empty.sqlite"

    async def make() -> None:
        engine = create_engine(f"sqlite+aiosqlite:///{path}")
        await migrate(engine)
        await engine.dispose()

    asyncio.run(make())
    return path


@pytest.fixture
async def store(store_file: Path, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A fresh migrated store of this test's own."""
    path = tmp_path / "hub.sqlite"
    shutil.copyfile(store_file, path)
    engine = await asyncio.to_thread(create_engine, f"sqlite+aiosqlite:///{path}")
    yield engine
    await engine.dispose()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at Monday noon, Moscow time, until the test moves it."""
    return Clock()
