"""What the agents' lines and requests do, for Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Histogram, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

__all__ = ["STATES", "CallMetrics"]

STATES = ("connecting", "live", "stale", "refused")
"""How a line can be; a line that is off is none."""
_FAST = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class CallMetrics(Collector):
    """Reads the switchboard whenever it is scraped."""

    def __init__(
        self, registry: CollectorRegistry, *, lines: Callable[[], Mapping[str, int]], dials: Callable[[], int], sent: Callable[[], int]
    ) -> None:
        """`lines` are those of this node by state, `dials` and `sent` count since the start."""
        self._lines, self._dials, self._sent = lines, dials, sent
        self.published = Histogram(
            "navigator_finesse_publish_seconds",
            "From a notification's arrival to the event that tells of it.",
            buckets=_FAST,
            registry=registry,
        )
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """The families."""
        lines = GaugeMetricFamily("navigator_finesse_lines", "Notification connections of agents, by state.", labels=["state"])
        found = self._lines()
        for state in STATES:
            lines.add_metric([state], found.get(state, 0))
        yield lines
        yield CounterMetricFamily("navigator_finesse_dials", "Times that an agent's connection was begun.", value=self._dials())
        yield CounterMetricFamily("navigator_finesse_requests", "Requests sent to Finesse's REST interface.", value=self._sent())
