"""hub.v1 as pure functions: client frames in, commands out; events in, frames out. No I/O, no clock.

The contract is docs/protocol.md; `tests/vectors/hub.v1.json` holds the bytes that both ends agree on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, assert_never

import msgspec
from msgspec import Meta, Struct

from hub.close import Close, CloseCode
from hub.event import Encoded, Format

__all__ = [
    "MAX_FRAME_BYTES",
    "MAX_TOPICS",
    "SUBPROTOCOLS",
    "Ack",
    "Active",
    "Call",
    "Command",
    "Error",
    "Fatal",
    "FieldError",
    "Hello",
    "Pong",
    "Position",
    "Refused",
    "Sub",
    "Unsub",
    "draining",
    "encode",
    "event_frame",
    "gap",
    "left",
    "parse",
    "ping",
    "reply",
    "snapshot",
    "state",
    "welcome",
    "you",
]

SUBPROTOCOLS: Mapping[str, Format] = {"hub.v1.json": "json", "hub.v1.msgpack": "msgpack"}
MAX_FRAME_BYTES = 64 * 1024
MAX_TOPICS = 128

_Id = Annotated[int, Meta(ge=0, le=2**53 - 1)]
_Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
_Topic = Annotated[str, Meta(min_length=1, max_length=128)]
_Ids = Annotated[list[Annotated[str, Meta(min_length=1, max_length=255)]], Meta(min_length=1, max_length=500)]
Level = Literal["received", "shown", "read"]


class Position(Struct, frozen=True):
    """Where a client stands in a topic: `offset` counts in the stream that `epoch` names."""

    epoch: Annotated[str, Meta(max_length=64)]
    offset: _Seq


class Hello(Struct, frozen=True, tag_field="t", tag="hello"):
    """Opens the session. `since` is the last inbox seq handled, None for "from now on"."""

    v: Literal[1]
    device: Annotated[str, Meta(min_length=1, max_length=64)]
    client: Annotated[str, Meta(max_length=128)] = ""
    since: _Seq | None = None
    topics: Annotated[dict[_Topic, Position | None], Meta(max_length=MAX_TOPICS)] = {}
    token: Annotated[str, Meta(max_length=512)] | None = None


class Sub(Struct, frozen=True, tag_field="t", tag="sub"):
    """Joins a topic, resuming from a position if one is given."""

    id: _Id
    topic: _Topic
    epoch: Annotated[str, Meta(max_length=64)] | None = None
    offset: _Seq | None = None


class Unsub(Struct, frozen=True, tag_field="t", tag="unsub"):
    """Leaves a topic."""

    id: _Id
    topic: _Topic


class Ack(Struct, frozen=True, tag_field="t", tag="ack"):
    """Where notifications have got to: all up to and with `seq`, or those of `ids`. Exactly one of the two."""

    level: Level
    seq: _Seq | None = None
    ids: _Ids | None = None

    def __post_init__(self) -> None:
        if (self.seq is None) == (self.ids is None):
            raise ValueError("ack takes exactly one of seq and ids")


class Call(Struct, frozen=True, tag_field="t", tag="call"):
    """Asks the hub to do something."""

    id: _Id
    name: Annotated[str, Meta(min_length=1, max_length=64)]
    args: dict[str, Any] = {}


class Active(Struct, frozen=True, tag_field="t", tag="active"):
    """The person is at the keyboard, or not."""

    on: bool


class Pong(Struct, frozen=True, tag_field="t", tag="pong"):
    """Answers `ping`."""


Command = Hello | Sub | Unsub | Ack | Call | Active | Pong


class Error(Struct, frozen=True):
    """What a `reply` carries instead of data: a stable code, a sentence, and whether trying again may help."""

    code: str
    message: str
    temporary: bool = False


class FieldError(Error, frozen=True, kw_only=True):
    """The same about one argument of a call: `field` names it."""

    field: str


class Refused(Exception):
    """The frame was understood to be wrong; the connection goes on. `id` is the command's, None when it had none."""

    def __init__(self, error: Error, command_id: int | None = None) -> None:
        super().__init__(error.code, error.message)
        self.error, self.id = error, command_id

    def __str__(self) -> str:
        return f"{self.error.code}: {self.error.message}"


class Fatal(Exception):
    """The connection must end with `close`."""

    def __init__(self, close: Close) -> None:
        super().__init__(close.code, close.reason)
        self.close = close

    def __str__(self) -> str:
        return f"{self.close.code.value} {self.close.reason}"


_TYPES = frozenset(kind.__struct_config__.tag for kind in (Hello, Sub, Unsub, Ack, Call, Active, Pong))
_from_json = msgspec.json.Decoder(Command)
_from_msgpack = msgspec.msgpack.Decoder(Command)
_any_json = msgspec.json.Decoder()
_any_msgpack = msgspec.msgpack.Decoder()
_to_json = msgspec.json.Encoder()
_to_msgpack = msgspec.msgpack.Encoder()


