"""One function for each parser: it takes any bytes, and raises when the parser does what it must not."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from json import decoder, scanner
from types import MappingProxyType
from typing import Any

import msgspec
from msgpack import fallback
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from adapters.finesse import reading
from adapters.finesse.errors import WORDS, code_of
from adapters.finesse.feed import empty, events, fold, state_json
from adapters.finesse.picture import Picture
from adapters.finesse.values import Service
from hub.close import CloseCode
from hub.event import Event, Format, Text
from hub.notification import Notification, TopicEvent
from hub.protocol import Command, Fatal, Refused, encode, parse, reply
from hub.topic import Topic, Topics, fold_by_key, fold_sources
from hub.wire import CLOSE, FrameReader
from tests.adapters.finesse import documents
from tests.hub.frames import agree, client_frame, cut, ours
from web.events import BadEvent, read_request

__all__ = ["HARNESSES", "Harness"]

_SLOW_S = 0.1
"""CPU seconds that no input of 64 KiB may cost: a thousandth of that is usual."""


@dataclass(frozen=True, slots=True)
class Harness:
    """A parser under test: what to call, where to begin, and words that its inputs are made of."""

    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()
    max_len: int = 1024


# -- frames -----------------------------------------------------------------------------------------------


def wire(data: bytes) -> None:
    """Byte 0 picks the bound, byte 1 how many of the next bytes are cuts; the rest is what a client sends."""
    max_size = (0, 10, 125, 200, 4096, 65536)[data[0] % 6] if data else 0
    count = data[1] % 16 if len(data) > 1 else 0
    cuts, stream = list(data[2 : 2 + count]), data[2 + count :]
    agree(stream, max_size)
    whole = ours(FrameReader(max_size), stream)
    reader, messages, fault = FrameReader(max_size), [], None
    for piece in cut(stream, cuts):
        got = ours(reader, piece)
        assert not got.messages or fault is None, "messages after the fault"
        messages += got.messages
        fault = fault or got.fault
    assert (messages, fault) == (whole.messages, whole.fault), "cuts matter"
    assert all(opcode >= CLOSE or len(payload) <= max_size for opcode, payload in messages)


_WIRE_SEEDS = tuple(
    b"\x03\x02\x05\x07" + stream
    for stream in (
        client_frame(1, "Заявка".encode()) + client_frame(9, b"p") + client_frame(8, b"\x03\xe8bye"),
        client_frame(1, b"a", final=False) + client_frame(9) + client_frame(0, b"b"),
        client_frame(2, bytes(130)) + client_frame(2, b"x", form=8),
        client_frame(8, b"\x0f\xa0" + "причина".encode()),
        client_frame(1, b"\xff") + client_frame(3) + client_frame(10, reserved=4),
    )
)


# -- commands ---------------------------------------------------------------------------------------------


class _Slowly(json.JSONDecoder):
    """The standard library's decoder without its parts in C, which coverage does not see."""

    def __init__(self) -> None:
        super().__init__()
        self.parse_string = decoder.py_scanstring  # type: ignore[attr-defined]
        self.scan_once = scanner.py_make_scanner(self)  # type: ignore[attr-defined]


_slowly = _Slowly()


def _parsed(wire: Format, data: bytes | str) -> Command | None:
    """The command, or None for one of the two refusals, whose answer has to fit on the wire."""
    began = time.thread_time()
    ended = _outcome(wire, data)
    spent = time.thread_time() - began
    assert spent < _SLOW_S, f"{spent:.3f} s"
    match ended:
        case Refused():
            assert len(encode(wire, reply(ended.id, error=ended.error))) < 4096
            return None
        case Fatal():
            assert ended.close.code is CloseCode.PROTOCOL_ERROR
            assert len(ended.close.reason.encode()) <= 123
            return None
        case command:
            return command


def _outcome(wire: Format, data: bytes | str) -> Command | Refused | Fatal:
    try:
        return parse(wire, data)
    except (Refused, Fatal) as ended:
        return ended


def _same(given: Any, value: Any) -> None:
    """An independent decoder read the same, but for fields that nobody knows."""
    if not isinstance(given, dict):
        assert given == value or repr(given) == repr(value), (given, value)
        return
    assert isinstance(value, dict), value
    for name in given.keys() & value.keys():
        _same(given[name], value[name])


