"""The product beside its peers, in one run."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.benchmarks import accepting, ack, cluster, desk, durable, fanout, finesse_agents, idle, netmonitor, stalled, storm
from tests.benchmarks.accounts import Accounts
from tests.benchmarks.run import Run, machine
from tests.benchmarks.servers import NCHAN, PRODUCT, Peer, peers
from tests.benchmarks.workshop import Workshop
from web import logs

__all__ = ["finish", "main"]

_QUICK_SIZES, _QUICK_SESSIONS = [5_000], 2_000
_SPARE = 3
"""Sessions beside those that are loaded: publishers and observers."""


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints the tables, writes the JSON file.

    1 when anything was lost, repeated or out of order, or a server failed; under CI=true also when a peer is missing.
    """
    options = _options(argv)
    _raise_descriptors()
    logs.configure("json", "warning")
    run, workshop = Run(), Workshop()
    for name in options.figures:
        run.tell(f"-- {name}")
        print(f"\n## {name}\n\n{_FIGURES[name](run, workshop, options)}", flush=True)
    return finish(run, options.json)


# -- the figures: each measures into the run and gives its tables ---------------------------------------


def _fanout(run: Run, workshop: Workshop, options: argparse.Namespace) -> str:
    tests = options.tests or list(fanout.TESTS)
    with Accounts(max(fanout.TESTS[test].sockets for test in tests) + _SPARE) as accounts:
        everybody = [peer for peer in peers(workshop, accounts) if not options.only or peer.name in options.only]
        fanout.measure(run, workshop, everybody, tests, rounds=options.rounds)
    return fanout.table(run, everybody)


def _idle(run: Run, workshop: Workshop, options: argparse.Namespace) -> str:
    with Accounts(max(options.sizes) + _SPARE) as accounts:
        chosen = options.only or [PRODUCT, NCHAN]
        everybody = [peer for peer in peers(workshop, accounts) if peer.name in chosen]
        idle.measure(run, workshop, everybody, accounts, options.sizes, rounds=options.rounds)
    return idle.table(run, everybody)


def _durable(run: Run, _workshop: Workshop, options: argparse.Namespace) -> str:
    durable.measure(run, rounds=options.rounds)
    return durable.table(run)


def _ack(run: Run, _workshop: Workshop, options: argparse.Namespace) -> str:
    ack.measure(run, rounds=options.rounds)
    return ack.table(run)


def _storm(run: Run, _workshop: Workshop, options: argparse.Namespace) -> str:
    storm.measure(run, rounds=options.rounds, sessions=options.sessions)
    return storm.table(run)


def _stalled(run: Run, workshop: Workshop, options: argparse.Namespace) -> str:
    with Accounts(1000 + _SPARE) as accounts:
        stalled.measure(run, workshop, accounts, _product(workshop, accounts), rounds=options.rounds)
    return stalled.table(run)


def _cluster(run: Run, workshop: Workshop, options: argparse.Namespace) -> str:
    with Accounts(1000 + _SPARE) as accounts:
        cluster.measure(run, workshop, accounts, _product(workshop, accounts), rounds=options.rounds)
    return cluster.table(run)


def _accepting(run: Run, _workshop: Workshop, options: argparse.Namespace) -> str:
    accepting.measure(run, rounds=options.rounds)
    return accepting.table(run)


def _desk(run: Run, _workshop: Workshop, options: argparse.Namespace) -> str:
    desk.measure(run, rounds=options.rounds)
    return desk.table(run)


def _netmonitor(run: Run, _workshop: Workshop, options: argparse.Namespace) -> str:
    netmonitor.measure(run, rounds=options.rounds)
    return netmonitor.table(run)


def _finesse(run: Run, _workshop: Workshop, options: argparse.Namespace) -> str:
    finesse_agents.measure(run, rounds=options.rounds)
    return finesse_agents.table(run)


_FIGURES: Mapping[str, Callable[[Run, Workshop, argparse.Namespace], str]] = {
    "fanout": _fanout,
    "idle": _idle,
    "durable": _durable,
    "ack": _ack,
    "storm": _storm,
    "stalled": _stalled,
    "cluster": _cluster,
    "accepting": _accepting,
    "desk": _desk,
    "netmonitor": _netmonitor,
    "finesse": _finesse,
}


def _product(workshop: Workshop, accounts: Accounts) -> Peer:
    return next(peer for peer in peers(workshop, accounts) if peer.name == PRODUCT)


# -- the command ----------------------------------------------------------------------------------------


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--figures", type=_words, default=list(_FIGURES), metavar="NAME,…", help=f"these: {', '.join(_FIGURES)}")
    parser.add_argument("--only", type=_words, default=[], metavar="NAME,…", help="these servers of fanout and idle: product, nchan, …")
    parser.add_argument("--tests", type=_words, default=[], metavar="NAME,…", help=f"these of fanout: {', '.join(fanout.TESTS)}")
    parser.add_argument("--sizes", type=_numbers, metavar="N,…", help="sockets of idle (5000,19000)")
    parser.add_argument("--sessions", type=int, metavar="N", help="sessions of storm (10000)")
    parser.add_argument("--rounds", type=int, metavar="N", help="rounds over all servers (3)")
    parser.add_argument("--quick", action="store_true", help="one round, 5,000 idle sockets, a storm of 2,000")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every measurement, as JSON")
    options = parser.parse_args(argv)
    options.rounds = options.rounds or (1 if options.quick else 3)
    options.sizes = options.sizes or (_QUICK_SIZES if options.quick else list(idle.SIZES))
    options.sessions = options.sessions or (_QUICK_SESSIONS if options.quick else storm.SESSIONS)
    for given, known in ((options.tests, fanout.TESTS), (options.figures, _FIGURES)):
        for name in given:
            if name not in known:
                parser.error(f"{name!r} is none of {', '.join(known)}")
    return options


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _numbers(text: str) -> list[int]:
    return [int(word) for word in _words(text)]


def _raise_descriptors() -> None:
    """As many as the machine lets us have; servers and the load client inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def finish(run: Run, file: Path | None) -> int:
    """Writes the file, repeats what was wrong or missing, and gives the exit code."""
    if file is not None:
        told = {"machine": machine(), "missing": run.missing, "faults": run.faults, "records": [record.as_json() for record in run.records]}
        file.write_text(json.dumps(told, indent=1) + "\n")
    for fault in run.faults:
        print(f"WRONG: {fault}", file=sys.stderr)
    for name, why in run.missing.items():
        print(f"skipped: {name}: {why}", file=sys.stderr)
    return int(bool(run.faults) or (bool(run.missing) and os.environ.get("CI") == "true"))


if __name__ == "__main__":
    sys.exit(main())
