"""One reader among many stops reading: the others notice nothing, and it misses nothing."""

from __future__ import annotations

import asyncio
import json
import re
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from tests.hub.frames import client_frame
from tests.live.product import Product
from tests.live.raw import request

READERS = 200
TOPIC = "app:stall"
KEYS = 5
_OFFSET = re.compile(rb'"offset":(\d+),')


class Reader(asyncio.Protocol):
    """One socket that is told of the topic. Keeps the offsets, and nothing of what it has read."""

    def __init__(self, handshake: bytes, since: dict[str, Any] | None = None) -> None:
        self._handshake, self._since = handshake, since
        self._frames = Protocol(CLIENT, max_size=None)
        self._head: bytes | None = b""
        self.offsets: list[int] = []
        self.welcome: dict[str, Any] = {}
        self.snapshot: dict[str, Any] = {}
        self.code: int | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shakes hands."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        """What the product sends, each frame well formed."""
        if self._head is not None:
            head, found, data = (self._head + data).partition(b"\r\n\r\n")
            self._head = None if found else head
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            hello = {"t": "hello", "v": 1, "client": "t", "device": "d", "since": None, "topics": {TOPIC: self._since}}
            self.transport.write(client_frame(Opcode.TEXT, json.dumps(hello).encode()))
        self._frames.receive_data(data)
        assert self._frames.parser_exc is None
        for frame in self._frames.events_received():
            assert isinstance(frame, Frame)
            self._took(frame)

    def _took(self, frame: Frame) -> None:
        payload = bytes(frame.data)
        if frame.opcode is Opcode.CLOSE:
            self.code = int.from_bytes(payload[:2], "big")
        elif payload.startswith(b'{"t":"event"'):
            offset = _OFFSET.search(payload)
            assert offset is not None
            self.offsets.append(int(offset[1]))
        elif payload.startswith(b'{"t":"welcome"'):
            self.welcome = json.loads(payload)
        elif payload.startswith(b'{"t":"snapshot"'):
            self.snapshot = json.loads(payload)
        elif payload.startswith(b'{"t":"ping"'):
            self.transport.write(client_frame(Opcode.TEXT, b'{"t":"pong"}'))


async def reader(product: Product, handshake: bytes, since: dict[str, Any] | None = None) -> Reader:
    """A reader that has read its welcome. Its own buffer is small, so that a stall reaches the product soon."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(raw, ("127.0.0.1", product.port))
    _, made = await loop.create_connection(lambda: Reader(handshake, since), sock=raw)
    async with asyncio.timeout(10):
        while not made.welcome:  # noqa: ASYNC110  # what it reads tells nobody
            await asyncio.sleep(0.005)
    return made


def private_kib(product: Product) -> int:
    """Memory that is the product's own, KiB."""
    assert product.process is not None
    rollup = Path(f"/proc/{product.process.pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in rollup.splitlines() if line.startswith(("Private_Dirty:", "Private_Clean:")))


def data(offset: int) -> dict[str, str]:
    """What the event at this offset says: 2 kB, one of a few keys anew."""
    return {"key": f"k{offset % KEYS}", "value": f"{offset:02000}"}


@pytest.mark.alone
async def test_one_stalled_reader_among_many(product: Product) -> None:
    """The others get everything in order; the stalled one costs less than 2 MB, finds its events and 4001, and comes back to all."""
    many = {"SESSIONS_PER_USER": "1000", "SESSIONS_PER_ADDRESS": "1000", "HANDSHAKES_PER_S": "1000", "HANDSHAKES_PER_S_ADDRESS": "1000"}
    product.settings |= {**many, "PUBLISH_PER_S": "100000", "PUBLISH_BURST": "100000", "METRICS_TOKEN": "m" * 24}
    published = 0

    async def publish(count: int) -> None:
        nonlocal published
        events = [{"id": str(n), "navtopic": TOPIC, "data": data(n)} for n in range(published + 1, published + count + 1)]
        assert (await product.publish(*events)).status_code == 202
        published += count
        async with asyncio.timeout(30):
            while any(each.offsets[-1:] != [published] for each in others):  # noqa: ASYNC110  # 200 sockets tell nobody
                await asyncio.sleep(0.01)

    async with product.running(), product.signed_in("ann") as http:
        handshake = request(product, http)
        others = [await reader(product, handshake) for _ in range(READERS - 1)]
        stalled = await reader(product, handshake)
        for _ in range(16):  # the topic's history is as long as it gets before anything is measured
            await publish(20)
        before = private_kib(product)
        for _ in range(10):
            await publish(20)
        each_event = (private_kib(product) - before) / 200  # what events cost without anybody stalling: the store's page cache
        stalled.transport.pause_reading()
        before, most = private_kib(product), 0.0
        began = published
        while (await sessions(product, http)) == READERS:
            await publish(10)
            most = max(most, private_kib(product) - before - each_event * (published - began))
            assert published - began < 1_000, "it was never closed"
        assert most < 2_048, f"{most} KiB for one stalled reader"
        stalled.transport.resume_reading()
        async with asyncio.timeout(10):
            while stalled.code is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert stalled.code == 4001
        place = {"epoch": stalled.welcome["topics"][TOPIC]["epoch"], "offset": stalled.offsets[-1]}
        again = await reader(product, handshake, place)
        async with asyncio.timeout(10):
            while not again.snapshot:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        # more was missed than a queue holds, so no replay fits it: the state comes instead, and events go on from there
        assert again.snapshot["offset"] == published
        assert again.snapshot["data"] == {data(n)["key"]: data(n)["value"] for n in range(published - KEYS + 1, published + 1)}
        others.append(again)
        await publish(1)
        assert all(each.offsets == list(range(1, published + 1)) for each in others[:-1])
        assert stalled.offsets == list(range(1, stalled.offsets[-1] + 1))
        assert began < stalled.offsets[-1] < published
        assert again.offsets == [published]
        for each in (*others, stalled):
            each.transport.abort()


async def sessions(product: Product, http: httpx.AsyncClient) -> int:
    """How many the product has open."""
    page = (await http.get("/metrics", headers={"Authorization": f"Bearer {product.settings['METRICS_TOKEN']}"})).text
    return sum(int(float(line.split()[-1])) for line in page.splitlines() if line.startswith("navigator_connections{"))
