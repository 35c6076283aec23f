"""Optional: built from speedups.c where there is a C compiler. Without it the hub does the same in Python, slower."""

from collections.abc import Sequence

def send_all(fds: Sequence[int], data: bytes, /) -> list[tuple[int, int]]:
    """Sends the same bytes to each of many sockets, one send(2) for each, never waiting and without the GIL.

    Returns (index in `fds`, bytes sent) of those that did not take everything: their buffers are full (from 0 bytes on), or they have
    an error (0), which whoever writes to them next will be told. Raises TypeError and ValueError before anything is sent.
    """
