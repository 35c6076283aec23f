"""The parent of several workers, with small programs in their place."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import structlog.testing

from web.cli import main
from web.settings import Settings, SettingsError
from web.workers import Workers, inherited, listening, run_workers

FOREVER = "import time; time.sleep(600)"
DEAF = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path(sys.argv[1]).touch()
time.sleep(600)
"""
CODE_3_WHEN_ASKED = """
import socket, sys
socket.socket(fileno=int(sys.argv[1])).accept()
sys.exit(3)
"""


def python(text: str, *arguments: str) -> list[str]:
    """A worker's command."""
    return [sys.executable, "-c", text, *arguments]


async def until(condition: Callable[[], bool]) -> None:
    """Returns when it holds."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for is outside this process
            await asyncio.sleep(0.01)


def lives(pid: int) -> bool:
    """Whether a process exists; one that ended and was not yet asked for its code does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):  # the latter when it ends between being opened and being read
        return False
    return state != "Z"


@asynccontextmanager
async def running(workers: Workers) -> AsyncIterator[asyncio.Task[int]]:
    """The parent as a task, with all its workers there; ended on leaving whatever the test did."""
    task = asyncio.create_task(workers.run(), name="workers")
    try:
        await until(lambda: len(workers.pids) == workers.count or task.done())
        yield task
    finally:
        workers.stop()
        await asyncio.wait([task], timeout=5)
        workers.stop()
        await task


async def test_as_many_as_asked_for_until_told_to_stop() -> None:
    """Each worker is a process of its own; they end by SIGTERM, and the parent's code is 0."""
    workers = Workers(python(FOREVER), 3)
    async with running(workers) as task:
        pids = set(workers.pids.values())
        assert len(pids) == 3
        assert all(lives(pid) for pid in pids)
        workers.stop()
        assert await task == 0
        assert not any(lives(pid) for pid in pids)


async def test_a_dead_worker_is_replaced() -> None:
    """A worker that is killed is followed by another in its place, with one log line; its sibling stays."""
    workers = Workers(python(FOREVER), 2, first_wait_s=0.01)
    with structlog.testing.capture_logs() as lines:
        async with running(workers):
            first, sibling = workers.pids[0], workers.pids[1]
            os.kill(first, signal.SIGKILL)
            await until(lambda: workers.pids.get(0, first) != first)
            assert workers.pids[1] == sibling
    assert [(line["event"], line["worker"], line["pid"], line["code"]) for line in lines] == [("worker_died", 0, first, -signal.SIGKILL)]


async def test_waits_grow_and_are_bounded() -> None:
    """A worker that dies again and again is started after waits that double up to the bound, half of each random."""
    workers = Workers(python("raise SystemExit(1)"), 1, first_wait_s=0.002, longest_wait_s=0.01)
    with structlog.testing.capture_logs() as lines:
        async with running(workers):
            await until(lambda: len(lines) >= 6)
    waits = [line["again_in_s"] for line in lines]
    assert all(wait <= 0.01 for wait in waits)
    assert {line["code"] for line in lines} == {1}


async def test_code_3_at_start_ends_all() -> None:
    """A worker that cannot start with these settings is not started again: the others end too, and the parent's code is 3."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        workers = Workers(python(CODE_3_WHEN_ASKED, str(server.fileno())), 2, [server.fileno()])
        async with running(workers) as task:
            with socket.create_connection(server.getsockname()):  # one of them takes it
                assert await task == 3
            assert workers.pids == {}


async def test_code_3_later_is_an_accident() -> None:
    """Once a worker has run well, code 3 at a later start is tried again: the store may be away just now."""
    workers = Workers(python("raise SystemExit(3)"), 1, settled_s=0.0, first_wait_s=0.001)
    with structlog.testing.capture_logs() as lines:
        async with running(workers) as task:
            await until(lambda: len(lines) >= 3)
            assert not task.done()


async def test_a_deaf_worker_is_killed_at_the_limit(tmp_path: Path) -> None:
    """A worker that does not end within the drain limit is killed, and the parent's code tells it."""
    ready = tmp_path / "ready"
    workers = Workers(python(DEAF, str(ready)), 1, drain_s=0.05)
    async with running(workers) as task:
        pid = workers.pids[0]
        await until(ready.exists)
        workers.stop()
        assert await task == 1
        assert not lives(pid)


