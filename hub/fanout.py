"""From the bus to the sessions: each event is framed once for each wire format, whoever reads it.

Runs in the one dispatcher task of a node and never waits: a session takes a frame into its bounded queue or is
closed as too slow.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hub.close import Close, CloseCode
from hub.event import Encoded, Format
from hub.presence import Presence
from hub.protocol import event_frame, state

__all__ = ["Deliver", "Fanout", "Message", "Publish", "Revoke", "StateChange", "decode", "encode"]


class Deliver(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """One notification for the inboxes of (user, seq)."""

    json: bytes
    msgpack: bytes
    members: int
    to: list[tuple[int, int]]


class Publish(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """One event of a topic at its offset."""

    topic: str
    offset: int
    json: bytes
    msgpack: bytes
    members: int


class StateChange(msgspec.Struct, frozen=True, array_like=True, tag="s"):
    """A person's notifications changed their level."""

    user_id: int
    level: str
    by: str
    unseen: int
    head: int
    seq: int | None = None
    ids: tuple[str, ...] | None = None


class Revoke(msgspec.Struct, frozen=True, array_like=True, tag="r"):
    """These sign-ins have ended: their sockets close with 4501."""

    sessions: tuple[str, ...]
    reason: str


Message = Deliver | Publish | StateChange | Revoke
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """As it travels on the bus."""
    return _encoder.encode(message)


def decode(data: bytes) -> Message:
    """What a node reads from the bus; msgspec.DecodeError for anything else."""
    message: Message = _decoder.decode(data)
    return message


class Fanout:
    """Gives messages from the bus to the sessions of this node."""

    def __init__(self, presence: Presence) -> None:
        self._presence = presence

    def dispatch(self, message: Message) -> None:
        """Hands one message to everybody here whom it concerns."""
        match message:
            case Deliver():
                event = Encoded(message.json, message.msgpack, message.members)
                for user_id, seq in message.to:
                    for session in self._presence.of(user_id):
                        session.inbox(seq, event)
            case Publish():
                frame = _Frames(lambda wire: event_frame(wire, message.topic, message.offset, _encoded(message)))
                for session in list(self._presence.readers(message.topic)):
                    session.topic(message.topic, message.offset, frame[session.wire])
            case StateChange():
                told = state(level=message.level, by=message.by, unseen=message.unseen, seq=message.seq, ids=message.ids)
                for session in self._presence.of(message.user_id):
                    session.state(told, message.head)
            case Revoke():
                for session in self._presence:
                    if session.principal.session_hash in message.sessions:
                        session.close(Close(CloseCode.REVOKED, message.reason))


def _encoded(message: Publish) -> Encoded:
    return Encoded(message.json, message.msgpack, message.members)


class _Frames(dict[Format, bytes]):
    """A frame for each wire format, made when the first reader of that format is met."""

    def __init__(self, make: Callable[[Format], bytes]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, wire: Format) -> bytes:
        frame = self[wire] = self._make(wire)
        return frame
