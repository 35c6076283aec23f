"""Brings what has happened to an outlet: a little later each time, and as badly as the faults ask."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import random
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import httpx

from adapters.sandbox.finesse.facts import Failed, Told
from adapters.sandbox.finesse.faults import Fault, take
from adapters.sandbox.finesse.outlet import Outlet, new_item
from adapters.sandbox.finesse.wire import Wording, update

__all__ = ["Herald"]

_log = logging.getLogger(__name__)

_MOST = 20_000
"""More that waits than this is not published at all, and logged: an outlet that slow is no use to anybody."""


@dataclass(order=True, slots=True)
class _Due:
    at: float
    number: int
    told: Told = field(compare=False)
    wording: Wording = field(compare=False)
    items: tuple[str, ...] = field(compare=False)
    """The ids that it is published by."""


class Herald:
    """Publishes in order for each node; what is of different nodes may overtake, as with the real one."""

    def __init__(self, outlet: Outlet, *, faults: list[Fault], delay_s: tuple[float, float], seed: int = 0) -> None:
        """`delay_s`: between what happens and its event, from and to."""
        self.outlet, self.faults, self.delay_s = outlet, faults, delay_s
        self.wording = Wording()
        """How everything is written that no fault says otherwise of."""
        self.published = 0
        self._waiting: list[_Due] = []
        self._last: dict[str, float] = {}
        self._count = itertools.count()
        self._more = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._chance = random.Random(seed)  # noqa: S311 - a delay, not a secret

    async def tell(self, said: Iterable[Told]) -> None:
        """Takes over what is to be told. Returns at once, but after having published what a fault wants `early`."""
        now = asyncio.get_running_loop().time()
        for told in said:
            text = f"event {told.kind} {told.node}{' failed' if isinstance(told.body, Failed) else ''}"
            wording, wait = self.wording, self._chance.uniform(*self.delay_s)
            items: tuple[str, ...] = (new_item(),)
            for fault in take(self.faults, text):
                wording = _worded(wording, fault)
                match fault.action:
                    case "late":
                        wait += float(fault.arg)
                    case "early":
                        wait = -1.0
                    case "twice":
                        items *= 2
                    case "again":
                        items = (*items, new_item())
                    case "never":
                        items = ()
            if not items:
                continue
            if wait < 0:
                await self._publish(_Due(now, next(self._count), told, wording, items))
                continue
            if len(self._waiting) >= _MOST:
                _log.error("the sandbox's Finesse has too much to tell: an event of %s is lost", told.node)
                continue
            at = max(now + wait, self._last.get(told.node, 0.0))
            self._last[told.node] = at
            heapq.heappush(self._waiting, _Due(at, next(self._count), told, wording, items))
            self._idle.clear()
            self._more.set()

    async def idle(self) -> None:
        """Waits until everything that was told has been published."""
        await self._idle.wait()

    async def run(self) -> None:
        """Publishes until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            self._more.clear()
            wait = self._waiting[0].at - loop.time() if self._waiting else None
            if wait is not None and wait <= 0:
                await self._publish(heapq.heappop(self._waiting))
                if not self._waiting:
                    self._idle.set()
                    self._last.clear()
                continue
            try:
                async with asyncio.timeout(wait):
                    await self._more.wait()
            except TimeoutError:
                pass

    async def _publish(self, due: _Due) -> None:
        text = update(due.told, due.wording)
        try:
            for item in due.items:
                await self.outlet.publish(
                    due.told.node,
                    text,
                    namespace=due.wording.namespace,
                    raw=due.wording.raw and not due.wording.unparsable,
                    item=item,
                )
            self.published += 1
        except httpx.HTTPError:
            _log.exception("the outlet of the sandbox's Finesse did not take an event")


def _worded(wording: Wording, fault: Fault) -> Wording:
    match fault.action:
        case "unparsable":
            return replace(wording, unparsable=True)
        case "raw":
            return replace(wording, raw=True)
        case "namespace":
            return replace(wording, namespace=str(fault.arg))
        case "upper" | "lower":
            return replace(wording, upper=fault.action == "upper")
        case "shuffled":
            return replace(wording, shuffled=int(fault.arg) or 1)
        case "anonymous":
            return replace(wording, request_id=False)
    return wording
