"""What the bus costs: `python -m tests.benchmarks.bus [redis-server ...]`, medians of five rounds, one reader, 300-byte messages.

A publisher hands over batches of 1, 16 and 250 and waits for each; a reader takes batches until it has everything, in order.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

from hub.bus import Bus, Item
from tests.peers.redis import RedisServer

ROUNDS = 5
BATCHES = {1: 3_000, 16: 16_000, 250: 50_000}
PAYLOAD = b"x" * 292


def cpu_s() -> float:
    """Processor seconds of this process so far."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


async def once(bus: Bus, batch: int, messages: int) -> tuple[float, float]:
    """Seconds from the first publish to the last message read, and processor seconds of this process."""
    sent = [b"%08d" % number + PAYLOAD for number in range(messages)]
    async with bus.subscribe("bench") as reading, asyncio.TaskGroup() as group:
        begun, cpu = time.perf_counter(), cpu_s()

        async def publish() -> None:
            for first in range(0, messages, batch):
                await bus.publish_many("bench", sent[first : first + batch])
                await asyncio.sleep(0)  # as a hub does, which publishes what a tick brought

        group.create_task(publish(), name="bench_publish")
        got: list[bytes] = []
        while len(got) < messages:
            got += [message.data for message in await reading.batch() if isinstance(message, Item)]
        took = time.perf_counter() - begun, cpu_s() - cpu
    if got != sent:
        raise SystemExit("lost or out of order")
    return took


async def measure(name: str, url: str) -> None:
    """One line for each size of batch."""
    async with Bus(url) as bus:
        for batch, messages in BATCHES.items():
            taken = [await once(bus, batch, messages) for _ in range(ROUNDS)]
            wall, cpu = (statistics.median(column) / messages * 1e6 for column in zip(*taken, strict=True))
            print(f"{name:24} batch {batch:4}  {wall:8.2f} µs/message  {cpu:8.2f} µs CPU of the node")


def main() -> None:
    """Memory, then each server named."""
    asyncio.run(measure("memory", "memory://"))
    for program in sys.argv[1:]:
        with tempfile.TemporaryDirectory() as folder, RedisServer(program, Path(folder)).running() as server:
            asyncio.run(measure(Path(program).name, server.url))


if __name__ == "__main__":
    main()
