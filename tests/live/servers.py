"""The ways to serve the product: its own command, its hand-over under uvicorn's, and any ASGI server."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.live.warm import COMMAND

__all__ = ["EVERY_SERVER", "SERVERS"]

_UVICORN = (sys.executable, "-m", "uvicorn", "--factory", "web.startup:create_app", "--host", "127.0.0.1")

SERVERS: Mapping[str, Callable[[int], Sequence[str]]] = {
    "own": lambda _port: COMMAND,
    "handover": lambda port: (*_UVICORN, "--port", str(port), "--ws", "web.handover:HandoverProtocol"),
    "plain": lambda port: (*_UVICORN, "--port", str(port), "--ws", "websockets-sansio"),
    "hypercorn": lambda port: (sys.executable, "-m", "hypercorn", "--bind", f"127.0.0.1:{port}", "web.startup:create_app()"),
}
"""The command for each, given the port."""

EVERY_SERVER = pytest.mark.parametrize("server", ["own", "handover", "plain"], indirect=True)
"""Runs a test of `product` under each: both drivers, one of them under two servers."""
