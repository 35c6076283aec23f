"""What nodes tell each other over the bus, as bytes."""

from __future__ import annotations

import msgspec

__all__ = [
    "Ask",
    "Changed",
    "Deliver",
    "Goodbye",
    "Here",
    "Message",
    "Present",
    "Publish",
    "Restate",
    "Revoke",
    "RollCall",
    "Schedule",
    "StateChange",
    "Whole",
    "decode",
    "encode",
]


class Deliver(msgspec.Struct, frozen=True, array_like=True, tag="d"):
    """One notification for the inboxes of (user, seq)."""

    json: bytes
    to: list[tuple[int, int]]


class Publish(msgspec.Struct, frozen=True, array_like=True, tag="p"):
    """One event of a topic. Its place in the bus's order gives it its offset, on every node the same."""

    topic: str
    json: bytes


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


class Changed(msgspec.Struct, frozen=True, array_like=True, tag="c"):
    """What these people may, or who looks as them, is another: every node looks their open sessions up anew."""

    users: tuple[int, ...]


class RollCall(msgspec.Struct, frozen=True, array_like=True, tag="q"):
    """A node asks which of these sign-ins have a socket open elsewhere."""

    node: str
    call: int
    sessions: tuple[str, ...]


class Present(msgspec.Struct, frozen=True, array_like=True, tag="y"):
    """Those of a roll call that are open at `node`; told also when there are none."""

    to: str
    call: int
    node: str
    sessions: tuple[str, ...]


class Schedule(msgspec.Struct, frozen=True, array_like=True, tag="t"):
    """Deadlines that this node has committed, as (user, microseconds since 1970): the leading node keeps them."""

    deadlines: list[tuple[int, int]]


class Ask(msgspec.Struct, frozen=True, array_like=True, tag="a"):
    """A node has just come, or has missed messages: how do the topics stand?"""

    node: str


class Restate(msgspec.Struct, frozen=True, array_like=True, tag="x"):
    """How one topic stood when its teller had taken the bus' messages up to `at`."""

    to: str
    at: str
    topic: str
    epoch: str
    offset: int
    state: bytes
    """JSON."""


class Whole(msgspec.Struct, frozen=True, array_like=True, tag="w"):
    """That was every topic; those begun after `at` have this epoch."""

    to: str
    at: str
    epoch: str


class Here(msgspec.Struct, frozen=True, array_like=True, tag="h"):
    """Who has how many sessions at a node: everybody (`whole`), or those whose number has changed, 0 for none."""

    node: str
    whole: bool
    users: list[tuple[int, int]]
    reads: list[str]
    """The topics read there that are published on demand."""


class Goodbye(msgspec.Struct, frozen=True, array_like=True, tag="g"):
    """A node has ended, and all its sessions with it."""

    node: str


Message = Deliver | Publish | StateChange | Revoke | Changed | RollCall | Present | Schedule | Ask | Restate | Whole | Here | Goodbye
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)


def encode(message: Message) -> bytes:
    """As it travels on the bus."""
    return _encoder.encode(message)


def decode(data: bytes) -> Message:
    """What a node reads from the bus; msgspec.DecodeError for anything else."""
    message: Message = _decoder.decode(data)
    return message
