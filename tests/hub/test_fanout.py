"""From the bus to the sessions: everybody gets everything once and in order, whatever else they do meanwhile."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hub.close import CloseCode
from hub.event import Event, Format
from hub.fanout import Fanout
from hub.log import TopicLog
from hub.messages import Deliver, Revoke, StateChange
from hub.presence import Presence
from hub.protocol import Position, encode, event_frame, reply, snapshot
from hub.session import Limits, Session
from hub.topic import Topic, fold_by_key
from hub.writes import COMPILED
from tests.clock import START
from tests.hub.ends import End, SocketEnd
from tests.hub.turns import Turns

TOPIC = Topic(name="app:", fold=fold_by_key)
FORMATS: tuple[Format, ...] = ("json", "msgpack")
COMPILED_ONLY = pytest.mark.skipif(not COMPILED, reason="hub/speedups.c is not compiled; its own test fails for that under CI")


def event(number: int, **data: Any) -> Event:
    """An event that can be told from all others."""
    return Event(source="/test", id=str(number), type="t", time=START, data=data or {"key": "k", "value": number})


class World:
    """One node's presence, fan-out and topic logs, over a loop that is turned by hand."""

    def __init__(self, *, at_once: int = 2000, flush_s: float = 0.002, **limits: int) -> None:
        self.turns, self.presence = Turns(), Presence()
        self.fanout = Fanout(self.presence, flush_s=flush_s, at_once=at_once)
        self.limits = Limits(**limits)  # type: ignore[arg-type]  # bounds that are whole numbers
        self.logs: dict[str, TopicLog] = {}
        self.published = 0

    def log(self, topic: str) -> TopicLog:
        """The history of a topic."""
        return self.logs.setdefault(topic, TopicLog(TOPIC, max_events=10))

    def end(self, wire: Format = "json", *topics: str, direct: bool = True, fd: bool = False, user_id: int = 1) -> End:
        """A session that reads these topics from now on; with `fd` by a real socket."""
        if fd:
            made: End = SocketEnd(self.presence, wire, self.limits, user_id=user_id)
        else:
            made = End(self.presence, wire, self.limits, direct=direct, user_id=user_id)
        made.session.live = True
        for topic in topics:
            self.presence.subscribe(made.session, topic, self.log(topic).offset)
        return made

    def publish(self, topic: str = "app:a") -> int:
        """One event; its offset."""
        self.published += 1
        encoded = event(self.published).encode()
        offset = self.log(topic).append(encoded, START)
        with self.turns.running():
            self.fanout.publish(topic, offset, encoded)
        return offset


def offsets(end: End, topic: str = "app:a") -> list[int]:
    """The offsets of this topic that an end was told, in the order they came."""
    return [message["offset"] for message in end.got if message["t"] == "event" and message["topic"] == topic]


# -- by values --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", FORMATS)
@pytest.mark.parametrize("direct", [True, False])
def test_readers_get_what_is_published(wire: Format, direct: bool) -> None:
    """Each event reaches each reader of its topic, in order, with its data; others get nothing."""
    world = World()
    reader, other = world.end(wire, "app:a", direct=direct), world.end(wire, "app:b")
    for _ in range(3):
        world.publish()
        world.turns.rest()
    reader.resume()
    assert [(m["offset"], m["data"]["value"]) for m in reader.got] == [(1, 1), (2, 2), (3, 3)]
    assert other.got == []


def test_events_of_one_turn_are_one_write() -> None:
    """What comes before the flush is joined: a reader costs one write for all of it."""
    world = World()
    reader = world.end("json", "app:a")
    for _ in range(5):
        world.publish()
    world.turns.rest()
    assert (offsets(reader), reader.writes) == ([1, 2, 3, 4, 5], 1)


def test_single_events_go_at_once() -> None:
    """An event that comes after the write of a single one leaves with the next turn."""
    world = World(flush_s=0.5)
    reader = world.end("json", "app:a")
    for number in range(1, 4):
        world.publish()
        world.turns.turn()
        assert offsets(reader) == list(range(1, number + 1))


