"""A sandbox ERP and a client with short limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.erp.client import Erp, ErpSettings, open_erp
from adapters.sandbox.erp import SandboxErp, open_sandbox_erp


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[SandboxErp]:
    """An ERP without life."""
    async with open_sandbox_erp(tmp_path / "erp", life=False, seed=1) as opened:
        yield opened


@pytest.fixture
def settings(sandbox: SandboxErp) -> ErpSettings:
    """Two connections, half a second for everything."""
    return ErpSettings(dsn=sandbox.dsn, user=sandbox.user, password=sandbox.password, size=2, connect_s=0.5, call_s=0.3)


@pytest.fixture
async def erp(settings: ErpSettings) -> AsyncIterator[Erp]:
    """The client."""
    async with open_erp(settings) as opened:
        yield opened
