"""People's passwords in Redmine for the time of an action: in memory, for minutes, and nowhere else."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NoReturn

from pydantic import SecretStr

from adapters.erp.directory import Directory

__all__ = ["RedminePasswords"]


class RedminePasswords:
    """Fetches a password when it is needed, and keeps it a little so that ten comments do not ask ten times.

    Several who want one password at a time share one request. It cannot be pickled, and shows no value.
    """

    def __init__(
        self, directory: Directory, *, keep_s: float = 180.0, most: int = 500, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`keep_s`: seconds that a password is kept. `most`: passwords kept at a time; the oldest gives way."""
        self._directory, self._keep_s, self._most, self._clock = directory, keep_s, most, clock
        self._kept: OrderedDict[str, tuple[float, SecretStr]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[SecretStr]] = {}

    def __repr__(self) -> str:
        return f"<RedminePasswords: {len(self._kept)} kept>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("passwords are not to leave the process")

    async def get(self, login: str) -> SecretStr:
        """The password, from memory or from the ERP. Raises as `Directory.redmine_password` does; failures are not remembered.

        A caller that is cancelled leaves the others their answer.
        """
        key = login.strip().lower()
        self._expire()
        if (found := self._kept.get(key)) is not None:
            return found[1]
        asking = self._asking.get(key)
        if asking is None:
            asking = self._asking[key] = asyncio.create_task(self._ask(key), name="redmine-password")
            asking.add_done_callback(lambda done: self._asked(key, done))
        return await asyncio.shield(asking)

    def forget(self, login: str | None = None) -> None:
        """Drops one password, or all: when Redmine refused it, when the person signed out or was blocked.

        An answer that is still on its way will not be kept.
        """
        if login is None:
            self._kept.clear()
            self._asking.clear()
        else:
            self._kept.pop(login.strip().lower(), None)
            self._asking.pop(login.strip().lower(), None)

    async def _ask(self, key: str) -> SecretStr:
        password = await self._directory.redmine_password(key)
        if self._asking.get(key) is asyncio.current_task():
            self._kept[key] = self._clock() + self._keep_s, password
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return password

    def _asked(self, key: str, task: asyncio.Task[SecretStr]) -> None:
        if self._asking.get(key) is task:
            del self._asking[key]
        if not task.cancelled():
            task.exception()  # whoever asked may have left: mark it as seen

    def _expire(self) -> None:
        """Drops what is too old: the oldest stand first."""
        now = self._clock()
        while self._kept and next(iter(self._kept.values()))[0] <= now:
            self._kept.popitem(last=False)
