"""Figure 3, durable: notifications by `POST /hub/events` to people who are connected and acknowledge; from request to socket."""

from __future__ import annotations

import itertools
import time

from tests.benchmarks.accounts import Accounts
from tests.benchmarks.publisher import Publisher, member, now_ns
from tests.benchmarks.run import Run, quantile, spread
from tests.benchmarks.trial import Trial, trial, until

__all__ = ["PACES", "measure", "table"]

FIGURE = "durable"
PACES = (1_000, 2_500, 5_000)
"""Notifications a second."""
_PEOPLE, _ANNOUNCED = 1_000, 5_000
_SECONDS = 4.0
_BATCH = 50
_ANNOUNCEMENTS = 5
_ANNOUNCED_S = 30.0


def measure(run: Run, *, rounds: int) -> None:
    """A fresh server and store for each test."""
    with Accounts(_PEOPLE, each=1) as accounts, Accounts(_ANNOUNCED, each=1) as many:
        for number in range(rounds):
            trial(run, FIGURE, "saturated", number, accounts, _saturated)
            for pace in PACES:
                trial(run, FIGURE, f"{pace}/s", number, accounts, _Paced(pace))
            trial(run, FIGURE, "announcement", number, many, _announced, stamped=True)


async def _saturated(trial: Trial) -> dict[str, float]:
    people = itertools.cycle(client.user_id for client in trial.clients)
    began = now_ns()
    await trial.saturate(lambda: [member(str(next(people))) for _ in range(_BATCH)], _SECONDS)
    accepted_s = (now_ns() - began) / 1e9
    await until(lambda: trial.arrived >= trial.accepted, _ANNOUNCED_S)
    arrived_s = (trial.last_ns - began) / 1e9
    return {"accepted_per_s": trial.accepted / accepted_s, "arrived_per_s": trial.arrived / arrived_s, **_latency(trial)}


class _Paced:
    """Batches evenly paced, `per_s` notifications a second."""

    def __init__(self, per_s: int) -> None:
        self._per_s = per_s

    async def __call__(self, trial: Trial) -> dict[str, float]:
        people = itertools.cycle(client.user_id for client in trial.clients)

        def make(due_ns: int) -> list[dict[str, object]]:
            return [member(str(next(people)), began_ns=due_ns) for _ in range(_BATCH)]

        began = now_ns()
        await trial.pace(make, self._per_s / _BATCH, _SECONDS)
        accepted_s = (now_ns() - began) / 1e9
        await until(lambda: trial.arrived >= trial.accepted, _ANNOUNCED_S)
        arrived_s = (trial.last_ns - began) / 1e9
        return {"accepted_per_s": trial.accepted / accepted_s, "arrived_per_s": trial.arrived / arrived_s, **_latency(trial)}


async def _announced(trial: Trial) -> dict[str, float]:
    """One notification to everybody, some times over; the worst of them."""
    everybody = ",".join(str(client.user_id) for client in trial.clients)
    publisher = Publisher(trial.server.port)
    durable, written = [], []
    for _ in range(_ANNOUNCEMENTS):
        began = time.perf_counter()
        began_ns = now_ns()
        await trial.post(publisher, [member(everybody)], each=len(trial.clients))
        durable.append((time.perf_counter() - began) * 1000)
        await until(lambda: trial.arrived >= trial.accepted, _ANNOUNCED_S)
        written.append((trial.last_ns - began_ns) / 1e6)
    publisher.close()
    return {"durable_ms": max(durable), "written_ms": max(written), "written_p50_ms": quantile(written, 0.5)}


def _latency(trial: Trial) -> dict[str, float]:
    return {"p50_ms": quantile(trial.took_ms, 0.5), "p99_ms": quantile(trial.took_ms, 0.99)}


def table(run: Run) -> str:
    """Load by load, then the announcement."""
    rows = []
    for test in ("saturated", *(f"{pace}/s" for pace in PACES)):
        found = run.of(FIGURE, test)
        if found:
            cells = [
                test,
                *(spread([r.values[name] for r in found], lambda value: f"{value:,.0f}") for name in ("accepted_per_s", "arrived_per_s")),
                *(spread([r.values[name] for r in found], lambda value: f"{value:.1f}") for name in ("p50_ms", "p99_ms")),
            ]
            rows.append(f"| {' | '.join(cells)} |")
    parts = []
    if rows:
        head = "| notifications to single users | accepted/s | arrived/s | p50 ms to the socket | p99 ms |\n|---|---|---|---|---|\n"
        parts.append(head + "\n".join(rows))
    found = run.of(FIGURE, "announcement")
    if found:
        names = ("durable_ms", "written_ms", "written_p50_ms")
        cells = [spread([r.values[name] for r in found], lambda value: f"{value:.0f}") for name in names]
        head = f"| one announcement, worst of {_ANNOUNCEMENTS} | durable, ms | written to all, ms | median of those |\n|---|---|---|---|\n"
        parts.append(f"{head}| to {_ANNOUNCED:,} people | {' | '.join(cells)} |")
    return "\n\n".join(parts)
