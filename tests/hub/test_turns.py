"""Long work in steps: the loop has its turns, and what came of the work is what it would be at once."""

from __future__ import annotations

import asyncio

import pytest

from hub.turns import Stepwise, at_once, in_turns


def count(most: int, seen: list[int]) -> Stepwise[int]:
    """Counts, a step each."""
    for number in range(most):
        yield
        seen.append(number)
    return sum(seen)


async def test_others_have_their_turns_between_the_steps() -> None:
    """What else is ready runs after each slice of the work, and the work gives what it gives at once."""
    seen: list[int] = []
    others: list[int] = []

    async def other() -> None:
        while len(seen) < 5:
            others.append(len(seen))
            await asyncio.sleep(0)

    beside = asyncio.create_task(other(), name="other")
    assert await in_turns(count(5, seen), turn_s=0) == at_once(count(5, [])) == 10
    await beside
    assert others == [0, 1, 2, 3, 4]


async def test_short_work_has_no_pause() -> None:
    """Within its share of a turn the work goes on: nobody else runs."""
    beside = asyncio.create_task(asyncio.sleep(0), name="other")
    assert await in_turns(count(100, []), turn_s=3600) == 4950
    assert not beside.done()
    await beside


async def test_a_cancellation_ends_the_work_in_a_pause() -> None:
    """No step comes after it, and the work's own clean-up is done."""
    seen: list[int] = []
    cleaned = asyncio.Event()

    def work() -> Stepwise[int]:
        try:
            return (yield from count(1_000_000_000, seen))
        finally:
            cleaned.set()

    task = asyncio.create_task(in_turns(work(), turn_s=0), name="work")
    while len(seen) < 3:  # noqa: ASYNC110  # turns of the loop are what this is about
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned.is_set()


async def test_what_the_work_raises_is_raised() -> None:
    """As any call would."""

    def work() -> Stepwise[None]:
        yield
        raise LookupError("no")

    with pytest.raises(LookupError):
        await in_turns(work(), turn_s=0)
