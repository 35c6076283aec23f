"""How long to wait for what, and when to come back. The numbers are those of docs/protocol.md, "Bounds"."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Backoff", "Pace", "Timing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All in seconds."""

    open: float = 5.0
    """For TCP, TLS and the upgrade."""
    welcome: float = 10.0
    """From the upgrade to the welcome; the hub looks things up in its store on the way."""
    silence: float = 10.0
    """Silence allowed beyond the hub's ping interval."""
    reply: float = 10.0
    """From a call to its reply, the wait for a connection included."""
    close: float = 1.0
    """For the closing handshake: a hub that is gone answers none."""
    backoff: float = 0.5
    backoff_max: float = 30.0
    good: float = 30.0
    """A connection that lasted this long was a good one: the next back-off begins anew."""
    ack: float = 0.05
    """`received` is said at most this often."""
    again: float = 1.0
    """What the hub had no time for is said again after this."""
    save: float = 0.2
    """A position is saved at most this often."""


class Backoff:
    """Full jitter: anything between nothing and the bound, so that a thousand clients do not come back as one.

    `rand` gives numbers in [0, 1).
    """

    def __init__(self, timing: Timing, rand: Callable[[], float] = random.random) -> None:
        self._timing, self._rand = timing, rand
        self._attempt = 0

    def window(self, reconnect_in: tuple[float, float]) -> float:
        """A random moment of the window that a draining hub gave, in seconds from now."""
        first, last = max(0.0, reconnect_in[0]), max(0.0, *reconnect_in)
        return first + self._rand() * (last - first)

    def good(self, lasted: float) -> None:
        """The connection has lasted so many seconds."""
        if lasted >= self._timing.good:
            self._attempt = 0

    def reset(self) -> None:
        """The hub itself said when to come back."""
        self._attempt = 0

    def delay(self) -> float:
        """How many seconds to wait before the next try."""
        # 2 ** 1024 is beyond a float, and an office closed for a week gets there
        bound: float = min(self._timing.backoff_max, self._timing.backoff * 2.0 ** min(self._attempt, 32))
        self._attempt += 1
        return self._rand() * bound


class Pace:
    """Keeps a session's frames below the hub's bound of 50 a second with bursts of 200, beyond which it closes with 4504."""

    def __init__(self, per_s: float = 40.0, burst: float = 150.0) -> None:
        self._per_s, self._burst, self._left = per_s, burst, burst
        self._at = 0.0

    def take(self, now: float) -> float:
        """Takes one frame's turn at `now`, in seconds of a steady clock, and gives the seconds to wait for it."""
        self._left = min(self._burst, self._left + (now - self._at) * self._per_s) - 1
        self._at = now
        return max(0.0, -self._left / self._per_s)
