"""uvicorn's HTTP protocol, with bounds for what comes before an application can see anything: size and time of a request's head, and how
many newcomers are heard at once.

With httptools uvicorn has neither. A header without an end is collected for ever, and copied whole with every piece that
comes, so that one stranger's connection costs memory without bound and stalls everybody's event loop.
"""

from __future__ import annotations

import asyncio
import sys
from typing import Any

from httptools import HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.doorway import doorway_of

__all__ = ["BoundedHttpProtocol"]

_ANSWER = b"HTTP/1.1 %s\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class BoundedHttpProtocol(HttpToolsProtocol):
    """HttpToolsProtocol that answers a head over `max_head` bytes with 431, and one that takes over `head_s` seconds with 408.

    A connection on which nothing came in that time is closed without a word.
    """

    max_head = 64 * 1024
    """Bytes; as h11 and nginx bound it. Cookies and a bearer token take a tenth of it."""
    head_s = 10.0
    """From the connection, or the first byte of a later request on it, to the end of the head. hub.v1's hello has as long."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._piece = b""
        self._head_timer: asyncio.TimerHandle | None = None
        self._new, self._lost = True, False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is here: its time runs."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self.head_s, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        self._lost = True
        self._stop()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Bytes of a head or a body. asyncio gives at most 256 KiB at once, so the bound is overrun by no more than that.

        The first ones wait for their turn; who was heard once is known, and waits no more.
        """
        if not self._new:
            self._hear(data)
            return
        self._new = False
        self.transport.pause_reading()
        doorway_of(self.loop).enter(lambda: self._first(data))

    def _first(self, data: bytes) -> None:
        if self._lost or self.transport.is_closing():
            return
        self.transport.resume_reading()
        self._hear(data)

    def _hear(self, data: bytes) -> None:
        self._piece = data
        super().data_received(data)
        self._piece = b""
        if not self._in_head or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > self.max_head:
            self._refuse(b"431 Request Header Fields Too Large")

    def on_message_begin(self) -> None:
        """A request's first byte, called by the parser."""
        super().on_message_begin()
        self._in_head, self._head_bytes = True, 0
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_s, self._late)

    def on_headers_complete(self) -> None:
        """The end of a head, called by the parser. What follows is uvicorn's, or after an upgrade the WebSocket protocol's."""
        self._in_head = False
        self._stop()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        """Hands on what came behind the head in one piece with it, too: uvicorn drops that."""
        upgrade = sys.exception()
        super().handle_websocket_upgrade()
        if isinstance(upgrade, HttpParserUpgrade) and (behind := self._piece[upgrade.args[0] :]):
            protocol = self.transport.get_protocol()
            assert isinstance(protocol, asyncio.Protocol)  # noqa: S101  # the one just set
            protocol.data_received(behind)

    def _late(self) -> None:
        """Browsers open connections ahead and say nothing on them: to those an answer would be one to their next request."""
        if self._head_bytes:
            self._refuse(b"408 Request Timeout")
        else:
            self._stop()
            self.transport.close()

    def _refuse(self, status: bytes) -> None:
        self._stop()
        if self.cycle is None or self.cycle.response_complete:  # else an answer is under way: nothing can be said in between
            self.transport.write(_ANSWER % status)
        self.transport.close()

    def _stop(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None
