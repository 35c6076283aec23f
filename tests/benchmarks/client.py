"""A light hub.v1 client in one object and no task, so that ten thousand of them fit into the process that measures.

It checks as it goes what docs/protocol.md promises: inbox seqs and topic offsets without a hole or a repeat, over all its
connections. What breaks that is noted in `Crowd.faults`.
"""

from __future__ import annotations

import asyncio
import os
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any, cast

import msgspec

from tests.benchmarks import stamped

__all__ = ["Client", "Crowd", "Lost"]

_HANDSHAKE = (
    "GET /hub/socket HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nAuthorization: Bearer {token}\r\n\r\n"
)
_ACCEPTED = b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
"""What RFC 6455, 4.2.2 makes of that key."""
_CONNECT_S = 5.0
_decode = msgspec.json.Decoder().decode
_encode = msgspec.json.Encoder().encode
Message = dict[str, Any]


class Lost(Exception):
    """The connection ended before it was open, or before an answer came; the close code, or what was answered instead."""

    def __init__(self, why: str, code: int | None = None) -> None:
        super().__init__(why, code)
        self.why, self.code = why, code

    def __str__(self) -> str:
        return self.why


@dataclass(slots=True)
class Crowd:
    """What many clients share: where they connect, what they do with what comes, and what was wrong."""

    port: int
    topics: tuple[str, ...] = ()
    ack: str | None = "received"
    """The level with which notifications are acknowledged at once, the newest of those that were read together."""
    on_event: Callable[[Client, Message], None] = lambda _client, _message: None
    on_state: Callable[[Client, Message], None] = lambda _client, _message: None
    on_lost: Callable[[Client, int | None], None] = lambda _client, _code: None
    """An open session ended, with this close code or without one."""
    on_upgraded: Callable[[], None] = lambda: None
    stamped: bool = False
    """Sockets tell when the kernel got what they read, in `arrived_ns`; dearer to read from, and to be had on Linux only."""
    arrived_ns: int = 0
    """When what is being read came to the kernel (ns since 1970); 0 where sockets do not tell."""
    faults: Counter[str] = field(default_factory=Counter)


class Client:
    """One session and its positions, which outlive its connections."""

    __slots__ = ("_calls", "_crowd", "_link", "_opened", "head", "places", "seq", "token", "user_id")

    def __init__(self, crowd: Crowd, token: str, user_id: int) -> None:
        self._crowd, self.token, self.user_id = crowd, token, user_id
        self.seq: int | None = None
        """The last inbox seq that was handled."""
        self.head = 0
        """The newest inbox seq when the session opened."""
        self.places: dict[str, tuple[str, int]] = {}
        self._link: _Link | None = None
        self._opened: asyncio.Future[None] | None = None
        self._calls: dict[int, asyncio.Future[Any]] = {}

    # -- what the one who measures does -----------------------------------------------------------

    async def connect(self, *, receive_buffer: int | None = None) -> None:
        """Opens the session, resuming from the positions; returns after `welcome`. Raises OSError, TimeoutError or Lost."""
        loop = asyncio.get_running_loop()
        opened = self._opened = loop.create_future()
        link = self._link = _Link(self, self._crowd.port)
        try:
            async with asyncio.timeout(_CONNECT_S):
                transport: asyncio.Transport
                if self._crowd.stamped:
                    transport = await stamped.connect(link, "127.0.0.1", self._crowd.port)
                else:
                    transport, _ = await loop.create_connection(lambda: link, "127.0.0.1", self._crowd.port)
            if receive_buffer is not None:
                transport.get_extra_info("socket").setsockopt(SOL_SOCKET, SO_RCVBUF, receive_buffer)
            await opened
        except BaseException:
            self.abort()
            raise
        finally:
            self._opened = None

    async def call(self, name: str, args: Message | None = None, timeout_s: float = 60.0) -> Any:
        """The data of the reply. Raises Lost."""
        number = len(self._calls) + 1
        answer = self._calls[number] = asyncio.get_running_loop().create_future()
        self.send({"t": "call", "id": number, "name": name, "args": args or {}})
        async with asyncio.timeout(timeout_s):
            reply = await answer
        del self._calls[number]
        if not reply["ok"]:
            raise Lost(f"{name}: {reply['error']}")
        return reply.get("data")

    def send(self, message: Message) -> None:
        """One frame, if there is a connection."""
        if self._link is not None:
            self._link.write(_encode(message))

    @property
    def is_open(self) -> bool:
        """True between `welcome` and the end."""
        return self._link is not None and self._opened is None

    @property
    def caught_up(self) -> bool:
        """True when the replay has brought everything that was there when the session opened."""
        return self.is_open and (self.seq or 0) >= self.head

    def stall(self) -> None:
        """Stops reading, as a page in a debugger does."""
        if self._link is not None and self._link.transport is not None:
            self._link.transport.pause_reading()

    def go_on(self) -> None:
        """Reads again."""
        if self._link is not None and self._link.transport is not None:
            self._link.transport.resume_reading()

    def abort(self) -> None:
        """Drops the connection without a word."""
        link, self._link = self._link, None
        if link is not None and link.transport is not None:
            link.transport.abort()

    # -- what its link tells ----------------------------------------------------------------------

    def upgraded(self) -> None:
        """The handshake is done: says hello."""
        self._crowd.on_upgraded()
        places = {name: {"epoch": epoch, "offset": offset} for name, (epoch, offset) in self.places.items()}
        topics = {name: places.get(name) for name in self._crowd.topics}
        self.send({"t": "hello", "v": 1, "client": "bench", "device": f"bench{id(self)}", "since": self.seq, "topics": topics})

    def ended(self, error: Lost) -> None:
        """The connection is over: tells whoever waits."""
        self._link = None
        waiting = [*self._calls.values(), *([self._opened] if self._opened is not None else [])]
        self._calls = {}
        for future in waiting:
            if not future.done():
                future.set_exception(error)
        if self._opened is None:
            self._crowd.on_lost(self, error.code)

    def read(self, payloads: Sequence[bytes]) -> None:
        """Messages that were read together."""
        newest = None
        for payload in payloads:
            newest = self._message(_decode(payload)) or newest
        if newest is not None and self._crowd.ack is not None:
            self.send({"t": "ack", "level": self._crowd.ack, "seq": newest})

    # -- what the hub says ------------------------------------------------------------------------

    def _message(self, message: Message) -> int | None:
        match message["t"]:
            case "event":
                return self._event(message)
            case "ping":
                self.send({"t": "pong"})
            case "reply":
                answer = self._calls.get(message["id"])
                if answer is not None and not answer.done():
                    answer.set_result(message)
            case "state":
                self._crowd.on_state(self, message)
            case "snapshot":
                self.places[message["topic"]] = (message["epoch"], message["offset"])
            case "gap":
                self._fault(f"gap in {message['topic']}: {message['reason']}")
            case "welcome":
                self._welcome(message)
        return None

    def _welcome(self, message: Message) -> None:
        self.head = message["seq"]
        if self.seq is None:
            self.seq = self.head
        for topic, place in message["topics"].items():
            if not place["recovered"]:
                self.places[topic] = (place["epoch"], place["offset"])
            elif self.places.get(topic, ("", 0))[0] != place["epoch"]:
                self._fault("recovered in another epoch")
        if self._opened is not None and not self._opened.done():
            self._opened.set_result(None)

    def _event(self, message: Message) -> int | None:
        topic, seq = message["topic"], None
        if topic == "inbox":
            seq, last = message["seq"], self.seq or 0
            self.seq = self._next("inbox", last, seq)
        else:
            epoch, last = self.places[topic]
            self.places[topic] = (epoch, self._next("topic", last, message["offset"]))
        self._crowd.on_event(self, message)
        return seq

    def _next(self, what: str, last: int, position: int) -> int:
        if position <= last:
            self._fault(f"{what}: repeated or out of order")
        elif position > last + 1:
            self._fault(f"{what}: lost")
        return max(last, position)

    def _fault(self, what: str) -> None:
        self._crowd.faults[what] += 1


