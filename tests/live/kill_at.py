"""`navigator serve` that dies by SIGKILL at one chosen step of taking in or delivering: `python -m tests.live.kill_at STEP`.

The product has no hooks for this; the steps are replaced from outside, before it starts.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from adapters.push import webpush
from hub import conversation, delivery, fanout, hub
from hub.notification import Batch
from web import cli

__all__ = ["STEPS"]


def _die(*_arguments: Any, **_named: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def _around_source_commit(*, before: bool) -> None:
    take = hub.Hub._publish_batch

    async def dying(self: hub.Hub, source: str, batch: Batch) -> None:
        if not before:
            await take(self, source, batch)
        if batch.notifications:
            _die()
        if before:
            await take(self, source, batch)

    hub.Hub._publish_batch = dying  # type: ignore[method-assign]


def _after_commit() -> None:
    hub.Hub._accepted = _die  # type: ignore[method-assign]


def _before_write() -> None:
    fanout.Fanout.deliver = _die  # type: ignore[method-assign]


def _before_ack() -> None:
    conversation._receipt = _die


def _before_push() -> None:
    delivery.Delivery._send = _die  # type: ignore[method-assign]


def _before_push_answer() -> None:
    post = webpush.WebPushSender._post

    async def dying(self: webpush.WebPushSender, *arguments: Any) -> Any:
        await post(self, *arguments)
        _die()

    webpush.WebPushSender._post = dying  # type: ignore[method-assign]


STEPS: dict[str, Callable[[], None]] = {
    "before_source_commit": lambda: _around_source_commit(before=True),
    "after_source_commit": lambda: _around_source_commit(before=False),
    "after_commit": _after_commit,
    "before_write": _before_write,
    "before_ack": _before_ack,
    "before_push": _before_push,
    "before_push_answer": _before_push_answer,
}

if __name__ == "__main__":
    STEPS[sys.argv[1]]()
    cli.main(["serve"])
