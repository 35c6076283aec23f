"""People sign in and open pages while Redis is away: neither needs the bus."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.live.product import Product
from tests.peers.redis import RedisServer

WITHIN_S = 5.0
"""For one answer. Checking a password takes a tenth of a second, and tests run beside each other."""

Fault = Callable[[RedisServer], None]


@pytest.fixture
def product(tmp_path: Path, redis_server: RedisServer, ann_store: Path) -> Product:
    """An installation over Redis, not started, with one account: ann."""
    made = Product(tmp_path, {"BUS_URL": redis_server.url})
    made.furnish(ann_store)
    return made


async def ready_is(product: Product, status: int) -> None:
    """Returns when `/health/ready` answers so."""
    async with httpx.AsyncClient(base_url=product.url, timeout=WITHIN_S) as anyone, asyncio.timeout(30):
        while (await anyone.get("/health/ready")).status_code != status:  # noqa: ASYNC110  # another process tells it
            await asyncio.sleep(0.1)


async def comes_and_goes(product: Product) -> None:
    """A browser mistypes the password, signs in by the form, opens a page, signs in anew over the old session, and signs out."""
    async with httpx.AsyncClient(base_url=product.url, timeout=WITHIN_S, headers={"Origin": product.url}) as browser:
        assert (await browser.get("/", headers={"Accept": "text/html"})).headers["location"] == "/users/login?next=%2F"
        assert (await browser.get("/users/login")).status_code == 200
        assert (await browser.post("/users/login", data={"username": "ann", "password": "wrong"})).status_code == 401
        for _ in range(2):
            answer = await browser.post("/users/login", data={"username": "ann", "password": "long-enough-1"})
            assert (answer.status_code, answer.headers["location"]) == (303, "/")
        page = await browser.get("/")
        assert page.status_code == 200
        assert "ann" in page.text
        assert (await browser.get("/users/api/me")).json()["user"]["name"] == "ann"
        assert (await browser.get("/users/logout")).status_code == 303
        assert (await browser.get("/users/api/me")).status_code == 401


@pytest.mark.parametrize("fault", [RedisServer.freeze, RedisServer.kill])
async def test_redis_goes(product: Product, redis_server: RedisServer, fault: Fault) -> None:
    """Right after Redis froze or died, and once the node has noticed, people come and go as ever; when it is back, the node is ready."""
    async with product.running():
        await ready_is(product, 200)
        fault(redis_server)
        await comes_and_goes(product)
        await ready_is(product, 503)
        await comes_and_goes(product)
        if fault is RedisServer.freeze:
            redis_server.thaw()
        else:
            await asyncio.to_thread(redis_server.start)
        await ready_is(product, 200)


@pytest.mark.parametrize("fault", [RedisServer.freeze, RedisServer.kill])
async def test_redis_is_away_from_the_start(product: Product, redis_server: RedisServer, fault: Fault) -> None:
    """A node that has never reached its Redis lets people in as well, and ends when it is told to."""
    fault(redis_server)
    async with product.running():
        await ready_is(product, 503)
        await comes_and_goes(product)
    assert "Application shutdown complete." in product.log.read_text()
