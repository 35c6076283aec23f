"""`/metrics`: who may see it, and in which form."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.web.conftest import make_settings
from tests.web.node import HERE, PUBLISHER, open_node

TOKEN = "a-token-of-enough-length-1"


async def test_nobody_sees_it_who_is_not_named(tmp_path: Path, store_file: Path) -> None:
    """Without a token: no public, no machine of ours, no publisher, no signed-in person but an administrator."""
    async with open_node(tmp_path, store_file) as node:
        async with node.client() as public, node.client(HERE) as local:
            refused = await public.get("/metrics")
            assert (refused.status_code, refused.headers["www-authenticate"]) == (401, "Bearer")
            assert (await local.get("/metrics")).status_code == 401
            for token in (PUBLISHER, "", "None"):
                assert (await public.get("/metrics", headers={"authorization": f"Bearer {token}"})).status_code == 401
        async with node.signed_in("anna", permissions=["quality"]) as anna, node.signed_in("root", permissions=["admin"]) as root:
            assert (await anna.get("/metrics")).status_code == 403
            assert "navigator_users 0.0" in (await root.get("/metrics")).text


async def test_the_token_opens_it_by_any_name_and_without_the_store(
    tmp_path: Path, store_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prometheus asks by address, and most of all when the store is away; who needs the store to be known is then nobody."""

    async def away(_token: str) -> None:
        raise sa.exc.OperationalError("SELECT", {}, OSError("away"))

    async with (
        open_node(tmp_path, store_file, metrics_token=TOKEN) as node,
        node.client(host="10.0.0.7:8000", authorization=f"Bearer {TOKEN}") as scraper,
        node.signed_in("root", permissions=["admin"]) as root,
    ):
        monkeypatch.setattr(node.state["sessions"], "find", away)
        plain = await scraper.get("/metrics")
        assert plain.status_code == 200
        assert plain.headers["content-type"].startswith("text/plain; version=0.0.4")
        assert plain.headers["cache-control"] == "no-store"
        assert "_created" not in plain.text
        strict = await scraper.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})
        assert strict.headers["content-type"].startswith("application/openmetrics-text")
        families = {family.name for family in text_string_to_metric_families(strict.text)}
        assert {"navigator_fanout_seconds", "navigator_refused", "navigator_ready", "ledger_overdue_total"} <= families
        assert (await root.get("/metrics")).status_code == 401
        assert (await root.get("/health/ready")).json() == {"ok": node.state["readiness"].ok}


def test_a_short_token_is_refused() -> None:
    """A token that can be guessed is a fault of the settings, and its text is not told."""
    with pytest.raises(ValueError, match="24 characters") as caught:
        make_settings(metrics_token="short-secret")
    assert "short-secret" not in str(caught.value)
