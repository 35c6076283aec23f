"""The client's end of a session without a socket: a buffer with a bound that can be full, and websockets' own parser behind it."""

from __future__ import annotations

from typing import Any

import msgspec
from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, Protocol

from hub.event import Format
from hub.presence import Presence
from hub.session import OPCODES, Limits, Session
from hub.wire import frame
from tests.hub.values import principal

__all__ = ["End", "FrameParser"]

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
