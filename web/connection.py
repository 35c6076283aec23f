"""One client's connection after the hand-over: bytes in, frames out, in one small object and without a task while it is idle.

hello -> opening -> open -> closing -> closed -> gone

Any state leads to any later one. Up to `open` the client is heard; `closing` waits for its close frame; `closed` for the
transport's end, whatever bytes still come. A client that goes while its commands are under way has them done all the same:
the transport ends, or the connection counts as ended, after them.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from enum import IntEnum
from typing import Any

import structlog

from hub.close import Close, CloseCode
from hub.conversation import handle, handle_now, open_session, refuse, replay
from hub.event import Format
from hub.hub import Hub
from hub.principal import Principal
from hub.protocol import MAX_FRAME_BYTES, Command, Fatal, Hello, Refused, parse
from hub.session import OPCODES, Session
from hub.wire import CLOSE, PING, PONG, FrameReader, WireError, close_frame, frame, read_close
from hub.writer import StoreUnavailable
from hub.writes import COMPILED

__all__ = ["FINISH_S", "SEND_BUFFER", "Connection"]

_log = structlog.get_logger("web.connection")

SEND_BUFFER = 64 * 1024
"""Bytes that wait in this process' socket buffer, and as many in the kernel's: without a cap the kernel alone holds 4 MB for
each reader that has died, and the bound of the session's queue would begin to count after those."""
_OPENING_S = 30.0
"""How long a hello may wait for the store; longer than the store's own deadlines, which tell more."""
_ECHO_S = 5.0
"""How long a client may take to answer a close frame."""
_SLOW_ECHO_S = 30.0
"""The same for one that was too slow: it reads what is in the buffers first, and is to learn why."""
FINISH_S = 10.0
"""How long the commands that a client gave before it went may still take."""


_NONE: asyncio.Transport = None  # type: ignore[assignment]  # no method is called on it once the state is GONE


class _State(IntEnum):
    HELLO = 0
    OPENING = 1
    OPEN = 2
    CLOSING = 3
    CLOSED = 4
    GONE = 5


