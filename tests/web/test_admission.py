"""Who may open a socket, and how much a publisher may publish."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from hub.writer import StoreUnavailable
from tests.web.conftest import make_settings
from tests.web.node import PUBLISHER, open_node
from web.admission import Admission, Refusal


def test_sockets_of_one_address_are_bounded_and_counted_off() -> None:
    """One more is refused, however slowly they come; when one leaves the next is let in, and nothing is remembered at the end."""
    admission = Admission(per_address=2, rate=1000, rate_per_address=1000)
    assert [admission.admit("192.0.2.1", 0), admission.admit("192.0.2.1", 0)] == [None, None]
    assert admission.admit("192.0.2.1", 60) == Refusal(429, "sessions_per_address", 10)
    assert admission.admit("192.0.2.2", 60) is None
    admission.left("192.0.2.1")
    assert admission.admit("192.0.2.1", 60) is None
    for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2"):
        admission.left(address)
    assert (admission.open, len(admission._open)) == (0, 0)


def test_a_loud_address_does_not_use_up_what_is_there_for_all() -> None:
    """It is stopped by its own rate, and its refused handshakes cost the others nothing."""
    admission = Admission(per_address=1000, rate=10, rate_per_address=5)
    answers = [admission.admit("192.0.2.1", 0) for _ in range(100)]
    assert answers.count(None) == 5
    assert set(answers) == {None, Refusal(429, "handshake_rate_address", 1)}
    assert [admission.admit(f"192.0.2.{number}", 0) for number in range(2, 7)] == [None] * 5
    assert admission.admit("192.0.2.99", 0) == Refusal(503, "handshake_rate", 1)
    assert admission.admit("192.0.2.99", 1) is None


@pytest.mark.parametrize(("per_address", "most"), [(1000, 40), (7, 7)])
def test_the_rate_holds_for_every_second(per_address: int, most: int) -> None:
    """However the handshakes are spread, no second has more than the rate, not even the first one of a bucket that was full."""
    admission = Admission(per_address=10_000, rate=40, rate_per_address=per_address)
    let_in = [now for now in (step / 128 for step in range(512)) for _ in range(3) if admission.admit("192.0.2.1", now) is None]
    assert max(sum(begin <= now < begin + 1 for now in let_in) for begin in let_in) == most
    assert len(let_in) == 4 * most, "and each second has as many"


def test_a_slow_rate_tells_how_long_to_wait() -> None:
    """Retry-After is whole seconds, rounded up; who waits so long gets in."""
    admission = Admission(per_address=10, rate=100, rate_per_address=0.25)
    assert admission.admit("192.0.2.1", 0) is None
    refusal = admission.admit("192.0.2.1", 0.5)
    assert refusal is not None
    assert refusal.headers["retry-after"] == "4"
    assert admission.admit("192.0.2.1", 4.5) is None


def test_a_network_of_ipv6_counts_as_one_address() -> None:
    """A customer's /64 has more addresses than any table; the same IPv4 address counts as one however it is written."""
    admission = Admission(per_address=2, rate=1000, rate_per_address=1000)
    for address in ("2001:db8::1", "2001:db8::ffff:2"):
        assert admission.admit(address, 0) is None
    assert admission.admit("2001:db8::3", 0) is not None
    assert admission.admit("2001:db8:0:1::1", 0) is None
    assert [admission.admit("192.0.2.1", 0), admission.admit("::ffff:192.0.2.1", 0)] == [None, None]
    assert admission.admit("192.0.2.1", 0) is not None
    assert admission.admit("fe80::1%eth0", 0) is None
    assert admission.admit("not:an:address", 0) is None


