"""What a server costs: processor time and memory of its process and all that descend from it, by /proc."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Cpu", "cpu", "memory"]

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cpu:
    """Seconds of processor time."""

    user: float
    system: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.user + self.system

    def __sub__(self, earlier: Cpu) -> Cpu:
        return Cpu(self.user - earlier.user, self.system - earlier.system)


def cpu(pid: int) -> Cpu:
    """Time used so far, to 10 ms. The kernel counts the receiving half of loopback traffic to the sender."""
    user = system = 0
    for member in _tree(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        user, system = user + int(fields[11]), system + int(fields[12])
    return Cpu(user * _TICK_S, system * _TICK_S)


def memory(pid: int) -> int:
    """Bytes in PSS: a page that several processes share counts in parts. Buffers of the kernel's sockets are not in it."""
    kilobytes = 0
    for member in _tree(pid):
        for line in Path(f"/proc/{member}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                kilobytes += int(line.split()[1])
    return kilobytes * 1024


def _tree(pid: int) -> list[int]:
    found = [pid]
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):  # a thread that has just ended
            for child in (thread / "children").read_text().split():
                found += _tree(int(child))
    return found
