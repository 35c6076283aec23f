"""One request and its whole answer: nothing followed, nothing unpacked, nothing longer or later than was said."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

__all__ = ["CONNECTIONS", "FOR_WRITES", "LOOKING", "MOST_BYTES", "Answer", "NoAnswer", "Wire", "make_http"]

MOST_BYTES = 4 * 1024 * 1024
"""Of a body. A phone book of 6000 contacts is about 1.5 MiB."""
_CONNECT_S = 3.0
CONNECTIONS = 16
"""To all nodes together. Enough for some hundred requests a second of some ten milliseconds each. What httpcore does for a request grows
with the connections that there are: with 48 that was three times what the request itself takes."""
FOR_WRITES = 4
"""Of those: nobody's call waits for an answer because five hundred others have just come."""
LOOKING = 8
"""For looks at nodes, beside those."""
_IDLE_S = 15.0
"""Tomcat closes idle connections after 20 s or more: ours go before, so that no write meets one that is just being closed."""
_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol, httpx.LocalProtocolError)
_LONGEST_REASON = 300


class NoAnswer(Exception):
    """No whole answer came. `sent`: the request may have been done. `broke`: the connection did, so that a read may be sent once more.

    It holds no request: requests hold passwords.
    """

    def __init__(self, reason: str, *, sent: bool, broke: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.sent, self.broke = reason, sent, broke


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer, read to its end."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    set_cookies: tuple[str, ...]
    body: bytes
    asked: datetime
    """By our clock."""
    took_s: float
    """Until its head was there."""


def make_http(
    tls: ssl.SSLContext, transport: httpx.AsyncBaseTransport | None = None, *, connections: int = CONNECTIONS
) -> httpx.AsyncClient:
    """A client without proxies, cookies and redirects, over HTTP/1.1 and so many connections in all."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections, keepalive_expiry=_IDLE_S)
    return httpx.AsyncClient(
        verify=tls,
        transport=transport,
        limits=limits,
        timeout=httpx.Timeout(None, connect=_CONNECT_S),  # the whole has one deadline; httpx's would begin anew with every piece
        follow_redirects=False,
        trust_env=False,
        # httpx keeps the cookies of all in one jar: this one takes nothing
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


class Wire:
    """Sends requests. Cancelling ends the request and closes its connection."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
        most_bytes: int = MOST_BYTES,
        at_once: int = CONNECTIONS,
        for_writes: int = FOR_WRITES,
    ) -> None:
        """`now`: our wall clock, UTC; `clock`: seconds that never go back; `most_bytes`: of a body.

        `at_once`: requests, no more than `http` has connections; `for_writes`: how many of them reads leave free. Others wait here and not
        in httpcore's pool, which looks through all that wait at each request and each answer.
        """
        self._http, self._now, self._clock, self._most = http, now, clock, most_bytes
        self._turn = asyncio.Semaphore(at_once)
        self._reads = asyncio.Semaphore(at_once - for_writes)
        self.sent = 0
        """Requests sent so far."""

    async def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, until: float) -> Answer:
        """The answer, whatever its status. Raises NoAnswer; `until` is the loop's time."""
        # identity: an answer cannot grow while it is unpacked
        request = self._http.build_request(method, url, headers={"Accept-Encoding": "identity", **headers}, content=body)
        begun = False
        try:
            async with asyncio.timeout_at(until), AsyncExitStack() as turns:
                if method == "GET":
                    await turns.enter_async_context(self._reads)
                await turns.enter_async_context(self._turn)
                self.sent += 1
                begun = True
                return await self._whole(request)
        except TimeoutError:
            no_answer = NoAnswer("it did not answer in time", sent=begun)
        except httpx.TransportError as error:
            sent = not isinstance(error, _NOT_SENT)
            no_answer = NoAnswer(_reason(error), sent=sent, broke=sent and not isinstance(error, httpx.TimeoutException))
        # out here, for the errors above hold the request, and with it the password: not even as a context they go along
        raise no_answer

    async def _whole(self, request: httpx.Request) -> Answer:
        asked, began = self._now(), self._clock()
        response = await self._http.send(request, stream=True, follow_redirects=False)
        try:
            took_s = max(self._clock() - began, 0.0)
            if response.headers.get("content-encoding", "identity").lower() != "identity":
                raise NoAnswer("it packs its answer though it was asked not to", sent=True)
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > self._most:
                    raise NoAnswer(f"its answer is longer than {self._most} bytes", sent=True)
        finally:
            await response.aclose()
        headers = {name.lower(): value for name, value in response.headers.items()}
        cookies = tuple(response.headers.get_list("set-cookie"))
        return Answer(status=response.status_code, headers=headers, set_cookies=cookies, body=bytes(body), asked=asked, took_s=took_s)


def _reason(error: httpx.TransportError) -> str:
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not believed: {getattr(cause, 'verify_message', None) or cause.args[-1]}"[:_LONGEST_REASON]
        if isinstance(cause, ssl.SSLError):
            return f"TLS failed: {cause.reason or 'no reason given'}"[:_LONGEST_REASON]
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    return "it cannot be reached" if isinstance(error, httpx.ConnectError) else "the connection broke"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
