"""What the hub answers, over a driver without a socket: hello, replay, sub, ack, calls, and what goes wrong in between."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hub.attempts import Ending
from hub.close import CloseCode
from hub.conversation import CallError, open_session, replay
from hub.event import Event, Format
from hub.hub import Hub
from hub.levels import Mark
from hub.notification import TopicEvent
from hub.principal import Principal
from hub.protocol import Hello
from hub.session import Limits, Session
from hub.store import events, inbox
from hub.topic import Topic, fold_by_key
from hub.unconfirmed import Unconfirmed
from hub.writer import StoreUnavailable
from tests.clock import START, Clock
from tests.conftest import sqlite_copy
from tests.follower import Follower
from tests.hub.driving import Line, principal, running
from tests.hub.ledgers import rows
from tests.hub.people import add_people
from tests.hub.values import note

SMALL = Limits(replay_page=3, topics=3, sessions_per_user=2, errors=5)


async def nobody(_principal: Principal, _name: str) -> bool:
    """May not read."""
    return False


@pytest.fixture
def store_url(store_file: Path, tmp_path: Path) -> str:
    """SQLite alone: what is answered is the same on every store."""
    return sqlite_copy(store_file, tmp_path)


@pytest.fixture
async def hub(store: AsyncEngine) -> AsyncIterator[Hub]:
    """A running hub with two people, small limits and a few topics."""
    await add_people(store, "u1", "u2")
    made = Hub(store, now=Clock(), limits=SMALL)
    made.topics.add(Topic(name="app:", fold=fold_by_key, publishable=True))
    made.topics.add(Topic(name="secret", fold=fold_by_key, may_read=nobody))
    async with running(made):
        yield made


async def settle(hub: Hub) -> None:
    """Lets what has been told arrive."""
    for _ in range(30):
        await asyncio.sleep(0)
    await asyncio.sleep(0.003)


async def connect(hub: Hub, follower: Follower, *, wire: Format = "json", user_id: int = 1, limits: Limits | None = None) -> Line:
    """A connection that has caught up."""
    line = Line(hub, follower, wire, limits=limits, user_id=user_id)
    await line.open()
    await catch_up(line)
    return line


async def catch_up(line: Line) -> None:
    """Until nothing moves on this line."""
    await settle(line.hub)
    for _ in range(200):
        if not await line.step():
            await settle(line.hub)
            if not await line.step():
                return
    raise AssertionError("the line never comes to rest")


def levels(follower: Follower) -> list[str]:
    """The levels of what the follower holds, by seq."""
    return [item.level for _, item in sorted(follower.items.items())]


async def publish(hub: Hub, *ids: str, **data: Any) -> None:
    """Notifications for user 1."""
    for event_id in ids:
        await hub.publish(note(event_id, 1, **data))


def tell(hub: Hub, key: str, value: Any, topic: str = "app:duty") -> None:
    """An event on a topic."""
    hub.publish_topic(topic, Event(source="/test", id=f"{key}{value}", type="t", time=START, data={"key": key, "value": value}))


@contextmanager
def stalled(hub: Hub) -> Iterator[None]:
    """While the block runs, nothing leaves this node's bus: commits are ahead of what is told."""
    gate, send = asyncio.Event(), hub.bus.publish_many

    async def wait(channel: str, messages: Any) -> None:
        await gate.wait()
        await send(channel, messages)

    hub.bus.publish_many = wait  # type: ignore[method-assign]  # the fault
    try:
        yield
    finally:
        gate.set()
        hub.bus.publish_many = send  # type: ignore[method-assign]


# -- hello and replay --------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", ["json", "msgpack"])
async def test_from_now_on(hub: Hub, wire: Format) -> None:
    """Without a position nothing is replayed; the welcome names the head, the count and who it is for."""
    await publish(hub, "a", "b")
    follower = Follower("d", since=None)
    await (await connect(hub, follower, wire=wire)).step()
    assert (follower.position, follower.unseen, follower.accepted) == (2, 2, [])


