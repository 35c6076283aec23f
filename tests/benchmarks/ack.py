"""Figure 3, receipts: from the publisher's request to the word that the page's receipt is durable, at an even pace.

The page acknowledges at once as `shown`; the hub tells `state` to the person's sessions after the commit. The time ends when
that arrives, so it is publish-to-ack plus one way back.
"""

from __future__ import annotations

import itertools

from tests.benchmarks.accounts import Accounts
from tests.benchmarks.client import Client, Message
from tests.benchmarks.publisher import member, now_ns
from tests.benchmarks.run import Run, quantile, spread
from tests.benchmarks.trial import Trial, trial, until

__all__ = ["measure", "table"]

FIGURE = "ack"
_PEOPLE = 1_000
_PER_S = 200
_SECONDS = 4.0
_STATE_S = 10.0


def measure(run: Run, *, rounds: int) -> None:
    """A fresh server and store each round."""
    with Accounts(_PEOPLE, each=1) as accounts:
        for number in range(rounds):
            trial(run, FIGURE, f"{_PER_S}/s", number, accounts, _acknowledged, ack="shown")


async def _acknowledged(trial: Trial) -> dict[str, float]:
    begun: dict[int, int] = {}  # by person: each has one notification on its way
    took_ms: list[float] = []

    def told(client: Client, _message: Message) -> None:
        began = begun.pop(client.user_id, None)
        if began is not None:
            took_ms.append((now_ns() - began) / 1e6)

    trial.crowd.on_state = told
    people = itertools.cycle(client.user_id for client in trial.clients)

    def make(due_ns: int) -> list[dict[str, object]]:
        user_id = next(people)
        begun[user_id] = due_ns
        return [member(str(user_id), began_ns=due_ns)]

    await trial.pace(make, _PER_S, _SECONDS)
    if not await until(lambda: len(took_ms) >= trial.accepted, _STATE_S):
        trial.crowd.faults["a receipt was not told"] += trial.accepted - len(took_ms)
    return {"p50_ms": quantile(took_ms, 0.5), "p99_ms": quantile(took_ms, 0.99), "socket_p99_ms": quantile(trial.took_ms, 0.99)}


def table(run: Run) -> str:
    """One line."""
    found = run.of(FIGURE)
    if not found:
        return ""
    cells = [
        spread([record.values[name] for record in found], lambda value: f"{value:.1f}") for name in ("p50_ms", "p99_ms", "socket_p99_ms")
    ]
    head = "| publish to receipt | p50 ms | p99 ms | p99 ms to the socket |\n|---|---|---|---|\n"
    return f"{head}| {_PER_S} a second | {' | '.join(cells)} |"
