"""hub.v1 as bytes: the shared vectors, spliced frames, and rubbish from strangers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.close import CloseCode
from hub.event import Event, Format
from hub.protocol import (
    MAX_FRAME_BYTES,
    Ack,
    Call,
    Error,
    Fatal,
    Hello,
    Position,
    Refused,
    Sub,
    draining,
    encode,
    event_frame,
    gap,
    parse,
    ping,
    reply,
    snapshot,
    state,
    welcome,
)
from tests.clock import START
from tests.follower import Follower
from tests.hub.values import json_objects, json_values, texts

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/hub.v1.json").read_text(encoding="utf-8"))
FRAMES, REFUSED, INBOX = VECTORS["frames"], VECTORS["refused"], VECTORS["inbox"]


def named(row: dict[str, Any]) -> str:
    """The row's name, for pytest."""
    return str(row["name"])


@pytest.mark.parametrize("row", FRAMES, ids=named)
def test_vectors_are_what_two_implementations_read(row: dict[str, Any]) -> None:
    """The pinned bytes decode to the value, by our codec and by an independent one."""
    packed = bytes.fromhex(row["msgpack"])
    assert msgspec.json.decode(row["json"]) == row["value"] == json.loads(row["json"])
    assert msgspec.msgpack.decode(packed) == row["value"] == msgpack.unpackb(packed)


@pytest.mark.parametrize("row", [row for row in FRAMES if row["dir"] == "down"], ids=named)
def test_the_hub_writes_the_pinned_bytes(row: dict[str, Any]) -> None:
    """Each message to clients has exactly the pinned bytes in both formats."""
    assert encode("json", row["value"]).decode() == row["json"]
    assert encode("msgpack", row["value"]).hex() == row["msgpack"]


@pytest.mark.parametrize("row", [row for row in FRAMES if row["dir"] == "up"], ids=named)
def test_both_formats_carry_the_same_command(row: dict[str, Any]) -> None:
    """A client's frame is the same command in either format, and encodes back to the value."""
    command = parse("json", row["json"])
    assert command == parse("msgpack", bytes.fromhex(row["msgpack"]))
    again = msgspec.to_builtins(command)
    assert {name: again[name] for name in row["value"]} == row["value"]


@pytest.mark.parametrize("row", REFUSED, ids=named)
def test_bad_frames_are_answered_as_pinned(row: dict[str, Any]) -> None:
    """What ends the connection and what is merely answered stands in the table."""
    data = row["text"] if "text" in row else bytes.fromhex(row["hex"])
    with pytest.raises((Refused, Fatal)) as caught:
        parse(row["wire"], data)
    match caught.value:
        case Fatal() as fatal:
            assert fatal.close.code == row["close"]
        case Refused() as refused:
            assert (refused.error.code, refused.id) == (row["error"], row["id"])


@pytest.mark.parametrize("row", INBOX, ids=named)
def test_the_follower_keeps_its_position_as_pinned(row: dict[str, Any]) -> None:
    """The reference client accepts, acknowledges and resumes as the table says."""
    client = Follower("d", since=row["since"])
    hello = client.hello()
    client.take(
        welcome(session="s", user={"id": 1, "name": "a", "locale": "ru"}, seq=row["since"], unseen=0, ping_s=25.0, time="", topics={})
    )
    assert hello["since"] == row["since"]
    client.up.clear()
    for step in row["steps"]:
        if "close" in step:
            client.lost(step["close"])
        else:
            client.take(step["down"])
    assert [item.seq for item in client.accepted] == row["accepted"]
    if "up" in row:
        client.flush()
        assert client.up == row["up"]
    if "resume" in row:
        assert client.lost_place
        assert client.hello()["since"] == row["resume"]


FRAME_MAKERS: list[tuple[dict[str, Any], str]] = [
    (welcome(session="Xk2-9", user={"id": 7, "name": "petrova", "locale": "ru"}, seq=41, unseen=3, ping_s=25.0,
             time="2026-11-23T09:15:04.120Z", topics={"system": {"epoch": "k2", "offset": 7, "recovered": True}}), "welcome"),
    (snapshot("system", "k2", 8, {"sources": {}}), "snapshot"),
    (state(level="read", by="b3f1", unseen=2, ids=["journal:14"]), "state of ids"),
    (state(level="shown", by="b3f1", unseen=0, seq=42), "state up to a seq"),
    (reply(4, data={"unseen": 0}), "reply"),
    (reply(5, error=Error("no_such_topic", "there is no such topic, or it is not yours to read")), "reply, refused"),
    (gap("inbox", 3, 9, "expired"), "gap"),
    (ping(), "ping"),
    (draining(0.25, 4.5), "draining"),
]  # fmt: skip