def command_json(data: bytes) -> None:
    """A text frame: any characters, also halves of surrogate pairs, which a decoder of the frame would not let through."""
    text = data.decode("utf-8", "surrogateescape")
    command = _parsed("json", text)
    try:
        value = _slowly.decode(text)
    except (ValueError, RecursionError):
        value = None
    if command is not None:
        _same(msgspec.to_builtins(command), value)
        assert parse("json", encode("json", msgspec.to_builtins(command)).decode()) == command


def command_msgpack(data: bytes) -> None:
    """A binary frame."""
    command = _parsed("msgpack", data)
    try:
        value = fallback.unpackb(data, strict_map_key=False, timestamp=3)
    except (ValueError, RecursionError, TypeError, OverflowError):  # TypeError: a list or map as a key
        value = None
    if command is not None:
        if isinstance(value, dict):
            _same(msgspec.to_builtins(command), value)
        parse("msgpack", data)


_COMMANDS: tuple[dict[str, Any], ...] = (
    {"t": "hello", "v": 1, "device": "d", "client": "c/1", "since": 4, "topics": {"system": {"epoch": "e", "offset": 1}}, "token": "x"},
    {"t": "sub", "id": 1, "topic": "app:x", "epoch": "e", "offset": 2},
    {"t": "unsub", "id": 1, "topic": "app:x"},
    {"t": "ack", "level": "received", "seq": 3},
    {"t": "ack", "level": "read", "ids": ["a", "b"]},
    {"t": "call", "id": 9007199254740991, "name": "inbox.read", "args": {"x": [1, -2, 2.5, None, True, {"Ж": "\n"}]}},
    {"t": "active", "on": True},
    {"t": "pong"},
)
_FIELDS = tuple(sorted({name for command in _COMMANDS for name in command} | {"received", "shown", "read", "hello", "call", "ack"}))


# -- published events -------------------------------------------------------------------------------------

_NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
_TOPICS = Topics(Topic(name="app:", fold=fold_by_key, publishable=True), Topic(name="system", fold=fold_sources))


def cloudevents(data: bytes) -> None:
    """Lines of headers, an empty line, a body: as it comes in a request."""
    head, _, body = data.partition(b"\n\n")
    raw = [(name.strip().lower(), value.strip()) for name, _, value in (line.partition(b":") for line in head.split(b"\n"))]
    for item in _published(Headers(raw=raw), body):
        encoded = item.event.encode()
        members = msgspec.json.decode(b"{" + encoded.json + b"}")
        assert members["id"] == item.event.id
        assert len(members["time"]) == 24, "years have four digits"
        JSONResponse({"ids": [item.event.id]})
        assert isinstance(item, TopicEvent) or item.to
    with suppress(ValueError, RecursionError):
        _slowly.decode(body.decode())  # to be guided by


def _published(headers: Headers, body: bytes) -> list[Notification | TopicEvent]:
    try:
        return read_request(headers, body, _TOPICS, _NOW)
    except BadEvent as bad:
        faults = bad.faults
    assert faults
    JSONResponse({"faults": [[fault.index, fault.attribute, fault.message] for fault in faults]})
    return []


def _event(**more: Any) -> dict[str, Any]:
    return {"specversion": "1.0", "source": "/s", "id": "1", "type": "t", "navuser": "ann,7", "data": {"kind": "system"}} | more


def _requests() -> Iterator[bytes]:
    one, many = b"Content-Type: application/cloudevents+json\n\n", b"Content-Type: application/cloudevents-batch+json\n\n"
    yield one + json.dumps(_event(time="2026-11-23T09:00:00+03:00", expirytime="2026-11-24T09:00:00Z", subject="x")).encode()
    yield many + json.dumps([_event(), _event(navuser=None, navtopic="app:x"), _event(navpolicy="live_only")]).encode()
    binary = b"\n".join(
        b"ce-%s: %s" % (name.encode(), str(value).encode()) for name, value in _event(navtopic="app:x").items() if name != "data"
    )
    yield binary + b'\ncontent-type: application/json\n\n{"kind":"system"}'
    yield binary + b"\ncontent-type: text/plain\n\nhello"


# -- Finesse ----------------------------------------------------------------------------------------------

