"""What a flush has to write to the readers of one topic, done in slices: the hot ones in groups, the cold ones one by one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from operator import length_hint
from typing import Any

import structlog

from hub.close import Close, CloseCode
from hub.readers import Group, Readers, Waiting, Way
from hub.session import OPCODES, Session
from hub.wire import frame

try:
    from hub.speedups import send_all
except ImportError:  # it was not compiled; `COMPILED` tells the drivers
    send_all = None  # type: ignore[assignment]

__all__ = ["COMPILED", "Writes", "begin"]

_log = structlog.get_logger("hub.writes")
COMPILED = send_all is not None
"""Whether a write to descriptors (`Session.fd`) is faster than one call for each session; without it, no session may have one."""


class Writes:
    """A part of a flush: some readers, and the events that each of them gets."""

    __slots__ = ("_events", "_to")

    _to: Collection[Session]

    def __init__(self, events: Sequence[Waiting]) -> None:
        self._events = events

    @property
    def events(self) -> int:
        """How many events each of them gets, at most."""
        return len(self._events)

    @property
    def done(self) -> bool:
        """True when everybody has been written to."""
        return not self._to

    def grow_old(self) -> None:
        """The loop has had a turn since the flush began."""

    def some(self, room: int) -> int:
        """Writes to at most `room` of them; how many."""
        raise NotImplementedError


def begin(readers: Readers) -> list[Writes]:
    """Begins a flush of what waits in a topic."""
    events = readers.take()
    if not events:
        return []
    return [_Singly(readers, events), *(_Together(group, events, to) for group, to in readers.owed.items())]


class _Singly(Writes):
    """The cold readers when the flush began: each is sent what it lacks."""

    __slots__ = ("_readers",)

    _to: list[Session]

    def __init__(self, readers: Readers, events: Sequence[Waiting]) -> None:
        super().__init__(events)
        self._readers, self._to = readers, readers.cold

    def some(self, room: int) -> int:
        """Serves them."""
        to = self._to[-room:]
        del self._to[-room:]
        for session in to:
            try:
                self._readers.serve(session, self._events)
            except Exception:
                _ended(session)
        return len(to)


class _Together(Writes):
    """The same bytes for a group of those who were hot readers when the flush began, and still are its readers."""

    __slots__ = ("_blob", "_by_descriptor", "_fresh", "_wire")

    _to: dict[Session, Way]

    def __init__(self, group: Group, events: Sequence[Waiting], to: dict[Session, Way]) -> None:
        super().__init__(events)
        self._wire, self._by_descriptor = group
        self._to = to
        self._blob = b"".join(frame(event.payload[self._wire], OPCODES[self._wire]) for event in events)
        self._fresh = True

    def grow_old(self) -> None:
        """Who was hot may be slow by now."""
        self._fresh = False

    def some(self, room: int) -> int:
        """Writes to them; those who have turned slow have it queued."""
        sessions, ways = self._take(room)
        count = len(sessions)
        if not self._fresh:
            sessions, ways = self._hot(sessions, ways)
        # From here on is one turn: in it nobody but the one who is written to can leave or turn slow.
        if self._by_descriptor:
            self._send(sessions, ways)
        else:
            self._write(sessions, ways)
        return count

    def _take(self, room: int) -> tuple[list[Session], list[Way]]:
        if len(self._to) > room:
            some = [self._to.popitem() for _ in range(room)]
            return [session for session, _ in some], [way for _, way in some]
        sessions, ways = list(self._to), list(self._to.values())
        self._to.clear()
        return sessions, ways

    def _hot(self, sessions: Sequence[Session], ways: Sequence[Way]) -> tuple[list[Session], list[Way]]:
        """Those that can still be written to at once; for the others the events are queued."""
        both = [(session, way) for session, way in zip(sessions, ways, strict=True) if session.direct is not None]
        for session in [session for session in sessions if session.direct is None]:
            self._queue(session)
        return [session for session, _ in both], [way for _, way in both]

    def _send(self, sessions: Sequence[Session], fds: Sequence[Any]) -> None:
        """What a socket does not take at once, its transport is given to keep; it also meets the error of one that has failed."""
        assert send_all is not None  # noqa: S101  # `COMPILED`
        for index, sent in send_all(fds, self._blob):
            session = sessions[index]
            try:
                if session.direct is not None:
                    session.direct(self._blob[sent:])
            except Exception:
                _ended(session)

    def _write(self, sessions: Sequence[Session], writes: Sequence[Any]) -> None:
        blob, rest = self._blob, iter(writes)
        while True:
            try:
                for write in rest:
                    write(blob)
                return
            except Exception:
                _ended(sessions[len(sessions) - length_hint(rest) - 1])

    def _queue(self, session: Session) -> None:
        try:
            for event in self._events:
                session.send_frame(event.payload[self._wire])
        except Exception:
            _ended(session)


def _ended(session: Session) -> None:
    """One connection's trouble is not the others': it ends, and resumes from its position."""
    _log.exception("write_failed", session=session.id)
    session.close(Close(CloseCode.INTERNAL_ERROR, "internal error"))
