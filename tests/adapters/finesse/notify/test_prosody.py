"""Against the real Prosody: what is told, how lines end, and that nothing is left of them."""

from __future__ import annotations

import asyncio
import logging
import ssl

import pytest

from adapters.finesse.notify.line import Connected, FinessePresence, Heard, LineEnded, Lost, Replaced, Terms, WrongPassword
from adapters.finesse.notify.tcp import tcp_connector
from adapters.finesse.notify.websocket import websocket_connector
from adapters.finesse.values import Credentials
from tests.adapters.finesse.notify.conftest import TEAM
from tests.adapters.finesse.notify.ways import BRISK, WAYS, heard, never_left, open_line, rest, until, up
from tests.peers.certs import Authority
from tests.peers.prosody import DOMAIN, PUBSUB, Prosody

USER = "/finesse/api/User/1001"
UPDATE = "<Update><data><user><firstName>Ада &amp; &lt;Co&gt;</firstName></user></data><event>PUT</event></Update>"
BOTH = pytest.mark.parametrize("way", ["wss", "tls"])
ALL = pytest.mark.parametrize("way", list(WAYS))


@ALL
async def test_what_is_published_is_heard_in_its_order(server: Prosody, way: str, before: int) -> None:
    """Escaped text of both namespaces comes as it was, real XML as XML; the line is what Finesse asks for; leaving leaves nothing."""
    async with open_line(server, way) as line:
        assert await up(line) == "1001@finesse.test/navigator"
        state = server.online()["1001@finesse.test/navigator"]
        assert state == {"available": True, "priority": 0, "secure": way != "tcp", "via": "websocket" if "ws" in way else "tcp"}
        first = server.publish(USER, UPDATE)
        second = server.publish(f"{USER}/Dialogs", UPDATE, namespace="urn:xmpp:push:0")
        third = server.publish(USER, "<Update><data/></Update>", raw=True)
        server.publish("/finesse/api/User/1002", UPDATE)
        server.publish("/finesse/api/SystemInfo", "not XML at all")
        assert await heard(line, Heard) == Heard(USER, first, UPDATE)
        assert await heard(line, Heard) == Heard(f"{USER}/Dialogs", second, UPDATE)
        real = await heard(line, Heard)
        assert (real.item, real.payload.count("Update")) == (third, 2)
        assert (await heard(line, Heard)).payload == "not XML at all"
    await never_left(before)
    await until(lambda: not server.online())


@BOTH
async def test_what_earlier_connections_left_over_is_cleaned_up(server: Prosody, way: str) -> None:
    """Ours, whatever their resource; Cisco's desktop keeps its own, and so do other people and the bare JID."""
    bare, other = "1001@finesse.test", "1002@finesse.test/navigator"
    for jid in (f"{bare}/navigator", f"{bare}/navigator7", f"{bare}/desktop", other):
        server.leave_over(TEAM, jid)
    server.leave_over(USER, f"{bare}/navigatorOld")
    async with open_line(server, way) as line:
        await up(line)
        assert set(server.subscribers(TEAM)) == {f"{bare}/desktop", other}
        assert server.subscribers(USER) == [bare]
        item = server.publish(USER, UPDATE)
        end = server.publish(USER, "last")
        assert [(await heard(line, Heard)).item for _ in range(2)] == [item, end]


@BOTH
async def test_other_nodes_are_heard_while_they_are_subscribed_to(server: Prosody, way: str) -> None:
    """Subscribed by our full JID, unsubscribed when asked and when leaving."""
    async with open_line(server, way) as line:
        jid = await up(line)
        await line.subscribe(TEAM)
        assert jid in server.subscribers(TEAM)
        server.publish(TEAM, "one")
        assert (await heard(line, Heard)).payload == "one"
        await line.unsubscribe(TEAM)
        await line.unsubscribe(TEAM)
        server.publish(TEAM, "unheard")
        await line.subscribe(TEAM)
        server.publish(TEAM, "two")
        assert (await heard(line, Heard)).payload == "two"
        assert jid in server.subscribers(TEAM)
    await until(lambda: jid not in server.subscribers(TEAM))
    with pytest.raises(LineEnded):
        await line.subscribe(TEAM)


