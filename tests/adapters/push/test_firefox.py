"""Both roads to their end: a notification on the screen of a real Firefox."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route

from adapters.push.endpoint import PushHosts
from adapters.push.fcm import open_fcm
from adapters.push.vapid import VapidKey
from adapters.push.webpush import open_webpush
from hub.push import Outcome, PushAddress
from tests.adapters.push.conftest import SITE, address, note
from tests.peers.autopush import HOST, Autopush
from tests.peers.certs import Authority
from tests.peers.fcm import fcm
from tests.peers.firefox import Firefox
from tests.peers.serving import LoopbackResolver, loopback_socket, serving

pytestmark = [
    pytest.mark.firefox,
    pytest.mark.filterwarnings("ignore:Message.token is deprecated:DeprecationWarning"),
]

_HERE = Path(__file__).parent / "site"
_BUILT = Path(__file__).parents[3] / "web" / "static" / "sw.js"
_WORKERS = [pytest.param(_HERE / "sw.js", id="small-worker")] + ([pytest.param(_BUILT, id="product-worker")] if _BUILT.exists() else [])


@pytest.fixture(scope="module", params=_WORKERS)
def page(request: pytest.FixtureRequest) -> Iterator[str]:
    """A site whose page subscribes and whose worker shows pushes: a small one, and the product's where it is built."""
    worker: Path = request.param

    async def answer(asked: Request) -> Response:
        if asked.url.path == "/sw.js":
            return FileResponse(worker, media_type="text/javascript")
        if asked.url.path == "/":
            return FileResponse(_HERE / "index.html")
        return PlainTextResponse("")  # what a worker may want to keep for offline use

    listening = loopback_socket()
    with serving(Starlette(routes=[Route("/{path:path}", answer)]), [(listening, None)], "site"):
        yield f"http://localhost:{listening.getsockname()[1]}/"


@pytest.fixture(scope="module")
def firefox(peer: Autopush, page: str) -> Iterator[Firefox]:
    """Firefox with the page open."""
    with Firefox(peer.socket_url) as running:
        running.go(page)
        yield running


async def _subscribe(firefox: Firefox, vapid: VapidKey) -> dict[str, Any]:
    found: dict[str, Any] = await asyncio.to_thread(firefox.page_async, "enable(arguments[0]).then(done, fail)", vapid.public)
    return found


async def _shown(firefox: Firefox) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = await asyncio.to_thread(firefox.page_async, "shown().then(done, fail)")
    return found


async def test_web_push_is_on_screen(firefox: Firefox, peer: Autopush, authority: Authority, vapid: VapidKey) -> None:
    """A message by Web Push is on screen, replaces its tag's, closes what was read elsewhere; unsubscribing makes it GONE."""
    given = await _subscribe(firefox, vapid)
    PushHosts.parse().subscription(given)  # what Firefox gives passes the guard as it is
    device = address(given)
    since = len(peer.log)
    async with open_webpush(
        vapid=vapid,
        hosts=PushHosts.parse(),
        site=SITE,
        resolver=LoopbackResolver({HOST: peer.tls_port or 0}),
        tls=authority.client_context(),
    ) as sender:
        (result,) = await sender.send(note(title="Первое", body="Текст", tag="one", read=()), [device], datetime.now(UTC))
        assert result.outcome is Outcome.ACCEPTED
        alert = await asyncio.to_thread(firefox.wait_alert, "Первое")
        assert "Текст" in alert["text"]
        (ack,) = await asyncio.to_thread(peer.wait, "client:ack", since)
        assert ack["message"]["updates"][0]["code"] == 100  # decrypted and handled

        await sender.send(note(title="Второе", tag="one", read=()), [device], datetime.now(UTC))
        await asyncio.to_thread(firefox.wait_alert, "Второе")
        assert [each["title"] for each in await _shown(firefox)] == ["Второе"]

        await sender.send(note(title="Третье", tag="two", read=("one",)), [device], datetime.now(UTC))
        await asyncio.to_thread(firefox.wait_alert, "Третье")
        await asyncio.to_thread(_wait_tags, firefox, {"two"})

        assert await asyncio.to_thread(firefox.page_async, "disable().then(done, fail)") is True
        (result,) = await sender.send(note(), [device], datetime.now(UTC))
        assert (result.outcome, result.detail) == (Outcome.GONE, "410 gone")


async def test_fcm_is_on_screen(firefox: Firefox, peer: Autopush, authority: Authority, vapid: VapidKey, tmp_path: Path) -> None:
    """A message by FCM is on screen in the shape that FCM gives it; after unsubscribing it is GONE."""
    given = await _subscribe(firefox, vapid)
    with fcm() as google:
        google.tie("web-token-1", given, vapid.signer, LoopbackResolver({HOST: peer.tls_port or 0}), authority.client_context())
        key_file = google.write_service_account(tmp_path / "service-account.json")
        device = PushAddress(id=1, device_id=1, kind="fcm_token", address="web-token-1")
        async with open_fcm(service_account_path=key_file, project_id="demo-project", site=SITE) as sender:
            (result,) = await sender.send(note(title="Через FCM", body="Текст", tag="fcm", read=("two",)), [device], datetime.now(UTC))
            assert result.outcome is Outcome.ACCEPTED
            alert = await asyncio.to_thread(firefox.wait_alert, "Через FCM")
            assert "Текст" in alert["text"]
            await asyncio.to_thread(_wait_tags, firefox, {"fcm"})

            await asyncio.to_thread(firefox.page_async, "disable().then(done, fail)")
            (result,) = await sender.send(note(), [device], datetime.now(UTC))
            assert (result.outcome, result.detail) == (Outcome.GONE, "404 unregistered")


def _wait_tags(firefox: Firefox, tags: set[str]) -> None:
    deadline = time.monotonic() + 10
    while (found := {each["tag"] for each in firefox.page_async("shown().then(done, fail)")}) != tags:
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
