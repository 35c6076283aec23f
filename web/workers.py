"""Several worker processes behind one listening socket: `navigator serve --workers N`.

The parent binds and never accepts; each worker accepts from the same socket, so that a worker that dies takes none of the
waiting connections with it (with SO_REUSEPORT each would have a queue of its own, and lose it). Each worker is a node like
those of other machines: they know of each other by the bus and the store alone.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import structlog

from web.settings import EXIT_CODE, Fault, Settings, SettingsError

__all__ = ["BACKLOG", "DRAIN_S", "Workers", "end_with_parent", "inherited", "listening", "run_workers"]

_log = structlog.get_logger("web.workers")

BACKLOG = 4096
"""Connections that wait to be accepted; the kernel caps it by net.core.somaxconn, which is 4096 by default too."""
DRAIN_S = 25.0
"""Seconds that a worker has to say goodbye to its clients. Docker's and Kubernetes' own limits should be above it (30 s)."""


@dataclass
class Workers:
    """Keeps `count` processes of `command` running until told to stop."""

    command: Sequence[str]
    """Program and arguments of one worker."""
    count: int
    """At least 1."""
    descriptors: Sequence[int] = ()
    """Open files that the workers inherit under the same numbers."""
    drain_s: float = DRAIN_S
    """Seconds from SIGTERM to SIGKILL."""
    settled_s: float = 10.0
    """A worker that lived as long has started well: its death is an accident, not a fault of the installation."""
    first_wait_s: float = 0.2
    """Before a worker is started again; doubles with each death before it settled, up to `longest_wait_s`. Half of it is random."""
    longest_wait_s: float = 10.0
    pids: dict[int, int] = field(default_factory=dict)
    """The running worker at each place, 0 to `count` - 1."""
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _hurried: asyncio.Event = field(default_factory=asyncio.Event)
    _code: int = 0

    def stop(self) -> None:
        """Ends the workers in order: `run` returns within `drain_s`. Asked a second time, at once."""
        if self._stopping.is_set():
            self._hurried.set()
        self._stopping.set()

    async def run(self) -> int:
        """Returns when all have ended: 0; 1 if one had to be killed; 3 if they cannot start with these settings."""
        async with asyncio.TaskGroup() as group:
            for place in range(self.count):
                group.create_task(self._keep(place), name=f"worker_{place}")
        return self._code

    async def _keep(self, place: int) -> None:
        """One worker after another at one place."""
        deaths, proven = 0, False
        while not self._stopping.is_set():
            began = time.monotonic()
            # a process group of its own: Ctrl-C in a terminal comes to the parent only, which asks in order
            process = await asyncio.create_subprocess_exec(*self.command, pass_fds=self.descriptors, process_group=0)
            self.pids[place] = process.pid
            try:
                code = await self._ended(process)
            finally:
                del self.pids[place]
            if self._stopping.is_set():
                return
            settled = time.monotonic() - began >= self.settled_s
            proven = proven or settled
            if code == EXIT_CODE and not proven:
                _log.error("workers_cannot_start", worker=place, code=code)
                self._code = EXIT_CODE
                self._stopping.set()
                return
            deaths = 0 if settled else deaths + 1
            wait = min(self.longest_wait_s, self.first_wait_s * 2 ** min(deaths, 16)) * random.uniform(0.5, 1)  # noqa: S311 - spreads a herd
            _log.warning("worker_died", worker=place, pid=process.pid, code=code, again_in_s=round(wait, 2))
            await _within(self._stopping, wait)

    async def _ended(self, process: asyncio.subprocess.Process) -> int:
        """The worker's code, negative for a signal, once it has ended: by itself, or because it was told to."""
        ended = asyncio.create_task(process.wait(), name=f"wait_{process.pid}")
        stopping = asyncio.create_task(self._stopping.wait(), name=f"stop_{process.pid}")
        try:
            await asyncio.wait([ended, stopping], return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                process.terminate()
                hurried = asyncio.create_task(self._hurried.wait(), name=f"hurry_{process.pid}")
                await asyncio.wait([ended, hurried], timeout=self.drain_s, return_when=asyncio.FIRST_COMPLETED)
                hurried.cancel()
            return await ended if ended.done() else await self._kill(process)
        finally:
            stopping.cancel()
            if not ended.done():  # cancelled: nothing must outlive us
                process.kill()
                ended.cancel()

    async def _kill(self, process: asyncio.subprocess.Process) -> int:
        _log.error("worker_killed", pid=process.pid, after_s=self.drain_s)
        self._code = self._code or 1
        process.kill()
        return await process.wait()


async def _within(event: asyncio.Event, seconds: float) -> None:
    """Waits for the event, at most so long."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        pass


def run_workers(settings: Settings, count: int, config: Path | None) -> int:
    """The parent: binds, runs `count` workers, ends with them; returns the exit code.

    Raises SettingsError where several workers cannot work.
    """
    if urlsplit(settings.bus_url.get_secret_value()).scheme == "memory":
        raise SettingsError(
            [
                Fault(
                    "BUS_URL",
                    "several workers need a bus that they share, and memory:// ends at one process",
                    "For example: redis://127.0.0.1:6379/0",
                )
            ]
        )
    with ExitStack() as stack:
        try:
            sockets = [stack.enter_context(made) for made in listening(settings.host, settings.port)]
        except OSError as error:
            _log.error("cannot_listen", address=settings.listen, reason=error.strerror)
            return EXIT_CODE
        alive = stack.enter_context(_lifeline())
        own = [sys.executable, "-m", "web", *(["--config", str(config)] if config else []), "serve", "--lifeline", str(alive)]
        numbers = [made.fileno() for made in sockets]
        workers = Workers([*own, *(word for number in numbers for word in ("--fd", str(number)))], count, [*numbers, alive])
        _log.info("workers", count=count, addresses=[made.getsockname()[:2] for made in sockets])
        return asyncio.run(_until_signal(workers))


async def _until_signal(workers: Workers) -> int:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, workers.stop)
    return await workers.run()


@contextmanager
def _lifeline() -> Iterator[int]:
    """The reading end of a pipe; the parent alone holds the other end, so that it closes with the parent, whatever ends that."""
    reading, writing = os.pipe()
    try:
        yield reading
    finally:
        os.close(writing)
        os.close(reading)


def end_with_parent(lifeline: int, limit_s: float = DRAIN_S) -> None:
    """In a worker: has it end in order when its parent is gone, and after `limit_s` seconds in any case.

    A thread, not a task: it acts while the event loop still starts, or hangs.
    """

    def watch() -> None:
        while os.read(lifeline, 1):
            pass
        _log.warning("parent_gone")
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(limit_s)
        os._exit(1)

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def listening(host: str, port: int) -> list[socket.socket]:
    """Listening sockets at each address of `host`, as asyncio would make them. Raises OSError where that fails."""
    made: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(
            socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        ):
            one = socket.socket(family, kind, protocol)
            made.append(one)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(address)
            one.listen(BACKLOG)
    except OSError:
        for one in made:
            one.close()
        raise
    return made


def inherited(descriptors: Sequence[int]) -> list[socket.socket]:
    """The parent's listening sockets, in a worker. Raises OSError for a descriptor that is no socket."""
    sockets = [socket.socket(fileno=number) for number in descriptors]
    for one in sockets:
        one.setblocking(False)
    return sockets
