"""The write to many sockets in C: who took all of it, who took a part, who took nothing; never a wait."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from hub.writes import COMPILED
from tests.peers.need import missing

if COMPILED:
    from hub.speedups import send_all


@pytest.fixture(autouse=True)
def compiled() -> None:
    """Nothing to test where there was no compiler."""
    if not COMPILED:
        missing("hub.speedups", "python scripts/build_speedups.py, with a C compiler and Python.h")


@pytest.fixture
def pairs() -> Iterator[list[tuple[socket.socket, socket.socket]]]:
    """Three connected pairs: ours, which never waits and has small buffers, and the other's."""
    made = [socket.socketpair() for _ in range(3)]
    for ours, _ in made:
        ours.setblocking(False)
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20_000)
    yield made
    for pair in made:
        for end in pair:
            end.close()


def read(end: socket.socket) -> bytes:
    """Everything that waits there."""
    end.setblocking(False)
    parts = []
    try:
        while part := end.recv(1 << 20):
            parts.append(part)
    except BlockingIOError:
        pass
    return b"".join(parts)


def fds(pairs: list[tuple[socket.socket, socket.socket]]) -> list[int]:
    """Our descriptors."""
    return [ours.fileno() for ours, _ in pairs]


def test_everybody_takes_all(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    """The same bytes reach each, and there is nothing to tell."""
    assert send_all(fds(pairs), b"hello") == []
    assert [read(theirs) for _, theirs in pairs] == [b"hello"] * 3


def test_nobody_and_nothing(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    """No sockets or no bytes is no fault."""
    assert send_all([], b"hello") == []
    assert send_all(fds(pairs), b"") == []


def test_a_full_buffer_takes_a_part_then_nothing(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    """The number told is exactly what arrives; the others are not held up."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.create_connection(listening.getsockname()) as ours:
        theirs, _ = listening.accept()  # TCP takes a part, a local pair all or nothing
        with theirs:
            ours.setblocking(False)
            large = bytes(range(256)) * 100_000
            ((index, sent),) = send_all([ours.fileno()], large)
            assert (index, 0 < sent < len(large)) == (0, True)
            assert send_all([pairs[0][0].fileno(), ours.fileno(), pairs[1][0].fileno()], b"more") == [(1, 0)]
            got = b""
            while len(got) < sent:
                got += theirs.recv(1 << 20)
            assert got == large[:sent]
    assert [read(theirs) for _, theirs in pairs] == [b"more", b"more", b""]


def test_a_broken_connection_costs_only_itself(pairs: list[tuple[socket.socket, socket.socket]]) -> None:
    """Neither a signal nor an exception: it took nothing, and whoever writes to it next hears why."""
    pairs[1][1].close()
    assert send_all(fds(pairs), b"hello") == [(1, 0)]
    assert [read(pairs[at][1]) for at in (0, 2)] == [b"hello"] * 2
    with pytest.raises(BrokenPipeError):
        pairs[1][0].send(b"hello")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [(-1, ValueError), (1 << 40, ValueError), (1 << 80, OverflowError), ("1", TypeError), (None, TypeError)],
)
def test_what_is_no_descriptor(pairs: list[tuple[socket.socket, socket.socket]], wrong: object, error: type[Exception]) -> None:
    """It is refused before anything is sent to anybody."""
    with pytest.raises(error):
        send_all([*fds(pairs), wrong], b"hello")  # type: ignore[list-item]
    assert [read(theirs) for _, theirs in pairs] == [b""] * 3


@pytest.mark.parametrize("arguments", [(1, b"x"), ([1], "x"), ([1],), ([1], b"x", 2)])
def test_other_arguments(arguments: tuple[object, ...]) -> None:
    """TypeError, as from any call."""
    with pytest.raises(TypeError):
        send_all(*arguments)  # type: ignore[arg-type]
