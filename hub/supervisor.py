"""Runs sources: cadence, back-off, health."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from hub.notification import Batch

__all__ = ["Source"]


class Source(Protocol):
    """Turns the changes of one upstream into batches."""

    name: str
    """Short and stable: names the watermark, the log lines and the line on topic `system`."""
    transient: tuple[type[BaseException], ...]
    """Errors that mean "the upstream is away": retried with back-off. Any other error is a bug and is logged with its traceback, then retried slowly."""

    async def start(self, watermark: Mapping[str, Any] | None) -> None:
        """Takes the last committed watermark (None: first start ever). Called before the first `changes()`, and again after an error."""
        ...

    def changes(self) -> AsyncIterator[Batch]:
        """One look: yields what there is and ends, or streams for ever. What was yielded has committed when the next is asked for."""
        ...
