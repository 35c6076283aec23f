"""`GET /hub/socket`: who may open it, and what then drives the session.

Under a server that hands connections over (`web.handover`) that is a `web.connection.Connection`; under any other ASGI server
the plain driver here does the same work over `receive` and `send`, slower.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from hub.close import Close, CloseCode
from hub.conversation import handle, open_session, refuse, replay
from hub.event import Format
from hub.hub import Hub
from hub.principal import Principal
from hub.protocol import SUBPROTOCOLS, Fatal, Hello, Refused, parse
from hub.session import Session
from web.admission import Admission
from web.auth import COOKIE, authenticate_token, bearer, client_address
from web.connection import FINISH_S, Connection
from web.handover import EXTENSION, TakeOver
from web.security import Origins

__all__ = ["socket_routes"]

_log = structlog.get_logger("web.socket")
Who = Callable[[str | None], Awaitable[Principal | None]]


def socket_routes() -> list[WebSocketRoute]:
    """The socket endpoint; it uses `hub`, `sessions`, `settings` and `admission` of the connection's state."""

    async def endpoint(websocket: WebSocket) -> None:
        hub: Hub = websocket.state.hub
        admission: Admission = websocket.state.admission
        address = client_address(websocket)
        refusal = admission.admit(address, time.monotonic())
        if refusal is not None:
            hub.metrics.refused(refusal.reason)
            await websocket.send_denial_response(PlainTextResponse("too many", refusal.status, headers=refusal.headers))
            return
        ended = partial(admission.left, address)
        handed_over = False
        try:
            handed_over = await admitted(websocket, hub, ended)
        finally:
            if not handed_over:
                ended()

    async def admitted(websocket: WebSocket, hub: Hub, ended: Callable[[], None]) -> bool:
        """True when the connection lives on by itself, and will say so when it has `ended`."""
        origin = websocket.headers.get("origin")
        if origin is not None and not Origins(websocket.state.settings).origin_ok(websocket, origin):
            hub.metrics.refused("origin")
            await websocket.send_denial_response(PlainTextResponse("origin not allowed", 403))
            return False
        if hub.is_draining or not hub.knows:
            hub.metrics.refused("draining")
            await websocket.send_denial_response(PlainTextResponse("not now", 503, headers={"Retry-After": "1"}))
            return False
        offered = [name for name in websocket.scope.get("subprotocols", []) if name in SUBPROTOCOLS]
        wire: Format = SUBPROTOCOLS[offered[0]] if offered else "json"
        who = _credentials(websocket, cookie_allowed=origin is not None)
        take_over: TakeOver | None = websocket.scope.get("extensions", {}).get(EXTENSION)
        await websocket.accept(subprotocol=offered[0] if offered else None)
        if take_over is not None:
            return take_over(lambda transport, connections: Connection(hub, transport, connections, wire, who, ended))
        await _Driver(hub, websocket, wire, who).run()
        return False

    return [WebSocketRoute("/hub/socket", endpoint, name="hub_socket")]


def _credentials(websocket: WebSocket, *, cookie_allowed: bool) -> Who:
    """Tells who a connection is: by the token in `hello`, else by bearer, else by the cookie.

    A cookie without an Origin proves nothing (RFC 6455, 10.2). Keeps the credential and nothing else of the handshake.
    """
    sessions = websocket.state.sessions
    given = bearer(websocket)
    if given is None and cookie_allowed:
        given = websocket.cookies.get(COOKIE)

    async def who(token: str | None) -> Principal | None:
        credential = given if token is None else token
        return None if credential is None else await authenticate_token(sessions, credential)

    return who


