"""The product behind a proxy, over TLS and under other servers: people and their sockets notice no difference."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode
from websockets.typing import Origin

from tests.hub.frames import client_frame
from tests.live.client import Client, connected
from tests.live.product import Product, free_port
from tests.live.raw import HELLO, raw, request
from tests.live.servers import EVERY_SERVER
from tests.peers.certs import Authority
from tests.peers.nginx import nginx, placed
from tests.peers.serving import loopback_socket
from web.connection import Connection
from web.server import Server, make_server
from web.settings import Settings
from web.startup import create_app

NOTICE = {"kind": "system", "title": {"ru": "а", "en": "a"}}


async def round_trip(product: Product) -> None:
    """Signs in, opens a socket, asks, joins a topic, and is told what is published to the person and to the topic."""
    async with product.signed_in("ann") as http, connected(product, http) as client:
        await client.send({"t": "sub", "id": 77, "topic": "app:a"})
        assert (await client.until("reply"))["ok"]
        assert (await product.publish({"id": "1", "navuser": "ann", "data": NOTICE})).status_code == 202
        assert (await client.until("event"))["seq"] == 1
        large = {"id": "2", "navtopic": "app:a", "data": {"key": "k", "value": "x" * 100_000}}
        assert (await product.publish(large)).status_code == 202
        event = await client.until("event")
        assert (event["offset"], len(event["data"]["value"])) == (1, 100_000)
        reply = await client.call("inbox.levels", **{"from": 0})
        assert (reply["ok"], reply["data"]["seq"]) == (True, 1)
        await client.socket.close(1000)
        assert client.socket.close_code == 1000


@EVERY_SERVER
async def test_a_round_trip(product: Product) -> None:
    """The same under our own server and, by either driver, under uvicorn's."""
    async with product.running():
        await round_trip(product)


@EVERY_SERVER
async def test_what_was_said_before_the_close_is_done(product: Product, server: str) -> None:
    """Calls, acks and a close frame that come in one piece: all of them are done, whichever driver has the connection."""
    async with product.running(), product.signed_in("ann") as http:
        for number in (1, 2, 3):
            assert (await product.publish({"id": str(number), "navuser": "ann", "data": NOTICE})).status_code == 202
        said = [
            *({"t": "call", "id": number, "name": "inbox.levels", "args": {"from": 0}} for number in range(5)),
            {"t": "ack", "level": "shown", "ids": ["1"]},
            {"t": "ack", "level": "read", "ids": ["2"]},
            {"t": "call", "id": 9, "name": "inbox.done", "args": {"ids": ["3"]}},
        ]
        async with raw(product) as client:
            await client.send(request(product, http))
            await client.upgraded()
            await client.say(HELLO)
            assert (await client.message())["t"] == "welcome"
            frames = [client_frame(Opcode.TEXT, json.dumps(message).encode()) for message in said]
            await client.send(b"".join([*frames, client_frame(Opcode.CLOSE, b"\x03\xe8")]))
            assert (await client.closed())[0] == 1000
            await client.ended()
        async with connected(product, http) as after, asyncio.timeout(10):
            wanted = {"levels": {"shown": [1], "read": [2], "done": [3]}, "unseen": 0, "seq": 3}
            while (found := (await after.call("inbox.levels", **{"from": 0}))["data"]) != wanted:
                # our own driver hangs up when all is done; under the plain one the server has hung up before
                assert server == "plain", found


@pytest.mark.parametrize("server", ["hypercorn"], indirect=True)
async def test_another_asgi_server(product: Product) -> None:
    """Any server that speaks ASGI serves the product."""
    async with product.running():
        await round_trip(product)


@pytest.mark.parametrize("server", ["handover"], indirect=True)
async def test_compression_is_not_agreed_on(product: Product) -> None:
    """uvicorn's own default, which offers it, does not count where connections are handed over."""
    async with (
        product.running(),
        connect(
            f"ws://localhost:{product.port}/hub/socket", origin=Origin(product.url), compression="deflate", ping_interval=None
        ) as socket,
    ):
        assert socket.response is not None
        assert "sec-websocket-extensions" not in socket.response.headers