class _Link(asyncio.Protocol):
    """One connection of a client. A client that has gone on to another one hears nothing of this one any more."""

    __slots__ = ("_buffer", "_client", "_close", "_port", "_upgraded", "transport")

    def __init__(self, client: Client, port: int) -> None:
        self._client, self._port = client, port
        self._buffer, self._upgraded = b"", False
        self._close: Lost | None = None
        self.transport: asyncio.Transport | None = None

    @property
    def _current(self) -> bool:
        return self._client._link is self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks for the upgrade; a connection that came after its time is dropped."""
        self.transport = cast("asyncio.Transport", transport)
        if self._current:
            self.transport.write(_HANDSHAKE.format(port=self._port, token=self._client.token).encode())
        else:
            self.transport.abort()

    def stamped_received(self, data: bytes, at_ns: int) -> None:
        """As `data_received`, with the time at which the kernel had it."""
        self._client._crowd.arrived_ns = at_ns
        self.data_received(data)

    def data_received(self, data: bytes) -> None:
        """Any number of frames, or parts of them."""
        if not self._current:
            return
        data = self._buffer + data if self._buffer else data
        at = 0
        if not self._upgraded:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._buffer = data
                return
            if not data.startswith(b"HTTP/1.1 101") or _ACCEPTED not in data[:end]:
                self._close = Lost(data.split(b"\r", 1)[0].decode(errors="replace"))
                self._drop()
                return
            self._upgraded, at = True, end + 4
            self._client.upgraded()
        payloads, size = [], len(data)
        while size - at >= 2:
            length, start = data[at + 1] & 127, at + 2
            if length == 126:
                if size - at < 4:
                    break
                length, start = int.from_bytes(data[at + 2 : at + 4]), at + 4
            elif length == 127:
                if size - at < 10:
                    break
                length, start = int.from_bytes(data[at + 2 : at + 10]), at + 10
            if size - start < length:
                break
            opcode, payload = data[at] & 15, data[start : start + length]
            at = start + length
            if opcode == 1:
                payloads.append(payload)
            elif opcode == 8:
                code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
                self._close = Lost(f"closed with {code} {payload[2:].decode(errors='replace')}", code)
                self.write(payload[:2], opcode=8)
                self._drop()
                break
        self._buffer = data[at:]
        if payloads:
            self._client.read(payloads)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the client."""
        self.transport = None
        if self._current:
            self._client.ended(self._close or Lost(f"lost: {exc}"))

    def write(self, payload: bytes, opcode: int = 1) -> None:
        """A masked frame (RFC 6455, 5.3); payloads of clients here are short."""
        mask = os.urandom(4)
        length = len(payload)
        head = bytes((0x80 | opcode, 0x80 | length)) if length < 126 else struct.pack("!BBH", 0x80 | opcode, 0xFE, length)
        key = int.from_bytes((mask * (length // 4 + 1))[:length])
        if self.transport is not None:
            self.transport.write(head + mask + (int.from_bytes(payload) ^ key).to_bytes(length))

    def _drop(self) -> None:
        if self.transport is not None:
            self.transport.close()
