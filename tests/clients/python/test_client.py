"""The whole client against a scripted hub: what ends a connection, and what comes of it."""

from __future__ import annotations

import asyncio
import itertools
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from websockets.asyncio.server import serve

from navigator_client import (
    CallError,
    Event,
    FilePositions,
    Gap,
    Hub,
    Notification,
    PositionsError,
    RejectedError,
    RevokedError,
    Snapshot,
    TransportError,
    UnauthenticatedError,
    UntrustedError,
    connect,
)
from navigator_client.inbox import LOST
from navigator_client.messages import INBOX, Wire
from navigator_client.timing import Backoff, Timing
from tests.clients.python.scripted import FAST, Scripted, Session, event, scripted
from tests.peers.certs import Authority


@pytest.fixture(autouse=True)
async def nothing_left_behind() -> AsyncIterator[None]:
    """After the block no task of the client is alive."""
    yield
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("navigator_client")]


async def read(hub: Hub, count: int) -> list[int]:
    """The positions of the next notifications."""
    got: list[int] = []
    async for item in hub.inbox():
        assert isinstance(item, Notification)
        got.append(item.seq)
        if len(got) == count:
            break
    return got


async def azip(items: AsyncIterator[Any], count: int) -> AsyncIterator[tuple[Any, int]]:
    """The first `count` items, numbered."""
    for number in range(count):
        yield await anext(items), number


async def reached(hub: Scripted, count: int) -> None:
    """Waits until the hub has had so many connections."""
    while len(hub.sessions) < count:  # noqa: ASYNC110 - the scripted hub tells nobody
        await asyncio.sleep(0.005)


def joined(hub: Scripted, **more: Any) -> AbstractAsyncContextManager[Hub]:
    """A client of this hub, resuming after 0."""
    how: dict[str, Any] = {"token": "secret", "since": 0, "timing": FAST} | more
    return connect(hub.url, **how)


async def sends(session: Session, *seqs: int) -> None:
    """Says welcome and sends these, replaying from where the client stands."""
    await session.welcome(max(seqs, default=0))
    await session.send(*(event(seq) for seq in seqs if seq > (session.hello["since"] or 0)))


@pytest.mark.parametrize("wire", ["json", "msgpack"])
async def test_events_come_in_order_and_are_acknowledged(wire: Wire) -> None:
    """Hello carries the position, the header the token; the highest seq taken is acknowledged."""

    async def script(session: Session) -> None:
        await sends(session, 1, 2, 3)
        await session.until("ack", level="received", seq=3)
        await session.rest()

    async with scripted(script) as hub:
        async with joined(hub, wire=wire, device="d") as client:
            assert await read(client, 3) == [1, 2, 3]
            assert client.user is not None
            assert client.user.name == "ann"
        assert hub.tokens == ["Bearer secret"]
        assert hub.hellos[0] | {"client": ""} == {"t": "hello", "v": 1, "client": "", "device": "d", "since": 0, "topics": {}}
        assert hub.sessions[0].frames[-1] == {"t": "ack", "level": "received", "seq": 3}


@pytest.mark.parametrize("code", [None, 1001, 4000, 4001, 4002, 4004])
async def test_a_lost_connection_resumes(code: int | None) -> None:
    """Cut, or closed with a code that says come back: the next hello begins where the reader stands."""

    async def first(session: Session) -> None:
        await sends(session, 1, 2)
        await session.until("ack", seq=2)
        if code is not None:
            await session.socket.close(code)

    async def second(session: Session) -> None:
        await sends(session, 1, 2, 3)
        await session.rest()

    async with scripted(first, second) as hub, joined(hub) as client:
        assert await read(client, 3) == [1, 2, 3]
        assert [hello["since"] for hello in hub.hellos] == [0, 2]


