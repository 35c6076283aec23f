"""Short tasks: their owner logs what fails and leaves none behind."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from structlog.testing import capture_logs

from hub.tasks import Tasks, end, heed_cancellation


async def test_a_task_that_is_done_is_forgotten() -> None:
    """Its result is its own; the owner holds only what runs, and gives it the name it was told."""
    tasks = Tasks()

    async def work() -> int:
        return 7

    task = tasks.start(work(), name="seven")
    assert (len(tasks), task.get_name()) == (1, "seven")
    assert await task == 7
    assert len(tasks) == 0


async def test_a_failure_is_logged_and_hurts_nobody() -> None:
    """The log line names the task; the others go on."""
    tasks, go = Tasks(), asyncio.Event()

    async def fail() -> None:
        raise ValueError("broken")

    waiting = tasks.start(go.wait(), name="waits")
    with capture_logs() as lines:
        await asyncio.wait([tasks.start(fail(), name="fails")])
    assert [(line["event"], line["task"], str(line["exc_info"])) for line in lines] == [("task_failed", "fails", "broken")]
    go.set()
    await waiting
    assert len(tasks) == 0


async def test_closing_ends_everything() -> None:
    """What runs, what has not begun, what cleans up first, and what is started by that: all is over when `aclose` returns."""
    tasks, ends = Tasks(), []

    async def last() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ends.append("last")

    async def tidy() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            tasks.start(last(), name="last")
            await asyncio.sleep(0)
            ends.append("tidy")

    tasks.start(tidy(), name="tidy")
    await asyncio.sleep(0)
    tasks.start(last(), name="not begun")
    with capture_logs() as lines:
        await tasks.aclose()
    assert (len(tasks), lines) == (0, [])
    assert "tidy" in ends
    await tasks.aclose()


async def test_a_task_that_lost_its_cancellation_is_cancelled_once_more() -> None:
    """A loop below that swallowed the first cancellation ends by the second one; nobody waits for ever."""

    async def swallows() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    async def above() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(swallows(), name="hub_that_swallows")

    running = asyncio.create_task(above(), name="hub")
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end([running], patience_s=0.05)
    assert running.cancelled()


async def test_a_loop_heeds_a_cancellation_that_was_lost() -> None:
    """What a driver swallowed is found at the loop's next round; a time limit that ran out in between is no cancellation."""
    rounds, asks = 0, asyncio.Event()

    async def loops() -> None:
        nonlocal rounds
        while True:
            heed_cancellation()
            rounds += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(0):
                    await asyncio.sleep(60)
            heed_cancellation()
            asks.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    running = asyncio.create_task(loops(), name="loops")
    async with asyncio.timeout(5):
        await asks.wait()
        running.cancel()
        await asyncio.wait([running])
    assert (running.cancelled(), rounds) == (True, 1)
