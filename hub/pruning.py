"""Forgets what ended long ago, hour by hour; the one thing that a wrong clock could make the hub do that nobody can undo."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

import structlog

from hub.clock import Steps
from hub.ledger import RETENTION, Ledger
from hub.writer import StoreUnavailable

__all__ = ["prune"]

_log = structlog.get_logger("hub.pruning")
_STEP_S = 600.0
"""Steps of the clock that make no difference to what is `RETENTION` old, and more than a slewed clock gains in an hour."""


async def prune(
    ledger: Ledger, now: Callable[[], datetime], *, every_s: float = 3600.0, monotonic: Callable[[], float] = time.monotonic
) -> None:
    """Runs until cancelled. After a step of the clock it leaves one round out, so that a wrong year can be put right before the next."""
    steps = Steps(now, monotonic)
    while True:
        step_s = steps.look()
        if abs(step_s) > _STEP_S:
            _log.warning("prune_waits_for_clock", by_s=round(step_s), next_s=every_s)
        else:
            try:
                while await ledger.prune(now() - RETENTION):  # noqa: ASYNC110  # lets others write in between
                    await asyncio.sleep(0.1)
            except StoreUnavailable:
                _log.warning("prune_skipped")
        await asyncio.sleep(every_s)