async def test_repeats_are_dropped_and_a_hole_is_asked_for() -> None:
    """A seq that was there already is nothing; one that skips makes the client come back from before it."""

    async def first(session: Session) -> None:
        await sends(session, 1, 1, 2, 1, 2, 4)
        await session.rest()

    async def second(session: Session) -> None:
        await sends(session, 1, 2, 3, 4)
        await session.rest()

    async with scripted(first, second) as hub, joined(hub) as client:
        assert await read(client, 4) == [1, 2, 3, 4]
        assert len(hub.sessions) == 2


async def test_a_hub_with_a_hole_for_ever_is_not_hammered() -> None:
    """Each new hole doubles the bound of the wait."""
    backoff = Backoff(Timing(), lambda: 0.5)
    assert [backoff.delay() for _ in range(8)] == [0.25, 0.5, 1, 2, 4, 8, 15, 15]
    backoff.good(29)
    assert backoff.delay() == 15
    backoff.good(30)
    assert backoff.delay() == 0.25
    assert backoff.window((2, 4)) == 3


@pytest.mark.parametrize(
    ("code", "kind"), [(4500, UnauthenticatedError), (4501, RevokedError), (4503, RejectedError), (4999, RejectedError)]
)
async def test_stay_away_ends_with_a_typed_error(code: int, kind: type[RejectedError]) -> None:
    """A reader, a topic and a call get what had come, and then the error; nobody connects again."""

    async def script(session: Session) -> None:
        await sends(session, 1)
        await session.until("call")
        await session.socket.close(code, "go")

    async with scripted(script) as hub:
        async with joined(hub) as client:
            with pytest.raises(kind) as caught:
                await client.call("x")
            assert (caught.value.code, caught.value.reason) == (code, "go")
            assert await read(client, 1) == [1]
            with pytest.raises(kind):
                await read(client, 1)
            with pytest.raises(kind):
                async with client.topic("system"):
                    pass
        assert len(hub.sessions) == 1


@pytest.mark.parametrize("status", [401, 403, 404])
async def test_refused_at_the_door(status: int) -> None:
    """A handshake that will never be taken raises where the block would begin."""
    async with scripted(Session.rest) as hub:
        hub.refusals = [(status, {})]
        with pytest.raises(RejectedError) as caught:
            async with joined(hub):
                raise AssertionError("there is no connection")
        assert caught.value.code == status


async def test_a_redirect_is_told_and_not_followed() -> None:
    """The token goes to the address that was given or nowhere; the error shows the address to give instead."""
    async with scripted(Session.rest) as hub:
        hub.refusals = [(301, {"Location": "https://hub.example.org/hub/socket"})]
        with pytest.raises(RejectedError, match=r"301 .*https://hub\.example\.org/hub/socket"):
            async with joined(hub):
                raise AssertionError("there is no connection")
        assert len(hub.tokens) == 1


