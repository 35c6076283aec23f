"""Argon2id in processes of its own."""

from __future__ import annotations

import io
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerificationError
from structlog.testing import capture_logs

from tests.web.conftest import CHEAP
from web import hashing
from web.hashing import Aside
from web.hashing_process import serve
from web.passwords import open_passwords


@pytest.fixture
def aside() -> Iterator[Aside]:
    """One whose processes end with the test."""
    made = Aside(CHEAP)
    yield made
    made.close()


def process(aside: Aside) -> subprocess.Popen[bytes]:
    """The one that is running."""
    (found,) = aside._processes
    return found


def test_it_does_what_argon2_does(aside: Aside) -> None:
    """A hash has the hasher's parameters and fits its password alone, whatever bytes that has; another hash fits, too."""
    stored = aside.hash("пароль\n\x00".encode())
    assert extract_parameters(stored) == extract_parameters(CHEAP.hash(b"x"))
    assert aside.verify(stored, "пароль\n\x00".encode())
    assert CHEAP.verify(stored, "пароль\n\x00")
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash("x")
    assert aside.verify(old, "x")
    assert (aside.check_needs_rehash(stored), aside.check_needs_rehash(old)) == (False, True)
    for wrong in (stored, "not a hash", "$argon2id$v=19$m=0$"):
        with pytest.raises(VerificationError):
            aside.verify(wrong, "пароль")


def test_one_process_does_the_work_at_the_lowest_priority(aside: Aside) -> None:
    """A thread keeps its process; that computes when nobody else wants to, this one does not."""
    stored = aside.hash("x")
    pid = process(aside).pid
    assert aside.verify(stored, "x")
    assert process(aside).pid == pid
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 10)
    if sys.platform == "linux":
        assert os.sched_getscheduler(pid) == os.SCHED_IDLE
        assert os.sched_getscheduler(0) != os.SCHED_IDLE


def test_one_that_gets_no_processor_makes_way_to_a_higher_priority() -> None:
    """For a while, and for the same question; then the lowest is tried again."""
    now = 0.0
    made = Aside(CHEAP, idle_s=1.0, clock=lambda: now)
    try:
        stored = made.hash("x")
        starved = process(made)
        os.kill(starved.pid, signal.SIGSTOP)
        with capture_logs() as lines:
            assert made.verify(stored, "x")
        assert [line["event"] for line in lines] == ["hashing_starved"]
        assert starved.poll() == -signal.SIGKILL
        now = 299.0
        assert made.verify(stored, "x")
        low = process(made)
        if sys.platform == "linux":
            assert os.sched_getscheduler(low.pid) == os.SCHED_OTHER
        now = 301.0
        assert made.verify(stored, "x")
        assert low.poll() == -signal.SIGKILL
        if sys.platform == "linux":
            assert os.sched_getscheduler(process(made).pid) == os.SCHED_IDLE
    finally:
        made.close()


def test_settings_stay_at_home(aside: Aside, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is not told what the product's environment says."""
    given: list[dict[str, str]] = []
    start = subprocess.Popen

    def noting(command: list[str], **options: object) -> object:
        environment = options["env"]
        assert isinstance(environment, dict)
        given.append(environment)
        return start(command, **options)  # type: ignore[call-overload]

    monkeypatch.setenv("NAVIGATOR_SECRET", "x")
    monkeypatch.setattr(hashing, "Popen", noting)
    aside.hash("x")
    assert [name for name in given[0] if name.startswith("NAVIGATOR")] == []


def test_one_that_died_is_replaced(aside: Aside) -> None:
    """The call after that is answered by a new one, and the old one leaves nothing behind."""
    stored = aside.hash("x")
    before = process(aside)
    before.kill()
    assert aside.verify(stored, "x")
    assert process(aside).pid != before.pid
    assert before.returncode == -signal.SIGKILL


def test_one_that_stands_still_is_replaced() -> None:
    """A process of merely low priority that does not answer in its time is ended, and the next one gives the answer."""
    made = Aside(CHEAP, deadline_s=1.0)
    made._low_until = math.inf
    try:
        stored = made.hash("x")
        still = process(made)
        os.kill(still.pid, signal.SIGSTOP)
        assert made.verify(stored, "x")
        assert still.poll() == -signal.SIGKILL
        assert process(made).pid != still.pid
    finally:
        made.close()


def test_signals_to_the_group_do_not_end_it(aside: Aside) -> None:
    """A terminal's or a service manager's signal leaves it to answer what is under way."""
    stored = aside.hash("x")
    before = process(aside).pid
    for name in (signal.SIGINT, signal.SIGTERM):
        os.kill(before, name)
    assert aside.verify(stored, "x")
    assert process(aside).pid == before


def test_without_processes_the_thread_computes(aside: Aside, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none can be started people sign in all the same, and the log says so."""

    def refuses(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(hashing, "Popen", refuses)
    with capture_logs() as lines:
        stored = aside.hash("x")
    assert {(line["event"], line["error"]) for line in lines} == {("hashing_process_failed", "PermissionError")}
    assert aside.verify(stored, "x")
    with pytest.raises(VerificationError):
        aside.verify(stored, "y")


def test_requests_are_answered_by_line() -> None:
    """Each has one line of answer, also when there is no memory for it."""
    stored = CHEAP.hash("x")
    requests = b"".join(json.dumps(each).encode() + b"\n" for each in ([stored, "eA=="], [stored, "eQ=="], ["", "eA=="]))
    answers = io.BytesIO()
    serve(CHEAP, io.BytesIO(requests), answers)
    assert answers.getvalue() == b"true\nfalse\nfalse\n"
    huge = PasswordHasher(time_cost=1, memory_cost=2**32 - 1, parallelism=1)
    answers = io.BytesIO()
    serve(huge, io.BytesIO(b'[null, "eA=="]\n'), answers)
    assert answers.getvalue() == b"null\n"


async def test_passwords_leave_no_process_behind() -> None:
    """They end with the block."""
    async with open_passwords() as found:
        stored = await found.hash("correct horse")
        assert await found.verify(stored, "correct horse") == (True, None)
        assert await found.verify(None, "correct horse") == (False, None)
        aside = found._hasher
        assert isinstance(aside, Aside)
        running = list(aside._processes)
        assert running
    assert all(each.returncode is not None for each in running)
