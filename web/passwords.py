"""Local passwords: Argon2id, off the event loop and its process, a bounded number at a time.

Busy   too many people sign in at once
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sys
import unicodedata
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from web.hashing import Aside, Hasher, Priority

__all__ = ["HASHER", "MIN_LENGTH", "Busy", "Passwords", "hash_password", "open_passwords"]

T = TypeVar("T")

HASHER = PasswordHasher(parallelism=1)
"""Memory and passes of RFC 9106, section 4, the low-memory choice, in one lane: no less work for whoever guesses, and one thread a hash.

Beside four threads of the lowest priority the event loop, woken on the same processor, waited up to a tick of 4 ms for it in every 40th
case; beside one in every 200th (Linux 6.18).
"""
MIN_LENGTH = 8
"""Characters that a new password has at least (NIST SP 800-63B, section 3.1.1.2)."""
_AT_ONCE = 4  # or as many as there are processors; each takes 64 MiB and one of them for some 130 ms
_PATIENCE_S = 6.0
_WAITING = 64  # behind them; more would wait longer than a person does


class Busy(Exception):
    """More sign-ins wait than will be served in reasonable time, or this one was not."""


class Passwords:
    """Verifies and hashes. Made by `open_passwords`."""

    def __init__(self, hasher: Hasher, pool: ThreadPoolExecutor, stand_in: str, *, patience_s: float = _PATIENCE_S) -> None:
        """`patience_s`: seconds that one call takes at most, waiting included."""
        self._hasher = hasher
        self._pool = pool
        self._stand_in = stand_in
        self._patience_s = patience_s
        self._pending = 0

    async def verify(self, stored: str | None, given: str) -> tuple[bool, str | None]:
        """Whether `given` is the password behind the hash `stored`, and a new hash to store if the parameters have changed since.

        `stored` None (no such person, or no local password) takes as long as a wrong password. Raises Busy.
        Cancellation leaves the work to end in its thread.
        """
        return await self._run(lambda: self._verify(stored, given))

    async def hash(self, given: str) -> str:
        """The hash to store. Raises Busy."""
        return await self._run(lambda: hash_password(self._hasher, given))

    def _verify(self, stored: str | None, given: str) -> tuple[bool, str | None]:
        password = _bytes(given)
        try:
            self._hasher.verify(stored or self._stand_in, password)
        except (VerificationError, InvalidHashError):
            return False, None
        if stored is None:
            return False, None
        return True, self._hasher.hash(password) if self._hasher.check_needs_rehash(stored) else None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._pending >= _WAITING:
            raise Busy
        self._pending += 1
        try:
            async with asyncio.timeout(self._patience_s):
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        except TimeoutError:
            raise Busy from None
        finally:
            self._pending -= 1


@asynccontextmanager
async def open_passwords(hasher: PasswordHasher | None = None, *, priority: Priority = "idle") -> AsyncIterator[Passwords]:
    """Passwords while the block runs, computed in processes of their own as `HASHER` does it, at this priority. With a `hasher`, which is
    for tests, its threads compute.
    """
    aside = Aside(HASHER, priority=priority) if hasher is None else None
    chosen: Hasher = aside or hasher or HASHER
    pool = ThreadPoolExecutor(min(_AT_ONCE, _processors()), thread_name_prefix="argon2")
    try:
        # Hashed with the same parameters as everybody's, but for hashes of earlier parameters that were not used since: what makes an
        # unknown name take as long as a wrong password. Where that is not enough, refusals come on a grid of time (`web.sign_in`).
        stand_in = await asyncio.get_running_loop().run_in_executor(pool, lambda: chosen.hash(secrets.token_bytes(16)))
        yield Passwords(chosen, pool, stand_in)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        if aside is not None:
            aside.close()


def hash_password(hasher: Hasher, given: str) -> str:
    """The hash to store; takes some 130 ms."""
    return hasher.hash(_bytes(given))


def _processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _bytes(given: str) -> bytes:
    # The same letters typed on another system are the same password (RFC 8265, OpaqueString).
    return unicodedata.normalize("NFC", given).encode("utf-8", "surrogatepass")
