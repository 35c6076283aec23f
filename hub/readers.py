"""The readers of one topic on this node: hot ones, who are all written the same bytes, and those served one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from hub.event import Format
from hub.session import Session

__all__ = ["FLUSH_BYTES", "Group", "Readers", "Waiting", "Way"]

FLUSH_BYTES = 256 * 1024
"""Joined into one write, at most, unless one event alone is larger: what a socket does not take of it, its transport has to hold."""

Way = Callable[[bytes], None] | int
"""How to write to a hot session: a call, or a descriptor (`Session.fd`)."""
Group = tuple[Format, bool]
"""Those who are written the same bytes in the same way: the wire format, and whether by descriptor."""


class Waiting(NamedTuple):
    """An event of the topic that has not been written yet."""

    offset: int
    size: int
    """Bytes, about as many as its frame has."""
    payload: dict[Format, bytes]
    """Its frame's payload for each wire format, made when first asked for."""


class Readers:
    """Who reads one topic.

    All hot readers have everything up to `sent`, or are owed it by the flush under way, and get the next events as one
    shared write. The others, slow or just come, each have a position of their own; they turn hot with the first flush
    that finds them able to be written to.
    """

    __slots__ = ("_cold", "_hot", "_owed", "sent", "waiting")

    def __init__(self, sent: int) -> None:
        self.sent = sent
        """The offset up to which a flush has begun to write."""
        self.waiting: list[Waiting] = []
        """Events beyond `sent`, in order."""
        self._hot: dict[Group, dict[Session, Way]] = {}  # so that a write to all looks at no session
        self._cold: dict[Session, int] = {}
        self._owed: dict[Group, dict[Session, Way]] = {}

    def __len__(self) -> int:
        return len(self._cold) + sum(map(len, self._hot.values()))

    def __contains__(self, session: Session) -> bool:
        return session in self._cold or session in self._hot.get(_group(session), ())

    def __iter__(self) -> Iterator[Session]:
        for hot in self._hot.values():
            yield from list(hot)
        yield from list(self._cold)

    def add(self, session: Session, offset: int) -> None:
        """The session has everything up to `offset` and wants what follows. A second time: its position is this one now."""
        self.discard(session)
        if session.direct is not None and offset == self.sent:
            self._heat(session, session.direct)
        else:
            self._cold[session] = offset

    def discard(self, session: Session) -> None:
        """The session is told no more, also not by a flush under way."""
        _take_out(self._owed, session)
        if not _take_out(self._hot, session):
            self._cold.pop(session, None)

    def cool(self, session: Session) -> None:
        """A hot session becomes one that is served by itself, from where the others are. A flush under way still owes it the same."""
        if _take_out(self._hot, session):
            self._cold[session] = self.sent

    def take(self) -> list[Waiting]:
        """The events to write now, the first FLUSH_BYTES of them; a flush of them has begun, and the hot readers are `owed` them."""
        size, count = 0, 0
        for event in self.waiting:
            size += event.size
            if size > FLUSH_BYTES and count:
                break
            count += 1
        taken, self.waiting = self.waiting[:count], self.waiting[count:]
        if taken:
            self.sent = taken[-1].offset
            self._owed = {group: dict(hot) for group, hot in self._hot.items() if hot}
        return taken

    @property
    def owed(self) -> dict[Group, dict[Session, Way]]:
        """Those whom the flush under way has not written to yet. The flush takes them out; so does whoever leaves or joins anew."""
        return self._owed

    @property
    def cold(self) -> list[Session]:
        """Those whom the flush that has just begun must `serve` one by one; whoever turns cold later is owed it, or has it."""
        return list(self._cold)

    def serve(self, session: Session, events: Sequence[Waiting]) -> None:
        """Sends one of the `cold` what it does not have; if it can be written to at once it is hot from here on.

        Nothing happens for one that has left or joined anew, hot, since the flush began.
        """
        known = self._cold.get(session)
        if known is None:
            return
        for event in events:
            if event.offset > known:
                session.send_frame(event.payload[session.wire])
        if session not in self._cold:
            return  # it left while it was served
        if session.direct is not None and session.closing is None and known <= self.sent:
            del self._cold[session]
            self._heat(session, session.direct)
        else:
            self._cold[session] = max(known, self.sent)

    def _heat(self, session: Session, direct: Callable[[bytes], None]) -> None:
        self._hot.setdefault(_group(session), {})[session] = direct if session.fd < 0 else session.fd


def _group(session: Session) -> Group:
    return session.wire, session.fd >= 0


def _take_out(readers: dict[Group, dict[Session, Way]], session: Session) -> bool:
    """True when the session was among them."""
    mine = readers.get(_group(session))
    if mine is None or session not in mine:
        return False
    del mine[session]
    return True
