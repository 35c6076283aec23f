"""A connection over a transport in memory: every event in every state, and what a slow reader meets."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from hub.close import Close, CloseCode
from hub.event import Event, Format
from hub.hub import Hub
from hub.principal import Principal
from hub.protocol import encode
from hub.session import OPCODES, Limits, Session
from hub.topic import Topic, fold_by_key
from hub.wire import BINARY, CLOSE, PING, PONG, TEXT
from tests.clock import START, Clock
from tests.conftest import sqlite_copy
from tests.hub.driving import running
from tests.hub.ends import FrameParser
from tests.hub.frames import client_frame
from tests.hub.people import add_people
from tests.hub.values import note, principal
from tests.web.transports import Pipe
from web.connection import SEND_BUFFER, Connection

FORMATS: tuple[Format, ...] = ("json", "msgpack")
LIMITS = Limits(queue_bytes=200_000, queue_frames=500, sessions_per_user=3, command_burst=40, commands_per_s=0.001)


class Gate:
    """Stands before an asynchronous function and keeps callers waiting while it is shut."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._open = asyncio.Event()
        self._open.set()
        self.waiting = 0

    def shut(self) -> None:
        """Callers wait from now on."""
        self._open.clear()

    def open(self) -> None:
        """They go on."""
        self._open.set()

    async def __call__(self, *args: Any) -> Any:
        """The function, when the gate is open."""
        self.waiting += 1
        try:
            await self._open.wait()
        finally:
            self.waiting -= 1
        return await self._function(*args)


async def until(condition: Callable[[], Any]) -> None:
    """Lets the loop turn until the condition holds."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  # any state of any object, which nobody tells of
            await asyncio.sleep(0.001)


class Client:
    """The client's end of one connection."""

    def __init__(self, hub: Hub, wire: Format = "json", user_id: int = 1) -> None:
        self.hub, self.wire = hub, wire
        self.pipe, self.connections, self.ended = Pipe(), set[Any](), 0
        self.who = Gate(self._who)
        self._principal: Principal | None = principal(user_id)
        self.connection = Connection(hub, self.pipe, self.connections, wire, self.who, self._ended)
        self.connections.add(self.connection)
        self.pipe.protocol = self.connection
        self._parser, self._parsed = FrameParser(wire), 0
        self._messages: list[dict[str, Any]] = []

    async def _who(self, token: str | None) -> Principal | None:
        return None if token == "bad" else self._principal

    def _ended(self) -> None:
        self.ended += 1

    def feed(self, data: bytes) -> None:
        """Bytes for the server; none once the connection is lost, as in asyncio."""
        if not self.pipe.lost:
            self.connection.data_received(data)

    def say(self, message: Mapping[str, Any], **more: Any) -> None:
        """One message of hub.v1."""
        self.feed(client_frame(OPCODES[self.wire], encode(self.wire, {**message, **more})))

    def hello(self, since: int | None = None, *topics: str, **more: Any) -> None:
        """The first message."""
        self.say({"t": "hello", "v": 1, "client": "test", "device": "d", "since": since, "topics": dict.fromkeys(topics)}, **more)

    @property
    def got(self) -> list[dict[str, Any]]:
        """All that the client has read, each frame well formed and nothing after a close frame."""
        data = bytes(self.pipe.read[self._parsed :])
        self._parsed += len(data)
        if data:
            self._messages += self._parser.feed(data)
        return self._messages

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The messages of one type."""
        return [message for message in self.got if message["t"] == kind]

    def read_on(self) -> list[int]:
        """Reads again after a stall: the offsets of all events it has been told."""
        self.pipe.stalled = False
        self.pipe.take()
        return [message["offset"] for message in self.of("event")]

    @property
    def closed(self) -> int | None:
        """The code of the server's close frame, None without one."""
        _ = self.got
        frame = self._parser.close
        return None if frame is None else int.from_bytes(bytes(frame.data[:2]), "big")

    @property
    def pongs(self) -> list[bytes]:
        """The answers to the client's pings."""
        _ = self.got
        return self._parser.pongs

    @property
    def session(self) -> Session:
        """The session of this client; the hub has no other."""
        (session,) = self.hub.presence
        return session

    async def opened(self, since: int | None = None, *topics: str) -> Client:
        """Says hello and reads the welcome."""
        self.hello(since, *topics)
        await until(lambda: self.of("welcome"))
        await until(lambda: not len(self.hub.tasks))
        return self

    async def gone(self) -> None:
        """The client goes, by an answer to the server's close frame if there was one; afterwards nothing is left of it anywhere."""
        if self.closed is not None:
            self.feed(client_frame(CLOSE, b"\x03\xe8"))
        if not self.pipe.lost:
            self.pipe.lose()
        await until(lambda: self.ended)
        await until(lambda: not len(self.hub.tasks))
        _ = self.got
        assert (len(self.hub.presence), self.connections, self.ended) == (0, set(), 1)
        assert not any(self.hub.keepalive._slots)


