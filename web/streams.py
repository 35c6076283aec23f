"""The standard streams of a command that runs an event loop: nothing waits for them but who asked.

Reads and writes of a pipe cannot be cancelled. asyncio's own threads are waited for at the end of a run, so that Ctrl-C
would do nothing until somebody presses Enter or the pager moves on; these are daemons, left where they wait. They use the
descriptors themselves, for a thread that is caught inside `sys.stdin` or `sys.stdout` breaks the interpreter's last flush.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import TypeVar

__all__ = ["MAX_LINE", "LineTooLong", "aside", "read_lines", "write_line"]

T = TypeVar("T")

MAX_LINE = 1 << 20
"""Bytes. The hub takes no larger event."""
_PIECE = 1 << 16


class LineTooLong(Exception):
    """Line `number`, counted from 1, has more than `MAX_LINE` bytes."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    def __str__(self) -> str:
        return f"line {self.number}: more than {MAX_LINE} bytes"


async def aside(call: Callable[[], T]) -> T:
    """What `call` gives, or raises, from a thread of its own. Cancelled, the thread is left to itself and its result dropped."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: Callable[[], T]) -> None:
        if done.cancelled():
            return
        try:
            done.set_result(result())
        except Exception as error:
            done.set_exception(error)

    def run() -> None:
        try:
            value = call()
        except Exception as error:
            failure = error

            def result() -> T:
                raise failure
        else:

            def result() -> T:
                return value

        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=run, name="navigator_stream", daemon=True).start()
    return await done


async def read_lines(descriptor: int = 0) -> AsyncIterator[list[tuple[int, bytes]]]:
    """The lines that stand ready, each with its number from 1, as soon as one is whole; the last one may lack its end.

    Lines of white space are passed over. One piece is read at a time, so whoever writes waits for whoever takes the lines.
    Raises LineTooLong, OSError.
    """
    number, rest = 0, b""
    while piece := await aside(lambda: os.read(descriptor, _PIECE)):
        *whole, rest = (rest + piece).split(b"\n")
        lines = [(number + at, line) for at, line in enumerate(whole, 1) if line.strip()]
        number += len(whole)
        if lines:
            yield lines
        if len(rest) > MAX_LINE:
            raise LineTooLong(number + 1)
    if rest.strip():
        yield [(number + 1, rest)]


async def write_line(line: str, descriptor: int = 1) -> None:
    """Writes a line in UTF-8 and returns when the reader's side has it. Raises BrokenPipeError when nobody reads any more."""
    data = line.encode("utf-8", "replace") + b"\n"

    def write() -> None:
        left = memoryview(data)
        while left:
            left = left[os.write(descriptor, left) :]

    await aside(write)
