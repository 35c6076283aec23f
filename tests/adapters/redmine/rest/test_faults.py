"""adapters.redmine.rest.client when Redmine is down, hung, slow, or answers nonsense: real sockets on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

import httpx
import pytest
from pydantic import SecretStr

from adapters.redmine.rest.circuit import Circuit
from adapters.redmine.rest.client import Deadlines, RedmineClient, open_client
from adapters.redmine.rest.credentials import ApiKey, Signed
from adapters.redmine.rest.errors import NotAllowed, NotFound, NotSignedIn, Refused, RestAway, RestError, Stale, Unclear
from adapters.redmine.rest.gate import Gate
from tests.peers.proxy import proxied
from tests.peers.redmine_peer import RedminePeer

ME = Signed("me", ApiKey(SecretStr("k")))
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(serve: Serve) -> AsyncIterator[str]:
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

    made = await asyncio.start_server(tracked, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{made.sockets[0].getsockname()[1]}"
    finally:
        made.close()
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


@asynccontextmanager
async def client_on(url: str, **options: object) -> AsyncIterator[RedmineClient]:
    """A client with short deadlines."""
    made = await asyncio.to_thread(httpx.AsyncClient, base_url=url, trust_env=False)
    given: dict[str, object] = {"deadlines": Deadlines(connect_s=1, read_s=0.3, write_s=0.3, idle_s=0.3)} | options
    async with made:
        yield RedmineClient(made, **given)  # type: ignore[arg-type]


def saying(*answers: bytes) -> tuple[Serve, list[bytes]]:
    """A server that gives these answers one after the other, the last one for ever, a connection each; b"" hangs up."""
    heads: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answers[min(len(heads), len(answers)) - 1])

    return serve, heads


def http(status: str, body: bytes = b"", *headers: str) -> bytes:
    """An answer."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


GOOD = http("200 OK", b"{}", "Content-Type: application/json; charset=utf-8")


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reads for ever and says nothing."""
    while await reader.read(65_536):
        pass


async def test_a_read_that_hangs_ends_at_its_deadline() -> None:
    """Nothing comes: RestAway, and the deadline is not begun anew by a repetition."""
    async with server(hang) as url, client_on(url) as client:
        with pytest.raises(RestAway) as away:
            await client.get(ME, "/issues/1.json")
        assert away.value.retry_after > 0
        assert client.sent == 1


async def test_a_write_that_hangs_is_unclear() -> None:
    """It was sent: nobody knows whether it was done, and it is not sent again."""
    async with server(hang) as url, client_on(url) as client:
        with pytest.raises(Unclear):
            await client.write(ME, "PUT", "/issues/1.json", {})
        assert client.sent == 1


async def test_a_read_is_repeated_once_when_the_connection_breaks_and_a_write_never() -> None:
    """A cut connection costs a read nothing; of a write nothing is known."""
    serve, heads = saying(b"", GOOD, b"", GOOD)
    async with server(serve) as url, client_on(url) as client:
        assert await client.get(ME, "/a.json") == b"{}"
        assert len(heads) == 2
        with pytest.raises(Unclear):
            await client.write(ME, "PUT", "/a.json", {})
        assert len(heads) == 3


async def test_a_write_to_nobody_is_away() -> None:
    """Refused connections prove that nothing was sent."""
    async with server(hang) as url:
        pass
    async with client_on(url) as client:
        with pytest.raises(RestAway):
            await client.write(ME, "PUT", "/a.json", {})


async def test_the_circuit_spares_people_the_wait_and_closes_by_itself() -> None:
    """After so many failures in a row nobody waits; after a while one call probes, the others are refused; a good one closes it."""
    now = 0.0
    serve, heads = saying(b"")
    circuit = Circuit(failures=2, open_s=10, clock=lambda: now)
    async with server(serve) as url, client_on(url, circuit=circuit) as client:
        with pytest.raises(RestAway):
            await client.get(ME, "/a.json")
        assert client.away
        assert len(heads) == 2
        for call in (client.get(ME, "/a.json"), client.write(ME, "PUT", "/a.json", {})):
            with pytest.raises(RestAway) as away:
                await call
            assert 0 < away.value.retry_after <= 10
        assert len(heads) == 2
    async with server(saying(GOOD)[0]) as url, client_on(url, circuit=circuit) as client:
        now = 11.0
        assert await client.get(ME, "/a.json") == b"{}"
        assert not client.away


async def test_a_cancelled_probe_lets_another_try() -> None:
    """Whoever gave up proves nothing and blocks nobody."""
    now = 0.0
    circuit = Circuit(failures=1, open_s=10, clock=lambda: now)
    circuit.failed()
    now = 11.0
    asked = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await hang(reader, writer)

    async with server(silent) as url, client_on(url, circuit=circuit, deadlines=Deadlines()) as client:
        probe = asyncio.create_task(client.get(ME, "/a.json"))
        await asked.wait()
        with pytest.raises(RestAway):
            await client.get(ME, "/b.json")
        probe.cancel()
        with pytest.raises(asyncio.CancelledError):
            await probe
        assert circuit.enter()


async def test_a_full_queue_refuses_one_person_and_not_the_others() -> None:
    """Somebody with too many calls is told so at once; a colleague's call goes through."""
    asked = asyncio.Event()

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/slow" in head:
            asked.set()
            await reader.read()
        else:
            writer.write(GOOD)

    gate = Gate(in_all=2, each=1, waiting=5, each_waiting=1)
    async with server(slow) as url, client_on(url, gate=gate, deadlines=Deadlines()) as client, asyncio.TaskGroup() as tasks:
        waiting = [tasks.create_task(client.get(ME, "/slow.json")) for _ in range(2)]
        await asked.wait()
        with pytest.raises(RestAway):
            await client.get(ME, "/slow.json")
        assert await client.get(Signed("colleague", ME.credential), "/quick.json") == b"{}"
        for task in waiting:
            task.cancel()
    assert gate.calls == 0


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (http("401 Unauthorized"), NotSignedIn),
        (http("412 Precondition Failed"), NotSignedIn),
        (http("403 Forbidden"), NotAllowed),
        (http("404 Not Found", b"<html>", "Content-Type: text/html"), NotFound),
        (http("422 Unprocessable", b'{"errors":[]}'), Stale),
        (http("422 Unprocessable", b'{"errors":["a","b"]}'), Refused),
        (http("422 Unprocessable", b"<html>"), RestAway),
        (http("302 Found", b"", "Location: /login"), RestAway),
        (http("429 Slow down", b"", "Retry-After: 7"), RestAway),
        (http("500 Oh", b"<html>"), RestAway),
        (http("400 Bad"), Refused),
        (http("413 Large"), Refused),
        (http("200 OK", b"<html>login</html>", "Content-Type: text/html"), RestAway),
        (b"garbage\r\n\r\n", RestAway),
    ],
)
async def test_each_answer_has_its_error(answer: bytes, error: type[RestError]) -> None:
    """Empty bodies, HTML, redirects and nonsense end as the error that helps; no redirect is followed."""
    serve, heads = saying(answer)
    async with server(serve) as url, client_on(url) as client:
        with pytest.raises(RestError) as raised:
            await client.get(ME, "/a.json")
    assert type(raised.value) is error
    if isinstance(raised.value, RestAway) and b"429" in answer:
        assert raised.value.retry_after == 7
    assert all(b"/login" not in head for head in heads)


