"""How often something may be tried: a sliding window over attempts, in bounded memory."""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

__all__ = ["Limit", "Throttle"]


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `attempts` within `window_s` seconds."""

    attempts: int
    window_s: float


class Throttle:
    """Attempts by key. An attempt counts from the moment it is taken, so that many at once cannot slip past;
    one that turned out well is given back.

    Refused attempts do not count: whoever waits as told gets in. Holds at most `max_keys` keys; the one that was
    quiet longest makes room. That lets an attacker with very many addresses forget single counters; each of their
    addresses is counted as well.
    """

    def __init__(self, limit: Limit, *, max_keys: int = 10_000) -> None:
        self._limit = limit
        self._max_keys = max_keys
        self._taken: OrderedDict[str, deque[float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, key: str, now: float) -> float:
        """Counts an attempt at `now` (seconds of any steady clock) and returns 0.0, or returns how many seconds to wait."""
        taken = self._taken.get(key)
        if taken is None:
            if len(self._taken) >= self._max_keys:
                self._taken.popitem(last=False)
            taken = self._taken[key] = deque(maxlen=self._limit.attempts)
        while taken and taken[0] <= now - self._limit.window_s:
            taken.popleft()
        if len(taken) >= self._limit.attempts:
            return taken[0] + self._limit.window_s - now
        taken.append(now)
        self._taken.move_to_end(key)
        return 0.0

    def give_back(self, key: str) -> None:
        """Takes back the newest attempt of `key`: it was not one that should count."""
        taken = self._taken.get(key)
        if taken:
            taken.pop()
        if not taken:
            self._taken.pop(key, None)

    def forget(self, key: str) -> None:
        """`key` starts anew."""
        self._taken.pop(key, None)
