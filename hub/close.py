"""Close codes of hub.v1, a part of the API: 4000-4499 "come back", 4500-4999 "stay away until something changes"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Close", "CloseCode"]


class CloseCode(IntEnum):
    """Why the hub ended a connection."""

    DRAINING = 4000
    SLOW_CONSUMER = 4001
    NO_PONG = 4002
    STATE_LOST = 4003
    INTERNAL_ERROR = 4004
    UNAUTHENTICATED = 4500
    REVOKED = 4501
    PROTOCOL_ERROR = 4502
    TOO_MANY_SESSIONS = 4503
    TOO_MANY_ERRORS = 4504


@dataclass(frozen=True, slots=True)
class Close:
    """One ending: the code, and a reason of at most 123 bytes (RFC 6455, section 5.5)."""

    code: CloseCode
    reason: str
