"""The process's one way to Redmine's REST API: deadlines, bounds, a circuit, and only such retries as can double nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from adapters.redmine.rest.accounts import Accounts
from adapters.redmine.rest.answers import GATEWAY, error_of, is_json
from adapters.redmine.rest.circuit import Circuit
from adapters.redmine.rest.credentials import Signed, headers_of
from adapters.redmine.rest.errors import RestAway, Unclear
from adapters.redmine.rest.gate import Gate

__all__ = ["Deadlines", "RedmineClient", "open_client"]

_NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
_TURNED_AWAY = 503
"""Nobody took the request: maintenance, or no server free behind the proxy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Seconds. A call's deadline covers its turn in the queue, the request and the whole answer."""

    connect_s: float = 3.0
    read_s: float = 10.0
    write_s: float = 20.0
    idle_s: float = 30.0
    """Between two pieces of a file."""
    stream_s: float = 1800.0
    """For a whole file."""


class RedmineClient:
    """Speaks HTTP; knows nothing of issues. Errors are RestErrors; cancelling a call ends its request."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        *,
        deadlines: Deadlines | None = None,
        gate: Gate | None = None,
        files: Gate | None = None,
        circuit: Circuit | None = None,
    ) -> None:
        """`http` has Redmine's address as its base; `files` bounds uploads and downloads, which are slow and must not hold up pages."""
        self._http = http
        self._deadlines = deadlines or Deadlines()
        self._gate = gate or Gate()
        self._files = files or Gate(in_all=8, each=2, waiting=40, each_waiting=10)
        self._circuit = circuit or Circuit()
        self._sent = 0
        self.accounts = Accounts(self.get)
        """What is known of accounts, roles and projects."""

    @property
    def sent(self) -> int:
        """Requests sent so far."""
        return self._sent

    @property
    def away(self) -> bool:
        """True while Redmine counts as down."""
        return self._circuit.open

    async def get(self, signed: Signed, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """The JSON body of an answer, not yet decoded. Sent once more when the connection breaks, never when the deadline has passed."""
        until = _in(self._deadlines.read_s)
        try:
            async with _turn(self._gate, signed.who, until):
                try:
                    answer = await self._send(self._request(signed, "GET", path, params=params), until)
                except httpx.TimeoutException:
                    raise
                except httpx.TransportError:
                    answer = await self._send(self._request(signed, "GET", path, params=params), until)
        except httpx.TransportError as error:
            raise RestAway(_reason(error)) from error
        if (problem := error_of(answer.status_code, answer.headers, answer.content)) is not None:
            raise problem
        if not is_json(answer.headers):
            raise RestAway("it answers something else than JSON")
        return answer.content

    async def write(self, signed: Signed, method: str, path: str, body: Any) -> bytes:
        """Sends JSON once. Raises Unclear when Redmine may have done it and its answer was lost; RestAway when it has not."""
        until = _in(self._deadlines.write_s)
        # any other type is taken for a form: 204, and nothing done
        request = self._request(signed, method, path, content=msgspec.json.encode(body), headers={"Content-Type": "application/json"})
        try:
            async with _turn(self._gate, signed.who, until):
                answer = await self._send(request, until)
        except _NOT_SENT as error:
            raise RestAway(_reason(error)) from error
        except httpx.TransportError as error:
            raise Unclear() from error
        if answer.status_code >= 500 and answer.status_code != _TURNED_AWAY:
            raise Unclear()  # Rails also fails after storing, when the mail server does
        if (problem := error_of(answer.status_code, answer.headers, answer.content)) is not None:
            raise problem
        return answer.content

    async def send_file(
        self, signed: Signed, path: str, params: Mapping[str, str], content: AsyncIterable[bytes], size: int | None
    ) -> bytes:
        """Posts a file piece by piece. Whatever fails leaves nothing behind that anybody sees, so every loss is a RestAway."""
        headers = {"Content-Type": "application/octet-stream"}
        if size is not None:
            headers["Content-Length"] = str(size)
        until = _in(self._deadlines.stream_s)
        request = self._request(signed, "POST", path, params=params, content=content, headers=headers, timeout=self._idle())
        try:
            async with _turn(self._files, signed.who, _in(self._deadlines.read_s)):
                answer = await self._send(request, until)
        except httpx.TransportError as error:
            raise RestAway(_reason(error)) from error
        if (problem := error_of(answer.status_code, answer.headers, answer.content)) is not None:
            raise problem
        return answer.content

    @asynccontextmanager
    async def receive_file(self, signed: Signed, path: str) -> AsyncIterator[httpx.Response]:
        """A good answer whose body is still to be read: every piece of it within `idle_s`, the whole within `stream_s`."""
        # octet-stream: a bad key is then a clean 401 instead of a way to the login page
        headers = {"Accept": "application/octet-stream", "Accept-Encoding": "identity"}
        request = self._request(signed, "GET", path, headers=headers, timeout=self._idle())
        until = _in(self._deadlines.read_s)
        async with _turn(self._files, signed.who, until):
            try:
                answer = await self._send(request, until, stream=True)
            except httpx.TransportError as error:
                raise RestAway(_reason(error)) from error
            try:
                if (problem := error_of(answer.status_code, answer.headers, b"")) is not None:
                    raise problem
                yield answer
            finally:
                await answer.aclose()

    @property
    def stream_s(self) -> float:
        """Seconds that a whole file may take."""
        return self._deadlines.stream_s

    def _idle(self) -> httpx.Timeout:
        return httpx.Timeout(self._deadlines.idle_s, connect=self._deadlines.connect_s)

    def _request(
        self, signed: Signed, method: str, path: str, *, headers: Mapping[str, str] | None = None, **options: Any
    ) -> httpx.Request:
        made = {"Accept": "application/json", **headers_of(signed.credential), **(headers or {})}
        # the whole call has one deadline of its own; httpx's would begin anew with every piece
        options.setdefault("timeout", httpx.Timeout(None, connect=self._deadlines.connect_s))
        return self._http.build_request(method, path, headers=made, **options)

    async def _send(self, request: httpx.Request, until: float, *, stream: bool = False) -> httpx.Response:
        """Sends a request and tells the circuit how it went. Past `until`, in the loop's time, raises httpx.ReadTimeout."""
        probe = self._circuit.enter()
        self._sent += 1
        learnt = False
        try:
            async with asyncio.timeout_at(until):
                answer = await self._http.send(request, stream=stream, follow_redirects=False)
            learnt = True
        except TimeoutError:
            learnt = True
            self._circuit.failed()
            raise httpx.ReadTimeout("the deadline has passed", request=request) from None
        except httpx.TransportError:
            learnt = True
            self._circuit.failed()
            raise
        finally:
            if not learnt:  # cancelled, or the source of an upload failed
                self._circuit.gave_up(probe=probe)
        if answer.status_code in GATEWAY:
            self._circuit.failed()
        else:
            self._circuit.answered()
        return answer


def _in(seconds: float) -> float:
    return asyncio.get_running_loop().time() + seconds


@asynccontextmanager
async def _turn(gate: Gate, who: str, until: float) -> AsyncIterator[None]:
    """Holds the person's turn for the block. Raises RestAway when it does not come before `until`."""
    async with AsyncExitStack() as stack:
        try:
            async with asyncio.timeout_at(until):
                await stack.enter_async_context(gate.hold(who))
        except TimeoutError:
            raise RestAway("it has too much to do") from None
        yield


def _reason(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "it did not answer in time"
    return "it cannot be reached" if isinstance(error, httpx.ConnectError) else "the connection broke"


@asynccontextmanager
async def open_client(url: str, *, deadlines: Deadlines | None = None) -> AsyncIterator[RedmineClient]:
    """A client for the Redmine at `url`, a path included, for the block. Proxies of the environment are not used."""
    limits = httpx.Limits(max_connections=24, max_keepalive_connections=24, keepalive_expiry=4.0)  # puma closes idle ones after 5 s
    # making one reads the certificates of the system, which takes a while
    made = await asyncio.to_thread(httpx.AsyncClient, base_url=url, follow_redirects=False, trust_env=False, limits=limits)
    async with made as http:
        yield RedmineClient(http, deadlines=deadlines)
