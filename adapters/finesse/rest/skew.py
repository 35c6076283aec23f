"""How far Finesse's clock is from ours, from answers that were stamped while they were under way. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

__all__ = ["Sample", "Skew", "of_date_header", "of_timestamp"]

_KEPT = 8
_DRIFT = 2e-4
"""Seconds by which a second-rate clock may go wrong in a second: an old sample says less than a new one."""
_LEAST = 0.001
_HALF_SECOND = timedelta(seconds=0.5)


@dataclass(frozen=True, slots=True)
class Sample:
    """One comparison: what is to be added to our time for theirs, how wrong that may be at most (seconds), and when it was made (ours)."""

    value: timedelta
    error_s: float
    at: datetime


def of_timestamp(theirs: datetime, sent: datetime, took_s: float) -> Sample:
    """From a time that the server wrote into its answer at some moment between `sent` and `took_s` seconds later."""
    half = timedelta(seconds=took_s / 2)
    return Sample(theirs - (sent + half), took_s / 2 + _LEAST, sent + 2 * half)


def of_date_header(text: str | None, sent: datetime, took_s: float) -> Sample | None:
    """From the HTTP header Date, which knows seconds only; None when it is missing or no date (RFC 9110, 5.6.7)."""
    try:
        theirs = parsedate_to_datetime(text or "")
    except (ValueError, TypeError):
        return None
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    half = timedelta(seconds=took_s / 2)
    return Sample(theirs + _HALF_SECOND - (sent + half), took_s / 2 + 0.5, sent + 2 * half)


class Skew:
    """The best of the last samples: the one that may be least wrong by now. One that no longer agrees shows that a clock was set."""

    def __init__(self) -> None:
        """Knows nothing."""
        self._samples: deque[Sample] = deque(maxlen=_KEPT)
        self._best: Sample | None = None

    @property
    def value(self) -> timedelta | None:
        """What is to be added to our time for theirs; None before the first sample."""
        return None if self._best is None else self._best.value

    def learn(self, sample: Sample) -> None:
        """Takes another comparison into account."""
        if any(not _agree(sample, known) for known in self._samples):
            self._samples.clear()
        self._samples.append(sample)
        self._best = min(self._samples, key=lambda known: _wrong_s(known, sample.at))


def _wrong_s(sample: Sample, now: datetime) -> float:
    return sample.error_s + abs((now - sample.at).total_seconds()) * _DRIFT


def _agree(new: Sample, known: Sample) -> bool:
    return abs((new.value - known.value).total_seconds()) <= new.error_s + _wrong_s(known, new.at)
