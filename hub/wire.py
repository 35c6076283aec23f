"""RFC 6455 frames without I/O: server frames made once for everybody who gets them, client frames read as they come.

websockets' own sans-I/O protocol object keeps several kilobytes for each connection; tens of thousands of idle connections
pay for that, so the hub keeps only what a frame under way needs.
"""

from __future__ import annotations

from typing import Final

from websockets.frames import apply_mask  # type: ignore[attr-defined]  # the one in C, where it is built

__all__ = ["BINARY", "CLOSE", "PING", "PONG", "TEXT", "FrameReader", "WireError", "close_frame", "frame", "read_close"]

TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA
_CONTINUATION: Final = 0x0
_KNOWN = frozenset((_CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG))
_MAX_CONTROL: Final = 125
_MAY_BE_SENT = frozenset((1000, 1001, 1002, 1003, *range(1007, 1015)))
"""Close codes below 3000 that may stand in a frame (RFC 6455, 7.4; the IANA registry)."""


class WireError(Exception):
    """The peer broke the framing: the connection must end with close code `code` (RFC 6455, 7.4.1).

    1002 for a protocol error, 1007 for text that is not UTF-8, 1009 for a message over the bound. `before` are the messages
    that were whole before the fault in the same bytes: how the network cuts a stream must not decide whether they count.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason
        self.before: list[tuple[int, bytes]] = []

    def __str__(self) -> str:
        return f"{self.code} {self.reason}"


def frame(payload: bytes, opcode: int) -> bytes:
    """One whole, final, unmasked server frame (RFC 6455, 5.2)."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 0x10000:
        return bytes((0x80 | opcode, 126, size >> 8, size & 0xFF)) + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


def close_frame(code: int, reason: str) -> bytes:
    """A close frame; a reason over 123 bytes is cut, between two characters (RFC 6455, 5.5).

    1005 stands for "no code" as in `read_close`, and makes an empty one. Half a surrogate pair in the reason becomes "?".
    """
    if code == 1005:
        return frame(b"", CLOSE)
    return frame(code.to_bytes(2, "big") + reason.encode(errors="replace")[: _MAX_CONTROL - 2].decode(errors="ignore").encode(), CLOSE)


def read_close(payload: bytes) -> tuple[int, str]:
    """The code and reason of a close frame; 1005 when it has none. Raises WireError for one that must not be sent."""
    if not payload:
        return 1005, ""
    if len(payload) == 1:
        raise WireError(1002, "close frame of one byte")
    code = int.from_bytes(payload[:2], "big")
    try:
        reason = payload[2:].decode()
    except UnicodeDecodeError as error:
        raise WireError(1007, "close reason is not UTF-8") from error
    if code not in _MAY_BE_SENT and not 3000 <= code < 5000:
        raise WireError(1002, "invalid close code")
    return code, reason


class FrameReader:
    """Turns a client's bytes into messages. Holds at most one message of `max_size` bytes, a control frame and a frame's header.

    After a WireError, or a message with opcode CLOSE, whatever comes is thrown away (RFC 6455, 1.4 and 7.1.7): the rest of
    an over-long frame is no frames.

    Lenient where RFC 6455 binds the sender and nothing can be misread: a message's length need not be in its shortest form.
    """

    __slots__ = ("_held", "_max_size", "_message", "_need", "_opcode", "_over")

    def __init__(self, max_size: int) -> None:
        self._max_size = max_size
        self._held: bytearray | None = None  # the beginning of a frame that is not whole yet
        self._need = 0  # bytes that `_held` must have before another look is worth while
        self._opcode = 0  # of the fragmented message under way
        self._message: bytearray | None = None
        self._over = False

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """The messages that `data` completes, as (opcode, payload), in order; control frames are messages of their own.

        The payload of TEXT is valid UTF-8. Raises WireError.
        """
        if self._over:
            return []
        if self._held is not None:
            self._held += data
            if len(self._held) < self._need:
                return []
            data, self._held = bytes(self._held), None
        found: list[tuple[int, bytes]] = []
        at, end = 0, len(data)
        try:
            while at < end and not self._over:
                size = self._frame(data, at, end, found)
                if size == 0:
                    self._held = bytearray(data[at:])
                    break
                at += size
        except WireError as error:
            error.before = found
            self._over, self._message = True, None
            raise
        return found

    def _frame(self, data: bytes, at: int, end: int, found: list[tuple[int, bytes]]) -> int:
        """Reads the frame that begins at `at`; its size, or 0 when it is not whole yet (`_need` says what is missing)."""
        have = end - at
        if have < 2:
            self._need = 2
            return 0
        first, second = data[at], data[at + 1]
        opcode, final, size, head = first & 0x0F, first & 0x80, second & 0x7F, 6
        if first & 0x70:
            raise WireError(1002, "reserved bits are set")
        if opcode not in _KNOWN:
            raise WireError(1002, "unknown opcode")
        if not second & 0x80:
            raise WireError(1002, "client frames must be masked")
        if opcode >= CLOSE and not (final and size <= _MAX_CONTROL):
            raise WireError(1002, "control frame fragmented or too long")
        if size > _MAX_CONTROL:
            head = 8 if size == 126 else 14
            if have < head - 4:
                self._need = head - 4
                return 0
            size = int.from_bytes(data[at + 2 : at + head - 4], "big")
        if opcode < CLOSE and size + (len(self._message) if self._message is not None else 0) > self._max_size:
            raise WireError(1009, "message too big")
        if have < head + size:
            self._need = head + size
            return 0
        begin = at + head
        payload = apply_mask(data[begin : begin + size], data[begin - 4 : begin])
        if opcode >= CLOSE:
            found.append((opcode, payload))
            self._over = opcode == CLOSE
        else:
            self._data(opcode, payload, bool(final), found)
        return head + size

    def _data(self, opcode: int, payload: bytes, final: bool, found: list[tuple[int, bytes]]) -> None:
        if opcode == _CONTINUATION:
            if self._message is None:
                raise WireError(1002, "continuation of nothing")
            self._message += payload
            if not final:
                return
            opcode, payload, self._message = self._opcode, bytes(self._message), None
        elif self._message is not None:
            raise WireError(1002, "a message within a fragmented one")
        elif not final:
            self._opcode, self._message = opcode, bytearray(payload)
            return
        if opcode == TEXT and not payload.isascii():
            try:
                payload.decode()
            except UnicodeDecodeError as error:
                raise WireError(1007, "text is not UTF-8") from error
        found.append((opcode, payload))