@pytest.mark.parametrize(("joined", "rest_s"), [(2, 0.25), (3, 0.25), (4, 0.5), (9, 0.5)])
def test_after_a_write_that_joined_events_the_next_ones_gather(joined: int, rest_s: float) -> None:
    """They come faster than they are written: what follows waits until `flush_s` has passed since that write, half of it after a few."""
    world = World(flush_s=0.5)
    reader = world.end("json", "app:a")
    for _ in range(joined):
        world.publish()
    world.turns.turn()
    assert (len(offsets(reader)), reader.writes) == (joined, 1)
    world.publish()
    world.turns.turn(rest_s - 0.05)
    assert reader.writes == 1
    world.publish()
    world.turns.turn(0.1)
    assert (len(offsets(reader)), reader.writes) == (joined + 2, 2)
    world.turns.turn(0.5)
    world.publish()
    world.turns.turn()
    assert (len(offsets(reader)), reader.writes) == (joined + 3, 3)


@COMPILED_ONLY
@pytest.mark.parametrize("wire", FORMATS)
def test_readers_by_descriptor(wire: Format) -> None:
    """Sent beside the session's own writes, everything comes in order; what a full socket does not take, its transport keeps."""
    world = World(queue_frames=500)
    readers = [world.end(wire, "app:a", fd=True) for _ in range(3)]
    readers[1].pause()
    for number in range(40):
        world.publish()
        for reader in readers:
            reader.session.send({"t": "reply", "id": number})
        world.turns.rest()
        assert [len(reader.got) for reader in readers] == [2 * number + 2, 0, 2 * number + 2]
    assert [reader.hot for reader in readers] == [True, False, True]
    assert readers[1].session.queued_frames > 0
    for reader in readers:
        reader.resume()
        assert [m["offset"] for m in reader.got if m["t"] == "event"] == list(range(1, 41))
        assert [m["id"] for m in reader.got if m["t"] == "reply"] == list(range(40))
    assert all(reader.hot for reader in readers)


@COMPILED_ONLY
def test_slow_between_two_slices_by_descriptor() -> None:
    """Who has turned slow before its slice is not sent to beside what its transport keeps."""
    world = World(at_once=1)
    first, late = world.end("json", "app:a", fd=True), world.end("json", "app:a", fd=True)
    world.publish()
    world.turns.turn()
    (late,) = [end for end in (first, late) if not end.got]
    late.pause()
    for number in range(100):
        late.session.send({"t": "reply", "id": number, "data": "x" * 1000})
    assert not late.hot
    world.turns.rest()
    late.resume()
    assert [m["t"] for m in late.got] == ["reply"] * 100 + ["event"]


def test_nobody_reads() -> None:
    """An event that nobody reads costs no turn of the loop and leaves nothing behind."""
    world = World()
    world.publish()
    assert world.turns.waiting == 0


def test_a_large_fan_out_is_sliced() -> None:
    """No turn writes to more than `at_once` sockets, over all topics and formats together."""
    world = World(at_once=3)
    ends = [world.end(wire, topic) for wire in FORMATS for topic in ("app:a", "app:b") for _ in range(2)]
    world.publish("app:a")
    world.publish("app:b")
    before = 0
    while world.turns.waiting:
        world.turns.turn()
        written = sum(end.writes for end in ends)
        assert written - before <= 3
        before = written
    assert [len(end.got) for end in ends] == [1] * 8


def test_cold_readers_are_sliced_too() -> None:
    """Ten who have just come, and are not served together yet, take as many turns as ten others."""
    world = World(at_once=3)
    ends = [world.end("json", "app:a") for _ in range(10)]
    for end in ends:
        end.session.send({"t": "reply", "id": 1})
        world.presence.subscribe(end.session, "app:a", 1)  # ahead of the topic: cold
    world.publish()
    world.publish()
    written = [end.writes for end in ends]
    while world.turns.waiting:
        world.turns.turn()
        now = [end.writes for end in ends]
        assert sum(now) - sum(written) <= 3
        written = now
    assert [offsets(end) for end in ends] == [[2]] * 10