async def test_a_certificate_that_does_not_hold_is_for_a_person(tmp_path: Path) -> None:
    """Coming back would not mend it: the client ends with an error that says so, and sends no token."""
    certificate, key = Authority(tmp_path).issue("127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    async with serve(lambda socket: socket.wait_closed(), "127.0.0.1", 0, ssl=context) as server:
        url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        async with asyncio.timeout(10):
            with pytest.raises(UntrustedError, match="certificate"):
                async with connect(url, token="secret", timing=FAST):
                    raise AssertionError("there is no connection")


async def test_busy_hub_is_tried_again_when_it_says() -> None:
    """503 with Retry-After is an outage of that length at least."""

    async def script(session: Session) -> None:
        await sends(session, 1)
        await session.rest()

    async with scripted(script) as hub:
        hub.refusals = [(503, {"Retry-After": "1"}), (429, {})]
        began = asyncio.get_running_loop().time()
        async with joined(hub) as client:
            assert await read(client, 1) == [1]
        assert asyncio.get_running_loop().time() - began >= 1


async def test_draining_hub_says_when() -> None:
    """Its window wins over the back-off, and the connection is used until then."""

    async def first(session: Session) -> None:
        await session.welcome(0)
        await session.send({"t": "draining", "reconnect_in": [0.3, 0.3]}, event(1))
        await session.rest()

    async def second(session: Session) -> None:
        await sends(session, 1, 2)
        await session.rest()

    async with scripted(first, second) as hub:
        async with joined(hub, timing=Timing(backoff=20, backoff_max=20, close=0.2), rand=lambda: 0.99) as client:
            began = asyncio.get_running_loop().time()
            assert await read(client, 2) == [1, 2]
            assert 0.25 <= asyncio.get_running_loop().time() - began < 15
        assert hub.hellos[1]["since"] == 1


async def test_a_silent_hub_is_dead() -> None:
    """Silence of the ping and the allowance ends the connection; a ping is answered and is no silence."""

    async def first(session: Session) -> None:
        await session.welcome(0, ping=0.1)
        for _ in range(4):
            await asyncio.sleep(0.15)
            await session.send({"t": "ping"})
            await session.until("pong")
        await session.rest()

    async def second(session: Session) -> None:
        await sends(session, 1)
        await session.rest()

    async with scripted(first, second) as hub, joined(hub) as client:
        assert await read(client, 1) == [1]
        assert [frame["t"] for frame in hub.sessions[0].frames] == ["pong"] * 4


async def test_lost_state_is_a_gap() -> None:
    """4003: the next hello has no position, and the reader is told by a gap."""

    async def first(session: Session) -> None:
        await session.socket.close(4003, "that position is not in this inbox")

    async def second(session: Session) -> None:
        await session.welcome(2)
        await session.send(event(3))
        await session.rest()

    async with scripted(first, second) as hub, joined(hub, since=9) as client:
        inbox = client.inbox()
        assert await anext(inbox) == Gap(INBOX, 10, 2, LOST)
        item = await anext(inbox)
        assert isinstance(item, Notification)
        assert (item.seq, [hello["since"] for hello in hub.hellos]) == (3, [9, None])


async def test_a_gap_of_the_hub_is_told_and_passed() -> None:
    """Expired positions come as a typed item, and are no hole."""

    async def script(session: Session) -> None:
        await session.welcome(9)
        await session.send({"t": "gap", "topic": "inbox", "from": 1, "to": 8, "reason": "expired"}, event(9))
        await session.until("ack", seq=9)
        await session.rest()

    async with scripted(script) as hub, joined(hub) as client:
        inbox = client.inbox()
        assert await anext(inbox) == Gap(INBOX, 1, 8, "expired")
        assert isinstance(await anext(inbox), Notification)


async def test_a_slow_reader_holds_the_hub_up() -> None:
    """With a full queue the socket is not read on, so the hub cannot send without bound; nothing is lost."""
    sent: list[int] = []

    async def script(session: Session) -> None:
        await session.welcome(3000)
        for seq in range(1, 3001):
            await session.send(event(seq, data={"text": "x" * 10_000}))
            sent.append(seq)
        await session.rest()

    async with scripted(script) as hub, joined(hub, queue=5) as client:
        assert await read(client, 1) == [1]
        before = -1
        while before != len(sent):  # until the hub's socket takes no more
            before = len(sent)
            await asyncio.sleep(0.2)
        assert len(sent) < 3000
        assert await read(client, 2999) == list(range(2, 3001))
        assert len(hub.sessions) == 1


async def test_a_call_gets_through_beside_a_full_inbox() -> None:
    """The surplus is dropped to reach the reply, and asked for again when the reader has caught up."""

    async def script(session: Session) -> None:
        await sends(session, *range(1, 51))
        while True:
            call = await session.until("call")
            await session.send({"t": "reply", "id": call["id"], "ok": True, "data": call["args"]})

    async with scripted(script) as hub, joined(hub, queue=5) as client:
        got = []
        async for item in client.inbox():
            assert isinstance(item, Notification)
            got.append(item.seq)
            if item.seq % 10 == 1:
                assert await client.call("echo", ids=[item.id]) == {"ids": [item.id]}
            if len(got) == 50:
                break
        assert got == list(range(1, 51))
        assert len(hub.sessions) > 1


async def test_calls_fail_by_type() -> None:
    """The hub's refusal is a CallError, a lost connection a TransportError, and so is a reply that never comes."""

    async def first(session: Session) -> None:
        await session.welcome(0)
        call = await session.until("call", name="a")
        error = {"code": "busy", "message": "later", "temporary": True}
        await session.send({"t": "reply", "id": call["id"], "ok": False, "error": error})
        await session.until("call", name="b")

    async def second(session: Session) -> None:
        await session.welcome(0)
        await session.rest()

    async with scripted(first, second) as hub, joined(hub, timing=Timing(reply=0.5, backoff=0.01)) as client:
        with pytest.raises(CallError) as caught:
            await client.call("a")
        assert (caught.value.code, caught.value.temporary) == ("busy", True)
        with pytest.raises(TransportError, match="may have been done"):
            await client.call("b")
        with pytest.raises(TransportError, match="no reply to c"):
            await client.call("c")


async def test_marks_are_said_again_until_the_hub_knows() -> None:
    """What was shown or read goes once more after a reconnect, unless a state frame has confirmed it."""

    async def first(session: Session) -> None:
        await sends(session, 1, 2)
        await session.until("ack", level="shown", ids=["n:1"])
        await session.until("ack", level="read", ids=["n:2"])
        await session.send({"t": "state", "ids": ["n:1"], "level": "shown", "by": "d", "unseen": 5})
        await session.until("call")

    async def second(session: Session) -> None:
        await session.welcome(3)
        await session.until("ack", level="read", ids=["n:2"])
        await session.send(event(3))
        await session.rest()

    async with scripted(first, second) as hub, joined(hub) as client:
        inbox = client.inbox()
        one, two = await anext(inbox), await anext(inbox)
        assert isinstance(one, Notification)
        assert isinstance(two, Notification)
        await one.shown()
        await two.read()
        with pytest.raises(TransportError):
            await client.call("cut")
        assert await read(client, 1) == [3]
        acks = [frame for frame in hub.sessions[1].frames if "ids" in frame]
        assert acks == [{"t": "ack", "level": "read", "ids": ["n:2"]}]


async def test_many_marks_do_not_overrun_the_hub() -> None:
    """Each of a thousand is marked as it is read: the frames stay below the hub's bound of 200 at once, and none is lost."""
    known: set[str] = set()

    async def script(session: Session) -> None:
        await sends(session, *range(1, 1001))
        while len(known) < 1000:
            ack = await session.until("ack", level="read")
            known.update(ack["ids"])
        await session.send(event(1001))
        await session.rest()

    async with scripted(script) as hub, joined(hub) as client:
        async for item in client.inbox():
            assert isinstance(item, Notification)
            if item.seq == 1001:
                break
            await item.read()
        assert len(hub.sessions[0].frames) < 150
    assert known == {f"n:{seq}" for seq in range(1, 1001)}


async def test_marks_wait_for_a_connection_and_end_with_it() -> None:
    """While there is none 500 are kept and the next waits; when the hub wants us gone the wait ends with its error."""
    go = asyncio.Event()

    async def first(session: Session) -> None:
        await sends(session, *range(1, 502))
        await session.until("ack", seq=501)

    async def second(session: Session) -> None:
        await go.wait()
        await session.socket.close(4501, "go")

    async with scripted(first, second) as hub, joined(hub) as client:
        items = [item async for item, _ in azip(client.inbox(), 501) if isinstance(item, Notification)]
        await reached(hub, 2)
        for item in items[:500]:
            await item.shown()
        waiting = asyncio.create_task(items[500].shown(), name="marker")
        await asyncio.sleep(0)
        assert not waiting.done()
        go.set()
        with pytest.raises(RevokedError):
            await waiting


async def test_what_a_busy_hub_did_not_note_is_said_again() -> None:
    """A temporary refusal without an id is of an acknowledgement: receipt and marks go once more on the same connection."""

    async def script(session: Session) -> None:
        await sends(session, 1, 2)
        await session.until("ack", level="received", seq=2)
        await session.until("ack", level="read", ids=["n:2"])
        error = {"code": "store_unavailable", "message": "the store is busy, try again", "temporary": True}
        await session.send({"t": "reply", "id": None, "ok": False, "error": error})
        again = [await session.until("ack"), await session.until("ack")]
        assert {"t": "ack", "level": "received", "seq": 2} in again
        assert {"t": "ack", "level": "read", "ids": ["n:2"]} in again
        await session.send(event(3))
        await session.rest()

    async with scripted(script) as hub, joined(hub) as client:
        inbox = client.inbox()
        await anext(inbox)
        two = await anext(inbox)
        assert isinstance(two, Notification)
        await two.read()
        assert await read(client, 1) == [3]
        assert len(hub.sessions) == 1


async def test_unseen_is_the_hubs_count() -> None:
    """The welcome's, one more for each live notification, and whatever a state frame says."""

    async def script(session: Session) -> None:
        await session.welcome(1, unseen=1)
        await session.send(event(1, replay=True), event(2))
        await session.until("ack", seq=2)
        await session.send({"t": "state", "seq": 2, "level": "shown", "by": "b", "unseen": 0}, event(3))
        await session.rest()

    async with scripted(script) as hub, joined(hub) as client:
        assert client.unseen == 1
        assert await read(client, 2) == [1, 2]
        assert client.unseen == 2
        assert await read(client, 1) == [3]
        assert client.unseen == 1


def change(offset: int, key: str, value: Any) -> dict[str, Any]:
    """An event of app:x."""
    base = event(1) | {"topic": "app:x", "offset": offset, "data": {"key": key, "value": value}}
    del base["seq"]
    return base


def whole(offset: int, data: Any, epoch: str = "e") -> dict[str, Any]:
    """A snapshot of app:x."""
    return {"t": "snapshot", "topic": "app:x", "epoch": epoch, "offset": offset, "data": data}


async def test_a_topic_is_state_and_changes_over_reconnects() -> None:
    """The snapshot, its changes, a resume from the position, and a fresh snapshot where nothing can be resumed."""

    async def first(session: Session) -> None:
        await session.welcome(0)
        sub = await session.until("sub", topic="app:x")
        place = {"epoch": "e", "offset": 4, "recovered": False}
        await session.send({"t": "reply", "id": sub["id"], "ok": True, "data": place}, whole(4, {"a": 1}), change(5, "b", 2))
        await session.send(change(5, "b", 2), change(7, "hole", 1))
        await session.rest()

    async def second(session: Session) -> None:
        assert session.hello["topics"] == {"app:x": {"epoch": "e", "offset": 5}}
        await session.welcome(0, app_x={"epoch": "e", "offset": 6, "recovered": True})
        await session.send(change(6, "a", None))

    async def third(session: Session) -> None:
        await session.welcome(0, app_x={"epoch": "f", "offset": 1, "recovered": False})
        await session.send(whole(1, {"z": 1}, "f"))
        await session.until("unsub", topic="app:x")
        await session.rest()

    async with scripted(first, second, third) as hub, joined(hub) as client:
        async with client.topic("app:x") as topic:
            assert topic.state == {"a": 1}
            assert isinstance(await anext(topic), Event)
            assert topic.state == {"a": 1, "b": 2}
            await anext(topic)
            assert topic.state == {"b": 2}
            assert isinstance(await anext(topic), Snapshot)
            assert topic.state == {"z": 1}
            with pytest.raises(ValueError, match="already"):
                async with client.topic("app:x"):
                    pass
        await asyncio.sleep(0)
    assert hub.sessions[2].frames[-1]["t"] == "unsub"


async def test_a_slow_topic_reader_holds_nobody_up() -> None:
    """Beyond its queue changes are dropped, and the topic is asked for again from where the reader stands."""

    async def script(session: Session) -> None:
        await session.welcome(1)
        for offset in itertools.count(4, 20):
            sub = await session.until("sub", topic="app:x")
            at = sub.get("offset", 4)
            place = {"epoch": "e", "offset": offset, "recovered": "offset" in sub}
            await session.send({"t": "reply", "id": sub["id"], "ok": True, "data": place})
            await session.send(*([] if "offset" in sub else [whole(4, {})]))
            await session.send(*(change(place, "n", place) for place in range(at + 1, 25)), event(1))

    async with scripted(script) as hub, joined(hub, queue=3) as client, client.topic("app:x") as topic:
        assert await read(client, 1) == [1]
        changes = [await anext(topic) for _ in range(20)]
        seen = [change.offset for change in changes if isinstance(change, Event)]
        assert seen == list(range(5, 25))
        assert topic.state == {"n": 24}
        assert len(hub.sessions) == 1


async def test_a_topic_that_is_not_ours() -> None:
    """The hub's refusal is raised where the block would begin."""

    async def script(session: Session) -> None:
        await session.welcome(0)
        sub = await session.until("sub")
        error = {"code": "no_such_topic", "message": "no", "temporary": False}
        await session.send({"t": "reply", "id": sub["id"], "ok": False, "error": error})
        await session.rest()

    async with scripted(script) as hub, joined(hub) as client:
        with pytest.raises(CallError, match="no_such_topic"):
            async with client.topic("app:x"):
                pass


async def test_a_topic_that_is_taken_away_ends_its_reader() -> None:
    """What was read until then is given, then the reader learns why no more comes; the client goes on, whatever else it is told."""

    async def script(session: Session) -> None:
        await session.welcome(0)
        sub = await session.until("sub")
        place = {"epoch": "e", "offset": 4, "recovered": False}
        await session.send({"t": "reply", "id": sub["id"], "ok": True, "data": place}, whole(4, {"n": 1}))
        left = {"t": "left", "topic": "app:x", "reason": "no_longer_allowed"}
        you = {"t": "you", "user": 7, "permissions": [], "read_only": False}
        await session.send(left, you, event(1))
        await session.rest()

    async with scripted(script) as hub, joined(hub) as client, client.topic("app:x") as topic:
        assert await read(client, 1) == [1]
        with pytest.raises(CallError, match="no_longer_allowed"):
            await anext(topic)
        assert len(hub.sessions) == 1


async def test_a_position_is_kept_in_a_file(tmp_path: Path) -> None:
    """The next run begins after what the last one has handled: not after what it was given and broke on."""
    kept = FilePositions(tmp_path / "position")

    async def script(session: Session) -> None:
        await sends(session, 1, 2, 3, 4, 5)
        await session.rest()

    async with scripted(script) as hub:
        async with joined(hub, since=0, positions=kept) as client:
            assert await read(client, 2) == [1, 2]
        assert await kept.load() == 2
        with suppress(ZeroDivisionError):
            async with joined(hub, since=None, positions=kept) as client:
                assert await read(client, 2) == [3, 4]
                raise ZeroDivisionError
        assert await kept.load() == 3
        async with joined(hub, since=None, positions=kept) as client:
            assert await read(client, 2) == [4, 5]
        assert [hello["since"] for hello in hub.hellos] == [0, 2, 3]
    assert os.listdir(tmp_path) == ["position"]


async def test_a_first_run_keeps_where_it_began(tmp_path: Path) -> None:
    """With nothing kept yet the inbox begins now, and a run that gets nothing still says where; what is older is not acknowledged."""
    kept = FilePositions(tmp_path / "position")

    async def script(session: Session) -> None:
        await session.welcome(40)
        await session.rest()

    async with scripted(script) as hub:
        async with joined(hub, since=None, positions=kept) as client:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await read(client, 1)
            assert not hub.sessions[0].frames
        assert await kept.load() == 40


async def test_a_bad_position_file_says_so(tmp_path: Path) -> None:
    """What is no position is not taken for one, and a folder that is gone is told to the reader."""
    (tmp_path / "position").write_text("12x")
    with pytest.raises(PositionsError, match="remove it"):
        async with connect("http://127.0.0.1:9", token="t", positions=FilePositions(tmp_path / "position")):
            pass

    async def script(session: Session) -> None:
        await sends(session, 1, 2)
        await session.rest()

    async with scripted(script) as hub:
        with pytest.raises(PositionsError, match="cannot be written"):
            async with joined(hub, positions=FilePositions(tmp_path / "gone" / "position")) as client:
                await read(client, 3)


async def test_cancelling_the_reader_loses_nothing() -> None:
    """A timeout round the reader takes no notification with it."""
    go = asyncio.Event()

    async def script(session: Session) -> None:
        await session.welcome(2)
        await go.wait()
        await session.send(event(1), event(2))
        await session.rest()

    async with scripted(script) as hub, joined(hub) as client:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await read(client, 1)
        go.set()
        assert await read(client, 2) == [1, 2]


async def test_cancelling_while_nobody_answers_leaves_nothing() -> None:
    """A hub that is not there is waited for, and the wait ends with its caller's patience."""
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1), connect("http://127.0.0.1:9", token="t", timing=FAST):
            raise AssertionError("nobody is there")


