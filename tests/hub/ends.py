"""The client's end of a session without a socket: a buffer with a bound that can be full, and websockets' own parser behind it."""

from __future__ import annotations

import socket
from typing import Any

import msgspec
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from hub.event import Format
from hub.presence import Presence
from hub.session import OPCODES, Limits, Session
from hub.wire import frame
from tests.hub.values import principal

__all__ = ["End", "FrameParser", "SocketEnd"]

_OPCODE = {"json": Opcode.TEXT, "msgpack": Opcode.BINARY}


class FrameParser:
    """Reads a server's bytes as websockets does; asserts that each frame is well formed and of the kind that the format has."""

    def __init__(self, wire: Format) -> None:
        self._wire = wire
        self._protocol = Protocol(CLIENT, max_size=None)
        self.close: Frame | None = None
        self.pongs: list[bytes] = []

    def feed(self, data: bytes) -> list[dict[str, Any]]:
        """The messages that these bytes complete. Nothing may follow a close frame."""
        assert self.close is None, "written after the close frame"
        self._protocol.receive_data(data)
        assert self._protocol.parser_exc is None, self._protocol.parser_exc
        found: list[dict[str, Any]] = []
        for event in self._protocol.events_received():
            assert isinstance(event, Frame)
            assert self.close is None, "written after the close frame"
            if event.opcode is Opcode.CLOSE:
                self.close = event
            elif event.opcode is Opcode.PONG:
                self.pongs.append(bytes(event.data))
            else:
                assert event.opcode is _OPCODE[self._wire]
                assert event.fin
                found.append((msgspec.json if self._wire == "json" else msgspec.msgpack).decode(event.data))
        return found


class End:
    """Drives one session as a connection does. With `direct` it can be hot; `room` is how many writes its buffer takes."""

    def __init__(self, presence: Presence, wire: Format, limits: Limits, *, user_id: int = 1, direct: bool = True) -> None:
        self._presence, self.wire = presence, wire
        self.session = Session(principal(user_id), "device", wire, limits, self._woken)
        self._parser = FrameParser(wire)
        self._direct = direct
        self.room = 1_000_000
        self.got: list[dict[str, Any]] = []
        self.writes = 0
        self.over = False
        if direct:
            self.session.direct = self._write
        presence.enter(self.session)

    @property
    def hot(self) -> bool:
        """True while it can be written to at once."""
        return self.session.direct is not None

    @property
    def stalled(self) -> bool:
        """True while the client does not read."""
        return not self.hot

    def _write(self, data: bytes) -> None:
        assert not self.over, "written after the end"
        self.writes += 1
        self.room -= 1
        self.got += self._parser.feed(data)
        if self.room <= 0 and self.session.direct is not None:
            self.pause()

    def pause(self) -> None:
        """The buffer is full."""
        self.room = 0
        self.session.direct = None
        self._presence.cool(self.session)

    def resume(self, room: int = 1_000_000) -> None:
        """The client has read: what was queued goes out as far as there is room."""
        if self.over:
            return
        self.room = room
        if not self._direct:
            for payload in self.session.take():
                self.got += self._parser.feed(frame(payload, OPCODES[self.wire]))
            return
        self.session.direct = self._write
        while self.session.direct is not None and (some := self.session.take_some(1000)):
            self.session.direct(some)

    def leave(self) -> None:
        """The connection is lost."""
        self.over = True
        self.session.direct = None
        self._presence.leave(self.session)

    def _woken(self) -> None:
        if self.session.closing is not None and not self.over:
            self.leave()


class SocketEnd(End):
    """An end with a real socket, which frames may be sent to beside `direct`; a stall is one that the kernel's buffer has felt."""

    def __init__(self, presence: Presence, wire: Format, limits: Limits, *, user_id: int = 1) -> None:
        self._ours, self._theirs = socket.socketpair()
        for end in (self._ours, self._theirs):
            end.setblocking(False)
        self._ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)  # the kernel's least: a few frames
        self._kept, self._stalled = bytearray(), False
        super().__init__(presence, wire, limits, user_id=user_id)
        self.session.fd = self._ours.fileno()

    @property
    def got(self) -> list[dict[str, Any]]:
        """What the client has read until now."""
        if not self._stalled:
            self._read()
        return self._got

    @got.setter
    def got(self, value: list[dict[str, Any]]) -> None:
        self._got = value

    @property
    def stalled(self) -> bool:
        """True while the client does not read, or has not read all yet."""
        return self._stalled or not self.hot

    def _read(self) -> int:
        """How many bytes there were."""
        total = 0
        while True:
            try:
                data = self._theirs.recv(1 << 16)
            except BlockingIOError:
                return total
            assert not self.over, "written after the end"
            total += len(data)
            self._got += self._parser.feed(data)

    def _write(self, data: bytes) -> None:
        """As a transport does: what the socket does not take at once is kept, and then the session is paused."""
        assert not self.over, "written after the end"
        assert not self._kept, "written while something is kept"
        self._kept += data
        self._flush()
        if self._kept and self.session.direct is not None:
            super().pause()

    def _flush(self) -> None:
        try:
            while self._kept:
                del self._kept[: self._ours.send(self._kept)]
        except BlockingIOError:
            pass

    def pause(self) -> None:
        """The client reads no more; the session is paused when the buffer is full."""
        self._stalled = True

    def resume(self, room: int = 1_000_000) -> None:
        """The client reads everything; when the transport has nothing left, so does what is queued."""
        if self.over:
            return
        self._stalled = False
        while True:
            self._flush()
            if not self._read() and not self._kept:
                if self.session.direct is not None:
                    return
                super().resume(room)

    def leave(self) -> None:
        """The connection is lost. The sockets stay open until the object goes, so that a write after the end is seen."""
        if not self._stalled:
            self._read()
        super().leave()
        try:
            while self._theirs.recv(1 << 16):
                pass  # what the client has not read is lost with it
        except BlockingIOError:
            self._stalled = False

    def __del__(self) -> None:
        self._ours.close()
        self._theirs.close()
