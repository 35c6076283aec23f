"""What a host's own rounds and those of its parents make of it: up, degraded, down or unreachable (UX B2, B5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Literal

from adapters.netmonitor.judge.own import HOLD, clears
from adapters.netmonitor.judge.watched import FALLEN, Outcome, Watched
from adapters.netmonitor.values import State

__all__ = ["judge_level"]

_LONGEST_WAIT = timedelta(minutes=10)
"""A silent host waits no longer for its parents to be judged."""
_WHILE_IT_WAITS = timedelta.max
"""As long as a parent that waits itself; the host's own wait begins after that."""

Cleared = Callable[[Watched], bool]
"""Whether a silent host's silence is not the probe's own."""


def judge_level(host: Watched, now: datetime, cleared: Cleared) -> None:
    """Puts its level. Its parents have to be judged before."""
    if not host.begun:
        return
    if not host.down.raised:
        host.waits_from = None
        level, reason = (State.DEGRADED, host.poor_why) if host.poor.raised else (State.UP, None)
        host.put(level, reason, host.heard_at)
    elif host.silent:
        _judge_silent(host, now, cleared)
    elif host.worth is Outcome.LOST:  # a bad answer: the way there is open
        host.waits_from = None
        host.put(State.DOWN, host.lost_why, host.raised_at)
    # else it answers again, but not long enough: it stays as it was


def _judge_silent(host: Watched, now: datetime, cleared: Cleared) -> None:
    way, longest = _way(host, now, cleared)
    if way == "shut":
        host.waits_from = None
        host.put(State.UNREACHABLE, "parent", now)
        return
    if way == "waits" and host.level is not State.DOWN:
        if host.waits_from is None or longest is _WHILE_IT_WAITS:
            host.waits_from = now
        if now - host.waits_from < longest:
            return
    elif way == "open":
        host.waits_from = None
    host.put(State.DOWN, host.lost_why, now if host.level is State.UNREACHABLE else host.raised_at)


def _way(host: Watched, now: datetime, cleared: Cleared) -> tuple[Literal["open", "shut", "waits"], timedelta]:
    """Whether the silence is the host's own: `shut` when a parent is down, `waits` while that is not known, no longer than told."""
    up = host.parent
    while up is not None:
        if up.host.paused or now >= up.silence_at:  # nobody knows: perhaps its own parent tells
            up = up.parent
            continue
        if up.level in FALLEN and (up.silent or not up.begun):
            return "shut", HOLD
        if clears(up, host):
            return "open", HOLD
        if up.waits_from is not None:
            return "waits", _WHILE_IT_WAITS
        # its parent's rounds, to see how that is, and then its own, to see how itself is
        seconds = sum((one.host.limits.raise_bad + 1) * one.host.interval_s for one in (up, host))
        return "waits", min(_LONGEST_WAIT, timedelta(seconds=seconds))
    return ("open" if cleared(host) else "waits"), HOLD
