"""The ERP's people: who may sign in, what is known of them, their VPN date, their password in Redmine."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import oracledb
from pydantic import SecretStr

from adapters.erp.client import Erp
from adapters.erp.errors import ErpDataRefused, ErpMisconfigured
from adapters.erp.login import LOGINS, Login, LoginMode
from adapters.erp.person import ErpPerson, Rejected, Standing, day, person_of, secret, standing_of
from adapters.erp.queries import ErpQueries, with_list

__all__ = ["BLOCKED", "Directory", "ErpPerson", "Rejected", "Standing"]

BLOCKED = ("Заблокированный сотрудник",)
"""The words of AUTH_PERIOD_TYPE for a blocked person, unless the settings say others."""
_CHUNK = 500
"""Ids in one IN list; Oracle takes 1000 at most (ORA-01795)."""
_ENDING = 20_000
"""People whose VPN ends soon that are looked at."""


class Directory:
    """What other parts ask the ERP about people. Each call ends within the limits of `Erp`.

    Unless said otherwise a call raises an ErpError and nothing else; no text of one holds a value.
    """

    def __init__(
        self,
        erp: Erp,
        queries: ErpQueries | None = None,
        *,
        zone: ZoneInfo | None = None,
        login: LoginMode = "view",
        function: str = "erp_auth.check_password",
        blocked: Collection[str] = BLOCKED,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`zone` is the one of the ERP's wall clock. `login` says how a password is proven, `function` by which PL/SQL function.

        `blocked` are the words of AUTH_PERIOD_TYPE that mean a blocked person, whatever their case. Raises ErpMisconfigured for a
        `function` that is no plain name.
        """
        self.zone = zone or ZoneInfo("Europe/Moscow")
        self._erp, self._queries, self._now = erp, queries or ErpQueries(), now
        self._blocked = frozenset(" ".join(words.lower().split()) for words in blocked)
        self._login: Login = LOGINS[login](erp, self._queries, function)

    async def sign_in(self, login: str, password: str) -> ErpPerson:
        """The person, whose password is right and who has access. Raises Rejected or an ErpError.

        Whether the login exists shows neither in the answer nor in the number of round trips.
        """
        row = await self._login.prove(login, password)
        person = person_of(row, self._blocked)
        if person.standing == "blocked":
            raise Rejected("blocked", revealable=True)
        if person.standing == "none":
            raise Rejected("no_access", revealable=True)
        return person

    async def person(self, erp_id: int) -> ErpPerson | None:
        """What the ERP says of them now; None when it has no such row any more."""
        rows = await self._erp.fetch("person", self._queries.person, {"id": erp_id}, limit=1)
        return person_of(rows[0], self._blocked) if rows else None

    async def by_phone(self, digits: str, *, limit: int = 10) -> list[ErpPerson]:
        """Who is called by this number, blocked people left out. `digits`: the last ten of it, or all where it has fewer."""
        rows = await self._erp.fetch("people-by-phone", self._queries.people_by_phone, {"phone": digits}, limit=limit)
        people = [person_of(row, self._blocked) for row in rows]
        return [person for person in people if person.standing != "blocked"]

    async def standings(self, erp_ids: Collection[int]) -> dict[int, Standing]:
        """The access of each of them, `gone` for those without a row. Asks for 500 at a time; all or nothing."""
        wanted = sorted(set(erp_ids))
        found: dict[int, Standing] = dict.fromkeys(wanted, "gone")
        for start in range(0, len(wanted), _CHUNK):
            sql, binds = with_list(self._queries.standings, wanted[start : start + _CHUNK])
            for row in await self._erp.fetch("standings", sql, binds, limit=2 * _CHUNK):
                try:
                    found[int(row["user_id"])] = standing_of(row["auth_period_type"], self._blocked)
                except KeyError as error:
                    raise ErpMisconfigured(f"the query of standings gives no column {str(error.args[0]).upper()}") from None
        return {erp_id: found[erp_id] for erp_id in wanted}

    async def vpn_until(self, erp_id: int) -> date | None:
        """The last day of VPN access as it stands in the ERP; None: none is set, or there is no such person."""
        rows = await self._erp.fetch("vpn-until", self._queries.vpn_until, {"id": erp_id}, limit=1)
        return day(next(iter(rows[0].values()))) if rows else None

    async def vpn_ending(self, first: date, last: date) -> dict[int, date]:
        """Whose VPN access has its last day from `first` to `last`, both included, of people with access: in one query, 20,000 at most."""
        binds = {
            "first": datetime(first.year, first.month, first.day),
            "last": datetime(last.year, last.month, last.day) + timedelta(days=1),
        }
        found: dict[int, date] = {}
        for row in await self._erp.fetch("vpn-ending", self._queries.vpn_ending, binds, limit=_ENDING):
            try:
                until, standing = day(row["vpn_end_date"]), standing_of(row["auth_period_type"], self._blocked)
                if until is not None and standing == "active":
                    found[int(row["user_id"])] = until
            except KeyError as error:
                raise ErpMisconfigured(f"the query of ending VPN gives no column {str(error.args[0]).upper()}") from None
        return found

    async def renew_vpn(self, erp_id: int, until: date) -> None:
        """Sets the last day of VPN access, and commits. The same call again changes nothing more.

        After ErpSlow and ErpUnavailable the outcome is unknown: read `vpn_until` back. ErpRule holds the sentence with which the ERP
        declined. ErpDataRefused: not exactly one row would change; then nothing did.
        """
        sql, binds = self._queries.vpn_renew, {"until": datetime(until.year, until.month, until.day), "id": erp_id}

        async def update(connection: oracledb.AsyncConnection) -> None:
            with connection.cursor() as cursor:
                # DATE, not the TIMESTAMP that the client binds by itself: the column has no fraction
                cursor.setinputsizes(until=oracledb.DB_TYPE_DATE)
                await cursor.execute(sql, binds)
                count = cursor.rowcount
            if count != 1:
                raise ErpDataRefused(f"the VPN statement changes {count} rows")  # rolled back, for it was not committed
            await connection.commit()

        await self._erp.run("vpn-renew", update)

    async def redmine_password(self, login: str) -> SecretStr:
        """The person's password in Redmine. Raises LookupError when there is none; the text does not name the login."""
        rows = await self._erp.fetch("redmine-password", self._queries.redmine_password, {"login": login.strip().lower()}, limit=1)
        password = secret(next(iter(rows[0].values()))) if rows else ""
        if not password:
            raise LookupError("the ERP has no password for Redmine")
        return SecretStr(password)

    def today(self) -> date:
        """The day by the ERP's wall clock: the one that VPN dates are to be compared with."""
        return self._now().astimezone(self.zone).date()