@pytest.mark.parametrize("wire", ["json", "msgpack"])
@pytest.mark.parametrize("since", [0, 3, 7, 10])
async def test_what_was_missed_is_replayed_in_pages(hub: Hub, wire: Format, since: int) -> None:
    """Each event after the position comes once, in order, with its level, however many pages it takes."""
    await publish(hub, *(f"e{n}" for n in range(1, 11)))
    await hub.mark(Mark(user_id=1, change="read", device="x", now=START, ids=("e9",)))
    follower = Follower("d", since=since)
    await connect(hub, follower, wire=wire)
    assert [item.seq for item in follower.accepted] == list(range(since + 1, 11))
    assert [item.level for item in follower.accepted if item.id == "e9"] == (["read"] if since < 9 else [])
    assert follower.unseen == 9


async def test_a_position_beyond_the_head_is_lost(hub: Hub) -> None:
    """A client that knows more than the hub must begin anew: 4003."""
    await publish(hub, "a")
    line = await connect(hub, Follower("d", since=2))
    assert line.ended is not None
    assert line.ended.code is CloseCode.STATE_LOST
    assert len(hub.presence) == 0


async def test_one_session_too_many(hub: Hub) -> None:
    """The bound of sessions a person holds; others are not affected, and a place that is freed is free."""
    first, _ = await connect(hub, Follower("a")), await connect(hub, Follower("b"))
    third = await connect(hub, Follower("c"))
    assert third.ended is not None
    assert third.ended.code is CloseCode.TOO_MANY_SESSIONS
    assert (await connect(hub, Follower("d"), user_id=2)).ended is None
    first.drop()
    assert (await connect(hub, Follower("c"))).ended is None


@pytest.mark.parametrize("fault", [RuntimeError("a bug"), asyncio.CancelledError(), sa.exc.OperationalError("", {}, Exception())])
async def test_a_hello_that_fails_leaves_nobody_behind(hub: Hub, monkeypatch: pytest.MonkeyPatch, fault: BaseException) -> None:
    """Whatever breaks a hello, also its deadline, the session is not counted as here for ever."""

    async def broken(_user: int, _now: Any) -> Any:
        raise fault

    monkeypatch.setattr(hub.ledger, "head", broken)
    session = Session(principal(), "d", "json", hub.limits, lambda: None)
    with pytest.raises(type(fault)):
        await open_session(hub, session, Hello(v=1, device="d"))
    assert len(hub.presence) == 0
    assert hub.delivery.jobs() == []


