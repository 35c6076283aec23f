"""Packets and fields of Oracle's network protocol: TNS on the outside, TTC within. Only what the thin driver sends and needs.

There is no public specification: what stands here was learnt by watching python-oracledb and reading what it expects. The level
announced is that of 19c: no END_OF_RESPONSE, no fast authentication, no out-of-band breaks.
"""

from __future__ import annotations

from typing import Final

__all__ = ["FIELD_VERSION", "SDU", "TNS_VERSION", "Bytes", "NeedMore", "Reader", "Writer"]

TNS_VERSION: Final = 318
FIELD_VERSION: Final = 12
SDU: Final = 8192
"""Largest packet, bytes."""

# TNS packet types, and the kinds of a marker (3 would be an interrupt)
CONNECT, ACCEPT, REFUSE, DATA, MARKER = 1, 2, 4, 6, 12
BREAK, RESET = 1, 2

# TTC messages
M_PROTOCOL, M_TYPES, M_FUNCTION, M_ERROR, M_ROW_HEADER, M_ROW = 1, 2, 3, 4, 6, 7
M_PARAMETER, M_STATUS, M_IO_VECTOR, M_WARNING, M_DESCRIBE, M_PIGGYBACK = 8, 9, 11, 15, 16, 17

# TTC functions, and option bits of an execute
F_REEXECUTE, F_FETCH, F_LOGOFF, F_COMMIT, F_ROLLBACK, F_REEXECUTE_FETCH = 4, 5, 9, 14, 15, 78
F_EXECUTE, F_CLOSE_CURSORS, F_AUTH_2, F_AUTH_1, F_END_TO_END = 94, 105, 115, 118, 135
F_PING, F_SET_SCHEMA = 147, 152
X_EXECUTE, X_FETCH, X_COMMIT = 0x20, 0x40, 0x100

Bytes = bytes | bytearray


class NeedMore(Exception):
    """The request continues in a packet that has not arrived yet."""


class Reader:
    """Reads fields from the front of a message; raises `NeedMore` at its end."""

    def __init__(self, data: bytes) -> None:
        self.data, self.pos = data, 0

    def raw(self, size: int) -> bytes:
        """So many bytes as they stand."""
        end = self.pos + size
        if end > len(self.data):
            raise NeedMore
        piece, self.pos = self.data[self.pos : end], end
        return piece

    def u8(self) -> int:
        """One byte."""
        return self.raw(1)[0]

    def ub(self) -> int:
        """An unsigned integer in the universal form: a length byte, then big-endian bytes."""
        return int.from_bytes(self.raw(self.u8() & 0x7F), "big")

    def clr(self) -> bytes | None:
        """Length-prefixed bytes; 254 starts a chunked value; 0 and 255 mean NULL."""
        size = self.u8()
        if size in (0, 255):
            return None
        if size != 254:
            return self.raw(size)
        chunks = []
        while size := self.ub():
            chunks.append(self.raw(size))
        return b"".join(chunks)

    def text(self) -> str:
        """`clr` as UTF-8."""
        return (self.clr() or b"").decode()

    def two_lengths(self) -> str:
        """Text with its length in front of the length-prefixed bytes."""
        return self.text() if self.ub() else ""

    def skip(self, layout: str) -> None:
        """Skips fields: b = one byte, u = universal integer."""
        for code in layout:
            if code == "b":
                self.u8()
            else:
                self.ub()


class Writer(bytearray):
    """Builds a message; every method returns the writer."""

    def u8(self, *values: int) -> Writer:
        """Single bytes."""
        self.extend(values)
        return self

    def ub(self, *values: int) -> Writer:
        """Unsigned integers in the universal form."""
        for value in values:
            size = next(n for n in (0, 1, 2, 4, 8) if value < 1 << 8 * n)
            self.append(size)
            self += value.to_bytes(size, "big")
        return self

    def clr(self, data: bytes | None) -> Writer:
        """Length-prefixed bytes, in chunks when long; nothing is NULL."""
        if not data:
            return self.u8(0)
        if len(data) <= 252:
            self.append(len(data))
            self += data
            return self
        self.append(254)
        for start in range(0, len(data), 32767):
            chunk = data[start : start + 32767]
            self.ub(len(chunk)).extend(chunk)
        return self.ub(0)

    def two_lengths(self, text: str) -> Writer:
        """Text with its length in front of the length-prefixed bytes."""
        data = text.encode()
        self.ub(len(data))
        return self.clr(data) if data else self
