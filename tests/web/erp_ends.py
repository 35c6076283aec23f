"""The ERP's end for tests of the profile: one person's row, whose answers can be lost, late or refused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.erp.errors import ErpError
from adapters.erp.person import ErpPerson
from hub.accounts import profiles
from hub.hub import utc_now

__all__ = ["TODAY", "OneRow", "keep_profile"]

TODAY = date(2026, 11, 28)


@dataclass
class OneRow:
    """An ERP of one person. `write` and `read` are asked once each time and may raise, wait, or do the thing and raise."""

    row: ErpPerson = field(
        default_factory=lambda: ErpPerson(
            erp_id=501,
            login="anna",
            full_name="Анна Петрова",
            email="anna@tez.example",
            office="Москва",
            department="Служба поддержки",
            post="Инженер",
            phone="7-11",
            vpn=True,
            vpn_until=TODAY + timedelta(days=10),
            standing="active",
        )
    )
    writes: list[date] = field(default_factory=list)
    """What was committed, in order."""
    before_write: list[ErpError] = field(default_factory=list)
    """Raised instead of the next writes."""
    after_write: list[ErpError] = field(default_factory=list)
    """Raised after the next commits: their answers are lost."""
    silent_after_write: list[ErpError] = field(default_factory=list)
    """Raised instead of the reads that follow the next commit."""
    before_read: list[ErpError] = field(default_factory=list)
    held: asyncio.Event | None = None
    """Writes wait for it."""
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    """A write has come."""

    async def person(self, erp_id: int) -> ErpPerson | None:
        """The row."""
        self._read()
        return self.row if erp_id == self.row.erp_id else None

    async def vpn_until(self, erp_id: int) -> date | None:
        """Its date."""
        self._read()
        return self.row.vpn_until if erp_id == self.row.erp_id else None

    async def renew_vpn(self, erp_id: int, until: date) -> None:
        """Commits a date."""
        self.reached.set()
        if self.held is not None:
            await self.held.wait()
        if self.before_write:
            raise self.before_write.pop(0)
        self.row = replace(self.row, vpn_until=until)
        self.writes.append(until)
        self.before_read, self.silent_after_write = self.before_read + self.silent_after_write, []
        if self.after_write:
            raise self.after_write.pop(0)

    def today(self) -> date:
        """Always the same day."""
        return TODAY

    def _read(self) -> None:
        if self.before_read:
            raise self.before_read.pop(0)


async def keep_profile(engine: AsyncEngine, user_id: int, person: ErpPerson, *, at: datetime | None = None) -> None:
    """A profile as signing in leaves it."""
    async with engine.begin() as connection:
        await connection.execute(
            sa.insert(profiles).values(
                user_id=user_id,
                erp_id=person.erp_id,
                email=person.email,
                office=person.office,
                department=person.department,
                post=person.post,
                phone=person.phone,
                vpn=person.vpn,
                vpn_until=person.vpn_until.isoformat() if person.vpn_until else None,
                standing=person.standing,
                checked_at=at or utc_now(),
            )
        )
