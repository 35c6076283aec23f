"""The seam to the push services: what a sender is given and what it must answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

__all__ = ["Outcome", "PushAddress", "PushMessage", "PushResult", "PushSender", "payload"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PushAddress:
    """One way to one device."""

    id: int
    """Row in the store's `addresses`."""
    device_id: int
    kind: str
    """`webpush`, `fcm_token` or `fcm_fid`."""
    address: str
    """Endpoint URL, registration token or installation id."""
    p256dh: str = ""
    auth: str = ""
    """Web Push keys, base64url (RFC 8291); empty for FCM."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushMessage:
    """What the person shall see. Always visible: browsers drop subscriptions that get silent pushes."""

    title: str
    """In the person's language."""
    body: str
    tag: str
    """Same tag, same notification on screen; at most 32 characters of base64url, also the RFC 8030 `Topic`."""
    url: str
    """What a click opens: a path below this site, or an absolute https URL."""
    id: str
    """The notification's event id, or the summary's own."""
    seq: int
    """Newest inbox position that it speaks of."""
    unread: int
    """For the app's badge."""
    read: Sequence[str] = ()
    """Tags of notifications read elsewhere: the worker closes them while it shows this one."""
    urgent: bool = False
    expires: datetime
    """The push service drops it after this moment; aware."""


class Outcome(StrEnum):
    """How one address took it."""

    ACCEPTED = "accepted"
    """The push service has it."""
    GONE = "gone"
    """The address is dead: delete it."""
    RETRY = "retry"
    """Not now: try again, not before `retry_after_s`."""
    REJECTED = "rejected"
    """It will never be taken as it is: our settings or our bug; no retry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PushResult:
    """What became of one message for one address."""

    address: PushAddress
    outcome: Outcome
    detail: str = ""
    """Status or error code, never a secret or the endpoint; at most 255 characters."""
    retry_after_s: float = 0.0


class PushSender(Protocol):
    """Hands messages to one kind of push service. Never raises for a service's trouble; passes cancellation on."""

    kinds: frozenset[str]
    """The address kinds that it serves."""

    async def send(self, message: PushMessage, to: Sequence[PushAddress], now: datetime) -> list[PushResult]:
        """One result for each address, in order. Bounded: ends within 15 s whatever the service does."""
        ...


def payload(message: PushMessage, *, at: str) -> dict[str, Any]:
    """The JSON that the service worker receives, in the shape of Declarative Web Push.

    Safari 18.4 shows it even when the worker fails; other browsers hand it to the worker
    (WebKit, "Meet Declarative Web Push"). `at` is this site's https origin, for the absolute `navigate`.
    """
    return {
        "web_push": 8030,
        "notification": {
            "title": message.title,
            "body": message.body,
            "tag": message.tag,
            "navigate": message.url if message.url.startswith("https://") else f"{at}{message.url}",
            "data": {"id": message.id, "seq": message.seq, "url": message.url},
        },
        "unread": message.unread,
        "read": list(message.read),
    }
