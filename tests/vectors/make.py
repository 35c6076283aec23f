"""Writes hub.v1.json. The values stand here; the bytes come from the `msgspec` codecs and are then pinned by the file.

    python -m tests.vectors.make

Run it when the protocol page changes, and read the difference before committing it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

PATH = Path(__file__).with_name("hub.v1.json")
_TIME = "2026-11-23T09:15:04.120Z"
_NOTICE = {"kind": "ticket", "title": {"ru": "Петрова: комментарий к #14", "en": "Petrova commented on #14"}, "group": "ticket:14"}


def _event(seq: int, **more: Any) -> dict[str, Any]:
    event = {"t": "event", "topic": "inbox", "seq": seq, "id": f"journal:{seq}", "type": "redmine.issue.commented"}
    return event | {"source": "/redmine", "time": _TIME, "data": {"n": seq}} | more


UP: dict[str, dict[str, Any]] = {
    "hello, first ever": {"t": "hello", "v": 1, "client": "web/0.1.0", "device": "b3f1", "since": None, "topics": {}},
    "hello, resuming": {
        "t": "hello",
        "v": 1,
        "client": "web/0.1.0",
        "device": "b3f1",
        "since": 41,
        "topics": {"system": {"epoch": "k2", "offset": 7}, "app:duty": None},
    },
    "hello with a token": {"t": "hello", "v": 1, "client": "tail", "device": "d", "since": 0, "topics": {}, "token": "secret"},
    "sub": {"t": "sub", "id": 1, "topic": "system"},
    "sub, resuming": {"t": "sub", "id": 2, "topic": "system", "epoch": "k2", "offset": 300},
    "unsub": {"t": "unsub", "id": 3, "topic": "system"},
    "ack up to a seq": {"t": "ack", "level": "received", "seq": 65536},
    "ack of ids": {"t": "ack", "level": "read", "ids": ["journal:14", "issue:Ё"]},
    "call": {"t": "call", "id": 4, "name": "inbox.done", "args": {"ids": ["journal:14"]}},
    "active": {"t": "active", "on": True},
    "pong": {"t": "pong"},
}
DOWN: dict[str, dict[str, Any]] = {
    "welcome": {
        "t": "welcome",
        "v": 1,
        "session": "Xk2-9",
        "user": {"id": 7, "name": "petrova", "locale": "ru"},
        "seq": 41,
        "unseen": 3,
        "ping": 25.0,
        "time": _TIME,
        "topics": {"system": {"epoch": "k2", "offset": 7, "recovered": True}},
    },
    "event in the inbox": _event(42) | {"data": _NOTICE},
    "event replayed, read meanwhile": _event(40, replay=True, level="read"),
    "event of a topic": {
        "t": "event",
        "topic": "system",
        "offset": 8,
        "id": "redmine:1",
        "type": "source.health",
        "source": "/navigator",
        "time": _TIME,
        "data": {"source": "redmine", "state": "late", "as_of": None, "error": "OperationalError"},
    },
    "snapshot": {"t": "snapshot", "topic": "system", "epoch": "k2", "offset": 8, "data": {"sources": {}}},
    "state of ids": {"t": "state", "ids": ["journal:14"], "level": "read", "by": "b3f1", "unseen": 2},
    "state up to a seq": {"t": "state", "seq": 42, "level": "shown", "by": "b3f1", "unseen": 0},
    "reply": {"t": "reply", "id": 4, "ok": True, "data": {"unseen": 0}},
    "reply, refused": {
        "t": "reply",
        "id": 5,
        "ok": False,
        "error": {"code": "no_such_topic", "message": "there is no such topic, or it is not yours to read", "temporary": False},
    },
    "gap": {"t": "gap", "topic": "inbox", "from": 3, "to": 9, "reason": "expired"},
    "left": {"t": "left", "topic": "ops", "reason": "no_longer_allowed"},
    "you": {"t": "you", "user": 7, "permissions": ["quality", "reports"], "read_only": False},
    "ping": {"t": "ping"},
    "draining": {"t": "draining", "reconnect_in": [0.25, 4.5]},
    "numbers of every size": {
        "t": "snapshot",
        "topic": "app:n",
        "epoch": "e",
        "offset": 4294967296,
        "data": [0, 127, 128, 255, 256, 65535, 65536, -1, -32, -33, -128, -129, -32769, 9007199254740991, 0.5, -2.75],
    },
    "strings and containers of every size": {
        "t": "snapshot",
        "topic": "app:s",
        "epoch": "e",
        "offset": 1,
        "data": {
            "": "",
            "a" * 31: "я" * 16,
            "b" * 32: "☎📺" * 40,
            "list": list(range(16)),
            "none": None,
            "no": False,
            "deep": {str(n): n for n in range(16)},
        },
    },
}
REFUSED: list[dict[str, Any]] = [
    {"name": "not JSON", "wire": "json", "text": "{", "close": 4502},
    {"name": "not an object", "wire": "json", "text": "[]", "close": 4502},
    {"name": "a bare number", "wire": "json", "text": "1", "close": 4502},
    {"name": "binary where text was agreed", "wire": "json", "hex": "80", "close": 4502},
    {"name": "text where binary was agreed", "wire": "msgpack", "text": "{}", "close": 4502},
    {"name": "half a map", "wire": "msgpack", "hex": "81a174", "close": 4502},
    {"name": "unknown type", "wire": "json", "text": '{"t":"dance","id":9}', "error": "unknown_type", "id": 9},
    {"name": "no type", "wire": "json", "text": "{}", "error": "unknown_type", "id": None},
    {"name": "wrong version", "wire": "json", "text": '{"t":"hello","v":2,"device":"d"}', "error": "bad_field", "id": None},
    {"name": "ack of nothing", "wire": "json", "text": '{"t":"ack","level":"read"}', "error": "bad_field", "id": None},
    {"name": "ack of both", "wire": "json", "text": '{"t":"ack","level":"read","seq":1,"ids":["a"]}', "error": "bad_field", "id": None},
    {"name": "ack of an unknown level", "wire": "json", "text": '{"t":"ack","level":"eaten","seq":1}', "error": "bad_field", "id": None},
    {"name": "negative seq", "wire": "json", "text": '{"t":"ack","level":"read","seq":-1}', "error": "bad_field", "id": None},
    {"name": "sub without an id", "wire": "json", "text": '{"t":"sub","topic":"system"}', "error": "bad_field", "id": None},
    {"name": "empty topic", "wire": "json", "text": '{"t":"sub","id":7,"topic":""}', "error": "bad_field", "id": 7},
]
# What a client accepts, and what it then says: `up` is the hello of its next connection, or its receipt.
INBOX: list[dict[str, Any]] = [
    {
        "name": "in order",
        "since": 4,
        "steps": [{"down": _event(5)}, {"down": _event(6)}],
        "accepted": [5, 6],
        "up": [{"t": "ack", "level": "received", "seq": 6}],
    },
    {
        "name": "a repeat is dropped",
        "since": 4,
        "steps": [{"down": _event(5)}, {"down": _event(5)}, {"down": _event(4)}],
        "accepted": [5],
        "up": [{"t": "ack", "level": "received", "seq": 5}],
    },
    {
        "name": "replay runs into live",
        "since": 4,
        "steps": [{"down": _event(5, replay=True)}, {"down": _event(6, replay=True)}, {"down": _event(6)}, {"down": _event(7)}],
        "accepted": [5, 6, 7],
        "up": [{"t": "ack", "level": "received", "seq": 7}],
    },
    {
        "name": "a gap says what will never come",
        "since": 4,
        "steps": [{"down": {"t": "gap", "topic": "inbox", "from": 5, "to": 8, "reason": "expired"}}, {"down": _event(9)}],
        "accepted": [9],
        "up": [{"t": "ack", "level": "received", "seq": 9}],
    },
    {
        "name": "a hole is not skipped: ask again from before it",
        "since": 4,
        "steps": [{"down": _event(5)}, {"down": _event(7)}],
        "accepted": [5],
        "resume": 5,
    },
    {"name": "a lost connection resumes", "since": 4, "steps": [{"down": _event(5)}, {"close": 1006}], "accepted": [5], "resume": 5},
    {
        "name": "state lost: start without positions",
        "since": 4,
        "steps": [{"down": _event(5)}, {"close": 4003}],
        "accepted": [5],
        "resume": None,
    },
]


def make() -> dict[str, Any]:
    """The whole table."""
    frames = [
        {
            "name": name,
            "dir": way,
            "value": value,
            "json": msgspec.json.encode(value).decode(),
            "msgpack": msgspec.msgpack.encode(value).hex(),
        }
        for way, values in (("up", UP), ("down", DOWN))
        for name, value in values.items()
    ]
    return {"frames": frames, "refused": REFUSED, "inbox": INBOX}


if __name__ == "__main__":
    PATH.write_bytes(msgspec.json.format(msgspec.json.encode(make()), indent=1) + b"\n")
