"""Whether this node can serve, part by part, with since when and why not.

Looked at all the time and told when asked, so that asking costs nothing and cannot be used to load the store.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.event import rfc3339
from hub.schema import Schema
from hub.store import watermarks
from hub.writer import Kind, StoreUnavailable, Writer

__all__ = ["Part", "Readiness", "schema_probe", "store_probe"]

_log = structlog.get_logger("web.readiness")

Probe = Callable[[], Awaitable[str | None]]
"""None when all is well, else a short stable reason that gives nothing away. Any exception is a reason, too: its class's name."""
State = Callable[[], str | None]
"""The same for what is known without waiting."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that the node needs."""

    name: str
    reason: str | None
    """Why it is not well; None: it is."""
    since: datetime

    def line(self) -> dict[str, Any]:
        """As JSON."""
        return {"name": self.name, "ok": self.reason is None, "since": rfc3339(self.since), "reason": self.reason}


class Readiness:
    """Asks the probes every `every_s` seconds, each for at most `limit_s`; asks the states whenever somebody asks."""

    def __init__(
        self,
        *,
        probes: Mapping[str, Probe],
        states: Mapping[str, State],
        now: Callable[[], datetime],
        every_s: float = 2.0,
        limit_s: float = 1.0,
    ) -> None:
        self._probes, self._states, self._now = dict(probes), dict(states), now
        self._every, self._limit = every_s, limit_s
        self._parts = {name: Part(name, "starting", now()) for name in (*probes, *states)}
        self._was: bool | None = None

    @property
    def ok(self) -> bool:
        """Whether the node can serve."""
        return all(part.reason is None for part in self.parts())

    def parts(self) -> Sequence[Part]:
        """Every part as it is now."""
        for name, state in self._states.items():
            self._set(name, state())
        return list(self._parts.values())

    async def run(self) -> None:
        """Looks until cancelled; one log line when the node becomes ready, one when it is no more."""
        while True:
            await self.look()
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Asks every probe once, all at the same time."""
        await asyncio.gather(*(self._ask(name, probe) for name, probe in self._probes.items()))
        bad = {part.name: part.reason for part in self.parts() if part.reason is not None}
        if bad and self._was is not False:
            _log.warning("not_ready", parts=bad)
        elif not bad and self._was is not True:
            _log.info("ready")
        self._was = not bad

    async def _ask(self, name: str, probe: Probe) -> None:
        reason: str | None
        try:
            async with asyncio.timeout(self._limit):
                reason = await probe()
        except TimeoutError:
            reason = "no_answer"
        except Exception as error:  # whatever it is, this node does not have what it needs
            reason = type(error).__name__
        self._set(name, reason)

    def _set(self, name: str, reason: str | None) -> None:
        if self._parts[name].reason != reason:
            self._parts[name] = Part(name, reason, self._now())


def store_probe(writer: Writer, now: Callable[[], datetime]) -> Probe:
    """Writes a row by the way that every notification goes: shows a full disk, a lock that stays, a writer that hangs."""

    def write(connection: sa.Connection, moments: Sequence[datetime]) -> Sequence[None]:
        row = {"value": {}, "updated_at": max(moments)}
        changed = connection.execute(sa.update(watermarks).where(watermarks.c.source == "health").values(**row))
        if changed.rowcount == 0:
            connection.execute(sa.insert(watermarks).values(source="health", **row))
        return [None] * len(moments)

    kind: Kind[datetime, None] = Kind("health", write)

    async def probe() -> str | None:
        try:
            await writer.do(kind, now())
        except StoreUnavailable as error:
            return error.why
        return None

    return probe


def schema_probe(schema: Schema, engine: AsyncEngine) -> Probe:
    """Whether the tables are those that this program needs. Newer ones are well: nodes are updated one by one."""

    async def probe() -> str | None:
        return "older_tables" if await schema.compare(engine) == "older" else None

    return probe