@BOTH
async def test_finesse_goes_and_comes_back(server: Prosody, way: str) -> None:
    """Each change of the presence of `finesse` is told once."""
    async with open_line(server, way) as line:
        assert (await heard(line, FinessePresence)).available
        await up(line)
        for available in (False, False, True):
            server.finesse(available)
        assert [(await heard(line, FinessePresence)).available for _ in range(2)] == [False, True]
    server.finesse(False)
    async with open_line(server, way) as line:
        assert not (await heard(line, FinessePresence)).available


@ALL
async def test_the_older_of_two_connections_is_replaced(server: Prosody, way: str) -> None:
    """It ends, and says why; the newer one goes on."""
    async with open_line(server, way) as older:
        await up(older)
        async with open_line(server, way) as newer:
            await up(newer)
            await heard(older, Replaced)
            server.publish(USER, "for the newer")
            assert (await heard(newer, Heard)).payload == "for the newer"


@ALL
async def test_a_wrong_password_is_told_and_not_logged(server: Prosody, way: str, caplog: pytest.LogCaptureFixture) -> None:
    """WrongPassword is all that is told, and no log has the password, at debug level either."""
    caplog.set_level(logging.DEBUG)
    async with open_line(server, way, password="Secret47") as line:
        assert await rest(line) == [WrongPassword()]
    assert not [record for record in caplog.records if record.name.startswith(("slixmpp", "websockets"))]
    assert "Secret47" not in caplog.text
    assert "ADEwMDEAU2VjcmV0NDc=" not in caplog.text


@BOTH
@pytest.mark.parametrize("agent", ["1002", "1003"])
async def test_passwords_may_hold_anything(server: Prosody, way: str, agent: str) -> None:
    """XML's own characters, and letters beyond ASCII."""
    async with open_line(server, way, agent) as line:
        assert await up(line) == f"{agent}@finesse.test/navigator"


@ALL
async def test_a_kill_is_noticed_and_the_next_try_stands(server: Prosody, way: str, before: int) -> None:
    """After a restart the same subscriptions are there, and what came meanwhile is not."""
    async with open_line(server, way) as line:
        await up(line)
        await line.subscribe(TEAM)
        server.kill()
        assert (await heard(line, Lost)).why == "closed"
        with pytest.raises(LineEnded):
            await line.subscribe(TEAM)
    await never_left(before)
    async with open_line(server, way) as line:
        assert [type(event) for event in await rest(line)] == [Lost]
    await asyncio.to_thread(server.start)
    async with open_line(server, way) as line:
        await up(line)
        assert server.subscribers(TEAM) == []
        server.publish(USER, "again")
        assert (await heard(line, Heard)).payload == "again"


@BOTH
async def test_a_frozen_server_is_noticed_by_its_silence(server: Prosody, way: str, before: int) -> None:
    """Connections stay open and nothing answers: pings find out, a new dial has a deadline, and leaving has one, too."""
    loop = asyncio.get_running_loop()
    async with open_line(server, way, terms=BRISK) as line:
        await up(line)
        async with open_line(server, way, "1002", terms=Terms(leave_s=0.2)) as other:
            await up(other)
            server.freeze()
            assert await heard(line, Lost) == Lost("silent")
            began = loop.time()
        assert loop.time() - began < 5
    async with open_line(server, way, terms=Terms(step_s=0.2)) as line:
        (end,) = await rest(line)
        assert isinstance(end, Lost)
        assert end.why == "timeout"
    server.thaw()
    await never_left(before)


async def test_a_line_that_is_only_quiet_stays(server: Prosody) -> None:
    """Its pings are answered: longer than the silence that would end it."""
    async with open_line(server, "wss", terms=BRISK) as line:
        await up(line)
        await asyncio.sleep(2 * BRISK.silent_s)
        server.publish(USER, "still there")
        assert (await heard(line, Heard)).payload == "still there"


@BOTH
@pytest.mark.parametrize("close", [False, True])
async def test_a_kick_is_an_end(server: Prosody, way: str, close: bool) -> None:
    """With or without a goodbye; what was told before is still given."""
    async with open_line(server, way) as line:
        await up(line)
        server.publish(USER, "before")
        assert server.kick("1001", close=close) == 1
        told = await rest(line)
        assert told[-2:] == [Heard(USER, told[-2].item if isinstance(told[-2], Heard) else "", "before"), told[-1]]
        assert told[-1] == (Lost("closed", "system-shutdown") if close else Lost("closed"))


