"""What must be measured in time: how late the loop runs, how many deadlines are past, what the process holds."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime, timedelta

import structlog
from prometheus_client import Metric, ProcessCollector
from prometheus_client.registry import Collector

from hub.metrics import Metrics

__all__ = ["Sampler"]

_log = structlog.get_logger("hub.sampler")
_TOLERANCE = timedelta(seconds=1)
"""A deadline is not past while the look at it starts."""
_STORE_S = 5.0


class Sampler:
    """Measures while `run()` runs. `overdue` counts the open rows whose deadline lies before a moment."""

    def __init__(
        self,
        metrics: Metrics,
        *,
        overdue: Callable[[datetime], Awaitable[int]],
        now: Callable[[], datetime],
        lag_every_s: float = 0.25,
        slow_every_s: float = 10.0,
    ) -> None:
        self._metrics, self._overdue, self._now = metrics, overdue, now
        self._lag_every, self._slow_every = lag_every_s, slow_every_s
        self._process = _Process()
        self.overdue = math.nan
        """The newest count; NaN while the store does not say."""
        metrics.watch(overdue=lambda: self.overdue)
        metrics.collector(self._process)

    async def run(self) -> None:
        """Runs until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._lag(), name="loop_lag")
            group.create_task(self._slow(), name="overdue_watch")

    async def _lag(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + self._lag_every
            await asyncio.sleep(self._lag_every)
            self._metrics.loop_lag.observe(max(0.0, loop.time() - due))

    async def _slow(self) -> None:
        while True:
            await self.sample()
            await asyncio.sleep(self._slow_every)

    async def sample(self) -> None:
        """One look at the store and the process."""
        try:
            async with asyncio.timeout(_STORE_S):
                self.overdue = await self._overdue(self._now() - _TOLERANCE)
        except Exception as error:  # whatever ails the store: this page must tell it and go on
            if not math.isnan(self.overdue):
                _log.warning("overdue_unknown", error=type(error).__name__)
            self.overdue = math.nan
        await asyncio.to_thread(self._process.refresh)  # reads /proc


class _Process(Collector):
    """prometheus_client's process metrics (CPU seconds, resident memory, descriptors), read apart from being asked for."""

    def __init__(self) -> None:
        self._reader = ProcessCollector(registry=None)
        self._families: list[Metric] = []

    def refresh(self) -> None:
        """Blocking: opens files in /proc."""
        self._families = list(self._reader.collect())

    def collect(self) -> Iterable[Metric]:
        return self._families
