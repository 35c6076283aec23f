"""Servers in processes of their own: pinned, waited for, and ended to the last child."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.workshop import ROOT

__all__ = ["LOAD_CPU", "SERVER_CPU", "Died", "Launch", "Server", "answers", "free_port", "loading", "pinned", "serving", "start", "stop"]

SERVER_CPU, LOAD_CPU = 0, 1
_START_S = 30.0
_STOP_S = 15.0


class Died(Exception):
    """The server ended by itself; the end of what it wrote."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How to start one server."""

    command: Sequence[str]
    port: int
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Server:
    """A running server."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    @property
    def pid(self) -> int:
        """Of its first process."""
        return self.process.pid

    def check(self) -> None:
        """Raises Died when it no longer runs."""
        if self.process.poll() is not None:
            raise Died(f"exit code {self.process.returncode}: {self.log.read_text(errors='replace')[-2000:]}")


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def pinned(cpu: int, command: Sequence[str]) -> list[str]:
    """The command on one processor; on a machine that has but one, or no taskset, as it is."""
    taskset = shutil.which("taskset")
    return [taskset, "-c", str(cpu), *command] if taskset and (os.cpu_count() or 1) > cpu else list(command)


@contextmanager
def loading() -> Iterator[None]:
    """This thread, which is the load client of the block, stays on the load's processor."""
    before = os.sched_getaffinity(0)
    if LOAD_CPU in before:
        os.sched_setaffinity(0, {LOAD_CPU})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def serving(launch: Launch, folder: Path, *, cpu: int = SERVER_CPU) -> Iterator[Server]:
    """The server, from the moment it takes connections, while the block runs. Raises Died."""
    server = start(launch, folder, cpu=cpu)
    try:
        answers(server)
        yield server
    finally:
        stop(server)


def start(launch: Launch, folder: Path, *, cpu: int = SERVER_CPU) -> Server:
    """Starts it in a process group of its own; `answers` waits for it."""
    log = folder / "server.log"
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NAVIGATOR_")}
    environment |= {"PYTHONPATH": str(ROOT), **launch.environment}
    with log.open("ab") as out:
        process = subprocess.Popen(
            pinned(cpu, launch.command),
            cwd=folder,
            env=environment,
            stdout=out,
            stderr=out,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    return Server(process, launch.port, log)


def answers(server: Server) -> None:
    """Returns when it takes connections."""
    deadline = time.monotonic() + _START_S
    while True:
        try:
            socket.create_connection(("127.0.0.1", server.port), 1.0).close()
        except OSError:
            server.check()
            if time.monotonic() > deadline:
                raise Died(f"no answer in {_START_S:g} s: {server.log.read_text(errors='replace')[-2000:]}") from None
            time.sleep(0.02)
        else:
            return


def stop(server: Server, how: signal.Signals = signal.SIGKILL) -> None:
    """Ends it and its children. By default at once: what a benchmark's server still holds is of no use."""
    try:
        os.killpg(server.pid, how)
    except ProcessLookupError:
        return
    try:
        server.process.wait(_STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.process.wait(_STOP_S)
