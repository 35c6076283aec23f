"""The product beside its peers, in one run."""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import accepting, ack, durable, fanout, idle
from tests.benchmarks.accounts import Accounts
from tests.benchmarks.run import Run, machine
from tests.benchmarks.servers import peers
from tests.benchmarks.workshop import Workshop
from web import logs

__all__ = ["FIGURES", "main"]

FIGURES = ("fanout", "idle", "durable", "ack", "accepting")


def main(argv: Sequence[str] | None = None) -> int:
    """Measures, prints the tables, writes the JSON file.

    1 when anything was lost, repeated or out of order, or a server failed; under CI=true also when a peer is missing.
    """
    options = _options(argv)
    _raise_descriptors()
    logs.configure("json", "warning")
    run, workshop = Run(), Workshop()
    parts = []
    if "fanout" in options.figures:
        tests = options.tests or list(fanout.TESTS)
        with Accounts(max(fanout.TESTS[test].sockets for test in tests) + 1) as accounts:
            everybody = [peer for peer in peers(workshop, accounts) if not options.only or peer.name in options.only]
            fanout.measure(run, workshop, everybody, tests, rounds=options.rounds)
        parts.append(fanout.table(run, everybody))
    if "idle" in options.figures:
        with Accounts(max(options.sizes) + 1) as accounts:
            chosen = options.only or ["product", "nchan"]
            everybody = [peer for peer in peers(workshop, accounts) if peer.name in chosen]
            idle.measure(run, workshop, everybody, accounts, options.sizes, rounds=1)
        parts.append(idle.table(run, everybody))
    if "durable" in options.figures:
        durable.measure(run, rounds=options.rounds)
        parts.append(durable.table(run))
    if "ack" in options.figures:
        ack.measure(run, rounds=options.rounds)
        parts.append(ack.table(run))
    if "accepting" in options.figures:
        accepting.measure(run, rounds=options.rounds)
        parts.append(accepting.table(run))
    print("\n\n".join(parts))
    return _end(run, options.json)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--figures", type=_words, default=FIGURES, metavar="NAME,…", help=f"these: {', '.join(FIGURES)}")
    parser.add_argument("--only", type=_words, default=[], metavar="NAME,…", help="these servers: product, nchan, …")
    parser.add_argument("--tests", type=_words, default=[], metavar="NAME,…", help=f"these of the fan-out: {', '.join(fanout.TESTS)}")
    parser.add_argument("--sizes", type=_numbers, default=idle.SIZES, metavar="N,…", help="idle sockets (5000,19000)")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="rounds over all servers (3)")
    parser.add_argument("--quick", action="store_true", help="one round")
    parser.add_argument("--json", type=Path, metavar="FILE", help="every measurement, as JSON")
    options = parser.parse_args(argv)
    if options.quick:
        options.rounds = 1
    for name in options.tests:
        if name not in fanout.TESTS:
            parser.error(f"no test {name!r}")
    for name in options.figures:
        if name not in FIGURES:
            parser.error(f"no figure {name!r}")
    return options


def _words(text: str) -> list[str]:
    return [word for word in text.split(",") if word]


def _numbers(text: str) -> list[int]:
    return [int(word) for word in _words(text)]


def _raise_descriptors() -> None:
    """As many as the machine lets us have; servers and the load client inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _end(run: Run, file: Path | None) -> int:
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