async def test_a_store_that_takes_no_writes_still_welcomes(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading goes on while the disk is full: a resumed position that cannot be noted as received refuses nobody."""
    await publish(hub, "a", "b")

    async def full(_mark: Mark) -> int:
        raise StoreUnavailable("full")

    monkeypatch.setattr(hub, "mark", full)
    follower = Follower("d", since=1)
    assert (await connect(hub, follower)).ended is None
    assert [item.id for item in follower.accepted] == ["b"]


async def test_a_resumed_position_is_a_receipt(hub: Hub) -> None:
    """What was sent to the client and handled was received, even if its ack was lost with the connection."""
    await publish(hub, "a", "b", "c")
    await lose_acks(hub, since=0)
    await connect(hub, Follower("d", since=2))
    await settle(hub)
    assert await states(hub) == ["received", "received", "pending"]


async def test_a_resumed_position_is_a_receipt_while_the_old_connection_seems_alive(hub: Hub) -> None:
    """A client may be back before its old connection is known to be gone."""
    await publish(hub, "a", "b")
    await lose_acks(hub, since=0, leave=False)
    await connect(hub, Follower("d", since=1))
    await settle(hub)
    assert await states(hub) == ["received", "pending"]


async def test_a_position_confirms_nothing_that_was_not_sent(hub: Hub) -> None:
    """A client that joined "from now on" and resumes there has received nothing of what was before; nor has another device."""
    await publish(hub, "a", "b")
    await lose_acks(hub, since=None)
    await publish(hub, "c")
    await connect(hub, Follower("d", since=2))
    await connect(hub, Follower("e", since=3))
    await settle(hub)
    assert await states(hub) == ["pending", "pending", "pending"]


async def test_what_was_sent_unconfirmed_is_bounded() -> None:
    """However many devices come and go, so many are remembered; what was confirmed is not."""
    unconfirmed = Unconfirmed(most=2)
    for number in range(5):
        unconfirmed.left(at(number, 1, 4))
    unconfirmed.left(at(9, 4, 4))
    assert (len(unconfirmed), unconfirmed.of(2, "d"), unconfirmed.of(4, "d"), unconfirmed.of(9, "d")) == (2, None, (1, 4), None)
    unconfirmed.left(at(4, 4, 6))
    assert unconfirmed.of(4, "d") == (1, 6)
    unconfirmed.left(at(4, 8, 9))
    assert unconfirmed.of(4, "d") == (8, 9)


def at(user_id: int, received: int, sent: int) -> Session:
    """A session of device `d` that has got so far."""
    session = Session(principal(user_id), "d", "json", Limits(), lambda: None)
    session.received_seq, session.sent_seq = received, sent
    return session


async def lose_acks(hub: Hub, *, since: int | None, leave: bool = True) -> None:
    """Device `d` is sent its inbox and the connection ends before it has confirmed any of it."""
    session = at(1, 0, 0)
    await open_session(hub, session, Hello(v=1, device="d", since=since))
    await replay(hub, session)
    if leave:
        hub.leave(session)


async def states(hub: Hub) -> list[str]:
    """Where each notification of person 1 has got to."""
    return [row.state for row in await rows(hub.ledger._engine, 1)]


@pytest.mark.parametrize(("pruned", "accepted"), [([1, 2], [3, 4, 5]), ([3], [1, 2, 4, 5]), ([5], [1, 2, 3, 4]), ([1, 2, 3, 4, 5], [])])
async def test_what_is_gone_is_told_as_a_gap(hub: Hub, pruned: list[int], accepted: list[int]) -> None:
    """Rows that were pruned are named as positions that never come; the rest is whole, and what follows is live."""
    await publish(hub, *(f"e{n}" for n in range(1, 6)))
    async with hub.ledger._engine.begin() as connection:
        await connection.execute(sa.delete(inbox).where(inbox.c.seq.in_(pruned)))
    follower = Follower("d", since=0)
    line = await connect(hub, follower)
    assert ([item.seq for item in follower.accepted], follower.position) == (accepted, 5)
    await publish(hub, "live")
    await catch_up(line)
    assert follower.accepted[-1].seq == 6


async def test_an_event_that_comes_while_nothing_is_found_is_not_called_gone(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is empty because its rows were pruned; the event that commits while it was read is not in the gap."""
    await publish(hub, "a")
    async with hub.ledger._engine.begin() as connection:
        await connection.execute(sa.delete(inbox))
    after, once = hub.ledger.after, [True]

    async def then_one_more(user_id: int, seq: int, limit: int) -> Any:
        found = await after(user_id, seq, limit)
        if once:
            once.pop()
            await publish(hub, "b")
            await settle(hub)
        return found

    monkeypatch.setattr(hub.ledger, "after", then_one_more)
    follower = Follower("d", since=0)
    await connect(hub, follower)
    assert ([item.id for item in follower.accepted], follower.position) == (["b"], 2)


@contextmanager
def meanwhile(topic: Topic, act: Callable[[], Awaitable[None]]) -> Iterator[None]:
    """Has `act` happen while a hello asks whether the person may read this topic."""
    allowed = topic.may_read

    async def may_read(who: Principal, name: str) -> bool:
        await act()
        return await allowed(who, name)

    object.__setattr__(topic, "may_read", may_read)
    yield
    object.__setattr__(topic, "may_read", allowed)


async def test_what_happens_during_a_hello_is_neither_lost_nor_doubled(hub: Hub) -> None:
    """Events, marks and topic events between attaching and the welcome: all there once, and the count is right."""
    await publish(hub, "a", "b")
    topic = hub.topics.find("app:duty")
    assert topic is not None

    async def act() -> None:
        await publish(hub, "c")
        await hub.mark(Mark(user_id=1, change="read", device="x", now=START, ids=("a",)))
        await publish(hub, "d")
        tell(hub, "k", 1)
        await settle(hub)

    follower = Follower("d", since=0, topics=("app:duty",))
    with meanwhile(topic, act):
        line = await connect(hub, follower)
    await catch_up(line)
    assert [item.id for item in follower.accepted] == ["a", "b", "c", "d"]
    assert levels(follower) == ["read", "received", "received", "received"]
    assert (follower.unseen, follower.topics["app:duty"].state) == (3, {"k": 1})


async def test_a_count_that_is_told_late_does_not_stay(hub: Hub) -> None:
    """The bus lags: a mark and an event have committed, the replay brings the event, then the mark's older count comes."""
    await publish(hub, *(f"e{n}" for n in range(1, 7)))
    with stalled(hub):
        await hub.mark(Mark(user_id=1, change="shown", device="x", now=START, ids=("e1",)))
        await publish(hub, "e7")
        follower = Follower("d", since=6)
        line = Line(hub, follower, "json")
        await line.open()
        await line.step()
        await line.step()
    await catch_up(line)
    assert [item.id for item in follower.accepted] == ["e7"]
    assert follower.unseen == 6


async def test_a_hole_on_the_bus_is_filled_from_the_ledger(hub: Hub) -> None:
    """A message that the full bus dropped is fetched when the next one shows the hole; the count is right afterwards."""
    follower = Follower("d", since=0)
    line = await connect(hub, follower)
    send = hub._send
    hub._send = lambda message: None  # type: ignore[method-assign]  # dropped
    await publish(hub, "a", "b")
    hub._send = send  # type: ignore[method-assign]
    await publish(hub, "c")
    await catch_up(line)
    assert [item.id for item in follower.accepted] == ["a", "b", "c"]
    assert follower.unseen == 3


async def test_large_events_are_replayed_within_the_queues_bound(hub: Hub) -> None:
    """A page whose events are larger than the queue takes comes in smaller pieces: who reads fast is never called slow."""
    limits = Limits(queue_bytes=30_000, replay_page=200)
    await publish(hub, *(f"e{n}" for n in range(40)), body="ы" * 2000)
    follower = Follower("d", since=0)
    line = await connect(hub, follower, limits=limits)
    assert line.ended is None
    assert len(follower.accepted) == 40


async def test_a_level_never_goes_back_to_an_older_word(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mark that is told while a page is being read comes after the page."""
    await publish(hub, "a", "b")
    after = hub.ledger.after

    async def then_read(user_id: int, seq: int, limit: int) -> Any:
        found = await after(user_id, seq, limit)
        await hub.mark(Mark(user_id=1, change="read", device="x", now=START, ids=("b",)))
        await settle(hub)
        return found

    monkeypatch.setattr(hub.ledger, "after", then_read)
    follower = Follower("d", since=0)
    line = Line(hub, follower, "json")
    await line.open()
    await line.step()
    monkeypatch.setattr(hub.ledger, "after", after)
    await catch_up(line)
    assert (levels(follower), follower.unseen) == (["received", "read"], 1)


# -- live --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", ["json", "msgpack"])
async def test_live_events_come_at_once_and_are_counted(hub: Hub, wire: Format) -> None:
    """A publish reaches every session of the person and nobody else's."""
    mine, also, other = Follower("a"), Follower("b"), Follower("c")
    lines = [await connect(hub, mine, wire=wire), await connect(hub, also), await connect(hub, other, user_id=2)]
    await publish(hub, "a", "b")
    for line in lines:
        await catch_up(line)
    assert [[item.id for item in f.accepted] for f in (mine, also, other)] == [["a", "b"], ["a", "b"], []]
    assert (mine.unseen, also.unseen, other.unseen) == (2, 2, 0)


async def test_a_duplicate_is_not_sent_again(hub: Hub) -> None:
    """Publishing the same event twice shows it once, in the inbox and on a topic."""
    follower = Follower("d", topics=("app:duty",))
    line = await connect(hub, follower)
    event = Event(source="/x", id="1", type="t", time=START, data={"key": "k", "value": 1})
    for _ in range(2):
        await publish(hub, "a")
        await hub.publish(topics=[TopicEvent("app:duty", event)])
    await catch_up(line)
    assert len(follower.accepted) == 1
    assert (follower.topics["app:duty"].offset, follower.topics["app:duty"].state) == (1, {"k": 1})


async def test_every_session_is_told_of_a_level(hub: Hub) -> None:
    """What one device did is told to all, the one that did it included, with the device and the count."""
    await publish(hub, "a", "b")
    one, two = Follower("one", since=0), Follower("two", since=0)
    lines = [await connect(hub, one), await connect(hub, two)]
    one.ack("read", ids=["a"])
    two.ack("shown", seq=2)
    for line in lines * 2:
        await catch_up(line)
    for follower in (one, two):
        assert (levels(follower), follower.unseen) == (["read", "shown"], 0)


async def test_calls_of_the_inbox(hub: Hub) -> None:
    """done, undone, unread, snooze and its return, each told to those who follow, each answered with the count."""
    await publish(hub, "a", "b")
    follower = Follower("d", since=0)
    line = await connect(hub, follower)
    expected = {
        "inbox.done": (["done", "received"], 1),
        "inbox.undone": (["shown", "received"], 1),
        "inbox.unread": (["received", "received"], 2),
        "inbox.snooze": (["done", "received"], 1),
    }
    for name, (after, unseen) in expected.items():
        until = {"until": (START + timedelta(hours=1)).isoformat()} if name == "inbox.snooze" else {}
        follower.call(name, ids=["a"], **until)
        await catch_up(line)
        assert (name, levels(follower), follower.unseen) == (name, after, unseen)
    await hub.ledger.wake(1, [1], START + timedelta(hours=1))
    await catch_up(line)
    assert (levels(follower), follower.unseen) == (["received", "received"], 2)
    assert follower.errors == []


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("inbox.done", {}),
        ("inbox.done", {"ids": []}),
        ("inbox.done", {"ids": "a"}),
        ("inbox.done", {"ids": [1]}),
        ("inbox.unread", {"ids": ["a"] * 501}),
        ("inbox.snooze", {"ids": ["a"]}),
        ("inbox.snooze", {"ids": ["a"], "until": "soon"}),
        ("inbox.snooze", {"ids": ["a"], "until": "2026-11-23T12:00:00"}),
        ("inbox.snooze", {"ids": ["a"], "until": "2026-11-23T08:59:00Z"}),
        ("inbox.snooze", {"ids": ["a"], "until": "2028-11-23T08:59:00Z"}),
        ("inbox.snooze", {"ids": ["a"], "until": {"x": 1}}),
        ("inbox.levels", {}),
        ("inbox.levels", {"from": -1}),
        ("inbox.levels", {"from": True}),
        ("inbox.levels", {"from": "1"}),
        ("inbox.levels", {"from": 1.5}),
        ("no.such", {}),
    ],
)
async def test_bad_calls_are_answered(hub: Hub, name: str, args: dict[str, Any]) -> None:
    """A call that cannot be done is answered with a code; nothing changes and the session goes on."""
    await publish(hub, "a")
    follower = Follower("d", since=0)
    line = await connect(hub, follower)
    follower.call(name, **args)
    await catch_up(line)
    assert [error["code"] for error in follower.errors] == ["no_such_call" if name == "no.such" else "bad_field"]
    assert (levels(follower), line.ended) == (["received"], None)


