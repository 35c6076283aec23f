"""One product for each test, with one account: ann."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.live.product import Product


@pytest.fixture
def product(tmp_path: Path) -> Product:
    """An installation that is not started yet."""
    folder = tmp_path / "product"
    folder.mkdir()
    made = Product(folder)
    made.add_user("ann")
    return made
