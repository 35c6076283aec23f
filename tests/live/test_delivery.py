"""Where a notification ends: on a live session, at a push service, or told why not."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from adapters.push.vapid import VapidKey
from tests.live.client import connected
from tests.live.product import Product
from tests.live.servers import EVERY_SERVER
from tests.peers.autopush import Autopush
from tests.peers.fcm import fcm

NOTICE = {"kind": "ticket", "title": {"ru": "Петрова: комментарий к #14", "en": "Petrova commented on #14"}, "body": "Готово"}
DEVICE = "/notifications/api/devices/test-device"


async def until(condition: Callable[[], Any], timeout_s: float = 15.0) -> Any:
    """Waits for a condition, and gives what made it true."""
    deadline = time.monotonic() + timeout_s
    while not (found := await asyncio.to_thread(condition)):
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        await asyncio.sleep(0.05)
    return found


def states(product: Product) -> list[tuple[Any, ...]]:
    """(seq, state, cause) of every row of the ledger."""
    return product.rows("SELECT seq, state, cause FROM inbox ORDER BY seq")


def ended(product: Product, count: int) -> Callable[[], bool]:
    """True once `count` rows have ended."""
    return lambda: product.rows("SELECT count(*) FROM inbox WHERE ended_at IS NOT NULL")[0][0] >= count


async def register(http: httpx.AsyncClient, push_service: Autopush, vapid: VapidKey) -> dict[str, Any]:
    """Gives the person a device without a browser."""
    subscription = push_service.device(vapid.public)
    answer = await http.put(DEVICE, json={"label": "test", "kind": "webpush", "subscription": subscription})
    assert answer.status_code == 200, answer.text
    return subscription


async def test_nobody_connected_is_pushed(product: Product, push_service: Autopush, vapid: VapidKey) -> None:
    """With nobody connected a notification is with the push service within 12 s, and its row says so."""
    async with product.running(), product.signed_in("ann") as http:
        subscription = await register(http, push_service, vapid)
        began = time.monotonic()
        assert (await product.publish({"id": "1", "navuser": "ann", "data": NOTICE})).status_code == 202
        (message,) = await until(lambda: push_service.inbox(subscription["endpoint"]), 12)
        assert time.monotonic() - began < 12
        sent = json.loads(message["text"])
        assert sent["notification"]["title"] == NOTICE["title"]["ru"]  # type: ignore[index]
        assert sent["notification"]["body"] == "Готово"
        await until(ended(product, 1))
        assert states(product) == [(1, "pushed", None)]
        assert product.rows("SELECT outcome FROM push_attempts") == [("accepted",)]


async def test_fcm_takes_what_nobody_received(product: Product, push_service: Autopush) -> None:
    """With Firebase set up the same goes through FCM's protocol."""
    with fcm() as google:
        key = google.write_service_account(product.folder / "firebase.json")
        product.settings |= {"FIREBASE_PROJECT_ID": google.project, "FIREBASE_SERVICE_ACCOUNT_PATH": str(key)}
        async with product.running(), product.signed_in("ann") as http:
            answer = await http.put(DEVICE, json={"label": "phone", "kind": "fcm_token", "address": "good-token-1"})
            assert answer.status_code == 200, answer.text
            await product.publish({"id": "1", "navuser": "ann", "data": NOTICE})
            (message,) = await until(lambda: google.messages, 12)
            assert message["target"] == "good-token-1"
            await until(ended(product, 1))
            assert states(product) == [(1, "pushed", None)]


@EVERY_SERVER
async def test_a_receiving_browser_gets_no_push(product: Product, push_service: Autopush, vapid: VapidKey) -> None:
    """What a connected session acknowledges is never pushed."""
    async with product.running(), product.signed_in("ann") as http:
        subscription = await register(http, push_service, vapid)
        async with connected(product, http) as client:
            await product.publish(*({"id": str(n), "navuser": "ann", "data": NOTICE} for n in range(5)))
            await client.until_seq(5)
            await until(ended(product, 5))
            await asyncio.sleep(9)  # past the deadline of 8 s
        assert {state for _, state, _ in states(product)} == {"received"}
        assert push_service.inbox(subscription["endpoint"]) == []


