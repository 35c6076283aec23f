"""The kept corpus: for each harness one text file, an input a line in base64, shortest first."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path

__all__ = ["MAX_BYTES", "MAX_INPUTS", "load", "save"]

FOLDER = Path(__file__).with_name("corpus")
MAX_INPUTS = 75
MAX_BYTES = 100_000
"""Of one file: the whole corpus stays below 300 inputs and 500 kB."""


def load(name: str) -> list[bytes]:
    """The inputs kept for a harness; none when nothing was kept yet."""
    path = FOLDER / f"{name}.txt"
    return [base64.b64decode(line) for line in path.read_text(encoding="ascii").split()] if path.exists() else []


def save(name: str, inputs: Iterable[bytes]) -> int:
    """Keeps the shortest of these, within the bounds; says how many."""
    lines: list[str] = []
    room = MAX_BYTES
    for data in sorted(set(inputs), key=lambda data: (len(data), data)):
        line = base64.b64encode(data).decode() + "\n"
        if len(lines) == MAX_INPUTS or len(line) > room:
            break
        lines.append(line)
        room -= len(line)
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{name}.txt").write_text("".join(lines), encoding="ascii")
    return len(lines)
