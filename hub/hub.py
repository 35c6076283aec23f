"""The hub: publish -> ledger or log -> bus -> sessions; drain."""

from __future__ import annotations

import asyncio
import math
import random
import secrets
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.accept import Outcome, Receipt, Submission
from hub.attempts import Woken
from hub.bucket import Buckets, Rate
from hub.bus import Bus, BusClosed
from hub.cadence import Cadence
from hub.close import Close, CloseCode
from hub.cluster import CHANGES_S, Cluster
from hub.delivery import Delivery
from hub.dispatch import Dispatch
from hub.event import Event
from hub.fanout import Fanout
from hub.keepalive import Keepalive
from hub.leader import Leader
from hub.lease import Lease, LeaseTiming
from hub.ledger import Ledger
from hub.levels import Mark, Marked
from hub.log import Logs
from hub.messages import Ask, Changed, Deliver, Goodbye, Here, Message, Present, Publish, Revoke, RollCall, Schedule, StateChange, encode
from hub.metrics import Metrics
from hub.notification import Batch, Notification, TopicEvent
from hub.observer import Observer
from hub.policy import Timing
from hub.presence import Presence
from hub.protocol import draining
from hub.pruning import prune
from hub.push import PushSender
from hub.rights import Rights
from hub.roll_call import Roll
from hub.session import Limits, Session
from hub.store import microseconds
from hub.supervisor import Health, Source, Supervisor
from hub.tasks import Tasks
from hub.topic import SYSTEM, Topic, Topics, fold_sources
from hub.tracing import OFF, Tracer
from hub.unconfirmed import Unconfirmed
from hub.writer import Writer

__all__ = ["Hub", "utc_now"]

_log = structlog.get_logger("hub")
_CHANNEL = "hub"
_BEGINNING = "0-0"
"""Before every message that the bus still holds."""
_ANSWER_S = 0.5
"""Seconds within which another node answers how the topics stand."""
_USER_COMMANDS = Rate(200.0, 800.0)
"""Commands a second of one person over all their sessions."""
_ON_DEMAND = ("ops",)
"""Topics that every node publishes only while somebody reads them."""
_OUTGOING = 65_536
"""Messages that may wait for the bus."""
_COME_BACK = 500
"""Sessions a second that come back after a drain."""
_SLICE = 2_000
"""Sessions told of the drain before the loop gets a turn."""
_BATCH = 1_000
"""Messages handed to the bus in one piece."""

Call = Callable[[Session, Mapping[str, Any]], Awaitable[Any]]
QuickCall = Callable[[Session, Mapping[str, Any]], Any]


def utc_now() -> datetime:
    """The wall clock, aware, in UTC."""
    return datetime.now(UTC)


