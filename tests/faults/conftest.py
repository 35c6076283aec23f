"""The product and its push service, as for the live tests."""

from __future__ import annotations

from tests.live.conftest import product, push_service

__all__ = ["product", "push_service"]
