"""uvicorn's WebSocket protocol, able to give an accepted connection away.

uvicorn does the handshake and runs the ASGI application, which authenticates and accepts. Then the application may take the
transport over with a protocol of its own: the ASGI call ends, and of uvicorn's objects nothing stays behind. A server
without this extension runs the plain way, over `receive` and `send`.

    uvicorn --ws web.handover:HandoverProtocol --factory web.startup:create_app
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final, Protocol

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

__all__ = ["EXTENSION", "HandedOver", "HandoverProtocol", "TakeOver"]

EXTENSION: Final = "navigator.handover"
"""The key in the ASGI scope's `extensions` under which a `TakeOver` stands."""


_EARLY_BYTES = 64 * 1024
"""What may wait for the 101; a client that sends more is read again after it."""


class HandedOver(Protocol):
    """What takes a connection over: an asyncio protocol that the server can tell to end."""

    def data_received(self, data: bytes) -> None:
        """Bytes from the client, as asyncio gives them; also those that had come before the hand-over."""
        ...

    def shutdown(self) -> None:
        """The server goes down: close in order."""
        ...


TakeOver = Callable[[Callable[[asyncio.Transport, set[Any]], HandedOver]], bool]
"""Called once, right after `websocket.accept`, with a maker: it is given the transport and the server's set of connections,
of which the made protocol takes itself out when it is lost. False, and nothing is made, when the client has hung up already."""


class _Spent:
    """In place of the transport that was given away: what uvicorn still does at the end of the ASGI call goes nowhere."""

    def close(self) -> None:
        """Not ours any more."""

    def is_closing(self) -> bool:
        """True: nothing can be written."""
        return True


class HandoverProtocol(WebSocketsSansIOProtocol):
    """WebSocketsSansIOProtocol with the extension `navigator.handover`, and without permessage-deflate, however uvicorn is set.

    Compression costs 64 KiB a connection, and who takes a connection over would have to take its state over too.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn.available_extensions = []
        self._early: bytearray | None = bytearray()

    def data_received(self, data: bytes) -> None:
        """Bytes of the handshake. One with too many or too long headers is answered (431, 414): uvicorn would leave it hanging.

        What a client sends before its 101, against the RFC, waits for whoever has the connection then.
        """
        if self._early is not None and self.conn.handshake_exc is None and hasattr(self, "scope"):
            self._early += data
            if len(self._early) > _EARLY_BYTES:
                self.transport.pause_reading()
            return
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated:
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.transport.close()

    async def send(self, message: Any) -> None:
        """What the application sends. A refusal with a response ends the handshake; uvicorn would log each one as our error."""
        await super().send(message)
        if self._early is not None:
            self.loop.call_soon(self._not_given_away)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True

    def handle_connect(self, event: Any) -> None:
        """The handshake has come: the scope that the application will see gets the extension."""
        super().handle_connect(event)
        if hasattr(self, "scope"):
            self.scope["extensions"][EXTENSION] = self._hand_over  # type: ignore[assignment]  # uvicorn's types know dicts only

    def _not_given_away(self) -> None:
        """The application has answered and keeps the connection: it is uvicorn's."""
        if self._early is not None and not self.transport.is_closing():
            early, self._early = bytes(self._early), None
            self.transport.resume_reading()
            if early:
                self.data_received(early)

    def _hand_over(self, make: Callable[[asyncio.Transport, set[Any]], HandedOver]) -> bool:
        transport = self.transport
        if transport.is_closing():  # it would never be told of the loss, and the server wait for it at its end
            return False
        self.stop_keepalive()
        made = make(transport, self.connections)
        self.connections.discard(self)
        self.connections.add(made)  # type: ignore[arg-type]  # uvicorn asks for no more than `shutdown`
        self.transport = _Spent()  # type: ignore[assignment]
        transport.set_protocol(made)  # type: ignore[arg-type]
        transport.resume_reading()
        early, self._early = bytes(self._early or b""), None
        if early:
            made.data_received(early)
        return True
