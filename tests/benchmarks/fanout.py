"""Figure 1, fan-out: deliveries for a second of the server's processor, and latency at an even pace."""

from __future__ import annotations

from collections.abc import Sequence

from tests.benchmarks.load import Broken, Load, Result, run
from tests.benchmarks.processes import Died
from tests.benchmarks.run import Record, Run, spread
from tests.benchmarks.servers import BARE, NCHAN, PRODUCT, Peer
from tests.benchmarks.workshop import Missing, Workshop

__all__ = ["TESTS", "measure", "table"]

FIGURE = "fanout"
TESTS: dict[str, Load] = {
    "one-1000": Load(sockets=1000, window=1),
    "16-1000": Load(sockets=1000, window=16),
    "16-5000": Load(sockets=5000, window=16),
    "100/s-1000": Load(sockets=1000, rate=100, seconds=10),
    "300/s-1000": Load(sockets=1000, rate=300, seconds=10),
}
"""In flight or paced, and sockets."""


def measure(run_: Run, workshop: Workshop, everybody: Sequence[Peer], tests: Sequence[str], *, rounds: int) -> None:
    """Round robin: each server in turn does all tests, then all again. Nchan, the measure of the others, three times a round."""
    for number in range(rounds):
        for peer in _turns(everybody, thrice=rounds > 1):
            if peer.name in run_.missing:
                continue
            test = tests[0]
            try:
                with peer.serving() as server:
                    for test in tests:
                        result = run(workshop, server, TESTS[test], peer.options)
                        run_.add(_record(test, peer, number, result))
            except Missing as missing:
                run_.miss(peer.name, str(missing))
            except (Died, Broken) as broken:
                run_.add(Record(figure=FIGURE, test=test, server=peer.name, round=number, values={}, faults=(str(broken),)))


def _turns(everybody: Sequence[Peer], *, thrice: bool) -> list[Peer]:
    base = next((peer for peer in everybody if peer.name == NCHAN), None)
    others = [peer for peer in everybody if peer is not base]
    if base is None:
        return others
    half = len(others) // 2
    return [base, *others[:half], base, *others[half:], base] if thrice and len(others) > 2 else [base, *others]


def _record(test: str, peer: Peer, number: int, result: Result) -> Record:
    values = {
        "per_cpu_s": result.per_cpu_s,
        "per_s": result.per_s,
        "cpu_s_per_million": 1e6 / result.per_cpu_s,
        "p50_ms": result.p50_ms,
        "p99_ms": result.p99_ms,
        "max_ms": result.max_ms,
        "wire_bytes": result.wire_bytes,
    }
    faults = result.faults
    if result.behind:
        values["behind"] = 1.0
        if peer.name == PRODUCT:
            faults += ("did not catch up in time",)
    return Record(figure=FIGURE, test=test, server=peer.name, round=number, values=values, faults=faults)


def table(run_: Run, everybody: Sequence[Peer]) -> str:
    """All tests, the best server first."""
    parts = []
    for test, load in TESTS.items():
        rows = [row for peer in everybody if run_.of(FIGURE, test, peer.name) for row in [_row(run_, test, load, peer)]]
        if not rows:
            continue
        if load.window:
            head = f"{load.window} in flight, {load.sockets:,} sockets"
            columns = "server | deliveries per server-CPU-second | x Nchan | x C loop | deliveries/s | bytes each"
        else:
            head = f"{load.rate:g} messages/s to {load.sockets:,} sockets"
            columns = "server | p50 ms | p99 ms | x Nchan p50 | x Nchan p99 | max ms | CPU-s per million | bytes each"
        line = "|".join("---" for _ in columns.split("|"))
        body = "\n".join(row for _, row in sorted(rows))
        parts.append(f"### {head}\n\n| {columns} |\n|{line}|\n{body}")
    return "\n\n".join(parts)


def _row(run_: Run, test: str, load: Load, peer: Peer) -> tuple[float, str]:
    found = run_.of(FIGURE, test, peer.name)

    def values(name: str) -> list[float]:
        return [record.values[name] for record in found]

    def times(name: str, base: str) -> str:
        return spread(run_.ratios(FIGURE, test, peer.name, name, base), lambda value: f"{value:.2f}")

    size = spread(values("wire_bytes")[:1], lambda value: f"{value:.0f}")
    if load.window:
        cells = [
            spread(values("per_cpu_s"), _short),
            times("per_cpu_s", NCHAN),
            times("per_cpu_s", BARE),
            spread(values("per_s"), _short),
        ]
        order = -sorted(values("per_cpu_s"))[len(found) // 2]
    else:
        cells = [
            spread(values("p50_ms"), _ms),
            spread(values("p99_ms"), _ms),
            times("p50_ms", NCHAN),
            times("p99_ms", NCHAN),
            spread(values("max_ms"), _ms),
            spread(values("cpu_s_per_million"), lambda value: f"{value:.1f}"),
        ]
        order = sorted(values("p99_ms"))[len(found) // 2]
    name = f"{peer.name}, cut off behind" if any("behind" in record.values for record in found) else peer.name
    return order, f"| {' | '.join([name, *cells, size])} |"


def _short(value: float) -> str:
    return f"{value / 1e6:.2f}M" if value >= 1e6 else f"{value / 1e3:.0f}k"


def _ms(value: float) -> str:
    return f"{value:.1f}"
