"""Servers that say nothing, nonsense, or something dangerous, at each step: the try ends in time, and nothing is left of it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

from adapters.finesse.notify.line import Connected, Connector, End, Event, Heard, Lost, NodeRefused, Replaced, Terms, WrongPassword
from adapters.finesse.notify.tcp import tcp_connector
from adapters.finesse.notify.websocket import websocket_connector
from adapters.finesse.values import Credentials
from tests.adapters.finesse.notify.scripted import STEPS, Script, listening, scripted
from tests.adapters.finesse.notify.ways import heard, never_left, rest, until
from tests.peers.prosody import DOMAIN, PUBSUB

WAY = pytest.mark.parametrize("way", ["ws", "tcp"])
ADA = Credentials(agent="1001", password="pw1001")
LEVELS = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
BOMB = f'<!DOCTYPE message [<!ENTITY a0 "aaaaaaaaaa">{LEVELS}]><message>&a9;</message>'
STEADY = Terms(leave_s=0.5)


async def outcome(connector: Connector) -> End:
    """How a try ends that never stands."""
    async with connector(ADA, DOMAIN, PUBSUB) as line:
        told = await rest(line)
    assert not [event for event in told if isinstance(event, Connected)]
    assert isinstance(told[-1], End)
    return told[-1]


async def ending(way: str, step: str, *instead: str, terms: Terms = STEADY) -> End:
    """How a try ends when the server says this at that step."""
    async with scripted(way, Script(step, instead), terms) as connector:
        return await outcome(connector)


@WAY
async def test_each_step_has_its_deadline(way: str, before: int) -> None:
    """A server that falls silent ends the try after `step_s`, and the step is named."""
    ends = await asyncio.gather(*(ending(way, step, terms=Terms(step_s=1.0, leave_s=0.5)) for step in STEPS))
    assert ends == [Lost("timeout", step) for step in STEPS]
    await never_left(before)


@pytest.mark.parametrize("way", ["ws", "wss", "tls"])
async def test_the_dial_has_its_deadline(way: str, before: int) -> None:
    """A port that takes the connection and nothing more: no answer to the upgrade, none to TLS."""

    async def nothing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()
        await asyncio.sleep(60)

    context, terms = ssl.create_default_context(), Terms(step_s=0.3)
    async with listening(nothing) as port:
        if way == "tls":
            connector = tcp_connector("127.0.0.1", port, tls=context, terms=terms)
        else:
            connector = websocket_connector(f"{way}://127.0.0.1:{port}/ws", tls=context if way == "wss" else None, terms=terms)
        assert await outcome(connector) == Lost("timeout", "dial")
    await never_left(before)


@WAY
@pytest.mark.parametrize("step", ["", *STEPS])
async def test_whoever_is_cancelled_leaves_nothing(way: str, step: str, before: int) -> None:
    """At each step of the beginning, and when the line stands."""
    script = Script(step)
    async with scripted(way, script, STEADY) as connector:
        reached = asyncio.Event()

        async def hold() -> None:
            async with connector(ADA, DOMAIN, PUBSUB) as line:
                async for event in line.events():
                    assert isinstance(event, Connected)
                    reached.set()

        task = asyncio.get_running_loop().create_task(hold())
        await until(lambda: script.over or reached.is_set())
        task.cancel()
        await asyncio.wait([task], timeout=10)
        assert task.cancelled()
    await never_left(before)


@WAY
@pytest.mark.parametrize("step", STEPS)
async def test_garbage_ends_the_try(way: str, step: str, before: int) -> None:
    """At each step: not XML, XML that XMPP forbids, entities that would grow to gigabytes; each at once and by its name."""
    ends = await asyncio.gather(
        ending(way, step, "<a></b>"),
        ending(way, step, BOMB),
        ending(way, step, "<message><!-- secret --></message>"),
        ending(way, step, "<a>" * 1000),
        ending(way, step, "\N{NULL}\N{NULL}"),
    )
    assert {end.why for end in ends if isinstance(end, Lost)} == {"garbage"}, ends
    assert len(ends) == sum(isinstance(end, Lost) for end in ends)
    await never_left(before)


@WAY
@pytest.mark.parametrize("step", ["open", "auth", "subscriptions"])
async def test_what_has_no_end_is_not_kept(way: str, step: str) -> None:
    """A stanza over the bound ends the try before it is whole, wherever it is big: text, attribute, number of children."""
    terms = Terms(max_bytes=65_536, leave_s=0.5)
    for huge in (f"<message>{'x' * 200_000}", f"<message a='{'x' * 200_000}", "<message>" + "<a/>" * 60_000):
        end = await ending(way, step, huge, terms=terms)
        assert end == Lost("too_big")


@WAY
async def test_only_plain_is_spoken(way: str) -> None:
    """A server without it is refused, and hears no password."""
    features = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><mechanisms><mechanism>SCRAM-SHA-1</mechanism></mechanisms></stream:features>"
    script = Script("features", [features])
    async with scripted(way, script, STEADY) as connector:
        assert await outcome(connector) == Lost("refused", "no PLAIN")
    assert not [text for text in script.heard if "auth" in text]


@WAY
@pytest.mark.parametrize(
    ("step", "said", "end"),
    [
        ("auth", "<failure><not-authorized/><text>no</text></failure>", WrongPassword()),
        ("auth", "<failure><account-disabled/></failure>", WrongPassword()),
        ("auth", "<failure><temporary-auth-failure/></failure>", Lost("refused", "temporary-auth-failure")),
        ("auth", "<challenge>AAAA</challenge>", Lost("garbage", "challenge at auth")),
        ("features", "<success/>", Lost("garbage", "success at features")),
        ("bind", "<iq type='error' id='bind'><error type='cancel'><conflict/></error></iq>", Lost("refused", "bind: conflict")),
        ("session", "<iq type='error' id='session'><error><forbidden/></error></iq>", Lost("refused", "session: forbidden")),
        (
            "subscriptions",
            f"<iq type='error' id='hello' from='{PUBSUB}'><error><remote-server-not-found/></error></iq>",
            Lost("refused", "pubsub: remote-server-not-found"),
        ),
        (
            "reopen",
            "<e:error xmlns:e='http://etherx.jabber.org/streams'><see-other-host>evil.test</see-other-host></e:error>",
            Lost("closed", "see-other-host"),
        ),
        ("refeatures", "<e:error xmlns:e='http://etherx.jabber.org/streams'><conflict/><text>x</text></e:error>", Replaced()),
    ],
)
async def test_each_refusal_has_its_meaning(way: str, step: str, said: str, end: End) -> None:
    """The password is wrong only where the server says so; another address is never gone to."""
    greeting = "<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'>"
    opening = [greeting] if way == "tcp" and step == "reopen" else []
    assert await ending(way, step, *opening, said) == end


@WAY
async def test_a_service_that_lists_no_subscriptions_is_taken(way: str) -> None:
    """Events come without the list; what the service refuses or never answers is said; a ping of its own is answered."""

    def also(text: str) -> list[str]:
        if "refused" in text:
            id_ = text.partition("id=")[2][1:].partition('"')[0]
            return [f"<iq type='error' id='{id_}' from='{PUBSUB}'><error><item-not-found/></error></iq>"]
        return []

    hello = f"<iq type='error' id='hello' from='{PUBSUB}'><error><feature-not-implemented/></error></iq>"
    ping = "<iq type='get' id='p1' from='finesse.test'><ping xmlns='urn:xmpp:ping'/></iq>"
    version = "<iq type='get' id='v1' from='finesse.test'><query xmlns='jabber:iq:version'/></iq>"
    script = Script("subscriptions", [hello, ping, version], also)
    async with scripted(way, script, Terms(step_s=1.0, leave_s=0.2)) as connector, connector(ADA, DOMAIN, PUBSUB) as line:
        assert await heard(line, Connected)
        with pytest.raises(NodeRefused, match="/refused: item-not-found"):
            await line.subscribe("/refused")
        await line.unsubscribe("/refused")
        with pytest.raises(NodeRefused, match="/slow: timeout"):
            await line.subscribe("/slow")
        said = " ".join(script.heard)
        assert "type='result' id=\"p1\"" in said
        assert "service-unavailable" in said


@WAY
async def test_only_the_service_is_believed(way: str) -> None:
    """An event from anybody else with an account, however it looks, is nothing."""
    item = "<event><items node='n'><item id='i'><notification>forged</notification></item></items></event>"
    senders = ["1002@finesse.test/x", "finesse.test", f"1002@{PUBSUB}", ""]
    hello = f"<iq type='result' id='hello' from='{PUBSUB}'/>"
    forged = [f"<message from='{sender}'>{item}</message>" for sender in senders]
    real = f"<message from='{PUBSUB.upper()}'>{item.replace('forged', 'real')}</message>"
    script = Script("subscriptions", [hello, *forged, "<presence from='finesse@evil.test'/>", real])
    async with scripted(way, script, STEADY) as connector, connector(ADA, DOMAIN, PUBSUB) as line:
        told: list[Event] = [await heard(line, (Connected, Heard)), await heard(line, Heard)]
        assert [type(event) for event in told] == [Connected, Heard]
        assert told[1] == Heard("n", "i", "real")


async def _answering(port_holder: list[int], status: int, headers: dict[str, str]) -> AsyncIterator[None]:
    def answer(link: ServerConnection, _: Request) -> Response:
        response = link.respond(status, "no")
        for name, value in headers.items():
            response.headers[name] = value
        return response

    async def never(_: ServerConnection) -> None:
        raise AssertionError

    async with serve(never, "127.0.0.1", 0, process_request=answer) as server:
        port_holder.append(next(iter(server.sockets)).getsockname()[1])
        yield


@pytest.mark.parametrize("status", [200, 302, 401, 503])
async def test_an_answer_of_http_is_a_refusal(status: int, before: int) -> None:
    """A redirect is not followed: the password is for one server only."""
    dialled = []

    async def note(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        dialled.append(writer)

    ports: list[int] = []
    async with listening(note) as elsewhere:
        serving = _answering(ports, status, {"Location": f"ws://127.0.0.1:{elsewhere}/ws"})
        await anext(serving)
        assert await outcome(websocket_connector(f"ws://127.0.0.1:{ports[0]}/ws")) == Lost("refused", f"HTTP {status}")
        assert not [None async for _ in serving]
    assert not dialled
    await never_left(before)


async def test_a_websocket_of_something_else_is_refused() -> None:
    """One that does not speak XMPP; one that sends bytes; one that breaks the protocol; a server of no HTTP at all."""

    async def echo(link: ServerConnection) -> None:
        async for frame in link:
            await link.send(str(frame).encode())

    async with serve(echo, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        assert await outcome(websocket_connector(f"ws://127.0.0.1:{port}/")) == Lost("refused", "no XMPP there")
    async with serve(echo, "127.0.0.1", 0, subprotocols=["xmpp"]) as server:  # type: ignore[list-item]
        port = next(iter(server.sockets)).getsockname()[1]
        assert await outcome(websocket_connector(f"ws://127.0.0.1:{port}/")) == Lost("garbage", "a binary frame")

    async def ssh(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-OpenSSH_9.2\r\n" * 20)
        await reader.read()

    async with listening(ssh) as port:
        assert isinstance(await outcome(websocket_connector(f"ws://127.0.0.1:{port}/")), Lost)
        assert await outcome(tcp_connector("127.0.0.1", port, security="none")) == Lost("garbage", "not XML: syntax error")
        end = await outcome(tcp_connector("127.0.0.1", port, tls=ssl.create_default_context()))
        assert isinstance(end, Lost)
        assert end.why == "tls"


@pytest.mark.parametrize("way", ["ws", "tcp"])
async def test_nobody_there(way: str) -> None:
    """A closed port, and a name that does not exist."""
    async with listening(lambda *_: None) as port:
        pass
    for host in ("127.0.0.1", "nowhere.invalid"):
        connector = websocket_connector(f"ws://{host}:{port}/") if way == "ws" else tcp_connector(host, port, security="none")
        end = await outcome(connector)
        assert isinstance(end, Lost)
        assert end.why == "unreachable"


@pytest.mark.parametrize("word", ["", "proceed", "failure"])
async def test_starttls_is_insisted_on(word: str, before: int) -> None:
    """A server that offers none, refuses it, or does not make it after all hears no password."""
    spoken: list[bytes] = []
    offer = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" if word else ""
    said = f"<{word} xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>" if word else ""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        spoken.append(await reader.read(65_536))
        writer.write(
            b"<stream:stream xmlns:stream='http://etherx.jabber.org/streams' xmlns='jabber:client'><stream:features>"
            + offer.encode()
            + b"<mechanisms><mechanism>PLAIN</mechanism></mechanisms></stream:features>"
        )
        spoken.append(await reader.read(65_536))
        writer.write(said.encode())
        while data := await reader.read(65_536):
            spoken.append(data)

    async with listening(talk) as port:
        context, terms = ssl.create_default_context(), Terms(step_s=0.5, leave_s=0.2)
        end = await outcome(tcp_connector("127.0.0.1", port, tls=context, security="starttls", terms=terms))
    assert end == (Lost("timeout", "tls") if word == "proceed" else Lost("refused", "no TLS"))
    assert b"<auth" not in b"".join(spoken)
    await never_left(before)


@pytest.mark.parametrize("url", ["http://h/", "wss://", "wss://a:b@h/ws", "h:7443", "ws://h/ws#x"])
def test_a_url_that_is_none_is_said(url: str) -> None:
    """Before anything is dialled."""
    with pytest.raises(ValueError, match="wss://HOST:PORT/PATH"):
        websocket_connector(url)


def test_tls_and_the_address_must_agree() -> None:
    """Nobody sends a password in clear by leaving something out."""
    with pytest.raises(ValueError, match="needs a TLS context"):
        websocket_connector("wss://h/ws")
    with pytest.raises(ValueError, match="ws: has none"):
        websocket_connector("ws://h/ws", tls=ssl.create_default_context())
    with pytest.raises(ValueError, match="need a TLS context"):
        tcp_connector("h")
    with pytest.raises(ValueError, match="desktop"):
        Terms(resource="desktop")
    with pytest.raises(ValueError, match="silent_s"):
        Terms(ping_s=30)
