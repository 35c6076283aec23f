"""Checks that ask a web server: one GET over a new connection, bounded in time and bytes (RFC 9110, RFC 9112)."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime

import httptools
import httpx
from cryptography import x509

from adapters.netmonitor.probe.names import Address
from adapters.netmonitor.probe.tcp import NoRoute, connect
from adapters.netmonitor.values import Http, Round

__all__ = ["Contexts", "check_http", "make_contexts"]

Contexts = tuple[ssl.SSLContext, ssl.SSLContext]
"""The one that verifies, and the one that takes any certificate."""

_MOST_HEAD = 65_536
"""Bytes of an answer before its body."""
_PORTS = {"http": 80, "https": 443}


class _NotHttp(Exception):
    """What came is no HTTP answer."""


def make_contexts() -> Contexts:
    """Reads the system's authorities: call it in a thread. `SSL_CERT_FILE` and `SSL_CERT_DIR` are heeded by OpenSSL."""
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname = False
    anything.verify_mode = ssl.CERT_NONE
    return ssl.create_default_context(), anything


class _Answer(asyncio.Protocol):
    """Reads one answer; `whole` is done when there is as much of it as is wanted."""

    def __init__(self, request: bytes, most_bytes: int) -> None:
        self._request, self._most = request, most_bytes
        self._parser = httptools.HttpResponseParser(self)
        self._head = 0
        self._in_body = self._bounded = False
        self._transport: asyncio.Transport | None = None
        self.whole: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        """The monotonic time of its end."""
        self.status = 0
        self.charset = "utf-8"
        self.body = bytearray()
        self.certificate: bytes | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Asks."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  # of a stream, all are
        self._transport = transport
        encrypted = transport.get_extra_info("ssl_object")
        if encrypted is not None:
            self.certificate = encrypted.getpeercert(binary_form=True)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Parses, unless enough is there."""
        if self.whole.done():
            return
        if not self._in_body:
            self._head += len(data)
            if self._head > _MOST_HEAD + self._most:
                self._fail(_NotHttp("its head has no end"))
                return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._end()
        except httptools.HttpParserError as error:
            self._fail(_NotHttp(str(error)))

    def connection_lost(self, exc: Exception | None) -> None:
        """The end of an answer that says no length (RFC 9112, section 6.3), otherwise a broken one."""
        if exc is None and self._in_body and not self._bounded:
            self._end()
        else:
            self._fail(ConnectionResetError("closed before the answer was whole"))

    def close(self) -> None:
        """Ends the connection at once."""
        if self._transport is not None:
            self._transport.abort()
        self._fail(ConnectionAbortedError())
        if not self.whole.cancelled():
            self.whole.exception()  # nobody needs to ask for it any more

    # -- what the parser calls: httptools.HTTPProtocol

    def on_message_begin(self) -> None:
        """A new answer: the one before was informational."""
        self._in_body = self._bounded = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """Notes what bounds the body and how it is to be read."""
        name = name.lower()
        if name in (b"content-length", b"transfer-encoding"):
            self._bounded = True
        elif name == b"content-type":
            for part in value.split(b";")[1:]:
                key, _, found = part.strip().partition(b"=")
                if key.lower() == b"charset":
                    self.charset = found.strip(b"\"' ").decode("ascii", "replace")

    def on_headers_complete(self) -> None:
        """The status is known."""
        self.status = self._parser.get_status_code()
        self._in_body = self.status >= 200

    def on_body(self, body: bytes) -> None:
        """Keeps what may be kept."""
        self.body += body[: self._most - len(self.body)]
        if len(self.body) >= self._most:
            self._end()

    def on_message_complete(self) -> None:
        """Whole, if it is not informational."""
        if self.status >= 200:
            self._end()

    def _end(self) -> None:
        if not self.whole.done():
            self.whole.set_result(time.monotonic())

    def _fail(self, error: Exception) -> None:
        if not self.whole.done():
            self.whole.set_exception(error)


async def check_http(check: Http, address: Address, now: Callable[[], datetime], contexts: Contexts) -> Round:
    """One GET of the URL, asked at `address`. Redirects are not followed: they are answers of a status of their own.

    An answer that is bad (`http_status`, `body_mismatch`) has its round trip all the same; `http_status` stands also for what is no HTTP.
    `refused`: the port is closed, or the connection was before the answer was whole. `certificate`: it does not verify. `tls`: the rest.
    """
    at, began = now(), time.monotonic()
    url = httpx.URL(check.url)
    answer = _Answer(_request(url), check.most_bytes)
    rtts: tuple[float | None, ...] = (None,)
    error: str | None = None
    try:
        async with asyncio.timeout(check.timeout_s):
            await _ask(answer, check, url, address, contexts)
            rtts = ((await answer.whole - began) * 1000,)
    except NoRoute:
        error, rtts = "no_route", ()
    except ssl.SSLCertVerificationError:
        error = "certificate"
    except ssl.SSLError:
        error = "tls"
    except ConnectionError:
        error = "refused"
    except OSError:  # TimeoutError among them
        error = "timeout"
    except _NotHttp:
        error = "http_status"
    else:
        error = _fault(check, answer)
    finally:
        answer.close()
    days = None if answer.certificate is None else _days(answer.certificate, at)
    ends = error is None and days is not None and check.days_left is not None and days < check.days_left
    return Round(
        at=at,
        rtts=rtts,
        error=error,
        warning="certificate_ends" if ends else None,
        certificate_days=days,
        address=str(address),
    )


async def _ask(answer: _Answer, check: Http, url: httpx.URL, address: Address, contexts: Contexts) -> None:
    secure = url.scheme == "https"
    sock = await connect(address, url.port or _PORTS[url.scheme])
    try:
        await asyncio.get_running_loop().create_connection(
            lambda: answer,
            sock=sock,
            ssl=contexts[0 if check.verify else 1] if secure else None,
            server_hostname=url.raw_host.decode("ascii") if secure else None,
        )
    except BaseException:
        sock.close()
        raise


def _request(url: httpx.URL) -> bytes:
    lines = (
        b"GET " + url.raw_path + b" HTTP/1.1",
        b"Host: " + url.netloc,
        b"User-Agent: TEZ-Navigator",
        b"Accept: */*",
        b"Accept-Encoding: identity",  # what is bounded is what is read
        b"Connection: close",
    )
    return b"\r\n".join((*lines, b"", b""))


def _fault(check: Http, answer: _Answer) -> str | None:
    if answer.status not in check.status:
        return "http_status"
    if check.contains is not None:
        try:
            text = answer.body.decode(answer.charset, "replace")
        except LookupError:
            text = answer.body.decode("utf-8", "replace")
        if check.contains not in text:
            return "body_mismatch"
    return None


def _days(certificate: bytes, at: datetime) -> int | None:
    """Whole days until it ends, negative when it has."""
    try:
        ends = x509.load_der_x509_certificate(certificate).not_valid_after_utc
    except ValueError:
        return None
    return (ends - at.astimezone(UTC)).days