@pytest.mark.parametrize("token", ["", "two\r\nX-Lines: 2", "a b", "я"])
async def test_a_token_must_be_one(token: str) -> None:
    """What would be more than the value of one header is refused before anything is sent."""
    with pytest.raises(ValueError, match="no token"):
        async with connect("http://127.0.0.1:9", token=token):
            pass


@pytest.mark.parametrize("url", ["", "hub.example.org", "ftp://hub", "http://"])
async def test_a_url_must_be_one(url: str) -> None:
    """What is no address is a ValueError that shows one."""
    with pytest.raises(ValueError, match="looks like"):
        async with connect(url, token="t"):
            pass


@settings(max_examples=25, deadline=None)
@given(
    sessions=st.lists(
        st.tuples(st.integers(0, 9), st.sampled_from([None, 1001, 4001, 4002, 4004]), st.sampled_from(["", "twice", "hole"]))
    ),
    queue=st.sampled_from([1, 3, 1000]),
    wire=st.sampled_from(["json", "msgpack"]),
    calls=st.booleans(),
)
async def test_any_cuts_on_real_sockets_give_each_once(
    sessions: list[tuple[int, int | None, str]], queue: int, wire: Wire, calls: bool
) -> None:
    """However often the hub sends a few, repeats or skips one, and goes: all 30 come once and in order, with calls between or without."""
    left = iter(sessions)

    async def script(session: Session) -> None:
        since = session.hello["since"]
        count, code, fault = next(left, (30, None, "last"))
        await session.welcome(30)
        for seq in range(since + 1, min(30, since + count) + 1):
            await session.send(*[event(seq)] * (2 if fault == "twice" else 1))
        if fault == "last":
            while True:
                call = await session.until("call")
                await session.send({"t": "reply", "id": call["id"], "ok": True, "data": None})
        if fault == "hole" and since + count < 29:
            await session.send(event(since + count + 2))
        if code is not None:
            await session.socket.close(code)

    async with scripted(script) as hub, joined(hub, queue=queue, wire=wire) as client:
        got = []
        async for item in client.inbox():
            assert isinstance(item, Notification)
            got.append(item.seq)
            if calls:
                with suppress(TransportError):  # cut before the reply, as calls may be
                    await client.call("x")
            if len(got) == 30:
                break
        assert got == list(range(1, 31))
