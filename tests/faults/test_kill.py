"""`kill -9` again and again under load: nothing lost, nothing doubled, one end for each notification."""

from __future__ import annotations

import asyncio
import os
import random
import time

from tests.faults.witness import Witness, publish, watching
from tests.live.product import Product

KILLS = int(os.environ.get("KILLS", "8"))
"""`make soak` takes 100."""
EACH, BATCH = 1000, 50


async def overdue_clears(product: Product, within_s: float) -> None:
    """Returns when no open row is past its deadline."""
    async with asyncio.timeout(within_s):
        while product.rows("SELECT 1 FROM inbox WHERE ended_at IS NULL AND deadline_at < ? LIMIT 1", time.time_ns() // 1000):  # noqa: ASYNC110  # another process clears it
            await asyncio.sleep(0.1)


async def test_killed_again_and_again(product: Product) -> None:
    """A resuming client has every notification once and in order after all the kills; one without positions has lost some."""
    resuming, naive = Witness(), Witness(resumes=False)
    total = KILLS * EACH
    product.start()
    await product.answers()
    try:
        async with product.signed_in("ann") as http, watching(product, http, resuming, naive):

            async def feed() -> None:
                for first in range(0, total, BATCH):
                    await publish(product, ({"id": str(n), "navuser": "ann", "data": note(n)} for n in range(first, first + BATCH)))

            feeding = asyncio.create_task(feed(), name="feed")
            dice = random.Random(7)
            for kill in range(KILLS):
                await resuming.until((kill * EACH) + int(EACH * dice.random()), 60)
                await product.kill()
                product.start()
                await product.answers()
            await asyncio.wait_for(feeding, 120)
            await resuming.until(total, 60)
            await overdue_clears(product, 10)
            assert resuming.connections > KILLS
            assert resuming.ids == [str(n) for n in range(total)]
            assert len(set(naive.ids)) < total, "without positions the kills did no harm: this test shows nothing"
            async with asyncio.timeout(20):  # the last receipts, or their deadlines
                while product.rows("SELECT count(*) FROM inbox WHERE ended_at IS NULL") != [(0,)]:  # noqa: ASYNC110  # another process ends them
                    await asyncio.sleep(0.2)
        assert product.rows("SELECT count(*), count(DISTINCT seq), count(DISTINCT event_pk), max(seq) FROM inbox") == [(total,) * 4]
        assert {state for (state,) in product.rows("SELECT DISTINCT state FROM inbox")} <= {
            "received",
            "read_elsewhere",
            "pushed",
            "failed",
        }
    finally:
        await product.stop()


def note(n: int) -> dict[str, object]:
    """What an inbox is sent."""
    return {"kind": "system", "title": {"ru": f"№ {n}", "en": f"No {n}"}}
