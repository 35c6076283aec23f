"""Figure 2, idle sessions: memory of each, and the stall of a full garbage collection among them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from tests.benchmarks.accounts import Accounts
from tests.benchmarks.client import Client, Crowd
from tests.benchmarks.load import Broken, idle
from tests.benchmarks.measure import memory
from tests.benchmarks.processes import Died, Server
from tests.benchmarks.run import Record, Run, spread
from tests.benchmarks.servers import PRODUCT, Peer
from tests.benchmarks.workshop import Missing, Workshop

__all__ = ["SIZES", "measure", "table"]

FIGURE = "idle"
SIZES = (5_000, 19_000)
"""Sockets; both ends here have 20,000 descriptors each."""
_HOLD_S, _SETTLE_S = 30.0, 2.0


def measure(run: Run, workshop: Workshop, everybody: Sequence[Peer], accounts: Accounts, sizes: Sequence[int], *, rounds: int) -> None:
    """A fresh server for each size."""
    for number in range(rounds):
        for peer in everybody:
            for size in sizes:
                if peer.name in run.missing:
                    continue
                values: dict[str, float] = {}
                faults: tuple[str, ...] = ()
                try:
                    with peer.serving() as server:
                        values = _held(workshop, server, peer, accounts, size)
                except Missing as missing:
                    run.miss(peer.name, str(missing))
                    continue
                except (Died, Broken) as broken:
                    faults = (str(broken),)
                if peer.name == PRODUCT and values and values["sockets"] < size:
                    faults = (f"{values['sockets']:.0f} of {size} sockets opened",)
                run.add(Record(figure=FIGURE, test=str(size), server=peer.name, round=number, values=values, faults=faults))


def _held(workshop: Workshop, server: Server, peer: Peer, accounts: Accounts, size: int) -> dict[str, float]:
    before = memory(server.pid)
    began = time.monotonic()
    with idle(workshop, server, size, peer.idle_topics or peer.subscribe, hold_s=_HOLD_S) as sockets:
        took = time.monotonic() - began
        time.sleep(_SETTLE_S)
        after = memory(server.pid)
        values = {"sockets": float(sockets), "bytes_each": (after - before) / max(1, sockets), "total_mb": after / 1e6, "open_s": took}
        if peer.name == PRODUCT:
            values["gc_ms"] = asyncio.run(_collection(server.port, accounts.tokens[-1], accounts.user_of(len(accounts.tokens) - 1)))
    return values


async def _collection(port: int, token: str, user_id: int) -> float:
    """Milliseconds of the longest of three."""
    client = Client(Crowd(port), token, user_id)
    await client.connect()
    found = [(await client.call("bench.gc"))["ms"] for _ in range(3)]
    client.abort()
    return float(max(found))


def table(run: Run, everybody: Sequence[Peer]) -> str:
    """The smallest first, for each number of sockets."""
    parts = []
    for size in sorted({int(record.test) for record in run.of(FIGURE)}):
        rows = []
        for peer in everybody:
            found = run.of(FIGURE, str(size), peer.name)
            if not found:
                continue
            each = [record.values["bytes_each"] for record in found]
            gc = [record.values["gc_ms"] for record in found if "gc_ms" in record.values]
            cells = [
                peer.name,
                spread([value / 1000 for value in each], lambda value: f"{value:.2f}"),
                spread([record.values["total_mb"] for record in found], lambda value: f"{value:.0f}"),
                spread([record.values["sockets"] for record in found], lambda value: f"{value:,.0f}"),
                spread(gc, lambda value: f"{value:.0f}"),
            ]
            rows.append((min(each), f"| {' | '.join(cells)} |"))
        if rows:
            columns = "| server | kB each (PSS) | MB in all | opened | full collection, ms |\n|---|---|---|---|---|\n"
            head = f"### {size:,} idle sockets\n\n{columns}"
            parts.append(head + "\n".join(row for _, row in sorted(rows)))
    return "\n\n".join(parts)
