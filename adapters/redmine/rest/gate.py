"""How many calls to Redmine run at once: in all and for one person, so that nobody's hundred tickets hold up everybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from adapters.redmine.rest.errors import RestAway

__all__ = ["Gate"]


class _Place:
    __slots__ = ("calls", "turn")

    def __init__(self, at_once: int) -> None:
        self.turn = asyncio.Semaphore(at_once)
        self.calls = 0


class Gate:
    """First come, first served, each person in a queue of their own before the common one. A full queue refuses at once."""

    def __init__(self, *, in_all: int = 12, each: int = 3, waiting: int = 200, each_waiting: int = 30) -> None:
        """`in_all`, `each`: calls at once, of all people and of one. `waiting`, `each_waiting`: calls that wait for their turn at most."""
        self._turn = asyncio.Semaphore(in_all)
        self._most, self._each, self._each_most = in_all + waiting, each, each + each_waiting
        self._places: dict[str, _Place] = {}
        self._calls = 0

    @property
    def calls(self) -> int:
        """Calls that run or wait."""
        return self._calls

    @asynccontextmanager
    async def hold(self, who: str) -> AsyncIterator[None]:
        """Waits for this person's turn and holds it for the block. Raises RestAway when the queue is full."""
        place = self._places.get(who) or self._places.setdefault(who, _Place(self._each))
        if self._calls >= self._most or place.calls >= self._each_most:
            self._drop_idle(who, place)
            raise RestAway("too many requests wait for it already", retry_after=2.0)
        self._calls += 1
        place.calls += 1
        try:
            async with place.turn, self._turn:
                yield
        finally:
            self._calls -= 1
            place.calls -= 1
            self._drop_idle(who, place)

    def _drop_idle(self, who: str, place: _Place) -> None:
        if not place.calls:
            self._places.pop(who, None)
