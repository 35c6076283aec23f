"""What the rounds of a host, or of an anchor, say of the way to it: since when it has answered or been silent."""

from __future__ import annotations

from datetime import UTC, datetime

from adapters.netmonitor.values import Round

__all__ = ["NEVER", "Trace", "silent", "unsent"]

NEVER = datetime.min.replace(tzinfo=UTC)
_SILENT = frozenset({"timeout", "no_route"})
"""With these nothing came back; with others (`refused`, `http_status` …) something did, so the way there is open."""
_UNSENT = frozenset({"no_name", "no_permission", "probe_error"})


def silent(found: Round) -> bool:
    """True when nothing came back."""
    if found.error is not None:
        return found.error in _SILENT
    return None in found.rtts and found.rtts.count(None) == len(found.rtts)


def unsent(found: Round) -> bool:
    """True when the round says nothing of the host: no name, no permission, a fault of the probe.

    `no_route` is not among them, though nothing was sent either: the system says that this host cannot be reached from here.
    """
    return not found.rtts and (found.error is None or found.error in _UNSENT)


class Trace:
    """Grows with each round. Times are those at which rounds began, if nothing else is said."""

    __slots__ = ("answered_at", "asked_at", "back_at", "blind", "fell_at", "row", "silent", "silent_from")

    def __init__(self) -> None:
        self.answered_at = NEVER
        """When the last answered round ended."""
        self.forget()

    def forget(self) -> None:
        """As if nothing had been asked yet."""
        self.asked_at = NEVER
        """The last round that said something."""
        self.back_at = NEVER
        """The first of the answered rounds in a row, if silent ones were before it."""
        self.silent_from = NEVER
        """The first of the silent rounds in a row."""
        self.fell_at = NEVER
        """When the first of the rounds in a row ended that were not answered, or could not be sent."""
        self.silent = False
        """The last round was not answered."""
        self.blind = False
        """In the last round nothing could be sent."""
        self.row = 0
        """Answered rounds in a row."""

    @property
    def fallen(self) -> bool:
        """The last round was not answered, or could not be sent."""
        return self.silent or self.blind

    def note(self, found: Round, now: datetime) -> None:
        """Takes a round that ended at `now`."""
        fallen, self.blind = self.fallen, not found.rtts
        if self.blind and unsent(found):
            if not fallen:
                self.fell_at = now
            return
        self.asked_at = found.at
        if silent(found):
            if not fallen:
                self.fell_at = now
            if not self.silent:
                self.silent, self.silent_from, self.row = True, found.at, 0
            return
        if self.silent:
            self.silent, self.back_at = False, found.at
        self.row += 1
        self.answered_at = now