@pytest.fixture
def store_url(store_file: Path, tmp_path: Path) -> str:
    """SQLite alone: what a connection does is the same on every store."""
    return sqlite_copy(store_file, tmp_path)


@pytest.fixture
async def hub(store: AsyncEngine) -> AsyncIterator[Hub]:
    """A running hub with two people and a few things to ask for."""
    await add_people(store, "u1", "u2")
    made = Hub(store, now=Clock(), limits=LIMITS)
    made.topics.add(Topic(name="app:", fold=fold_by_key, publishable=True))
    made.ledger.head = Gate(made.ledger.head)  # type: ignore[method-assign]  # a test may keep it waiting
    made.ledger.after = Gate(made.ledger.after)  # type: ignore[method-assign]

    async def echo(_session: Session, args: Mapping[str, Any]) -> Any:
        return args.get("value")

    made.calls["test.echo"] = Gate(echo)
    async with running(made):
        with capture_logs() as lines:
            yield made
    assert [line for line in lines if line["log_level"] in ("error", "critical")] == []


def gate(function: Any) -> Gate:
    """One of the hub's functions that have a gate here."""
    assert isinstance(function, Gate)
    return function


def publish(hub: Hub, count: int, *, size: int = 10, topic: str = "app:a") -> None:
    """Events of a topic with so much in each."""
    for number in range(count):
        data = {"key": "k", "value": "x" * size, "n": number}
        hub.publish_topic(topic, Event(source="/test", id=str(number), type="t", time=START, data=data))


# -- every event in every state -----------------------------------------------------------------------------


async def fresh(_hub: Hub, _client: Client) -> None:
    """Nothing has been said yet."""


async def asking(_hub: Hub, client: Client) -> None:
    """It has said hello; who it is has to be looked up."""
    client.who.shut()
    client.hello()
    await until(lambda: client.who.waiting)


async def joining(hub: Hub, client: Client) -> None:
    """It is in the hub, and the store is asked for its inbox."""
    gate(hub.ledger.head).shut()
    client.hello()
    await until(lambda: gate(hub.ledger.head).waiting)


async def idle(_hub: Hub, client: Client) -> None:
    """Open, without a task."""
    await client.opened(None, "app:a")


async def calling(hub: Hub, client: Client) -> None:
    """A command is under way, another one waits."""
    await client.opened(None, "app:a")
    gate(hub.calls["test.echo"]).shut()
    for number in (1, 2):
        client.say({"t": "call", "id": number, "name": "test.echo", "args": {}})
    await until(lambda: gate(hub.calls["test.echo"]).waiting)


async def replaying(hub: Hub, client: Client) -> None:
    """A page of its inbox is being read."""
    await hub.publish(note("1", 1))
    gate(hub.ledger.after).shut()
    client.hello(0)
    await until(lambda: gate(hub.ledger.after).waiting)


async def stalled(hub: Hub, client: Client) -> None:
    """Open, and its buffer is full."""
    await client.opened(None, "app:a")
    client.pipe.stalled = True
    publish(hub, 3, size=40_000)
    await until(lambda: client.pipe.paused)


async def closing(_hub: Hub, client: Client) -> None:
    """The server has closed it, and waits for the answer."""
    (await client.opened()).session.close(Close(CloseCode.REVOKED, "signed out"))


