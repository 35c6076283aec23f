"""Ask together: callers that ask at the same time share one question.

A reconnect storm brings ten thousand sessions that each want to know who they are and how far their inbox is. Whoever asks while
a question is under way waits for the next one, which asks for all of them at once.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

__all__ = ["Asking", "TooManyAsk"]

Key = TypeVar("Key", bound=Hashable)
Answer = TypeVar("Answer")


class TooManyAsk(Exception):
    """More callers wait than the bound allows; nothing was asked."""

    def __init__(self, waiting: int) -> None:
        super().__init__(waiting)
        self.waiting = waiting

    def __str__(self) -> str:
        return f"{self.waiting} callers wait already"


class Asking(Generic[Key, Answer]):
    """Gathers keys into questions.

    `ask` gets distinct keys, at most `together`, and answers with a mapping; a key that is missing there is answered with None.
    At most `at_once` questions are under way and at most `waiting` callers wait. A question that takes longer than `within_s` fails
    with TimeoutError for all who share it, as whatever `ask` raises does. The first caller does not wait for others to come: its
    question starts at once, or with whoever asks in the same turn of the loop.
    """

    def __init__(
        self,
        ask: Callable[[Sequence[Key]], Awaitable[Mapping[Key, Answer]]],
        *,
        name: str,
        together: int = 500,
        at_once: int = 2,
        waiting: int = 50_000,
        within_s: float = 15.0,
    ) -> None:
        self._ask, self._name = ask, name
        self._together, self._at_once, self._bound, self._within_s = together, at_once, waiting, within_s
        self._callers: dict[Key, list[asyncio.Future[Answer | None]]] = {}
        self._waiting = self._asking = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def get(self, key: Key) -> Answer | None:
        """The answer for `key`. Cancelling a caller disturbs nobody else: the question goes on for the others.

        Raises TooManyAsk, TimeoutError, or what `ask` raised.
        """
        if self._waiting >= self._bound:
            raise TooManyAsk(self._waiting)
        answer: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        self._callers.setdefault(key, []).append(answer)
        self._waiting += 1
        if self._asking < self._at_once:
            self._asking += 1
            # owned here, and gone when nobody waits any more; it ends by itself within the deadline
            task = asyncio.create_task(self._run(), name=f"asking_{self._name}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            return await answer
        finally:
            self._waiting -= 1

    async def _run(self) -> None:
        try:
            while self._callers:
                keys = list(itertools.islice(self._callers, self._together))
                callers = {key: alive for key in keys if (alive := [one for one in self._callers.pop(key) if not one.done()])}
                if callers:
                    await self._question(callers)
        finally:
            self._asking -= 1  # here and not when the task is done: who comes in between must find somebody to ask

    async def _question(self, callers: Mapping[Key, Sequence[asyncio.Future[Answer | None]]]) -> None:
        try:
            async with asyncio.timeout(self._within_s):
                found = await self._ask(list(callers))
        except BaseException as error:
            told = error if isinstance(error, Exception) else ConnectionAbortedError(f"{self._name}: the one who asks has ended")
            for answer in (one for alive in callers.values() for one in alive):
                if not answer.done():
                    answer.set_exception(told)
            if not isinstance(error, Exception):
                raise
        else:
            for key, alive in callers.items():
                for answer in alive:
                    if not answer.done():
                        answer.set_result(found.get(key))
