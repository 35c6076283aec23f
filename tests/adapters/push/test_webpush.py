"""Web Push against a push service on loopback, TLS, VAPID and the allow-list all on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
import structlog

from adapters.push.endpoint import Origin, PushHosts
from adapters.push.resolver import PublicResolver
from adapters.push.vapid import VapidKey, generate
from adapters.push.webpush import WebPushLimits, WebPushSender, judge, open_webpush
from adapters.push.wire import MAX_PLAIN_BYTES
from hub.push import Outcome, PushSender, payload
from tests.adapters.push.conftest import SITE, address, note
from tests.peers.autopush import HOST, Autopush, autopush
from tests.peers.certs import Authority
from tests.peers.serving import LoopbackResolver

_WNS = "wns2-test.notify.windows.com"


@pytest.fixture
async def sender(peer: Autopush, authority: Authority, vapid: VapidKey) -> AsyncIterator[WebPushSender]:
    """A sender with the product's own allow-list."""
    async with open_webpush(
        vapid=vapid,
        hosts=PushHosts.parse(),
        site=SITE,
        resolver=LoopbackResolver({HOST: peer.tls_port or 0}),
        tls=authority.client_context(),
    ) as opened:
        yield opened


def _limits(peer: Autopush, authority: Authority, vapid: VapidKey, **limits: Any) -> Any:
    return open_webpush(
        vapid=vapid,
        hosts=PushHosts.parse(),
        site=SITE,
        resolver=LoopbackResolver({HOST: peer.tls_port or 0}),
        tls=authority.client_context(),
        limits=WebPushLimits(**limits),
    )


async def test_message_arrives_whole(sender: WebPushSender, peer: Autopush, vapid: VapidKey) -> None:
    """The device decrypts the hub's payload; TTL, urgency, topic and VAPID claims are what the message says."""
    seam: PushSender = sender
    device = peer.device(vapid.public)
    now = datetime.now(UTC)
    message = note(urgent=True, expires=now + timedelta(seconds=90.5))
    (result,) = await seam.send(message, [address(device)], now)
    assert (result.outcome, result.detail, result.address) == (Outcome.ACCEPTED, "201", address(device))
    (got,) = peer.inbox(device["endpoint"])
    assert json.loads(got["text"]) == payload(message, at=SITE)
    assert (got["ttl"], got["urgency"], got["topic"]) == (91, "high", "ticket-42")
    assert got["vapid"]["aud"] == f"https://{HOST}"
    assert got["vapid"]["sub"] == "mailto:ops@example.org"
    assert "x-wns-cache-policy" not in got["headers"]


async def test_same_tag_replaces_what_waits(sender: WebPushSender, peer: Autopush, vapid: VapidKey) -> None:
    """Two messages of one tag leave one at the push service."""
    device = address(peer.device(vapid.public))
    for title in ("first", "second"):
        await sender.send(note(title=title), [device], datetime.now(UTC))
    assert [json.loads(each["text"])["notification"]["title"] for each in peer.inbox(device.address)] == ["second"]


@pytest.mark.parametrize(
    ("status", "outcome", "detail"),
    [
        (400, Outcome.REJECTED, "400 refused"),
        (401, Outcome.REJECTED, "401 vapid_refused"),
        (403, Outcome.REJECTED, "403 vapid_refused"),
        (404, Outcome.GONE, "404 gone"),
        (406, Outcome.REJECTED, "406 refused"),
        (408, Outcome.RETRY, "408 service_trouble"),
        (410, Outcome.GONE, "410 gone"),
        (500, Outcome.RETRY, "500 service_trouble"),
        (502, Outcome.RETRY, "502 service_trouble"),
        (503, Outcome.RETRY, "503 service_trouble"),
    ],
)
async def test_statuses(sender: WebPushSender, peer: Autopush, vapid: VapidKey, status: int, outcome: Outcome, detail: str) -> None:
    """Each status has its outcome; neither result nor log carries the endpoint, even if the service's answer does."""
    device = address(peer.device(vapid.public))
    peer.fault(device.address, status=status, body=f"no: {device.address} {device.auth}")
    with structlog.testing.capture_logs() as logs:
        (result,) = await sender.send(note(), [device], datetime.now(UTC))
    assert (result.outcome, result.detail) == (outcome, detail)
    secret = device.address.rsplit("/", 1)[1]
    assert secret not in result.detail + str(logs)
    assert device.auth not in str(logs)


def test_statuses_that_depend_on_the_service() -> None:
    """406 means "slow down" at WNS only; 429 everywhere; any 2xx is an acceptance."""
    wns, other = Origin("https", _WNS, 443), Origin("https", HOST, 443)
    assert judge(406, wns) == (Outcome.RETRY, "406 slow_down")
    assert judge(429, other) == (Outcome.RETRY, "429 slow_down")
    assert {judge(status, other)[0] for status in (200, 201, 202, 204)} == {Outcome.ACCEPTED}
    assert judge(307, other) == (Outcome.REJECTED, "307 redirect_refused")


