"""One product and one push service for each test; the real Redmine for a whole run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.push.vapid import VapidKey
from tests.live.product import Product
from tests.live.servers import SERVERS
from tests.peers.autopush import Autopush, autopush
from tests.peers.redis import RedisServer, command
from tests.peers.redmine_peer import redmine_peer

__all__ = ["redmine_peer"]


@pytest.fixture
def push_service() -> Iterator[Autopush]:
    """A push service on loopback, which the operator has allowed by its full origin."""
    with autopush() as peer:
        yield peer


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of this test's own."""
    folder = tmp_path / "redis"
    folder.mkdir()
    with RedisServer(command("redis7"), folder).running() as server:
        yield server


@pytest.fixture
def server(request: pytest.FixtureRequest) -> str:
    """Which of SERVERS serves the product: its own, unless a test is marked EVERY_SERVER."""
    return str(getattr(request, "param", "own"))


@pytest.fixture(scope="session")
def ann_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of an installation with one account, the administrator ann, as the command line made it. Copied, never opened."""
    made = Product(tmp_path_factory.mktemp("ann"))
    made.add_user("ann", "--admin")
    return made.store


@pytest.fixture
def product(tmp_path: Path, push_service: Autopush, server: str, ann_store: Path) -> Product:
    """An installation that is not started yet, with one account: ann."""
    made = Product(tmp_path, {"PUSH_ALLOWED_HOSTS": push_service.url})
    made.command = SERVERS[server](made.port)
    made.furnish(ann_store)
    return made


@pytest.fixture
def vapid(product: Product) -> VapidKey:
    """The product's own key."""
    return VapidKey.load(product.settings["VAPID_PRIVATE_KEY"], product.settings["VAPID_SUBJECT"])