async def closed(_hub: Hub, client: Client) -> None:
    """Both have closed; the transport is still there, because the client does not read."""
    await client.opened()
    client.pipe.stalled = True
    client.feed(client_frame(CLOSE, b"\x03\xe8"))


STATES = (fresh, asking, joining, idle, calling, replaying, stalled, closing, closed)


def loses(_hub: Hub, client: Client) -> None:
    """The connection breaks."""
    client.pipe.lose()


def hangs_up(_hub: Hub, client: Client) -> None:
    """The stream ends without a close frame."""
    client.pipe.hang_up()


def closes(_hub: Hub, client: Client) -> None:
    """A close frame, and more after it."""
    client.feed(client_frame(CLOSE, b"\x03\xe9gone") + client_frame(TEXT, b"x"))


def breaks_frames(_hub: Hub, client: Client) -> None:
    """An unmasked frame, and more after it."""
    client.feed(client_frame(TEXT, b"{}", mask=None))
    client.feed(client_frame(PING))


def talks_nonsense(_hub: Hub, client: Client) -> None:
    """A frame that is no message."""
    client.feed(client_frame(TEXT, b"\x00 garbage {"))


def uses_the_other_format(_hub: Hub, client: Client) -> None:
    """MessagePack in a session of JSON."""
    client.feed(client_frame(BINARY, b"\x80"))


def says_hello(_hub: Hub, client: Client) -> None:
    """A hello, be it the first or the second."""
    client.hello()


def says_hello_as_nobody(_hub: Hub, client: Client) -> None:
    """With a token that nobody has."""
    client.hello(token="bad")


def asks(_hub: Hub, client: Client) -> None:
    """A command."""
    client.say({"t": "sub", "id": 9, "topic": "app:b"})


def floods(_hub: Hub, client: Client) -> None:
    """More commands than anybody may send."""
    for number in range(100):
        client.say({"t": "call", "id": number, "name": "test.echo", "args": {}})


def pings(_hub: Hub, client: Client) -> None:
    """A ping and an unasked pong."""
    client.feed(client_frame(PING, b"?") + client_frame(PONG, b"!"))


def reads(_hub: Hub, client: Client) -> None:
    """Everything, again."""
    client.pipe.stalled = False
    client.pipe.take()


def shuts_down(_hub: Hub, client: Client) -> None:
    """The server ends."""
    client.connection.shutdown()


def revokes(hub: Hub, _client: Client) -> None:
    """The person has signed out elsewhere."""
    hub.revoke(["session-1"], "signed out")


def loses_track(hub: Hub, _client: Client) -> None:
    """The node has missed messages of the bus."""
    hub._lost_track("messages were lost")


def stalls(hub: Hub, client: Client) -> None:
    """It stops reading while it is told more than it may be behind."""
    client.pipe.stalled = True
    for session in hub.presence:
        for _ in range(12):
            session.send({"t": "event", "topic": "x", "data": "x" * 40_000})


EVENTS = (
    loses, hangs_up, closes, breaks_frames, talks_nonsense, uses_the_other_format, says_hello, says_hello_as_nobody, asks, floods, pings,
    reads, shuts_down, revokes, loses_track, stalls,
)  # fmt: skip
ALIVE = {says_hello: (fresh,), asks: (asking, joining, idle, calling, replaying, stalled), pings: STATES[:7], reads: STATES[:7]}
"""Where an event does not end a connection."""


def name(function: Any) -> str:
    """For the report."""
    return str(function.__name__)


@pytest.mark.parametrize("event", EVENTS, ids=name)
@pytest.mark.parametrize("state", STATES, ids=name)
@pytest.mark.parametrize("late", [False, True], ids=["waits", "goes on"])
async def test_every_event_in_every_state(hub: Hub, monkeypatch: pytest.MonkeyPatch, state: Any, event: Any, late: bool) -> None:
    """Whatever happens when: at most one close frame, nothing after it, and nothing of the session is left. `late`: what the
    connection waits for comes after the event, before the client goes."""
    monkeypatch.setattr("web.connection.FINISH_S", 10.0 if late else 0.01)
    client = Client(hub)
    await state(hub, client)
    event(hub, client)
    await asyncio.sleep(0)
    if late:
        for each in (client.who, gate(hub.ledger.head), gate(hub.ledger.after), gate(hub.calls["test.echo"])):
            each.open()
        await until(lambda: not len(hub.tasks))
        client.pipe.stalled = False
        client.pipe.take()
        if state in ALIVE.get(event, ()):
            assert (client.closed, client.pipe.closing) == (None, False)
    await client.gone()


