"""What Redmine did not do, as an answer of ours: stable codes, and a sentence that says what helps."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from adapters.redmine.errors import RedmineAway, RedmineError
from adapters.redmine.rest.errors import NotAllowed, NotFound, NotSignedIn, Refused, RestAway, RestError, Stale, Unclear
from web.errors import WebError
from web.i18n import N_

__all__ = ["redmine_errors", "web_error"]

_AWAY = N_("Redmine does not answer. Try again in a moment.")
_LACKING = {
    "set_notes_private": N_("You may not write private notes in this project. Nothing was sent."),
    "add_issue_notes": N_("You may not comment in this project."),
    "edit_issues": N_("You may not change this ticket."),
    "workflow": N_("The workflow does not allow this status now."),
}


def web_error(error: RestError | RedmineError) -> WebError:
    """The answer for a failure."""
    match error:
        case RestAway():
            return WebError(503, "redmine_away", _AWAY, headers={"Retry-After": str(max(1, math.ceil(error.retry_after)))})
        case NotSignedIn():
            message = N_("Redmine does not let you in: your password there has changed, or the account is locked.")
            return WebError(403, "redmine_sign_in", message)
        case NotAllowed():
            return WebError(403, "not_allowed", _LACKING.get(error.permission or "", N_("Redmine does not allow you this.")))
        case NotFound():
            return WebError(404, "not_found", N_("There is no such ticket."))
        case Refused():
            return WebError(422, "refused", N_("Redmine did not accept this: {reasons}"), reasons="; ".join(error.reasons))
        case Stale():
            return WebError(409, "conflict", N_("Somebody changed this ticket just now. Try again."))
        case Unclear():
            return WebError(502, "unclear", N_("Redmine did not confirm the change. Look whether it is there before you repeat it."))
        case RedmineAway():
            return WebError(503, "redmine_away", _AWAY, headers={"Retry-After": "5"})
        case _:
            return WebError(
                503, "redmine_refused", N_("Redmine's database refuses: {reason}"), reason=str(error), headers={"Retry-After": "60"}
            )


@contextmanager
def redmine_errors() -> Iterator[None]:
    """Turns what Redmine and its database did not do into WebError."""
    try:
        yield
    except (RestError, RedmineError) as error:
        raise web_error(error) from error
