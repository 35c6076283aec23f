"""A sandbox Redmine for each test, copied from one that is seeded once."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.sandbox.redmine import SandboxRedmine, open_sandbox_redmine


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a freshly seeded database."""
    directory = tmp_path_factory.mktemp("sandbox-redmine")

    async def fill() -> None:
        async with open_sandbox_redmine(directory, life=False, served=False, seed=7):
            pass

    asyncio.run(fill())
    return directory


@pytest.fixture
async def sandbox(seeded: Path, tmp_path: Path) -> AsyncIterator[SandboxRedmine]:
    """A sandbox of its own, without life and without a port."""
    shutil.copytree(seeded, tmp_path / "redmine")
    async with open_sandbox_redmine(tmp_path / "redmine", life=False, served=False, seed=7) as opened:
        yield opened


@pytest.fixture
async def rest(sandbox: SandboxRedmine) -> AsyncIterator[httpx.AsyncClient]:
    """A client in front of the sandbox's REST API, signed in as nobody."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(sandbox.app), base_url="http://sandbox") as client:
        yield client