def test_large_events_leave_in_several_writes() -> None:
    """What is joined is bounded in bytes; the rest follows, in order, with the next flush."""
    world = World(flush_s=0.0)
    reader = world.end("json", "app:a")
    for number in range(1, 6):
        encoded = event(number, key="k", value="x" * 100_000).encode()
        with world.turns.running():
            world.fanout.publish("app:a", world.log("app:a").append(encoded, START), encoded)
    world.turns.rest()
    assert (offsets(reader), reader.writes) == ([1, 2, 3, 4, 5], 3)


def test_what_is_published_during_a_flush_comes_after_it() -> None:
    """Events that come between two slices wait for their own flush: nobody gets the later one first."""
    world = World(at_once=1)
    ends = [world.end("json", "app:a") for _ in range(3)]
    world.publish()
    world.turns.turn()
    world.publish()
    world.turns.rest()
    assert [offsets(end) for end in ends] == [[1, 2]] * 3


def half_written(world: World, *wires: Format) -> tuple[list[End], End]:
    """Readers in the middle of a flush: those who have it, and one whose turn is still to come."""
    ends = [world.end(wire, "app:a") for wire in wires]
    world.publish()
    world.turns.turn()
    (late, *_) = waiting = [end for end in ends if not end.got]
    return [end for end in ends if end not in waiting], late


# each race once for a slice of the same format and once for a format whose first turn it is
LATE = pytest.mark.parametrize("wires", [("json", "json"), ("json", "msgpack"), ("msgpack", "json")])


@LATE
def test_closed_between_two_slices(wires: tuple[Format, Format]) -> None:
    """A session that ends before its slice is not written to any more: its close frame was the last."""
    world = World(at_once=1)
    _, late = half_written(world, *wires)
    late.leave()
    world.turns.rest()
    assert (late.got, world.turns.failures) == ([], [])


@LATE
def test_left_between_two_slices(wires: tuple[Format, Format]) -> None:
    """Who leaves the topic before its slice gets nothing after the answer to that."""
    world = World(at_once=1)
    _, late = half_written(world, *wires)
    world.presence.unsubscribe(late.session, "app:a")
    world.turns.rest()
    assert late.got == []


@LATE
def test_joined_anew_between_two_slices(wires: tuple[Format, Format]) -> None:
    """Who joins again, and so is told by its replay, is not told by the flush too."""
    world = World(at_once=1)
    _, late = half_written(world, *wires)
    world.presence.subscribe(late.session, "app:a", 1)
    world.publish()
    world.turns.rest()
    assert offsets(late) == [2]


@LATE
def test_paused_between_two_slices(wires: tuple[Format, Format]) -> None:
    """Who turns slow before its slice has the events queued, within its bound, and gets them in order."""
    world = World(at_once=1)
    _, late = half_written(world, *wires)
    late.pause()
    world.turns.rest()
    assert (late.got, late.session.queued_frames) == ([], 1)
    world.publish()
    world.turns.rest()
    late.resume()
    assert offsets(late) == [1, 2]


@LATE
def test_paused_and_back_between_two_slices(wires: tuple[Format, Format]) -> None:
    """Who was slow only between two slices still gets everything once."""
    world = World(at_once=1)
    _, late = half_written(world, *wires)
    late.pause()
    late.resume()
    world.publish()
    world.turns.rest()
    assert offsets(late) == [1, 2]


def test_paused_by_the_write_of_another_topic() -> None:
    """A buffer that one topic fills queues the others' events of the same flush."""
    world = World()
    reader = world.end("json", "app:a", "app:b")
    reader.room = 1
    world.publish("app:a")
    world.publish("app:b")
    world.turns.rest()
    assert (len(reader.got), reader.session.queued_frames) == (1, 1)
    reader.resume()
    assert (offsets(reader, "app:a"), offsets(reader, "app:b")) == ([1], [1])


