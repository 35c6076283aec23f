"""What the tests of the ticket list share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.adapters.redmine.tickets.world import World, open_world
from tests.peers.redmine_peer import RedminePeer


@pytest.fixture(scope="session")
def world(redmine_peer: RedminePeer) -> Iterator[World]:
    """Every kind of project and role, with issues; made once, for tests that only read."""
    made = open_world(redmine_peer)
    with asyncio.Runner() as runner:  # nothing of the world belongs to one loop: each use has its own connection
        yield runner.run(made.__aenter__())
        runner.run(made.__aexit__(None, None, None))


@pytest.fixture
async def own_world(redmine_peer: RedminePeer) -> AsyncIterator[World]:
    """The same for one test alone, which may change it."""
    async with open_world(redmine_peer) as made:
        yield made
