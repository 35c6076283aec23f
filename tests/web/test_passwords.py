"""Argon2id off the loop."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import ClassVar, Literal

import pytest
from argon2 import PasswordHasher, extract_parameters

from tests.web.conftest import CHEAP
from web import passwords
from web.passwords import Busy, Passwords, open_passwords


async def test_right_wrong_and_unknown() -> None:
    """Only the right password of somebody who has one is right; the same letters in another Unicode form are right, too."""
    async with open_passwords(CHEAP) as found:
        stored = await found.hash("пароль й")
        assert stored.startswith("$argon2id$")
        assert await found.verify(stored, "пароль и\u0306") == (True, None)
        assert await found.verify(stored, "пароль и") == (False, None)
        assert await found.verify(None, "пароль й") == (False, None)
        assert await found.verify("not a hash", "x") == (False, None)


async def test_a_hash_of_old_parameters_is_renewed() -> None:
    """A right password comes with a new hash when the parameters have changed since."""
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(b"correct horse")
    async with open_passwords(CHEAP) as found:
        right, renewed = await found.verify(old, "correct horse")
        assert right
        assert renewed is not None
        assert await found.verify(renewed, "correct horse") == (True, None)


async def test_an_unknown_name_costs_one_whole_hash() -> None:
    """Whoever has no password is compared with a stand-in of the same parameters: as much work as a wrong password."""

    class Counting(PasswordHasher):
        seen: ClassVar[list[str]] = []

        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:
            self.seen.append(str(hash))
            return super().verify(hash, password)

    async with open_passwords(Counting(time_cost=1, memory_cost=8, parallelism=1)) as found:
        stored = await found.hash("right")
        await found.verify(stored, "wrong")
        await found.verify(None, "wrong")
    assert len(Counting.seen) == 2
    assert extract_parameters(Counting.seen[0]) == extract_parameters(Counting.seen[1])


async def test_a_crowd_is_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the bound the next one is refused at once, and the others are served."""
    monkeypatch.setattr(passwords, "_WAITING", 3)
    async with open_passwords(CHEAP) as found:
        results = await asyncio.gather(*(found.verify(None, "x") for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(result, Busy) for result in results) == 2
        assert await found.verify(None, "x") == (False, None)


async def test_a_call_that_waits_too_long_ends() -> None:
    """Behind work that takes long a call ends with Busy when its patience does, and its own work is not begun."""
    release = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        found = Passwords(CHEAP, pool, "", patience_s=0.05)
        blocking = pool.submit(release.wait)
        begun: list[bool] = []
        with pytest.raises(Busy):
            await found._run(lambda: begun.append(True))
        release.set()
        await asyncio.to_thread(blocking.result)
        await found._run(lambda: None)
    assert begun == []
