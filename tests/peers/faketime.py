"""A time of day that a test sets while a process runs, by libfaketime."""

from __future__ import annotations

from pathlib import Path

from tests.peers import need

__all__ = ["faketime"]

_LIBRARIES = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1")


def faketime(file: Path) -> dict[str, str]:
    """The environment of a process whose time of day is off by what `file` says, such as `-3600` or `+5y`; it is read at each look.

    The monotonic clock stays true, as when somebody sets the clock. Skips the test where there is no libfaketime.
    """
    library = next((path for path in map(Path, _LIBRARIES) if path.exists()), None)
    if library is None:
        need.missing("libfaketime", "make services")
    file.write_text("+0")
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        # its repair of monotonic waits is for a glibc older than 2.24; here it makes Python's threads wait for seconds for each other
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",
    }
