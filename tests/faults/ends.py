"""What the ledger must look like after the fault: one end for each notification, nothing overdue."""

from __future__ import annotations

import asyncio
import time

from tests.faults.conftest import Rows

__all__ = ["all_ended", "note", "overdue_clears"]

_ENDS = {"received", "read_elsewhere", "pushed", "failed", "expired"}


def note(n: int) -> dict[str, object]:
    """What an inbox is sent."""
    return {"kind": "system", "title": {"ru": f"№ {n}", "en": f"No {n}"}}


async def overdue_clears(rows: Rows, within_s: float = 10.0) -> None:
    """Returns when no open row is past its deadline: the promise gives it 10 s after a start."""
    async with asyncio.timeout(within_s):
        while rows(f"SELECT 1 FROM inbox WHERE ended_at IS NULL AND deadline_at < {time.time_ns() // 1000} LIMIT 1"):  # noqa: ASYNC110  # another process clears it
            await asyncio.sleep(0.1)


async def all_ended(rows: Rows, total: int) -> None:
    """Every one of `total` notifications to one person stands in the ledger once, with one position and one end."""
    await overdue_clears(rows)
    async with asyncio.timeout(30):  # the last receipts, or their deadlines
        while rows("SELECT count(*) FROM inbox WHERE ended_at IS NULL")[0][0]:  # noqa: ASYNC110  # another process ends them
            await asyncio.sleep(0.2)
    assert tuple(rows("SELECT count(*), count(DISTINCT seq), count(DISTINCT event_pk), max(seq) FROM inbox")[0]) == (total,) * 4
    assert {state for (state,) in rows("SELECT DISTINCT state FROM inbox")} <= _ENDS
