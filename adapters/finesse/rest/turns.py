"""One agent's requests, in order: Finesse wants a call-control request answered before the next one comes (Developer Guide 12.5, "Dialog").

Writes of one agent go one after the other; eight more may wait, and the ninth is refused at once: a person who presses a button ten times
means it once. Reads go two at a time beside them, forty may wait. A password that Finesse has not taken yet goes alone, so that a wrong
one costs one refusal and not as many as there are requests.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Literal

from adapters.finesse.errors import Busy

__all__ = ["Turns"]


class _Place:
    __slots__ = ("alone", "reads", "reads_turn", "writes", "writes_turn")

    def __init__(self, reads: int) -> None:
        self.writes_turn, self.reads_turn, self.alone = asyncio.Semaphore(1), asyncio.Semaphore(reads), asyncio.Lock()
        self.writes = self.reads = 0


class Turns:
    """First come, first served, for each agent apart. How many go in all is bounded by the pool of connections."""

    def __init__(self, *, reads: int = 2, reads_waiting: int = 40, writes_waiting: int = 8) -> None:
        """`reads`: at once. With the one write they are fewer than the refusals that lock an account."""
        if not 1 <= reads <= 2:
            raise ValueError("reads: 1 or 2, for together with a write that is what may be refused at once")
        self._reads, self._most_reads, self._most_writes = reads, reads + reads_waiting, 1 + writes_waiting
        self._places: dict[str, _Place] = {}

    def __len__(self) -> int:
        """Agents with a request under way or waiting."""
        return len(self._places)

    @asynccontextmanager
    async def hold(self, agent: str, kind: Literal["read", "write"], proven: Callable[[], bool], until: float) -> AsyncIterator[None]:
        """Waits for a turn, to `until` in the loop's time, and holds it for the block. Raises Busy when there is none."""
        place = self._places.get(agent) or self._places.setdefault(agent, _Place(self._reads))
        writes = kind == "write"
        if (place.writes >= self._most_writes) if writes else (place.reads >= self._most_reads):
            raise Busy()
        place.writes += writes
        place.reads += not writes
        turn = place.writes_turn if writes else place.reads_turn
        try:
            await _acquire(turn, until)
            try:
                if proven():
                    yield
                else:
                    await _acquire(place.alone, until)
                    try:
                        yield
                    finally:
                        place.alone.release()
            finally:
                turn.release()
        finally:
            place.writes -= writes
            place.reads -= not writes
            if not place.writes and not place.reads:
                self._places.pop(agent, None)


async def _acquire(turn: asyncio.Semaphore | asyncio.Lock, until: float) -> None:
    if asyncio.get_running_loop().time() >= until:
        raise Busy()
    try:
        async with asyncio.timeout_at(until):
            await turn.acquire()
    except TimeoutError:
        raise Busy() from None
