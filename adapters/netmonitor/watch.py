"""What is watched, as this node knows it: the file and the admin page's hosts, maintenance and acknowledgements, followed as they change.

Every node asks once a second for one number of the store's and for the file's time; it reads the rest when one of the two is another.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapters.netmonitor.inventory.loader import Loader
from adapters.netmonitor.standing import Standing
from adapters.netmonitor.values import Ack, Host, Inventory, Window
from hub.tasks import heed_cancellation
from hub.writer import StoreUnavailable

__all__ = ["Known", "Watch"]

_log = structlog.get_logger("netmonitor")
_LOOK_S = 1.0
_STORE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """All of it, as of one look."""

    inventory: Inventory
    by_id: dict[str, Host]
    windows: tuple[Window, ...]
    acks: tuple[Ack, ...]


class Watch:
    """`run` is one task for the life of the process."""

    def __init__(self, loader: Loader, standing: Standing) -> None:
        self._loader, self._standing = loader, standing
        self._known: Known | None = None
        self._revision: str | None = None
        self._reading = asyncio.Lock()
        self._changed = asyncio.Event()

    @property
    def known(self) -> Known:
        """What is watched; nothing before the first look."""
        return self._known or Known(inventory=Inventory(), by_id={}, windows=(), acks=())

    async def first(self) -> Known:
        """Waits for the first look."""
        while self._known is None:
            await self._changed.wait()
        return self._known

    async def newer(self, than: Known) -> Known:
        """Waits until something is another than `than`."""
        while self._known is None or self._known is than:
            await self._changed.wait()
        return self._known

    async def run(self) -> None:
        """Follows the changes until cancelled."""
        failures = 0
        while True:
            heed_cancellation()
            try:
                await self.refresh()
            except (SQLAlchemyError, StoreUnavailable, TimeoutError, OSError) as error:
                failures += 1
                if failures == 1:
                    _log.warning("netmonitor_inventory_away", error=type(error).__name__)
            except Exception:  # a bug must not end the following for good
                failures += 1
                if failures == 1:
                    _log.exception("netmonitor_inventory_failed")
            else:
                if failures:
                    _log.info("netmonitor_inventory_back", failures=failures)
                failures = 0
            await asyncio.sleep(_LOOK_S * min(5, 1 + failures))

    async def refresh(self) -> None:
        """Looks now: whoever has just changed something reads their own change. Raises SQLAlchemyError, StoreUnavailable, TimeoutError."""
        async with asyncio.timeout(_STORE_S), self._reading:
            revision = await self._standing.revision()  # before the rest: what changes meanwhile is seen at the next look
            inventory, before = await self._loader.poll(), self._known
            if before is not None and revision == self._revision and inventory is before.inventory:
                return
            known = Known(
                inventory=inventory,
                by_id={host.id: host for host in inventory.hosts},
                windows=tuple(await self._standing.windows()),
                acks=tuple(await self._standing.acks()),
            )
        self._revision = revision
        # the loader's object is the same as long as nothing of it changes, so thousands of hosts need not be compared
        if before is None or known.inventory is not before.inventory or (known.windows, known.acks) != (before.windows, before.acks):
            self._known = known
            self._changed.set()
            self._changed.clear()
