"""A transport in memory: asyncio's rules for the write buffer, with a client that reads when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

__all__ = ["Pipe"]


class Pipe(asyncio.Transport):
    """The server's end. While `stalled` the client reads nothing, and what is written stays in the buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol: Any = None
        self.read = bytearray()
        """What the client has read."""
        self.buffer = bytearray()
        self.stalled = False
        self.paused = False
        self.closing = self.lost = self.eof = False
        self._high = self._low = 0

    # -- what the server does ------------------------------------------------------------------------

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """As asyncio: low is a quarter of high."""
        self._high = 64 * 1024 if high is None else high
        self._low = self._high // 4 if low is None else low

    def get_write_buffer_size(self) -> int:
        """Bytes that wait."""
        return len(self.buffer)

    def write(self, data: Any) -> None:
        """To the client, or into the buffer; past its high mark the protocol is paused, within this very call."""
        assert not self.eof, "written after the end of the stream"
        if self.lost:
            return
        assert not self.closing, "written after closing"
        self.buffer += data
        self._flow()

    def can_write_eof(self) -> bool:
        """A plain socket can."""
        return True

    def write_eof(self) -> None:
        """Our side ends."""
        self.eof = True

    def close(self) -> None:
        """Lost once the buffer is empty."""
        self.closing = True
        self._end_if_done()

    def abort(self) -> None:
        """Lost at once."""
        self.buffer.clear()
        self.closing = True
        self._end_if_done()

    def is_closing(self) -> bool:
        """True when nothing more may be written."""
        return self.closing

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """There is no socket."""
        return default

    # -- what the client does ------------------------------------------------------------------------

    def take(self, size: int | None = None) -> None:
        """Reads so many bytes, or all; the protocol is resumed below the low mark."""
        size = len(self.buffer) if size is None else size
        self.read += self.buffer[:size]
        del self.buffer[:size]
        if self.paused and len(self.buffer) <= self._low:
            self.paused = False
            self.protocol.resume_writing()
        self._end_if_done()

    def lose(self) -> None:
        """The connection breaks."""
        self.abort()

    def hang_up(self) -> None:
        """The client ends its side: asyncio closes ours unless `eof_received` says otherwise."""
        if not self.lost and not self.protocol.eof_received() and not self.closing:
            self.close()

    def _flow(self) -> None:
        if not self.stalled:
            self.read += self.buffer
            self.buffer.clear()
        if len(self.buffer) > self._high and not self.paused:
            self.paused = True
            self.protocol.pause_writing()

    def _end_if_done(self) -> None:
        if self.closing and not self.buffer and not self.lost:
            self.lost = True
            lost: Callable[[Exception | None], None] = self.protocol.connection_lost
            asyncio.get_running_loop().call_soon(lost, None)
