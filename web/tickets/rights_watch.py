"""Looks whether rights in Redmine have changed, so that nobody is shown for long what they may not see any more.

An answer that is kept would else outlive its right by ten minutes and more: Redmine tells of no such change. While answers are kept that
may still be shown, Redmine's database is asked every few seconds for a mark of all rights (`adapters.redmine.rights_mark`), and when
it is another one, everything is asked for anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from adapters.redmine.errors import RedmineError

__all__ = ["LOOK_S", "RightsWatch"]

LOOK_S = 3.0
"""A right that was taken away shows so long, and the time of one look, at most, while Redmine's database answers."""
_log = structlog.get_logger("web.tickets")


class RightsWatch:
    """`changes` counts; whatever was read before it rose is not to be shown."""

    def __init__(self, mark: Callable[[], Awaitable[str]], *, wanted: Callable[[], bool], changed: Callable[[], None]) -> None:
        """`mark` may raise RedmineError. `wanted` tells whether anything hangs on rights; `changed` is called when they have changed."""
        self._mark, self._wanted, self._changed = mark, wanted, changed
        self._known: str | None = None
        self._away = False
        self.changes = 0

    async def look(self) -> None:
        """One look. A mark from before a pause will do: whatever was read since then is younger than it.

        Without any, a change is assumed when there is something already that it could concern.
        """
        if self._known is not None and not self._wanted():
            return
        try:
            found = await self._mark()
        except RedmineError as error:
            if not self._away:
                _log.warning("rights_not_read", error=str(error))
            self._away = True
            return
        self._away = False
        if found == self._known:
            return
        if self._known is not None or self._wanted():
            self.changes += 1
            self._changed()
        self._known = found

    async def run(self) -> None:
        """Looks until it is cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)
