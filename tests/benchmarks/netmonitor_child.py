"""One contestant of the figure `netmonitor`, in a process of its own: pings so many addresses of loopback until it is ended.

    python -m tests.benchmarks.netmonitor_child prober|icmplib|icmplib-raw HOSTS

Says `ready` when it begins. At SIGTERM it tells what it did, as JSON.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import Sequence

import uvloop
from icmplib.multiping import async_multiping

from adapters.netmonitor.probe.pinger import Pinger
from adapters.netmonitor.probe.prober import open_prober
from adapters.netmonitor.values import Host, Round
from web.collector import Collector

__all__ = ["ECHOES", "ROUND_S", "addresses", "main"]

ECHOES, ROUND_S = 5, 10.0
_SPACING_S, _TIMEOUT_S = 0.2, 1.0
_BATCH_S = 0.1
"""Rounds that are due in it begin together, as those of the monitor do."""


def addresses(count: int) -> list[str]:
    """So many of 127.0.0.0/8."""
    return [f"127.1.{number >> 8}.{number & 255}" for number in range(count)]


async def _prober(count: int, over: asyncio.Event) -> dict[str, float]:
    hosts = [Host(id=str(number), name=address, address=address) for number, address in enumerate(addresses(count))]
    lost = sent = finished = begun = 0
    behind = longest = 0.0
    tick = Pinger._tick

    def timed(self: Pinger) -> None:
        nonlocal longest
        began = time.perf_counter()
        tick(self)
        longest = max(longest, time.perf_counter() - began)

    Pinger._tick = timed  # type: ignore[method-assign]  # a watcher of its own would wake the process up
    async with open_prober() as prober:
        started = time.time()

        def done(_host: str, found: Round, due: float) -> None:
            nonlocal lost, sent, finished, behind
            lost, sent, finished = lost + found.lost, sent + found.sent, finished + 1
            behind = max(behind, found.at.timestamp() - due)

        while not over.is_set():
            began = time.perf_counter()
            due = time.time()
            while begun < (due - started) / ROUND_S * count:
                prober.begin(hosts[begun % count], lambda host, found, due=due: done(host, found, due))  # type: ignore[misc]
                begun += 1
            longest = max(longest, time.perf_counter() - began)
            await asyncio.sleep(_BATCH_S)
        running = prober.running
    return {
        "rounds": finished,
        "missing": begun - finished - running,
        "sent": sent,
        "lost": lost,
        "stall_ms": 1000 * longest,
        "behind_ms": 1000 * behind,
    }


async def _icmplib(count: int, over: asyncio.Event, *, raw: bool) -> dict[str, float]:
    sent = lost = rounds = 0
    everybody = addresses(count)

    async def go() -> None:
        nonlocal sent, lost, rounds
        while True:
            next_s = time.monotonic() + ROUND_S
            found = await async_multiping(
                everybody, count=ECHOES, interval=_SPACING_S, timeout=_TIMEOUT_S, concurrent_tasks=count, privileged=raw
            )
            rounds += len(found)
            sent += sum(each.packets_sent for each in found)
            lost += sum(each.packets_sent - each.packets_received for each in found)
            await asyncio.sleep(max(0.0, next_s - time.monotonic()))

    task = asyncio.create_task(go(), name="icmplib")
    await over.wait()
    task.cancel()
    return {"rounds": rounds, "sent": sent, "lost": lost}


async def _run(what: str, count: int) -> dict[str, float]:
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if what == "prober":
        collecting = asyncio.create_task(Collector(lambda: 0, clock=time.monotonic).run(), name="collector")  # as the product has it
        try:
            return await _prober(count, over)
        finally:
            collecting.cancel()
    return await _icmplib(count, over, raw=what == "icmplib-raw")


def main(arguments: Sequence[str]) -> None:
    """Runs it."""
    found = uvloop.run(_run(arguments[0], int(arguments[1])))
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
