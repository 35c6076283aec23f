"""What a crash of the process leaves behind: where each thread was, and nothing of its memory.

A core dump holds every password, cookie and ticket that the process had in hand. Two switches of the kernel are needed against it:

    RLIMIT_CORE = 0             no file; but the kernel ignores it where dumps are piped to a program (core(5): apport, systemd-coredump)
    coredump_filter = 0         which of its memory a process puts into a dump, wherever that goes: none (core(5), since Linux 2.6.23)

Children inherit both, programs that they execute, too. Not PR_SET_DUMPABLE: an executed program has it on again, and with it off neither
`/proc/self/fd` can be counted nor py-spy used. The hard limit stays, so an operator can have a dump after all: `prlimit --core=unlimited`.
"""

from __future__ import annotations

import faulthandler
import sys
from contextlib import suppress
from pathlib import Path

__all__ = ["keep_memory", "tell_where"]

_FILTER = Path("/proc/self/coredump_filter")


def keep_memory() -> None:
    """No dump of this process has memory in it from here on, and none is written to a file; where the system has such switches."""
    try:
        import resource
    except ImportError:  # Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (0, hard))
    if sys.platform == "linux":
        with suppress(OSError):  # a /proc that is not there or read-only
            _FILTER.write_text("0")


def tell_where() -> None:
    """From here on a crash, or SIGABRT, writes the stack of each thread to standard error: files, lines and functions, no values."""
    if not faulthandler.is_enabled():
        faulthandler.enable()
