"""The product under load: the real application and server, plus calls that only a benchmark needs.

    python -m tests.benchmarks.product          settings from the environment, as `navigator serve`

`bench.publish` publishes its arguments as an event of `app:bench`, so that the load client's publisher is a hub.v1 session
like any other. `bench.gc` runs and times a full garbage collection.
"""

from __future__ import annotations

import gc
import itertools
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette

from hub.event import Event
from hub.hub import Hub
from hub.session import Session
from web import logs
from web.server import make_server
from web.settings import load
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
            add_calls(state["hub"])
            yield state

    app.router.lifespan_context = lifespan
    make_server(app, settings).run()


def add_calls(hub: Hub) -> None:
    """Registers the benchmark's calls as an area would."""
    numbers = itertools.count(1)

    def publish(_session: Session, args: Mapping[str, Any]) -> None:
        hub.publish_topic(TOPIC, Event(source="/b", id=str(next(numbers)), type="b", time=hub.now(), data=args))

    def collect(_session: Session, _args: Mapping[str, Any]) -> dict[str, float]:
        began = time.perf_counter()
        gc.collect()
        return {"ms": (time.perf_counter() - began) * 1000}

    hub.quick_calls |= {"bench.publish": publish, "bench.gc": collect}


if __name__ == "__main__":
    main()
