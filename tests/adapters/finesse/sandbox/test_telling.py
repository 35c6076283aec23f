"""Notifications: connecting, subscriptions, resources, and everything that a real service was seen to do wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from xml.etree.ElementTree import fromstring

import httpx
import pytest

from adapters.sandbox.finesse import Fault, SandboxFinesse, open_sandbox_finesse
from tests.adapters.finesse.sandbox.desk import at_desk, connected, read, texts
from tests.clock import Clock


@pytest.fixture
async def quick(clock: Clock) -> AsyncIterator[SandboxFinesse]:
    """One contact centre."""
    async with open_sandbox_finesse(delay_s=(0.0, 0.0), answers_s=None, clock=clock) as opened:
        yield opened


async def test_connecting_has_its_order_and_its_refusals(quick: SandboxFinesse) -> None:
    """A wrong password is a failure and may be tried again; nothing is answered before; strange XML ends the stream."""
    async with connected(quick.sites[0]) as xmpp:
        assert await xmpp.sign_in("1001", "wrong") == "failure"
        assert await xmpp.sign_in("1001", quick.agents["1001"].password) == "success"
        assert await xmpp.bind("panel") == f"1001@{quick.domain}/panel"
        assert (await xmpp.iq("get", '<ping xmlns="urn:xmpp:ping"/>', to=quick.domain)).get("type") == "result"
        unknown = await xmpp.iq("get", '<query xmlns="jabber:iq:last"/>')
        assert (unknown.get("type"), len(texts(unknown, "service-unavailable"))) == ("error", 1)
        await xmpp.present()
        assert xmpp.presences[0].get("from") == f"finesse@{quick.domain}/finesse"
        await xmpp.socket.send('<close xmlns="urn:ietf:params:xml:ns:xmpp-framing"/>')
        assert (await xmpp.next()).tag.endswith("}close")
    for bad in ("<iq/>", "<a><b></a>", "<!DOCTYPE a><iq/>", "<presence xmlns='jabber:client'/>"):
        async with connected(quick.sites[0]) as xmpp:
            await xmpp.socket.send(bad)
            assert (await xmpp.next()).tag == "{http://etherx.jabber.org/streams}error"
            assert (await xmpp.next()).tag.endswith("}close")


async def test_subscriptions_outlive_connections_and_bring_copies(quick: SandboxFinesse) -> None:
    """One's own nodes are there by themselves; what an old resource left brings a copy with the same item id, until it is dropped."""
    node = "/finesse/api/User/1001"
    async with at_desk(quick, "1001", resource="old") as old:
        answer = await old.xmpp.pubsub("set", f"<subscribe node='{node}' jid='1001@{quick.domain}/old'/>")
        assert answer.get("type") == "result"
        others = await old.xmpp.pubsub("set", f"<subscribe node='{node}' jid='1002@{quick.domain}'/>")
        assert texts(others, "invalid-jid") == [""]
        nothing = await old.xmpp.pubsub("set", f"<subscribe node='/finesse/api/Team/1' jid='1001@{quick.domain}'/>")
        assert texts(nothing, "item-not-found") == [""]
    async with at_desk(quick, "1001", resource="new") as desk:
        found = await desk.xmpp.pubsub("get", "<subscriptions/>")
        jids = [one.get("jid") for one in found.iter() if one.tag.endswith("}subscription")]
        assert jids == [f"1001@{quick.domain}"] * 3 + [f"1001@{quick.domain}/old"]
        await desk.state("LOGIN", extension=desk.device)
        first, copy = await desk.xmpp.heard(), await desk.xmpp.heard()
        assert (first.item, first.text) == (copy.item, copy.text)
        dropped = await desk.xmpp.pubsub("set", f"<unsubscribe node='{node}' jid='1001@{quick.domain}/old'/>")
        assert dropped.get("type") == "result"
        again = await desk.xmpp.pubsub("set", f"<unsubscribe node='{node}' jid='1001@{quick.domain}/old'/>")
        assert texts(again, "not-subscribed") == [""]
        await desk.state("READY")
        assert [(await desk.xmpp.heard()).short(""), desk.xmpp.waiting] == ["READY", []]


async def test_resources_share_by_priority_and_replace_each_other(quick: SandboxFinesse) -> None:
    """Equal ones all hear; a higher one alone; the same name throws out the older with `conflict`."""
    async with at_desk(quick, "1001", resource="a") as one, at_desk(quick, "1001", resource="b") as other:
        await one.state("LOGIN", extension=one.device)
        assert await one.told(1) == await other.told(1) == ["NOT_READY"]
        await other.xmpp.socket.send('<presence xmlns="jabber:client"><priority>5</priority></presence>')
        await other.xmpp.iq("get", '<ping xmlns="urn:xmpp:ping"/>')  # it has been read
        await one.state("READY")
        assert await other.told(1) == ["READY"]
        async with at_desk(quick, "1001", resource="a") as newer:
            frame = await one.xmpp.next()  # had nothing of READY
            assert frame.tag == "{http://etherx.jabber.org/streams}error"
            assert texts(frame, "conflict") == [""]
            assert quick.sites[0].xmpp.online("1001") == (f"1001@{quick.domain}/b", f"1001@{quick.domain}/a")
            assert newer.id == "1001"


