"""Renewing VPN access in the ERP: once for each wish, read back after each write, and never told otherwise than it is.

A wish is a row of `vpn_renewals`, written before the ERP is asked, so that a lost answer, a lost process and a double click
all find it. Its states:

    asked     the ERP is being asked, or the process that asked is gone
    done      the date was read back from the ERP
    refused   it does not stand there, and `code` says why
    unknown   the ERP was asked and has not confirmed: `web.vpn_settler` reads back until it is one of the above

A wish is open until it is settled; one that is given up on is settled and stays unknown.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Literal, Protocol, cast
from weakref import WeakValueDictionary

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.erp.errors import ErpError, ErpRule, ErpSlow, ErpUnavailable
from hub.accounts import profiles, vpn_renewals
from hub.store import users
from web.audit import SYSTEM, Origin, record

__all__ = ["KeyReused", "Renewal", "RenewalState", "Renewals", "Unsettled", "VpnDirectory"]

RenewalState = Literal["asked", "done", "unknown", "refused"]
LANDING = timedelta(minutes=10)
"""So long after a write without an answer it may still be committed: a network that was frozen lets a statement through late, and a
database notices only after minutes that a client is gone. Until then the old date proves nothing."""
GIVEN_UP = timedelta(days=2)
"""After so long without a word from the ERP the wish is closed as `gave_up`: still unknown, but the person may wish anew."""

_SETTLED = ("done", "refused")

_log = structlog.get_logger("web.vpn")


class VpnDirectory(Protocol):
    """The part of `adapters.erp.directory.Directory` that is needed here. Every call ends by itself and raises ErpError only."""

    async def vpn_until(self, erp_id: int) -> date | None:
        """The last day of VPN access as the ERP has it."""

    async def renew_vpn(self, erp_id: int, until: date) -> None:
        """Sets it and commits."""


class Unsettled(Exception):
    """Another wish of the person still waits for the ERP's word."""


class KeyReused(Exception):
    """The key stands for a wish for another date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """One wish."""

    id: int
    user_id: int
    key: str
    until: date
    before: date | None
    state: RenewalState
    code: str
    """Why it is refused or unknown: a code of an ErpError; `not_taken`: another date stands there; `changed`: a third one does, and
    nothing was written over it; `interrupted`: the process that asked is gone; `gave_up`."""
    message: str
    """The ERP's own sentence where a rule of its refused, else empty."""
    asked_at: datetime
    """When the ERP was last told to write it."""
    settled_at: datetime | None

    @property
    def open(self) -> bool:
        """Whether the last word is still to come."""
        return self.settled_at is None

    @property
    def at(self) -> datetime:
        """When it came to its state."""
        return self.settled_at or self.asked_at


