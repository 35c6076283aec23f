"""So many a second, so many at once: token buckets, and windows that slide. The caller brings the time."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Bucket", "Buckets", "Rate", "Window"]

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Rate:
    """`per_s` tokens come back each second, up to `burst`."""

    per_s: float
    burst: float


class Bucket:
    """One bucket, full at first."""

    __slots__ = ("_at", "_rate", "_tokens")

    def __init__(self, rate: Rate, now_s: float) -> None:
        self._rate, self._tokens, self._at = rate, float(rate.burst), now_s

    def take(self, count: float, now_s: float) -> float:
        """Takes `count` tokens and returns 0.0, or takes none and returns how many seconds to wait (inf: it never holds so many)."""
        self._fill(now_s)
        if self._tokens >= count:
            self._tokens -= count
            return 0.0
        return (count - self._tokens) / self._rate.per_s if count <= self._rate.burst else float("inf")

    def give_back(self, count: float) -> None:
        """What was taken was not used after all."""
        self._tokens = min(self._rate.burst, self._tokens + count)

    def full(self, now_s: float) -> bool:
        """Whether it is as it began: then it need not be kept."""
        self._fill(now_s)
        return self._tokens >= self._rate.burst

    def _fill(self, now_s: float) -> None:
        if now_s > self._at:  # a clock that steps back gives nothing and takes nothing
            self._tokens = min(self._rate.burst, self._tokens + (now_s - self._at) * self._rate.per_s)
            self._at = now_s


class Window:
    """Never more than `burst` in any `burst / per_s` seconds: what is taken comes back that long after, not bit by bit.

    A bucket that begins full gives its burst and what comes back meanwhile, nearly twice the rate in its first second. Keeps a time
    for each token that is out.
    """

    __slots__ = ("_most", "_period_s", "_times")

    def __init__(self, rate: Rate, now_s: float) -> None:
        self._most = int(rate.burst)
        self._period_s = self._most / rate.per_s
        self._times: deque[float] = deque()

    def take(self, count: float, now_s: float) -> float:
        """As `Bucket.take`; `count` is a whole number."""
        self._come_back(now_s)
        over = len(self._times) + int(count) - self._most
        if over <= 0:
            self._times.extend([max(now_s, self._times[-1] if self._times else now_s)] * int(count))
            return 0.0
        return self._times[over - 1] + self._period_s - now_s if count <= self._most else float("inf")

    def give_back(self, count: float) -> None:
        """What was taken last was not used after all."""
        for _ in range(min(int(count), len(self._times))):
            self._times.pop()

    def full(self, now_s: float) -> bool:
        """Whether nothing is out."""
        self._come_back(now_s)
        return not self._times

    def _come_back(self, now_s: float) -> None:
        while self._times and self._times[0] + self._period_s <= now_s:
            self._times.popleft()


class Buckets(Generic[Key]):
    """A bucket for each key, at most `max_keys`; the one unused longest makes room.

    Whoever has so many keys that theirs are forgotten gets full buckets again: bound all of them together as well.
    """

    def __init__(self, rate: Rate, *, max_keys: int = 10_000, kind: type[Bucket] | type[Window] = Bucket) -> None:
        self._rate, self._max, self._kind = rate, max_keys, kind
        self._buckets: OrderedDict[Key, Bucket | Window] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Key, now_s: float, count: float = 1.0) -> float:
        """Takes from `key`'s bucket: 0.0, or how many seconds to wait."""
        bucket = self._buckets.get(key)
        if bucket is None:
            self._make_room(now_s)
            bucket = self._buckets[key] = self._kind(self._rate, now_s)
        else:
            self._buckets.move_to_end(key)
        return bucket.take(count, now_s)

    def give_back(self, key: Key, count: float = 1.0) -> None:
        """Puts back what was taken for nothing."""
        bucket = self._buckets.get(key)
        if bucket is not None:
            bucket.give_back(count)

    def _make_room(self, now_s: float) -> None:
        # two looked at for one added: what has filled up again is gone soon, at no cost that grows with the number
        for _ in range(2):
            if self._buckets and next(iter(self._buckets.values())).full(now_s):
                self._buckets.popitem(last=False)
        if len(self._buckets) >= self._max:
            self._buckets.popitem(last=False)