_RESPONSES: tuple[Callable[[bytes], Any], ...] = (
    reading.read_user, reading.read_dialogs, reading.read_system, reading.read_reasons, reading.read_wrap_up_reasons,
    reading.read_phone_books, reading.read_team,
)  # fmt: skip
_FINESSE_SEEDS = tuple(
    bytes([number]) + xml.encode()
    for number, xml in (
        (0, documents.USER), (1, f"<Dialogs>{documents.DIALOG}{documents.HIDDEN}</Dialogs>"), (2, documents.SYSTEM), (3, documents.REASONS),
        (4, documents.WRAP_UP_REASONS), (5, documents.PHONE_BOOKS), (6, documents.TEAM), (7, documents.FAILURES),
        (8, documents.update(documents.USER)),
        (8, documents.update(f"<dialogs>{documents.DIALOG}</dialogs>", "POST") + "\n\n" + documents.update(documents.DIALOG, "DELETE")),
        (8, documents.update(documents.asynchronous(), "put", request="r")),
        (8, documents.update("<systemInfo><status>OUT_OF_SERVICE</status></systemInfo>", source="/finesse/api/SystemInfo")),
    )
)  # fmt: skip


def _both(message: str) -> Text:
    return Text(ru=message, en=message)


def finesse(data: bytes) -> None:
    """Byte 0 picks what is read: a response, or notifications apart by an empty line, which a picture and its topic then take in."""
    kind, xml = (data[0] % 9, data[1:]) if data else (0, b"")
    began = time.thread_time()
    if kind < len(_RESPONSES):
        with suppress(reading.Unreadable):
            _RESPONSES[kind](xml)
    elif kind == len(_RESPONSES):
        assert all(code_of(failure) in WORDS for failure in reading.read_failures(xml))
    else:
        _pictured(xml.split(b"\n\n"))
    spent = time.thread_time() - began
    assert spent < _SLOW_S, f"{spent:.3f} s"


def _pictured(updates: list[bytes]) -> None:
    picture = Picture(id="1001", service=Service(state="live", since=_NOW))
    state = empty() | {"service": state_json(picture)["service"]}
    for number, xml in enumerate(updates):
        with suppress(reading.Unreadable):
            update = reading.read_update(xml, node="/finesse/api/User/1001/Dialogs", item=str(number % 3))
            before, (picture, changes) = picture, picture.apply(update, _NOW)
            for type, told in events(before, picture, changes, _both):
                event = Event(source="/f", id="1", type=type, time=_NOW, data=told)
                event.encode()
                fold(state, event)
            assert state == state_json(picture)


HARNESSES: Mapping[str, Harness] = MappingProxyType(
    {
        "wire": Harness(
            wire,
            _WIRE_SEEDS,
            (b"\x03\xe8", b"\xfe\x00\x7e", b"\xff\x00\x00\x00\x00\x00\x01\x00\x00", b"\x81\x80", b"\x00\x80", b"\x88\x82", b"\x89\x80"),
            max_len=600,
        ),
        "command_json": Harness(
            command_json,
            tuple(json.dumps(command, ensure_ascii=False).encode() for command in _COMMANDS),
            (*(b'"%s":' % name.encode() for name in _FIELDS), b"null", b"true", b"1e999", b"\\ud800", b"[[", b'{"t":'),
        ),
        "command_msgpack": Harness(
            command_msgpack,
            tuple(msgspec.msgpack.encode(command) for command in _COMMANDS),
            (*(msgspec.msgpack.encode(name) for name in _FIELDS), b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\x7f\xff"),
        ),
        "cloudevents": Harness(
            cloudevents,
            tuple(_requests()),
            (*(b'"%s":' % name.encode() for name in (*_event(), "time", "expirytime", "navtopic", "navpolicy", "subject", "data_base64")),
             b"ce-", b"0001-01-01T00:00:00+23:59", b"9999-12-31T23:59:59-23:59", b"application/cloudevents", b"\\ud800", b"%ff"),
        ),
        "finesse": Harness(
            finesse,
            _FINESSE_SEEDS,
            (
                *(b"<participants>", b"<Participant>", b"<mediaAddress>4001</mediaAddress>", b"<stateChangeTime>", b"<secondaryId>"),
                *(b"<state>ALERTING</state>", b"<state>DROPPED</state>", b"<state>ACTIVE</state>", b"<event>DELETE</event>"),
                *(b"<event>POST</event>", b"&amp;", b"&#0;", b"<![CDATA[", b"<!DOCTYPE", b"<!ENTITY", b"<?xml encoding='", b"\n\n"),
                *(b"xmlns:a=", b"</data>", b"\xed\xa0\x80"),
            ),
            max_len=6000,
        ),
    }
)  # fmt: skip