def test_a_slow_reader_is_ended_and_the_others_are_not() -> None:
    """Past its bound a reader ends with 4001; everybody else has everything."""
    world = World(queue_frames=5)
    slow, quick = world.end("json", "app:a"), world.end("json", "app:a")
    slow.pause()
    for _ in range(7):
        world.publish()
        world.turns.rest()
    assert slow.session.closing is not None
    assert slow.session.closing.code is CloseCode.SLOW_CONSUMER
    assert (slow.got, offsets(quick), len(world.presence)) == ([], [1, 2, 3, 4, 5, 6, 7], 1)


def test_a_connection_that_cannot_be_written_to_stops_nothing_else() -> None:
    """A fault while one connection is written to ends that one; what was published with it and after it arrives everywhere else."""
    world = World(at_once=1)
    bad, good = world.end("json", "app:a"), [world.end("json", "app:b") for _ in range(2)]

    def broken(_data: bytes) -> None:
        raise RuntimeError("the transport is broken")

    bad.session.direct = broken
    world.presence.subscribe(bad.session, "app:a", 0)  # once more, to be written to this way
    world.publish("app:a")
    world.publish("app:b")
    world.turns.turn()
    world.publish("app:b")
    world.turns.rest()
    assert world.turns.failures == []
    assert bad.session.closing is not None
    assert bad.session.closing.code is CloseCode.INTERNAL_ERROR
    assert [offsets(end, "app:b") for end in good] == [[1, 2]] * 2


def run(coroutine: Coroutine[Any, Any, None]) -> int:
    """Drives a coroutine that waits for nothing but turns; how many it took."""
    turns = 0
    try:
        while True:
            coroutine.send(None)
            turns += 1
    except StopIteration:
        return turns


def deliver(*to: tuple[int, int]) -> Deliver:
    """A notification for these (user, seq)."""
    return Deliver(event(1).encode().json, list(to))


@pytest.mark.parametrize("wire", FORMATS)
def test_a_notification_reaches_every_session_of_its_people(wire: Format) -> None:
    """Each with the position in its own inbox; who has it already, or misses the one before it, is not told."""
    world = World(at_once=2)
    ends = [world.end(wire, user_id=user) for user in (1, 1, 2, 3)]
    ends[3].session.sent_seq = 7
    assert run(world.fanout.deliver(deliver((1, 1), (2, 2), (3, 7), (4, 1)))) == 2
    assert [[message["seq"] for message in end.got] for end in ends] == [[1], [1], [], []]
    assert (ends[2].session.live, ends[2].session.head_seq) == (False, 2)


def test_a_notification_is_sliced_by_sockets() -> None:
    """People with many sessions each count as many, and those without one do not count as nothing: the loop gets its turns."""
    world = World(at_once=20)
    ends = [world.end(user_id=user) for user in (1, 2, 3) for _ in range(20)]
    assert run(world.fanout.deliver(deliver((1, 1), (2, 1), (3, 1)))) == 2
    assert all([message["seq"] for message in end.got] == [1] for end in ends)
    assert run(world.fanout.deliver(deliver(*((user, 1) for user in range(100, 160))))) == 2


def test_a_change_of_level_reaches_all_sessions_of_the_person() -> None:
    """And nobody else's."""
    world = World()
    ends = [world.end(user_id=user) for user in (1, 1, 2)]
    world.fanout.tell(StateChange(1, "read", "phone", 0, 0, None, ("x",)))
    assert [[(m["t"], m["level"], m["by"]) for m in end.got] for end in ends] == [[("state", "read", "phone")]] * 2 + [[]]


def test_revoked_sign_ins_end() -> None:
    """Their sessions close with 4501 and the reason, all others stay."""
    world = World()
    ends = [world.end(user_id=user) for user in (1, 2, 2)]
    world.fanout.revoke(Revoke(("session-2",), "signed out"))
    codes = [end.session.closing and end.session.closing.code for end in ends]
    assert codes == [None, CloseCode.REVOKED, CloseCode.REVOKED]
    assert list(world.presence) == [ends[0].session]


