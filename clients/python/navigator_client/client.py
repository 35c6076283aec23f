"""A client that comes back by itself: one connection at a time, and what outlives it."""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, Literal

import msgspec

from navigator_client.connection import Connection, bearer, opened, socket_url
from navigator_client.errors import (
    BadFrameError,
    CallError,
    ConnectionLostError,
    GoneAwayError,
    NavigatorError,
    RejectedError,
    TransportError,
)
from navigator_client.inbox import Inbox
from navigator_client.marks import Marks
from navigator_client.messages import (
    INBOX,
    Ack,
    Call,
    Down,
    Draining,
    Event,
    Gap,
    Hello,
    Left,
    Place,
    Reply,
    Snapshot,
    State,
    Sub,
    Unsub,
    User,
    Wire,
)
from navigator_client.positions import Positions
from navigator_client.timing import Backoff, Timing
from navigator_client.topic import Fold, Topic

__all__ = ["VERSION", "Hub", "connect"]

VERSION = "0.1.0"
_STATE_LOST = 4003
_log = logging.getLogger("navigator_client")


class _Again(TransportError):
    """This client wants another connection. `is_fault`: something was missing on this one, so not at once."""

    def __init__(self, why: str, *, is_fault: bool) -> None:
        super().__init__(why)
        self.is_fault = is_fault


@asynccontextmanager
async def connect(
    url: str,
    *,
    token: str,
    since: int | None = None,
    positions: Positions | None = None,
    wire: Wire = "msgpack",
    device: str | None = None,
    client: str = f"navigator-python/{VERSION}",
    queue: int = 1000,
    timing: Timing | None = None,
    rand: Callable[[], float] = random.random,
) -> AsyncIterator[Hub]:
    """A hub to read from, connected when the block begins, and connected again whenever the connection is lost.

    `since`: the last inbox seq handled; None: what `positions` has kept, else from the moment that the inbox is opened.
    `device`: tells this program from the person's others, at most 64 characters. `queue`: how many notifications, and how
    many changes of each topic, wait for their reader at most.

    Waits for the hub for as long as it takes: put `asyncio.timeout` around it where that is too long. Raises ValueError
    for a `url` or a `token` that is none, a RejectedError when the hub turns the client away, now or, later, from whatever waits.
    """
    target = socket_url(url)
    bearer(token)
    if since is None and positions is not None:
        since = await positions.load()
    hello = Hello(1, client, device or uuid.uuid4().hex, None, {})
    hub = Hub(target, token, hello, since=since, positions=positions, wire=wire, queue=queue, timing=timing or Timing(), rand=rand)
    tasks = [asyncio.create_task(hub.run(), name="navigator_client_run")]
    if positions is not None:
        tasks.append(asyncio.create_task(hub.keep_position(), name="navigator_client_positions"))
    try:
        await hub.connected()
        yield hub
        hub.settle()
    finally:
        await hub.farewell()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await hub.save()