async def test_dead_subscription_is_gone(sender: WebPushSender, peer: Autopush, vapid: VapidKey) -> None:
    """A subscription that the service dropped, and one that it never had, are GONE; their neighbour gets its message."""
    dead, alive = peer.device(vapid.public), peer.device(vapid.public)
    peer.expire(dead["endpoint"])
    unknown = {**alive, "endpoint": alive["endpoint"] + "x"}
    results = await sender.send(note(), [address(dead, 1), address(alive, 2), address(unknown, 3)], datetime.now(UTC))
    assert [each.outcome for each in results] == [Outcome.GONE, Outcome.ACCEPTED, Outcome.GONE]
    assert [each.address.id for each in results] == [1, 2, 3]


async def test_another_key_is_refused(sender: WebPushSender, peer: Autopush) -> None:
    """A subscription that was made with another VAPID key is REJECTED, not deleted: the wrong key may be ours."""
    (result,) = await sender.send(note(), [address(peer.device(generate()[1]))], datetime.now(UTC))
    assert (result.outcome, result.detail) == (Outcome.REJECTED, "403 vapid_refused")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(sender: WebPushSender, peer: Autopush, vapid: VapidKey, status: int) -> None:
    """A redirect is an answer like another: the place it names is not asked."""
    trap, target = peer.device(vapid.public), peer.device(vapid.public)
    peer.fault(trap["endpoint"], status=status, headers={"Location": target["endpoint"]})
    since = len(peer.log)
    (result,) = await sender.send(note(), [address(trap)], datetime.now(UTC))
    assert (result.outcome, result.detail) == (Outcome.REJECTED, f"{status} redirect_refused")
    assert peer.posts(since) == 1
    assert peer.inbox(target["endpoint"]) == []


@pytest.mark.parametrize("after", ["40", "date"])
async def test_slow_down_counts_for_the_whole_service(sender: WebPushSender, peer: Autopush, vapid: VapidKey, after: str) -> None:
    """After a 429 no address of that service is asked before the time it named, as seconds or as a date."""
    now = datetime.now(UTC).replace(microsecond=0)
    first, second = address(peer.device(vapid.public), 1), address(peer.device(vapid.public), 2)
    header = after if after == "40" else format_datetime(now + timedelta(seconds=40), usegmt=True)
    peer.fault(first.address, status=429, retry_after=header)
    (result,) = await sender.send(note(), [first], now)
    assert (result.outcome, result.detail, result.retry_after_s) == (Outcome.RETRY, "429 slow_down", 40.0)
    since = len(peer.log)
    (result,) = await sender.send(note(), [second], now)
    assert (result.outcome, result.detail) == (Outcome.RETRY, "slow_down")
    assert 35 < result.retry_after_s <= 40
    assert peer.posts(since) == 0


async def test_slow_down_ends_and_spares_other_services(peer: Autopush, authority: Authority, vapid: VapidKey) -> None:
    """Another service is asked meanwhile; when the time is over the first is asked again. WNS gets its own header and 406."""
    with autopush(authority, _WNS) as wns:
        ports = {HOST: peer.tls_port or 0, _WNS: wns.tls_port or 0}
        async with open_webpush(
            vapid=vapid, hosts=PushHosts.parse(), site=SITE, resolver=LoopbackResolver(ports), tls=authority.client_context()
        ) as sender:
            mozilla, edge = address(peer.device(vapid.public), 1), address(wns.device(vapid.public), 2)
            wns.fault(edge.address, status=406, retry_after=1)
            first = await sender.send(note(), [mozilla, edge], datetime.now(UTC))
            second = await sender.send(note(), [mozilla, edge], datetime.now(UTC))
            await asyncio.sleep(1.05)
            third = await sender.send(note(), [mozilla, edge], datetime.now(UTC))
        assert [[each.detail for each in results] for results in (first, second, third)] == [
            ["201", "406 slow_down"],
            ["201", "slow_down"],
            ["201", "201"],
        ]
        assert wns.inbox(edge.address)[0]["headers"]["x-wns-cache-policy"] == "cache"


