"""Commands from strangers, beyond single values: every valid one comes back, and no frame costs more than its size."""

from __future__ import annotations

import sys
import tracemalloc
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hub.event import Format
from hub.protocol import (
    MAX_FRAME_BYTES,
    MAX_TOPICS,
    Ack,
    Active,
    Call,
    Command,
    Fatal,
    Hello,
    Pong,
    Position,
    Refused,
    Sub,
    Unsub,
    encode,
    parse,
)
from tests.hub.values import json_objects, texts

_numbers = st.integers(0, 2**53 - 1)
_epochs = st.text(st.characters(exclude_categories=["Cs"]), max_size=64)
_names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64)
_topics = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128)
_positions = st.builds(Position, epoch=_epochs, offset=_numbers)
commands: st.SearchStrategy[Command] = st.one_of(
    st.builds(
        Hello,
        v=st.just(1),
        device=_names,
        client=texts,
        since=st.none() | _numbers,
        topics=st.dictionaries(_topics, st.none() | _positions, max_size=6),
        token=st.none() | texts,
    ),
    st.builds(Sub, id=_numbers, topic=_topics, epoch=st.none() | _epochs, offset=st.none() | _numbers),
    st.builds(Unsub, id=_numbers, topic=_topics),
    st.builds(Ack, level=st.sampled_from(["received", "shown", "read"]), seq=_numbers),
    st.builds(Ack, level=st.just("read"), ids=st.lists(_names, min_size=1, max_size=9)),
    st.builds(Call, id=_numbers, name=_names, args=json_objects),
    st.builds(Active, on=st.booleans()),
    st.just(Pong()),
)  # fmt: skip


def framed(wire: Format, value: Mapping[str, Any] | Command) -> bytes | str:
    """The value as the payload of a client's frame."""
    packed = encode(wire, msgspec.to_builtins(value))
    return packed.decode() if wire == "json" else packed


@settings(max_examples=300)
@given(commands, st.sampled_from(["json", "msgpack"]))
@example(Hello(v=1, device="d" * 64, topics={f"t:{n:0>126}": Position("e" * 64, 2**53 - 1) for n in range(MAX_TOPICS)}), "json")
@example(Ack(level="shown", ids=["x" * 100] * 500), "msgpack")
def test_every_valid_command_comes_back(command: Command, wire: Format) -> None:
    """Within its bounds each command of each type survives the wire, in both formats."""
    assert parse(wire, framed(wire, command)) == command


@settings(max_examples=300)
@given(commands, st.data())
def test_a_valid_command_with_a_wrong_byte_is_a_command_or_an_answer(command: Command, data: st.DataObject) -> None:
    """One byte changed, dropped or doubled in a good frame never ends otherwise than by a command or one of the two refusals."""
    wire: Format = data.draw(st.sampled_from(["json", "msgpack"]))
    good = encode(wire, msgspec.to_builtins(command))
    at = data.draw(st.integers(0, len(good) - 1))
    odd = good[:at] + data.draw(st.binary(max_size=2)) + good[at + 1 :]
    ending(wire, odd.decode(errors="surrogateescape") if wire == "json" else odd)


def ending(wire: Format, data: bytes | str) -> str:
    """How parsing ends."""
    try:
        return type(parse(wire, data)).__name__
    except (Refused, Fatal) as ended:
        return type(ended).__name__


HEAD = bytes.fromhex("84a174a463616c6ca2696401a46e616d65a178a461726773")
"""A MessagePack call up to its args."""


@pytest.mark.parametrize("lie", [
    b"\xdd\xff\xff\xff\xff",              # an array of 2**32 - 1
    b"\xdc\xff\xff",
    b"\xdf\xff\xff\xff\xff",              # a map
    b"\xde\xff\xff",
    b"\xdb\xff\xff\xff\xff",              # a string
    b"\xc6\xff\xff\xff\xff",              # bytes
    b"\xc9\xff\xff\xff\xff\x01",          # an extension
    b"\xc9\xff\xff\xff\xff\xff",
    b"\xdd\x00\x00\x80\x00" * 1000,       # a nest of arrays, each of 32,768
    b"\xdd\x7f\xff\xff\xff" * 900,
    b"\xdc\xff\xff" * 900,
], ids=lambda lie: f"{lie[:6].hex()} x {len(lie)}")  # fmt: skip
@pytest.mark.parametrize("where", ["alone", "in args", "as a value", "as the type", "as the topics"])
def test_a_length_is_not_believed(lie: bytes, where: str) -> None:
    """A MessagePack header that promises billions of members reserves no memory for them."""
    before = {
        "alone": b"",
        "in args": HEAD,
        "as a value": HEAD + b"\x81\xa1x",
        "as the type": b"\x81\xa1t",
        "as the topics": b"\x84\xa6topics",
    }
    tracemalloc.start()
    try:
        assert ending("msgpack", before[where] + lie) == "Fatal"
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("data", [
    "[" * MAX_FRAME_BYTES,
    '{"t":' * (MAX_FRAME_BYTES // 5),
    '{"t":"call","id":1,"name":"x","args":{"a":' + "[" * 60_000,
    '{"t":"call","id":1,"name":"x","args":' + '{"a":' * 13_000,
    '{"t":"call","id":1,"name":"x","args":{"a":[' + "{}," * 21_000 + "{}]}}",
    '{"t":"call","id":1,"name":"x","args":{' + ",".join(f'"{n}":[]' for n in range(5_500)) + "}}",
    '{"t":"call","id":1,"name":"x","args":{"a":' + "1" * 65_000 + "}}",
    '{"t":"call","id":1,"name":"x","args":{"a":1' + "0" * 300 + "e-" + "9" * 64_000 + "}}",
    '{"t":"ack","level":"read","ids":[' + '"",' * 16_000 + '""]}',
    '{"t":"pong","x":"' + "\\u0416" * 10_900 + '"}',
    b"\x91" * MAX_FRAME_BYTES,
    b"\x81" * MAX_FRAME_BYTES,
    HEAD + b"\x81\xa1a" + b"\x91" * 60_000,
    HEAD + b"\x81\xa1a" + b"\xdc\xfd\xe8" + b"\x80" * 65_000,
    HEAD + b"\xde\x40\x00" + b"".join(b"\xa2%c%c\x90" % (n >> 7 & 0x7F, n & 0x7F) for n in range(16_000)),
], ids=lambda data: f"{data[:24]!s} x {len(data)}")  # fmt: skip
def test_a_frame_takes_memory_in_proportion(data: bytes | str) -> None:
    """The worst frames of 64 KiB, deep or wide, end in one of three ways and never hold more than 100 bytes for each of theirs."""
    wire: Format = "json" if isinstance(data, str) else "msgpack"
    tracemalloc.start()
    try:
        ending(wire, data)
        assert tracemalloc.get_traced_memory()[1] < 100 * MAX_FRAME_BYTES
    finally:
        tracemalloc.stop()


def test_nesting_ends_at_a_bound_not_at_the_stack() -> None:
    """Depth is bounded by the interpreter's own limit, near the top of the stack as well as deep in it."""

    def deep(levels: int) -> str:
        return deep(levels - 1) if levels else ending("json", '{"t":"call","id":1,"name":"x","args":{"a":' + "[" * 30_000)

    assert deep(0) == "Fatal"
    assert deep(sys.getrecursionlimit() // 2) == "Fatal"
