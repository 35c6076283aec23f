"""Who is on the other end of a connection."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Principal", "Viewer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """The administrator who looks as somebody else, read only."""

    user_id: int
    name: str
    display_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A signed-in person, as one request or one live session sees them.

    A snapshot: a permission granted later shows with the next request; a live session is given a new one by `hub.rights`.
    Sessions that end are told of through `web.sessions.Sessions.on_revoked`.
    """

    user_id: int
    name: str
    """Login name, lower case."""
    display_name: str
    locale: str
    """`ru` or `en`."""
    zone: str
    """IANA name of the time zone."""
    permissions: frozenset[str] = frozenset()
    """Of `admin`, `quality`, `netmonitor`, `finesse`, `reports`."""
    session_hash: str
    """SHA-256 of the session's token, hex: names the session and opens nothing."""
    csrf: str = field(repr=False)
    """What unsafe requests of this session must carry in `X-CSRF-Token`."""
    viewer: Viewer | None = None
    """Who really sits there, when an administrator looks as this person. Everything may be read that this person may read, nothing done."""

    @property
    def hands(self) -> int:
        """`users.id` of whoever sits at the keyboard: whose limits count, whose name goes into the audit log."""
        return self.user_id if self.viewer is None else self.viewer.user_id

    def may(self, permission: str) -> bool:
        """Whether this right was granted. An administrator has every right."""
        return permission in self.permissions or "admin" in self.permissions
