"""Drives a source as the supervisor does, and keeps what it told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import aclosing
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.source import RedmineSource
from hub.notification import Notification

__all__ = ["Watching", "addresses"]


def addresses(*notifications: Notification) -> set[tuple[str, str]]:
    """Everybody that these are for, as (system, key)."""
    return {(address.system, address.key) for notification in notifications for address in notification.to}


class Watching:
    """A source whose watermark is kept as JSON, as the hub's store would."""

    def __init__(self, engine: AsyncEngine, **options: Any) -> None:
        self._engine = engine
        self._options = options
        self._stored: str | None = None
        self.source = RedmineSource(engine, **options)
        self.told: list[Notification] = []
        """All that has committed."""
        self.batches = 0

    @property
    def watermark(self) -> Mapping[str, Any] | None:
        """What has committed."""
        return None if self._stored is None else dict(json.loads(self._stored))

    async def restart(self) -> None:
        """Throws the source away and starts another one from the last committed watermark."""
        self.source = RedmineSource(self._engine, **self._options)
        await self.source.start(self.watermark)

    async def look(self, *, commit: bool = True) -> list[Notification]:
        """One look: what was new. Without `commit` the first batch is lost, as in a crash just before the commit."""
        new: list[Notification] = []
        async with aclosing(self.source.changes()) as batches:
            async for batch in batches:
                if not commit:
                    return []
                self.batches += 1
                if batch.watermark is not None:
                    self._stored = json.dumps(batch.watermark)
                new += batch.notifications
                self.told += batch.notifications
        return new