class Hub:
    """What `connect` gives. Made by it alone."""

    def __init__(
        self,
        url: str,
        token: str,
        hello: Hello,
        *,
        since: int | None,
        positions: Positions | None,
        wire: Wire,
        queue: int,
        timing: Timing,
        rand: Callable[[], float],
    ) -> None:
        self._url, self._token, self._hello, self._wire = url, token, hello, wire
        self._timing, self._queue, self._positions = timing, queue, positions
        self._backoff = Backoff(timing, rand)
        self._inbox = Inbox(since, queue, self._mark, self._changed, self._again)
        self._topics: dict[str, Topic] = {}
        self._marks = Marks()
        self._replies: dict[int, asyncio.Future[Any]] = {}
        self._joining: dict[int, Topic] = {}
        self._last_id = 0
        self._saved: int | None = None
        self._counted = 0
        """The newest position that `unseen` has in it."""
        self._said = 0
        """How far this connection's hub knows what was received."""
        self._return_at: float | None = None
        """When a draining hub wants us back, on the loop's clock."""
        self._connection: Connection | None = None
        self._error: NavigatorError | None = None
        self._up = asyncio.Event()
        """Set while there is a connection, and when there will be none any more."""
        self._reconnect = asyncio.Event()
        self._stirred, self._ackable, self._savable = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._markable, self._room_for_marks = asyncio.Event(), asyncio.Event()
        self._busy = False
        """The hub had no time for an acknowledgement."""
        self.user: User | None = None
        """Whose session it is."""
        self.unseen = 0
        """How many notifications nobody has seen: the hub's count, and what came live since then."""

    # -- what a program does with it

    def inbox(self) -> Inbox:
        """The notifications, for one `async for` at a time: `Notification` items, and a `Gap` where some will never come."""
        return self._inbox.open()

    @asynccontextmanager
    async def topic(self, name: str, *, fold: Fold | None = None) -> AsyncIterator[Topic]:
        """A topic with its `state`, followed while the block runs. `fold` applies an event to the state, where it is not
        the hub's own way (`app:…` and `system`).

        Raises CallError when it does not exist or is not yours to read, ValueError when it is followed already.
        """
        if name in self._topics:
            raise ValueError(f"the topic {name!r} is followed already")
        topic = self._topics[name] = Topic(name, self._queue, fold, self._changed, self._join)
        try:
            if self._error is not None:
                raise self._error
            await self._join(topic)
            await anext(topic)  # the snapshot
            yield topic
        finally:
            del self._topics[name]
            connection = self._connection
            if connection is not None:
                with suppress(NavigatorError, TimeoutError):
                    async with asyncio.timeout(self._timing.close):
                        await connection.send(Unsub(self._next_id(), name))

    async def call(self, name: str, /, **args: Any) -> Any:
        """Asks the hub to do something, and gives the data of its reply. See docs/protocol.md for the names.

        Raises CallError when the hub refuses, ConnectionLostError when no reply came in time or the connection ended
        meanwhile: it may have been done or not, and is not repeated by itself.
        """
        try:
            async with asyncio.timeout(self._timing.reply):
                connection = await self._current()
                number = self._next_id()
                answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
                self._replies[number] = answer
                self._stirred.set()  # a full inbox no longer holds the reading up: the reply lies behind it
                try:
                    await self._send_marks(connection)  # in the program's order: marked as read, then called unread
                    await connection.send(Call(number, name, args))
                    return await answer
                finally:
                    self._replies.pop(number, None)
        except TimeoutError:
            raise ConnectionLostError(f"no reply to {name} in {self._timing.reply:g} s") from None

    async def connected(self) -> None:
        """Returns when there is a connection. Raises a RejectedError when there will be none."""
        await self._current()

    # -- what `connect` does with it

    async def run(self) -> None:
        """Connects, and connects again, until the hub turns us away."""
        try:
            await self._run()
        except asyncio.CancelledError:
            self._end(ConnectionLostError("the client has ended"))
            raise
        except NavigatorError as error:
            self._end(error)
        except Exception as error:  # the edge of the task: whoever waits must hear of a fault here
            _log.exception("the client failed")
            self._end(NavigatorError(f"the client failed: {error!r}"))

    def settle(self) -> None:
        """The block ended well: what was given out last has been handled."""
        self._inbox.settle()

    async def farewell(self) -> None:
        """Says what was received, shown or read and not said yet."""
        connection, received = self._connection, self._inbox.received
        if connection is not None:
            with suppress(NavigatorError, TimeoutError):
                async with asyncio.timeout(self._timing.close):
                    if received > self._said:
                        await connection.send(Ack("received", seq=received))
                    await self._send_marks(connection)

    async def keep_position(self) -> None:
        """Saves the position as it moves."""
        while True:
            await self._savable.wait()
            self._savable.clear()
            try:
                await self.save()
            except NavigatorError as error:
                self._end(error)
                return
            await asyncio.sleep(self._timing.save)

    async def save(self) -> None:
        """Saves the position if it has moved."""
        seq = self._inbox.handled
        if self._positions is not None and seq is not None and seq != self._saved:
            await self._positions.save(seq)
            self._saved = seq

    # -- the connections

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        is_down = False
        while True:
            if self._error is not None:
                raise self._error
            self._reconnect.clear()
            self._return_at = None
            topics = dict(self._topics)
            places = {name: topic.position for name, topic in topics.items()}
            hello = msgspec.structs.replace(self._hello, since=self._inbox.since, topics=places)
            wait = 0.0
            try:
                async with opened(self._url, self._token, hello, wire=self._wire, timing=self._timing) as connection:
                    if is_down:
                        _log.info("connected again")
                    is_down, began = False, loop.time()
                    try:
                        await self._live(connection, hello, topics)
                    except RejectedError as error:
                        self._end(error)  # before the calls hear of a lost connection
                        raise
                    finally:
                        self._lost()
                        self._backoff.good(loop.time() - began)
            except _Again as again:
                if not again.is_fault:
                    continue
                _log.warning("%s; asking again", again)
            except (TransportError, BadFrameError) as error:
                if isinstance(error, GoneAwayError) and error.code == _STATE_LOST:
                    self._inbox.forget()
                    for topic in self._topics.values():
                        topic.position = None
                if isinstance(error, ConnectionLostError) and error.retry_after_s is not None:
                    wait = error.retry_after_s
                if not is_down:
                    _log.warning("%s; trying again", error)
                is_down = True
            if self._return_at is not None:  # the hub's own word wins
                self._backoff.reset()
                await asyncio.sleep(max(0.0, self._return_at - loop.time()))
            else:
                await asyncio.sleep(max(wait, self._backoff.delay()))

    async def _live(self, connection: Connection, hello: Hello, topics: dict[str, Topic]) -> None:
        """Lives on one connection until its end, or until a draining hub's moment has come."""
        welcome = connection.welcome
        self._reconnect.clear()  # whatever was missing, this connection began from where the reader stands
        if self._error is not None:
            raise self._error
        self.user, self.unseen, self._counted = welcome.user, welcome.unseen, welcome.seq
        self._said = welcome.seq if hello.since is None else hello.since
        self._inbox.welcome(hello.since, welcome.seq)
        self._connection = connection
        self._up.set()
        for name, asked in topics.items():
            now = self._topics.get(name)
            if now is asked:
                asked.place(welcome.topics.get(name))
            elif now is None:
                await connection.send(Unsub(self._next_id(), name))
        for name, topic in list(self._topics.items()):
            if topics.get(name) is not topic:
                await self._join(topic)
        self._busy = False
        self._marks.again()
        self._markable.set()
        tasks = [
            asyncio.create_task(self._read(connection), name="navigator_client_read"),
            asyncio.create_task(self._acknowledge(connection), name="navigator_client_ack"),
            asyncio.create_task(self._say_marks(connection), name="navigator_client_marks"),
            asyncio.create_task(self._wanted_again(), name="navigator_client_again"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for task in done:
            await task

    async def _read(self, connection: Connection) -> None:
        loop = asyncio.get_running_loop()
        while True:
            frame = await connection.receive(None if self._return_at is None else max(0.0, self._return_at - loop.time()))
            if frame is None:
                return
            self._marks.settle(loop.time())
            if isinstance(frame, Event | Gap) and frame.topic == INBOX:
                await self._room()
            self._take(frame)

    async def _room(self) -> None:
        """Waits for a place in the inbox's queue, unless somebody waits for what may lie behind on the connection."""
        while self._inbox.full and not self._inbox.behind:
            if self._replies or self._joining or any(topic.waiting for topic in self._topics.values()):
                return
            self._stirred.clear()
            await self._stirred.wait()

    def _take(self, frame: Down) -> None:
        match frame:
            case Event(topic="inbox"):
                found = self._inbox.event(frame)
                if not frame.replay and frame.position > self._counted and found != "hole":
                    self._counted, self.unseen = frame.position, self.unseen + 1
                self._check(frame.topic, found)
            case Gap(topic="inbox"):
                self._check(frame.topic, self._inbox.gap(frame))
            case State():
                self.unseen = frame.unseen
                self._marks.confirm(frame)
            case Reply():
                self._answer(frame)
            case Left():
                if (left := self._topics.get(frame.topic)) is not None:
                    left.fail(CallError(frame.reason, "this topic may no longer be read", temporary=False))
            case Draining():
                self._return_at = asyncio.get_running_loop().time() + self._backoff.window(frame.reconnect_in)
            case Event() | Gap() | Snapshot() if frame.topic in self._topics:
                topic = self._topics[frame.topic]
                if isinstance(frame, Event):
                    self._check(topic.name, topic.event(frame))
                elif isinstance(frame, Snapshot):
                    topic.snapshot(frame)
                else:
                    topic.gap(frame)
            case _:
                pass  # of a topic that was left meanwhile

    def _check(self, name: str, found: str) -> None:
        if found == "hole":
            raise _Again(f"something is missing in {name}", is_fault=True)

    def _answer(self, reply: Reply) -> None:
        error = reply.error
        failure = None if reply.ok else CallError("unknown", "the hub gave no reason", temporary=False)
        if error is not None:
            failure = CallError(error.code, error.message, temporary=error.temporary)
        topic = self._joining.pop(reply.id, None) if reply.id is not None else None
        answer = self._replies.get(reply.id) if reply.id is not None else None
        if topic is not None:
            if failure is not None:
                topic.fail(failure)
            elif self._topics.get(topic.name) is topic:
                topic.place(msgspec.convert(reply.data, Place))
        elif answer is not None and not answer.done():
            if failure is not None:
                answer.set_exception(failure)
            else:
                answer.set_result(reply.data)
        elif failure is not None:
            if reply.id is None and failure.temporary:  # acknowledgements have no id: a full or locked store, for one
                self._busy = True
                self._ackable.set()
            _log.warning("the hub refused something: %s", failure)

    async def _acknowledge(self, connection: Connection) -> None:
        """Says how far the reader has got: at once after a pause, then with the latest position."""
        begun = self._said
        while True:
            self._ackable.clear()
            if self._busy:
                await asyncio.sleep(self._timing.again)
                self._busy, self._said = False, begun
                self._marks.again()
                self._markable.set()
            received = self._inbox.received
            if received > self._said:
                await connection.send(Ack("received", seq=received))
                self._said = received
                await asyncio.sleep(self._timing.ack)
            else:
                await self._ackable.wait()

    async def _say_marks(self, connection: Connection) -> None:
        while True:
            await self._markable.wait()
            self._markable.clear()
            await self._send_marks(connection)

    async def _send_marks(self, connection: Connection) -> None:
        while (ack := self._marks.take(asyncio.get_running_loop().time())) is not None:
            self._room_for_marks.set()
            await connection.send(ack)

    async def _wanted_again(self) -> None:
        await self._reconnect.wait()
        if self._error is not None:
            raise self._error
        raise _Again("the inbox was read slowly", is_fault=False)

    # -- small things

    def _changed(self) -> None:
        self._stirred.set()
        self._ackable.set()
        self._savable.set()

    def _again(self) -> None:
        self._reconnect.set()

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    async def _current(self) -> Connection:
        while True:
            if self._error is not None:
                raise self._error
            if self._connection is not None:
                return self._connection
            await self._up.wait()

    async def _join(self, topic: Topic) -> None:
        """Asks for a topic from where it stands. Without a connection the next hello does it."""
        connection, at = self._connection, topic.position
        if connection is None:
            return
        number = self._next_id()
        self._joining[number] = topic
        sub = Sub(number, topic.name) if at is None else Sub(number, topic.name, epoch=at.epoch, offset=at.offset)
        with suppress(NavigatorError):
            await connection.send(sub)

    async def _mark(self, level: Literal["shown", "read"], event_id: str) -> None:
        while self._error is None and self._marks.full:
            self._room_for_marks.clear()
            await self._room_for_marks.wait()
        if self._error is not None:
            raise self._error
        self._marks.add(level, event_id)
        self._markable.set()

    def _lost(self) -> None:
        self._connection = None
        if self._error is None:
            self._up.clear()
        self._joining.clear()
        self._fail_replies(ConnectionLostError("the connection ended before the reply: it may have been done or not"))

    def _end(self, error: NavigatorError) -> None:
        if self._error is not None:
            return
        self._error = error
        self._inbox.fail(error)
        for topic in self._topics.values():
            topic.fail(error)
        self._fail_replies(error)
        self._up.set()
        self._reconnect.set()
        self._room_for_marks.set()

    def _fail_replies(self, error: NavigatorError) -> None:
        for answer in self._replies.values():
            if not answer.done():
                answer.set_exception(error)
