"""The task that finds out what became of VPN renewals which the ERP has not confirmed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.writer import StoreUnavailable
from web.vpn import Renewals

__all__ = ["Settler"]

_FIRST_S = 5.0
_MOST_S = 300.0

_log = structlog.get_logger("web.vpn")


class Settler:
    """Reads back, first after seconds, then ever less often, up to every five minutes; a new wish starts over.

    Each wish has its deadline (`web.vpn.GIVEN_UP`), each round takes 100 of them at most, one after the other.
    """

    def __init__(self, renewals: Renewals, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._renewals = renewals
        self._sleep = sleep

    async def run(self) -> None:
        """For ever. Two nodes that both look harm nothing: reading back changes nothing in the ERP."""
        wait, known = _FIRST_S, -1
        while True:
            await self._sleep(wait * random.uniform(0.8, 1.2))  # noqa: S311 - spreads nodes, guards nothing
            try:
                newest = await self.round()
            except (SQLAlchemyError, StoreUnavailable, TimeoutError):  # the store is away: everything waits, nothing is lost
                _log.warning("vpn_settle_failed", exc_info=True)
                newest = known
            wait = _FIRST_S if newest is None or newest > known else min(wait * 2, _MOST_S)
            known = newest if newest is not None else known

    async def round(self) -> int | None:
        """Looks once after each open wish; returns the newest one's id, None if there was none."""
        newest = None
        for wish, erp_id in await self._renewals.open_wishes():
            await self._renewals.settle(wish, erp_id)
            newest = wish.id
        return newest