@pytest.mark.parametrize(
    ("state", "event", "code"),
    [
        (fresh, asks, 4502),
        (fresh, talks_nonsense, 4502),
        (fresh, uses_the_other_format, 4502),
        (fresh, says_hello_as_nobody, 4500),
        (fresh, shuts_down, 4000),
        (fresh, closes, 1001),
        (asking, says_hello, 4502),
        (asking, talks_nonsense, 4502),
        (joining, says_hello, 4502),
        (joining, revokes, 4501),
        (joining, loses_track, 4000),
        (idle, says_hello, 4502),
        (idle, talks_nonsense, 4502),
        (idle, uses_the_other_format, 4502),
        (idle, breaks_frames, 1002),
        (idle, floods, 4504),
        (idle, closes, 1001),
        (idle, revokes, 4501),
        (idle, loses_track, 4000),
        (idle, stalls, 4001),
        (calling, floods, 4504),
        (calling, revokes, 4501),
        (replaying, revokes, 4501),
        (stalled, stalls, 4001),
        (stalled, revokes, 4501),
        (closing, shuts_down, 4501),
        (closing, says_hello, 4501),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
async def test_close_codes(hub: Hub, state: Any, event: Any, code: int) -> None:
    """Each ending has its code, and the first one stands."""
    client = Client(hub)
    await state(hub, client)
    event(hub, client)
    for each in (client.who, gate(hub.ledger.head), gate(hub.ledger.after), gate(hub.calls["test.echo"])):
        each.open()
    if event is stalls:
        await until(lambda: not len(hub.presence))
    client.pipe.stalled = False
    client.pipe.take()
    await until(lambda: client.closed)
    assert client.closed == code
    await client.gone()


@pytest.mark.parametrize(("state", "code"), [(fresh, 4500), (asking, 4004), (joining, 4004)])
async def test_no_hello_in_time(hub: Hub, monkeypatch: pytest.MonkeyPatch, state: Any, code: int) -> None:
    """Without a hello the connection ends with 4500; with one that the store does not get to answer, with a code that says: come back."""
    monkeypatch.setattr(hub, "limits", Limits(hello_s=0.05))
    monkeypatch.setattr("web.connection._OPENING_S", 1.0)  # long enough for a busy machine to get to the state at all
    client = Client(hub)
    await state(hub, client)
    await until(lambda: client.closed)
    assert client.closed == code
    await client.gone()


def test_an_ended_connection_leaves_nothing_to_the_collector(tmp_path: Path) -> None:
    """Connection, session and reader are freed by their reference counts: old sessions are out of the garbage collector's sight."""
    command = [sys.executable, "-m", "tests.web.leaves_nothing", str(tmp_path)]
    clean = {key: value for key, value in os.environ.items() if key != "PYTHONASYNCIODEBUG"}
    done = subprocess.run(command, cwd=Path(__file__).parents[2], env=clean, capture_output=True, text=True, timeout=60, check=False)
    assert "left: []" in done.stdout, done.stdout + done.stderr


async def test_a_client_that_does_not_answer_the_close(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is hung up on."""
    monkeypatch.setattr("web.connection._ECHO_S", 0.01)
    client = await Client(hub).opened()
    client.session.close(Close(CloseCode.REVOKED, "signed out"))
    await until(lambda: client.pipe.lost)
    await client.gone()


async def test_too_many_sessions_of_one_person(hub: Hub) -> None:
    """One more than allowed is closed with 4503, and the others stay."""
    clients = [await Client(hub).opened() for _ in range(3)]
    extra = Client(hub)
    extra.hello()
    await until(lambda: extra.closed)
    assert (extra.closed, len(hub.presence)) == (4503, 3)
    for client in clients:
        client.pipe.lose()
    await until(lambda: not len(hub.presence))
    await extra.gone()


# -- what is said and heard -----------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", FORMATS)
async def test_an_idle_session_has_no_task(hub: Hub, wire: Format) -> None:
    """Hello, welcome, snapshot; then events come as they are published, and no task waits for them."""
    client = await Client(hub, wire).opened(None, "app:a")
    publish(hub, 3)
    await hub.publish(note("1", 1))
    await until(lambda: len(client.of("event")) == 4)
    assert [m["t"] for m in client.got[:2]] == ["welcome", "snapshot"]
    assert [m["offset"] for m in client.of("event") if m["topic"] == "app:a"] == [1, 2, 3]
    assert [m["seq"] for m in client.of("event") if m["topic"] == "inbox"] == [1]
    assert len(hub.tasks) == 0
    await client.gone()


async def test_answers_keep_the_order_of_the_questions(hub: Hub) -> None:
    """What is asked while an answer is awaited waits its turn, be it quick or slow."""
    client = await Client(hub).opened()
    echo = gate(hub.calls["test.echo"])
    echo.shut()
    client.say({"t": "call", "id": 1, "name": "test.echo", "args": {"value": 1}})
    client.say({"t": "unsub", "id": 2, "topic": "app:a"})
    client.say({"t": "sub", "id": 3, "topic": "app:a"})
    client.say({"t": "call", "id": 4, "name": "nothing", "args": {}})
    await until(lambda: echo.waiting)
    assert client.of("reply") == []
    echo.open()
    await until(lambda: len(client.of("reply")) == 4)
    assert [reply["id"] for reply in client.of("reply")] == [1, 2, 3, 4]
    await client.gone()


@pytest.mark.parametrize("end", [closes, hangs_up, loses], ids=name)
async def test_what_was_said_before_the_end_is_done(hub: Hub, end: Any) -> None:
    """Acks and calls that wait behind one under way are done after the client has gone, and nothing that it is told."""
    await hub.publish(note("1", 1), note("2", 1))
    client = await Client(hub).opened(0)
    await until(lambda: len(client.of("event")) == 2)
    ids = [message["id"] for message in client.of("event")]
    echo = gate(hub.calls["test.echo"])
    echo.shut()
    client.say({"t": "call", "id": 1, "name": "test.echo", "args": {}})
    client.say({"t": "ack", "level": "shown", "ids": ids[:1]})
    client.say({"t": "sub", "id": 2, "topic": "app:a"})
    client.say({"t": "call", "id": 3, "name": "inbox.done", "args": {"ids": ids[1:]}})
    await until(lambda: echo.waiting)
    end(hub, client)
    await until(lambda: not len(hub.presence))
    assert (client.closed, client.ended) == (1001 if end is closes else None, 0)
    echo.open()
    await until(lambda: client.ended)
    assert await hub.ledger.levels(1, 0, hub.now()) == ({"shown": [1], "read": [], "done": [2]}, 0, 2)
    assert hub.presence.readers("app:a") is None
    assert client.of("reply") == []
    await client.gone()


async def test_all_in_one_piece(hub: Hub) -> None:
    """A program that says hello, marks one thing and closes, without waiting for an answer, has it done."""
    await hub.publish(note("1", 1))
    client = Client(hub)
    client.who.shut()
    client.hello(0)
    client.say({"t": "ack", "level": "read", "seq": 0})
    client.say({"t": "call", "id": 1, "name": "inbox.done", "args": {"ids": ["1"]}})
    closes(hub, client)
    client.who.open()
    await until(lambda: client.ended)
    assert (await hub.ledger.head(1, hub.now())) == (1, 0)
    assert client.of("welcome") == []
    await client.gone()


async def test_what_was_said_before_the_end_has_a_deadline(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that hangs does not keep a connection that has ended."""
    monkeypatch.setattr("web.connection.FINISH_S", 0.01)
    client = Client(hub)
    await calling(hub, client)
    closes(hub, client)
    await until(lambda: client.ended)
    assert (len(hub.tasks), client.closed) == (0, 1001)
    await client.gone()


async def test_what_is_asked_before_the_welcome_is_answered_after_it(hub: Hub) -> None:
    """Commands may follow the hello at once."""
    client = Client(hub)
    client.who.shut()
    client.hello()
    client.say({"t": "sub", "id": 1, "topic": "app:a"})
    client.who.open()
    await until(lambda: client.of("reply"))
    assert [message["t"] for message in client.got] == ["welcome", "reply", "snapshot"]
    await client.gone()


async def test_commands_that_wait_are_bounded_in_bytes(hub: Hub) -> None:
    """Few but large ones end the session as many small ones do."""
    client = await Client(hub).opened()
    gate(hub.calls["test.echo"]).shut()
    for number in range(6):
        client.say({"t": "call", "id": number, "name": "test.echo", "args": {"value": "x" * 50_000}})
    assert client.closed == 4504
    await client.gone()


async def test_pings_are_answered_in_every_state_that_listens(hub: Hub) -> None:
    """With the same payload, also before the hello; after the server's close there is no answer."""
    client = Client(hub)
    client.feed(client_frame(PING, b"1"))
    await client.opened()
    client.feed(client_frame(PING, b"2"))
    client.session.close(Close(CloseCode.REVOKED, "signed out"))
    client.feed(client_frame(PING, b"3"))
    assert client.pongs == [b"1", b"2"]
    await client.gone()


@pytest.mark.parametrize("state", [fresh, asking, stalled], ids=name)
async def test_a_client_that_only_pings_costs_no_memory(hub: Hub, state: Any) -> None:
    """Who does not read the answers is not answered: the buffer stays within its bound."""
    client = Client(hub)
    await state(hub, client)
    client.pipe.stalled = True
    before = len(client.pipe.buffer)
    for _ in range(1000):
        client.feed(client_frame(PING, b"x" * 125))
    assert len(client.pipe.buffer) <= max(before, SEND_BUFFER) + 200  # the close frame of one who is over the rate
    client.who.open()
    await client.gone()


# -- slow readers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wire", FORMATS)
async def test_a_stall_and_its_end(hub: Hub, wire: Format) -> None:
    """While a client does not read, events queue; when it reads on it gets all of them in order and is hot again."""
    client = await Client(hub, wire).opened(None, "app:a")
    client.pipe.stalled = True
    for _ in range(20):
        publish(hub, 1, size=8_000)
        await asyncio.sleep(0.004)
    await until(lambda: client.session.queued_frames > 5)
    assert client.session.direct is None
    client.pipe.stalled = False
    client.pipe.take()
    assert [m["offset"] for m in client.of("event")] == list(range(1, 21))
    assert client.session.direct is not None
    publish(hub, 1)
    await until(lambda: len(client.of("event")) == 21)
    await client.gone()


@pytest.mark.parametrize("step", [1_000, 20_000, SEND_BUFFER - 1, SEND_BUFFER, SEND_BUFFER + 1])
async def test_a_slow_reader_is_served_to_the_end(hub: Hub, step: int) -> None:
    """However the client reads, in small or in large bites, what is queued comes out; it never gets stuck with a free buffer."""
    client = await Client(hub).opened(None, "app:a")
    client.pipe.stalled = True
    for _ in range(4):
        publish(hub, 5, size=8_000)
        await asyncio.sleep(0.005)
    await until(lambda: client.session.queued_frames)
    for _ in range(1000):
        if not client.pipe.buffer:
            break
        client.pipe.take(step)
    assert [m["offset"] for m in client.of("event")] == list(range(1, 21))
    await client.gone()


@pytest.mark.parametrize("over", [-1, 0, 1])
async def test_a_queue_that_fills_the_buffer_exactly(hub: Hub, over: int) -> None:
    """The edge of the high mark: at it the transport does not pause, so nobody would resume."""
    client = await Client(hub).opened(None, "app:a")
    session, pipe = client.session, client.pipe
    pipe.stalled = True
    client.connection.pause_writing()
    head, tail = b'{"t":"x","x":"', b'"}'
    session.send_frame(head + b"x" * (SEND_BUFFER + over - 4 - len(head + tail)) + tail)  # 4: the frame's own head
    assert session.queued_frames == 1
    client.connection.resume_writing()
    assert session.queued_frames == 0
    assert pipe.paused is (session.direct is None)
    pipe.take()
    assert session.direct is not None
    await client.gone()


async def test_a_pause_in_the_middle_of_a_page(hub: Hub) -> None:
    """A replay larger than the buffer waits for the reader, in pages, and what is published meanwhile comes after it, once."""
    for number in range(30):
        await hub.publish(note(str(number), 1, body="x" * 9_000))
    client = Client(hub)
    client.pipe.stalled = True
    client.hello(0, "app:a")
    await until(lambda: client.pipe.paused)
    await hub.publish(note("live", 1))
    publish(hub, 3)
    assert client.session.queued_bytes <= LIMITS.queue_bytes // 2
    client.pipe.stalled = False
    for _ in range(100):
        client.pipe.take()
        await asyncio.sleep(0.005)
        if len(client.of("event")) >= 34:
            break
    assert [m["seq"] for m in client.of("event") if m["topic"] == "inbox"] == list(range(1, 32))
    assert [m["offset"] for m in client.of("event") if m["topic"] == "app:a"] == [1, 2, 3]
    await until(lambda: client.session.live)
    await client.gone()


async def stalled(hub: Hub, rounds: int) -> Client:
    """A follower of `app:a` that reads nothing any more, and has been sent five events of 8 kB so many times."""
    client = await Client(hub).opened(None, "app:a")
    client.pipe.stalled = True
    for _ in range(rounds):
        publish(hub, 5, size=8_000)
        await asyncio.sleep(0.005)  # each round in a turn of its own
    return client


async def test_too_slow_for_the_bound(hub: Hub) -> None:
    """Past the bound the session ends at once; a client that reads on finds what was written, in order, then 4001."""
    client = await stalled(hub, 10)
    await until(lambda: not len(hub.presence))
    told = client.read_on()
    assert told == list(range(1, len(told) + 1))
    assert 1 <= len(told) < 50
    assert client.closed == 4001
    await client.gone()


async def test_draining_keeps_the_queue(hub: Hub) -> None:
    """What a slow reader had queued before a planned end goes out before the close frame."""
    client = await stalled(hub, 3)
    await until(lambda: client.session.queued_frames)
    draining = asyncio.create_task(hub.drain(within_s=1), name="drain")
    await until(lambda: not len(hub.presence))
    assert client.read_on() == list(range(1, 16))
    assert (len(client.of("draining")), client.closed) == (1, 4000)
    await draining
    await client.gone()


async def test_a_node_that_drains_opens_no_session(hub: Hub) -> None:
    """A hello that comes after the drain began, on a connection from before it, is sent away to another node."""
    client = Client(hub)
    await hub.drain(within_s=0.1)
    client.hello()
    await until(lambda: client.closed)
    assert client.closed == 4000
    await client.gone()


async def test_a_wheel_tick_comes_after_the_welcome(hub: Hub) -> None:
    """The first word of the server is the welcome, however long the store takes."""
    client = Client(hub)
    await joining(hub, client)
    for tick in range(30):
        hub.keepalive.tick(1e6 + tick)
    gate(hub.ledger.head).open()
    await until(lambda: client.of("welcome"))
    assert client.got[0]["t"] == "welcome"
    await client.gone()


async def test_the_end_of_the_hub_ends_what_sessions_started(store: AsyncEngine) -> None:
    """A command under way when the hub ends is cancelled, and nothing waits for it."""
    await add_people(store, "u1")
    hub = Hub(store, now=Clock(), limits=LIMITS)
    waiting = asyncio.Event()

    async def never(_session: Session, _args: Mapping[str, Any]) -> Any:
        waiting.set()
        await asyncio.sleep(3600)

    hub.calls["test.never"] = never
    async with running(hub):
        client = await Client(hub).opened()
        client.say({"t": "call", "id": 1, "name": "test.never", "args": {}})
        await waiting.wait()
    assert len(hub.tasks) == 0
    await client.gone()
