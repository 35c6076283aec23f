"""What the hub's parts tell when they have done something, as metrics and spans. Synchronous, and never a reason to fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from hub.accept import Receipt
from hub.acktime import AckTimes
from hub.levels import Mark
from hub.metrics import Metrics
from hub.push import Outcome, PushResult
from hub.tracing import Tracer

__all__ = ["Observer"]


class Observer:
    """Hands what happened to the metrics and the tracer. `connected` tells who has a session at this node."""

    def __init__(self, metrics: Metrics, tracer: Tracer, *, now: Callable[[], datetime], connected: Callable[[int], bool]) -> None:
        self.metrics, self.tracer = metrics, tracer
        self._now, self._connected = now, connected
        self._acks = AckTimes()
        self.push_errors: dict[str, tuple[str, datetime]] = {}
        """The newest failure of each push service: its code and when."""

    def taken(self, receipt: Receipt, began_s: float) -> None:
        """Notifications that came in at `began_s` (`time.perf_counter`) are durable."""
        for outcome in receipt.outcomes:
            if outcome.encoded is not None:
                self.metrics.published_inbox.inc()
                self._acks.sent(((d.user_id, d.seq) for d in outcome.deliveries if self._connected(d.user_id)), began_s)

    def marked(self, mark: Mark) -> None:
        """A person's word is durable; any level means that what came up to it was received."""
        took = None if mark.seq is None else self._acks.acked(mark.user_id, mark.seq, time.perf_counter())
        if took is not None:
            self.metrics.publish_to_ack.observe(took)

    def received(self, marks: Sequence[Mark]) -> None:
        """Receipts are durable."""
        for mark in marks:
            self.marked(mark)

    def flushed(self, seconds: float, sockets: int, events: int) -> None:
        """One flush was written: so many events in all, over all sockets."""
        self.metrics.fanout.observe(seconds)
        self.metrics.delivered.inc(events)
        self.tracer.record("navigator.fanout", seconds, sockets=sockets)

    def committed(self, size: int, seconds: float, committed: bool) -> None:
        """One transaction of the writer ended."""
        self.tracer.record("navigator.commit", seconds, size=size, committed=committed)
        self.metrics.commit.observe(seconds)
        self.metrics.group_size.observe(size)
        if not committed:
            self.metrics.commit_failed.inc()

    def looked(self, source: str, seconds: float) -> None:
        """One look at a source came to its end."""
        self.metrics.look(source, seconds)
        self.tracer.record("navigator.look", seconds, source=source)

    def pushed(self, result: PushResult) -> None:
        """One push to one device ended."""
        service = result.address.kind.partition("_")[0]
        self.metrics.push(service, result.outcome.value)
        if result.outcome in (Outcome.RETRY, Outcome.REJECTED):
            self.push_errors[service] = (result.detail, self._now())

    def stepped(self, step_s: float) -> None:
        """Somebody set the clock forth, or back when negative."""
        self.metrics.clock_stepped("forth" if step_s > 0 else "back")
