"""What all tests share: a guard against blocking the event loop, a fresh store, a clock that a test moves."""

from __future__ import annotations

import asyncio
import asyncio.constants
import itertools
import linecache
import shutil
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store import create_engine, migrate
from tests.clock import Clock
from tests.peers.mariadb import MariaDb, mariadb

__all__ = ["mariadb"]

_TESTS = Path(__file__).parent
_APART = ("faults", "live")
_MAY_BLOCK: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("hub/store.py", ("create_engine",)),  # once: SQLAlchemy makes the path of an SQLite file absolute
    ("adapters/redmine/engine.py", ("create_engine",)),
    ("hub/store.py", ("migrate", "upgrade")),  # once, before anything is served; Alembic reads its scripts
    ("zoneinfo/_common.py", ("load_tzdata", "load_data", "from_file")),  # a zone's file: 1 kB, once for each zone of a process
    ("zoneinfo/_tzpath.py", ("find_tzfile",)),
    ("/linecache.py", ("checkcache", "updatecache")),  # tracebacks in log lines
    ("/structlog/_frames.py", ("_format_exception",)),
    ("/structlog/dev.py", ("__call__",)),  # what tests that set up no log get: rich's tracebacks, where a tool for tests brings rich along
)


# asyncio's debug mode keeps a stack for each future and callback. Those written in C keep the whole of it, pytest's part too, where those
# written in Python keep ten frames; and of every file in it is asked whether it was changed meanwhile. Together that was a third of a run.
_walk_stack = traceback.walk_stack
traceback.walk_stack = lambda frame: itertools.islice(_walk_stack(frame), asyncio.constants.DEBUG_STACK_DEPTH)
linecache.checkcache = lambda filename=None: None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tells pytest-xdist what must stay together: all that use the one Redmine, and the tests of a file, which share servers.

    Those of `_APART` start what they need themselves and wait long for it, so each may go where there is room. First, because pytest-xdist
    reads the groups in the same hook, and plugins that came later are called sooner.
    """
    for item in items:
        path = item.path.relative_to(_TESTS)
        if item.get_closest_marker("redmine"):
            item.add_marker(pytest.mark.xdist_group("redmine"))
        elif path.parts[0] not in _APART:
            item.add_marker(pytest.mark.xdist_group(str(path)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Says so when the groups are not heeded: two tests at once on what is there only once fail now and then, and nobody knows why."""
    grouped = [item for item in session.items if item.get_closest_marker("xdist_group")]
    if getattr(session.config.option, "loadgroup", False) and grouped and "@" not in grouped[0].nodeid:
        raise pytest.UsageError("pytest-xdist does not group the tests: this pytest does not take its names (see pyproject.toml)")


@pytest.fixture(autouse=True, scope="session")
def blocked_loop() -> Iterator[None]:
    """Fails whatever blocks the event loop with our own code on the stack; tests themselves may. Once for all: arming it takes 17 ms."""
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


@pytest.fixture(scope="session")
def mariadb_store(mariadb: MariaDb) -> str:
    """The URL of a migrated database; whoever uses it empties it first."""
    mariadb.sql("CREATE DATABASE navigator")
    url = mariadb.url("navigator")

    async def make() -> None:
        engine = create_engine(url)
        await migrate(engine)
        await engine.dispose()

    asyncio.run(make())
    return url


def sqlite_copy(store_file: Path, tmp_path: Path) -> str:
    """The address of a copy of the migrated store, for tests to which the kind of store makes no difference."""
    path = tmp_path / "hub.sqlite"
    shutil.copyfile(store_file, path)
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def store_url(request: pytest.FixtureRequest, store_file: Path, tmp_path: Path) -> str:
    """The address of a fresh migrated store of this test's own, on each back end in turn."""
    if request.param == "sqlite":
        return sqlite_copy(store_file, tmp_path)
    url: str = request.getfixturevalue("mariadb_store")
    request.getfixturevalue("mariadb").empty("navigator")
    return url


@pytest.fixture
async def store(store_url: str) -> AsyncIterator[AsyncEngine]:
    """A fresh migrated store of this test's own, on each back end in turn."""
    engine = await asyncio.to_thread(create_engine, store_url)
    yield engine
    await engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("mariadb", marks=pytest.mark.mariadb)])
def fresh_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], str]]:
    """Gives addresses of new stores without any table, on each back end in turn."""
    made: list[str] = []

    def new() -> str:
        if request.param == "sqlite":
            made.append(f"{tmp_path}/fresh{len(made)}.sqlite")
            return f"sqlite+aiosqlite:///{made[-1]}"
        made.append(f"fresh{len(made)}")
        server.sql(f"CREATE DATABASE {made[-1]}")
        return server.url(made[-1])

    server: MariaDb = request.getfixturevalue("mariadb") if request.param == "mariadb" else None
    yield new
    if request.param == "mariadb":
        server.sql(*(f"DROP DATABASE {name}" for name in made))


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at Monday noon, Moscow time, until the test moves it."""
    return Clock()
