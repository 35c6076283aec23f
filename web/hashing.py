"""Argon2id in processes of its own: what computes at low priority must not hold this process' interpreter lock.

A thread with a low priority takes the lock for a moment before and after each hash. When the processors are busy it may be put
aside in that moment, and then the event loop waits for the lock until the thread gets its next turn: beside two
busy processes 180 ms were measured with nice 10, and 680 ms with 19. Processes that wait for requests on a pipe share no lock with anybody.

They compute when nobody else wants the processor. Beside others that want it all the time, such a process would never end: when one has
not answered in time, processes of a merely low priority take over for a while.
"""

from __future__ import annotations

import base64
import json
import math
import os
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Literal, Protocol

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError, VerifyMismatchError

__all__ = ["Aside", "Hasher", "Priority"]

Priority = Literal["idle", "low"]
_PROGRAM = Path(__file__).with_name("hashing_process.py")
_DEADLINE_S = 20.0
"""For one hash, which takes a tenth of a second, and some seconds beside processors that are busy with more important things."""
_IDLE_S = 3.0
"""The same for one that gets what the others leave: a storm of sign-ins leaves nothing for a second, and half the time after that."""
_STARVED_S = 300.0
"""So long it is not tried again after it got too little."""
_log = structlog.get_logger("web.hashing")


class Hasher(Protocol):
    """What is needed of argon2's PasswordHasher."""

    def hash(self, password: str | bytes) -> str:
        """The hash to store."""
        ...

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        """Raises VerificationError or InvalidHashError unless they belong together."""
        ...

    def check_needs_rehash(self, hash: str | bytes) -> bool:
        """Whether the parameters have changed since."""
        ...


class Aside:
    """A Hasher that has it done: each thread that calls it has one process, started when first needed and anew when it died.

    Where none can be started the thread computes itself: slower for everybody else is better than nobody signing in.
    """

    def __init__(
        self,
        hasher: PasswordHasher,
        *,
        priority: Priority = "idle",
        deadline_s: float = _DEADLINE_S,
        idle_s: float = _IDLE_S,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`priority`: the lowest that is tried. `deadline_s`: a process that has not answered by then is ended, and another one asked;
        `idle_s`: one of the lowest priority.
        """
        self._hasher, self._deadline_s, self._idle_s, self._clock = hasher, deadline_s, idle_s, clock
        self._low_until = -math.inf if priority == "idle" else math.inf
        self._own = threading.local()
        self._lock = threading.Lock()
        self._processes: list[Popen[bytes]] = []
        self._closed = False

    def hash(self, password: str | bytes) -> str:
        """The hash to store."""
        answer = self._ask(None, _bytes(password))
        return answer if isinstance(answer, str) else self._hasher.hash(password)

    def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
        """Raises VerificationError or InvalidHashError unless they belong together."""
        answer = self._ask(_bytes(hash).decode(), _bytes(password))
        if answer is None:
            return self._hasher.verify(hash, password)
        if answer is not True:
            raise VerifyMismatchError
        return True

    def check_needs_rehash(self, hash: str | bytes) -> bool:
        """Whether the parameters have changed since; takes no time."""
        return self._hasher.check_needs_rehash(hash)

    def close(self) -> None:
        """Ends the processes, whatever they are at; calls under way end with VerificationError."""
        with self._lock:
            self._closed = True
            while self._processes:
                _end(self._processes.pop())

    def _ask(self, stored: str | None, password: bytes) -> str | bool | None:
        """A hash, or whether `password` is the one behind `stored`; None when no process gives an answer."""
        line = json.dumps([stored, base64.b64encode(password).decode()]).encode() + b"\n"
        for _ in range(3):  # it may have died since the last time, or get too little
            priority: Priority = "idle" if self._clock() >= self._low_until else "low"
            late = threading.Event()
            try:
                process = self._process(priority)
                assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 - both are pipes
                # a pipe has no time-out that works everywhere
                deadline = threading.Timer(self._idle_s if priority == "idle" else self._deadline_s, _kill, (process, late))
                deadline.start()
                try:
                    process.stdin.write(line)
                    process.stdin.flush()
                    answer = process.stdout.readline()
                finally:
                    deadline.cancel()
                if answer:
                    found: str | bool | None = json.loads(answer)
                    return found
            except OSError as error:
                _log.warning("hashing_process_failed", error=type(error).__name__)
            if late.is_set() and priority == "idle":
                self._low_until = self._clock() + _STARVED_S
                _log.warning("hashing_starved", after_s=self._idle_s, low_for_s=_STARVED_S)
            self._drop()
        return None

    def _process(self, priority: Priority) -> Popen[bytes]:
        found: Popen[bytes] | None = getattr(self._own, "process", None)
        if found is not None:
            if self._own.priority == priority:
                return found
            self._drop()
        with self._lock:
            if self._closed:
                raise VerificationError("closed")  # nobody waits for the answer any more
            # -P: beside this file there are modules that are named as those of the standard library
            parameters = [str(value) for value in (self._hasher.time_cost, self._hasher.memory_cost, self._hasher.parallelism)]
            clean = {name: value for name, value in os.environ.items() if not name.startswith("NAVIGATOR_")}
            made = Popen(  # noqa: S603 - our own file
                [sys.executable, "-P", str(_PROGRAM), *parameters, priority], stdin=PIPE, stdout=PIPE, env=clean
            )
            self._processes.append(made)
        self._own.process, self._own.priority = made, priority
        return made

    def _drop(self) -> None:
        """Whatever is wrong with this thread's process, it is not asked again."""
        found: Popen[bytes] | None = getattr(self._own, "process", None)
        self._own.process = None
        with self._lock:
            if found in self._processes:
                self._processes.remove(found)
                _end(found)


def _kill(process: Popen[bytes], late: threading.Event) -> None:
    late.set()
    process.kill()


def _end(process: Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            with suppress(OSError):  # what was not written to it
                pipe.close()


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