class Hub:
    """One node. `run()` owns every task; areas register topics, calls, sources and push senders before it starts."""

    def __init__(
        self,
        engine: AsyncEngine,
        *,
        bus: Bus | None = None,
        senders: Sequence[PushSender] = (),
        timing: Timing | None = None,
        limits: Limits | None = None,
        cadence: Cadence | None = None,
        metrics: Metrics | None = None,
        user_commands: Rate = _USER_COMMANDS,
        tracer: Tracer = OFF,
        lease: LeaseTiming | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.metrics, self.tracer = metrics or Metrics(), tracer
        self._user_commands: Buckets[int] = Buckets(user_commands)
        self.now, self.timing, self.limits = now, timing or Timing(), limits or Limits()
        self.bus = bus or Bus("memory://")
        self.presence, self.unconfirmed = Presence(), Unconfirmed()
        self.node = secrets.token_urlsafe(6)
        """Names this process among the nodes."""
        self.cluster = Cluster(self.node, reads=lambda: [name for name in _ON_DEMAND if self.presence.reads(name)])
        self.observer = Observer(self.metrics, tracer, now=now, connected=self.connected)
        self.topics = Topics(Topic(name=SYSTEM, fold=fold_sources, initial=lambda: {"sources": {}}))
        self.logs = Logs(in_use=self.presence.reads)
        self.rights = Rights(self.presence, self.topics, unsubscribe=self.presence.unsubscribe, clock=time.monotonic)
        self.roll = Roll(self.node, self.presence, others=self.cluster.others, send=self._send)
        self.calls: dict[str, Call] = {}
        self.quick_calls: dict[str, QuickCall] = {}
        """Calls that need to wait for nothing: answered at once, without a task."""
        self.tasks = Tasks()
        """What sessions start and nobody waits for."""
        self.ledger = Ledger(
            engine,
            timing=self.timing,
            connected=self.connected,
            accepted=self._accepted,
            marked=self._marked,
            received=self.observer.received,
            woken=self._woken,
            writer=Writer(engine, observe=self.observer.committed),
        )
        self.delivery = Delivery(
            self.ledger,
            senders,
            now=now,
            timing=self.timing,
            connected=self.connected,
            pushed=self.observer.pushed,
            tracer=tracer,
            guard=lambda: self.leader.guard,
            stepped=self.observer.stepped,
        )
        self.supervisors: list[Supervisor] = []
        self._cadence = cadence or Cadence()
        self.keepalive = Keepalive(self.limits)
        self._fanout = Fanout(self.presence, flushed=self.observer.flushed)
        self._outgoing: deque[bytes] = deque()
        self._to_send = asyncio.Event()
        self._sending = False
        self.unsent = 0
        self._subscribed, self._ready, self._unknown = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.alone = self.bus.alone
        """True when there can be no other node."""
        self.leader = Leader(Lease(engine, "lead", node=self.node, alone=self.alone, timing=lease))
        self._dispatch = Dispatch(
            self.node,
            topics=self.topics,
            logs=self.logs,
            fanout=self._fanout,
            now=now,
            send=self._send,
            lost=self._lost_track,
            others=self._other,
        )
        self.is_draining = False
        self._watch_all()

    def connected(self, user_id: int) -> bool:
        """True when the person has a session at any node."""
        return self.cluster.connected(user_id)

    def reads(self, topic: str) -> bool:
        """True when somebody reads this topic, at any node."""
        return self.presence.reads(topic) or self.cluster.reads(topic)

    @property
    def leads(self) -> bool:
        """True while the sources and the deadlines are this node's."""
        return self.leader.leads

    @property
    def knows(self) -> bool:
        """True when this node knows where the topics stand: sessions may open."""
        return self._dispatch.known

    @property
    def takes_part(self) -> bool:
        """True while this node hears what the others say, and knows what they said before."""
        return self.bus.connected and self.knows

    # -- what areas register --------------------------------------------------------------------------

    def add_source(self, source: Source, cadence: Cadence | None = None) -> Supervisor:
        """Has `source` run under a supervisor of its own, once the hub runs."""
        supervisor = Supervisor(
            source,
            publish=self._publish_batch,
            watermark=self.ledger.watermark,
            health=self._health,
            connected=self.cluster.anybody,
            now=self.now,
            cadence=cadence or self._cadence,
            looked=self.observer.looked,
        )
        self.supervisors.append(supervisor)
        return supervisor

    # -- publishing -----------------------------------------------------------------------------------

    async def publish(self, *notifications: Notification, topics: Sequence[TopicEvent] = ()) -> Receipt:
        """Takes events in from outside; durable when this returns. Raises StoreUnavailable.

        Events for topics are published after the commit, and not at all when their (source, id) was accepted before.
        """
        began = time.perf_counter()
        with self.tracer.span("navigator.publish", notifications=len(notifications), topic_events=len(topics)):
            receipt = await self.ledger.accept(
                Submission(notifications=notifications, topic_events=tuple(item.event for item in topics), now=self.now())
            )
        self.metrics.publish.observe(time.perf_counter() - began)
        self.observer.taken(receipt, began)
        for item, outcome in zip(topics, receipt.outcomes[len(notifications) :], strict=True):
            if not outcome.duplicate:
                self.publish_topic(item.topic, item.event)
        return receipt

    def publish_topic(self, name: str, event: Event) -> None:
        """Sends an event on its way; its offset is given where the bus ends. KeyError for a topic that nobody registered."""
        topic = self.topics.find(name)
        if topic is None:
            raise KeyError(name)
        encoded = event.encode()
        if topic.counted:
            self.metrics.published_topic.inc()
        self._send(Publish(name, encoded.json))

    def revoke(self, session_hashes: Sequence[str], reason: str) -> None:
        """Closes the sockets of these sign-ins with 4501."""
        if session_hashes:
            self._send(Revoke(tuple(session_hashes), reason))

    def changed(self, users: Sequence[int]) -> None:
        """What these people may, or who looks as them, is another, and committed: their open sessions follow, at every node."""
        if users:
            self._send(Changed(tuple(users)))

    async def mark(self, mark: Mark) -> int:
        """Applies a person's word on their notifications and tells all their sessions; returns the unseen count."""
        return (await self.ledger.mark(mark)).unseen

    async def _publish_batch(self, source: str, batch: Batch) -> None:
        watermark = None if batch.watermark is None else (source, batch.watermark)
        began = time.perf_counter()
        receipt = await self.ledger.accept(
            Submission(notifications=batch.notifications, watermark=watermark, guard=self.leader.guard, now=self.now())
        )
        self.observer.taken(receipt, began)
        for item in batch.topics:
            self.publish_topic(item.topic, item.event)

    # -- after each commit ------------------------------------------------------------------------------

    def _accepted(self, receipts: Sequence[Receipt]) -> None:
        for receipt in receipts:
            for outcome in receipt.outcomes:
                if outcome.deliveries:
                    self._deliver(outcome)

    def _deliver(self, outcome: Outcome) -> None:
        assert outcome.encoded is not None  # noqa: S101  # deliveries are made of encoded events only
        event = outcome.encoded
        self._send(Deliver(event.json, [(d.user_id, d.seq) for d in outcome.deliveries]))
        self._schedule([(delivery.user_id, delivery.deadline) for delivery in outcome.deliveries])

    def _schedule(self, deadlines: Sequence[tuple[int, datetime]]) -> None:
        """Has deadlines kept, here or at the node that leads. Should the word of it be lost, the leader's sweep finds them."""
        if self.leads:
            self.delivery.schedule_all(deadlines)
        else:
            self._send(Schedule([(user_id, microseconds(deadline)) for user_id, deadline in deadlines]))

    def _marked(self, marks: Sequence[Marked]) -> None:
        for marked in marks:
            mark = marked.mark
            self.observer.marked(mark)
            if mark.change != "received":
                level = "done" if mark.change == "snooze" else mark.change
                self._send(StateChange(mark.user_id, level, mark.device, marked.unseen, marked.head, mark.seq, mark.ids))
            if mark.until is not None:
                self._schedule([(mark.user_id, mark.until)])

    def _woken(self, woken: Sequence[Woken]) -> None:
        for back in woken:
            if back.ids:
                self._send(StateChange(back.user_id, "unread", "", back.unseen, back.head, None, back.ids))

    def _health(self, health: Health) -> None:
        line = health.line()
        event = Event(source="/navigator", id=f"{health.source}:{self.now().timestamp()}", type="source.health", time=self.now(), data=line)
        self.publish_topic(SYSTEM, event)

    def _send(self, message: Message) -> None:
        """Hands a message to the bus without waiting.

        With the bus stuck and the bound reached it is dropped and counted: positions show the hole to every
        client, the ledger keeps the notification, and its deadline pushes it.
        """
        if len(self._outgoing) >= _OUTGOING:
            self.unsent += 1
            if self.unsent & (self.unsent - 1) == 0:
                _log.error("bus_stuck", unsent=self.unsent)
            return
        self._outgoing.append(encode(message))
        self._to_send.set()

    # -- what is measured -----------------------------------------------------------------------------

    def _watch_all(self) -> None:
        self.metrics.watch(
            connections=self._formats,
            queue_bytes=lambda: sum(session.queued_bytes for session in self.presence),
            users=self.presence.users,
            writer_waiting=lambda: self.ledger.writer.waiting,
            bus_unsent=lambda: self.unsent,
            bus_connected=lambda: float(self.bus.connected),
            bus_reconnects=lambda: self.bus.counters.reconnects,
            bus_gaps=lambda: self.bus.counters.gaps,
            bus_repeats=lambda: self.bus.counters.repeats,
            leader=lambda: float(self.leads),
            sessions=lambda: {name: float(count) for name, count in self.cluster.sessions().items()},
            jobs=lambda: len(self.delivery.jobs()),
            source_up=lambda: {s.health.source: float(s.health.state == "ok") for s in self.supervisors},
            source_lag=lambda: {s.health.source: self._lag(s.health) for s in self.supervisors},
        )

    def _formats(self) -> dict[str, float]:
        return {wire: float(count) for wire, count in Counter(session.wire for session in self.presence).items()}

    def _lag(self, health: Health) -> float:
        return math.nan if health.as_of is None else (self.now() - health.as_of).total_seconds()

    # -- sessions -------------------------------------------------------------------------------------

    def enter(self, session: Session) -> None:
        """A session has said hello: sources look at once."""
        self.presence.enter(session)
        self.rights.entered(session)
        if session.principal.viewer is None:  # else the person is as absent as before: what is theirs goes on being pushed
            self.cluster.entered(session.principal.user_id)
            self.delivery.present(session.principal.user_id)
        self._nudge()

    def _nudge(self) -> None:
        for supervisor in self.supervisors:
            supervisor.nudge()

    def leave(self, session: Session) -> None:
        """A session is over; a second time does nothing."""
        if not self.presence.leave(session):
            return
        if session.closing is not None and session.closing.code is CloseCode.SLOW_CONSUMER:
            self.metrics.refused("slow_consumer")
        self.keepalive.discard(session)
        if session.principal.viewer is not None:
            return
        self.unconfirmed.left(session)
        self.cluster.left(session.principal.user_id)
        if not self.connected(session.principal.user_id):
            self.delivery.absent(session.principal.user_id)

    def count_command(self, session: Session, now_s: float) -> bool:
        """Counts one command of a session and of its person; False when that was too much and the session is closing."""
        if not session.count_command(now_s):
            self.metrics.refused("commands")
            return False
        if self._user_commands.take(session.principal.hands, now_s):
            self.metrics.refused("commands")
            session.close(Close(CloseCode.TOO_MANY_ERRORS, "too many commands of this user"))
            return False
        return True

    # -- running --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Runs the node until cancelled; then the writer finishes what it has accepted."""
        await self.bus.connect()
        try:
            async with asyncio.TaskGroup() as writing:
                writer = writing.create_task(self.ledger.writer.run(), name="store_writer")
                try:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self._read_bus(), name="hub_dispatch")
                        group.create_task(self._write_bus(), name="hub_publish")
                        group.create_task(self._learn(), name="hub_learn")
                        group.create_task(self.leader.run(self._lead), name="hub_leader")
                        group.create_task(self.rights.run(), name="hub_rights")
                        group.create_task(prune(self.ledger, self.now), name="hub_prune")
                        if not self.alone:
                            group.create_task(self._tell_others(), name="hub_presence")
                        group.create_task(self._keep_alive(), name="hub_keepalive")
                finally:
                    await self.tasks.aclose()
                    writer.cancel()
        finally:
            await self.bus.disconnect()

    async def _lead(self) -> None:
        """What only one node does: the sources and the deadlines."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.delivery.run(), name="hub_delivery")
            for supervisor in self.supervisors:
                group.create_task(supervisor.run(), name=f"source_{supervisor.health.source}")

    async def ready(self) -> None:
        """Returns when the node takes part: it reads the bus and knows where the topics stand."""
        await self._ready.wait()

    async def _read_bus(self) -> None:
        after = None if self.alone else _BEGINNING
        while True:
            if not self.alone:
                self._dispatch.learn()
            try:
                async with self.bus.subscribe(_CHANNEL, after=after) as messages:
                    self._subscribed.set()
                    while True:
                        for item in await messages.batch():
                            await self._dispatch.take(item)
            except BusClosed:
                _log.exception("bus_closed")
                self._lost_track("the bus restarts")
                await asyncio.sleep(1)
                await self.bus.connect()

    async def _learn(self) -> None:
        """Asks how the topics stand until somebody answers; who leads and hears no answer begins anew."""
        await self._subscribed.wait()
        while True:
            asked = 0
            while not self._dispatch.known:
                self._ready.clear()
                self._dispatch.ask()
                await asyncio.sleep(_ANSWER_S)
                asked += 1
                if asked > 1 and self.leads:
                    self._dispatch.begin()
            self._ready.set()
            self._unknown.clear()
            await self._unknown.wait()

    def _lost_track(self, why: str) -> None:
        """Messages of the bus are lost here: everybody resumes from positions."""
        self._unknown.set()
        for session in self.presence:
            session.close(Close(CloseCode.DRAINING, why))

    def _other(self, message: Message) -> None:
        """Messages of the bus that are neither a topic's nor a session's."""
        match message:
            case Here() | Goodbye():
                came, left = self.cluster.observe(message, time.monotonic())
                for user_id in came:
                    self.delivery.present(user_id)
                if came:
                    self._nudge()
                for user_id in left:
                    if not self.presence.connected(user_id):
                        self.delivery.absent(user_id)
            case Schedule() if self.leads:
                for user_id, deadline in message.deadlines:
                    self.delivery.schedule(user_id, datetime.fromtimestamp(deadline / 1e6, UTC))
            case Changed(users):
                self.rights.changed(users)
            case RollCall():
                self.roll.called(message)
            case Present():
                self.roll.answered(message)
            case Ask(node):
                self.tasks.start(self._answer(node), name=f"answer_{node}")

    async def _answer(self, node: str) -> None:
        await asyncio.sleep(random.random() * _ANSWER_S / 4)  # noqa: S311  # so that one of many answers
        self._dispatch.answer(node)

    async def _tell_others(self) -> None:
        """Tells the other nodes who is here."""
        await self._ready.wait()
        while True:
            here = self.cluster.due(time.monotonic())
            if here is not None:
                self._send(here)
            await asyncio.sleep(CHANGES_S)

    async def _write_bus(self) -> None:
        await self._subscribed.wait()
        while True:
            await self._to_send.wait()
            self._to_send.clear()
            while self._outgoing:
                some = [self._outgoing.popleft() for _ in range(min(len(self._outgoing), _BATCH))]
                self._sending = True
                await self.bus.publish_many(_CHANNEL, some)
                self._sending = False

    async def _keep_alive(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.keepalive.tick_s)
            self.keepalive.tick(loop.time())

    async def drain(self, *, within_s: float = 10.0) -> None:
        """Says goodbye: every session is told when to come back, then closed in slices; what was committed goes out to the other nodes.

        The window grows with the number of sessions, so that the node they come back to sees about 500 handshakes a second.
        """
        if self.is_draining:
            return  # the server has seen to it before the application ends
        self.is_draining = True
        deadline = asyncio.get_running_loop().time() + within_s
        sessions = list(self.presence)
        window = min(30.0, 1.0 + len(sessions) / _COME_BACK)
        for first in range(0, len(sessions), _SLICE):
            for session in sessions[first : first + _SLICE]:
                session.send(draining(0.2, window))
            await asyncio.sleep(0)
        slices = max(1, min(20, len(sessions) // 100))
        for first in range(slices if sessions else 0):
            for session in sessions[first::slices]:
                session.close(Close(CloseCode.DRAINING, "this node goes away"))
            await asyncio.sleep(min(1.0, within_s / slices / 3))
        if not self.alone:
            self._send(self.cluster.goodbye())
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                while len(self.presence) or self._outgoing or self._sending:  # noqa: ASYNC110  # once in a process' life
                    await asyncio.sleep(0.02)
