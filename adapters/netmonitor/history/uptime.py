"""The share of time that a host answered, from its intervals alone: no measurement is read.

counted = the span, from the host's first round at the earliest, less maintenance, unknown and paused time
uptime  = 1 - (down + unreachable) / counted                degraded is up: it answers
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from adapters.netmonitor.values import State
from hub.network_tables import net_outages, net_seen
from hub.store import microseconds

__all__ = ["SPANS", "Uptime", "mean", "overlaps", "uptimes"]

SPANS: Mapping[str, timedelta] = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
    "1y": timedelta(days=365),
}

_DOWN = (State.DOWN.value, State.UNREACHABLE.value)
_ASIDE = (State.UNKNOWN.value, State.MAINTENANCE.value, State.PAUSED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uptime:
    """Of one host in one span."""

    counted: timedelta
    """What the share is of; nothing for a host that was not measured in all that time."""
    down: timedelta
    """The part of it in which it did not answer."""
    aside: timedelta
    """Maintenance, unknown and paused time, which does not count."""

    @property
    def percent(self) -> float | None:
        """0 to 100, unrounded: whoever shows it rounds down, or 100 would be claimed; None when nothing counts."""
        return 100.0 * ((self.counted - self.down) / self.counted) if self.counted else None


def mean(shares: Iterable[Uptime | None]) -> float | None:
    """Of a group: the mean of its hosts' percent, each of the same weight, without those that have none."""
    percents = [share.percent for share in shares if share is not None and share.percent is not None]
    return sum(percents) / len(percents) if percents else None


def overlaps(now: datetime, spans: Sequence[timedelta], hosts: Sequence[str] | None) -> sa.Select[Any]:
    """The query for rows of host, whether they are down (1) or aside (0), and microseconds within each span."""
    until = microseconds(now)
    o, big = net_outages.c, sa.BigInteger
    first, began = sa.type_coerce(net_seen.c.first_at, big), sa.type_coerce(o.began, big)
    ended = sa.case((sa.or_(o.ended.is_(None), o.ended > now), until), else_=sa.type_coerce(o.ended, big))
    from_ = sa.case((first > began, first), else_=began)
    sums: list[sa.ColumnElement[Any]] = []
    for number, span in enumerate(spans):
        since = microseconds(now - span)
        low = sa.case((from_ > since, from_), else_=since)
        sums.append(sa.func.sum(sa.case((ended > low, ended - low), else_=0)).label(f"s{number}"))
    down = sa.case((sa.and_(o.state.in_(_DOWN), sa.not_(o.maintenance)), 1), else_=0).label("down")
    query = (
        sa.select(o.host, down, *sums)
        .select_from(net_outages.join(net_seen, net_seen.c.host == o.host))
        .where(sa.or_(o.ended.is_(None), o.ended > now - max(spans)), sa.or_(o.maintenance, o.state.in_((*_DOWN, *_ASIDE))))
        .group_by(o.host, down)
    )
    return query if hosts is None else query.where(o.host.in_(hosts))


def uptimes(
    now: datetime, spans: Mapping[str, timedelta], first: Mapping[str, datetime], rows: Iterable[Sequence[Any]]
) -> dict[str, dict[str, Uptime]]:
    """By host and span: of the hosts with a first round, from the rows of `overlaps`."""
    sums: dict[str, dict[int, Sequence[Any]]] = {}
    for host, down, *parts in rows:
        sums.setdefault(host, {})[int(down)] = parts
    found: dict[str, dict[str, Uptime]] = {}
    nothing = (0,) * len(spans)
    for host, seen in first.items():
        of_host = sums.get(host, {})
        found[host] = {}
        for number, (name, span) in enumerate(spans.items()):
            down, aside = (timedelta(microseconds=int(of_host.get(kind, nothing)[number])) for kind in (1, 0))
            whole = max(timedelta(0), now - max(seen, now - span))
            found[host][name] = Uptime(counted=whole - aside, down=down, aside=aside)
    return found
