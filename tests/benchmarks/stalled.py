"""Figure 5, one stalled reader among a thousand: what the others and the process feel, and how it comes back.

A session reads two topics and then no more; one of them is flooded until the bound of its queue is passed. In the other half
of the rounds the same session reads on, with the same flood: what differs is the stall alone.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import uvloop

from tests.benchmarks.accounts import Accounts
from tests.benchmarks.client import Client, Crowd, Lost
from tests.benchmarks.load import Broken, Load
from tests.benchmarks.load import run as run_load
from tests.benchmarks.measure import memory
from tests.benchmarks.processes import Died, Server, loading, serving
from tests.benchmarks.product import TOPIC
from tests.benchmarks.publisher import Publisher, member
from tests.benchmarks.run import Record, Run, median, spread
from tests.benchmarks.servers import PRODUCT, Peer, product_launch
from tests.benchmarks.trial import until
from tests.benchmarks.workshop import Workshop

__all__ = ["measure", "table"]

FIGURE = "stalled"
_LOAD = Load(sockets=1000, rate=100, seconds=8)
_SIDE = "app:side"
_FLOOD_PER_S, _FLOOD_BYTES = 250, 4_000
"""A queue of 1 MiB is full in about a second and a half, with the buffers on the way."""
_RECEIVE_BUFFER = 65_536
"""Left to itself the kernel would take 6 MB for a reader that does not read, before the hub felt anything."""
_WARM_S = 8.0
"""The topics' histories are full and the allocator has grown to the load before memory is looked at: after 2 s a process without any
stalled reader still grew by 4.3 MB."""
_NOTIFICATIONS = 30
_SLOW_CONSUMER = 4001
_END_S, _CONNECTED_S = 40.0, 60.0


def measure(run: Run, workshop: Workshop, accounts: Accounts, product: Peer, *, rounds: int) -> None:
    """Both halves in each round, each with a fresh server."""
    for number in range(rounds):
        for stalled in (0, 1):
            values: dict[str, float] = {}
            faults: list[str] = []
            with TemporaryDirectory(prefix="tez-bench-stalled-") as name:
                folder = Path(name)
                try:
                    with serving(product_launch(folder, accounts), folder) as server, loading():
                        values, faults = uvloop.run(_round(workshop, server, accounts, product, stalls=bool(stalled)))
                except* (Died, Broken, Lost, OSError, TimeoutError) as group:
                    faults = [f"{type(error).__name__}: {error}" for error in group.exceptions]
            run.add(Record(figure=FIGURE, test=f"{stalled} stalled", server=PRODUCT, round=number, values=values, faults=tuple(faults)))


async def _round(
    workshop: Workshop, server: Server, accounts: Accounts, product: Peer, *, stalls: bool
) -> tuple[dict[str, float], list[str]]:
    closed: list[int | None] = []
    last = len(accounts.tokens) - 1
    crowd = Crowd(server.port, topics=(TOPIC, _SIDE), on_lost=lambda _client, code: closed.append(code))
    reader = Client(crowd, accounts.tokens[last], accounts.user_of(last))
    flooder = Client(Crowd(server.port), accounts.tokens[last - 1], accounts.user_of(last - 1))
    await flooder.connect()
    await reader.connect(receive_buffer=_RECEIVE_BUFFER)
    flooding = asyncio.create_task(_flood(flooder), name="flood")
    await asyncio.sleep(_WARM_S)
    loading = asyncio.create_task(asyncio.to_thread(run_load, workshop, server, _LOAD, product.options), name="load")
    await _connected(flooder, _LOAD.sockets)
    await asyncio.sleep(_WARM_S)
    before = memory(server.pid)
    watching = asyncio.create_task(_peak(server), name="peak")
    if stalls:
        reader.stall()
    await _notify(server.port, reader.user_id)
    result = await loading
    for task in (flooding, watching):
        task.cancel()
    await asyncio.wait([flooding, watching])
    faults = list(result.faults)
    values = {
        "p50_ms": result.p50_ms,
        "p99_ms": result.p99_ms,
        "max_ms": result.max_ms,
        "growth_mb": (watching.result() - before) / 1e6,
    }
    if stalls:
        faults += await _comes_back(reader, closed)
    elif not await until(lambda: reader.seq == _NOTIFICATIONS, _END_S):
        faults.append(f"the reader has {reader.seq} of {_NOTIFICATIONS} notifications")
    faults += [f"{count} x {what}" for what, count in crowd.faults.items()]
    for client in (reader, flooder):
        client.abort()
    return values, faults


async def _comes_back(reader: Client, closed: list[int | None]) -> list[str]:
    """It reads again: first what was on its way, then why it was closed; then it resumes, and must have everything."""
    faults = []
    reader.go_on()
    await until(lambda: bool(closed), _END_S)
    if closed != [_SLOW_CONSUMER]:
        faults.append(f"the stalled reader was closed with {closed or 'nothing'} rather than {_SLOW_CONSUMER}")
    if not closed:
        return faults
    await reader.connect()
    if not await until(lambda: reader.seq == _NOTIFICATIONS, _END_S):
        faults.append(f"resumed, it has {reader.seq} of {_NOTIFICATIONS} notifications")
    return faults


async def _connected(client: Client, sockets: int) -> None:
    """Returns when the load client has opened its sockets. Raises TimeoutError."""
    async with asyncio.timeout(_CONNECTED_S):
        while (await client.call("bench.sessions"))["count"] < sockets:  # noqa: ASYNC110  # it is another process that we wait for
            await asyncio.sleep(0.05)


async def _flood(client: Client) -> None:
    pad, began = "x" * _FLOOD_BYTES, time.monotonic()
    sent = 0
    while True:
        for _ in range(int((time.monotonic() - began) * _FLOOD_PER_S) - sent):
            client.send({"t": "call", "id": 0, "name": "bench.flood", "args": {"topic": _SIDE, "data": {"pad": pad}}})
            sent += 1
        await asyncio.sleep(0.02)


async def _peak(server: Server) -> int:
    peak = 0
    try:
        while True:
            peak = max(peak, await asyncio.to_thread(memory, server.pid))
            await asyncio.sleep(0.5)
    except asyncio.CancelledError:
        return peak


async def _notify(port: int, user_id: int) -> None:
    publisher = Publisher(port)
    for _ in range(_NOTIFICATIONS):
        await publisher.post([member(str(user_id))])
        await asyncio.sleep(0.05)
    publisher.close()


def table(run: Run) -> str:
    """Without and with it."""
    rows, names = [], ("p50_ms", "p99_ms", "max_ms", "growth_mb")
    for test in ("0 stalled", "1 stalled"):
        found = run.of(FIGURE, test)
        if found:
            cells = [spread([record.values[name] for record in found], "{:.2f}".format) for name in names]
            rows.append(f"| {test} | {' | '.join(cells)} |")
    if not rows:
        return ""
    quiet, with_it = (median(record.values["p99_ms"] for record in run.of(FIGURE, test)) for test in ("0 stalled", "1 stalled"))
    head = "| of 1,000 readers | p50 ms | p99 ms | max ms | the process grew, MB |\n|---|---|---|---|---|\n"
    return head + "\n".join(rows) + f"\n\np99 with one stalled: {with_it / quiet:.3f} of that without."
