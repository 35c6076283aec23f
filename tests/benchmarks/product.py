"""The product under load: the real application and server, plus calls that only a benchmark needs.

    python -m tests.benchmarks.product          settings from the environment, as `navigator serve`

`bench.publish` publishes its arguments as an event of `app:bench`, so that the load client's publisher is a hub.v1 session
like any other; `bench.flood` publishes any `topic`. `bench.gc` runs and times a full garbage collection. `bench.sql` tells how
many statements the store was given since the start, when TEZ_BENCH_SQL is set. `bench.desk` tells how many requests went to Redmine,
whether the index of tickets is whole, and by how much the event loop was late at worst since it was asked last.
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import os
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from hub.event import Event
from hub.hub import Hub
from hub.session import Session
from web import logs
from web.server import make_server
from web.settings_load import load
from web.startup import create_app

__all__ = ["TOPIC", "main"]

TOPIC = "app:bench"


def main() -> None:
    """Serves until the process is ended."""
    settings = load()
    logs.configure(settings.log_format, settings.log_level)
    app = create_app(settings)
    started = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(starting: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with started(starting) as state:
            assert state is not None
            add_calls(state["hub"], _count_sql(state["engine"]) if "TEZ_BENCH_SQL" in os.environ else Counter())
            late = Lateness()
            watching = asyncio.create_task(late.watch(), name="lateness")
            state["hub"].calls["bench.desk"] = _desk(state, late)
            yield state
            watching.cancel()
            await asyncio.wait([watching])

    app.router.lifespan_context = lifespan
    make_server(app, settings).run()


class Lateness:
    """By how much a timer of 5 ms was late at worst."""

    def __init__(self) -> None:
        self.worst_s = 0.0

    async def watch(self) -> None:
        """Until cancelled."""
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.005)
            self.worst_s = max(self.worst_s, time.perf_counter() - began - 0.005)


def _desk(state: Mapping[str, Any], late: Lateness) -> Callable[[Session, Mapping[str, Any]], Awaitable[dict[str, Any]]]:
    async def desk(_session: Session, _args: Mapping[str, Any]) -> dict[str, Any]:
        worst, late.worst_s = late.worst_s, 0.0
        at_work, listing = state["tickets"].desk, state["ticket_list"].reader
        sent = at_work._client.sent if at_work is not None else 0
        return {"sent": sent, "filled": listing is not None and await listing.filled(), "late_ms": worst * 1000}

    return desk


def _count_sql(engine: AsyncEngine) -> Counter[str]:
    """How often each statement is executed from now on; one with many rows counts once, as it is sent once."""
    counted: Counter[str] = Counter()

    @sa.event.listens_for(engine.sync_engine, "before_cursor_execute")
    def _count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        counted[statement] += 1

    return counted


def add_calls(hub: Hub, statements: Counter[str]) -> None:
    """Registers the benchmark's calls as an area would."""
    numbers = itertools.count(1)

    def publish(_session: Session, args: Mapping[str, Any]) -> None:
        hub.publish_topic(TOPIC, Event(source="/b", id=str(next(numbers)), type="b", time=hub.now(), data=args))

    def flood(_session: Session, args: Mapping[str, Any]) -> None:
        hub.publish_topic(args["topic"], Event(source="/b", id=str(next(numbers)), type="b", time=hub.now(), data=args["data"]))

    def sql(_session: Session, _args: Mapping[str, Any]) -> dict[str, Any]:
        return {"count": statements.total(), "most": statements.most_common(8)}

    def sessions(_session: Session, _args: Mapping[str, Any]) -> dict[str, int]:
        return {"count": len(hub.presence)}

    def collect(_session: Session, _args: Mapping[str, Any]) -> dict[str, float]:
        began = time.perf_counter()
        gc.collect()
        return {"ms": (time.perf_counter() - began) * 1000}

    hub.quick_calls |= {"bench.publish": publish, "bench.flood": flood, "bench.gc": collect, "bench.sql": sql, "bench.sessions": sessions}


if __name__ == "__main__":
    main()