async def test_claims_are_not_carried_from_one_service_to_the_next(peer: Autopush, authority: Authority, vapid: VapidKey) -> None:
    """Two services in one send each see their own origin as the audience, also on the second round."""
    with autopush(authority, "web.push.apple.com") as apple:
        ports = {HOST: peer.tls_port or 0, "web.push.apple.com": apple.tls_port or 0}
        async with open_webpush(
            vapid=vapid, hosts=PushHosts.parse(), site=SITE, resolver=LoopbackResolver(ports), tls=authority.client_context()
        ) as sender:
            both = [address(peer.device(vapid.public), 1), address(apple.device(vapid.public), 2)]
            for _ in range(2):
                results = await sender.send(note(), both, datetime.now(UTC))
                assert [each.outcome for each in results] == [Outcome.ACCEPTED] * 2


async def test_explicit_default_port_has_the_same_audience(sender: WebPushSender, peer: Autopush, vapid: VapidKey) -> None:
    """An endpoint that spells out port 443 is signed for the origin without it, as push services compare texts."""
    device = peer.device(vapid.public)
    spelled = {**device, "endpoint": device["endpoint"].replace(HOST, HOST.upper() + ":443")}
    (result,) = await sender.send(note(), [address(spelled)], datetime.now(UTC))
    assert result.outcome is Outcome.ACCEPTED


async def test_slow_service_is_bounded(peer: Autopush, authority: Authority, vapid: VapidKey) -> None:
    """A send ends at its deadline; who was answered by then keeps the answer, who was not is to be retried."""
    slow, fast = address(peer.device(vapid.public), 1), address(peer.device(vapid.public), 2)
    peer.fault(slow.address, delay_s=3.0)
    async with _limits(peer, authority, vapid, send_s=0.8) as sender:
        started = asyncio.get_running_loop().time()
        results = await sender.send(note(), [slow, fast], datetime.now(UTC))
        assert asyncio.get_running_loop().time() - started < 2.5
    assert [(each.outcome, each.detail) for each in results] == [(Outcome.RETRY, "timeout"), (Outcome.ACCEPTED, "201")]


async def test_one_request_is_bounded_too(peer: Autopush, authority: Authority, vapid: VapidKey) -> None:
    """The limit of a single request counts before the whole send's."""
    slow = address(peer.device(vapid.public))
    peer.fault(slow.address, delay_s=3.0)
    async with _limits(peer, authority, vapid, request_s=0.3) as sender:
        (result,) = await sender.send(note(), [slow], datetime.now(UTC))
    assert (result.outcome, result.detail) == (Outcome.RETRY, "timeout")


async def test_requests_at_once_are_bounded(authority: Authority, vapid: VapidKey) -> None:
    """A service gets no more requests at once than the limit, whatever the number of addresses."""
    with autopush(authority) as alone:
        devices = [address(alone.device(vapid.public), number) for number in range(12)]
        for device in devices:
            alone.fault(device.address, delay_s=0.05)
        async with _limits(alone, authority, vapid, at_once_per_host=3) as sender:
            results = await sender.send(note(), devices, datetime.now(UTC))
    assert {each.outcome for each in results} == {Outcome.ACCEPTED}
    assert alone.most_at_once == 3


async def test_long_body_is_trimmed(sender: WebPushSender, peer: Autopush, vapid: VapidKey) -> None:
    """A body over the limit arrives with its beginning, marked as cut."""
    device = address(peer.device(vapid.public))
    body = "Длинный комментарий. " * 95
    (result,) = await sender.send(note(body=body), [device], datetime.now(UTC))
    (got,) = peer.inbox(device.address)
    shown = json.loads(got["text"])["notification"]
    assert result.outcome is Outcome.ACCEPTED
    assert MAX_PLAIN_BYTES - 40 < got["plain_bytes"] <= MAX_PLAIN_BYTES
    assert body.startswith(shown["body"].removesuffix("…"))
    assert shown["body"].endswith("…")


async def test_too_big_is_sent_short(sender: WebPushSender, peer: Autopush, vapid: VapidKey) -> None:
    """After a 413 title and link are sent, once; a second 413 is the end."""
    device = address(peer.device(vapid.public))
    peer.fault(device.address, status=413)
    (result,) = await sender.send(note(), [device], datetime.now(UTC))
    (got,) = peer.inbox(device.address)
    shown = json.loads(got["text"])["notification"]
    assert (result.outcome, shown["title"], shown["body"]) == (Outcome.ACCEPTED, note().title, "")
    assert shown["navigate"] == f"{SITE}/tickets/42"
    peer.fault(device.address, status=413, times=2)
    (result,) = await sender.send(note(), [device], datetime.now(UTC))
    assert (result.outcome, result.detail) == (Outcome.REJECTED, "413 too_big")


