"""Runs sources: cadence, back-off, health, one log line going down and one coming back."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Protocol

import structlog

from hub.cadence import Cadence
from hub.event import rfc3339
from hub.lease import Fenced
from hub.notification import Batch
from hub.policy import retry_delay
from hub.tasks import heed_cancellation
from hub.writer import StoreUnavailable

__all__ = ["Health", "Source", "Supervisor"]

_log = structlog.get_logger("hub.supervisor")


class Source(Protocol):
    """Turns the changes of one upstream into batches."""

    name: str
    """Short and stable: names the watermark, the log lines and the line on topic `system`."""
    transient: tuple[type[Exception], ...]
    """Errors that mean "the upstream is away": retried with back-off. Any other error is a bug or a wrong
    setting: logged with its traceback, then retried at the slowest pace."""

    async def start(self, watermark: Mapping[str, Any] | None) -> None:
        """Takes the last committed watermark (None: first start ever). Called before the first `changes()`, and again after an error."""
        ...

    def changes(self) -> AsyncGenerator[Batch, None]:
        """One look: yields what there is and ends, or streams for ever. What was yielded has committed when the next is asked for."""
        ...


@dataclass(frozen=True, slots=True)
class Health:
    """How fresh a source is. `late`: the last look failed, or is overdue; `down`: several failed in a row."""

    source: str
    state: Literal["ok", "late", "down"]
    as_of: datetime | None
    """The moment the upstream was last seen whole."""
    error: str | None
    """A stable code: the name of the error's class."""

    def line(self) -> dict[str, Any]:
        """As it stands on topic `system`."""
        return {"source": self.source, "state": self.state, "as_of": rfc3339(self.as_of) if self.as_of else None, "error": self.error}


Publish = Callable[[str, Batch], Awaitable[None]]


class Supervisor:
    """Runs one source for ever. A source that fails never stops the others: each has a supervisor of its own.

    `publish` returns when the batch is durable; `health` is called when the state changes, and at most every
    `beat_s` seconds while it stays.
    """

    def __init__(
        self,
        source: Source,
        *,
        publish: Publish,
        watermark: Callable[[str], Awaitable[Mapping[str, Any] | None]],
        health: Callable[[Health], None],
        connected: Callable[[], bool],
        now: Callable[[], datetime],
        cadence: Cadence,
        beat_s: float = 10.0,
        looked: Callable[[str, float], None] = lambda _source, _seconds: None,
    ) -> None:
        """`looked` is told how many seconds each look took that came to its end."""
        self._source, self._publish, self._watermark, self._tell = source, publish, watermark, health
        self._connected, self._now, self._cadence, self._beat = connected, now, cadence, timedelta(seconds=beat_s)
        self._looked = looked
        self._news = asyncio.Event()
        self._changed_at: datetime | None = None
        self._failures = 0
        self._told_at: datetime | None = None
        self.health = Health(source.name, "late", None, "starting")
        self.last_error: tuple[str, datetime] | None = None
        """The newest failure, kept after the source is back: its code and when."""

    def nudge(self) -> None:
        """Somebody connected, or something hints at a change: look now rather than at the next turn."""
        self._news.set()

    async def run(self) -> None:
        """Runs until cancelled."""
        started = False
        while True:
            heed_cancellation()
            try:
                if not started:
                    await self._source.start(await self._watermark(self._source.name))
                    started = True
                await self._look()
            except Exception as error:  # the edge where any source may fail without harm to the others
                started = False
                await self._failed(error, expected=isinstance(error, (*self._source.transient, StoreUnavailable, Fenced)))
            else:
                await self._rest(self._cadence.interval_s(self._now(), connected=self._connected(), changed_at=self._changed_at))

    async def _look(self) -> None:
        began = time.perf_counter()
        async with aclosing(self._source.changes()) as batches:
            async for batch in batches:
                if batch.notifications or batch.topics or batch.watermark is not None:
                    await self._publish(self._source.name, batch)
                if batch.changed:
                    self._changed_at = self._now()
                self._recovered()
        self._looked(self._source.name, time.perf_counter() - began)
        self._recovered()

    def _recovered(self) -> None:
        if self._failures:
            _log.info("source_back", source=self._source.name, failures=self._failures)
        self._failures = 0
        self._set(Health(self._source.name, "ok", self._now(), None))

    async def _failed(self, error: Exception, *, expected: bool) -> None:
        self._failures += 1
        self.last_error = (type(error).__name__, self._now())
        if not expected and (self._failures == 1 or type(error).__name__ != self.health.error):
            _log.error("source_failed", source=self._source.name, exc_info=error)
        elif self._failures == 1:
            _log.warning("source_away", source=self._source.name, error=type(error).__name__)
        state: Literal["late", "down"] = "late" if self._failures < 3 else "down"
        self._set(Health(self._source.name, state, self.health.as_of, type(error).__name__))
        cap = 30.0 if expected else 60.0
        wait = retry_delay(self._failures, random.random(), base_s=0.5 if expected else 5.0, cap_s=cap)  # noqa: S311  # jitter, not a secret
        await asyncio.sleep(wait)

    def _set(self, health: Health) -> None:
        now = self._now()
        same = (health.state, health.error) == (self.health.state, self.health.error)
        self.health = health
        if not same or self._told_at is None or now - self._told_at >= self._beat:
            self._told_at = now
            try:
                self._tell(health)
            except Exception:  # who listens to a source's health must not be able to stop it
                _log.exception("health_not_told", source=health.source)

    async def _rest(self, seconds: float) -> None:
        if not self._cadence.hints:
            await asyncio.sleep(seconds)
            return
        if self._news.is_set():  # a hint that came during the look: the upstream may have been asked before it
            seconds = min(seconds, self._cadence.busy_s)
        self._news.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            pass