async def test_behind_nginx(product: Product, tmp_path: Path) -> None:
    """The real nginx passes requests and sockets on, and its word on the client's address is taken."""
    product.front = free_port()
    product.settings |= {"PUBLIC_URL": product.url, "TRUSTED_PROXIES": "127.0.0.1"}
    async with product.running():
        with nginx(placed(tmp_path, product.front, [product.port]), product.front):
            await round_trip(product)
            async with product.signed_in("ann") as http, connected(product, http, since=1) as client:
                stopping = asyncio.create_task(product.stop(), name="stop")
                await client.until("draining")
                with pytest.raises(ConnectionClosed) as ended:
                    await client.until("nothing that the hub ever sends")
                assert ended.value.rcvd is not None
                assert ended.value.rcvd.code == 4000
                await stopping


async def test_over_tls(product: Product, tmp_path: Path) -> None:
    """With a certificate of its own the product speaks https and wss."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("localhost")
    product.trust = authority.client_context()
    product.settings |= {"PUBLIC_URL": product.url, "TLS_CERTIFICATE": str(certificate), "TLS_KEY": str(key)}
    async with product.running():
        await round_trip(product)
    assert "Traceback" not in product.log.read_text()


@asynccontextmanager
async def in_process(tmp_path: Path, **more: Any) -> AsyncIterator[tuple[Server, int]]:
    """The product's own server in this very loop, so that its insides can be looked at."""
    settings = Settings(store_url=f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}", **more)
    app = await asyncio.to_thread(create_app, settings)
    server, listening = make_server(app, settings), loopback_socket()
    await asyncio.to_thread(server.config.load)
    serving = asyncio.create_task(server.serve([listening]), name="server")
    try:
        async with asyncio.timeout(20):
            while not server.started:  # noqa: ASYNC110  # uvicorn tells nobody
                await asyncio.sleep(0.02)
        yield server, listening.getsockname()[1]
    finally:
        server.should_exit = True
        await serving


_AT_WORK = ("run_asgi", "_Driver", "Connection._open", "Connection._go_on", "Connection._replay", "WebSocketsSansIO")
"""What a socket's task would be running."""


@pytest.mark.parametrize("tls", [False, True], ids=["http", "wss"])
async def test_an_accepted_connection_is_handed_over(tmp_path: Path, tls: bool) -> None:
    """Of uvicorn's protocol and of the ASGI call nothing is left: idle sockets have no task, over TLS too."""
    files: dict[str, Any] = {}
    context: ssl.SSLContext | None = None
    if tls:
        authority = Authority(tmp_path)
        files["tls_certificate"], files["tls_key"] = authority.issue("localhost")
        context = authority.client_context()
    async with in_process(tmp_path, **files) as (server, port):
        url = f"{'wss' if tls else 'ws'}://localhost:{port}/hub/socket"
        sockets = [await connect(url, ssl=context, compression=None, ping_interval=None) for _ in range(5)]
        async with asyncio.timeout(5):
            while server.server_state.tasks:  # noqa: ASYNC110  # the ASGI calls end by themselves
                await asyncio.sleep(0.01)
        assert [type(each) for each in server.server_state.connections] == [Connection] * 5
        async with asyncio.timeout(5):
            while [each for each in map(str, asyncio.all_tasks()) if any(name in each for name in _AT_WORK)]:  # noqa: ASYNC110  # they end by themselves
                await asyncio.sleep(0.01)
        client = Client(sockets[0], acks=False)
        await client.send({"t": "hello", "v": 1, "client": "t", "device": "d", "since": None, "topics": {}})
        with pytest.raises(ConnectionClosed) as ended:
            await client.next()
        assert ended.value.rcvd is not None
        assert ended.value.rcvd.code == 4500
        for socket in sockets:
            await socket.close()
        async with asyncio.timeout(5):
            while server.server_state.connections:  # noqa: ASYNC110  # the ends of the connections
                await asyncio.sleep(0.01)