async def test_calls_of_other_areas(hub: Hub) -> None:
    """An area's call is given the session and its arguments; its own refusal is its answer; its bug ends nothing."""

    async def add(session: Session, args: Mapping[str, Any]) -> Any:
        if args["a"] < 0:
            raise CallError("negative", "only from 0", temporary=True)
        return {"sum": args["a"] + args["b"], "who": session.principal.name}

    hub.calls["sum"] = add
    follower = Follower("d")
    line = await connect(hub, follower)
    replies: list[Any] = []
    take = follower.take

    def note_replies(frame: Any) -> None:
        if frame["t"] == "reply":
            replies.append(frame)
        take(frame)

    follower.take = note_replies  # type: ignore[method-assign]  # the test looks at replies
    for args in ({"a": 1, "b": 2}, {"a": -1}, {"a": 1}):
        follower.call("sum", **args)
    with capture_logs() as logs:
        await catch_up(line)
    assert replies[0]["data"] == {"sum": 3, "who": "u1"}
    assert replies[1]["error"] == {"code": "negative", "message": "only from 0", "temporary": True}
    assert (replies[2]["error"]["code"], replies[2]["id"]) == ("internal_error", 3)
    assert [line["event"] for line in logs if line["log_level"] == "error"] == ["command_failed"]
    assert line.ended is None


