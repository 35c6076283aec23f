"""What an answer of Redmine means. Pure. Bodies of 401, 403 and 404 are empty or HTML and never looked at."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from adapters.redmine.rest.errors import NotAllowed, NotFound, NotSignedIn, Refused, RestAway, RestError, Stale

__all__ = ["GATEWAY", "error_of", "is_json", "retry_after"]

GATEWAY = frozenset({502, 503, 504})
"""Said by a proxy in Redmine's place, or by a server that is being restarted: Redmine itself did not answer."""
_MOST_REASONS = 20
_LONGEST_REASON = 500


class _Errors(msgspec.Struct, frozen=True):
    errors: list[str] = []


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> RestError | None:
    """The error that an answer stands for; None: it is a good one."""
    if status in (200, 201, 204):
        return None
    match status:
        case 401 | 412:  # 412: X-Redmine-Switch-User names nobody, or a locked account
            return NotSignedIn()
        case 403:
            return NotAllowed()
        case 404 | 410:
            return NotFound()
        case 413:
            return Refused(["413 Payload Too Large"])
        case 422:
            return _unprocessable(body)
        case 429:
            return RestAway("it has too many requests", retry_after=retry_after(headers))
    if status >= 500:
        return RestAway(f"it answers {status}", retry_after=retry_after(headers))
    if 300 <= status < 400:
        # to another scheme or host, or to the login page: a key must not follow
        return RestAway(f"it redirects ({status}): is its address right in the settings?", retry_after=60.0)
    return Refused([f"HTTP {status}"])


def _unprocessable(body: bytes) -> RestError:
    try:
        errors = msgspec.json.decode(body, type=_Errors).errors
    except (msgspec.DecodeError, UnicodeDecodeError):
        return RestAway("it answers 422 with something else than reasons")
    # no reason at all is how Redmine says that the version is old (StaleObjectError)
    return Refused([reason[:_LONGEST_REASON] for reason in errors[:_MOST_REASONS]]) if errors else Stale()


def retry_after(headers: Mapping[str, str], default: float = 5.0) -> float:
    """Seconds of a Retry-After header, 1 to 300; `default` for none and for a date."""
    text = headers.get("retry-after", "")
    return min(max(float(text), 1.0), 300.0) if text.isascii() and text.isdigit() else default


def is_json(headers: Mapping[str, str]) -> bool:
    """True when an answer says that it is JSON; a login or maintenance page does not."""
    return headers.get("content-type", "").partition(";")[0].strip().lower() == "application/json"
