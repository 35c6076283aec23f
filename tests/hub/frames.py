"""Client frames for tests, and websockets' own parser as the other reading of the same bytes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from websockets.frames import Frame, Opcode
from websockets.protocol import SERVER, Protocol

from hub.wire import CLOSE, TEXT, FrameReader, WireError, read_close

__all__ = ["Reading", "Theirs", "agree", "client_frame", "cut", "frames_of", "ours"]

_log = logging.getLogger("tests.frames")
_log.disabled = True


def client_frame(
    opcode: int, payload: bytes = b"", *, final: bool = True, mask: bytes | None = b"\x0fX\x80\xff", reserved: int = 0, form: int = 0
) -> bytes:
    """One frame as a client sends it, or breaks it. `form`: bytes of the length (1, 2 or 8), 0 for the shortest."""
    size = len(payload)
    form = form or (1 if size < 126 else 2 if size < 0x10000 else 8)
    length = bytes((size,)) if form == 1 else bytes((126 if form == 2 else 127,)) + size.to_bytes(form, "big")
    head = bytes(((0x80 if final else 0) | reserved << 4 | opcode, length[0] | (0 if mask is None else 0x80))) + length[1:]
    if mask is None:
        return head + payload
    return head + mask + bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def cut(stream: bytes, cuts: list[int]) -> Iterator[bytes]:
    """The stream in pieces that are as long as `cuts` say in turn, the last one taking the rest."""
    at = 0
    for size in cuts:
        yield stream[at : at + size]
        at += size
    yield stream[at:]


def frames_of(stream: bytes) -> Iterator[bytes]:
    """The stream cut where its frames end, by nothing but their lengths; the last one may be a part of a frame."""
    at = 0
    while at < len(stream):
        size = _size(stream[at : at + 10])
        yield stream[at : at + size]
        at += size


def _size(head: bytes) -> int:
    """How long the frame is that begins so; bytes that have not come count as zero."""
    head = head.ljust(10, b"\0")
    mask, size = (4 if head[1] & 0x80 else 0), head[1] & 0x7F
    if size <= 125:
        return 2 + mask + size
    length = 2 if size == 126 else 8
    return 2 + length + mask + int.from_bytes(head[2 : 2 + length], "big")


@dataclass
class Reading:
    """What a parser made of a stream: its messages and the close code with which it gave up, None when it did not."""

    messages: list[tuple[int, bytes]] = field(default_factory=list)
    fault: int | None = None


def ours(reader: FrameReader, data: bytes) -> Reading:
    """One `feed`, with a close frame's payload judged as a driver has to."""
    try:
        found, fault = reader.feed(data), None
    except WireError as error:
        found, fault = error.before, error.code
    if found and found[-1][0] == CLOSE:
        try:
            read_close(found[-1][1])
        except WireError as error:
            found, fault = found[:-1], error.code
    return Reading(list(found), fault)


class Theirs:
    """websockets' sans-I/O protocol, and over it the assembling and decoding that its drivers and uvicorn's do."""

    def __init__(self, max_size: int) -> None:
        self._protocol = Protocol(SERVER, max_size=max_size, logger=_log)
        self._opcode, self._parts = 0, b""
        self.fragmented = False

    def feed(self, data: bytes) -> Reading:
        """The messages that `data` completes, and the code of the close frame that a fault made it send."""
        self._protocol.receive_data(data)
        reading = Reading()
        for event in self._protocol.events_received():
            assert isinstance(event, Frame)
            if event.opcode in (Opcode.PING, Opcode.PONG, Opcode.CLOSE):
                reading.messages.append((int(event.opcode), bytes(event.data)))
                continue
            if event.opcode is not Opcode.CONT:
                self._opcode, self._parts = int(event.opcode), b""
            self._parts += event.data
            self.fragmented = not event.fin
            if event.fin:
                if self._opcode == TEXT and not _is_utf8(self._parts):
                    return Reading(reading.messages, 1007)
                reading.messages.append((self._opcode, self._parts))
        if self._protocol.parser_exc is not None:
            assert self._protocol.close_sent is not None
            reading.fault = int(self._protocol.close_sent.code)
        return reading


def agree(stream: bytes, max_size: int) -> None:
    """Reads the stream frame by frame with both, up to where one gives up; AssertionError where they differ unknowingly.

    The known differences, each of them ours to stand by:

    - A control frame that is a fragment or whose length is not in the one-byte form, and set reserved bits, are protocol
      errors (1002) here as soon as the first two bytes show them (5.5, 5.2). websockets looks at them when the whole frame
      has come, after the bound for messages (1009), and takes a control frame with a short length in a long form.
    - The bound for messages is no bound for control frames, which are at most 125 bytes anyway and may come between two
      fragments (RFC 6455, 5.4); websockets counts a ping as a part of the message that it interrupts.
    - A close frame between two fragments is a close frame (5.4, 5.5.1); websockets answers it with 1002.
    """
    reader, theirs = FrameReader(max_size), Theirs(max_size)
    for piece in frames_of(stream):
        fragmented = theirs.fragmented
        mine, other = ours(reader, piece), theirs.feed(piece)
        if mine.fault is not None and other.fault is None:
            other = theirs.feed(bytes(min(_size(piece[:10]) - len(piece), 1 << 17)))  # we need not see the whole frame
        if mine == other:
            if mine.fault is not None or (mine.messages and mine.messages[-1][0] == CLOSE):
                return
            continue
        first, size = piece[0], piece[1] & 0x7F  # a piece of one byte is refused by neither
        control = first & 0x08
        if mine.fault == 1002 and control and piece[1] & 0x7F > 125:
            return
        if (mine.fault, other.fault) == (1002, 1009) and (control or first & 0x70):
            return
        if other.fault == 1009 and control and (fragmented or size > max_size):
            return
        if other.fault == 1002 and first == 0x80 | CLOSE and fragmented:
            return
        raise AssertionError(f"{piece[:32].hex()}: we {mine}, websockets {other}")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
