"""The lead among real processes that are killed, frozen and woken, or told a wrong time. Each sees only the store."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store import events, inbox, watermarks
from tests.hub.people import add_people
from tests.live.lease_node import SOURCE
from tests.live.product import ROOT
from tests.peers.faketime import faketime

TAKEOVER_S = 10.0
"""The promise: another node leads by then, however the last one ended."""


class Node:
    """A process of `tests.live.lease_node`."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self._news = asyncio.Event()

    async def listen(self) -> None:
        """Takes in what the process says, until it ends."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.said.append(msgspec.json.decode(line))
            self._news.set()

    async def says(self, event: str, where: Callable[[dict[str, Any]], bool] = lambda _line: True, within_s: float = 30) -> dict[str, Any]:
        """The first such line, waited for if it has not been said yet."""
        async with asyncio.timeout(within_s):
            while True:
                for line in self.said:
                    if line["event"] == event and where(line):
                        return line
                self._news.clear()
                await self._news.wait()

    def send(self, what: signal.Signals) -> float:
        """Sends a signal; returns the monotonic time."""
        self.process.send_signal(what)
        return time.monotonic()


Start = Callable[..., Any]


@pytest.fixture
async def start(store: AsyncEngine, store_url: str) -> AsyncIterator[Start]:
    """Starts nodes on one store, in which person 1 is; ends them all at the end."""
    await add_people(store, "anna")
    async with AsyncExitStack() as stack:

        @asynccontextmanager
        async def node(*options: str, **environment: str) -> AsyncIterator[Node]:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tests.live.lease_node",
                store_url,
                *options,
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=asyncio.subprocess.PIPE,
            )
            made = Node(process)
            listening = asyncio.create_task(made.listen(), name=f"listens to {options[0]}")
            try:
                await made.says("waits")
                yield made
            finally:
                with suppress(ProcessLookupError):
                    process.send_signal(signal.SIGCONT)
                    process.terminate()
                await process.wait()
                await listening

        async def begin(*options: str, **environment: str) -> Node:
            return await stack.enter_async_context(node(*options, **environment))

        yield begin


async def told(engine: AsyncEngine) -> Counter[int]:
    """How often person 1 was told each number."""
    async with engine.connect() as connection:
        query = sa.select(events.c.data).select_from(inbox.join(events, events.c.pk == inbox.c.event_pk)).where(inbox.c.user_id == 1)
        return Counter(data["n"] for data in (await connection.execute(query)).scalars())


async def watermark(engine: AsyncEngine) -> int:
    """How far the source is, by the store."""
    async with engine.connect() as connection:
        value = (await connection.execute(sa.select(watermarks.c.value).where(watermarks.c.source == SOURCE))).scalar_one()
        return int(value["n"])


def assert_whole(counted: Counter[int], at_least: int) -> None:
    """Nothing was lost and nothing doubled."""
    assert len(counted) >= at_least
    assert counted == Counter(range(1, len(counted) + 1))


async def overtaken(start: Start, *both: str, inside: bool = False) -> tuple[Node, Node, dict[str, Any]]:
    """A leader that froze at 20, the node that has gone on since, in time, and that one's word of it."""
    first = await start("first", *both, "--freeze-at", "20", *(["--inside"] if inside else []))
    second = await start("second", *both)
    frozen = await first.says("freezes")
    gained = await second.says("gained")
    assert gained["at"] - frozen["at"] < TAKEOVER_S
    await second.says("wrote", lambda line: line["n"] > 40)
    return first, second, gained


async def test_another_node_leads_soon_after_a_kill(start: Start, store: AsyncEngine) -> None:
    """`kill -9` of the leader: the other one goes on from the watermark in less than ten seconds."""
    first = await start("first")
    await first.says("wrote")
    second = await start("second")
    killed = first.send(signal.SIGKILL)
    gained = await second.says("gained")
    await second.says("wrote", lambda line: line["n"] > 50)
    assert gained["at"] - killed < TAKEOVER_S
    second.send(signal.SIGTERM)
    await second.process.wait()
    assert_whole(await told(store), 50)


async def test_an_orderly_end_hands_over_at_the_next_look(start: Start, store: AsyncEngine) -> None:
    """SIGTERM of the leader: the lease is free at once, and nothing is repeated."""
    first = await start("first")
    await first.says("wrote")
    second = await start("second")
    ended = first.send(signal.SIGTERM)
    gained = await second.says("gained")
    assert gained["at"] - ended < 3  # a look is made each second; the rest is for a busy machine
    await second.says("wrote", lambda line: line["n"] > 50)
    second.send(signal.SIGTERM)
    await second.process.wait()
    assert_whole(await told(store), 50)


async def test_a_woken_leader_without_a_fence_does_harm(start: Start, store: AsyncEngine) -> None:
    """Frozen before a write and woken after the other has gone on: it tells people again what they know, and turns the watermark back."""
    first, second, _gained = await overtaken(start, "--unfenced")
    second.send(signal.SIGKILL)
    await second.process.wait()
    reached = await watermark(store)
    first.send(signal.SIGCONT)
    await first.says("wrote", lambda line: line["n"] == 20)
    await first.says("lost")
    assert (await told(store))[20] == 2
    assert await watermark(store) < reached


async def test_a_woken_leader_is_fenced(start: Start, store: AsyncEngine) -> None:
    """The same with the fence: it is refused, stops, and waits its turn; nothing is lost and nothing doubled."""
    first, second, gained = await overtaken(start)
    first.send(signal.SIGCONT)
    assert (await first.says("refused"))["error"] == "Fenced"
    await first.says("lost")
    second.send(signal.SIGTERM)
    token = (await first.says("gained", lambda line: line["token"] > gained["token"]))["token"]
    assert token == gained["token"] + 1
    await first.says("wrote", lambda line: line["n"] > 60)
    first.send(signal.SIGTERM)
    await asyncio.gather(first.process.wait(), second.process.wait())
    assert_whole(await told(store), 60)


@pytest.mark.mariadb
@pytest.mark.parametrize("store_url", ["mariadb"], indirect=True)
async def test_a_leader_frozen_with_its_locks_is_followed_too(start: Start, store: AsyncEngine) -> None:
    """Frozen between guard and commit it holds the lease's row; the server takes its transaction away, and the other one leads in time."""
    first, second, _gained = await overtaken(start, inside=True)
    first.send(signal.SIGCONT)
    assert (await first.says("refused"))["error"] == "StoreUnavailable"
    await first.says("lost")
    second.send(signal.SIGTERM)
    await second.process.wait()
    first.send(signal.SIGTERM)
    await first.process.wait()
    assert_whole(await told(store), 40)


async def test_a_clock_that_jumps_changes_nothing(start: Start, store: AsyncEngine, tmp_path: Path) -> None:
    """The time of day of one node goes back and forth by years; the lead stays where it is."""
    now = tmp_path / "now"
    fake = faketime(now)
    first = await start("first", **fake)
    await first.says("wrote")
    second = await start("second", **fake)
    years = {(await first.says("wrote"))["year"]}
    for jump in ("-3y", "+5y", "-1y"):
        now.write_text(jump)
        seen = len(first.said)
        await first.says("wrote", lambda line, seen=seen: line in first.said[seen:] and line["year"] not in years)
        years.add(first.said[-1]["year"])
        await asyncio.sleep(2.5)  # a renewal and more looks under this time
    assert len(years) == 4
    assert [line["event"] for line in second.said] == ["waits"]
    assert "lost" not in [line["event"] for line in first.said]
    first.send(signal.SIGTERM)
    await second.says("gained", within_s=5)
