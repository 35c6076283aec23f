"""What the cache of tickets does, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from web.tickets.cache import TicketCache

__all__ = ["TicketMetrics"]


class TicketMetrics(Collector):
    """Reads the cache whenever it is scraped."""

    def __init__(self, cache: TicketCache[Any], *, sent: Callable[[], int]) -> None:
        """`sent` counts the requests to Redmine since the start."""
        self._cache, self._sent = cache, sent

    def collect(self) -> Iterator[Metric]:
        """The families."""
        cache, counts = self._cache, self._cache.counts
        looks = CounterMetricFamily("navigator_ticket_looks", "Tickets looked at, by what was shown.", labels=["from"])
        for kind, number in (("hit", counts.hits), ("stale", counts.stale), ("miss", counts.misses)):
            looks.add_metric([kind], number)
        yield looks
        yield CounterMetricFamily("navigator_ticket_dropped", "Kept tickets dropped because they changed.", value=counts.dropped)
        yield CounterMetricFamily(
            "navigator_ticket_age_seconds",
            "Sum of the ages of the tickets shown from the cache: by hits and stale looks, the mean.",
            value=counts.ages_s,
        )
        yield GaugeMetricFamily("navigator_ticket_entries", "Tickets kept, one for each person.", value=len(cache))
        yield GaugeMetricFamily("navigator_ticket_bytes", "What they take, about.", value=cache.bytes)
        yield GaugeMetricFamily("navigator_ticket_oldest_seconds", "Age of the oldest kept ticket.", value=cache.oldest_s())
        yield CounterMetricFamily("navigator_redmine_requests", "Requests sent to Redmine's REST interface.", value=self._sent())