def test_very_many_addresses_do_not_fill_the_memory() -> None:
    """An attacker with a million addresses meets the rate for all; what is remembered of them is bounded."""
    admission = Admission(per_address=10, rate=100, rate_per_address=10, max_addresses=50)
    answers = [admission.admit(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}", 0) for n in range(5000)]
    assert answers.count(None) == 100
    assert len(admission._addresses) <= 50
    assert len(admission._open) == 100


def test_an_office_of_three_thousand_behind_one_address_gets_in() -> None:
    """With the settings as they are, all of them reconnect within seconds after a restart."""
    admission = Admission.of(make_settings())
    admitted, seconds = 0, 0.0
    while admitted < 3000:
        admitted += admission.admit("192.0.2.1", seconds) is None
        seconds += 0.001
    assert seconds < 10


async def publish(client: httpx.AsyncClient, count: int, first: int = 0) -> httpx.Response:
    """Publishes a batch."""
    batch = [
        {"specversion": "1.0", "source": "/t", "type": "t", "id": str(n), "navtopic": "app:t", "data": {"key": "a", "value": n}}
        for n in range(first, first + count)
    ]
    headers = {"content-type": "application/cloudevents-batch+json", "authorization": f"Bearer {PUBLISHER}"}
    return await client.post("/hub/events", json=batch, headers=headers)


async def test_a_publisher_over_its_quota_is_refused_whole(tmp_path: Path, store_file: Path) -> None:
    """429 with Retry-After, nothing accepted and nothing half accepted; the other publisher goes on, and it is counted."""
    other = "x" * 24
    tokens = [f"erp:{PUBLISHER}", f"probe:{other}"]
    async with open_node(tmp_path, store_file, publish_per_s=1, publish_burst=500, publish_tokens=tokens) as node, node.client() as client:
        assert (await publish(client, 400)).status_code == 202
        refused = await publish(client, 200, 400)
        assert (refused.status_code, refused.json()["error"]["code"]) == (429, "too_many_events")
        assert 95 <= int(refused.headers["retry-after"]) <= 100
        assert (await publish(client, 100, 400)).json()["accepted"] == 100
        headers = {"authorization": f"Bearer {other}", "content-type": "application/cloudevents+json"}
        event = {"specversion": "1.0", "source": "/o", "type": "t", "id": "1", "navtopic": "app:t", "data": {"key": "a"}}
        assert (await client.post("/hub/events", json=event, headers=headers)).status_code == 202
        assert node.hub.metrics.refusals() == {"publish_quota": 1.0}
        assert node.hub.metrics.value("navigator_events_published_total", kind="topic") == 501


async def test_what_the_store_refused_is_not_charged(tmp_path: Path, store_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A publisher that repeats after 503 is not then told that it publishes too much."""
    async with open_node(tmp_path, store_file, publish_per_s=1, publish_burst=500) as node, node.client() as client:

        async def full(*_args: Any, **_more: Any) -> None:
            raise StoreUnavailable("disk full")

        with monkeypatch.context() as patch:
            patch.setattr(node.hub, "publish", full)
            assert (await publish(client, 500)).status_code == 503
        assert (await publish(client, 500)).status_code == 202
        assert node.hub.metrics.refusals() == {"store_unavailable": 1.0}


async def test_other_refused_publications_are_counted_by_reason(tmp_path: Path, store_file: Path) -> None:
    """A wrong token, a body over the bound, announced or not, and a bad event."""
    async with open_node(tmp_path, store_file) as node, node.client(authorization=f"Bearer {PUBLISHER}") as client:
        assert (await client.post("/hub/events", headers={"authorization": "Bearer x"})).status_code == 401
        assert (await client.post("/hub/events", content=b"x" * (1 << 20 | 1))).status_code == 413

        async def parts() -> Any:
            for _ in range(17):
                yield b"x" * 65_536

        assert (await client.post("/hub/events", content=parts())).status_code == 413
        assert (await client.post("/hub/events", content=b"{")).status_code == 400
        assert node.hub.metrics.refusals() == {"publish_token": 1.0, "publish_oversize": 2.0, "publish_invalid": 1.0}
