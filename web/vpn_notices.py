"""Closes what the inbox says of an end of VPN access once that is no longer true: it is done, on all screens, and no push follows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.erp.reminders import SOURCE, reminds_of
from hub.accept import chunks
from hub.accounts import profiles
from hub.levels import Mark
from hub.store import events, inbox
from hub.writer import StoreUnavailable

__all__ = ["VpnNotices"]

_OF_THE_ERP = "erp.vpn"
"""Rows of the ERP's event view with the KIND vpn. They name no date, so only a renewal ends them."""
_PEOPLE, _MOST = 200, 5000
"""People that are looked at by one query, and notices of theirs; nobody has a dozen that are open."""
_DEVICE = "vpn"
"""Stands in the ledger where a person's device stands that has read a notice."""

_log = structlog.get_logger("web.vpn")


class VpnNotices:
    """One for all people. Closing again what is closed changes nothing."""

    def __init__(self, engine: AsyncEngine, mark: Callable[[Mark], Awaitable[int]], *, clock: Callable[[], datetime]) -> None:
        """`mark` is that of `hub.hub.Hub`; `clock` gives the time in UTC."""
        self._engine, self._mark, self._clock = engine, mark, clock

    async def renewed(self, user_id: int, until: date) -> None:
        """Access ends on `until` now: reminders of other days close, and so does what the ERP itself wrote of it.

        Raises nothing when the store is away: the renewal stands, and `moved` follows within `adapters.erp.reminders.LOOK_S`.
        """
        which = sa.or_(events.c.source == SOURCE, events.c.type == _OF_THE_ERP)
        try:
            await self._close(inbox.c.user_id == user_id, lambda _person: until, which)
        except (SQLAlchemyError, StoreUnavailable, TimeoutError):
            _log.warning("vpn_notices_left_open", user_id=user_id, exc_info=True)

    async def moved(self, stands: Mapping[int, date | None]) -> None:
        """By a person's id in the ERP, the day that stands there instead of the one they were reminded of; None: none that is near.

        Raises SQLAlchemyError and StoreUnavailable.
        """
        for some in chunks(stands, _PEOPLE):
            await self._close(profiles.c.erp_id.in_(some), lambda erp_id: stands[erp_id], events.c.source == SOURCE)

    async def _close(self, whose: sa.ColumnElement[bool], until: Callable[[int], date | None], which: sa.ColumnElement[bool]) -> None:
        """`until` tells by the id in the ERP which day's reminders stay. One query for all, one mark for each who has any."""
        query = (
            sa.select(inbox.c.user_id, profiles.c.erp_id, events.c.source, events.c.event_id)
            .select_from(inbox)
            .join(events, inbox.c.event_pk == events.c.pk)
            .join(profiles, profiles.c.user_id == inbox.c.user_id)
            .where(whose, inbox.c.done_at.is_(None), which)
            .order_by(inbox.c.seq.desc())
            .limit(_MOST)
        )
        async with self._engine.connect() as connection:
            found = (await connection.execute(query)).all()
        ids: dict[int, list[str]] = {}
        for row in found:
            if row.source != SOURCE or reminds_of(row.event_id) != until(row.erp_id):
                ids.setdefault(row.user_id, []).append(row.event_id)
        for user_id, closed in ids.items():
            await self._mark(Mark(user_id=user_id, change="done", device=_DEVICE, now=self._clock(), ids=tuple(closed)))
            _log.info("vpn_notices_closed", user_id=user_id, count=len(closed))
