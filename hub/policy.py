"""Delivery policy as pure functions: what becomes of a notification while nobody has received it.

No clock and no I/O: `now` comes in, a decision goes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

__all__ = [
    "Drop",
    "Hold",
    "Policy",
    "Preferences",
    "PushNow",
    "QuietWindow",
    "Rule",
    "Timing",
    "Verdict",
    "decide",
    "first_deadline",
    "next_digest",
    "quiet_until",
    "retry_delay",
]


class Policy(StrEnum):
    """How hard a notification tries to reach its person."""

    LIVE_ONLY = "live_only"
    """Live sessions only; stays in the inbox, is never pushed."""
    LIVE_THEN_PUSH = "live_then_push"
    """Live first; pushed when no session has received it in time."""
    ALWAYS_PUSH = "always_push"
    """Pushed at once, whoever is connected."""
    DIGEST = "digest"
    """Collected; one push at the person's digest hour names how many wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The waits of a delivery, in seconds. PROTOCOL "What is promised", point 3."""

    receive_s: float = 8.0
    """A session has this long to acknowledge `received` before the notification is pushed."""
    absent_s: float = 2.0
    """With nobody connected: how long a page reload may take before the push leaves."""
    expire: timedelta = timedelta(days=3)
    """A notification without an expiry of its own is not pushed after this long."""
    digest_hour: int = 9
    """Local hour (0 to 23) at which a digest is pushed."""


@dataclass(frozen=True, slots=True)
class QuietWindow:
    """Every week on `days` (0 is Monday) from `start` to `end`, local time; `end` <= `start` passes midnight."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Rule:
    """What a person wants of the notices of one kind. Which of them make a sound is the browser's affair."""

    push: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """One person's wishes. The defaults are those of somebody who has never opened the settings."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Moscow"))
    locale: str = "ru"
    quiet: Sequence[QuietWindow] = ()
    critical_pierces: bool = True
    rules: dict[str, Rule] = field(default_factory=dict)
    """By `Notice.kind`; a missing kind has every channel on."""

    def rule(self, kind: str) -> Rule:
        """The rule for this kind of notice."""
        return self.rules.get(kind, _EVERYTHING)


_EVERYTHING = Rule()


@dataclass(frozen=True, slots=True)
class PushNow:
    """Hand it to the push services now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Not now: look again at `until`. `summary` asks for one push over all that was held."""

    until: datetime
    summary: bool


@dataclass(frozen=True, slots=True)
class Drop:
    """It ends without a push, for `cause`: `live_only`, `muted` or `expired`."""

    cause: str


Verdict = PushNow | Hold | Drop


def first_deadline(policy: Policy, *, now: datetime, connected: bool, prefs: Preferences, timing: Timing) -> datetime:
    """When a fresh notification must be looked at again if no session has received it by then."""
    match policy:
        case Policy.ALWAYS_PUSH:
            return now
        case Policy.DIGEST:
            return next_digest(now, prefs, timing)
        case Policy.LIVE_ONLY:
            return now + timedelta(seconds=timing.receive_s)
        case Policy.LIVE_THEN_PUSH:
            return now + timedelta(seconds=timing.receive_s if connected else timing.absent_s)


def next_digest(now: datetime, prefs: Preferences, timing: Timing) -> datetime:
    """The next digest hour in the person's zone, strictly after `now`, in UTC."""
    local = now.astimezone(prefs.zone)
    at = datetime.combine(local.date(), time(timing.digest_hour), tzinfo=prefs.zone)
    if at <= local:
        at = datetime.combine(local.date() + timedelta(days=1), time(timing.digest_hour), tzinfo=prefs.zone)
    return at.astimezone(UTC)


def quiet_until(now: datetime, prefs: Preferences) -> datetime | None:
    """The end of the quiet time that `now` lies in, in UTC, or None outside of one.

    Windows that touch or overlap are one quiet time. Wall times that summer time skips or repeats are
    read as `zoneinfo` reads them (fold 0).
    """
    end: datetime | None = None
    probe = now
    for _ in range(8 * len(prefs.quiet)):  # each window once a day for a week, and one more day: after that it never ends
        found = _window_end(probe, prefs)
        if found is None or found <= probe:
            break
        end = probe = found
    return end


def _window_end(now: datetime, prefs: Preferences) -> datetime | None:
    local = now.astimezone(prefs.zone)
    best: datetime | None = None
    for window in prefs.quiet:
        for back in (0, 1):  # a window that passes midnight began yesterday
            day = local.date() - timedelta(days=back)
            if day.weekday() not in window.days:
                continue
            start = datetime.combine(day, window.start, tzinfo=prefs.zone)
            over = day if window.end > window.start else day + timedelta(days=1)
            end = datetime.combine(over, window.end, tzinfo=prefs.zone).astimezone(UTC)
            if start.astimezone(UTC) <= now < end and (best is None or end > best):
                best = end
    return best


def decide(
    policy: Policy,
    *,
    kind: str,
    critical: bool,
    expires: datetime,
    now: datetime,
    prefs: Preferences,
    timing: Timing,
) -> Verdict:
    """What to do with a notification whose deadline has come and which nobody has received."""
    if now >= expires:
        return Drop("expired")
    if policy is Policy.LIVE_ONLY:
        return Drop("live_only")
    if not prefs.rule(kind).push:
        return Drop("muted")
    if not (critical and prefs.critical_pierces):
        end = quiet_until(now, prefs)
        if end is not None:
            return Hold(end, summary=True) if end < expires else Drop("expired")
    return PushNow()


def retry_delay(attempt: int, jitter: float, *, base_s: float = 1.0, cap_s: float = 300.0) -> float:
    """Seconds before the push after failed attempt number `attempt` (1 for the first): 1, 2, 4 … capped, times 0.5 to 1.

    `jitter` is a random number from 0 to 1, given so that the function stays pure.
    """
    return float(min(cap_s, base_s * 2 ** min(attempt - 1, 30)) * (0.5 + jitter / 2))