async def test_events_go_wrong_as_asked(quick: SandboxFinesse) -> None:
    """Lost, doubled, unparsable, as a child, in another namespace, letter case and order, without the request's id."""
    faults = quick.faults
    async with at_desk(quick, "1001") as desk:
        await desk.state("LOGIN", extension=desk.device)
        plain = await desk.xmpp.heard()
        assert (plain.event, plain.request, plain.namespace) == ("PUT", "1001-1", "http://jabber.org/protocol/pubsub")
        for action, arg in (("namespace", "urn:xmpp:push:0"), ("lower", 0), ("raw", 0), ("anonymous", 0), ("shuffled", 3), ("twice", 0)):
            faults[:] = [Fault("event PUT .*/User/1001$", action, arg)]  # type: ignore[arg-type]
            await desk.state(
                "READY" if quick.agents["1001"].state == "NOT_READY" else "NOT_READY", "16" * (quick.agents["1001"].state == "READY")
            )
            heard = await desk.xmpp.heard()
            assert (heard.namespace == "urn:xmpp:push:0") is (action == "namespace")
            assert (heard.event == "put") is (action == "lower")
            assert (heard.text == "") is (action == "raw")
            assert (heard.request == "") is (action == "anonymous")
            assert heard.text.startswith("<Update><data>") is (action not in ("raw", "shuffled"))
            if action == "twice":
                assert (await desk.xmpp.heard()).item == heard.item
            assert faults[0].times == 0
        faults[:] = [Fault("event", "unparsable"), Fault("event DELETE", "never")]
        call = await quick.ring("1001", "+7916")
        broken = await desk.xmpp.message()
        with pytest.raises(SyntaxError):
            read(broken)
        await quick.hang_up(call)
        assert await desk.told(1) == ["PUT DROPPED DROPPED"]
        await quick.idle()
        assert texts(fromstring((await desk.get("/User/1001/Dialogs")).content), "id") == []
        assert await quick.ring("1001", "+7917") != call
        assert await desk.told(1) == ["POST ALERTING ALERTING"]  # and nothing of the DELETE before


async def test_an_event_overtakes_its_answer_or_is_late(quick: SandboxFinesse) -> None:
    """`early` is before the 202, `late` after it by so much."""
    async with at_desk(quick, "1001") as desk:
        quick.faults[:] = [Fault("event PUT", "early"), Fault("PUT /finesse/api/User", "delay", 0.3)]
        asked = asyncio.create_task(desk.state("LOGIN", extension=desk.device))
        assert await desk.told(1) == ["NOT_READY"]
        assert not asked.done()
        assert (await asked).status_code == 202
        quick.faults[:] = [Fault("event PUT .*/User/1001$", "late", 0.5)]
        assert (await desk.state("READY")).status_code == 202
        await quick.ring("1001", "+7916")
        assert await desk.told(2) == ["POST ALERTING ALERTING", "READY"]


async def test_who_does_not_answer_or_hangs_up_as_asked(quick: SandboxFinesse) -> None:
    """A status, a redirect, silence, a broken connection before or after it was done."""
    async with at_desk(quick, "1001") as desk:
        quick.faults[:] = [Fault("PUT .*/User", "status", 503), Fault("GET .*/User", "redirect", "http://127.0.0.1:1/")]
        assert (await desk.state("LOGIN", extension=desk.device)).status_code == 503
        moved = await desk.get("/User/1001")
        assert (moved.status_code, moved.headers["location"]) == (301, "http://127.0.0.1:1/")
        quick.faults[:] = [Fault("PUT .*/User", "drop")]
        with pytest.raises(httpx.TransportError):
            await desk.state("LOGIN", extension=desk.device)
        assert quick.agents["1001"].state == "LOGOUT"
        quick.faults[:] = [Fault("PUT .*/User", "lost")]
        with pytest.raises(httpx.TransportError):
            await desk.state("LOGIN", extension=desk.device)
        assert quick.agents["1001"].state == "NOT_READY"
        quick.faults[:] = [Fault("GET .*/User", "hang")]
        with pytest.raises(httpx.ReadTimeout):
            await desk.client.get("/finesse/api/User/1001", timeout=0.2)
