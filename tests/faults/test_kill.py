"""`kill -9` again and again under load: nothing lost, nothing doubled, one end for each notification."""

from __future__ import annotations

import asyncio
import os
import random

from tests.faults.conftest import Rows
from tests.faults.ends import all_ended, note
from tests.faults.witness import Witness, publish, watching
from tests.live.product import Product

KILLS = int(os.environ.get("KILLS", "6"))
"""`make soak` takes 100."""
EACH, BATCH = 1000, 50


async def test_killed_again_and_again(product: Product, rows: Rows) -> None:
    """A resuming client has every notification once and in order after all the kills; one without positions has lost some."""
    resuming, naive = Witness(), Witness(resumes=False)
    total = KILLS * EACH
    product.start()
    await product.answers()
    try:
        async with product.signed_in("ann") as http, watching([product], http, resuming, naive):

            async def feed() -> None:
                for first in range(0, total, BATCH):
                    await publish([product], ({"id": str(n), "navuser": "ann", "data": note(n)} for n in range(first, first + BATCH)))

            feeding = asyncio.create_task(feed(), name="feed")
            dice = random.Random(7)
            for kill in range(KILLS):
                await resuming.until((kill * EACH) + int(EACH * dice.random()), 60)
                await product.kill()
                product.start()
                await product.answers()
            await asyncio.wait_for(feeding, 120)
            await resuming.until(total, 60)
            assert resuming.connections > KILLS
            assert resuming.ids == [str(n) for n in range(total)]
            assert len(set(naive.ids)) < total, "without positions the kills did no harm: this test shows nothing"
            await all_ended(rows, total)
    finally:
        await product.stop()
