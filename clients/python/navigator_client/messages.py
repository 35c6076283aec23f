"""The frames of hub.v1 as typed values, and their bytes in both formats. The contract is docs/protocol.md. No I/O, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from navigator_client.errors import BadFrameError

__all__ = [
    "INBOX",
    "SUBPROTOCOLS",
    "Ack",
    "Active",
    "Call",
    "Down",
    "Draining",
    "Event",
    "Gap",
    "Hello",
    "Level",
    "Ping",
    "Place",
    "Pong",
    "Position",
    "Reply",
    "ReplyError",
    "Snapshot",
    "State",
    "Sub",
    "Unsub",
    "Up",
    "User",
    "Welcome",
    "Wire",
    "decode",
    "encode",
]

INBOX = "inbox"
"""The topic of a person's own notifications."""
Wire = Literal["json", "msgpack"]
Level = Literal["received", "shown", "read"]
SUBPROTOCOLS: Mapping[Wire, str] = {"json": "hub.v1.json", "msgpack": "hub.v1.msgpack"}


class Position(Struct, frozen=True):
    """A place in a topic: `offset` counts in the stream that `epoch` names."""

    epoch: str
    offset: int


class Hello(Struct, frozen=True, tag_field="t", tag="hello"):
    """Opens the session. `since`: the last inbox seq handled, None for "from now on"."""

    v: int
    client: str
    device: str
    since: int | None
    topics: dict[str, Position | None]
    token: str | UnsetType = UNSET


class Sub(Struct, frozen=True, tag_field="t", tag="sub"):
    """Joins a topic, from a position if one is given."""

    id: int
    topic: str
    epoch: str | UnsetType = UNSET
    offset: int | UnsetType = UNSET


class Unsub(Struct, frozen=True, tag_field="t", tag="unsub"):
    """Leaves a topic."""

    id: int
    topic: str


class Ack(Struct, frozen=True, tag_field="t", tag="ack"):
    """Where notifications have got to: all up to and with `seq`, or those of `ids`."""

    level: Level
    seq: int | UnsetType = UNSET
    ids: list[str] | UnsetType = UNSET


class Call(Struct, frozen=True, tag_field="t", tag="call"):
    """Asks the hub to do something."""

    id: int
    name: str
    args: dict[str, Any]


class Active(Struct, frozen=True, tag_field="t", tag="active"):
    """The person is at the keyboard, or not."""

    on: bool


class Pong(Struct, frozen=True, tag_field="t", tag="pong"):
    """Answers `ping`."""


Up = Hello | Sub | Unsub | Ack | Call | Active | Pong


class User(Struct, frozen=True):
    """Who this session belongs to. `locale`: `ru` or `en`."""

    id: int
    name: str
    locale: str


class Place(Struct, frozen=True):
    """Where a topic stands. `recovered`: the missed events follow; else a snapshot does."""

    epoch: str
    offset: int
    recovered: bool


class Welcome(Struct, frozen=True, tag_field="t", tag="welcome"):
    """The session is open. `seq`: newest in the inbox; `unseen`: a count; `ping`: seconds between pings."""

    session: str
    user: User
    seq: int
    unseen: int
    ping: float
    time: datetime
    topics: dict[str, Place] = {}
    v: int = 1


class Event(Struct, frozen=True, tag_field="t", tag="event"):
    """One change: `seq` in the inbox, `offset` in any other topic. The rest are the attributes of its CloudEvent.

    `replay`: it happened while nobody was connected. `level`: where a replayed notification has got to meanwhile.
    """

    topic: str
    id: str
    type: str
    source: str
    time: datetime
    data: Any = None
    seq: int | None = None
    offset: int | None = None
    replay: bool = False
    level: str | None = None

    def __post_init__(self) -> None:
        if (self.seq if self.topic == INBOX else self.offset) is None:
            raise ValueError("an event without its position")

    @property
    def position(self) -> int:
        """`seq` or `offset`, whichever counts here."""
        return (self.seq if self.topic == INBOX else self.offset) or 0  # which is there was checked when it was made


class Snapshot(Struct, frozen=True, tag_field="t", tag="snapshot"):
    """The whole state of a topic as of that position."""

    topic: str
    epoch: str
    offset: int
    data: Any


class State(Struct, frozen=True, tag_field="t", tag="state"):
    """Notifications were seen, read or done, by the device `by`. `unseen`: the hub's count after it."""

    level: str
    unseen: int
    by: str = ""
    seq: int | None = None
    ids: list[str] | None = None


class ReplyError(Struct, frozen=True):
    """Why a call was refused. `temporary`: the same may succeed later."""

    code: str
    message: str
    temporary: bool = False


class Reply(Struct, frozen=True, tag_field="t", tag="reply"):
    """Answers the frame with this `id`; None when that frame had none."""

    id: int | None
    ok: bool
    data: Any = None
    error: ReplyError | None = None


class Gap(Struct, frozen=True, tag_field="t", tag="gap"):
    """Positions `first` to `last`, both included, will never come.

    `reason`: `expired` and the like from the hub, or `position_lost` from this client: the hub no longer knew where we
    stood, `first` counts in the old order of things and `last` in the new one.
    """

    topic: str
    first: int = field(name="from")
    last: int = field(name="to")
    reason: str


class Left(Struct, frozen=True, tag_field="t", tag="left"):
    """The hub has made this session leave a topic. `reason`: `no_longer_allowed`."""

    topic: str
    reason: str


class You(Struct, frozen=True, tag_field="t", tag="you"):
    """What this person may has become this. With another `user` the hub then ends the connection with 4003.

    `read_only`: an administrator looks as them, and nothing can be done in their name.
    """

    user: int
    permissions: list[str]
    read_only: bool = False


class Ping(Struct, frozen=True, tag_field="t", tag="ping"):
    """Asks for a sign of life."""


class Draining(Struct, frozen=True, tag_field="t", tag="draining"):
    """This node goes away: come back at a random moment of the window, in seconds from now."""

    reconnect_in: tuple[float, float]


Down = Welcome | Event | Snapshot | State | Reply | Gap | Left | You | Ping | Draining

_KNOWN = frozenset(kind.__struct_config__.tag for kind in (Welcome, Event, Snapshot, State, Reply, Gap, Left, You, Ping, Draining))
_to_json, _to_msgpack = msgspec.json.Encoder(), msgspec.msgpack.Encoder()
_from_json, _from_msgpack = msgspec.json.Decoder(Down), msgspec.msgpack.Decoder(Down)


def encode(wire: Wire, frame: Up) -> str | bytes:
    """One frame as it travels: text for JSON, bytes for MessagePack."""
    return _to_json.encode(frame).decode() if wire == "json" else _to_msgpack.encode(frame)


def decode(data: str | bytes) -> Down | None:
    """The frame in a text (JSON) or binary (MessagePack) message; None for a type that this version does not know.

    Raises BadFrameError for anything but an object, and for a known type with missing or wrong fields.
    """
    try:
        frame: Down = _from_json.decode(data) if isinstance(data, str) else _from_msgpack.decode(data)
        return frame
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError) and _is_foreign(data):
            return None
        raise BadFrameError(f"the hub sent a frame that cannot be read: {error}") from error


def _is_foreign(data: str | bytes) -> bool:
    """Whether this is a whole frame of a type that is not known here."""
    try:
        value = msgspec.json.decode(data) if isinstance(data, str) else msgspec.msgpack.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return isinstance(value, dict) and isinstance(value.get("t"), str) and value["t"] not in _KNOWN
