"""A floor for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.web.finesse.floor import Floor, open_sandboxed


@pytest.fixture
async def floor(tmp_path: Path, store_file: Path) -> AsyncIterator[Floor]:
    """A node over a Finesse of its own."""
    async with open_sandboxed(tmp_path, store_file) as opened:
        yield opened
