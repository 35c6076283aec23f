"""How long events take to open sockets: a process of its own, without a test's debug mode, that does little besides looking at the clock.

python -m tests.live.socket_watch PORT COOKIE SOCKETS TOPIC

Says `ready` when every socket is open, and publishes by a timetable until its standard input ends. Then it prints
[[due, [seconds to each socket]], …] as JSON. Times count from when an event was due, on the clock that all processes of a machine
share: a publisher that is kept waiting shows in every figure, and not in how few there are.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
import sys
import time
from collections import deque

from tests.hub.frames import client_frame
from tests.live.product import PUBLISH_TOKEN

EVERY_S = 0.02
"""The timetable of events."""
_LATE_S = 30
_ID = re.compile(rb'"id":"watch-(\d+)"')
_TEXT = 1


class Socket(asyncio.Protocol):
    """One open socket: notes when each event has come."""

    def __init__(self, handshake: bytes, topic: str, came: dict[int, list[float]]) -> None:
        self._handshake, self._topic, self._came = handshake, topic, came
        self._head: bytes | None = b""
        self._rest = b""
        self.welcome = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shakes hands."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._handshake)

    def data_received(self, data: bytes) -> None:
        """Frames of a server: whole texts without a mask, below 64 KiB."""
        now = time.monotonic()
        if self._head is not None:
            head, found, data = (self._head + data).partition(b"\r\n\r\n")
            self._head = None if found else head
            if not found:
                return
            assert head.startswith(b"HTTP/1.1 101"), head
            self._say({"t": "hello", "v": 1, "client": "tests", "device": "d", "since": None, "topics": {self._topic: None}})
        data = self._rest + data
        at = 0
        while len(data) >= at + 4:
            size, start = data[at + 1], at + 2
            if size == 126:
                size, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
            if len(data) < start + size:
                break
            self._took(data[start : start + size], now)
            at = start + size
        self._rest = data[at:]

    def _took(self, payload: bytes, now: float) -> None:
        if payload.startswith(b'{"t":"event"'):
            if found := _ID.search(payload):
                self._came[int(found[1])].append(now)
        elif payload.startswith(b'{"t":"ping"'):
            self._say({"t": "pong"})
        elif payload.startswith(b'{"t":"welcome"'):
            self.welcome.set_result(None)

    def _say(self, frame: dict[str, object]) -> None:
        self._transport.write(client_frame(_TEXT, json.dumps(frame).encode()))


class Publisher:
    """Publishes over kept connections, each in its turn, lest one is closed for being idle. One that is busy keeps no event waiting."""

    def __init__(self, port: int, topic: str) -> None:
        self._port, self._topic = port, topic
        self._idle: deque[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = deque()

    async def publish(self, number: int) -> None:
        """One event; returns when it was taken."""
        event = {"specversion": "1.0", "source": "/tests", "type": "test.notice", "id": f"watch-{number}", "navtopic": self._topic}
        body = json.dumps([event | {"data": {"key": "k"}}])
        head = (
            f"POST /hub/events HTTP/1.1\r\nHost: localhost:{self._port}\r\nAuthorization: Bearer {PUBLISH_TOKEN}\r\n"
            f"Content-Type: application/cloudevents-batch+json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        reader, writer = self._idle.popleft() if self._idle else await asyncio.open_connection("127.0.0.1", self._port)
        writer.write((head + body).encode())
        answer = await reader.readuntil(b"\r\n\r\n")
        assert answer.startswith(b"HTTP/1.1 202"), answer
        length = re.search(rb"content-length: (\d+)", answer, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)
        self._idle.append((reader, writer))


async def watch(port: int, cookie: str, sockets: int, topic: str) -> list[tuple[float, list[float]]]:
    """Until standard input ends: when each event was due, and how many seconds later each socket had it."""
    loop = asyncio.get_running_loop()
    came: dict[int, list[float]] = {}
    due: dict[int, float] = {}
    key = base64.b64encode(b"0123456789abcdef").decode()
    handshake = (
        f"GET /hub/socket HTTP/1.1\r\nHost: localhost:{port}\r\nOrigin: http://localhost:{port}\r\nCookie: {cookie}\r\n"
        f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: hub.v1.json\r\n\r\n"
    ).encode()
    for _ in range(sockets):
        _, made = await loop.create_connection(lambda: Socket(handshake, topic, came), "127.0.0.1", port)
        await asyncio.wait_for(made.welcome, _LATE_S)
    print("ready", flush=True)  # noqa: T201 - who started it waits for this
    ended = loop.run_in_executor(None, sys.stdin.read)
    publisher = Publisher(port, topic)
    async with asyncio.timeout(None) as limit, asyncio.TaskGroup() as group:
        number, turn = 0, time.monotonic()
        while not ended.done():
            number, turn = number + 1, turn + EVERY_S
            await asyncio.sleep(max(0.0, turn - time.monotonic()))
            came[number], due[number] = [], turn
            group.create_task(publisher.publish(number), name="publish")
        limit.reschedule(loop.time() + _LATE_S)
        while any(len(took) < sockets for took in came.values()):  # noqa: ASYNC110 - forty sockets tell nobody
            await asyncio.sleep(0.01)
    return [(due[number], [at - due[number] for at in took]) for number, took in came.items()]


if __name__ == "__main__":
    print(json.dumps(asyncio.run(watch(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]))))  # noqa: T201 - what it is for
