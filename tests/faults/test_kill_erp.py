"""`kill -9` while the ERP's events and reminders of its VPN dates come in: each reaches its people exactly once."""

from __future__ import annotations

import asyncio
import random
import sqlite3
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import date, timedelta

import pytest

from adapters.sandbox.erp import SandboxErp, open_sandbox_erp
from adapters.sandbox.erp.world import local_now
from tests.faults.conftest import Rows
from tests.faults.witness import Witness, watching
from tests.live.product import Product

KILLS = 3
EACH, BATCH = 120, 10
NUMBER = 5006
"""Petrova's in the ERP."""
_AT = ("before_source_commit", "after_source_commit", "after_commit")
"""Moments at which the product is killed exactly, each once."""


@dataclass
class Ledger:
    """What came out of the ERP and what must have become of it."""

    erp: SandboxErp
    rows: Rows
    written: int = 0

    async def write(self, count: int) -> None:
        """So many rows in the ERP's event view, every third one for everybody, each in a transaction of its own."""

        def insert() -> None:
            with closing(sqlite3.connect(self.erp.path, timeout=10)) as db:
                for number in range(self.written, self.written + count):
                    with db:
                        row = (None if number % 3 == 0 else NUMBER, "order", f"№ {number}", f"{local_now():%Y-%m-%d %H:%M:%S}")
                        db.execute("insert into t_navigator_event (USER_ID, KIND, TITLE, CREATED_AT) values (?, ?, ?, ?)", row)

        await asyncio.to_thread(insert)
        self.written += count

    async def ends(self, until: date) -> str:
        """Her VPN access ends then; the beginning of the ids of reminders of it."""

        def update() -> None:
            with closing(sqlite3.connect(self.erp.path, timeout=10)) as db, db:
                db.execute("update t_user set VPN = 1, VPN_END_DATE = ? where USER_ID = ?", (f"{until} 00:00:00", NUMBER))

        await asyncio.to_thread(update)
        return f"{NUMBER}:{until}:"

    def inbox(self, source: str) -> list[tuple[str, bool]]:
        """The ids of what she has in her inbox from it, in order, and whether each is done."""
        found = self.rows(
            "SELECT e.event_id, i.done_at IS NOT NULL FROM inbox i JOIN events e ON e.pk = i.event_pk JOIN users u ON u.id = i.user_id "
            f"WHERE u.name = 'petrova' AND e.source = '{source}' ORDER BY i.seq"
        )
        return [(str(id), str(done) == "1") for id, done in found]

    async def until(self, true: Callable[[], bool]) -> None:
        """Waits for a condition."""
        async with asyncio.timeout(60):
            while not await asyncio.to_thread(true):  # noqa: ASYNC110 - it comes true in another process
                await asyncio.sleep(0.1)


@pytest.fixture
async def ledger(tmp_path_factory: pytest.TempPathFactory, product: Product, rows: Rows) -> AsyncIterator[Ledger]:
    """An ERP that the product is set up for."""
    async with open_sandbox_erp(tmp_path_factory.mktemp("erp"), life=False, seed=1) as erp:
        product.settings |= {"ERP_DSN": erp.dsn, "ERP_USER": erp.user, "ERP_PASSWORD": erp.password}
        yield Ledger(erp, rows)


async def test_the_erp_is_told_of_exactly_once(product: Product, ledger: Ledger) -> None:
    """Killed at any moment and at each that matters, it shows every event once and in the order of the ERP, and each date's reminder once.

    A reminder whose date was moved while the product was down is done after its next start.
    """
    witness, dice = Witness(), random.Random(11)
    today = local_now().date()
    dates = [today + timedelta(days=days) for days in dice.sample(range(2, 7), KILLS + 1)]
    serve, reminders = product.command, []
    product.start()
    await product.answers()
    try:
        async with product.signed_in("petrova", "petrova-pass") as http, watching([product], http, witness):
            await ledger.until(lambda: bool(ledger.rows("SELECT 1 FROM watermarks WHERE source = 'erp'")))

            async def feed() -> None:
                while ledger.written < (KILLS + len(_AT)) * EACH:
                    await ledger.write(BATCH)
                    await asyncio.sleep(0.05)

            feeding = asyncio.create_task(feed(), name="feed")
            for kill in range(KILLS):
                await witness.until(len(reminders) + kill * EACH + int(EACH * dice.random()), 60)
                await product.kill()
                reminders.append(await ledger.ends(dates[kill]))
                product.start()
                await product.answers()
                await ledger.until(lambda: any(id.startswith(reminders[-1]) for id, _ in ledger.inbox("/erp/vpn")))
            await asyncio.wait_for(feeding, 60)
            for step in _AT:
                await product.kill()
                await ledger.write(BATCH)
                product.command = (sys.executable, "-m", "tests.live.kill_at", step)
                product.start()
                assert await product.ended(60) == -9
                product.command = serve
                product.start()
                await product.answers()
            reminders.append(await ledger.ends(dates[-1]))
            await product.kill()
            product.start()
            await product.answers()
            await ledger.until(lambda: len(ledger.inbox("/erp/vpn")) == len(reminders))
            await witness.until(ledger.written + len(reminders), 60)
            await ledger.until(lambda: [done for _, done in ledger.inbox("/erp/vpn")] == [True] * KILLS + [False])
        assert witness.connections > KILLS
        told = [id for id in witness.ids if id.startswith("event:")]
        assert told == [id for id, _ in ledger.inbox("/erp")]
        numbers = [int(id.removeprefix("event:")) for id in told]
        assert numbers == list(range(numbers[0], numbers[0] + ledger.written))
        others = [id for id in witness.ids if not id.startswith("event:")]
        assert others == [id for id, _ in ledger.inbox("/erp/vpn")]
        assert [id.rpartition(":")[0] + ":" for id in others] == reminders
    finally:
        await product.stop()
