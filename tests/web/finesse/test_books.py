"""web.finesse.books: a read goes on without whoever asked for it."""

from __future__ import annotations

import asyncio

import pytest

from adapters.finesse.errors import Away, FinesseError
from adapters.finesse.rest.books import Directory, directory_of
from adapters.finesse.values import Credentials
from hub.turns import in_turns
from web.finesse.books import BookReads

ADA = Credentials(agent="1001", password="ada")


class Slow:
    """Books that are there when `there` is set; `asked` counts."""

    def __init__(self, found: Directory | FinesseError) -> None:
        self.found, self.there, self.asked = found, asyncio.Event(), 0

    async def read(self, _who: Credentials) -> Directory:
        """As the client's `directory`."""
        self.asked += 1
        await self.there.wait()
        if isinstance(self.found, FinesseError):
            raise self.found
        return self.found


async def test_who_gives_up_does_not_end_the_read() -> None:
    """The next one waits for the same, and has it."""
    slow = Slow(await in_turns(directory_of(())))
    reads = BookReads(slow.read)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await reads.of(ADA)
    waiting = asyncio.create_task(reads.of(ADA), name="test_waiting")
    await asyncio.sleep(0)
    slow.there.set()
    assert await waiting is slow.found
    assert slow.asked == 1
    await reads.of(ADA)
    assert slow.asked == 2  # what is kept is the client's affair


async def test_an_error_is_told_to_all_who_wait_and_not_kept() -> None:
    """And the next one asks again."""
    slow = Slow(Away("connect"))
    reads = BookReads(slow.read)
    waiting = [asyncio.create_task(reads.of(ADA), name=f"test_waiting_{number}") for number in range(2)]
    await asyncio.sleep(0)
    slow.there.set()
    told = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(one) for one in told] == [Away, Away]
    assert slow.asked == 1
    with pytest.raises(Away):
        await reads.of(ADA)
    assert slow.asked == 2


async def test_the_end_ends_what_goes() -> None:
    """Whoever waits is cancelled with it."""
    slow = Slow(Away("connect"))
    reads = BookReads(slow.read)
    waiting = asyncio.create_task(reads.of(ADA), name="test_waiting")
    await asyncio.sleep(0)
    await reads.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
