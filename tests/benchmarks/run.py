"""What a run collects: one record for each thing measured, with what was wrong with it."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.benchmarks.workshop import ROOT

__all__ = ["Record", "Run", "machine", "median", "quantile", "spread"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One measurement of one server in one round."""

    figure: str
    test: str
    server: str
    round: int
    values: dict[str, float]
    faults: tuple[str, ...] = ()
    """What was lost, repeated, reordered, or did not work; empty for a good one."""

    def as_json(self) -> dict[str, Any]:
        """Flat, for the file."""
        return {
            "figure": self.figure,
            "test": self.test,
            "server": self.server,
            "round": self.round,
            **{name: round(value, 4) for name, value in self.values.items()},
            "faults": list(self.faults),
        }


@dataclass(slots=True)
class Run:
    """Everything that one `make bench` has found so far."""

    records: list[Record] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)
    """Peers that could not be measured, and why."""
    tell: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)

    def add(self, record: Record) -> None:
        """Keeps it, and says so at once: a run takes minutes."""
        self.records.append(record)
        shown = "  ".join(f"{name} {value:,.4g}" for name, value in record.values.items())
        wrong = f"  WRONG: {'; '.join(record.faults)}" if record.faults else ""
        self.tell(f"{record.figure} {record.test:<12} round {record.round + 1}  {record.server:<14} {shown}{wrong}")

    def miss(self, name: str, why: str) -> None:
        """Remembers a peer that is not here."""
        if name not in self.missing:
            self.missing[name] = why
            self.tell(f"skipped: {name}: {why}")

    def of(self, figure: str, test: str | None = None, server: str | None = None) -> list[Record]:
        """The good records of a figure."""
        return [
            record
            for record in self.records
            if record.figure == figure and test in (None, record.test) and server in (None, record.server) and not record.faults
        ]

    @property
    def faults(self) -> list[str]:
        """Every fault found, in words."""
        return [f"{r.figure} {r.test}, {r.server}, round {r.round + 1}: {fault}" for r in self.records for fault in r.faults]

    def ratios(self, figure: str, test: str, server: str, value: str, base: str) -> list[float]:
        """`value` of each record over the median of `base` in the same round: what the machine did then, it did to both."""
        found = []
        for record in self.of(figure, test, server):
            others = [other.values[value] for other in self.of(figure, test, base) if other.round == record.round]
            if others and value in record.values and statistics.median(others):
                found.append(record.values[value] / statistics.median(others))
        return found


def median(values: Iterable[float]) -> float:
    """The middle one; NaN when there is none."""
    found = list(values)
    return statistics.median(found) if found else float("nan")


def quantile(values: Sequence[float], part: float) -> float:
    """The value below which `part` of them lie; NaN when there is none."""
    found = sorted(values)
    return found[min(len(found) - 1, int(part * len(found)))] if found else float("nan")


def spread(values: Sequence[float], show: Callable[[float], str]) -> str:
    """Median, with the least and the greatest where they differ: `3.1 [2.9-3.4]`."""
    if not values:
        return "-"
    middle = show(statistics.median(values))
    return middle if len(values) == 1 else f"{middle} [{show(min(values))}-{show(max(values))}]"


def machine() -> dict[str, Any]:
    """Where and with what it was measured."""
    model = next((line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line), "")
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit,
        "cpus": os.cpu_count(),
        "cpu": model,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