class Connection(asyncio.Protocol):
    """Drives one session over a transport.

    `who` tells who is behind the token of a hello, or behind the handshake without one; `ended` is called once, when the
    connection is lost.
    """

    __slots__ = (
        "_connections",
        "_ended",
        "_fd",
        "_finishing",
        "_hub",
        "_reader",
        "_session",
        "_state",
        "_timer",
        "_transport",
        "_waiting",
        "_who",
        "_wire",
        "_work",
    )

    def __init__(
        self,
        hub: Hub,
        transport: asyncio.Transport,
        connections: set[Any],
        wire: Format,
        who: Callable[[str | None], Awaitable[Principal | None]],
        ended: Callable[[], None] = lambda: None,
    ) -> None:
        self._hub, self._transport, self._connections, self._wire = hub, transport, connections, wire
        self._who: Callable[[str | None], Awaitable[Principal | None]] | None = who
        self._ended = ended
        self._reader = FrameReader(MAX_FRAME_BYTES)
        self._session: Session | None = None
        self._state = _State.HELLO
        self._finishing = False  # the client has gone, and what it said before is being done
        self._work: asyncio.Task[None] | None = None
        self._waiting: deque[tuple[Command, int]] | None = None  # with their size in bytes
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._fd = raw.fileno() if COMPILED and raw is not None and transport.get_extra_info("sslcontext") is None else -1
        # By descriptor, frames are sent beside the transport: it must say at once when it holds something back.
        transport.set_write_buffer_limits(high=SEND_BUFFER if self._fd < 0 else 0)
        self._timer: asyncio.TimerHandle | None = None
        self._patience(hub.limits.hello_s, Close(CloseCode.UNAUTHENTICATED, "no hello in time"))

    def _patience(self, seconds: float, close: Close) -> None:
        """Ends the connection after so long, unless it has got further by then."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._end, close)

    # -- what the transport tells ---------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if self._state >= _State.CLOSED:
            return
        fault: WireError | None = None
        try:
            messages = self._reader.feed(data)
        except WireError as error:
            messages, fault = error.before, error
        for opcode, payload in messages:
            if opcode == CLOSE:
                self._closed_by_peer(payload)
            elif self._state < _State.CLOSING:
                self._message(opcode, payload)
        if fault is not None:
            self._broken(fault)

    def pause_writing(self) -> None:
        """The client reads more slowly than it is told things: from here on they are queued, within the bound."""
        if self._session is not None:
            self._cool(self._session)

    def _cool(self, session: Session) -> None:
        """Nobody writes to the socket by its descriptor any more: that may soon be another connection's."""
        if session.direct is not None:
            session.direct = None
            self._hub.presence.cool(session)

    def resume_writing(self) -> None:
        """There is room again: first what was queued, then hot once more."""
        session = self._session
        if session is None or self._state >= _State.CLOSING:
            return
        session.direct = self._transport.write
        while session.direct is not None and (some := session.take_some(SEND_BUFFER)):
            session.direct(some)  # a write that fills the buffer pauses us again, and that takes `direct` away
        self._woken()

    def eof_received(self) -> None:
        """The client has hung up. Without a close frame nobody reads what is still to be written, so nothing waits for that."""
        if self._state < _State.CLOSING:
            self._hub.metrics.closed(1006)
            self._parted()
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is over, whoever ended it."""
        if self._state < _State.CLOSING:
            self._hub.metrics.closed(1006)
            self._parted()
        self._state = _State.GONE
        self._who, self._transport = None, _NONE
        if not self._finishing:
            self._gone()

    def shutdown(self) -> None:
        """The server goes down."""
        self._end(Close(CloseCode.DRAINING, "this node goes away"))

    # -- what the client says -------------------------------------------------------------------------

    def _message(self, opcode: int, payload: bytes) -> None:
        now = asyncio.get_running_loop().time()
        session = self._session
        if session is not None:
            session.heard_at = now
            if not self._hub.count_command(session, now):
                return
        if opcode == PING:
            self._pong(payload)
        elif opcode != PONG:
            try:
                if opcode != OPCODES[self._wire]:
                    raise Fatal(Close(CloseCode.PROTOCOL_ERROR, f"{self._wire} travels in the other kind of frame"))
                self._command(parse(self._wire, payload.decode() if self._wire == "json" else payload), len(payload))
            except Refused as refused:
                if session is None:
                    self._end(Close(CloseCode.PROTOCOL_ERROR, f"hello: {refused}"[:120]))
                else:
                    refuse(self._hub, session, refused)
            except Fatal as fatal:
                self._end(fatal.close)

    def _pong(self, payload: bytes) -> None:
        """Answers a ping, unless the client does not read what it is told: not every ping needs its own answer (RFC 6455, 5.5.3).

        Pongs never fill the buffer, so nothing is paused before there is a session.
        """
        pong = frame(payload, PONG)
        if self._transport.get_write_buffer_size() + len(pong) <= SEND_BUFFER // 2:
            self._transport.write(pong)

    def _command(self, command: Command, size: int) -> None:
        if self._state is _State.HELLO:
            if not isinstance(command, Hello):
                raise Fatal(Close(CloseCode.PROTOCOL_ERROR, "hello comes first"))
            self._state = _State.OPENING
            self._patience(_OPENING_S, Close(CloseCode.INTERNAL_ERROR, "the store does not answer"))
            assert self._who is not None  # noqa: S101  # only a first hello comes here
            self._work = self._hub.tasks.start(self._open(command, self._who), name="session_hello")
        elif self._work is not None:  # the answer to one command comes before the next one is looked at
            if self._waiting is None:
                self._waiting = deque()
            limits = self._hub.limits
            if len(self._waiting) >= limits.command_burst or sum(s for _, s in self._waiting) + size > limits.queue_bytes:
                raise Fatal(Close(CloseCode.TOO_MANY_ERRORS, "too many commands"))
            self._waiting.append((command, size))
        elif self._session is not None and not handle_now(self._hub, self._session, command):
            self._work = self._hub.tasks.start(self._go_on(self._session, command), name="session_command")

    async def _open(self, hello: Hello, who: Callable[[str | None], Awaitable[Principal | None]]) -> None:
        try:
            principal = await who(hello.token)
            if self._state is not _State.OPENING and not self._finishing:
                return
            if principal is None:
                self._hub.metrics.refused("unauthenticated")
                self._end(Close(CloseCode.UNAUTHENTICATED, "not signed in"))
                return
            session = Session(principal, hello.device, self._wire, self._hub.limits, self._woken)
            session.fd = self._fd
            if not self._finishing and (self._fd < 0 or self._transport.get_write_buffer_size() == 0):  # else `resume_writing` comes
                session.direct = self._transport.write
            self._session = session
            await open_session(self._hub, session, hello)
            if self._finishing:
                refused = session.closing is not None
                self._let_go(session)
                if not refused:  # what follows the hello is done too
                    await self._work_on(session)
                return
            if self._state is not _State.OPENING:  # closed while it opened
                self._hub.leave(session)
                return
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            self._who = None
            self._state = _State.OPEN
            await self._work_on(session)
        except StoreUnavailable as error:
            self._away(error)
        except Exception:  # the edge to clients
            self._failed()
        finally:
            self._idle()

    async def _go_on(self, session: Session, command: Command) -> None:
        try:
            await handle(self._hub, session, command)
            await self._work_on(session)
        except Exception:  # the edge to clients: `handle` answers for what a command does wrong, so this is our own
            self._failed()
        finally:
            self._idle()

    async def _work_on(self, session: Session) -> None:
        """What has come up meanwhile: commands that wait, pages of the inbox; until the session can idle."""
        while self._finishing or (self._state is _State.OPEN and session.closing is None):
            if self._waiting:
                await handle(self._hub, session, self._waiting.popleft()[0])
            elif not self._finishing and not session.live and session.direct is not None:
                await replay(self._hub, session)
            else:
                break

    def _idle(self) -> None:
        self._work, self._waiting = None, None
        if not self._finishing:
            self._woken()
            return
        self._finishing = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._end_transport()

    def _away(self, error: StoreUnavailable) -> None:
        _log.warning("session_without_store", why=error.why)
        self._end(Close(CloseCode.INTERNAL_ERROR, "the store is away"))

    def _failed(self) -> None:
        _log.exception("session_failed", session=self._session.id if self._session else None)
        self._end(Close(CloseCode.INTERNAL_ERROR, "internal error"))

    # -- what the session wants -----------------------------------------------------------------------

    def _woken(self) -> None:
        """The session is closing, or its inbox has to be replayed. (What it queues is sent when the transport has room.)"""
        session = self._session
        if session is None:
            return
        if session.closing is not None:
            self._end(session.closing)
        elif self._state is _State.OPEN and self._work is None and not session.live and session.direct is not None:
            self._work = self._hub.tasks.start(self._replay(session), name="session_replay")

    async def _replay(self, session: Session) -> None:
        try:
            await self._work_on(session)
        except StoreUnavailable as error:
            self._away(error)
        except Exception:  # the edge to clients
            self._failed()
        finally:
            self._idle()

    # -- the end --------------------------------------------------------------------------------------

    def _end(self, close: Close) -> None:
        self._close(int(close.code), close.reason)

    def _close(self, code: int, reason: str) -> None:
        """Says why, then waits for the client's own close frame, but not for long. What it says from now on is not heard."""
        if self._state >= _State.CLOSING:
            return
        self._state = _State.CLOSING
        self._hub.metrics.closed(code)
        session = self._session
        if session is not None:
            if code == CloseCode.DRAINING and (rest := session.take_some(session.limits.queue_bytes)):
                self._transport.write(rest)  # what was queued before a planned end still goes out
            session.close(Close(CloseCode.INTERNAL_ERROR, ""))  # nothing more goes into it, whatever the code
        self._stop()
        self._transport.write(close_frame(code, reason))
        patience = _SLOW_ECHO_S if code == CloseCode.SLOW_CONSUMER else _ECHO_S
        self._timer = asyncio.get_running_loop().call_later(patience, self._transport.abort)

    def _broken(self, fault: WireError) -> None:
        """The client broke the framing, so that its answer could not be read either: our side ends at once (RFC 6455, 7.1.7).

        Only our side: to close while bytes of the client are under way would reset the connection, and the code be lost.
        """
        if fault.code == 1009:  # hub.v1's to refuse; the rest is RFC 6455's
            self._hub.metrics.refused("oversize")
            self._close(CloseCode.PROTOCOL_ERROR, "frame over 64 KiB")
        else:
            self._close(fault.code, fault.reason)
        self._state = max(self._state, _State.CLOSED)
        if self._transport.can_write_eof() and not self._transport.is_closing():
            self._transport.write_eof()

    def _closed_by_peer(self, payload: bytes) -> None:
        """The client's close frame: the answer to ours, or answered with the same code (RFC 6455, 5.5.1)."""
        if self._state < _State.CLOSING:
            try:
                code, _reason = read_close(payload)
            except WireError as error:
                code = error.code
            code = 1000 if code == 1005 else code
            self._hub.metrics.closed(code)
            self._parted()
            self._transport.write(close_frame(code, ""))
        self._state = max(self._state, _State.CLOSED)
        if not self._finishing:
            self._end_transport()

    def _parted(self) -> None:
        """The client has said its last and reads no more. Its commands under way are finished, in order, within `FINISH_S`."""
        opening, self._state = self._state is _State.OPENING, _State.CLOSED
        work, session = self._work, self._session
        if work is None:
            if session is not None:
                self._let_go(session)
            self._stop()
            return
        self._finishing = True
        if session is not None:
            self._cool(session)
            if not opening:
                self._let_go(session)
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(FINISH_S, work.cancel)

    def _let_go(self, session: Session) -> None:
        """Nothing more goes into the session, and nobody counts on it."""
        session.close(Close(CloseCode.INTERNAL_ERROR, ""))
        self._hub.leave(session)

    def _end_transport(self) -> None:
        """Once what is still to be written has gone, or cannot; with a transport that is lost, the connection is over."""
        if self._state is _State.GONE:
            self._gone()
            return
        self._transport.close()
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_ECHO_S, self._transport.abort)

    def _gone(self) -> None:
        self._connections.discard(self)
        self._ended()
        self._stop()
        self._session = None  # nothing that points in a circle is left to the garbage collector, which does not look at old sessions

    def _stop(self) -> None:
        """Nothing of the hub's holds on to this connection any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._session is not None:
            self._session.direct = None
            self._hub.leave(self._session)
        if self._work is not None and self._work is not asyncio.current_task():
            self._work.cancel()
