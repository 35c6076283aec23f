"""A little Finesse in memory, which keeps what it is asked, and raw servers on loopback for what only a socket shows."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import httpx

from adapters.finesse.rest.client import Finesse
from adapters.finesse.rest.wire import make_http
from adapters.finesse.values import Credentials
from tests.clock import Clock

__all__ = [
    "ADA",
    "SITES",
    "Little",
    "Monotonic",
    "answer",
    "api_error",
    "finesse_on",
    "hang",
    "http",
    "saying",
    "server",
    "system_info",
    "user",
]

ADA = Credentials(agent="1001", password="Пароль:1")
SITES = ("https://fin-a.lab.test:8445", "https://fin-b.lab.test:8445")
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
Handler = Callable[[httpx.Request], httpx.Response | Awaitable[httpx.Response]]


class Monotonic:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def user(agent: str = "1001", *, state: str = "NOT_READY", team: str = "5000") -> bytes:
    """A User."""
    return (
        f"<User><uri>/finesse/api/User/{agent}</uri><loginId>{agent}</loginId><state>{state}</state>"
        f"<teamId>{team}</teamId><teamName>Синие</teamName></User>"
    ).encode()


def system_info(status: str = "IN_SERVICE", *, at: datetime | None = None, deployment: str = "UCCE", more: str = "") -> bytes:
    """A SystemInfo."""
    stamp = "" if at is None else at.isoformat().replace("+00:00", "Z")
    return (
        f"<SystemInfo><status>{status}</status><currentTimestamp>{stamp}</currentTimestamp><deploymentType>{deployment}</deploymentType>"
        f"<xmppDomain>fin-a.lab.test</xmppDomain>{more}</SystemInfo>"
    ).encode()


def api_error(type: str, message: str = "", data: str = "") -> bytes:
    """ApiErrors."""
    return (
        f"<ApiErrors><ApiError><ErrorType>{type}</ErrorType><ErrorMessage>{message}</ErrorMessage><ErrorData>{data}</ErrorData>"
        "</ApiError></ApiErrors>"
    ).encode()


def answer(status: int = 200, body: bytes = b"", **headers: str) -> httpx.Response:
    """A response; `set_cookie` is Set-Cookie."""
    return httpx.Response(status, content=body, headers={name.replace("_", "-"): value for name, value in headers.items()})


class Little:
    """Answers by path; a password that is not the agent's is refused, and counted."""

    def __init__(self) -> None:
        self.password = ADA.password
        self.asked: list[httpx.Request] = []
        self.refused = 0
        self.answers: dict[str, Handler | bytes | httpx.Response] = {}
        self.down: set[str] = set()
        self.status = dict.fromkeys((httpx.URL(site).host for site in SITES), "IN_SERVICE")

    def paths(self) -> list[str]:
        """What was asked, in order."""
        return [f"{request.method} {request.url.path.removeprefix('/finesse/api')}" for request in self.asked]

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        """For httpx.MockTransport."""
        self.asked.append(request)
        await asyncio.sleep(0)  # as a network does: others begin meanwhile
        if request.url.host in self.down:
            raise httpx.ConnectError("refused", request=request)
        path = request.url.path.removeprefix("/finesse/api")
        if path == "/SystemInfo" and path not in self.answers:
            return answer(200, system_info(self.status[request.url.host]))
        sent = request.headers.get("authorization", "").removeprefix("Basic ")
        if path != "/SystemInfo" and base64.b64decode(sent).decode().partition(":")[2] != self.password:
            self.refused += 1
            return answer(401, api_error("Authorization Failure", "UNAUTHORIZED"))
        made = self.answers.get(path, answer(404, api_error("Not Found")))
        if isinstance(made, bytes):
            return answer(200, made)
        if isinstance(made, httpx.Response):
            return made
        got = made(request)
        return got if isinstance(got, httpx.Response) else await got


@asynccontextmanager
async def finesse_on(little: Handler, *, sites: tuple[str, ...] = SITES, **options: object) -> AsyncIterator[Finesse]:
    """A client of a little Finesse, whose nodes are not looked at by themselves."""
    options.setdefault("now", Clock())
    async with make_http(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), httpx.MockTransport(little)) as made:  # type: ignore[arg-type]
        yield Finesse(sites, made, **options)  # type: ignore[arg-type]


@asynccontextmanager
async def server(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """A raw server on a free port; its address."""
    serving: set[asyncio.Task[None]] = set()

    async def tracked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        this = asyncio.current_task()
        assert this is not None
        serving.add(this)
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    made = await asyncio.start_server(tracked, "127.0.0.1", 0, ssl=tls)
    try:
        yield f"{'http' if tls is None else 'https'}://127.0.0.1:{made.sockets[0].getsockname()[1]}"
    finally:
        made.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


def http(status: str, body: bytes = b"", *headers: str, close: bool = True) -> bytes:
    """An answer as bytes."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *(["Connection: close"] if close else []), *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def saying(*answers: bytes) -> tuple[Serve, list[bytes]]:
    """A server that gives these answers one after the other, the last one for ever, a connection each; b"" hangs up."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answers[min(len(heads), len(answers)) - 1])

    return serve, heads


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads for ever and says nothing."""
    while await reader.read(65_536):
        pass
