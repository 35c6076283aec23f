"""From the bus to the sessions: each event is framed once for each wire format and written to all who read it.

Events of a topic that come within one turn of the loop, or soon after a write that has joined some, are joined: a reader then
costs one system call for all of them, so more load makes larger writes and not a longer queue. Nothing here waits for a
client: a session takes what it is given, into its socket or its bounded queue, or is closed as too slow.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from hub.close import Close, CloseCode
from hub.event import Encoded, Format
from hub.messages import Deliver, Revoke, StateChange
from hub.presence import Presence
from hub.protocol import event_frame, state
from hub.readers import Readers, Waiting
from hub.writes import Writes, begin

__all__ = ["FLUSH_S", "SLICE", "Fanout"]

_log = structlog.get_logger("hub.fanout")
FLUSH_S = 0.002
"""Seconds that the readers of topics are left alone after a write that has joined events, while the next ones gather.

That they were joined says that events come faster than they are written: what has come meanwhile is still to be read, and each write
that takes more of it along saves a system call for each reader. Two milliseconds are nothing to a person and twice the throughput
at full load. Where only two or three were joined there is little to gather, and half of that time is enough. A single event goes at
once, and so does the next one after it."""
_MANY = 4
"""Joined events from which on the whole of that time is worth it."""
SLICE = 2_500
"""Sockets written to before the loop gets a turn: about 10 ms of system calls."""


class _Payloads(dict[Format, bytes]):
    """A frame's payload for each wire format, made when the first reader of that format is met."""

    def __init__(self, make: Callable[[Format], bytes]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, wire: Format) -> bytes:
        payload = self[wire] = self._make(wire)
        return payload


class Fanout:
    """Gives what happens to the sessions of this node."""

    def __init__(
        self,
        presence: Presence,
        *,
        flush_s: float = FLUSH_S,
        at_once: int = SLICE,
        flushed: Callable[[float, int, int], None] = lambda _seconds, _sockets, _events: None,
    ) -> None:
        """`flushed` is told of each flush: how many seconds, sockets, and events over all sockets."""
        self._flushed, self._sockets, self._events = flushed, 0, 0
        self._presence, self._flush_s, self._slice = presence, flush_s, at_once
        self._dirty: dict[str, Readers] = {}
        self._timer: asyncio.Handle | None = None
        self._began = self._rest_until = 0.0
        self._joined = 1

    def publish(self, topic: str, offset: int, event: Encoded) -> None:
        """An event of a topic, for its readers; it leaves with the next flush."""
        readers = self._presence.readers(topic)
        if readers is None:
            return
        readers.waiting.append(Waiting(offset, len(event.json), _Payloads(lambda wire: event_frame(wire, topic, offset, event))))
        if not self._dirty:
            self._schedule()
        self._dirty[topic] = readers

    async def deliver(self, message: Deliver) -> None:
        """One notification, to the people it is for: a frame for each position, shared by all who have that one."""
        event = Encoded(message.json)
        payloads: dict[tuple[Format, int], bytes] = {}
        done = 0  # sockets, and people without one here
        for user_id, seq in message.to:
            if done >= self._slice:
                done = 0
                await asyncio.sleep(0)
            sessions = self._presence.of(user_id)
            done += max(1, len(sessions))
            for session in sessions:
                if session.expects(seq):
                    key = (session.wire, seq)
                    payload = payloads.get(key)
                    if payload is None:
                        payload = payloads[key] = event_frame(session.wire, "inbox", seq, event)
                    session.inbox(seq, payload)

    def tell(self, change: StateChange) -> None:
        """A person's notifications have changed their level."""
        told = state(level=change.level, by=change.by, unseen=change.unseen, seq=change.seq, ids=change.ids)
        for session in self._presence.of(change.user_id):
            session.state(told, change.head)

    def revoke(self, revoke: Revoke) -> None:
        """These sign-ins have ended."""
        ended = frozenset(revoke.sessions)
        for session in self._presence:
            if session.principal.session_hash in ended:
                session.close(Close(CloseCode.REVOKED, revoke.reason))

    # -- flushing -------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        if self._timer is not None:
            return
        loop = asyncio.get_running_loop()
        wait = self._rest_until - loop.time()
        self._timer = loop.call_later(wait, self._flush) if wait > 0.0005 else loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._began = asyncio.get_running_loop().time()
        self._sockets = self._events = 0
        dirty, self._dirty = self._dirty, {}
        self._joined = max((len(readers.waiting) for readers in dirty.values()), default=1)
        self._write(list(reversed(dirty.items())), [])

    def _written(self) -> None:
        now = asyncio.get_running_loop().time()
        self._rest_until = now + self._rest_s()
        if self._dirty:
            self._schedule()
        self._flushed(now - self._began, self._sockets, self._events)

    def _rest_s(self) -> float:
        if self._joined >= _MANY:
            return self._flush_s
        return self._flush_s / 2 if self._joined > 1 else 0.0

    def _write(self, topics: list[tuple[str, Readers]], begun: list[Writes]) -> None:
        """Writes up to a slice, then goes on at the next turn of the loop; what is published meanwhile waits until the end.

        An event that cannot be written costs its own readers a hole, which they see by its offset, and stops nothing else.
        """
        self._timer = None
        for writes in begun:
            writes.grow_old()
        room = self._slice
        try:
            while room > 0 and (begun or topics):
                if begun:
                    written = begun[-1].some(room)
                    room -= written
                    self._sockets += written
                    self._events += written * begun[-1].events
                    if begun[-1].done:
                        begun.pop()
                else:
                    topic, readers = topics.pop()
                    begun += begin(readers)
                    if readers.waiting:  # more than is joined into one write
                        self._dirty[topic] = readers
        finally:
            if begun or topics:
                self._timer = asyncio.get_running_loop().call_soon(self._write, topics, begun)
            else:
                self._written()
