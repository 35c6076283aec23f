"""People's profiles: what the ERP says of them, kept here, and the renewal of VPN access by its rules."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.erp.errors import ErpError
from adapters.erp.person import ErpPerson
from hub.accounts import profiles
from hub.hub import utc_now
from hub.tasks import end
from web.audit import SYSTEM, Origin
from web.avatars import Avatars, Workshop, open_workshop
from web.errors import BadField, WebError
from web.i18n import N_
from web.people import People
from web.settings import Settings
from web.signatures import Signatures
from web.vpn import KeyReused, Renewal, Renewals, Unsettled, VpnDirectory
from web.vpn_rules import Access, VpnRules
from web.vpn_settler import Settler

__all__ = ["Profile", "ProfileDirectory", "Profiles", "open_profiles"]

_LOOK_S = 6.0
_WRITE_S = 6.0
"""Together below the 15 s that the page waits. What takes longer goes on by itself and shows at the next look."""
_AT_ONCE = 50
_ERP_AWAY = N_("The ERP is not answering. Nothing was changed.")
_WHY = {
    "no_vpn": N_("You have no VPN access. Ask the administrators for it."),
    "not_active": N_("Your access to the ERP is closed, so VPN access cannot be renewed."),
    "department": N_("People of your department do not renew VPN access themselves. Ask your manager."),
    "early": N_("It is too early: VPN access can be renewed from {day} on."),
}


class ProfileDirectory(VpnDirectory, Protocol):
    """The part of `adapters.erp.directory.Directory` that is needed here."""

    async def person(self, erp_id: int) -> ErpPerson | None:
        """What the ERP says of them now; None: no such row."""

    def today(self) -> date:
        """The day by the ERP's wall clock."""


class Profile:
    """A row of `profiles`, with the dates as dates."""

    def __init__(self, row: sa.Row[Any]) -> None:
        self.erp_id: int = row.erp_id
        self.shown = {name: getattr(row, name) for name in ("email", "office", "department", "post", "phone", "standing")}
        self.checked_at: datetime = row.checked_at
        self.access = Access(
            vpn=bool(row.vpn),
            until=date.fromisoformat(row.vpn_until) if row.vpn_until else None,
            department=row.department,
            standing=row.standing,
        )


class Profiles:
    """Everything behind the routes. Made by `open_profiles`. Without a directory the ERP is not set up, and nothing is asked of it."""

    def __init__(
        self, engine: AsyncEngine, people: People, directory: ProfileDirectory | None, rules: VpnRules, workshop: Workshop
    ) -> None:
        self.people = people
        self.avatars = Avatars(engine)
        self.signatures = Signatures(engine)
        self.workshop = workshop
        self.rules = rules
        self.directory = directory
        self.renewals = Renewals(engine, directory, clock=utc_now) if directory else None
        self._engine = engine
        self._running: set[asyncio.Task[Renewal]] = set()

    async def find(self, user_id: int) -> Profile | None:
        """What the ERP last said of the person; None for local accounts."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(sa.select(profiles).where(profiles.c.user_id == user_id))).one_or_none()
        return None if row is None else Profile(row)

    async def look(self, user_id: int) -> Profile | None:
        """Asks the ERP anew, keeps what it says and returns it. Raises WebError 503 with the error's code."""
        known = await self.find(user_id)
        if known is None or self.directory is None:
            return known
        try:
            async with asyncio.timeout(_LOOK_S):
                person = await self.directory.person(known.erp_id)
        except TimeoutError:
            raise WebError(503, "erp_slow", _ERP_AWAY) from None
        except ErpError as error:
            raise WebError(503, error.code, _ERP_AWAY) from None
        values: dict[str, Any] = {"standing": "gone", "checked_at": utc_now()}
        if person is not None:
            values |= {name: getattr(person, name)[:255] for name in ("email", "office", "department", "post")}
            until = person.vpn_until.isoformat() if person.vpn_until else None
            values |= {"phone": person.phone[:64], "standing": person.standing, "vpn": person.vpn, "vpn_until": until}
        async with self._engine.begin() as connection:
            await connection.execute(sa.update(profiles).where(profiles.c.user_id == user_id).values(**values))
        if person is not None and self.renewals is not None:
            await self.renewals.heard(user_id, person.vpn_until, SYSTEM)
        return await self.find(user_id)

    async def renew(self, user_id: int, until: date, key: str, origin: Origin) -> Renewal:
        """The renewal as it stands within `_WRITE_S`; what takes longer goes on. Raises WebError when it may not or cannot be."""
        if self.renewals is None or self.directory is None or (known := await self.find(user_id)) is None:
            raise WebError(409, "no_erp", N_("This account is not one of the ERP's."))
        if len(self._running) >= _AT_ONCE:
            raise WebError(503, "busy", N_("The ERP is busy. Nothing was changed, try again in a moment."), headers={"Retry-After": "3"})
        try:
            earlier = await self.renewals.find(user_id, key, until)
            if earlier is None:
                known = await self._permitted(user_id, until) or known
            work = asyncio.create_task(
                self.renewals.renew(
                    user_id,
                    known.erp_id,
                    key=key,
                    until=until,
                    before=known.access.until,
                    origin=origin,
                ),
                name="vpn_renewal",
            )
            self._running.add(work)
            work.add_done_callback(self._finished)
            done, _ = await asyncio.wait((work,), timeout=_WRITE_S)
            if done:
                return work.result()
            found = await self.renewals.find(user_id, key, until)
        except KeyReused:
            raise WebError(
                409, "key_reused", N_("This key was used for another date. Reload the page and try again."), field="key"
            ) from None
        except Unsettled:
            raise WebError(
                409, "unsettled", N_("The ERP has not confirmed your last renewal yet. Wait for it, or repeat that one.")
            ) from None
        if found is None:
            raise WebError(503, "busy", N_("The ERP is busy. Nothing was changed, try again in a moment."))
        return found

    async def aclose(self) -> None:
        """Ends the renewals that still run: their wishes are open in the store and are settled after the next start."""
        await end(tuple(self._running))

    async def _permitted(self, user_id: int, until: date) -> Profile | None:
        """The profile as the ERP has it now. Raises WebError when the person may not have this date."""
        assert self.directory is not None  # noqa: S101 - the caller has looked
        profile = await self.look(user_id)
        if profile is None:
            return None
        last = await self.renewals.last(user_id) if self.renewals else None
        if last is not None and last.open:
            raise Unsettled
        offer = self.rules.offer(profile.access, self.directory.today())
        if offer.why:
            raise WebError(403, offer.why, _WHY[offer.why], day=offer.from_day)
        if not (offer.min_until and offer.max_until and offer.min_until <= until <= offer.max_until):
            message = N_("Choose a day from {first} to {last}.")
            raise BadField("until", message, first=offer.min_until, last=offer.max_until)
        return profile

    def _finished(self, work: asyncio.Task[Renewal]) -> None:
        self._running.discard(work)
        if not work.cancelled():
            work.exception()  # somebody who waits sees it; otherwise the open wish tells


@asynccontextmanager
async def open_profiles(
    engine: AsyncEngine, people: People, settings: Settings, directory: ProfileDirectory | None
) -> AsyncIterator[Profiles]:
    """Profiles with their workshop of pictures and the task that settles VPN renewals, while the block runs."""
    async with open_workshop() as workshop:
        made = Profiles(engine, people, directory, VpnRules.of(settings), workshop)
        settling = [asyncio.create_task(Settler(made.renewals).run(), name="vpn_settler")] if made.renewals else []
        try:
            yield made
        finally:
            await end(tuple(settling))
            await made.aclose()
