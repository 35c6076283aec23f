"""A contact centre of each kind, quick to tell."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.sandbox.finesse import SandboxFinesse, open_sandbox_finesse
from adapters.sandbox.finesse.flavours import Platform
from tests.clock import Clock


@pytest.fixture
def clock() -> Clock:
    """The contact centre's clock: it stands."""
    return Clock()


@pytest.fixture(params=["ccx", "cce"])
async def sandbox(request: pytest.FixtureRequest, clock: Clock) -> AsyncIterator[SandboxFinesse]:
    """A contact centre of either kind."""
    platform: Platform = request.param
    async with open_sandbox_finesse(platform=platform, delay_s=(0.0, 0.0), answers_s=None, clock=clock) as opened:
        yield opened