@EVERY_SERVER
async def test_an_open_but_silent_socket_is_pushed(product: Product, push_service: Autopush, vapid: VapidKey) -> None:
    """A socket that takes frames and never acknowledges, as a frozen tab does, counts as not received."""
    async with product.running(), product.signed_in("ann") as http:
        subscription = await register(http, push_service, vapid)
        async with connected(product, http, acks=False) as client:
            await product.publish({"id": "1", "navuser": "ann", "data": NOTICE})
            await client.until("event")
            await until(lambda: push_service.inbox(subscription["endpoint"]), 12)
            await until(ended(product, 1))
        assert states(product) == [(1, "pushed", None)]


async def test_dead_endpoint_is_removed(product: Product, push_service: Autopush, vapid: VapidKey) -> None:
    """An endpoint that is gone is deleted at the first 410, and the row says that there was no way left."""
    async with product.running(), product.signed_in("ann") as http:
        subscription = await register(http, push_service, vapid)
        push_service.expire(subscription["endpoint"])
        await product.publish({"id": "1", "navuser": "ann", "data": NOTICE})
        await until(ended(product, 1))
        assert states(product) == [(1, "failed", "no_device")]
        assert product.rows("SELECT count(*) FROM addresses") == [(0,)]


async def test_a_busy_push_service_is_tried_again(product: Product, push_service: Autopush, vapid: VapidKey) -> None:
    """A push service that is away for a while still gets the message, once."""
    async with product.running(), product.signed_in("ann") as http:
        subscription = await register(http, push_service, vapid)
        push_service.fault(subscription["endpoint"], status=503, times=2)
        await product.publish({"id": "1", "navuser": "ann", "data": NOTICE})
        await until(ended(product, 1), 20)
        assert states(product)[0][1] == "pushed"
        assert len(push_service.inbox(subscription["endpoint"])) == 1


async def test_read_elsewhere_stops_the_push(product: Product, push_service: Autopush, vapid: VapidKey) -> None:
    """What was read by a session that never acknowledged its receipt is not pushed any more."""
    async with product.running(), product.signed_in("ann") as http:
        subscription = await register(http, push_service, vapid)
        async with connected(product, http, acks=False) as client:
            await product.publish({"id": "1", "navuser": "ann", "data": NOTICE})
            await client.until("event")
            await client.send({"t": "ack", "level": "read", "ids": ["1"]})
            state = await client.until("state")
            assert (state["level"], state["unseen"]) == ("read", 0)
            await asyncio.sleep(9)
        assert states(product)[0][1] == "read_elsewhere"
        assert push_service.inbox(subscription["endpoint"]) == []


@pytest.mark.parametrize("step", ["after_commit", "before_write", "before_ack", "before_push", "before_push_answer"])
async def test_kill_at_each_step(product: Product, push_service: Autopush, vapid: VapidKey, step: str) -> None:
    """`kill -9` at any step of a delivery: after the restart each row has one end, nothing is lost, nothing is overdue within 10 s."""
    async with product.running(), product.signed_in("ann") as http:
        subscription = await register(http, push_service, vapid)
    events = [{"id": str(n), "navuser": "ann", "data": NOTICE} for n in range(3)]
    healthy, product.command = product.command, (*product.command[:2], "tests.live.kill_at", step)
    product.start()
    await product.answers()
    if step in ("before_ack", "before_write"):
        async with product.signed_in("ann") as http, connected(product, http, since=0) as client:
            publishing = asyncio.gather(product.publish(*events), return_exceptions=True)
            with pytest.raises((ConnectionClosed, OSError)):
                await client.until_seq(4)
            await publishing
    else:
        await asyncio.gather(product.publish(*events), return_exceptions=True)
    assert await product.ended() == -9
    product.command = healthy
    async with product.running():
        restarted = time.monotonic()
        again = await product.publish(*events)  # what a publisher does when it got no answer
        assert again.status_code in (200, 202)
        await until(lambda: product.rows("SELECT count(*) FROM inbox") == [(3,)])
        now_us = lambda: int(time.time() * 1e6)  # noqa: E731
        overdue = "SELECT count(*) FROM inbox WHERE ended_at IS NULL AND deadline_at < ?"
        await until(lambda: product.rows(overdue, now_us()) == [(0,)], 10)
        assert time.monotonic() - restarted < 15
        await until(ended(product, 3), 40)
        assert product.rows(overdue, now_us()) == [(0,)]
    assert [seq for seq, _, _ in states(product)] == [1, 2, 3]
    assert {state for _, state, _ in states(product)} <= {"received", "pushed"}
    shown = {json.loads(message["text"])["notification"]["tag"] for message in push_service.inbox(subscription["endpoint"])}
    assert len(shown) == 3 - [state for _, state, _ in states(product)].count("received")  # one notification each, whatever was sent twice
