"""A whole node in this process, as `navigator serve` builds it, asked without a socket."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp, Receive, Scope, Send

from hub.hub import Hub
from tests.web.conftest import CHEAP, ORIGIN, PASSWORD, make_settings
from web.startup import AppState, create_app

__all__ = ["AWAY", "HERE", "PUBLISHER", "Node", "open_node"]

AWAY, HERE = "192.0.2.1", "127.0.0.1"
PUBLISHER = "0123456789abcdef01234567"


@dataclass
class Node:
    """What runs, and ways to ask it."""

    app: ASGIApp
    state: AppState

    @property
    def hub(self) -> Hub:
        """Its hub."""
        return self.state["hub"]

    async def ready(self) -> None:
        """Waits until every part is well."""
        while not self.state["readiness"].ok:  # noqa: ASYNC110  # nobody else waits for it
            await asyncio.sleep(0.01)

    def client(self, address: str = AWAY, **headers: str) -> httpx.AsyncClient:
        """A program at this address."""
        transport = httpx.ASGITransport(self.app, client=(address, 40_000))
        return httpx.AsyncClient(
            transport=transport, base_url=ORIGIN, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )

    @asynccontextmanager
    async def signed_in(self, name: str, **person: Any) -> AsyncIterator[httpx.AsyncClient]:
        """Somebody new at a browser."""
        await self.state["people"].add(name, password_hash=CHEAP.hash(PASSWORD), **person)
        async with self.client() as browser:
            answer = await browser.post("/users/login", json={"username": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
            yield browser


@asynccontextmanager
async def open_node(folder: Path, store_file: Path, **given: Any) -> AsyncIterator[Node]:
    """A node over a fresh store in `folder`."""
    shutil.copyfile(store_file, folder / "navigator.sqlite")
    values = {"public_url": ORIGIN, "store_url": f"sqlite+aiosqlite:///{folder}/navigator.sqlite", "publish_tokens": [f"erp:{PUBLISHER}"]}
    inner = create_app(make_settings(**(values | given)))
    async with inner.router.lifespan_context(inner) as state:

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await inner({**scope, "state": dict(state or {})}, receive, send)

        yield Node(app, state)  # type: ignore[arg-type]  # Starlette types it as any mapping
