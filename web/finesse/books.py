"""Reads phone books to their end, also when whoever asked has waited long enough: what was read is kept for the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from adapters.finesse.errors import FinesseError
from adapters.finesse.rest.books import Directory as PhoneBooks
from adapters.finesse.values import Credentials
from hub.tasks import Tasks, heed_cancellation

__all__ = ["BookReads"]


class BookReads:
    """One for a process; for each agent there is one read at a time, which ends within the limit of `read`."""

    def __init__(self, read: Callable[[Credentials], Awaitable[PhoneBooks]]) -> None:
        """`read`: `adapters.finesse.rest.client.Finesse.directory`, which keeps what it finds."""
        self._read = read
        self._going: dict[Credentials, asyncio.Task[PhoneBooks | FinesseError]] = {}
        self._tasks = Tasks()

    async def of(self, who: Credentials) -> PhoneBooks:
        """The agent's books. Raises FinesseError. Cancellation ends the waiting, not the read."""
        going = self._going.get(who)
        if going is None:
            going = self._going[who] = self._tasks.start(self._try(who), name=f"finesse_books_{who.agent}")
        found = await asyncio.shield(going)
        if isinstance(found, FinesseError):
            raise found
        return found

    async def close(self) -> None:
        """Ends the reads."""
        await self._tasks.aclose()

    async def _try(self, who: Credentials) -> PhoneBooks | FinesseError:
        try:
            return await self._read(who)
        except FinesseError as error:  # for whoever waits; it is nobody's loss if nobody does
            heed_cancellation()
            return error
        finally:
            del self._going[who]
