"""What may go wrong, as a tree: catch `NavigatorError` for all of it, a branch for what you can mend."""

from __future__ import annotations

from msgspec import Struct

__all__ = [
    "BadFrameError",
    "CallError",
    "ConnectionLostError",
    "Fault",
    "GoneAwayError",
    "NavigatorError",
    "ProtocolViolationError",
    "PublishError",
    "RejectedError",
    "RevokedError",
    "TooManyErrorsError",
    "TooManySessionsError",
    "TransportError",
    "UnauthenticatedError",
    "UntrustedError",
    "closed",
]


class NavigatorError(Exception):
    """Anything this client raises of its own."""


class BadFrameError(NavigatorError):
    """The hub sent what docs/protocol.md does not allow: not an object, or a field of a wrong type."""


class TransportError(NavigatorError):
    """One connection ended, or could not be made. The client comes back by itself; a caller sees it on a call in flight."""


class ConnectionLostError(TransportError):
    """The network's end of it: refused, cut, or silent for longer than the ping and 10 s.

    `retry_after_s`: the hub, or the proxy before it, asked for this much time.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class GoneAwayError(TransportError):
    """The hub closed the connection with a code of 4000-4499: come back.

    `code`: the close code of docs/protocol.md, for example 4003, which takes the positions of topics with it.
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the hub closed the connection with {code} {reason}".rstrip())
        self.code, self.reason = code, reason


class RejectedError(NavigatorError):
    """The hub wants this client to stay away until something changes: a close code of 4500-4999, or HTTP 401 or 403. Never retried."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"the hub turned this client away with {code} {reason}".rstrip())
        self.code, self.reason = code, reason


class UnauthenticatedError(RejectedError):
    """4500, or HTTP 401/403 at the door: the credentials are bad, missing or expired."""


class UntrustedError(RejectedError):
    """The certificate of whoever answers does not hold; nothing was said to them. A person must look at it."""

    def __init__(self, reason: str) -> None:
        super().__init__(1015, reason)  # RFC 6455, 7.4.1: a TLS handshake that failed

    def __str__(self) -> str:
        return f"the certificate at this address is not trusted: {self.reason}"


class RevokedError(RejectedError):
    """4501: signed out or revoked elsewhere."""


class ProtocolViolationError(RejectedError):
    """4502: the hub did not understand this client."""


class TooManySessionsError(RejectedError):
    """4503: the user has as many sessions as the hub allows."""


class TooManyErrorsError(RejectedError):
    """4504: too many errors or commands."""


class CallError(NavigatorError):
    """The hub refused a `call` or `sub`. `temporary`: the same may succeed later."""

    def __init__(self, code: str, message: str, *, temporary: bool) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.temporary = code, message, temporary


class Fault(Struct, frozen=True):
    """One mistake in what was to be published."""

    index: int
    """Which of the events, from 0."""
    attribute: str
    """Which of its attributes; empty when it is the event as a whole."""
    message: str

    def __str__(self) -> str:
        return f"event {self.index}: {self.attribute} {self.message}"


class PublishError(NavigatorError):
    """The hub did not take the events. `status`: its HTTP status, or None when no answer came. `faults`: what it says is wrong.

    `accepted`: what earlier requests of the same call had accepted before; that stays published.
    """

    def __init__(self, message: str, *, status: int | None = None, faults: tuple[Fault, ...] = ()) -> None:
        super().__init__(message)
        self.status, self.faults, self.accepted = status, faults, 0


_REJECTIONS: dict[int, type[RejectedError]] = {
    4500: UnauthenticatedError,
    4501: RevokedError,
    4502: ProtocolViolationError,
    4503: TooManySessionsError,
    4504: TooManyErrorsError,
}


def closed(code: int, reason: str = "") -> NavigatorError:
    """What a close code of docs/protocol.md means for a client; a code outside 4000-4999 is the network's end of it."""
    if 4500 <= code <= 4999:
        return _REJECTIONS.get(code, RejectedError)(code, reason)
    if 4000 <= code <= 4499:
        return GoneAwayError(code, reason)
    return ConnectionLostError(f"the connection ended with {code} {reason}".rstrip())
