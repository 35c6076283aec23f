"""Source: how Finesse is, for the line on topic `system` and the operations page. What agents see goes by their own topics."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from hub.notification import Batch

__all__ = ["NAME", "FinesseOut", "FinesseSource"]

NAME = "finesse"
LOOK_S = 2.0


class FinesseOut(Exception):
    """Agents are signed in, and none of them is connected: Finesse, or its notification service, is out."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why

    def __str__(self) -> str:
        return f"Finesse is out: {self.why}"


class FinesseSource:
    """Implements hub.supervisor.Source. It has nothing to tell but that it lives, or why not."""

    name = NAME
    transient: tuple[type[Exception], ...] = (FinesseOut,)

    def __init__(self, why_out: Callable[[], str | None]) -> None:
        """`why_out` says why nobody is served, None while somebody is or nobody needs to be."""
        self._why_out = why_out

    async def start(self, watermark: Mapping[str, Any] | None) -> None:
        """Nothing is remembered."""

    async def changes(self) -> AsyncGenerator[Batch, None]:
        """A sign of life every two seconds. Raises FinesseOut."""
        while True:
            why = self._why_out()
            if why is not None:
                raise FinesseOut(why)
            yield Batch()
            await asyncio.sleep(LOOK_S)
