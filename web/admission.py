"""Who may open a socket now: how fast from one address and in all, how many from one address.

Pure: the caller brings the time, and says when a socket is gone. One loud address is stopped by its own bounds first,
so that it does not use up what is there for all.
"""

from __future__ import annotations

import ipaddress
import math
from collections import Counter
from dataclasses import dataclass

from hub.bucket import Buckets, Rate, Window
from hub.metrics import Refusal as Reason
from web.settings import Settings

__all__ = ["Admission", "Refusal"]

_FULL_S = 10
"""When to try again if too many are there: nobody knows when one leaves."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer before the upgrade. Clients come back by jitter (hub.v1); `Retry-After` is for programs that read it."""

    status: int
    reason: Reason
    retry_after_s: int

    @property
    def headers(self) -> dict[str, str]:
        """For the answer."""
        return {"retry-after": str(self.retry_after_s), "cache-control": "no-store"}


class Admission:
    """The bounds of one node. What it holds is bounded by the open sockets and by `max_addresses`."""

    def __init__(self, *, per_address: int, rate: float, rate_per_address: float, now_s: float = 0.0, max_addresses: int = 10_000) -> None:
        """`rate` and `rate_per_address`: handshakes in any second, whole ones; one in several seconds when it is less than one."""
        self._per_address = per_address
        self._all = Window(_at_once(rate), now_s)
        self._addresses: Buckets[str] = Buckets(_at_once(rate_per_address), max_keys=max_addresses, kind=Window)
        self._open: Counter[str] = Counter()

    @classmethod
    def of(cls, settings: Settings, now_s: float = 0.0) -> Admission:
        """As the settings say."""
        return cls(
            per_address=settings.sessions_per_address,
            rate=settings.handshakes_per_s,
            rate_per_address=settings.handshakes_per_s_address,
            now_s=now_s,
        )

    @property
    def open(self) -> int:
        """Sockets that were admitted and have not left."""
        return self._open.total()

    def admit(self, address: str, now_s: float) -> Refusal | None:
        """None: counted as open until `left`. A refused one is not counted and needs no `left`."""
        key = _network(address)
        if self._open[key] >= self._per_address:
            return Refusal(429, "sessions_per_address", _FULL_S)
        wait = self._addresses.take(key, now_s)
        if wait:
            self._forget_zero(key)
            return Refusal(429, "handshake_rate_address", _whole(wait))
        wait = self._all.take(1, now_s)
        if wait:
            self._addresses.give_back(key)
            self._forget_zero(key)
            return Refusal(503, "handshake_rate", _whole(wait))
        self._open[key] += 1
        return None

    def left(self, address: str) -> None:
        """An admitted socket is gone. Call it once for each."""
        key = _network(address)
        self._open[key] -= 1
        self._forget_zero(key)

    def _forget_zero(self, key: str) -> None:
        if self._open[key] <= 0:
            del self._open[key]


def _at_once(rate: float) -> Rate:
    return Rate(rate, max(1.0, math.floor(rate)))


def _whole(seconds: float) -> int:
    return max(1, math.ceil(seconds))


def _network(address: str) -> str:
    """What counts as one address: a /64 of IPv6, for that is what one customer is given; IPv4 also when written as IPv6."""
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Address(int(found) >> 64 << 64))