async def test_guard_holds_when_sending(sender: WebPushSender, peer: Autopush, vapid: VapidKey) -> None:
    """A stored address whose host is not allowed, or whose keys are broken, is not posted to; broken keys are GONE."""
    device = peer.device(vapid.public)
    strange = {**device, "endpoint": f"https://127.0.0.1:{peer.tls_port}/wpush/v2/x"}
    unlisted = {**device, "endpoint": "https://push.example.net/x"}
    broken = {**device, "keys": {"p256dh": "AAAA", "auth": "AAAA"}}
    since = len(peer.log)
    results = await sender.send(note(), [address(each) for each in (strange, unlisted, broken)], datetime.now(UTC))
    assert [(each.outcome, each.detail) for each in results] == [
        (Outcome.REJECTED, "endpoint_insecure"),
        (Outcome.REJECTED, "endpoint_unknown"),
        (Outcome.GONE, "key_invalid"),
    ]
    assert peer.posts(since) == 0


async def test_name_that_leads_home_is_not_connected_to(peer: Autopush, authority: Authority, vapid: VapidKey) -> None:
    """An allowed name that resolves to a private address is not connected to."""
    inner = LoopbackResolver({HOST: peer.tls_port or 0})
    since = len(peer.log)
    async with open_webpush(
        vapid=vapid, hosts=PushHosts.parse(), site=SITE, resolver=PublicResolver(inner=inner), tls=authority.client_context()
    ) as sender:
        (result,) = await sender.send(note(), [address(peer.device(vapid.public))], datetime.now(UTC))
    assert (result.outcome, result.detail.split()[0]) == (Outcome.RETRY, "no_connection")
    assert peer.posts(since) == 0


async def test_untrusted_certificate_is_refused(peer: Autopush, vapid: VapidKey) -> None:
    """With the system's certificates our throw-away authority counts for nothing."""
    since = len(peer.log)
    async with open_webpush(
        vapid=vapid, hosts=PushHosts.parse(), site=SITE, resolver=LoopbackResolver({HOST: peer.tls_port or 0})
    ) as sender:
        (result,) = await sender.send(note(), [address(peer.device(vapid.public))], datetime.now(UTC))
    assert result.detail == "no_connection ClientConnectorCertificateError"
    assert peer.posts(since) == 0


async def test_operators_own_origin(vapid: VapidKey) -> None:
    """A full origin that the operator lists works with the default resolver, plain and on this machine; a dead one is retried."""
    with autopush() as plain:
        device = address(plain.device(vapid.public))
        async with open_webpush(vapid=vapid, hosts=PushHosts.parse([plain.url]), site=SITE) as sender:
            (result,) = await sender.send(note(), [device], datetime.now(UTC))
            assert result.outcome is Outcome.ACCEPTED
    async with open_webpush(vapid=vapid, hosts=PushHosts.parse([plain.url]), site=SITE) as sender:
        (result,) = await sender.send(note(), [device], datetime.now(UTC))
        assert result.detail.startswith("no_connection")
    assert result.outcome is Outcome.RETRY


async def test_expired_message_is_not_sent(sender: WebPushSender, peer: Autopush, vapid: VapidKey) -> None:
    """What nobody wants any more is not handed over."""
    since = len(peer.log)
    now = datetime.now(UTC)
    (result,) = await sender.send(note(expires=now), [address(peer.device(vapid.public))], now)
    assert (result.outcome, result.detail) == (Outcome.REJECTED, "expired")
    assert peer.posts(since) == 0


async def test_outage_is_logged_once_each_way(sender: WebPushSender, peer: Autopush, vapid: VapidKey) -> None:
    """A service that fails three times and recovers leaves two lines."""
    device = address(peer.device(vapid.public))
    peer.fault(device.address, status=503, times=3)
    with structlog.testing.capture_logs() as logs:
        for _ in range(5):
            await sender.send(note(), [device], datetime.now(UTC))
    assert [each["event"] for each in logs] == ["webpush.service_down", "webpush.service_up"]


async def test_cancellation_passes_through(sender: WebPushSender, peer: Autopush, vapid: VapidKey) -> None:
    """A cancelled send ends at once, and the next one works."""
    device = address(peer.device(vapid.public))
    peer.fault(device.address, delay_s=3.0)
    task = asyncio.create_task(sender.send(note(), [device], datetime.now(UTC)))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    (result,) = await sender.send(note(), [device], datetime.now(UTC))
    assert result.outcome is Outcome.ACCEPTED


async def test_memory_of_services_is_bounded(peer: Autopush, authority: Authority, vapid: VapidKey) -> None:
    """Hosts below a suffix are many; only the last ones used are remembered."""
    async with _limits(peer, authority, vapid, hosts=3) as sender:
        device = peer.device(vapid.public)
        for number in range(6):
            endpoint = f"https://wns{number}.notify.windows.com/w"
            await sender.send(note(), [address({**device, "endpoint": endpoint})], datetime.now(UTC))
        assert [each.host for each in sender._services] == [f"wns{number}.notify.windows.com" for number in (3, 4, 5)]
