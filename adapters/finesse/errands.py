"""What is to be done for an agent beside their line: each errand once however often it is wanted, and again when it did not come about.

They are known by what they do and not queued one by one: there are never more than there are kinds of them, and none is lost.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.tasks import heed_cancellation

__all__ = ["AGAIN_S", "Errand", "Errands"]

AGAIN_S = 2.0
"""Until an errand is tried again that the store, or a fault of ours, did not let through."""
_WITHIN_S = 10.0
"""For one try of one errand."""
_log = structlog.get_logger("adapters.finesse")

Errand: TypeAlias = Callable[[], Awaitable[float | None]]
"""Does it as things are now; None: it is done, or there is no need any more; else seconds until it is to be tried again. What the store
raises, and whatever takes too long, is tried again after `AGAIN_S`. One errand is one function: it compares equal to itself."""


class Errands:
    """Of one agent; `run` it for ever. One errand goes at a time."""

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`name`: for logs."""
        self._name, self._clock = name, clock
        self._due: dict[Errand, float] = {}
        self._going: Errand | None = None
        self._woken = asyncio.Event()

    def want(self, errand: Errand, seconds: float = 0.0) -> None:
        """Has it done in so many seconds, or sooner if that was wanted before. Wanted while it goes, it goes once more."""
        at = self._clock() + seconds
        self._due[errand] = min(at, self._due.get(errand, at))
        self._woken.set()

    def waits(self, errand: Errand) -> bool:
        """Whether it goes, or is still to be done."""
        return errand in self._due or errand == self._going

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            heed_cancellation()
            self._woken.clear()
            errand = min(self._due, key=self._due.__getitem__, default=None)
            if errand is not None and (left_s := self._due[errand] - self._clock()) <= 0:
                del self._due[errand]
                self._going = errand
                try:
                    again_s = await self._try(errand)
                finally:
                    self._going = None
                if again_s is not None:
                    self.want(errand, again_s)
                continue
            with suppress(TimeoutError):
                async with asyncio.timeout(None if errand is None else left_s):
                    await self._woken.wait()

    async def _try(self, errand: Errand) -> float | None:
        try:
            async with asyncio.timeout(_WITHIN_S):
                return await errand()
        except (SQLAlchemyError, TimeoutError) as error:
            heed_cancellation()
            _log.warning("finesse_errand_failed", agent=self._name, errand=_name_of(errand), error=type(error).__name__)
        except Exception:  # a bug must cost this errand seconds, and the others nothing
            heed_cancellation()
            _log.exception("finesse_errand_failed", agent=self._name, errand=_name_of(errand))
        return AGAIN_S


def _name_of(errand: Errand) -> str:
    return getattr(errand, "__name__", "").strip("_")
