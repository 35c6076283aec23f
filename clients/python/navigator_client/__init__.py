"""The Python client of the TEZ Navigator's hub: read an inbox and topics over any number of connections, and publish."""

from __future__ import annotations

from navigator_client.client import Hub, connect
from navigator_client.errors import (
    BadFrameError,
    CallError,
    ConnectionLostError,
    Fault,
    GoneAwayError,
    NavigatorError,
    ProtocolViolationError,
    PublishError,
    RejectedError,
    RevokedError,
    TooManyErrorsError,
    TooManySessionsError,
    TransportError,
    UnauthenticatedError,
    UntrustedError,
)
from navigator_client.inbox import Inbox, Notification
from navigator_client.messages import Event, Gap, Position, Snapshot
from navigator_client.positions import FilePositions, Positions, PositionsError
from navigator_client.publisher import Accepted, OutEvent, Publisher, publishing
from navigator_client.timing import Timing
from navigator_client.topic import Topic

__all__ = [
    "Accepted",
    "BadFrameError",
    "CallError",
    "ConnectionLostError",
    "Event",
    "Fault",
    "FilePositions",
    "Gap",
    "GoneAwayError",
    "Hub",
    "Inbox",
    "NavigatorError",
    "Notification",
    "OutEvent",
    "Position",
    "Positions",
    "PositionsError",
    "ProtocolViolationError",
    "PublishError",
    "Publisher",
    "RejectedError",
    "RevokedError",
    "Snapshot",
    "Timing",
    "TooManyErrorsError",
    "TooManySessionsError",
    "Topic",
    "TransportError",
    "UnauthenticatedError",
    "UntrustedError",
    "connect",
    "publishing",
]
