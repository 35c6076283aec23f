"""Event: one change, as a frozen value with the CloudEvents 1.0 attributes.

Source: CloudEvents 1.0.2, section "Context Attributes"
(https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypedDict

import msgspec

__all__ = ["Encoded", "Event", "Format", "Notice", "Text", "rfc3339"]

Format = Literal["json", "msgpack"]

_json = msgspec.json.Encoder()


_msgpack = msgspec.msgpack.Encoder()


class Text(TypedDict):
    """One line in every language of the interface; the reader's screen picks its own."""

    ru: str
    en: str


class Notice(TypedDict, total=False):
    """What `Event.data` holds when the event is meant for inboxes.

    Only `kind` and `title` are required; a reader treats every other field as optional.
    """

    kind: Literal["ticket", "network", "call", "erp", "system"]
    """Which filter of the inbox it belongs to."""
    title: Text
    """One line in plain text, at most 200 characters: who did what."""
    body: str
    """What was written, plain text, at most 2,000 characters; in the language it was written in."""
    changes: list[dict[str, Any]]
    """Field changes: {"field": str, "label": Text, "old": Text | None, "new": Text | None}."""
    group: str
    """Rows of one group share a row in the inbox, for example `ticket:42`."""
    url: str
    """Where a click leads: a path below this site, or an absolute https URL."""
    actor: dict[str, Any]
    """Who did it: {"name": str}."""
    critical: bool
    """May pierce quiet hours, when the person allows that. False when missing."""
    private: bool
    """The body must not stand on a lock screen: pushes show the title only."""
    closes: str
    """This event ends a matter: open notices of that group close by themselves."""


def rfc3339(at: datetime) -> str:
    """`at` as RFC 3339 in UTC with milliseconds, as every timestamp on the wire is written.

    `at` must be aware; a naive time raises ValueError rather than being guessed at.
    """
    if at.tzinfo is None:
        raise ValueError("a naive datetime has no place on the wire")
    return (at if at.tzinfo is UTC else at.astimezone(UTC)).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


class Encoded:
    """An event's members from `id` on, encoded once for each wire format and shared by all frames.

    `json` is the inside of an object without its braces; `msgpack` is the same as key-value pairs
    without the map header, `members` of them. `data` is the JSON of the event's data alone, as the store keeps it.
    """

    __slots__ = ("_event", "_msgpack", "data", "json")

    members = 5

    def __init__(self, json: bytes, *, data: bytes = b"", event: Event | None = None) -> None:
        """`json` alone is enough, as it comes over the bus: the rest is made of it when somebody asks."""
        self.json, self.data, self._event = json, data, event
        self._msgpack: bytes | None = None

    @property
    def msgpack(self) -> bytes:
        """See the class. With nobody here who speaks it, it is never made."""
        packed = self._msgpack
        if packed is None:
            packed = self._msgpack = b"".join(_msgpack.encode(part) for item in self.event().members().items() for part in item)
        return packed

    def event(self) -> Event:
        """The event itself, without the attributes that do not travel; msgspec.DecodeError for what is no event."""
        event = self._event
        if event is None:
            event = self._event = _events.decode(b"{" + self.json + b"}")
        return event


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One change. `source` + `id` name it for ever: a second one with the same pair is the same event."""

    source: str
    """Who tells it, a URI-reference such as `/redmine`; 1 to 255 characters, no NUL among them (nor in `id` and `type`)."""
    id: str
    """Unique within `source`, 1 to 255 characters."""
    type: str
    """What happened, reverse-DNS or dotted, for example `redmine.issue.commented`."""
    time: datetime
    """When it happened; aware."""
    data: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """JSON object; for inboxes it follows `Notice`. Not changed after construction."""
    subject: str | None = None
    """What it happened to, for example `ticket:42`."""
    expires: datetime | None = None
    """After this moment nobody wants it any more; aware. None: the hub's default applies."""

    def __post_init__(self) -> None:
        for name, value in (("source", self.source), ("id", self.id), ("type", self.type)):
            if not 1 <= len(value) <= 255:
                raise ValueError(f"{name} must have 1 to 255 characters, has {len(value)}")
            if "\0" in value:  # CloudEvents forbids control characters; this one ends a text in SQLite's JSON
                raise ValueError(f"{name} must not hold a NUL")
        if self.time.tzinfo is None or (self.expires is not None and self.expires.tzinfo is None):
            raise ValueError("time and expires must be aware")

    def members(self) -> dict[str, Any]:
        """What a frame says of the event, in the order of the wire."""
        return {"id": self.id, "type": self.type, "source": self.source, "time": rfc3339(self.time), "data": self.data}

    def encode(self) -> Encoded:
        """The shared part of every frame that carries this event. Costs one JSON encoding; MessagePack is made when asked for."""
        data = _json.encode(self.data)
        head = _json.encode({"id": self.id, "type": self.type, "source": self.source, "time": rfc3339(self.time)})
        return Encoded(b'%s,"data":%s' % (head[1:-1], data), data=data, event=self)


_events = msgspec.json.Decoder(Event)
