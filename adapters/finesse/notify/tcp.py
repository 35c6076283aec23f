"""The line over TCP, in TLS from the first byte (Finesse's port 5223) or by STARTTLS, on slixmpp's XML stream (RFC 6120).

Of slixmpp the stream only. Its client would log the password at debug level, follow a server's redirect with it, retry a dial for ever
without jitter, start tasks that nobody owns, and hold whatever size a stanza has; negotiation and session are those of WebSocket.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, Literal, cast

from slixmpp.xmlstream import XMLStream
from slixmpp.xmlstream.stanzabase import StanzaBase

from adapters.finesse.notify import stanzas
from adapters.finesse.notify.elements import Element, Puller, TooBig, Unreadable
from adapters.finesse.notify.handshake import Handshake, Step
from adapters.finesse.notify.line import Connector, Line, Lost, Terms
from adapters.finesse.notify.standing import MAX_UNSENT, StandingLine, dial_end, opened
from adapters.finesse.values import Credentials
from hub.tasks import end

__all__ = ["Security", "tcp_connector"]

Security = Literal["direct", "starttls", "none"]


def tcp_connector(
    host: str, port: int = 5223, *, tls: ssl.SSLContext | None = None, security: Security = "direct", terms: Terms | None = None
) -> Connector:
    """Lines to a host. `none` sends the password in clear: for tests.

    `tls` decides whom to believe; the name in the certificate is the XMPP domain (RFC 6120, section 13.7). Raises ValueError when the
    context does not fit to the security.
    """
    if (security == "none") != (tls is None):
        raise ValueError("direct TLS and STARTTLS need a TLS context, without TLS there is none")
    agreed = terms or Terms()
    # it has a line for each connection that ends, and below that everything it sends: whatever ends is told by the line itself
    logging.getLogger("slixmpp").setLevel(logging.WARNING)

    def line(credentials: Credentials, domain: str, pubsub: str) -> AbstractAsyncContextManager[Line]:
        return opened(_Line(host, port, tls, security, agreed, credentials, domain, pubsub), credentials.agent)

    return line


class _Stream(XMLStream):
    """Parses safely and within bounds, and hands everything to its line."""

    def __init__(self, owner: _Line, tls: ssl.SSLContext, header: str, max_bytes: int) -> None:
        super().__init__(ssl_context=tls)
        self._owner, self._max_bytes = owner, max_bytes
        self.default_ns, self.stream_ns = "jabber:client", "http://etherx.jabber.org/streams"
        self.stream_header = header

    def init_parser(self) -> None:
        """A new stream, so a new parser: ours."""
        super().init_parser()
        self.parser = cast("Any", Puller(self._max_bytes))

    def connection_made(self, transport: asyncio.BaseTransport, send_event: bool = True) -> None:
        """The dial has succeeded, or STARTTLS."""
        self.transport = cast("asyncio.Transport", transport)
        self.init_parser()

    def data_received(self, data: bytes | str) -> None:
        """Bytes of the server."""
        if self._owner.line.over:
            return
        try:
            super().data_received(data)
        except TooBig:
            self._owner.line.ended(Lost("too_big"))
        except Unreadable as error:
            self._owner.line.ended(Lost("garbage", str(error)))

    def start_stream_handler(self, xml: Any) -> None:
        """The server's header."""
        self._owner.received(xml)

    def recv_stanza(self, stanza: StanzaBase) -> None:
        """One stanza, or another child of the stream."""
        self._owner.received(stanza.xml)

    def connection_lost(self, exception: BaseException | None) -> None:
        """Whoever ended it."""
        super().connection_lost(exception)
        self._owner.gone.set()
        self._owner.line.ended(Lost("closed"))


class _Line:
    """One try: the task that dials and, with STARTTLS, makes TLS. Everything after that comes by callbacks."""

    def __init__(
        self,
        host: str,
        port: int,
        tls: ssl.SSLContext | None,
        security: Security,
        terms: Terms,
        credentials: Credentials,
        domain: str,
        pubsub: str,
    ) -> None:
        self._host, self._port, self._tls, self._security, self._terms, self._domain = host, port, tls, security, terms, domain
        header = stanzas.stream_header(domain)
        # slixmpp makes a context of its own, with all the system's authorities, where it gets none
        self._stream = _Stream(self, tls or ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), header, terms.max_bytes)
        handshake = Handshake(credentials, opening=header, resource=terms.resource, starttls=security == "starttls")
        self._step: Step | None = None
        self._proceed = asyncio.Event()
        self.gone = asyncio.Event()
        """The connection that there was is closed."""
        self.line = StandingLine(handshake, domain=domain, pubsub=pubsub, terms=terms, send=self._send, cut=self._cut)

    async def run(self) -> None:
        """Dials; raises only what is a bug."""
        loop = asyncio.get_running_loop()
        name = self._domain if self._tls is not None else None
        direct = self._tls if self._security == "direct" else None
        try:
            async with asyncio.timeout(self._terms.step_s):
                await loop.create_connection(
                    lambda: self._stream, self._host, self._port, ssl=direct, server_hostname=name if direct else None
                )
            self.line.opened()
            if self._security == "starttls":
                await self._proceed.wait()
                await self._secure(loop)
        except OSError as error:  # TimeoutError among them
            self.line.ended(dial_end(error))
        except BaseException:
            self.line.ended(Lost("left"))
            raise

    async def close(self, task: asyncio.Task[None]) -> None:
        """Takes leave, within `leave_s`; afterwards nothing is left, whatever the server does."""
        try:
            if self.line.has_session:
                self.line.leave()
                self._send(stanzas.END_OF_STREAM)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._terms.leave_s):
                        await self.gone.wait()
        finally:
            self.line.ended(Lost("left"))
            await end([task])
            if self._stream.transport is not None:
                self._cut()
                await self.gone.wait()

    def received(self, element: Element) -> None:
        """A child of the stream, or its header."""
        before, self._step = self._step, self.line.received(element)
        if self._step == "reopen" != before:
            self._stream.init_parser()  # another stream begins
        if self._step == "tls":
            self._proceed.set()

    async def _secure(self, loop: asyncio.AbstractEventLoop) -> None:
        transport = self._stream.transport
        if transport is None or self._tls is None or self.line.over:
            return
        try:
            secure = await loop.start_tls(transport, cast("Any", self._stream), self._tls, server_hostname=self._domain)
            if secure is None:
                raise ConnectionResetError
        except BaseException:
            transport.abort()
            self._stream.transport = None
            self.gone.set()  # of a connection that fails while TLS is made, asyncio tells the stream no end
            raise
        self._stream.connection_made(secure)
        self.line.secured()

    def _send(self, text: str) -> None:
        transport = self._stream.transport
        if transport is None or transport.is_closing():
            return
        if transport.get_write_buffer_size() > MAX_UNSENT:
            self.line.ended(Lost("silent", "takes nothing"))
            return
        transport.write(text.encode())

    def _cut(self) -> None:
        self._proceed.set()
        if self._stream.transport is not None:
            self._stream.transport.abort()
