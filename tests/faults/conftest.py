"""One product or several nodes, on each store in turn."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.live.conftest import push_service
from tests.live.product import Product
from tests.peers.autopush import Autopush
from tests.peers.mariadb import MariaDb
from tests.peers.redis import RedisServer, command

__all__ = ["push_service"]

Rows = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture
def rows(store_url: str, request: pytest.FixtureRequest) -> Rows:
    """Looks into the store from outside."""
    if store_url.startswith("mysql"):
        server: MariaDb = request.getfixturevalue("mariadb")
        return lambda query: server.sql(query, database="navigator")

    def read(query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{store_url.partition('///')[2]}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(query).fetchall()

    return read


@pytest.fixture
def settings(store_url: str, push_service: Autopush) -> dict[str, str]:
    """What every node is given."""
    return {"STORE_URL": store_url, "SECRET_KEYS": "k" * 40, "PUSH_ALLOWED_HOSTS": push_service.url, "METRICS_TOKEN": "m" * 40}


@pytest.fixture
def product(tmp_path: Path, settings: dict[str, str]) -> Product:
    """An installation that is not started yet, with one account: ann."""
    made = Product(tmp_path, settings)
    made.add_user("ann", "--admin")
    return made


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """A server that keeps nothing when it is killed."""
    with RedisServer(command("redis7"), tmp_path_factory.mktemp("redis")).running() as server:
        yield server


@pytest.fixture
def nodes(tmp_path: Path, settings: dict[str, str], redis: RedisServer) -> list[Product]:
    """Two nodes of one installation, not started yet, with one account: ann."""
    made = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        made.append(Product(folder, settings | {"BUS_URL": redis.url}))
    made[0].add_user("ann", "--admin")
    return made
