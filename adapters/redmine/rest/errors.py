"""What can go wrong with Redmine's REST API, sorted by what helps.

RestError
├── RestAway      down, hung, overloaded or answering nonsense: nothing was done, the same call may work after `retry_after`
├── NotSignedIn   401: the password or key is wrong, or the account is locked
├── NotAllowed    403: this person may not
├── NotFound      404: there is no such thing
├── Refused       422 with reasons in the language of the account: Redmine will not store this
├── Stale         422 without reasons: somebody changed the issue since the version that was sent
└── Unclear       a write whose answer was lost, and whose effect cannot be proven: it may or may not have been done
"""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["NotAllowed", "NotFound", "NotSignedIn", "Refused", "RestAway", "RestError", "Stale", "Unclear"]


class RestError(Exception):
    """Redmine did not do what was asked. No text of one holds a secret or the words of a person."""


class RestAway(RestError):
    """Redmine is down, hung or overloaded, or we are: nothing was done."""

    def __init__(self, reason: str, *, retry_after: float = 5.0) -> None:
        """`retry_after`: seconds, above 0, after which another try makes sense."""
        super().__init__(reason, retry_after)
        self.reason = reason
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"Redmine is away: {self.reason}"


class NotSignedIn(RestError):
    """Redmine does not know this login and password, or this key; or the account is locked. There may be none to send."""

    def __str__(self) -> str:
        return "Redmine refused the credentials" if not self.args else str(self.args[0])


class NotAllowed(RestError):
    """The person may not do this, or not see it. `permission`: the one that lacks, where that is known."""

    def __init__(self, permission: str | None = None) -> None:
        super().__init__(permission)
        self.permission = permission

    def __str__(self) -> str:
        return "Redmine does not allow it" + (f" (lacks {self.permission})" if self.permission else "")


class NotFound(RestError):
    """There is no such issue or attachment."""

    def __str__(self) -> str:
        return "Redmine has no such thing"


class Refused(RestError):
    """Redmine will not store this; `reasons` are its sentences, at least one, in the language of the account."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(tuple(reasons))
        self.reasons = tuple(reasons)

    def __str__(self) -> str:
        return f"Redmine refused the change for {len(self.reasons)} reasons"


class Stale(RestError):
    """The issue has changed since the version that was sent; nothing of this change was stored."""

    def __str__(self) -> str:
        return "the issue has changed in the meantime"


class Unclear(RestError):
    """The answer to a write was lost and its effect is not proven. Do not repeat it unasked: a comment could be posted twice."""

    def __str__(self) -> str:
        return "Redmine's answer was lost; the change may or may not have been made"