# -- whatever the order -----------------------------------------------------------------------------------

topics = st.sampled_from(["app:a", "app:b"])


class Reader:
    """An end and what it has to have been told, read back from its own stream as a client does."""

    def __init__(self, end: End) -> None:
        self.end = end
        self.read = 0
        self.at: dict[str, int] = {}
        """Where the client stands in each topic that it is in."""
        self.seq = 0

    def follow(self, published: dict[str, list[int]]) -> None:
        """Reads on. Every event must be the next one of a topic that the client is in, and be that event."""
        for message in self.end.got[self.read :]:
            match message["t"]:
                case "reply" if "offset" in (message.get("data") or {}):
                    self.at[message["data"]["topic"]] = message["data"]["offset"]
                case "reply":
                    self.at.pop(message["data"]["topic"], None)
                case "snapshot":
                    self.at[message["topic"]] = message["offset"]
                case "event" if message["topic"] == "inbox":
                    assert message["seq"] == self.seq + 1, "the inbox has a hole or a repeat"
                    self.seq += 1
                case "event":
                    topic, offset = message["topic"], message["offset"]
                    assert topic in self.at, "told of a topic that it is not in"
                    assert offset == self.at[topic] + 1, f"{topic} has a hole or a repeat"
                    assert message["data"]["value"] == published[topic][offset - 1], "another event at this offset"
                    self.at[topic] = offset
                case "state":
                    pass
                case other:
                    raise AssertionError(other)
        self.read = len(self.end.got)


