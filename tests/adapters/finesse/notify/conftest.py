"""One Prosody for a file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.adapters.finesse.notify.ways import AGENTS, sockets
from tests.peers.prosody import Prosody, prosody

TEAM = "/finesse/api/Team/5000/Users"


@pytest.fixture(scope="module")
def running() -> Iterator[Prosody]:
    """The server of a file's tests."""
    with prosody(AGENTS, nodes=[TEAM]) as server:
        yield server


@pytest.fixture
def server(running: Prosody) -> Iterator[Prosody]:
    """The same, whole again after a test that broke it."""
    yield running
    running.mend()


@pytest.fixture
async def before() -> int:
    """How many sockets there are, the event loop's own among them."""
    return sockets()