async def test_asked_twice_it_hurries(tmp_path: Path) -> None:
    """A second request to stop kills at once what has not ended yet."""
    ready = tmp_path / "ready"
    workers = Workers(python(DEAF, str(ready)), 1, drain_s=600)
    async with running(workers) as task:
        await until(ready.exists)
        workers.stop()
        workers.stop()
        assert await task == 1


async def test_cancelled_it_leaves_nothing_behind() -> None:
    """When the parent's own task is cancelled its workers end with it."""
    workers = Workers(python(FOREVER), 2)
    task = asyncio.create_task(workers.run(), name="workers")
    await until(lambda: len(workers.pids) == 2)
    pids = list(workers.pids.values())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await until(lambda: not any(lives(pid) for pid in pids))


def test_the_socket_is_bound_once_and_inherited() -> None:
    """A worker accepts what came to the socket that the parent bound."""
    (bound,) = listening("127.0.0.1", 0)
    with bound:
        (again,) = inherited([os.dup(bound.fileno())])
        with again, socket.create_connection(bound.getsockname()):
            assert again.family == socket.AF_INET
            assert again.getsockname() == bound.getsockname()
            again.setblocking(True)
            again.accept()[0].close()


def test_a_name_with_two_addresses_listens_at_both() -> None:
    """Where `localhost` is IPv4 and IPv6, people may come by either."""
    sockets = listening("localhost", 0)
    assert {one.getsockname()[0] for one in sockets} == {
        found[4][0] for found in socket.getaddrinfo("localhost", 0, type=socket.SOCK_STREAM)
    }
    for one in sockets:
        one.close()


def test_memory_bus_is_refused() -> None:
    """Several workers without a bus between them would each know half: the error names BUS_URL and the mend."""
    with pytest.raises(SettingsError) as refused:
        run_workers(Settings(), 2, None)
    (fault,) = refused.value.faults
    assert fault.name == "BUS_URL"
    assert "redis://" in fault.mend


def test_an_occupied_address_is_code_3() -> None:
    """An address that another program has ends the parent before any worker was started."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        settings = Settings(listen=f"127.0.0.1:{taken.getsockname()[1]}", bus_url="redis://127.0.0.1:1")  # type: ignore[arg-type]
        with structlog.testing.capture_logs() as lines:
            assert run_workers(settings, 2, None) == 3
    assert [line["event"] for line in lines] == ["cannot_listen"]


@pytest.mark.parametrize("count", ["0", "-1", "two"])
def test_the_number_must_be_one(count: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`--workers` takes whole numbers from 1."""
    with pytest.raises(SystemExit) as ended:
        main(["serve", "--workers", count])
    assert ended.value.code == 2
    assert "--workers" in capsys.readouterr().err


@pytest.mark.parametrize(("deaf", "code"), [(False, -signal.SIGTERM), (True, 1)])
def test_a_worker_ends_with_its_parent(deaf: bool, code: int) -> None:
    """When the parent's end of the pipe closes the worker gets SIGTERM, and is ended at the limit if that does nothing."""
    reading, writing = os.pipe()
    text = "import signal, sys, time\nfrom web.workers import end_with_parent\n"
    text += "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if deaf else ""
    text += "end_with_parent(int(sys.argv[1]), 0.05); time.sleep(600)"
    with subprocess.Popen(
        python(text, str(reading)), pass_fds=[reading], cwd=Path(__file__).parents[2], stderr=subprocess.DEVNULL
    ) as worker:
        os.close(reading)
        os.close(writing)
        assert worker.wait(60) == code
