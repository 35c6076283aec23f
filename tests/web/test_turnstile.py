"""The turnstile of sign-ins."""

from __future__ import annotations

import asyncio

import pytest

from web.passwords import Busy
from web.turnstile import Turnstile


async def test_a_crowd_begins_one_after_the_other() -> None:
    """Of many who come in one turn of the loop the first begins at once, and each other so much later."""
    turnstile, loop = Turnstile(apart_s=0.02), asyncio.get_running_loop()
    began: list[float] = []

    async def passes() -> None:
        async with turnstile.passed():
            began.append(loop.time())

    start = loop.time()
    await asyncio.gather(*(passes() for _ in range(6)))
    assert began[0] - start < 0.02
    # a timer may be late, and never early by more than the clock's resolution
    assert all(at - start > 0.02 * place - 0.002 for place, at in enumerate(began))


async def test_who_comes_alone_does_not_wait() -> None:
    """After a pause there is no line: nobody pays for those before."""
    turnstile, loop = Turnstile(apart_s=0.01), asyncio.get_running_loop()
    async with turnstile.passed():
        pass
    await asyncio.sleep(0.02)
    start = loop.time()
    async with turnstile.passed():
        assert loop.time() - start < 0.01


async def test_nobody_joins_a_line_that_is_too_long() -> None:
    """Past its bound the next is refused at once."""
    turnstile = Turnstile(apart_s=0.02, line_s=0.05)

    async def passes() -> None:
        async with turnstile.passed():
            pass

    results = await asyncio.gather(*(passes() for _ in range(10)), return_exceptions=True)
    assert [type(result) for result in results] == [type(None)] * 3 + [Busy] * 7


async def test_only_so_many_are_inside() -> None:
    """Past the bound the next is refused, and when one leaves, by whatever way, another may come."""
    turnstile = Turnstile(apart_s=0.0, inside=1)

    async def fails() -> None:
        async with turnstile.passed():
            with pytest.raises(Busy):
                await turnstile.passed().__aenter__()
            raise KeyError

    for _ in range(2):
        with pytest.raises(KeyError):
            await fails()


async def test_who_leaves_the_line_takes_up_no_place() -> None:
    """One who is cancelled while waiting was never inside."""
    turnstile = Turnstile(apart_s=0.01, inside=1)
    async with turnstile.passed():
        waiting = asyncio.create_task(turnstile.passed().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    await asyncio.sleep(0.02)
    async with turnstile.passed():
        pass
