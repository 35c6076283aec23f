"""One product for each test, with one account: ann."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.product import Product


@pytest.fixture(scope="session")
def ann_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of an installation with one account, ann, as the command line made it. Copied, never opened."""
    made = Product(tmp_path_factory.mktemp("ann"))
    made.add_user("ann")
    return made.store


@pytest.fixture
def product(tmp_path: Path, ann_store: Path) -> Product:
    """An installation that is not started yet."""
    folder = tmp_path / "product"
    folder.mkdir()
    made = Product(folder)
    made.furnish(ann_store)
    return made