@pytest.mark.parametrize(("made", "name"), FRAME_MAKERS, ids=[name for _, name in FRAME_MAKERS])
@pytest.mark.parametrize("wire", ["json", "msgpack"])
def test_message_makers_give_the_pinned_values(made: dict[str, Any], name: str, wire: Format) -> None:
    """Each maker of a message gives the value in the table, byte by byte."""
    row = next(row for row in FRAMES if row["name"] == name)
    assert encode(wire, made) == (row["json"].encode() if wire == "json" else bytes.fromhex(row["msgpack"]))


named = texts.filter(lambda text: bool(text) and "\0" not in text)


@given(
    topic=st.just("inbox") | texts.filter(bool),
    position=st.integers(0, 2**53 - 1),
    data=json_objects,
    names=st.tuples(named, named, named),
    replay=st.booleans(),
    level=st.none() | st.sampled_from(["received", "shown", "read", "done"]),
)
def test_a_spliced_event_frame_is_the_encoded_object(
    topic: str, position: int, data: dict[str, Any], names: tuple[str, str, str], replay: bool, level: str | None
) -> None:
    """Putting an event's shared bytes between head and tail gives what encoding the whole object would give."""
    event = Event(source=names[0], id=names[1], type=names[2], time=START, data=data)
    whole: dict[str, Any] = {
        "t": "event",
        "topic": topic,
        ("seq" if topic == "inbox" else "offset"): position,
        "id": event.id,
        "type": event.type,
        "source": event.source,
        "time": "2026-11-23T09:00:00.000Z",
        "data": data,
    }
    whole |= ({"replay": True} if replay else {}) | ({"level": level} if level else {})
    for wire in ("json", "msgpack"):
        assert event_frame(wire, topic, position, event.encode(), replay=replay, level=level) == encode(wire, whole)


def digest(wire: Format, data: bytes | str) -> None:
    """Parses; nothing but the two expected errors may come out, and what they say fits on the wire."""
    close = None
    try:
        parse(wire, data)
    except Refused as refused:
        encode(wire, reply(refused.id, error=refused.error))
        str(refused)
    except Fatal as fatal:
        close = fatal.close
    assert close is None or (close.code is CloseCode.PROTOCOL_ERROR and len(close.reason.encode()) <= 123)


@settings(max_examples=300)
@given(st.binary(max_size=200))
@example(b"\x81\xc4\x01\x00\xc0")
@example(bytes.fromhex("84a174a463616c6ca2696401a46e616d65a178a46172677381a1788190c0"))  # an array as a key, deep in args
@example(bytes.fromhex("84a174a463616c6ca2696401a46e616d65a178a46172677381a178c7ff7f") + b"x" * 255)  # an extension type
@example(bytes.fromhex("84a174a463616c6ca2696401a46e616d65a178a46172677381a178d7ff") + b"\xff" * 8)  # a timestamp far away
@example(bytes.fromhex("84a174a463616c6ca2696401a46e616d65a178a46172677381a178c70cff") + b"\xff" * 12)
def test_any_bytes_are_a_command_or_an_answer(data: bytes) -> None:
    """Whatever a stranger sends in a binary frame, parsing it ends in one of three ways."""
    digest("msgpack", data)
    digest("json", data)


@settings(max_examples=300)
@given(st.text(max_size=200) | st.text(st.characters(categories=["Cs", "Lu"]), max_size=20))
@example('{"t":"call","id":1,"name":"x","args":{"x":' + "9" * 5000 + "}}")
@example('{"t":' + "9" * 5000 + "}")
@example('{"t":"call","id":1,"name":"x","args":{"x":1e999}}')
@example('{"t":"call","id":' + "9" * 400 + ',"name":"x"}')
@example('{"t":"hello","v":1,"device":"\\ud800"}')
@example('{"t":"\\ud800"}')
@example("\ud800" * 17_000)
def test_any_text_is_a_command_or_an_answer(data: str) -> None:
    """Whatever a stranger sends in a text frame, parsing it ends in one of three ways."""
    digest("json", data)
    digest("msgpack", data)