@BOTH
async def test_who_does_not_read_falls_behind(server: Prosody, way: str) -> None:
    """The queue is bounded: what it holds is dropped, the connection ends, and what is told is that."""
    async with open_line(server, way, terms=Terms(max_events=8)) as line:
        await up(line)
        for n in range(20):
            server.publish(USER, f"event {n}")
        await until(lambda: not server.online())
        assert await rest(line) == [Lost("behind")]


@BOTH
async def test_an_unknown_authority_is_refused(server: Prosody, way: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Before a byte of the password leaves."""
    stranger = Authority(tmp_path_factory.mktemp("stranger")).client_context()
    connector = websocket_connector(server.wss, tls=stranger) if way == "wss" else tcp_connector("127.0.0.1", server.tls, tls=stranger)
    async with connector(Credentials(agent="1001", password="pw1001"), DOMAIN, PUBSUB) as line:
        (end,) = await rest(line)
        assert isinstance(end, Lost)
        assert end.why == "certificate"
        assert "issuer" in end.detail


@pytest.mark.parametrize("security", ["direct", "starttls"])
async def test_a_certificate_of_another_name_is_refused(server: Prosody, security: str, before: int) -> None:
    """The domain of the JID is what it must name."""
    direct = security == "direct"
    port = server.tls if direct else server.tcp
    connector = tcp_connector("127.0.0.1", port, tls=server.trusted(), security="direct" if direct else "starttls")
    domain = "other.test" if direct else DOMAIN
    if not direct:  # Prosody would not greet another domain: here the authority is the wrong one
        connector = tcp_connector("127.0.0.1", port, tls=ssl.create_default_context(), security="starttls")
    async with connector(Credentials(agent="1001", password="pw1001"), domain, PUBSUB) as line:
        (end,) = await rest(line)
        assert isinstance(end, Lost)
        assert end.why in ("certificate", "tls")  # a server that knows no such name may refuse before it shows a certificate
    await never_left(before)


class _NotPinned(ssl.SSLObject):
    """A handshake that finds another certificate than the pinned one."""

    def do_handshake(self) -> None:
        """Fails after the fact."""
        super().do_handshake()
        raise ssl.SSLCertVerificationError(1, "not the pinned one")


@pytest.mark.parametrize("way", ["wss", "starttls", "tls"])
async def test_a_context_that_pins_is_heeded(server: Prosody, way: str, before: int) -> None:
    """What its handshake finds wrong ends the try."""

    class Pinning(ssl.SSLContext):
        sslobject_class = _NotPinned

    context = Pinning(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if way == "wss":
        connector = websocket_connector(server.wss, tls=context)
    elif way == "tls":
        connector = tcp_connector("127.0.0.1", server.tls, tls=context)
    else:
        connector = tcp_connector("127.0.0.1", server.tcp, tls=context, security="starttls")
    async with connector(Credentials(agent="1001", password="pw1001"), DOMAIN, PUBSUB) as line:
        assert await rest(line) == [Lost("certificate", "not the pinned one")]
    await never_left(before)


@ALL
async def test_a_cancelled_holder_leaves_nothing(server: Prosody, way: str, before: int) -> None:
    """At whatever moment: while it dials, negotiates, listens, or leaves."""

    async def hold() -> None:
        async with open_line(server, way, terms=Terms(leave_s=0.3)) as line:
            async for event in line.events():
                if isinstance(event, Connected):
                    return

    whole = asyncio.get_running_loop().time()
    await hold()
    whole = asyncio.get_running_loop().time() - whole
    for part in range(12):
        task = asyncio.get_running_loop().create_task(hold())
        await asyncio.sleep(whole * part / 10)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() or task.exception() is None
    await never_left(before)


async def test_many_agents_of_one_process(server: Prosody) -> None:
    """Each hears its own, whatever way it came."""
    async with open_line(server, "wss", "1001") as one, open_line(server, "tls", "1002") as two, open_line(server, "tcp", "1003") as three:
        for agent, line in (("1001", one), ("1002", two), ("1003", three)):
            await up(line)
            server.publish(f"/finesse/api/User/{agent}", f"for {agent}")
            assert (await heard(line, Heard)).payload == f"for {agent}"
