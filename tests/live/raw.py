"""A WebSocket client without manners: it writes any bytes at all, and reads with websockets' own parser."""

from __future__ import annotations

import asyncio
import base64
import json
import socket
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

import httpx
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol
from websockets.utils import accept_key

from tests.hub.frames import client_frame
from tests.live.product import Product

__all__ = ["HELLO", "KEY", "Raw", "raw", "request"]

KEY = base64.b64encode(b"0123456789abcdef").decode()
HELLO = {"t": "hello", "v": 1, "client": "raw", "device": "raw", "since": None, "topics": {}}


def request(product: Product, http: httpx.AsyncClient, *, start: str = "GET /hub/socket HTTP/1.1", **changes: str | None) -> bytes:
    """A proper handshake of the person behind `http`, with some headers changed, added, or (None) left out. `_` stands for `-`."""
    headers: dict[str, str | None] = {
        "Host": f"localhost:{product.port}",
        "Origin": product.url,
        "Cookie": "; ".join(f"{cookie.name}={cookie.value}" for cookie in http.cookies.jar),
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Protocol": "hub.v1.json",
    }
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    lines = [start, *(f"{name}: {value}" for name, value in headers.items() if value is not None)]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Raw:
    """One TCP connection to the product."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self._protocol = Protocol(CLIENT, max_size=None)
        self.frames: list[Frame] = []

    async def send(self, data: bytes) -> None:
        """Writes bytes; a peer that has hung up shows when reading."""
        self.writer.write(data)
        with suppress(ConnectionError):
            await self.writer.drain()

    async def trickle(self, data: bytes) -> None:
        """Writes each byte as a TCP segment of its own."""
        self.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(len(data)):
            await self.send(data[at : at + 1])
            await asyncio.sleep(0)

    async def say(self, value: Mapping[str, Any]) -> None:
        """Sends one message of hub.v1.json."""
        await self.send(client_frame(Opcode.TEXT, json.dumps(value).encode()))

    async def answer(self, timeout_s: float = 10.0) -> tuple[int, dict[str, str]]:
        """The status and headers of the answer to the handshake; 0 when the connection ends without one, -1 when nothing comes."""
        try:
            async with asyncio.timeout(timeout_s):
                head = await self.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return 0, {}
        except TimeoutError:
            return -1, {}
        first, *lines = head.decode("latin-1").rstrip().split("\r\n")
        return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}

    async def upgraded(self) -> dict[str, str]:
        """The headers of the 101 that the handshake has to be answered with."""
        status, headers = await self.answer()
        assert status == 101
        assert headers["sec-websocket-accept"] == accept_key(KEY)
        assert "sec-websocket-extensions" not in headers, "nothing is negotiated that would cost memory for each connection"
        return headers

    async def next(self, timeout_s: float = 10.0) -> Frame | None:
        """The next frame; None at the end of the stream, however it ended. Asserts that the server's frames are well formed."""
        async with asyncio.timeout(timeout_s):
            while not self.frames:
                try:
                    data = await self.reader.read(1 << 16)
                except ConnectionError:
                    return None
                if not data:
                    return None
                self._protocol.receive_data(data)
                assert self._protocol.parser_exc is None, self._protocol.parser_exc
                self.frames += [event for event in self._protocol.events_received() if isinstance(event, Frame)]
        return self.frames.pop(0)

    async def message(self) -> dict[str, Any]:
        """The next message of hub.v1.json."""
        frame = await self.next()
        assert frame is not None
        assert frame.opcode is Opcode.TEXT, frame
        value: dict[str, Any] = json.loads(bytes(frame.data))
        return value

    async def until(self, opcode: Opcode) -> bytes:
        """Reads on to the next frame with this opcode: its payload."""
        while (frame := await self.next()) is not None:
            if frame.opcode is opcode:
                return bytes(frame.data)
        raise AssertionError(f"the stream ended before a {opcode.name}")

    async def closed(self) -> tuple[int, str]:
        """Reads on to the server's close frame: its code (1005 for none) and reason; 1006 when the stream ends without one."""
        while (frame := await self.next()) is not None:
            if frame.opcode is Opcode.CLOSE:
                payload = bytes(frame.data)
                return (int.from_bytes(payload[:2], "big"), payload[2:].decode()) if payload else (1005, "")
        return 1006, ""

    async def ended(self) -> None:
        """Waits until the server has hung up."""
        while await self.next() is not None:
            pass

    def reset(self) -> None:
        """Ends the connection with RST."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@asynccontextmanager
async def raw(product: Product, http: httpx.AsyncClient | None = None, *, hello: bool = True) -> AsyncIterator[Raw]:
    """A connection; with `http` it has shaken hands, and by default said hello and read the welcome."""
    connection = Raw(*await asyncio.open_connection("127.0.0.1", product.port))
    try:
        if http is not None:
            await connection.send(request(product, http))
            await connection.upgraded()
            if hello:
                await connection.say(HELLO)
                assert (await connection.message())["t"] == "welcome"
        yield connection
    finally:
        connection.writer.close()
        with suppress(ConnectionError):
            await connection.writer.wait_closed()
