"""What the node measures: Prometheus metrics in one registry that is built once and handed on.

The hub calls plain counters and histograms, once a flush or commit and never once a delivery: an increment costs half
a microsecond. What can be read at any time (connections, queue bytes, the state of the bus) is read when somebody
asks, by the functions given to `watch`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

import structlog
from prometheus_client import CollectorRegistry, Counter, GCCollector, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from hub.close import CloseCode

__all__ = ["READINGS", "REFUSALS", "Metrics", "Reading", "Refusal", "Samples", "quantile"]

_log = structlog.get_logger("hub.metrics")

Refusal = Literal[
    "origin",
    "draining",
    "handshake_rate",
    "handshake_rate_address",
    "sessions_per_address",
    "sessions_per_user",
    "unauthenticated",
    "commands",
    "errors",
    "oversize",
    "slow_consumer",
    "topics",
    "publish_token",
    "publish_quota",
    "publish_oversize",
    "publish_invalid",
    "store_unavailable",
]
"""Why something was not taken: the label of `navigator_refused_total`."""
REFUSALS: tuple[Refusal, ...] = Refusal.__args__  # type: ignore[attr-defined]  # typing's way to the members

_FAST = (0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)
_SLOW = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.5, 5.0, 10.0)
_LAG = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
_SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Reading:
    """A metric that is read when asked for; `label` names what its function's keys mean, None: it gives one number."""

    name: str
    kind: Literal["gauge", "counter"]
    help: str
    label: str | None = None


READINGS: dict[str, Reading] = {
    "connections": Reading("navigator_connections", "gauge", "Open hub sessions of this node.", "format"),
    "queue_bytes": Reading("navigator_queue_bytes", "gauge", "Bytes that wait in the send queues of all sessions."),
    "users": Reading("navigator_users", "gauge", "People with a session at this node."),
    "sessions": Reading("navigator_sessions", "gauge", "Open hub sessions by node, as this node knows them.", "node"),
    "writer_waiting": Reading("navigator_writer_waiting", "gauge", "Writes that wait for the store."),
    "source_lag": Reading(
        "navigator_source_lag_seconds", "gauge", "Age of the last whole look at a source; NaN before the first.", "source"
    ),
    "source_up": Reading("navigator_source_up", "gauge", "1 when the last look at a source succeeded.", "source"),
    "bus_connected": Reading("navigator_bus_connected", "gauge", "1 while the bus between the nodes is connected."),
    "bus_reconnects": Reading("navigator_bus_reconnects", "counter", "How often the bus was connected anew."),
    "bus_gaps": Reading("navigator_bus_gaps", "counter", "Holes in what the bus delivered."),
    "bus_repeats": Reading("navigator_bus_repeats", "counter", "Messages that the bus delivered a second time; dropped."),
    "bus_unsent": Reading("navigator_bus_unsent", "counter", "Messages dropped because the bus did not take them in time."),
    "leader": Reading("navigator_leader", "gauge", "1 when this node runs the sources."),
    "ready": Reading("navigator_ready", "gauge", "1 when this node is ready to serve."),
    "overdue": Reading(
        "ledger_overdue_total", "gauge", "Open ledger rows past their deadline: 0 is the promise; NaN when the store did not say."
    ),
    "jobs": Reading("navigator_notification_jobs", "gauge", "People whose notifications are looked after at this moment."),
}
"""What `Metrics.watch` can be given."""

Read = Callable[[], float] | Callable[[], Mapping[str, float]]


