"""HTTP checks, against servers on loopback that answer what the test says."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.netmonitor.probe.http import Contexts
from adapters.netmonitor.probe.prober import open_prober
from adapters.netmonitor.values import Http, Round
from hub.hub import utc_now
from tests.adapters.netmonitor.probe.conftest import measure
from tests.peers.certs import Authority

Server = Callable[[asyncio.StreamReader, asyncio.StreamWriter], object]


@asynccontextmanager
async def serving(answer: bytes, *, secure: ssl.SSLContext | None = None, holds: bool = False) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answers everybody so, and then closes or, with `holds`, says no more; gives the port and the requests that came."""
    asked: list[bytes] = []
    over = asyncio.Event()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            asked.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(answer)
            await writer.drain()
            if holds:
                await over.wait()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=secure)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        over.set()
        server.close()
        await server.wait_closed()


def http(body: bytes, status: str = "200 OK", *more: str) -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *more, "", "")).encode() + body


async def ask(answer: bytes, check: Http, *, holds: bool = False) -> Round:
    async with serving(answer, holds=holds) as (port, _), open_prober() as prober:
        return await measure(prober, "127.0.0.1", replace(check, url=check.url.replace("PORT", str(port))))


CHECK = Http(url="http://intra.example:PORT/", timeout_s=10.0)


async def test_the_url_is_asked_at_the_address_of_the_host() -> None:
    """With the URL's name, port, path and query, whatever the address is."""
    async with serving(http(b"fine")) as (port, asked), open_prober() as prober:
        found = await measure(prober, "127.0.0.1", Http(url=f"http://почта.example:{port}/a b/ж?q=1#top"))
    assert (found.error, found.sent, found.lost, found.address) == (None, 1, 0, "127.0.0.1")
    first, *headers = asked[0].decode("ascii").split("\r\n")
    assert first == "GET /a%20b/%D0%B6?q=1 HTTP/1.1"
    assert f"Host: xn--80a1acny.example:{port}" in headers


