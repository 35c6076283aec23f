"""One connection: the upgrade, hello and welcome, then frames both ways until it ends. It knows nothing of coming back."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus
from websockets.typing import Subprotocol

from navigator_client.errors import (
    BadFrameError,
    ConnectionLostError,
    NavigatorError,
    RejectedError,
    UnauthenticatedError,
    UntrustedError,
    closed,
)
from navigator_client.messages import SUBPROTOCOLS, Down, Hello, Ping, Pong, Up, Welcome, Wire, decode, encode
from navigator_client.timing import Pace, Timing

__all__ = ["Connection", "bearer", "opened", "socket_url"]

_MAX_FRAME = 16 << 20
"""Bytes. A snapshot may be large; the hub's own send queue is 1 MiB by default."""
_TRY_AGAIN = frozenset({408, 425, 429})


def socket_url(url: str) -> str:
    """Where the socket of the hub at `url` is. Raises ValueError for anything but http(s):// or ws(s):// and a host."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme)
    if scheme is None or not parts.hostname:
        raise ValueError(f"{url!r} is no address of a hub: it looks like https://navigator.example.org")
    path = parts.path.rstrip("/")
    return urlunsplit((scheme, parts.netloc, path if path.endswith("/hub/socket") else f"{path}/hub/socket", "", ""))


def bearer(token: str) -> str:
    """What `Authorization` says. Raises ValueError for a token that no header can hold; the message has nothing of it."""
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise ValueError("this is no token: it must be one line of letters, digits and punctuation")
    return f"Bearer {token}"


class Connection:
    """An open session. One task may receive; any may send."""

    def __init__(self, socket: ClientConnection, wire: Wire, welcome: Welcome, timing: Timing) -> None:
        self._socket, self._wire = socket, wire
        self.welcome = welcome
        self._silence_s = welcome.ping + timing.silence
        self._pace, self._turn = Pace(), asyncio.Lock()

    async def receive(self, within_s: float | None = None) -> Down | None:
        """The next frame that is known here; pings are answered on the way. None after `within_s` without one.

        Raises ConnectionLostError when the hub is silent for too long, and what its close code means when it ends.
        """
        loop = asyncio.get_running_loop()
        until = None if within_s is None else loop.time() + within_s
        while True:
            silent_at = loop.time() + self._silence_s
            try:
                async with asyncio.timeout_at(silent_at if until is None else min(silent_at, until)):
                    data = await self._socket.recv()
            except TimeoutError:
                if until is not None and until < silent_at:
                    return None
                raise ConnectionLostError(f"the hub was silent for {self._silence_s:g} s") from None
            except ConnectionClosed as error:
                raise _ended(error) from error
            frame = decode(data)
            if isinstance(frame, Ping):
                await self._write(Pong())
            elif frame is not None:
                return frame

    async def send(self, frame: Up) -> None:
        """Sends one frame; waits while the hub does not read, or would find us too quick. Raises as `receive` does."""
        async with self._turn:  # in the order of the calls
            if wait := self._pace.take(asyncio.get_running_loop().time()):
                await asyncio.sleep(wait)
            await self._write(frame)

    async def _write(self, frame: Up) -> None:
        try:
            await self._socket.send(encode(self._wire, frame))
        except ConnectionClosed as error:
            raise _ended(error) from error


class _Socket(open_socket):
    """Follows no redirect: the token goes to the address that was given, or nowhere."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@asynccontextmanager
async def opened(url: str, token: str, hello: Hello, *, wire: Wire, timing: Timing) -> AsyncIterator[Connection]:
    """An open session at the socket's `url`. Raises a TransportError for what may pass, a RejectedError for what may not."""
    try:
        socket = await _Socket(
            url,
            subprotocols=[Subprotocol(SUBPROTOCOLS[wire])],
            additional_headers={"Authorization": bearer(token)},
            user_agent_header=hello.client,
            compression=None,
            open_timeout=timing.open,
            close_timeout=timing.close,
            ping_interval=None,  # the hub pings by frames of its own
            max_size=_MAX_FRAME,
        )
    except InvalidStatus as error:
        raise _refused(error) from error
    except ssl.SSLCertVerificationError as error:
        raise UntrustedError(error.verify_message) from error
    except (OSError, InvalidHandshake, EOFError) as error:
        raise ConnectionLostError(f"no connection: {error}" if str(error) else f"no answer in {timing.open:g} s") from error
    try:
        if socket.subprotocol != SUBPROTOCOLS[wire]:
            raise RejectedError(1002, f"no hub is there, or one that does not speak {SUBPROTOCOLS[wire]}")
        yield Connection(socket, wire, await _greet(socket, hello, wire, timing), timing)
    finally:
        await socket.close()


async def _greet(socket: ClientConnection, hello: Hello, wire: Wire, timing: Timing) -> Welcome:
    try:
        async with asyncio.timeout(timing.welcome):
            await socket.send(encode(wire, hello))
            while True:
                frame = decode(await socket.recv())
                if isinstance(frame, Welcome):
                    return frame
                if isinstance(frame, Ping):
                    await socket.send(encode(wire, Pong()))
                elif frame is not None:
                    raise BadFrameError("the hub sent something before its welcome")
    except TimeoutError:
        raise ConnectionLostError(f"no welcome in {timing.welcome:g} s") from None
    except ConnectionClosed as error:
        raise _ended(error) from error


def _ended(error: ConnectionClosed) -> NavigatorError:
    """What the end of the socket means. Only the hub's own close counts: ours is an answer to it, or a local protocol error."""
    if error.rcvd is not None:
        return closed(error.rcvd.code, error.rcvd.reason)
    return ConnectionLostError(f"the connection was cut ({error})")


def _refused(error: InvalidStatus) -> NavigatorError:
    status = error.response.status_code
    if status in (401, 403):
        return UnauthenticatedError(status, "the hub did not let this client in")
    if 300 <= status < 400:
        return RejectedError(status, f"it redirects to {error.response.headers.get('Location', 'nowhere')[:200]}: give that site's address")
    if 400 <= status < 500 and status not in _TRY_AGAIN:
        return RejectedError(status, "there is no hub at this address")
    wait = error.response.headers.get("Retry-After", "")
    return ConnectionLostError(f"the hub answered {status}", retry_after_s=float(wait) if wait.isdecimal() else None)
