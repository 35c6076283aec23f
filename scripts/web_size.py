"""What each page of the browser side loads, gzipped, beside its budget: `python scripts/web_size.py`; fails when one is over it.

Counted is the built `web/static`: what a page's entry and the part that it shows import, each file once. Scripts that come later, when
somebody wants a dialog or a table, are not counted.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["BUDGETS", "Budget", "Weight", "check", "main"]

STATIC = Path(__file__).resolve().parent.parent / "web" / "static"
_FRAME = "src/entries/app.ts"
_KB = 1000


@dataclass(frozen=True, slots=True)
class Budget:
    """How much one page may load."""

    name: str
    keys: tuple[str, ...]
    """Its entry and the parts that it fetches to show itself, as the manifest names them."""
    most_kb: float
    """Thousands of bytes."""
    extra: bool = True
    """Weight what every page with the frame loads; else all of it."""


def _page(name: str, most_kb: float, *parts: str) -> Budget:
    return Budget(name, (f"src/entries/{name}.ts", *parts), most_kb)


BUDGETS = (
    Budget("widget", ("src/entries/inbox.ts",), 60, extra=False),
    Budget("frame", (_FRAME,), 65, extra=False),
    Budget("network: dashboard", ("src/entries/netmonitor.ts", "src/netmonitor/board.ts"), 35),
    Budget("network: one host", ("src/entries/netmonitor.ts", "src/netmonitor/host.ts"), 45),
    Budget("network: setup", ("src/entries/netmonitor.ts", "src/netmonitor/setup.ts"), 35),
    _page("netmonitor-wall", 35),
    _page("tasks", 56),  # the goal is 35, as of every other page
    _page("admin", 35),
    _page("ops", 35),
    _page("profile", 35),
    _page("quality", 35),
    _page("error", 5),
)


@dataclass(frozen=True, slots=True)
class Weight:
    """What a page loads."""

    budget: Budget
    kb: float

    @property
    def over(self) -> bool:
        """More than it may."""
        return self.kb > self.budget.most_kb

    def __str__(self) -> str:
        kind = "more than the frame" if self.budget.extra else "in all"
        return f"{self.budget.name:20} {self.kb:6.1f} of {self.budget.most_kb:5.1f} KB {kind}{'   OVER' if self.over else ''}"


def check(static: Path, budgets: Sequence[Budget] = BUDGETS) -> list[Weight]:
    """Weighs each page. Raises KeyError when the manifest lacks one, FileNotFoundError when nothing was built."""
    manifest = json.loads((static / "manifest.json").read_text())
    frame = _files(manifest, (_FRAME,))
    weighed = []
    for budget in budgets:
        files = _files(manifest, budget.keys) - (frame if budget.extra else set())
        weighed.append(Weight(budget, sum(_gzipped(static / file) for file in files) / _KB))
    return weighed


def _files(manifest: Mapping[str, Any], keys: Sequence[str]) -> set[str]:
    """The files of these chunks and of all that they import."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = list(keys)
    while waiting:
        key = waiting.pop()
        if key in seen:
            continue
        seen.add(key)
        chunk = manifest[key]
        found.update((chunk["file"], *chunk.get("css", ())))
        waiting.extend(chunk.get("imports", ()))
    return found


def _gzipped(file: Path) -> int:
    return len(gzip.compress(file.read_bytes(), 9, mtime=0))


def main(static: Path = STATIC, budgets: Sequence[Budget] = BUDGETS) -> int:
    """Prints them all; 1 when one is over its budget."""
    weighed = check(static, budgets)
    for one in weighed:
        print(one)
    return int(any(one.over for one in weighed))


if __name__ == "__main__":
    sys.exit(main())