@pytest.mark.parametrize(
    ("answer", "check", "error"),
    [
        (http(b"fine"), CHECK, None),
        (http(b"", "204 No Content"), replace(CHECK, status=(200, 204)), None),
        (http(b"", "503 Service Unavailable"), CHECK, "http_status"),
        (http(b"", "302 Found", "Location: http://127.0.0.1:1/"), CHECK, "http_status"),
        (http(b"", "302 Found", "Location: http://127.0.0.1:1/"), replace(CHECK, status=(302,)), None),
        (b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + http(b"fine"), replace(CHECK, contains="fine"), None),
        (http("всё хорошо".encode()), replace(CHECK, contains="хорошо"), None),
        (
            http("всё хорошо".encode("cp1251"), "200 OK", "Content-Type: text/html; charset='windows-1251'"),
            replace(CHECK, contains="хорошо"),
            None,
        ),
        (http(b"fine", "200 OK", "Content-Type: text/html; charset=no-such"), replace(CHECK, contains="fine"), None),
        (http(b"sorry"), replace(CHECK, contains="fine"), "body_mismatch"),
        (http(b"x" * 5000 + b"fine"), replace(CHECK, contains="fine", most_bytes=5000), "body_mismatch"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nfi\r\n2\r\nne\r\n0\r\n\r\n", replace(CHECK, contains="fine"), None),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", replace(CHECK, contains="the end"), None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ncut off", CHECK, "refused"),
        (b"", CHECK, "refused"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", CHECK, "http_status"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 400_000, CHECK, "http_status"),
    ],
)
async def test_good_and_bad_answers(answer: bytes, check: Http, error: str | None) -> None:
    """What is good is the check's to say; an answer that is whole has its time, good or bad."""
    found = await ask(answer, check)
    assert found.error == error
    assert (found.lost == 0) is (error in (None, "body_mismatch") or (error == "http_status" and b"Content-Length" in answer))


async def test_no_more_is_read_than_may_be() -> None:
    """A body without an end is cut where it is long enough, and the round ends there."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"
    assert (await ask(head + b"fine" + b"x" * 5000, replace(CHECK, contains="fine", most_bytes=5000), holds=True)).error is None


async def test_silence_has_a_deadline() -> None:
    """A server that takes the request and says nothing, and one that stops in the middle."""
    for answer in (b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"):
        found = await ask(answer, replace(CHECK, timeout_s=0.2), holds=True)
        assert (found.rtts, found.error) == ((None,), "timeout")


async def test_a_closed_port_refuses() -> None:
    """As in a TCP check."""
    async with serving(b"") as (port, _):
        pass
    async with open_prober() as prober:
        found = await measure(prober, "127.0.0.1", Http(url=f"http://intra.example:{port}/"))
    assert (found.rtts, found.error) == ((None,), "refused")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Believed by the contexts of `contexts_of` alone."""
    return Authority(tmp_path_factory.mktemp("ca"))


def contexts_of(authority: Authority) -> Contexts:
    anything = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    anything.check_hostname, anything.verify_mode = False, ssl.CERT_NONE
    return ssl.create_default_context(cafile=authority.path), anything


def server_context(files: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*files)
    return context


async def test_certificates(authority: Authority) -> None:
    """The URL's name is what must be in it; the days that are left are told, and few of them are a warning."""
    secure, contexts = server_context(authority.issue("intra.example")), contexts_of(authority)
    async with serving(http(b"fine"), secure=secure) as (port, _), open_prober(contexts=contexts) as prober:
        good = await measure(prober, "127.0.0.1", Http(url=f"https://intra.example:{port}/", days_left=None))
        days = good.certificate_days
        assert (good.error, good.warning) == (None, None)
        assert days is not None
        ends = await measure(prober, "127.0.0.1", Http(url=f"https://intra.example:{port}/", days_left=days + 1))
        assert (ends.error, ends.warning, ends.certificate_days, ends.lost) == (None, "certificate_ends", days, 0)
        last = await measure(prober, "127.0.0.1", Http(url=f"https://intra.example:{port}/", days_left=days))
        assert last.warning is None
        other = await measure(prober, "127.0.0.1", Http(url=f"https://other.example:{port}/"))
        assert (other.rtts, other.error) == ((None,), "certificate")
        any_will_do = await measure(prober, "127.0.0.1", Http(url=f"https://other.example:{port}/", verify=False, days_left=None))
        assert (any_will_do.error, any_will_do.certificate_days) == (None, days)
    async with serving(http(b"fine"), secure=secure) as (port, _), open_prober() as prober:
        unknown = await measure(prober, "127.0.0.1", Http(url=f"https://intra.example:{port}/"))
        assert unknown.error == "certificate", "the system does not know this authority"


async def test_the_days_are_counted_from_now(authority: Authority) -> None:
    """By the clock that was given; a certificate that has ended has negative ones."""
    secure, contexts = server_context(authority.issue("intra.example")), contexts_of(authority)
    later = timedelta(days=4000)
    async with (
        serving(http(b"fine"), secure=secure) as (port, _),
        open_prober(contexts=contexts) as today,
        open_prober(contexts=contexts, now=lambda: utc_now() + later) as one_day,
    ):
        url = f"https://intra.example:{port}/"
        now, then = await measure(today, "127.0.0.1", Http(url=url)), await measure(one_day, "127.0.0.1", Http(url=url, verify=False))
    assert now.certificate_days is not None
    assert then.certificate_days is not None
    assert now.certificate_days - then.certificate_days in (4000, 4001)
    assert then.warning == "certificate_ends"


async def test_what_is_not_tls() -> None:
    """A plain server behind an https URL."""
    async with serving(b"plain\r\n\r\n") as (port, _), open_prober() as prober:
        found = await measure(prober, "127.0.0.1", Http(url=f"https://intra.example:{port}/", timeout_s=0.3))
    assert (found.rtts, found.error) in (((None,), "tls"), ((None,), "refused"), ((None,), "timeout"))
