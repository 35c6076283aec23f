"""Token buckets: so many a second, so many at once. The caller brings the time."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

__all__ = ["Bucket", "Buckets", "Rate"]

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


class Buckets(Generic[Key]):
    """A bucket for each key, at most `max_keys`; the one unused longest makes room.

    Whoever has so many keys that theirs are forgotten gets full buckets again: bound all of them together as well.
    """

    def __init__(self, rate: Rate, *, max_keys: int = 10_000) -> None:
        self._rate, self._max = rate, max_keys
        self._buckets: OrderedDict[Key, Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: Key, now_s: float, count: float = 1.0) -> float:
        """Takes from `key`'s bucket: 0.0, or how many seconds to wait."""
        bucket = self._buckets.get(key)
        if bucket is None:
            self._make_room(now_s)
            bucket = self._buckets[key] = Bucket(self._rate, now_s)
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