class Renewals:
    """The wishes, and the way to the ERP. `clock` gives the time in UTC."""

    def __init__(self, engine: AsyncEngine, directory: VpnDirectory, *, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._directory = directory
        self._clock = clock
        self.on_done: list[Callable[[int, date], Awaitable[None]]] = []
        """Told whose wish is done, and the day that stands now, after it was written down. May raise nothing."""
        self._locks: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def find(self, user_id: int, key: str, until: date) -> Renewal | None:
        """The wish with this key, or None. Raises KeyReused when it was for another date."""
        async with self._engine.connect() as connection:
            found = await _first(connection, vpn_renewals.c.user_id == user_id, vpn_renewals.c.key == key)
        if found is not None and found.until != until:
            raise KeyReused
        return found

    async def last(self, user_id: int) -> Renewal | None:
        """The person's latest wish."""
        async with self._engine.connect() as connection:
            return await _first(connection, vpn_renewals.c.user_id == user_id)

    async def renew(self, user_id: int, erp_id: int, *, key: str, until: date, before: date | None, origin: Origin) -> Renewal:
        """Carries the wish out, or what is left of it, and returns it as it stands then; `unknown` counts as an answer.

        With a key that was used before for the same date, the ERP is read first and written only if needed; a settled wish is
        returned as it is. Raises KeyReused, Unsettled. The caller has checked that the person may.
        """
        lock = self._locks.setdefault(user_id, asyncio.Lock())
        async with lock:
            wish = await self.find(user_id, key, until)
            if wish is None:
                wish, fresh = await self._ask(user_id, key, until, before)
            else:
                fresh = False
            if not wish.open or fresh:
                return await self._write(wish, erp_id, origin) if fresh else wish
            wish = await self._look(wish, erp_id, origin, final=False)
            if not wish.open or wish.code == "changed":
                return wish
            return await self._write(await self._again(wish), erp_id, origin)

    async def settle(self, wish: Renewal, erp_id: int) -> Renewal:
        """Reads back for a wish that nobody waits for, and returns it as it stands then. Writes nothing to the ERP.

        That the old date stands there says that nothing was taken only once `LANDING` is over.
        """
        lock = self._locks.setdefault(wish.user_id, asyncio.Lock())
        async with lock:
            async with self._engine.connect() as connection:
                now_stands = await _first(connection, vpn_renewals.c.id == wish.id)
            if now_stands is None or not now_stands.open:
                return now_stands or wish
            late = self._clock() - now_stands.asked_at
            settled = await self._look(now_stands, erp_id, SYSTEM, final=late > LANDING)
            if settled.open and late > GIVEN_UP:
                return await self._put(settled, SYSTEM, state="unknown", code="gave_up")
            return settled

    async def heard(self, user_id: int, stands: date | None, origin: Origin) -> None:
        """Takes in a date that was read from the ERP for another reason: an open wish for it is done."""
        wish = await self.last(user_id)
        if wish is not None and wish.open and stands == wish.until:
            await self._put(wish, origin, state="done", stands=stands)

    async def open_wishes(self, limit: int = 100) -> list[tuple[Renewal, int]]:
        """Wishes without a word from the ERP, oldest first, each with the person's id there."""
        query = (
            sa.select(vpn_renewals, profiles.c.erp_id)
            .join(profiles, profiles.c.user_id == vpn_renewals.c.user_id)
            .where(vpn_renewals.c.settled_at.is_(None))
            .order_by(vpn_renewals.c.id)
            .limit(limit)
        )
        async with self._engine.connect() as connection:
            return [(_renewal(row), int(row.erp_id)) for row in await connection.execute(query)]

    # -- within

    async def _ask(self, user_id: int, key: str, until: date, before: date | None) -> tuple[Renewal, bool]:
        """A new wish, and True; or the one that another node has just written for the same key, and False."""
        values = {
            "user_id": user_id,
            "key": key,
            "until": until.isoformat(),
            "before": before.isoformat() if before else None,
            "state": "asked",
            "asked_at": self._clock(),
        }
        try:
            async with self._engine.begin() as connection:
                # the person's row is the lock between nodes
                await connection.execute(sa.update(profiles).where(profiles.c.user_id == user_id).values(vpn=profiles.c.vpn))
                open_one = await _first(connection, vpn_renewals.c.user_id == user_id, vpn_renewals.c.settled_at.is_(None))
                if open_one is not None and (open_one.key, open_one.until) != (key, until):
                    raise Unsettled
                if open_one is not None:
                    return open_one, False
                made = await connection.execute(sa.insert(vpn_renewals).values(**values))
                number = int(made.inserted_primary_key[0])  # type: ignore[index]  # an insert of one row has one
                found = await _first(connection, vpn_renewals.c.id == number)
        except sa.exc.IntegrityError:
            known = await self.find(user_id, key, until)
            if known is None:
                raise
            return known, False
        return cast("Renewal", found), True

    async def _again(self, wish: Renewal) -> Renewal:
        """The wish, to be written once more: what may still land late counts from here."""
        now = self._clock()
        async with self._engine.begin() as connection:
            await connection.execute(sa.update(vpn_renewals).where(vpn_renewals.c.id == wish.id).values(asked_at=now))
        return replace(wish, asked_at=now)

    async def _write(self, wish: Renewal, erp_id: int, origin: Origin) -> Renewal:
        doubt = ""
        try:
            await self._directory.renew_vpn(erp_id, wish.until)
        except ErpRule as error:
            return await self._put(wish, origin, state="refused", code=error.code, message=error.message)
        except (ErpSlow, ErpUnavailable) as error:
            doubt = error.code
        except ErpError as error:  # said before anything was committed
            return await self._put(wish, origin, state="refused", code=error.code)
        if doubt:
            wish = await self._put(wish, origin, state="unknown", code=doubt)
        return await self._look(wish, erp_id, origin, final=not doubt)

    async def _look(self, wish: Renewal, erp_id: int, origin: Origin, *, final: bool) -> Renewal:
        """Reads back. `final`: another date than the wished one proves that the ERP did not take it."""
        try:
            stands = await self._directory.vpn_until(erp_id)
        except ErpError as error:
            return await self._put(wish, origin, state="unknown", code=error.code)
        if stands == wish.until:
            return await self._put(wish, origin, state="done", stands=stands)
        if final:
            return await self._put(wish, origin, state="refused", code="not_taken", stands=stands)
        code = "changed" if stands != wish.before else wish.code or "interrupted"
        return await self._put(wish, origin, state="unknown", code=code)

    async def _put(
        self, wish: Renewal, origin: Origin, *, state: RenewalState, code: str = "", message: str = "", stands: date | None = None
    ) -> Renewal:
        """Keeps the new state, with the date as read where it was; written down in the audit log when it changed."""
        now = self._clock()
        became = replace(
            wish, state=state, code=code, message=message[:300], settled_at=now if state in _SETTLED or code == "gave_up" else None
        )
        if (became.state, became.code) == (wish.state, wish.code):
            return wish
        async with self._engine.begin() as connection:
            values = {"state": state, "code": code, "message": became.message, "settled_at": became.settled_at}
            still_open = (vpn_renewals.c.id == wish.id, vpn_renewals.c.settled_at.is_(None))
            if not (await connection.execute(sa.update(vpn_renewals).where(*still_open).values(**values))).rowcount:
                return await _first(connection, vpn_renewals.c.id == wish.id) or wish  # another node had the last word
            if stands is not None:
                await connection.execute(sa.update(profiles).where(profiles.c.user_id == wish.user_id).values(vpn_until=stands.isoformat()))
            if state != wish.state:
                name = await connection.scalar(sa.select(users.c.name).where(users.c.id == wish.user_id))
                await record(
                    connection,
                    origin,
                    f"vpn.{_ACTIONS[state]}",
                    at=now,
                    subject_id=wish.user_id,
                    subject=name or "",
                    before={"until": wish.before.isoformat() if wish.before else None},
                    after={"until": wish.until.isoformat(), "code": code} if code else {"until": wish.until.isoformat()},
                )
        _log.info("vpn_renewal", user_id=wish.user_id, renewal=wish.id, state=state, code=code)
        if state == "done":
            for told in self.on_done:
                await told(wish.user_id, wish.until)
        return became


_ACTIONS: dict[RenewalState, str] = {"asked": "asked", "done": "renewed", "refused": "refused", "unknown": "unconfirmed"}


async def _first(connection: AsyncConnection, *where: sa.ColumnElement[bool]) -> Renewal | None:
    query = sa.select(vpn_renewals).where(*where).order_by(vpn_renewals.c.id.desc()).limit(1)
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else _renewal(row)


def _renewal(row: Any) -> Renewal:
    return Renewal(
        id=row.id,
        user_id=row.user_id,
        key=row.key,
        until=date.fromisoformat(row.until),
        before=date.fromisoformat(row.before) if row.before else None,
        state=row.state,
        code=row.code,
        message=row.message,
        asked_at=row.asked_at,
        settled_at=row.settled_at,
    )