class FanoutMachine(RuleBasedStateMachine):
    """People come, read, stall, leave and are thrown out while events flow in slices of two sockets.

    `Reader.follow` is the judge: each session gets each event after its join exactly once and in order.
    """

    @initialize(at_once=st.integers(1, 3), flush_s=st.sampled_from([0.0, 0.002]))
    def begin(self, at_once: int, flush_s: float) -> None:
        """A node without sessions."""
        self.world = World(at_once=at_once, flush_s=flush_s, queue_frames=8, queue_bytes=100_000)
        self.readers: list[Reader] = []
        self.published: dict[str, list[int]] = {"app:a": [], "app:b": []}
        self.heads: dict[int, int] = {1: 0, 2: 0}
        self.delivering: Coroutine[Any, Any, None] | None = None

    def reader(self, data: st.DataObject) -> Reader:
        """One of those who are here."""
        return data.draw(st.sampled_from([reader for reader in self.readers if not reader.end.over]))

    def anybody(self) -> bool:
        """True when somebody is here."""
        return any(not reader.end.over for reader in self.readers)

    @precondition(lambda self: len(self.readers) < 8)
    @rule(
        wire=st.sampled_from(FORMATS),
        way=st.sampled_from(["direct", "direct", "queue", *["socket"] * 3 * COMPILED]),
        user=st.sampled_from([1, 2]),
        room=st.sampled_from([1, 3, 20, 20, 20]),
        reads=st.sets(topics),
    )
    def enter(self, wire: Format, way: str, user: int, room: int, reads: set[str]) -> None:
        """Says hello, with everything of the inbox and of some topics."""
        made = Reader(self.world.end(wire, direct=way != "queue", fd=way == "socket", user_id=user))
        made.end.room = room
        made.seq = made.end.session.sent_seq = made.end.session.head_seq = self.heads[user]
        self.readers.append(made)
        for topic in sorted(reads):
            self._join(made.end.session, topic, 0)

    @precondition(lambda self: self.anybody())
    @rule(data=st.data(), topic=topics, behind=st.integers(0, 12))
    def join(self, data: st.DataObject, topic: str, behind: int) -> None:
        """As `sub` does: subscribe, answer, and lead there by a replay or a snapshot."""
        self._join(self.reader(data).end.session, topic, behind)

    def _join(self, session: Session, topic: str, behind: int) -> None:
        log = self.world.log(topic)
        since = max(0, log.offset - behind)
        self.world.presence.subscribe(session, topic, log.offset)
        missed = log.since(Position(log.epoch, since))
        session.send(reply(1, data={"topic": topic, "offset": since}))
        if missed is None:
            session.send_frame(encode(session.wire, snapshot(topic, log.epoch, log.offset, log.state)))
        else:
            for entry in missed:
                session.send_frame(event_frame(session.wire, topic, entry.offset, entry.event, replay=True))

    @precondition(lambda self: self.anybody())
    @rule(data=st.data(), topic=topics)
    def quit(self, data: st.DataObject, topic: str) -> None:
        """As `unsub` does."""
        session = self.reader(data).end.session
        self.world.presence.unsubscribe(session, topic)
        session.send(reply(1, data={"topic": topic}))

    @precondition(lambda self: self.anybody())
    @rule(data=st.data())
    def lose(self, data: st.DataObject) -> None:
        """The connection is lost."""
        self.reader(data).end.leave()

    @precondition(lambda self: self.anybody())
    @rule(data=st.data())
    def stall(self, data: st.DataObject) -> None:
        """The client reads no more."""
        end = self.reader(data).end
        if not end.stalled:
            end.pause()

    @precondition(lambda self: self.anybody())
    @rule(data=st.data(), room=st.integers(1, 6))
    def read_on(self, data: st.DataObject, room: int) -> None:
        """The client reads some."""
        end = self.reader(data).end
        if end.stalled:
            end.resume(room)

    @precondition(lambda self: self.delivering is None)
    @rule(topic=topics)
    def publish(self, topic: str) -> None:
        """An event of a topic comes over the bus."""
        self.world.publish(topic)
        self.published[topic].append(self.world.published)

    @precondition(lambda self: self.delivering is None)
    @rule(who=st.sampled_from([(1,), (2,), (1, 2), (2, 1)]))
    def notify(self, who: tuple[int, ...]) -> None:
        """A notification comes over the bus; it may take turns."""
        for user in who:
            self.heads[user] += 1
        self.delivering = self.world.fanout.deliver(deliver(*((user, self.heads[user]) for user in who)))

    @precondition(lambda self: self.delivering is not None)
    @rule()
    def deliver_on(self) -> None:
        """One turn of it."""
        assert self.delivering is not None
        try:
            self.delivering.send(None)
        except StopIteration:
            self.delivering = None

    @rule(after_s=st.sampled_from([0.0, 0.01, 0.01]))
    def turn(self, after_s: float) -> None:
        """One turn of the loop."""
        self.world.turns.turn(after_s)

    @precondition(lambda self: self.delivering is None)
    @rule(topic=topics)
    def publish_and_turn(self, topic: str) -> None:
        """What happens next may fall between two slices."""
        self.publish(topic)
        self.turn(0.01)

    @invariant()
    def streams_are_right(self) -> None:
        """Nobody has been told anything wrong, and nothing has failed unseen."""
        if hasattr(self, "world"):
            for reader in self.readers:
                reader.follow(self.published)
            assert self.world.turns.failures == []

    @invariant()
    def presence_is_right(self) -> None:
        """Exactly those are here who have not ended."""
        if hasattr(self, "world"):
            here = {reader.end.session.id for reader in self.readers if not reader.end.over}
            assert {session.id for session in self.world.presence} == here
            assert len(self.world.presence) == len(here)

    def teardown(self) -> None:
        """When everybody reads on and all is flushed, everybody who is still here has everything."""
        if not hasattr(self, "world"):
            return
        while self.delivering is not None:
            self.deliver_on()
        for _ in range(3):
            for reader in self.readers:
                reader.end.resume()
            self.world.turns.rest()
        self.streams_are_right()
        for reader in self.readers:
            if not reader.end.over:
                assert reader.at == {topic: self.world.log(topic).offset for topic in reader.end.session.topics}
                assert reader.seq == self.heads[reader.end.session.principal.user_id] or not reader.end.session.live
            reader.end.leave()
        assert not any(self.world.presence.reads(topic) for topic in self.published)


TestFanoutMachine = FanoutMachine.TestCase
TestFanoutMachine.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)
