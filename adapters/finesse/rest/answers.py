"""What an answer means. Pure. `ErrorType` decides where there is one; the status has to do for what is not Finesse's own."""

from __future__ import annotations

from adapters.finesse.errors import Away, FinesseError, NotTheirs, error_of
from adapters.finesse.reading import read_failures
from adapters.finesse.rest.wire import Answer

__all__ = ["problem_of"]

_GATEWAY = frozenset({502, 504})
_MOST_RETRY_S = 300.0


def problem_of(answer: Answer, *, sent: bool) -> FinesseError | None:
    """The error that an answer stands for; None: it is a good one. `sent`: the request may change something, so a fault may come late."""
    status = answer.status
    if 200 <= status < 300:
        return None
    if status < 400:
        # plain HTTP is sent on to 8445 (301): a password must not follow
        return Away(f"it redirects ({status}): is its address right in the settings?", sent=False, retry_after=60.0)
    if status in _GATEWAY:
        return Away(f"a proxy answers {status} in its place", sent=sent)
    if status == 429:
        return Away("it has too many requests", sent=False, retry_after=_retry_after(answer))
    failures = read_failures(answer.body)  # none for a page of Tomcat or of a proxy
    if failures and failures[0].type.strip().lower().startswith("invalid authorization"):
        return NotTheirs()
    if not failures and status == 404 and "html" in answer.headers.get("content-type", "").lower():
        return Away("it knows nothing of Finesse (404): is its address right in the settings?", sent=False, retry_after=60.0)
    return error_of(failures, status)


def _retry_after(answer: Answer) -> float:
    text = answer.headers.get("retry-after", "")
    return min(max(float(text), 1.0), _MOST_RETRY_S) if text.isascii() and text.isdigit() else 5.0
