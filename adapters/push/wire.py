"""What both roads share: how long a message lives, what it is filed under, how it is made to fit, how answers are read."""

from __future__ import annotations

import base64
import hashlib
import math
import re
import traceback
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec

from hub.push import PushMessage

__all__ = ["MAX_PLAIN_BYTES", "MAX_RETRY_AFTER_S", "encode", "fit", "place_of", "retry_after_s", "scrub", "short", "topic", "ttl_s"]

MAX_PLAIN_BYTES = 3_000
"""Plain text bytes. 3,993 is the most that RFC 8030's 4,096 leaves; Firefox on Android has answered 413 above about 2.8 KB."""
MAX_RETRY_AFTER_S = 3_600.0
"""A service that asks for more is asked again after this: a wrong header must not silence a whole push service for a day."""
_MAX_TTL_S = 28 * 24 * 3_600  # FCM's bound; Mozilla takes 60 days
_TOPIC = re.compile(r"[A-Za-z0-9_-]{1,32}")
_SECRETIVE = re.compile(r"[A-Za-z0-9_\-:.~+/=%]{20,}")  # the shortest secrets are `auth` keys and installation ids, 22 characters


def ttl_s(message: PushMessage, now: datetime) -> int:
    """Whole seconds that the push service may keep it, 0 when it has expired."""
    return max(0, min(_MAX_TTL_S, math.ceil((message.expires - now).total_seconds())))


def topic(tag: str) -> str:
    """The `Topic` header (RFC 8030, section 5.4) of a tag: itself when it may stand there, else a digest of it."""
    if _TOPIC.fullmatch(tag):
        return tag
    return base64.urlsafe_b64encode(hashlib.sha256(tag.encode()).digest()[:24]).decode()


def encode(value: Any) -> bytes:
    """Compact JSON."""
    return msgspec.json.encode(value)


def fit(message: PushMessage, size: Callable[[PushMessage], int], limit: int = MAX_PLAIN_BYTES) -> PushMessage:
    """`message` itself when `size` of it is within `limit` bytes, else with as much of the body as fits, else its short form."""
    if size(message) <= limit:
        return message

    def cut(length: int) -> PushMessage:
        return replace(message, body=message.body[:length].rstrip() + "…")

    fitting = bisect_right(range(len(message.body)), limit, key=lambda length: size(cut(length)))
    return cut(fitting - 1) if fitting > 1 else short(message)


def short(message: PushMessage) -> PushMessage:
    """Title and link only: what is sent when the push service finds the message too big."""
    return replace(message, title=message.title[:120], body="", read=())


def retry_after_s(header: str | None, now: datetime, default: float) -> float:
    """Seconds that `Retry-After` asks for (RFC 9110, section 10.2.3: seconds or a date), within 1 and MAX_RETRY_AFTER_S."""
    seconds = default
    if header:
        text = header.strip()
        if text.isascii() and text.isdigit():
            seconds = float(text[:9])
        else:
            try:
                at = parsedate_to_datetime(text)
            except ValueError:
                pass
            else:
                seconds = ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds()
    return min(MAX_RETRY_AFTER_S, max(1.0, seconds))


def scrub(text: str) -> str:
    """A service's own words for the log, at most 200 characters, without anything that looks like an address or a token."""
    return _SECRETIVE.sub("…", text)[:200]


def place_of(error: BaseException) -> str:
    """`file:line` where `error` was raised. For logs: its message may quote an endpoint, its place cannot."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else "?"
