"""Starts of `navigator serve` that find its modules loaded: children of one process that has imported them (multiprocessing's fork server).

Importing is three quarters of a start, and a run has some two hundred of them. What is served, by which settings, from which folder and
into which log is as in `python -m web.cli serve`, and so are the signals that end it. Not for what is decided before the first import
(a library that the loader puts in, another module to run): that wants a process of its own.
"""

from __future__ import annotations

import multiprocessing
import multiprocessing.connection
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing import forkserver
from pathlib import Path

__all__ = ["COMMAND", "Warm"]

COMMAND = (sys.executable, "-m", "web.cli", "serve")
"""What a `Warm` stands for."""
_PRELOADED = ["web.cli", "web.startup", "web.server", "aiosqlite", "uvicorn.lifespan.on"]
_context = multiprocessing.get_context("forkserver")


class Warm:
    """Such a child, with as much of `subprocess.Popen`'s interface as the tests use."""

    def __init__(self, *, folder: Path, environment: Mapping[str, str], log: Path) -> None:
        with _like(environment):
            _context.set_forkserver_preload(_PRELOADED)
            forkserver.ensure_running()
        self._child = _context.Process(target=_serve, args=(str(folder), dict(environment), str(log)), daemon=True)
        self._child.start()
        self._lock = threading.Lock()

    @property
    def pid(self) -> int:
        """The child's number."""
        assert self._child.pid is not None
        return self._child.pid

    def poll(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        with self._lock:  # the code comes once, over a pipe
            return self._child.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Waits for its end. Raises subprocess.TimeoutExpired."""
        multiprocessing.connection.wait([self._child.sentinel], timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(COMMAND, timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Nothing happens when it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """`kill -9`."""
        self.send_signal(signal.SIGKILL)


@contextmanager
def _like(environment: Mapping[str, str]) -> Iterator[None]:
    """The server imports what the product would: by this PYTHONPATH."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = environment["PYTHONPATH"]
    try:
        yield
    finally:
        if before is None:
            del os.environ["PYTHONPATH"]
        else:
            os.environ["PYTHONPATH"] = before


def _serve(folder: str, environment: dict[str, str], log: str) -> None:
    """In the child."""
    from web.cli import main

    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    out = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for fd in (1, 2):
        os.dup2(out, fd)
    os.close(out)
    main(["serve"])
