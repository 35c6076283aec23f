"""Drives `peers/wsload.c`: thousands of sockets and a publisher in one process, its result as a value."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from tests.benchmarks.measure import cpu
from tests.benchmarks.processes import LOAD_CPU, Server, pinned
from tests.benchmarks.workshop import Workshop

__all__ = ["Broken", "Load", "Result", "idle", "run"]


class Broken(Exception):
    """The load client could not do its work; what it said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """One way to load a server. Either `window` or `rate` is set."""

    sockets: int
    window: int = 0
    """Messages in flight at most: the next is sent when the oldest has reached everybody. 1 leaves nothing to batch."""
    rate: float = 0.0
    """Messages a second, evenly paced, however late the server is."""
    seconds: float = 2.0

    def options(self) -> list[str]:
        """As wsload takes them. Paced loads leave the first half second out of the latencies."""
        kind = ["-w", str(self.window)] if self.window else ["-r", str(self.rate), "-W", "0.5"]
        return ["-n", str(self.sockets), *kind, "-d", str(self.seconds), "-t", str(self.seconds + 30)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one load."""

    deliveries: int
    published: int
    seconds: float
    cpu_s: float
    """Processor time of the server from the first message to the last delivery."""
    wire_bytes: float
    """Bytes read for each delivery, frame header included."""
    p50_ms: float
    p99_ms: float
    max_ms: float
    behind: bool
    """True when the time limit came while messages still arrived: the server was that much slower than the pace."""
    faults: tuple[str, ...]
    """What was lost, repeated or out of order; empty when nothing was."""

    @property
    def per_cpu_s(self) -> float:
        """Deliveries that one second of the server's processor makes."""
        return self.deliveries / max(self.cpu_s, 0.01)

    @property
    def per_s(self) -> float:
        """Deliveries a second on the clock."""
        return self.deliveries / max(self.seconds, 1e-9)


def run(workshop: Workshop, server: Server, load: Load, options: Sequence[str], *, others: Sequence[Server] = ()) -> Result:
    """Connects, publishes, and tells what it cost `server` and the `others` that it works with.

    Raises Broken when the client, Died when the server fails.
    """
    pids = [server.pid, *(other.pid for other in others)]
    with _client(workshop, server, [*load.options(), *options]) as client:
        ready = _line(client, server)
        before = sum(cpu(pid).total for pid in pids)
        told = _line(client, server)
        used = sum(cpu(pid).total for pid in pids) - before
        said = _said(client)
    server.check()
    return Result(
        deliveries=told["messages"],
        published=told["published"],
        seconds=told["secs"],
        cpu_s=used,
        wire_bytes=told["bytes"] / max(1, told["messages"]),
        p50_ms=told["p50_us"] / 1000,
        p99_ms=told["p99_us"] / 1000,
        max_ms=told["max_us"] / 1000,
        behind=bool(told["unfinished"]),
        faults=tuple(_faults(load, ready, told, said)),
    )


@contextmanager
def idle(workshop: Workshop, server: Server, sockets: int, options: Sequence[str], *, hold_s: float) -> Iterator[int]:
    """How many of `sockets` are open and quiet, while the block runs; it must end within `hold_s` seconds."""
    with _client(workshop, server, ["-n", str(sockets), "-c", "128", "-C", "600", "-o", str(hold_s), *options]) as client:
        ready = _line(client, server)
        yield int(ready["ready"])
        client.terminate()


@contextmanager
def _client(workshop: Workshop, server: Server, options: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    command = pinned(LOAD_CPU, [workshop.program("wsload"), "-p", str(server.port), *options])
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as client:
        try:
            yield client
        finally:
            client.kill()


def _line(client: subprocess.Popen[str], server: Server) -> dict[str, Any]:
    assert client.stdout is not None
    line = client.stdout.readline()
    if not line:
        server.check()
        raise Broken(f"wsload said nothing: {_said(client)}")
    told: dict[str, Any] = json.loads(line)
    return told


def _said(client: subprocess.Popen[str]) -> str:
    """The last line of what it complained of."""
    assert client.stderr is not None
    return (client.stderr.read().splitlines() or [""])[-1][:200]


def _faults(load: Load, ready: dict[str, Any], told: dict[str, Any], said: str) -> Iterator[str]:
    if ready["failed"] or ready["ready"] != load.sockets:
        yield f"{ready['ready']} of {load.sockets} sockets opened (close code {told['close']}) {said}".strip()
    if told["died"] or told["pub_died"]:
        yield f"{told['died'] + told['pub_died']} sockets died (close code {told['close']})"
    if not told["published"]:
        yield "nothing was published"
    for name, what in (("gaps", "lost"), ("ooo", "repeated or out of order"), ("holes", "offsets with a hole")):
        if told[name]:
            yield f"{told[name]} {what}"
    if told["unstamped"]:
        yield f"{told['unstamped']} reads without a time of arrival: the latencies are of two clocks"
    whole = told["min_conn"] == told["max_conn"] == told["published"]
    if not whole and not told["unfinished"]:
        yield f"{told['published']} published, {told['min_conn']} to {told['max_conn']} received"
