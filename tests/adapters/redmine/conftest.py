"""What the tests of the Redmine adapter share: the real peer, and a little Redmine in SQLite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.engine import create_engine
from tests.adapters.redmine.little import LittleRedmine
from tests.peers.redmine_peer import RedminePeer, redmine_peer

__all__ = ["redmine_peer"]


@pytest.fixture
async def little(tmp_path: Path) -> AsyncIterator[LittleRedmine]:
    """A SQLite database with Redmine's tables and a few people."""
    made = LittleRedmine(tmp_path / "redmine.db")
    yield made
    made.close()


@pytest.fixture
async def little_engine(little: LittleRedmine) -> AsyncIterator[AsyncEngine]:
    """A reading engine on the little Redmine."""
    engine = create_engine(little.url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def peer_engine(redmine_peer: RedminePeer) -> AsyncIterator[AsyncEngine]:
    """A reading engine on the real Redmine, with the least rights."""
    engine = create_engine(redmine_peer.db_min_url)
    yield engine
    await engine.dispose()
