"""Figure 6, two nodes over Redis: the publisher at one, all readers at the other; what that costs beside one node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.push.vapid import generate
from tests.benchmarks.accounts import Accounts
from tests.benchmarks.load import Broken, Load
from tests.benchmarks.load import run as run_load
from tests.benchmarks.processes import LOAD_CPU, SERVER_CPU, Died, Launch, Server, free_port, serving
from tests.benchmarks.run import Record, Run, spread
from tests.benchmarks.servers import Peer, product_launch
from tests.benchmarks.workshop import Missing, Workshop, command

__all__ = ["measure", "table"]

FIGURE = "cluster"
_LOADS = {"100/s": Load(sockets=1000, rate=100, seconds=10), "16 in flight": Load(sockets=1000, window=16)}
_ALONE, _ON_REDIS, _TWO = "one node", "one node on Redis", "two nodes on Redis"


@dataclass(frozen=True, slots=True)
class _Nodes:
    """Who takes part: readers connect to the first, the publisher to the last."""

    nodes: Sequence[Server]
    redis: Server | None


def measure(run: Run, workshop: Workshop, accounts: Accounts, product: Peer, *, rounds: int) -> None:
    """One node, one node on Redis, two nodes on Redis, in turn."""
    for number in range(rounds):
        for name, count, shared in ((_ALONE, 1, False), (_ON_REDIS, 1, True), (_TWO, 2, True)):
            test = next(iter(_LOADS))
            try:
                with _cluster(accounts, count, shared=shared) as cluster:
                    for test, load in _LOADS.items():
                        run.add(_measured(workshop, cluster, product, load, test, name, number))
            except Missing as missing:
                run.miss("redis", str(missing))
            except (Died, Broken) as broken:
                run.add(Record(figure=FIGURE, test=test, server=name, round=number, values={}, faults=(str(broken),)))


def _measured(workshop: Workshop, cluster: _Nodes, product: Peer, load: Load, test: str, name: str, number: int) -> Record:
    readers, publisher = cluster.nodes[0], cluster.nodes[-1]
    others = [*cluster.nodes[1:], *([cluster.redis] if cluster.redis else [])]
    result = run_load(workshop, readers, load, [*product.options, "-B", str(publisher.port)], others=others)
    values = {
        "per_cpu_s": result.per_cpu_s,
        "per_s": result.per_s,
        "p50_ms": result.p50_ms,
        "p99_ms": result.p99_ms,
        "max_ms": result.max_ms,
    }
    return Record(figure=FIGURE, test=test, server=name, round=number, values=values, faults=result.faults)


@contextmanager
def _cluster(accounts: Accounts, count: int, *, shared: bool) -> Iterator[_Nodes]:
    """Nodes with one store: the readers' has the servers' processor for itself, as a machine has; Redis and the publisher's node, which
    has little to do, share the other one with the load. Raises Missing."""
    with ExitStack() as stack:
        settings = {"VAPID_PRIVATE_KEY": generate()[0]}
        redis = None
        if shared:
            redis = stack.enter_context(_redis())
            settings["BUS_URL"] = f"redis://127.0.0.1:{redis.port}/0"
        store = Path(stack.enter_context(TemporaryDirectory(prefix="tez-bench-cluster-")))
        nodes = []
        for n in range(count):
            launch = product_launch(store, accounts if n == 0 else None, settings)
            nodes.append(stack.enter_context(serving(launch, store, cpu=SERVER_CPU if n == 0 else LOAD_CPU)))
        yield _Nodes(nodes, redis)


@contextmanager
def _redis() -> Iterator[Server]:
    program = command("redis-server", "valkey-server", what="redis-server", mend="make bench-services")
    port = free_port()
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with TemporaryDirectory(prefix="tez-bench-redis-") as folder:
        launch = Launch(command=[program, *options, "--dir", folder], port=port)
        with serving(launch, Path(folder), cpu=LOAD_CPU) as server:
            yield server


def table(run: Run) -> str:
    """Latency at an even pace, then throughput."""
    parts = []
    for test in _LOADS:
        rows = []
        for name in (_ALONE, _ON_REDIS, _TWO):
            found = run.of(FIGURE, test, name)
            if not found:
                continue
            added = [value - base for value, base in zip(_values(run, test, name), _values(run, test, _ALONE), strict=False)]
            cells = [
                name,
                spread([record.values["p50_ms"] for record in found], "{:.1f}".format),
                spread([record.values["p99_ms"] for record in found], "{:.1f}".format),
                spread(added, "{:+.1f}".format),
                spread([record.values["per_s"] for record in found], "{:,.0f}".format),
                spread([record.values["per_cpu_s"] for record in found], "{:,.0f}".format),
                spread(run.ratios(FIGURE, test, name, "per_cpu_s", _ALONE), "{:.2f}".format),
            ]
            rows.append(f"| {' | '.join(cells)} |")
        if rows:
            columns = "nodes | p50 ms | p99 ms | p99 added | deliveries/s | per CPU-second of all servers | x one node"
            parts.append(f"### {test}, 1,000 readers\n\n| {columns} |\n|---|---|---|---|---|---|---|\n" + "\n".join(rows))
    return "\n\n".join(parts)


def _values(run: Run, test: str, name: str) -> list[float]:
    return [record.values["p99_ms"] for record in run.of(FIGURE, test, name)]
