"""The line over WebSocket (RFC 7395), on `websockets`: each frame is one whole element, so no stream needs parsing."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import AbstractAsyncContextManager, suppress
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import broadcast
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus
from websockets.protocol import State
from websockets.typing import Subprotocol

from adapters.finesse.notify import stanzas
from adapters.finesse.notify.elements import TooBig, Unreadable, parse
from adapters.finesse.notify.handshake import Handshake
from adapters.finesse.notify.line import Connector, Line, Lost, Terms
from adapters.finesse.notify.standing import MAX_UNSENT, StandingLine, dial_end, opened
from adapters.finesse.values import Credentials
from hub.tasks import end

__all__ = ["websocket_connector"]

_XMPP = Subprotocol("xmpp")
_TOO_BIG = 1009
"""RFC 6455, section 7.4.1."""
_silent = logging.Logger("websockets.silent")
"""Of nobody's tree: at debug level websockets writes every frame, the password among them."""
_silent.disabled = True


class _Dial(connect):
    """Goes where it was told to, and nowhere else."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """A redirect is an answer that is no WebSocket: the password is for one server only."""
        return exc


def websocket_connector(url: str, *, tls: ssl.SSLContext | None = None, terms: Terms | None = None) -> Connector:
    """Lines to `url`, `wss://host:8445/ws` (12.6(2) and later) or `wss://host:7443/ws/`; `ws:` is for tests.

    `tls` decides whom to believe; the name in the certificate is the URL's. Raises ValueError for a URL or a context that do not fit.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or not parts.hostname or parts.username or parts.fragment:
        raise ValueError("a notification URL is wss://HOST:PORT/PATH")
    if (parts.scheme == "wss") != (tls is not None):
        raise ValueError("wss: needs a TLS context, ws: has none")
    agreed = terms or Terms()

    def line(credentials: Credentials, domain: str, pubsub: str) -> AbstractAsyncContextManager[Line]:
        return opened(_Line(url, tls, agreed, credentials, domain, pubsub), credentials.agent)

    return line


class _Line:
    """One try: the task that dials, then reads."""

    def __init__(self, url: str, tls: ssl.SSLContext | None, terms: Terms, credentials: Credentials, domain: str, pubsub: str) -> None:
        self._url, self._tls, self._terms = url, tls, terms
        self._socket: ClientConnection | None = None
        handshake = Handshake(credentials, opening=stanzas.open_frame(domain), resource=terms.resource)
        self.line = StandingLine(handshake, domain=domain, pubsub=pubsub, terms=terms, send=self._send, cut=self._cut)

    async def run(self) -> None:
        """Dials and reads until the end, which it tells; raises only what is a bug."""
        try:
            async with asyncio.timeout(self._terms.step_s):
                self._socket = await self._dial()
        except InvalidStatus as error:
            self.line.ended(Lost("refused", f"HTTP {error.response.status_code}"))
        except InvalidMessage:
            self.line.ended(Lost("closed", "during the dial"))
        except InvalidHandshake as error:
            self.line.ended(Lost("garbage", type(error).__name__))
        except OSError as error:  # TimeoutError among them
            self.line.ended(dial_end(error))
        else:
            await self._read(self._socket)
        finally:
            self.line.ended(Lost("left"))  # if nothing else was the reason

    async def close(self, task: asyncio.Task[None]) -> None:
        """Takes leave, within `leave_s`; afterwards nothing is left, whatever the server does."""
        try:
            socket = self._socket
            if socket is not None and self.line.has_session:
                self.line.leave()
                self._send(stanzas.CLOSE)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._terms.leave_s):
                        await socket.close()
        finally:
            self.line.ended(Lost("left"))
            await end([task])
            if self._socket is not None:
                await self._socket.wait_closed()

    async def _dial(self) -> ClientConnection:
        socket = await _Dial(
            self._url,
            ssl=self._tls,
            subprotocols=[_XMPP],
            compression=None,  # 64 KiB and more for each line, for little
            open_timeout=None,
            ping_interval=None,  # XMPP's own pings ask the server itself, not what stands before it
            close_timeout=self._terms.leave_s,
            max_size=self._terms.max_bytes,
            max_queue=4,
            proxy=None,
            user_agent_header=None,
            logger=_silent,
        )
        if socket.subprotocol != _XMPP:
            self.line.ended(Lost("refused", "no XMPP there"))
            socket.transport.abort()
        return socket

    async def _read(self, socket: ClientConnection) -> None:
        self.line.opened()
        try:
            while not self.line.over:
                frame = await socket.recv()
                if not isinstance(frame, str):
                    raise Unreadable("a binary frame")
                self._receive(frame)
        except ConnectionClosed as error:
            ours = error.sent is not None and not error.rcvd_then_sent
            too_big = ours and error.sent is not None and error.sent.code == _TOO_BIG
            garbage = ours and not too_big
            self.line.ended(Lost("too_big") if too_big else Lost("garbage", "WebSocket") if garbage else Lost("closed"))
        except TooBig:
            self.line.ended(Lost("too_big"))
        except Unreadable as error:
            self.line.ended(Lost("garbage", str(error)))

    def _receive(self, frame: str) -> None:
        if not frame.strip():
            return  # keep-alives of some servers
        self.line.received(parse(frame, self._terms.max_bytes))

    def _send(self, text: str) -> None:
        socket = self._socket
        if socket is None or socket.state is not State.OPEN:
            return
        if socket.transport.get_write_buffer_size() > MAX_UNSENT:
            self.line.ended(Lost("silent", "takes nothing"))
            return
        broadcast([socket], text)  # the one way to send that never waits

    def _cut(self) -> None:
        if self._socket is not None:
            self._socket.transport.abort()
