"""Rude clients get their close code or status, and disturb nobody else."""

from __future__ import annotations

import asyncio
import json

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin

from tests.live.client import Client, connected
from tests.live.product import Product
from tests.live.servers import EVERY_SERVER


async def closing(client: Client) -> tuple[int, str]:
    """Reads to the end and gives the close code and reason."""
    with pytest.raises(ConnectionClosed) as ended:
        await client.until("nothing that the hub ever sends")
    assert ended.value.rcvd is not None
    return ended.value.rcvd.code, ended.value.rcvd.reason


@EVERY_SERVER
async def test_rude_clients(product: Product) -> None:
    """Garbage, an over-long frame, 10,000 subscriptions, a foreign Origin, no hello, a second hello: each its answer, others live on."""
    async with product.running(), product.signed_in("ann") as http, connected(product, http) as witness:
        async with connected(product, http) as client:
            await client.socket.send("\x00 garbage {")
            assert (await closing(client))[0] == 4502
        async with connected(product, http) as client:
            await client.socket.send(json.dumps({"t": "call", "id": 1, "name": "x" * (1 << 20), "args": {}}))
            assert (await closing(client))[0] == 4502
        async with connected(product, http) as client:
            await client.socket.send(b"\x80")
            assert (await closing(client))[0] == 4502
        async with connected(product, http) as client:
            for n in range(10_000):
                try:
                    await client.send({"t": "sub", "id": n, "topic": f"app:{n}"})
                except ConnectionClosed:
                    break
            assert (await closing(client))[0] == 4504
            accepted = [frame for frame in client.frames if frame["t"] == "reply" and frame["ok"]]
            assert len(accepted) <= 128
        async with connected(product, http, hello=False) as client:
            await client.send({"t": "pong"})
            assert (await closing(client))[0] == 4502
        async with connected(product, http) as client:
            await client.send({"t": "hello", "v": 1, "device": "x", "client": "", "since": None, "topics": {}})
            assert (await closing(client))[0] == 4502
        async with connected(product, http, hello=False) as client:
            await client.send({"t": "hello", "v": 1, "device": "x", "client": "", "since": 99, "topics": {}})
            assert (await closing(client))[0] == 4003
        with pytest.raises(InvalidStatus) as refused:
            await connect(f"ws://localhost:{product.port}/hub/socket", origin=Origin("https://evil.example"))
        assert refused.value.response.status_code == 403
        # the one who behaved has noticed nothing
        await product.publish({"id": "1", "navuser": "ann", "data": {"kind": "system", "title": {"ru": "жив", "en": "alive"}}})
        assert (await witness.until("event"))["seq"] == 1


@EVERY_SERVER
async def test_strangers(product: Product) -> None:
    """Without a session there is 4500, without a publisher's token 401; a signed-out session's socket closes with 4501 within 2 s."""
    async with product.running(), httpx.AsyncClient() as stranger:
        async with connected(product, stranger, hello=False) as client:
            await client.send({"t": "hello", "v": 1, "device": "d", "client": "", "since": None, "topics": {}})
            assert (await closing(client))[0] == 4500
        assert (await stranger.post(f"{product.url}/hub/events", json={})).status_code == 401
        async with product.signed_in("ann") as http, connected(product, http) as client:
            await http.get("/users/logout")
            async with asyncio.timeout(2):
                assert (await closing(client))[0] == 4501


async def test_bad_events_are_refused_whole(product: Product) -> None:
    """A batch with bad members is refused with every fault named, and nothing of it is published; a repeat publishes nothing."""
    good = {"id": "1", "navuser": "ann", "data": {"kind": "system", "title": {"ru": "а", "en": "a"}}}
    async with product.running():
        answer = await product.publish(good, {"id": "", "navpolicy": "shout"}, {"id": "3", "navtopic": "net"})
        assert answer.status_code == 400
        faults = {(fault["index"], fault["attribute"]) for fault in answer.json()["error"]["faults"]}
        assert faults == {(1, "id"), (1, "navpolicy"), (1, "navuser"), (2, "navtopic")}
        assert product.rows("SELECT count(*) FROM inbox") == [(0,)]
        first, second = await product.publish(good), await product.publish(good)
        assert (first.status_code, second.status_code) == (202, 200)
        assert first.json() == second.json() == {"accepted": 1, "ids": ["1"]}
        assert product.rows("SELECT count(*) FROM inbox") == [(1,)]


@EVERY_SERVER
async def test_drain(product: Product, server: str) -> None:
    """SIGTERM tells every session when to come back, then closes with 4000; what was published before is not lost.

    Only our own server has a moment for the first; uvicorn's own closes at once, of a driver that it knows nothing of with 1012.
    """
    async with product.running(), product.signed_in("ann") as http, connected(product, http) as client:
        await product.publish({"id": "1", "navuser": "ann", "data": {"kind": "system", "title": {"ru": "а", "en": "a"}}})
        stopping = asyncio.create_task(product.stop(), name="stop")
        if server == "own":
            low, high = (await client.until("draining"))["reconnect_in"]
            assert 0 <= low <= high <= 30
        assert (await closing(client))[0] == (1012 if server == "plain" else 4000)
        await stopping
        assert client.seqs == [1]
    async with product.running(), product.signed_in("ann") as http, connected(product, http, since=0) as client:
        event = await client.until("event")
        assert (event["seq"], event.get("replay")) == (1, True)


@EVERY_SERVER
async def test_handshakes_and_sockets_of_one_address_are_bounded(product: Product) -> None:
    """Over the rate and over the number the answer is 429 before the upgrade, with when to come back; who waits or leaves room gets in."""
    product.settings |= {"HANDSHAKES_PER_S_ADDRESS": "2", "SESSIONS_PER_ADDRESS": "3", "METRICS_TOKEN": "m" * 24}
    url, origin = f"ws://localhost:{product.port}/hub/socket", Origin(product.url)

    async def come() -> int:
        """Opens a socket that stays, or gives the status of the refusal."""
        try:
            sockets.append(await connect(url, origin=origin))
        except InvalidStatus as refused:
            waits.append(int(refused.response.headers["retry-after"]))
            return refused.response.status_code
        return 101

    async def admitted(*, within_s: float = 20.0) -> None:
        async with asyncio.timeout(within_s):
            while await come() != 101:  # noqa: ASYNC110  # a client can only ask again
                await asyncio.sleep(0.2)

    sockets: list[ClientConnection] = []
    waits: list[int] = []
    async with product.running():
        try:
            assert [await come() for _ in range(3)] == [101, 101, 429]
            await admitted()
            await asyncio.sleep(1)  # the rate has room again: now it is the number
            assert await come() == 429
            await sockets.pop().close()
            await admitted()
        finally:
            for socket in sockets:
                await socket.close()
        async with httpx.AsyncClient() as scraper:
            page = (await scraper.get(f"{product.url}/metrics", headers={"Authorization": f"Bearer {'m' * 24}"})).text
    assert min(waits) >= 1
    assert 'navigator_refused_total{reason="sessions_per_address"} 1.0' in page
    assert 'navigator_refused_total{reason="handshake_rate_address"}' in page
