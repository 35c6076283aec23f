"""The shared vectors, and what is not in them."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigator_client import BadFrameError
from navigator_client.messages import Down, Up, decode, encode

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/hub.v1.json").read_text(encoding="utf-8"))
UP = [row for row in VECTORS["frames"] if row["dir"] == "up"]
DOWN = [row for row in VECTORS["frames"] if row["dir"] == "down"]


def named(row: dict[str, Any]) -> str:
    """The row's name, for pytest."""
    return str(row["name"])


@pytest.mark.parametrize("row", UP, ids=named)
def test_client_writes_the_pinned_bytes(row: dict[str, Any]) -> None:
    """A client's frame has exactly these bytes, in both formats."""
    frame: Up = msgspec.convert(row["value"], Up)
    assert encode("json", frame) == row["json"]
    packed = encode("msgpack", frame)
    assert isinstance(packed, bytes)
    assert packed.hex() == row["msgpack"]


@pytest.mark.parametrize("row", DOWN, ids=named)
def test_client_reads_the_pinned_bytes_alike(row: dict[str, Any]) -> None:
    """A hub's frame means the same in both formats, and nothing of it is lost."""
    expected: Down = msgspec.convert(row["value"], Down)
    assert decode(row["json"]) == decode(bytes.fromhex(row["msgpack"])) == expected
    again = json.loads(msgspec.json.encode(expected))
    assert {key: again.get(key) for key in row["value"] if key != "time"} == {
        key: value for key, value in row["value"].items() if key != "time"
    }


def test_there_are_vectors() -> None:
    """An empty table does not pass for an agreement."""
    assert len(UP) > 8
    assert len(DOWN) > 8


def test_unknown_types_are_none_and_unknown_fields_ignored() -> None:
    """A newer hub may say more."""
    assert decode('{"t":"dance","x":1}') is None
    assert decode('{"t":"ping","x":1}') == decode(b"\x81\xa1t\xa4ping")


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[]",
        "1",
        "{}",
        '{"t":1}',
        '{"t":"welcome"}',
        '{"t":"event","topic":"inbox","id":"a","type":"t","source":"s","time":"2026-11-23T09:15:04Z","offset":1}',
        b"",
        b"\x81",
        b"\xc1",
        b"\x90",
    ],
)
def test_bad_frames_are_an_error(data: str | bytes) -> None:
    """What is no object, or has a field missing or of a wrong type, is BadFrameError."""
    with pytest.raises(BadFrameError):
        decode(data)


@given(st.binary() | st.text())
def test_rubbish_is_never_another_error(data: str | bytes) -> None:
    """Whatever comes is a frame, unknown, or BadFrameError."""
    with suppress(BadFrameError):
        decode(data)
