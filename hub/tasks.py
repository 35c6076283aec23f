"""Short tasks that come and go: each has a name and an owner, and none outlives it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable
from typing import Any

import structlog

__all__ = ["Tasks", "end", "heed_cancellation"]

_log = structlog.get_logger("hub.tasks")


class Tasks:
    """Owns tasks whose failure is nobody else's: it is logged, and the others go on. `aclose` ends them all."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, Any], *, name: str) -> asyncio.Task[Any]:
        """Runs `work` as a task of this owner."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("task_failed", task=task.get_name(), exc_info=error)

    async def aclose(self) -> None:
        """Cancels what still runs, also what that starts at its end, and waits for it."""
        while self._tasks:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)


async def end(tasks: Iterable[asyncio.Task[Any]], *, patience_s: float = 12.0) -> None:
    """Cancels tasks and waits for them. Who has not ended after `patience_s` seconds is cancelled once more, with all that it waits for.

    A cancellation can be lost on the way: `asyncio.wait_for` of Python 3.11, which drivers use, swallows one that lands as
    its answer comes (https://github.com/python/cpython/issues/86296). A loop that goes on after it would hold the process up for ever.
    """
    pending = set(tasks)
    for task in pending:
        task.cancel()
    while pending:
        _, pending = await asyncio.wait(pending, timeout=patience_s)
        if pending:
            stuck = [task for task in asyncio.all_tasks() if task.get_name().startswith(_OURS)]
            _log.warning("cancelled_once_more", tasks=sorted({task.get_name() for task in stuck}))
            for task in stuck:
                task.cancel()


def heed_cancellation() -> None:
    """Raises CancelledError if the running task has been cancelled and the word of it was lost on the way (see `end`).

    For loops that go on after failures, and that something else waits for: a term of the lease would never end behind one.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():  # asked of the task, not delivered: what swallows a cancellation does not take it back
        raise asyncio.CancelledError


_OURS = (
    "hub",
    "delivery",
    "source_",
    "lease_",
    "leader_",
    "notification_job_",
    "store_writer",
    "session_watch",
    "sampler",
    "ops_",
    "readiness",
    "netmonitor",
    "finesse",
)
"""How the names of the tasks begin that a node runs for ever; each task has a name."""
