"""What is watched, as it changes: the hosts file, looked at again and again, and the hosts of the page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from adapters.netmonitor.inventory.faults import Fault, InventoryErrors, fault
from adapters.netmonitor.inventory.join import Joined, join
from adapters.netmonitor.inventory.store import HostStore, Page
from adapters.netmonitor.inventory.toml_file import MOST_BYTES, decode_toml, parse_toml
from adapters.netmonitor.values import Inventory
from hub.hub import utc_now
from hub.writer import StoreUnavailable

__all__ = ["FileState", "Loader", "read_file"]

_log = structlog.get_logger("adapters.netmonitor.inventory")

_Mark = tuple[int, int, int]
"""Time of the last change in nanoseconds, size, inode: another one is another version of the file."""
_TOLD = 5
"""Faults in a log line."""


def read_file(path: Path) -> Inventory:
    """The hosts file. Blocking. Raises InventoryErrors, for a file that cannot be read too."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InventoryErrors([fault("unreadable", part="file", what=error.strerror or type(error).__name__)]) from None
    return parse_toml(decode_toml(content))


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """How the hosts file is."""

    path: Path
    inventory: Inventory
    """Of the last version that was good; empty before there was one."""
    read_at: datetime | None = None
    """When that was read."""
    faults: tuple[Fault, ...] = ()
    """What is wrong with the version that lies there now; empty: it is the one that holds."""


class Loader:
    """The inventory that holds. It changes only in `poll`, which is cheap while nothing has changed: a `stat` and a row.

    A broken version of the file changes nothing: the last good one holds, and `faults` says why.
    """

    def __init__(self, path: Path | None, store: HostStore) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._file = FileState(path=path, inventory=Inventory()) if path is not None else None
        self._read: _Mark | None = None
        self._seen: _Mark | None = None
        self._page = Page({})
        self._revision: str | None = None
        self._joined = Joined(Inventory())
        self._begun = self._away = False

    @property
    def inventory(self) -> Inventory:
        """What is watched. The same object as long as nothing of it changes."""
        return self._joined.inventory

    @property
    def file(self) -> FileState | None:
        """The hosts file; None: there is none."""
        return self._file

    @property
    def page(self) -> Page:
        """The hosts of the page, as they were at the last `poll` that reached the store."""
        return self._page

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything that is wrong now and was got round: with the file, with the page's hosts, with the two together."""
        return (*(self._file.faults if self._file else ()), *self._page.faults, *self._joined.faults)

    async def poll(self) -> Inventory:
        """Looks whether something has changed; the inventory that holds now. Once a second is enough. Calls at once share one look."""
        async with self._lock:
            changed = await self._poll_file()
            changed = await self._poll_page() or changed
            if changed:
                joined, same = await asyncio.to_thread(_joined, self._file, self._page, self.inventory)
                for one in joined.faults:
                    if one not in self._joined.faults:
                        _log.warning("host_does_not_fit", what=one.said())
                self._joined = Joined(self.inventory if same else joined.inventory, joined.faults)
            return self.inventory

    async def _poll_file(self) -> bool:
        if self._file is None:
            return False
        mark = await asyncio.to_thread(_mark, self._file.path)
        # a file that is just being written is left alone until two looks find it alike
        settled, self._seen = mark == self._seen or not self._begun, mark
        if not settled or (mark == self._read and self._begun):
            return False
        self._begun, self._read = True, mark
        return await self._read_file(self._file)

    async def _read_file(self, old: FileState) -> bool:
        try:
            inventory = await asyncio.to_thread(read_file, old.path)
        except InventoryErrors as errors:
            self._file = FileState(path=old.path, inventory=old.inventory, read_at=old.read_at, faults=errors.faults)
            said = [one.said() for one in errors.faults[:_TOLD]]
            _log.warning("hosts_file_broken", path=str(old.path), faults=len(errors.faults), what=said, kept=len(old.inventory.hosts))
            return False
        self._file = FileState(path=old.path, inventory=inventory, read_at=utc_now())
        _log.info("hosts_file_read", path=str(old.path), hosts=len(inventory.hosts), groups=len(inventory.groups))
        return True

    async def _poll_page(self) -> bool:
        try:
            revision = await self._store.revision()
            if revision == self._revision:
                changed = False
            else:
                self._page, self._revision = await self._store.page(), revision
                changed = True
        except StoreUnavailable:  # the store is away: what was known holds
            if not self._away:
                self._away = True
                _log.warning("network_hosts_unread", exc_info=True)
            return False
        if self._away:
            self._away = False
            _log.info("network_hosts_read_again")
        return changed


def _joined(file: FileState | None, page: Page, before: Inventory) -> tuple[Joined, bool]:
    """File and page together, and whether that is what there was before: looking through thousands of hosts is nothing for the loop."""
    joined = join(file.inventory if file else Inventory(), page.hosts)
    return joined, joined.inventory == before


def _mark(path: Path) -> _Mark | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
