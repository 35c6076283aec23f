"""An event loop whose turns and clock are moved by hand: what happens between two turns is the test's choice."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Turns"]


class _Timer:
    """A call to come."""

    def __init__(self, at: float, call: Callable[[], Any]) -> None:
        self.at, self.call = at, call
        self.cancelled = False

    def cancel(self) -> None:
        """It will not come."""
        self.cancelled = True


class Turns:
    """As much of a loop as code without tasks asks for: `time`, `call_soon`, `call_later`."""

    def __init__(self) -> None:
        self.now = 1000.0
        self._timers: list[_Timer] = []
        self.failures: list[BaseException] = []
        """What calls have raised; a real loop would log it and go on."""

    def time(self) -> float:
        """Seconds, moved by `turn` and nothing else."""
        return self.now

    def call_soon(self, call: Callable[..., Any], *args: Any) -> _Timer:
        """With the next turn."""
        return self.call_later(0, call, *args)

    def call_later(self, delay: float, call: Callable[..., Any], *args: Any) -> _Timer:
        """With the first turn after `delay` seconds."""
        timer = _Timer(self.now + delay, lambda: call(*args))
        self._timers.append(timer)
        return timer

    @property
    def waiting(self) -> int:
        """How many calls are to come."""
        return sum(not timer.cancelled for timer in self._timers)

    def turn(self, after_s: float = 0.0) -> int:
        """Lets time pass and makes the calls that are due, but not those that they ask for; how many were made."""
        self.now += after_s
        due = [timer for timer in self._timers if timer.at <= self.now]
        self._timers = [timer for timer in self._timers if timer.at > self.now]
        with self.running():
            for timer in due:
                if not timer.cancelled:
                    try:
                        timer.call()
                    except Exception as failure:
                        self.failures.append(failure)
        return len(due)

    def rest(self) -> None:
        """Turns until nothing is left to do."""
        for _ in range(10_000):
            if not self.waiting:
                return
            self.turn(0.001)
        raise AssertionError("it never rests")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Code in the block sees this loop as the running one."""
        before = asyncio._get_running_loop()
        asyncio._set_running_loop(self)  # type: ignore[arg-type]  # what it has of a loop is all that is asked for
        try:
            yield
        finally:
            asyncio._set_running_loop(before)