@given(
    st.dictionaries(
        st.sampled_from(["t", "id", "v", "device", "topic", "topics", "level", "seq", "ids", "name", "args", "on"]), json_values
    )
)
def test_any_object_is_a_command_or_an_answer(value: dict[str, Any]) -> None:
    """Objects with our field names and any values in them never break the parser."""
    digest("json", msgspec.json.encode(value).decode())
    digest("msgpack", msgspec.msgpack.encode(value))


@given(st.sampled_from(["hello", "sub", "unsub", "ack", "call", "active", "pong"]), json_objects)
def test_any_fields_of_a_known_type_are_a_command_or_an_answer(kind: str, fields: dict[str, Any]) -> None:
    """Unknown fields are ignored, whatever they hold."""
    value = fields | {"t": kind, "id": 1, "v": 1, "device": "d", "topic": "system", "level": "read", "seq": 1, "name": "x", "on": True}
    digest("json", msgspec.json.encode(value).decode())
    digest("msgpack", msgspec.msgpack.encode(value))


@pytest.mark.parametrize("depth", [100, 2_000, 30_000])
def test_deep_nesting_is_refused_not_recursed_into(depth: int) -> None:
    """A frame of brackets ends in an answer, however deep."""
    digest("json", "[" * depth + "]" * depth)
    digest("json", '{"t":"call","id":1,"name":"x","args":{"x":' + "[" * depth + "]" * depth + "}}")
    digest("msgpack", b"\x91" * depth + b"\xc0")
    digest("msgpack", bytes.fromhex("84a174a463616c6ca2696401a46e616d65a178a46172677381a178") + b"\x91" * depth + b"\xc0")


def test_frames_over_64_kib_end_the_connection() -> None:
    """The bound counts bytes, not characters, and includes itself."""
    shell = '{"t":"active","on":true,"x":""}'
    fits = shell[:-2] + "x" * (MAX_FRAME_BYTES - len(shell)) + shell[-2:]
    parse("json", fits)
    wide = shell[:-2] + "Ж" * (MAX_FRAME_BYTES // 2) + shell[-2:]
    for data in (fits.replace("x", "xx", 1), wide, "x" * 10_000_000):
        with pytest.raises(Fatal, match="64 KiB"):
            parse("json", data)
    with pytest.raises(Fatal, match="64 KiB"):
        parse("msgpack", b"\x80" * (MAX_FRAME_BYTES + 1))


def test_commands_have_their_defaults() -> None:
    """What a client may leave out is filled in."""
    assert parse("json", '{"t":"hello","v":1,"device":"d"}') == Hello(v=1, device="d")
    assert parse("json", '{"t":"call","id":0,"name":"x"}') == Call(id=0, name="x", args={})
    assert parse("json", '{"t":"sub","id":0,"topic":"system","offset":3,"epoch":"e"}') == Sub(id=0, topic="system", epoch="e", offset=3)
    resumed = parse("json", '{"t":"hello","v":1,"device":"d","topics":{"system":{"epoch":"e","offset":1}}}')
    assert resumed == Hello(v=1, device="d", topics={"system": Position(epoch="e", offset=1)})
    assert parse("json", '{"t":"ack","level":"read","ids":["a"]}') == Ack(level="read", ids=["a"])


@pytest.mark.parametrize(
    "text",
    [
        '{"t":"hello","v":1,"device":"d","topics":{' + ",".join(f'"t{n}":null' for n in range(129)) + "}}",
        '{"t":"ack","level":"read","ids":[' + ",".join('"x"' for _ in range(501)) + "]}",
        '{"t":"ack","level":"read","ids":[]}',
        '{"t":"ack","level":"read","ids":["%s"]}' % ("x" * 256),
        '{"t":"hello","v":1,"device":""}',
        '{"t":"hello","v":1,"device":"%s"}' % ("x" * 65),
        '{"t":"sub","id":1,"topic":"%s"}' % ("x" * 129),
        '{"t":"ack","level":"read","seq":9007199254740992}',
        '{"t":"active","on":1}',
        '{"t":"call","id":1,"name":"x","args":[]}',
    ],
)  # fmt: skip
def test_fields_out_of_bounds_are_refused(text: str) -> None:
    """Each bound of a field is held; the connection goes on."""
    with pytest.raises(Refused, match="bad_field"):
        parse("json", text)
