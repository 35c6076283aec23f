"""The program that `web.hashing` starts: answers requests on a pipe, at low priority. It imports nothing of ours, for it is to be small.

python -P hashing_process.py TIME_COST MEMORY_COST PARALLELISM idle|low
"""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
from contextlib import suppress
from typing import BinaryIO

from argon2 import PasswordHasher
from argon2.exceptions import HashingError, InvalidHashError, VerificationError

__all__ = ["serve"]

_NICE = 10
"""No more: beside busy processes 19 is a few percent of a processor, and a hash takes longer than who waits for it."""
_IDLE: int | None = getattr(os, "SCHED_IDLE", None)
"""Linux: computes when nobody else wants the processor, and makes way at once. With a nice value a process goes on to the end of its slice
of some 3 ms whoever wakes up (EEVDF, since Linux 6.6): beside a server on one processor that was 4 ms more for every tenth event."""


def serve(hasher: PasswordHasher, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answers one request a line until they end: [hash or null, password in Base64]; the answer is a hash, true, false, or null."""
    for line in requests:
        stored, given = json.loads(line)
        answer: str | bool | None
        try:
            password = base64.b64decode(given)
            answer = hasher.hash(password) if stored is None else hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            answer = False
        except HashingError:  # no memory
            answer = None
        answers.write(json.dumps(answer).encode() + b"\n")
        answers.flush()


def _main() -> None:
    # a terminal's and a service manager's signals come to the whole group; this process ends when its pipe does
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)
    if sys.platform != "win32":
        os.nice(_NICE)  # for `low`, and where the other is not to be had
        if sys.argv[4] == "idle" and _IDLE is not None:
            with suppress(OSError):
                os.sched_setscheduler(0, _IDLE, os.sched_param(0))
    time_cost, memory_cost, parallelism = (int(value) for value in sys.argv[1:4])
    serve(PasswordHasher(time_cost, memory_cost, parallelism), sys.stdin.buffer, sys.stdout.buffer)


if __name__ == "__main__":
    _main()
