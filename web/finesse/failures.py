"""What Finesse did not do, as an answer of ours: the stable codes and sentences of `adapters.finesse.errors` with what HTTP says beside."""

from __future__ import annotations

import math

from adapters.finesse.bodies import BadValue
from adapters.finesse.errors import Away, Busy, FinesseError, Locked, NotFound, NotOffered, NotTheirs, OutOfService, Refused, WrongPassword
from web.errors import BadField, WebError

__all__ = ["finesse_error"]


def finesse_error(error: FinesseError | BadValue) -> WebError:
    """The answer for a failure."""
    if isinstance(error, BadValue):
        return BadField(error.field, error.message, **error.fields)
    status, headers = 503, {}
    match error:
        case Refused() | NotOffered():
            status = 409
        case WrongPassword() | NotTheirs():
            status = 403
        case NotFound():
            status = 404
        case Locked():
            status, headers = 429, {"Retry-After": str(math.ceil(error.retry_after))}
        case Busy():
            status, headers = 429, {"Retry-After": "2"}
        case OutOfService() | Away():
            headers = {"Retry-After": str(math.ceil(error.retry_after))}
    return WebError(status, error.code, error.message, headers=headers, **error.fields)
