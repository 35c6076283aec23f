"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

__all__ = ["START", "Clock"]

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""A Monday noon in Moscow."""


class Clock:
    """Call it for the time; `advance` moves it. It never moves by itself."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def advance(self, seconds: float) -> datetime:
        """Moves the clock and returns the new time."""
        self.at += timedelta(seconds=seconds)
        return self.at