class Metrics:
    """One node's metrics. Every attribute is safe to call from the event loop at any time and never raises."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry(auto_describe=True)
        made = self.registry
        self._published = Counter("navigator_events_published_total", "Events taken in.", ["kind"], registry=made)
        self.published_inbox = self._published.labels("inbox")
        """Notifications that were accepted and are durable; once an event, however many people it addresses."""
        self.published_topic = self._published.labels("topic")
        """Events appended to a topic."""
        self.delivered = Counter("navigator_events_delivered_total", "Events handed to sessions of this node.", registry=made)
        recovered = Counter(
            "navigator_recovered_total", "Resumed subscriptions and inboxes, by what brought them up to date.", ["kind"], registry=made
        )
        self.recovered_replay, self.recovered_snapshot = recovered.labels("replay"), recovered.labels("snapshot")
        self._gaps = Counter("navigator_gaps_total", "Holes that clients were told of.", ["reason"], registry=made)
        self._refused = Counter("navigator_refused_total", "What was not taken, by reason.", ["reason"], registry=made)
        self._closed = Counter("navigator_closed_total", "Ended hub connections, by close code.", ["code"], registry=made)
        self._push = Counter("navigator_push_total", "Pushes handed to a push service, by outcome.", ["service", "outcome"], registry=made)
        self.fanout = Histogram("navigator_fanout_seconds", "Time of one flush of events to all its sockets.", buckets=_FAST, registry=made)
        self.publish_to_ack = Histogram(
            "navigator_publish_to_ack_seconds", "From a notification's arrival to its page's receipt.", buckets=_SLOW, registry=made
        )
        self.publish = Histogram(
            "navigator_publish_seconds", "From a publisher's request to its durable answer.", buckets=_SLOW, registry=made
        )
        self.commit = Histogram("navigator_commit_seconds", "Time of one group commit.", buckets=_SLOW, registry=made)
        self.group_size = Histogram("navigator_group_size", "Writes in one group commit.", buckets=_SIZES, registry=made)
        self.commit_failed = Counter("navigator_commit_failures_total", "Group commits that the store refused.", registry=made)
        self.loop_lag = Histogram("navigator_loop_lag_seconds", "How late the event loop runs a timer.", buckets=_LAG, registry=made)
        self._look = Histogram("navigator_source_look_seconds", "Time of one look at a source.", ["source"], buckets=_SLOW, registry=made)
        steps = Counter("navigator_clock_steps_total", "Times that this node's clock was set while it led.", ["way"], registry=made)
        self._steps = {way: steps.labels(way) for way in ("back", "forth")}
        for reason in REFUSALS:  # a counter that starts at 0 makes its first increase visible
            self._refused.labels(reason)
        for code in CloseCode:
            self._closed.labels(str(int(code)))
        self._readings = _Readings()
        made.register(self._readings)
        GCCollector(registry=made)

    def watch(self, **reads: Read) -> None:
        """Registers functions for the readings of `READINGS`; a second one for the same replaces the first. KeyError for others."""
        for key, read in reads.items():
            self._readings.add(READINGS[key], read)

    def collector(self, collector: Collector) -> None:
        """Adds families that somebody else gathers."""
        self.registry.register(collector)

    def refused(self, reason: Refusal) -> None:
        """Something was not taken."""
        self._refused.labels(reason).inc()

    def gap(self, reason: str) -> None:
        """A client was told of a hole; `reason` is one of the hub's own, never a client's text."""
        self._gaps.labels(reason).inc()

    def closed(self, code: int) -> None:
        """A connection ended. Codes that are not the hub's own count together: a client may send any."""
        known = code in _CODES or code in (1000, 1001, 1005, 1006)
        self._closed.labels(str(int(code)) if known else "other").inc()

    def push(self, service: str, outcome: str) -> None:
        """One push to one device: `service` is `webpush` or `fcm`, `outcome` one of `hub.push.Outcome`."""
        self._push.labels(service, outcome).inc()

    def clock_stepped(self, way: Literal["back", "forth"]) -> None:
        """Somebody set the clock."""
        self._steps[way].inc()

    def look(self, source: str, seconds: float) -> None:
        """One look at a source."""
        self._look.labels(source).observe(seconds)

    def read(self) -> Samples:
        """Every sample as of now, in one pass over the registry (about a millisecond)."""
        return Samples(self.registry)

    def refusals(self) -> dict[str, float]:
        """What was refused since the start, by reason; reasons that never came are left out."""
        return {reason: count for reason, count in self.read().by("navigator_refused_total", "reason").items() if count}

    def value(self, name: str, **labels: str) -> float | None:
        """One sample by its full name, None when there is none; for the operations page and for tests."""
        found: float | None = self.registry.get_sample_value(name, labels)
        return found


_CODES = frozenset(int(code) for code in CloseCode)


class Samples:
    """The samples of one moment."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._found: dict[str, list[tuple[Mapping[str, str], float]]] = defaultdict(list)
        for family in registry.collect():
            for sample in family.samples:
                self._found[sample.name].append((sample.labels, sample.value))

    def one(self, name: str, default: float = 0.0) -> float:
        """The sum over all labels of a metric, `default` when it has no sample."""
        found = self._found.get(name)
        return sum(value for _, value in found) if found else default

    def by(self, name: str, label: str) -> dict[str, float]:
        """The samples of a metric, summed by one of its labels."""
        total: dict[str, float] = {}
        for labels, value in self._found.get(name, ()):
            total[labels[label]] = total.get(labels[label], 0.0) + value
        return total

    def buckets(self, name: str) -> dict[float, float]:
        """The cumulative counts of a histogram, named without `_bucket`: upper bound -> observations at most that long."""
        return {float(bound): count for bound, count in self.by(f"{name}_bucket", "le").items()}


def quantile(q: float, before: Mapping[float, float], after: Mapping[float, float]) -> float | None:
    """The `q` quantile of what was observed between two readings of `Samples.buckets`; None when that is nothing.

    Interpolates within the bucket, as Prometheus' histogram_quantile does; beyond the last bound that bound is given.
    """
    bounds = sorted(after)
    counts = [after[bound] - before.get(bound, 0.0) for bound in bounds]
    if not counts or counts[-1] <= 0:
        return None
    rank = q * counts[-1]
    low, under = 0.0, 0.0
    for bound, count in zip(bounds, counts, strict=True):
        if count >= rank:
            if bound == float("inf"):
                return low
            return low + (bound - low) * ((rank - under) / (count - under) if count > under else 1.0)
        low, under = bound, count
    return low


class _Readings(Collector):
    """Reads when asked. A function that fails costs its own metric and not the page: that is when people look at it."""

    def __init__(self) -> None:
        self._reads: dict[Reading, Read] = {}
        self._failing: set[str] = set()

    def add(self, reading: Reading, read: Read) -> None:
        self._reads[reading] = read

    def describe(self) -> Iterable[GaugeMetricFamily | CounterMetricFamily]:
        return [self._family(reading) for reading in READINGS.values()]

    def collect(self) -> Iterator[GaugeMetricFamily | CounterMetricFamily]:
        for reading, read in self._reads.items():
            family = self._family(reading)
            try:
                value = read()
            except Exception:
                if reading.name not in self._failing:
                    self._failing.add(reading.name)
                    _log.exception("reading_failed", metric=reading.name)
                continue
            self._failing.discard(reading.name)
            if isinstance(value, Mapping):
                for key, number in value.items():
                    family.add_metric([key], number)
            else:
                family.add_metric([], value)
            yield family

    @staticmethod
    def _family(reading: Reading) -> GaugeMetricFamily | CounterMetricFamily:
        family = GaugeMetricFamily if reading.kind == "gauge" else CounterMetricFamily
        return family(reading.name, reading.help, labels=[reading.label] if reading.label else [])
