"""Runs what only one node may do: while this node holds the lease, and not a moment of its own longer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import structlog

from hub.lease import Guard, Lease

__all__ = ["Leader"]

_log = structlog.get_logger("hub.leader")


class Leader:
    """Owns a lease's task and the work that goes with it."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease

    @property
    def leads(self) -> bool:
        """True while this node may work."""
        return self._lease.held

    @property
    def guard(self) -> Guard:
        """The fence for what the work of the present term writes."""
        return self._lease.guard

    async def run(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Runs `work` in each term of this node, until cancelled; the lease is released after the work has ended.

        At the end of a term the work is cancelled and waited for, so that two never run in one process. What the work raises
        is raised, in a group; work that returns has nothing more to do, and neither has this.
        """
        async with asyncio.TaskGroup() as group:
            keeping = group.create_task(self._lease.run(), name=f"lease_{self._lease.name}")
            try:
                while await self._serve(work):
                    pass
            finally:
                keeping.cancel()

    async def _serve(self, work: Callable[[], Coroutine[Any, Any, None]]) -> bool:
        """One term; True when it was lost and another may follow."""
        term = await self._lease.wait_held()
        _log.info("lead_gained", lease=term.name, node=self._lease.node, term=term.token)
        try:
            async with asyncio.TaskGroup() as group:
                working = group.create_task(work(), name=f"leader_{term.name}")
                lost = group.create_task(term.lost(), name=f"leader_{term.name}_lost")
                await asyncio.wait([working, lost], return_when=asyncio.FIRST_COMPLETED)
                again = not working.done()
                lost.cancel()
                working.cancel()
        finally:
            _log.info("lead_lost", lease=term.name, node=self._lease.node, term=term.token, why=term.why or "stopped")
        return again
