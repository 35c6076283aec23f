"""A node that leads or waits: `python -m tests.live.lease_node STORE_URL NAME [--unfenced] [--freeze-at N [--inside]]`.

While it leads it counts on from the watermark in the store, and each number is a notice to person 1. It says what happens as lines of
JSON with the machine's monotonic time. The ids of its notices begin with its name: the upstream has none, so that the
ledger cannot know a notice again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import time
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa
import structlog

from hub.accept import Submission
from hub.event import Event
from hub.leader import Leader
from hub.lease import Fenced, Guard, Lease
from hub.ledger import Ledger
from hub.notification import Address, Notification
from hub.policy import Policy, Timing
from hub.store import create_engine
from hub.writer import StoreUnavailable

__all__ = ["SOURCE"]

SOURCE = "count"


def _say(event: str, **fields: Any) -> None:
    line = {"event": event, "at": time.monotonic(), "year": datetime.now(UTC).year} | fields
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


def _freeze(n: int) -> None:
    _say("freezes", n=n)
    os.kill(os.getpid(), signal.SIGSTOP)  # returns when somebody wakes us


async def main() -> None:
    """Runs until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("name")
    parser.add_argument("--unfenced", action="store_true")
    parser.add_argument("--freeze-at", type=int, default=0)
    parser.add_argument("--inside", action="store_true", help="freeze in the transaction, with its locks")
    options = parser.parse_args()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    engine = create_engine(options.url)
    ledger = Ledger(
        engine,
        timing=Timing(),
        connected=lambda _user: False,
        accepted=lambda _receipts: None,
        marked=lambda _marks: None,
    )
    lease = Lease(engine, "sources", node=options.name)
    leader = Leader(lease)

    async def lead() -> None:
        fence = leader.guard
        _say("gained", token=lease.token)
        kept = await ledger.watermark(SOURCE)
        n = 0 if kept is None else kept["n"]
        try:
            while True:
                n += 1
                freeze = n == options.freeze_at
                if freeze and not options.inside:
                    _freeze(n)

                def guard(connection: sa.Connection, n: int = n, inside: bool = freeze and options.inside) -> None:
                    fence(connection)
                    if inside:
                        _freeze(n)

                # shielded: what became of a write is said also when the term ends before the answer
                writing = asyncio.create_task(write(n, None if options.unfenced else guard), name=f"write {n}")
                await asyncio.shield(writing)
                await asyncio.sleep(0.02)
        finally:
            _say("lost")

    async def write(n: int, guard: Guard | None) -> None:
        now = datetime.now(UTC)
        event = Event(source=SOURCE, id=f"{options.name}-{n}", type="test", time=now, data={"n": n})
        notice = Notification(event=event, to=frozenset({Address("id", "1")}), policy=Policy.LIVE_ONLY)
        try:
            await ledger.accept(Submission(notifications=(notice,), watermark=(SOURCE, {"n": n}), guard=guard, now=now))
        except (Fenced, StoreUnavailable) as error:
            _say("refused", n=n, error=type(error).__name__)
            await asyncio.Event().wait()  # the term's end is the leader's affair
        _say("wrote", n=n)

    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(ledger.writer.run(), name="writer"), group.create_task(leader.run(lead), name="leader")]
        _say("waits")
        await ended.wait()
        for task in reversed(tasks):
            task.cancel()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main())