class _Driver:
    """One connection's life over plain ASGI: hello, then a reader and a writer until one of them ends it."""

    def __init__(self, hub: Hub, websocket: WebSocket, wire: Format, who: Who) -> None:
        self._hub, self._websocket, self._wire, self._who = hub, websocket, wire, who
        self._wake = asyncio.Event()
        self._over = asyncio.Event()
        self._session: Session | None = None

    async def run(self) -> None:
        """Runs the connection to its end; never raises for what a client does."""
        try:
            async with asyncio.timeout(self._hub.limits.hello_s):
                session = await self._hello()
        except TimeoutError:
            await self._end(Close(CloseCode.UNAUTHENTICATED, "no hello in time"))
            return
        except Fatal as fatal:
            await self._end(fatal.close)
            return
        except WebSocketDisconnect:
            return
        try:
            await self._live(session)
        finally:
            self._hub.leave(session)

    async def _hello(self) -> Session:
        data = await self._receive()
        try:
            command = parse(self._wire, data)
        except Refused as refused:
            raise Fatal(Close(CloseCode.PROTOCOL_ERROR, f"hello: {refused}"[:120])) from refused
        if not isinstance(command, Hello):
            raise Fatal(Close(CloseCode.PROTOCOL_ERROR, "hello comes first"))
        principal = await self._who(command.token)
        if principal is None:
            raise Fatal(Close(CloseCode.UNAUTHENTICATED, "not signed in"))
        session = self._session = Session(principal, command.device, self._wire, self._hub.limits, self._woken)
        await open_session(self._hub, session, command)
        return session

    def _woken(self) -> None:
        self._wake.set()
        if self._session is not None and self._session.closing is not None:
            self._over.set()

    async def _live(self, session: Session) -> None:
        close: Close | None = None
        reader = asyncio.create_task(self._read(session), name=f"socket_read_{session.id}")
        writer = asyncio.create_task(self._write(session), name=f"socket_write_{session.id}")
        over = asyncio.create_task(self._over.wait(), name=f"socket_over_{session.id}")
        tasks: tuple[asyncio.Task[Any], ...] = (reader, writer, over)
        if session.closing is not None:
            self._over.set()
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if session.closing is None and not reader.done():  # nobody can be written to any more: what was said before is still done
                await asyncio.wait([reader, over], timeout=FINISH_S, return_when=asyncio.FIRST_COMPLETED)
            if session.closing is not None and session.closing.code is CloseCode.DRAINING:
                await asyncio.wait([writer], timeout=1.0)  # what was queued before a planned end still goes out
        finally:
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                match result:
                    case Fatal():
                        close = result.close
                    case None | True | asyncio.CancelledError() | WebSocketDisconnect():
                        pass
                    case BaseException():
                        _log.error("session_failed", session=session.id, exc_info=result)
                        close = close or Close(CloseCode.INTERNAL_ERROR, "internal error")
            close = session.closing or close
            self._hub.metrics.closed(1005 if close is None else close.code)
            await self._end(close)

    async def _read(self, session: Session) -> None:
        loop = asyncio.get_running_loop()
        while True:
            data = await self._receive()
            session.heard_at = loop.time()
            if not self._hub.count_command(session, session.heard_at):
                return
            try:
                command = parse(self._wire, data)
            except Refused as refused:
                refuse(self._hub, session, refused)
                continue
            await handle(self._hub, session, command)

    async def _write(self, session: Session) -> None:
        while True:
            for frame in session.take():
                await self._send(frame)
            if session.closing is not None:
                return
            if not session.live:
                await replay(self._hub, session)
                continue
            await self._wake.wait()
            self._wake.clear()

    async def _receive(self) -> bytes | str:
        message: dict[str, Any] = dict(await self._websocket.receive())
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code") or 1005)
        text = message.get("text")
        return text if text is not None else message.get("bytes") or b""

    async def _send(self, frame: bytes) -> None:
        if self._wire == "json":
            await self._websocket.send({"type": "websocket.send", "text": frame.decode()})
        else:
            await self._websocket.send({"type": "websocket.send", "bytes": frame})

    async def _end(self, close: Close | None) -> None:
        """Says why, to a client that may no longer listen: bounded, because a stalled reader takes no close frame either."""
        if self._websocket.application_state is not WebSocketState.CONNECTED:
            return
        with suppress(TimeoutError, RuntimeError, WebSocketDisconnect, OSError):
            async with asyncio.timeout(1.0):
                await self._websocket.close(int(close.code) if close else 1000, close.reason if close else "")