async def test_an_ack_that_was_not_stored_can_be_said_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receipt that the store did not take is not remembered as one: the next one covers it."""
    follower = Follower("d", since=0)
    line = await connect(hub, follower)
    later, failures = hub.ledger.mark_later, [StoreUnavailable("locked")]

    def once_locked(one: Mark, on_error: Callable[[Exception], None]) -> None:
        if failures:
            on_error(failures.pop())
        else:
            later(one, on_error)

    await publish(hub, "a")
    monkeypatch.setattr(hub.ledger, "mark_later", once_locked)
    await catch_up(line)
    follower.flush()
    await catch_up(line)
    assert [error["code"] for error in follower.errors] == ["store_unavailable"]
    await publish(hub, "b")
    await catch_up(line)
    follower.flush()
    await catch_up(line)
    assert [row.state for row in await rows(hub.ledger._engine, 1)] == ["received", "received"]


async def test_an_ack_of_what_was_not_sent_is_refused(hub: Hub) -> None:
    """Nobody acknowledges the future."""
    await publish(hub, "a")
    follower = Follower("d", since=0)
    line = await connect(hub, follower)
    follower.ack("received", seq=2)
    await catch_up(line)
    assert [error["code"] for error in follower.errors] == ["bad_field"]


async def test_too_many_errors_end_the_session(hub: Hub) -> None:
    """The bound of client errors closes with 4504."""
    follower = Follower("d")
    line = await connect(hub, follower)
    for _ in range(5):
        follower.call("no.such")
    await line.step()
    await line.step()
    assert line.ended is not None
    assert line.ended.code is CloseCode.TOO_MANY_ERRORS


async def test_a_second_hello_ends_the_session(hub: Hub) -> None:
    """hello comes once."""
    follower = Follower("d")
    line = await connect(hub, follower)
    follower.up.append({"t": "hello", "v": 1, "device": "d"})
    await line.step()
    await line.step()
    assert line.ended is not None
    assert line.ended.code is CloseCode.PROTOCOL_ERROR


async def test_the_keyboard_is_remembered(hub: Hub) -> None:
    """active and pong are taken in silence."""
    follower = Follower("d")
    line = await connect(hub, follower)
    follower.up += [{"t": "active", "on": True}, {"t": "pong"}]
    await catch_up(line)
    assert (line.session.active, follower.errors) == (True, [])


# -- topics ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", ["json", "msgpack"])
async def test_a_topic_is_followed_and_resumed(hub: Hub, wire: Format) -> None:
    """A snapshot, live events, a lost connection, the missed ones: never the whole again while the log has them."""
    tell(hub, "k", 1)
    follower = Follower("d", topics=("app:duty",))
    line = await connect(hub, follower, wire=wire)
    tell(hub, "k", 2)
    await catch_up(line)
    line.drop()
    tell(hub, "l", 3)
    line = await connect(hub, follower, wire=wire)
    tell(hub, "k", None)
    await catch_up(line)
    view = follower.topics["app:duty"]
    assert (view.state, view.offset) == ({"l": 3}, 4)


async def test_joining_and_leaving(hub: Hub) -> None:
    """sub brings the state and then the events; after unsub nothing comes, leaving twice does no harm."""
    follower = Follower("d")
    line = await connect(hub, follower)
    follower.subscribe("app:duty")
    await catch_up(line)
    tell(hub, "k", 1)
    await catch_up(line)
    assert follower.topics["app:duty"].state == {"k": 1}
    follower.unsubscribe("app:duty")
    follower.unsubscribe("app:duty")
    await catch_up(line)
    assert not hub.presence.reads("app:duty")
    tell(hub, "k", 2)
    await settle(hub)
    assert (line.session.take(), follower.errors) == ([], [])


@pytest.mark.parametrize("topic", ["nope", "app", "app:", "inbox", "secret", "APP:x", "app:x y"])
async def test_topics_that_are_not_there_or_not_yours(hub: Hub, topic: str) -> None:
    """Both get the same answer, by sub and silently by hello: who may not read learns nothing."""
    follower = Follower("d", topics=(topic,))
    line = await connect(hub, follower)
    assert (follower.topics[topic].epoch, hub.presence.reads(topic)) == (None, False)
    follower.subscribe(topic)
    await catch_up(line)
    assert [error["code"] for error in follower.errors] == ["no_such_topic"]


async def test_the_bound_of_topics(hub: Hub) -> None:
    """One topic more than the bound is refused by sub, and left out by hello; joining one again is no new one."""
    follower = Follower("d", topics=tuple(f"app:t{n}" for n in range(5)))
    line = await connect(hub, follower)
    assert len(line.session.topics) == 3
    follower.subscribe("app:t0")
    follower.subscribe("app:more")
    await catch_up(line)
    assert [error["code"] for error in follower.errors] == ["too_many_topics"]


async def test_a_resume_larger_than_the_queue_becomes_a_snapshot(hub: Hub) -> None:
    """Who missed more than the queue takes gets the state instead, and is not closed as slow for ever after."""
    limits = Limits(queue_frames=40)
    follower = Follower("d", topics=("app:a", "app:b", "app:c"))
    line = await connect(hub, follower, limits=limits)
    line.drop()
    for number in range(30):
        for topic in ("app:a", "app:b", "app:c"):
            tell(hub, f"k{number % 3}", number, topic)
    await settle(hub)
    line = await connect(hub, follower, limits=limits)
    assert line.ended is None
    for view in follower.topics.values():
        assert (view.offset, view.state) == (30, {"k0": 27, "k1": 28, "k2": 29})


async def test_a_reader_too_slow_for_a_topic_is_closed(hub: Hub) -> None:
    """4001 for the one who does not read; the others go on."""
    slow, quick = Follower("slow", topics=("app:duty",)), Follower("quick", topics=("app:duty",))
    one = await connect(hub, slow, limits=Limits(queue_frames=5))
    two = await connect(hub, quick)
    for number in range(10):
        tell(hub, "k", number)
    await settle(hub)
    await catch_up(two)
    await one.step()
    assert one.ended is not None
    assert one.ended.code is CloseCode.SLOW_CONSUMER
    assert quick.topics["app:duty"].state == {"k": 9}


# -- the end -----------------------------------------------------------------------------------------


async def test_a_revoked_sign_in_is_closed(hub: Hub) -> None:
    """Sockets of an ended sign-in close with 4501; others stay."""
    one, two = Line(hub, Follower("a"), "json"), Line(hub, Follower("b"), "json", user_id=2)
    for line, name in ((one, "x"), (two, "y")):
        object.__setattr__(line.session.principal, "session_hash", name)
        await line.open()
    hub.revoke(["x"], "signed out")
    hub.revoke([], "nobody")
    await settle(hub)
    assert [line.session.closing and line.session.closing.code for line in (one, two)] == [CloseCode.REVOKED, None]


async def test_draining_says_when_to_come_back(hub: Hub) -> None:
    """Every session is told a window and closed with 4000, what was queued goes out, and the drain ends when all have left."""
    follower = Follower("d", since=0)
    line = await connect(hub, follower)
    await publish(hub, "a")
    await settle(hub)
    draining = asyncio.create_task(hub.drain(within_s=2))
    await asyncio.sleep(0.05)
    await line.step()
    assert (follower.drain_window, [item.id for item in follower.accepted]) == ((0.2, 1.002), ["a"])
    assert line.ended is not None
    assert line.ended.code is CloseCode.DRAINING
    await draining


async def test_a_session_that_left_is_told_nothing(hub: Hub) -> None:
    """After the connection is gone nothing is queued for it, and leaving twice does no harm."""
    follower = Follower("d", topics=("app:duty",))
    line = await connect(hub, follower)
    line.drop()
    hub.leave(line.session)
    await publish(hub, "a")
    tell(hub, "k", 1)
    await settle(hub)
    assert (line.session.take(), len(hub.presence), hub.presence.reads("app:duty")) == ([], 0, False)


async def test_an_expired_row_is_still_in_the_inbox(hub: Hub) -> None:
    """The ledger's end of a notification is not the inbox's: it is replayed all the same."""
    await publish(hub, "a")
    await hub.ledger.settle([Ending(1, 1, "expired", "muted", None, False, START)])
    follower = Follower("d", since=0)
    await connect(hub, follower)
    assert levels(follower) == ["received"]
    async with hub.ledger._engine.connect() as connection:
        assert (await connection.execute(sa.select(sa.func.count()).select_from(events))).scalar_one() == 1
