"""What the tests of the ticket list share."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.adapters.redmine.tickets.world import World, open_world
from tests.peers.redmine_peer import RedminePeer


@pytest.fixture
async def world(redmine_peer: RedminePeer) -> AsyncIterator[World]:
    """Every kind of project and role, with issues."""
    async with open_world(redmine_peer) as made:
        yield made