@pytest.mark.parametrize(("status", "error"), [("500 Oh", Unclear), ("502 Bad", Unclear), ("504 Late", Unclear), ("503 Full", RestAway)])
async def test_a_write_that_a_server_breaks_over_is_unclear(status: str, error: type[RestError]) -> None:
    """Rails fails after storing too; 503 alone says that nobody took it."""
    async with server(saying(http(status))[0]) as url, client_on(url) as client:
        with pytest.raises(RestError) as raised:
            await client.write(ME, "PUT", "/a.json", {})
    assert type(raised.value) is error


async def test_a_gateway_that_answers_for_redmine_opens_the_circuit_and_a_broken_page_does_not() -> None:
    """502 says that Redmine is away; 500 says that it is there."""
    async with server(saying(http("502 Bad"))[0]) as url, client_on(url, circuit=Circuit(failures=1)) as client:
        with pytest.raises(RestAway):
            await client.get(ME, "/a.json")
        assert client.away
    async with server(saying(http("500 Oh"))[0]) as url, client_on(url, circuit=Circuit(failures=1)) as client:
        with pytest.raises(RestAway):
            await client.get(ME, "/a.json")
        assert not client.away


async def test_the_address_may_have_a_path() -> None:
    """Redmine under /redmine is asked there."""
    serve, heads = saying(GOOD)
    async with server(serve) as url, open_client(f"{url}/redmine") as client:
        await client.get(ME, "/issues/1.json", {"include": "journals"})
    assert heads[0].startswith(b"GET /redmine/issues/1.json?include=journals HTTP/1.1")
    assert b"X-Redmine-API-Key: k\r\n" in heads[0]


@pytest.mark.redmine
async def test_redmine_goes_away_and_comes_back(redmine_peer: RedminePeer) -> None:
    """The real one behind a line that is cut: calls fail, the circuit opens, and the first probe after the line is back closes it."""
    now = 0.0
    key = Signed("ivanov", ApiKey(SecretStr(str(redmine_peer.users["ivanov"]["api_key"]))))
    async with (
        proxied(urlsplit(redmine_peer.url).port or 0) as line,
        client_on(
            f"http://127.0.0.1:{line.port}",
            circuit=Circuit(failures=2, open_s=10, clock=lambda: now),
            deadlines=Deadlines(read_s=30),
        ) as client,
    ):
        assert b'"issue"' in await client.get(key, "/issues/1.json")
        line.losing = True
        with pytest.raises(RestAway):
            await client.get(key, "/issues/1.json")
        assert client.away
        line.losing, now = False, 11.0
        assert b'"issue"' in await client.get(key, "/issues/1.json")
        assert not client.away
