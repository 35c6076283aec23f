"""The standard streams of a command, over pipes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web import streams
from web.streams import LineTooLong, aside, read_lines, write_line


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Where one reads and where one writes; closed at the end."""
    ends = os.pipe()
    yield ends
    for end in ends:
        with suppress(OSError):  # closed by the test itself
            os.close(end)


async def test_lines_come_as_soon_as_they_are_whole(pipe: tuple[int, int]) -> None:
    """What stands ready comes together; half a line waits for its end, and the last one needs none."""
    lines = read_lines(pipe[0])
    os.write(pipe[1], b"one\n\n \ntwo\nthr")
    assert await anext(lines) == [(1, b"one"), (4, b"two")]
    os.write(pipe[1], b"ee\n")
    assert await anext(lines) == [(5, b"three")]
    os.write(pipe[1], b"four")
    os.close(pipe[1])
    assert await anext(lines) == [(6, b"four")]
    with pytest.raises(StopAsyncIteration):
        await anext(lines)


@given(st.lists(st.binary(max_size=8).map(lambda text: text.replace(b"\n", b"."))), st.integers(1, 9))
def test_pieces_make_no_difference(lines: list[bytes], piece: int) -> None:
    """However the bytes are cut, every line comes once, whole and with its own number."""

    async def read() -> list[tuple[int, bytes]]:
        source, sink = os.pipe()
        try:
            os.write(sink, b"\n".join(lines))
            os.close(sink)
            return [line async for batch in read_lines(source) for line in batch]
        finally:
            os.close(source)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(streams, "_PIECE", piece)
        assert asyncio.run(read()) == [(number, line) for number, line in enumerate(lines, 1) if line.strip()]


async def test_a_line_without_end_is_refused(pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound nothing more is kept; the error names the line."""
    monkeypatch.setattr(streams, "MAX_LINE", 10)
    os.write(pipe[1], b"short\nmuch too long for it")
    lines = read_lines(pipe[0])
    assert await anext(lines) == [(1, b"short")]
    with pytest.raises(LineTooLong, match="line 2"):
        await anext(lines)


async def test_a_read_that_nobody_waits_for_any_more(pipe: tuple[int, int]) -> None:
    """Cancelling it leaves the loop free, and what it reads later disturbs nobody."""
    waiting = asyncio.create_task(aside(lambda: os.read(pipe[0], 1)), name="reader")
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    os.write(pipe[1], b"x")
    assert await aside(lambda: 7) == 7


async def test_a_call_that_fails_fails_here() -> None:
    """The thread's exception is the caller's."""
    with pytest.raises(ZeroDivisionError):
        await aside(lambda: 1 // 0)


async def test_a_line_larger_than_the_pipe_is_written_whole(pipe: tuple[int, int]) -> None:
    """The write waits for the reader without holding up the loop."""
    text = "я" * 100_000
    writing = asyncio.create_task(write_line(text, pipe[1]), name="writer")
    [(_, line)] = await anext(read_lines(pipe[0]))
    await writing
    assert line.decode() == text


async def test_nobody_reads(pipe: tuple[int, int]) -> None:
    """A pipe without a reader is an error of its own kind."""
    os.close(pipe[0])
    with pytest.raises(BrokenPipeError):
        await write_line("x", pipe[1])
