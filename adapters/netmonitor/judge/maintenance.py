"""When a maintenance window is (UX B6): once, or every week at the same hours of a clock on some wall.

Source: the IANA zones, as zoneinfo reads them. A time that summer time skips comes as much later as was skipped; a beginning in an hour
that comes twice is its first, an end in such an hour its second, so that both are covered.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.netmonitor.values import Window

__all__ = ["Maintenance", "Planned", "next_span"]

_LONGEST = timedelta(days=8)
"""One time is shorter than a week; the clock may be set meanwhile."""
_AHEAD = timedelta(days=8)
"""Times that touch are one span, as far as this: a window that never ends is looked at again then."""


@dataclass(frozen=True, slots=True)
class Maintenance:
    """A host is in maintenance."""

    until: datetime
    why: str


class Planned:
    """A window with the span that it is in, or that comes next."""

    __slots__ = ("span", "window")

    def __init__(self, window: Window, now: datetime) -> None:
        """Raises ValueError when its zone is unknown."""
        self.window = window
        self.span = next_span(window, now)

    def edge(self, now: datetime) -> datetime | None:
        """Moves on to the span of `now`; gives the time at which it begins or ends, whichever comes first; None: never."""
        if self.span is not None and self.span[1] <= now:
            self.span = next_span(self.window, now)
        if self.span is None:
            return None
        return self.span[0] if now < self.span[0] else self.span[1]

    def at(self, now: datetime) -> Maintenance | None:
        """The maintenance that `now` lies in."""
        if self.span is None or not self.span[0] <= now < self.span[1]:
            return None
        return Maintenance(self.span[1], self.window.why)


def next_span(window: Window, now: datetime) -> tuple[datetime, datetime] | None:
    """The first time that ends after `now`, with those that touch it; from its beginning to its end, in UTC. None: it is over for good.

    Raises ValueError when the zone is unknown.
    """
    found: tuple[datetime, datetime] | None = None
    for begins, ends in _times(window, now):
        if found is None:
            if ends > now:
                found = begins, ends
        elif begins <= found[1] and begins < max(now, found[0]) + _AHEAD:
            found = found[0], max(found[1], ends)
        else:
            break
    return found


def _times(window: Window, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The times of a window by their beginnings: those that may not be over yet, and of later ones as many as may matter."""
    first = window.starts.astimezone(UTC), window.ends.astimezone(UTC)
    yield first
    if not window.weekly:
        return
    try:
        zone = ZoneInfo(window.zone)
    except (KeyError, ValueError, OSError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"maintenance {window.id}: zone: {window.zone!r} is no IANA time zone") from error
    starts, ends = window.starts.astimezone(zone), window.ends.astimezone(zone)
    over = ends.date() - starts.date()
    day = max(starts.date() + timedelta(days=1), (now - _LONGEST).astimezone(zone).date())
    last = max(day, now.astimezone(zone).date()) + 2 * _AHEAD  # so many, because summer time may skip one
    while day <= last:
        if day.weekday() in window.weekly:
            begins = datetime.combine(day, starts.time().replace(fold=0), zone).astimezone(UTC)
            if window.until is not None and begins > window.until:
                return
            end = datetime.combine(day + over, ends.time().replace(fold=0), zone)
            end_utc = max(end.astimezone(UTC), end.replace(fold=1).astimezone(UTC))
            if end_utc > begins:  # summer time may skip all of it
                yield begins, end_utc
        day += timedelta(days=1)