def parse(wire: Format, data: bytes | str) -> Command:
    """The command in one client frame. A text frame carries JSON, a binary one MessagePack.

    Raises Fatal (4502) for what is not an object in the negotiated format or is over 64 KiB, Refused for an
    unknown type or a bad field.
    """
    if (wire == "json") is not isinstance(data, str):
        raise Fatal(Close(CloseCode.PROTOCOL_ERROR, f"{wire} travels in {'text' if wire == 'json' else 'binary'} frames"))
    if len(data) * 4 > MAX_FRAME_BYTES and len(data.encode(errors="replace") if isinstance(data, str) else data) > MAX_FRAME_BYTES:
        raise Fatal(Close(CloseCode.PROTOCOL_ERROR, "frame over 64 KiB"))
    try:
        command: Command = _from_json.decode(data) if isinstance(data, str) else _from_msgpack.decode(data)
        return command
    except msgspec.ValidationError as error:
        raise _refusal(data, str(error)) from error
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise Fatal(Close(CloseCode.PROTOCOL_ERROR, f"not {wire}")) from error


def _refusal(data: bytes | str, why: str) -> Refused | Fatal:
    """Says what a well-formed but unacceptable frame is: not an object, of unknown type, or with a bad field."""
    try:
        value = _any_json.decode(data) if isinstance(data, str) else _any_msgpack.decode(data)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return Fatal(Close(CloseCode.PROTOCOL_ERROR, "not decodable"))
    if not isinstance(value, dict):
        return Fatal(Close(CloseCode.PROTOCOL_ERROR, "not an object"))
    given = value.get("id")
    command_id = given if isinstance(given, int) and not isinstance(given, bool) and 0 <= given < 2**53 else None
    kind = value.get("t")
    if not isinstance(kind, str) or kind not in _TYPES:
        return Refused(Error("unknown_type", f"no message type {str(kind)[:40]!r}"), command_id)
    return Refused(Error("bad_field", why[:300]), command_id)


def encode(wire: Format, message: Mapping[str, Any]) -> bytes:
    """One hub message as the payload of one frame."""
    match wire:
        case "json":
            return _to_json.encode(message)
        case "msgpack":
            return _to_msgpack.encode(message)
        case _:
            assert_never(wire)


def event_frame(
    wire: Format,
    topic: str,
    position: int,
    event: Encoded,
    *,
    replay: bool = False,
    level: str | None = None,
) -> bytes:
    """An `event` frame around the shared encoding: `seq` for the inbox, `offset` for other topics.

    Only the few bytes before and after the event are made here, so a frame costs one concatenation.
    """
    place = "seq" if topic == "inbox" else "offset"
    if wire == "json":
        head = b'{"t":"event","topic":%s,"%s":%d,' % (_to_json.encode(topic), place.encode(), position)
        tail = b',"replay":true' if replay else b""
        if level is not None:
            tail += b',"level":' + _to_json.encode(level)
        return head + event.json + tail + b"}"
    pack = _to_msgpack.encode
    members = 3 + event.members + replay + (level is not None)
    head = bytes((0x80 | members,)) + b"\xa1t\xa5event\xa5topic" + pack(topic) + pack(place) + pack(position)
    tail = b"\xa6replay\xc3" if replay else b""
    if level is not None:
        tail += b"\xa5level" + pack(level)
    return head + event.msgpack + tail


def welcome(
    *,
    session: str,
    user: Mapping[str, Any],
    seq: int,
    unseen: int,
    ping_s: float,
    time: str,
    topics: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """The session is open; replay follows."""
    return {
        "t": "welcome",
        "v": 1,
        "session": session,
        "user": user,
        "seq": seq,
        "unseen": unseen,
        "ping": ping_s,
        "time": time,
        "topics": topics,
    }


def snapshot(topic: str, epoch: str, offset: int, data: Any) -> dict[str, Any]:
    """The whole state of a topic as of that position."""
    return {"t": "snapshot", "topic": topic, "epoch": epoch, "offset": offset, "data": data}


def state(*, level: str, by: str, unseen: int, seq: int | None = None, ids: Sequence[str] | None = None) -> dict[str, Any]:
    """Notifications changed their level; `unseen` is the count after that change."""
    which: dict[str, Any] = {"seq": seq} if ids is None else {"ids": list(ids)}
    return {"t": "state", **which, "level": level, "by": by, "unseen": unseen}


def reply(command_id: int | None, *, data: Any = None, error: Error | None = None) -> dict[str, Any]:
    """The answer to `sub`, `unsub` or `call`; `id` is None when the refused frame had none."""
    if error is not None:
        return {"t": "reply", "id": command_id, "ok": False, "error": error}
    return {"t": "reply", "id": command_id, "ok": True, "data": data}


def gap(topic: str, first: int, last: int, reason: str) -> dict[str, Any]:
    """Positions `first` to `last` (both included) will never come."""
    return {"t": "gap", "topic": topic, "from": first, "to": last, "reason": reason}


def left(topic: str, reason: str) -> dict[str, Any]:
    """The session no longer reads this topic, though it did not ask to leave."""
    return {"t": "left", "topic": topic, "reason": reason}


def you(user_id: int, permissions: Sequence[str], *, read_only: bool) -> dict[str, Any]:
    """Who is at this end, and what they may, has become this. With another `user_id` the connection then ends with 4003."""
    return {"t": "you", "user": user_id, "permissions": list(permissions), "read_only": read_only}


def ping() -> dict[str, Any]:
    """Asks for a sign of life."""
    return {"t": "ping"}


def draining(earliest_s: float, latest_s: float) -> dict[str, Any]:
    """This node goes away: come back at a random moment of the window."""
    return {"t": "draining", "reconnect_in": [earliest_s, latest_s]}
