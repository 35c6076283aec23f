"""Somebody sets the product's clock while notifications wait: nothing lost, nothing doubled, one end each, in time."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.push.vapid import VapidKey
from tests.faults.conftest import Rows
from tests.faults.ends import note
from tests.live.product import Product
from tests.live.test_delivery import register
from tests.peers.autopush import Autopush
from tests.peers.faketime import faketime

pytestmark = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
HOUR_S = 3600
OPEN = "SELECT count(*) FROM inbox WHERE ended_at IS NULL"
PROMISED_S = 12.0
"""From a notification to its push with nobody connected."""


@dataclass
class Clock:
    """The product's time of day."""

    file: Path
    off_s: int = 0

    def set(self, off_s: int) -> None:
        """Sets it so many seconds beside the true one."""
        self.off_s = off_s
        self.file.write_text(f"{off_s:+d}")

    def now_us(self) -> int:
        """As the product's store keeps it."""
        return time.time_ns() // 1000 + self.off_s * 1_000_000


@asynccontextmanager
async def absent(product: Product, push_service: Autopush, folder: Path) -> AsyncIterator[tuple[Clock, str]]:
    """The product with ann, who is not connected and has a device, its endpoint; the first two pushes fail."""
    clock = Clock(folder / "now")
    vapid = VapidKey.load(product.settings["VAPID_PRIVATE_KEY"], product.settings["VAPID_SUBJECT"])
    async with product.running(**faketime(clock.file)):
        async with product.signed_in("ann") as http:
            endpoint = str((await register(http, push_service, vapid))["endpoint"])
        push_service.fault(endpoint, status=503, times=2)
        yield clock, endpoint


async def publish(product: Product, first: int, count: int) -> None:
    """Notifications `first` and so on."""
    answer = await product.publish(*({"id": str(n), "navuser": "ann", "data": note(n)} for n in range(first, first + count)))
    assert answer.status_code == 202


async def retrying(rows: Rows) -> None:
    """Returns when a push has failed and waits to be tried again."""
    async with asyncio.timeout(10):
        while not rows("SELECT 1 FROM inbox WHERE ended_at IS NULL AND state = 'pending' AND attempts > 0"):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def all_pushed(rows: Rows, total: int, clock: Clock, within_s: float) -> None:
    """Every notification was pushed, once, and none is past its deadline by the product's own clock."""
    async with asyncio.timeout(within_s):
        while rows(OPEN)[0][0]:  # noqa: ASYNC110  # another process ends them
            await asyncio.sleep(0.1)
    assert rows("SELECT state, count(*), count(DISTINCT seq) FROM inbox GROUP BY state") == [("pushed", total, total)]
    assert rows("SELECT seq FROM push_attempts WHERE outcome = 'accepted' GROUP BY seq HAVING count(*) <> 1") == []
    assert rows(f"SELECT count(*) FROM inbox WHERE ended_at IS NULL AND deadline_at < {clock.now_us()}") == [(0,)]


async def test_without_a_look_at_the_clock_a_push_waits_for_an_hour(
    product: Product, push_service: Autopush, rows: Rows, tmp_path: Path
) -> None:
    """The harm: with the clock set back nothing is pushed for as long as it was set back, and nothing counts as overdue."""
    product.command = (sys.executable, "-m", "tests.faults.unwatched")
    async with absent(product, push_service, tmp_path) as (clock, _endpoint):
        await publish(product, 0, 2)
        await retrying(rows)
        await publish(product, 2, 4)
        clock.set(-HOUR_S)
        await asyncio.sleep(PROMISED_S)
        assert rows(f"{OPEN} AND seq > 2") == [(4,)]  # a first one may have been tried again just before
        assert rows(f"SELECT count(*) FROM inbox WHERE deadline_at < {clock.now_us() + (HOUR_S - 60) * 1_000_000}") == [(0,)]


@pytest.mark.parametrize(
    "steps", [(-HOUR_S,), (HOUR_S,), (-HOUR_S, 0, HOUR_S, -HOUR_S, 90, 0)], ids=["back", "forth", "back and forth within seconds"]
)
async def test_a_clock_that_is_set_delays_nothing(
    product: Product, push_service: Autopush, rows: Rows, tmp_path: Path, steps: Sequence[int]
) -> None:
    """However the clock is set, each notification is pushed once within the promised time: fresh ones and those that are tried again."""
    async with absent(product, push_service, tmp_path) as (clock, endpoint):
        await publish(product, 0, 2)
        await retrying(rows)
        total = 2
        for step in steps:
            await publish(product, total, 4)
            total += 4
            clock.set(step)
            await asyncio.sleep(0.7)
        await all_pushed(rows, total, clock, PROMISED_S)
        assert push_service.inbox(endpoint)
    assert product.log.read_text().count('"clock_stepped"') >= 1


async def test_a_clock_set_back_while_the_product_is_down_delays_nothing(
    product: Product, push_service: Autopush, rows: Rows, tmp_path: Path
) -> None:
    """What is found at the start further ahead than any first deadline is looked at as if it had just come."""
    async with absent(product, push_service, tmp_path) as (clock, _endpoint):
        clock.set(HOUR_S)
        await asyncio.sleep(1.5)  # the step forth is over: what follows is due in an hour by the true clock
        await publish(product, 0, 4)
        await product.kill()
        assert rows(OPEN) == [(4,)]
        clock.set(0)
        product.start(**(faketime(clock.file)))
        await product.answers()
        await all_pushed(rows, 4, clock, PROMISED_S + 4)  # two pushes fail first
