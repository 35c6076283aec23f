"""Long work in steps, between which others have their turns.

Work of tens of milliseconds for thousands of things is written as a generator that yields after each of them. What it does stays in the
event loop's own thread: a thread beside it would be no help, because each system call of the loop's gives the interpreter away for up to
`sys.getswitchinterval()` (5 ms), and a turn of the loop makes dozens of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Generator
from typing import TypeVar

from hub.tasks import heed_cancellation

__all__ = ["Stepwise", "at_once", "in_turns"]

T = TypeVar("T")

Stepwise = Generator[None, None, T]
"""Work that may pause where it yields; what it returns is what came of it."""
_TURN_S = 0.002
"""In one turn of the loop; what else happens in that turn comes on top."""


def at_once(steps: Stepwise[T]) -> T:
    """Runs the work to its end without a pause."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        found: T = end.value
        return found


async def in_turns(steps: Stepwise[T], *, turn_s: float = _TURN_S) -> T:
    """Runs the work to its end; after each `turn_s` seconds of it the loop has a turn. Work of less has no pause.

    Cancelled in a pause, the rest is not done: `steps` are closed, and what they were to change may be half changed.
    """
    try:
        until = time.perf_counter() + turn_s
        while True:
            next(steps)
            if time.perf_counter() >= until:
                heed_cancellation()
                await asyncio.sleep(0)
                until = time.perf_counter() + turn_s
    except StopIteration as end:
        found: T = end.value
        return found
    finally:
        steps.close()
