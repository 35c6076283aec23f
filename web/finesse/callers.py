"""Who calls: people behind a phone number, and their open tickets, as far as whoever asks may see them.

Three places know numbers: the ERP, Redmine's fields of people, and the contact centre's phone books. Each is asked for itself within a
deadline of its own, and one that does not answer costs its part of the answer alone: the card of a call that rings must not wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import structlog
from sqlalchemy.exc import SQLAlchemyError

from adapters.erp.directory import Directory
from adapters.erp.errors import ErpError
from adapters.erp.person import ErpPerson
from adapters.finesse.errors import FinesseError
from adapters.finesse.values import Contact
from adapters.redmine.errors import RedmineError
from adapters.redmine.phones import PhoneOwner, accounts_of, read_phones
from adapters.redmine.quality_cache import Cache
from adapters.redmine.tickets.listing import Filter, Listed
from hub.event import rfc3339
from hub.phone import digits_of
from hub.principal import Principal
from web.ticket_json import Names
from web.ticket_list import TicketList

__all__ = ["MOST_TICKETS", "PLACES", "Books", "Caller", "Callers", "Place", "Ticket", "name_of", "once"]

Place = Literal["erp", "redmine", "book"]
PLACES: tuple[Place, ...] = ("erp", "redmine", "book")
Books = Callable[[Principal, str], Awaitable[Sequence[Contact]]]
"""Those in the phone books of whoever asks whose number has these digits (`hub.phone.digits_of`)."""
MOST_TICKETS = 10
_MOST_PEOPLE = 10
_DEADLINE_S = 3.0
_LIFE_S = 60.0
"""So long what a place said of a number is good: of people, never of tickets."""
_log = structlog.get_logger("web.finesse")


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody who has the number."""

    kind: Place
    id: str
    name: str
    department: str = ""
    login: str = field(default="", repr=False)
    email: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """An open ticket of one of them."""

    row: Listed
    status: str
    priority: str
    project: str

    def json(self) -> dict[str, Any]:
        """As the card shows it."""
        updated = self.row.updated
        return {
            "id": self.row.id,
            "subject": self.row.subject,
            "status": self.status,
            "priority": self.priority,
            "project": self.project,
            "updated_at": None if updated is None else rfc3339(updated),
            "open": True,
        }


class Callers:
    """Looks numbers up. `places` says where; what is not set up is left out."""

    def __init__(
        self, places: Sequence[Place], *, directory: Directory | None, tickets: TicketList, books: Books, deadline_s: float = _DEADLINE_S
    ) -> None:
        self._places, self._directory, self.tickets, self._books = places, directory, tickets, books
        self._deadline_s = deadline_s
        self._erp: Cache[list[ErpPerson]] = Cache(name="finesse_erp", life_s=_LIFE_S, floor_s=_LIFE_S, size=500)
        self._phones: Cache[Mapping[str, tuple[PhoneOwner, ...]]] = Cache(name="finesse_phones", life_s=300.0, floor_s=300.0, size=1)

    async def close(self) -> None:
        """Ends what is on its way."""
        await self._erp.close()
        await self._phones.close()

    @property
    def on(self) -> bool:
        """Whether anything is looked up."""
        return bool(self._places)

    async def find(self, principal: Principal, number: str) -> list[Caller]:
        """Who has this number, the ERP's people first; nobody for a hidden one. Never raises: what does not answer is left out."""
        digits = digits_of(number)
        if not digits:
            return []
        asked: dict[Place, Callable[[], Awaitable[list[Caller]]]] = {
            "erp": lambda: self._in_erp(digits),
            "redmine": lambda: self._in_redmine(digits),
            "book": lambda: self._in_books(principal, digits),
        }
        found = await asyncio.gather(*(self._ask(place, asked[place]) for place in PLACES if place in self._places))
        return [caller for part in found for caller in part]

    async def open_tickets(
        self, principal: Principal, people: Sequence[Caller], names: Callable[[], Awaitable[Names]]
    ) -> tuple[list[Ticket], int]:
        """Their open tickets that this person sees, the last changed first, and how many there are.

        Raises RedmineError, SQLAlchemyError, TimeoutError.
        """
        reader = self.tickets.reader
        ids = {int(caller.id) for caller in people if caller.kind == "redmine"}
        logins = {caller.login for caller in people if caller.login}
        emails = {caller.email for caller in people if caller.email}
        if reader is None or not (ids or logins or emails):
            return [], 0
        async with reader.borrow() as asking:
            accounts = await accounts_of(asking, logins=logins, emails=emails, ids=ids)
        asked = await reader.asked_by(accounts, emails.union(*accounts.values()))
        if not asked.authors and not asked.tickets:
            return [], 0
        seeker = await self.tickets.seeker(principal)
        page = await reader.page(seeker, replace(Filter(), asked=asked), sort="updated", descending=True, offset=0, limit=MOST_TICKETS)
        said = await names()
        return [
            Ticket(
                row=row,
                status=said.status(row.status_id).name,
                priority=said.priority(row.priority_id).name,
                project=said.project(row.project_id).name,
            )
            for row in page.rows
        ], page.total

    async def _ask(self, place: Place, ask: Callable[[], Awaitable[list[Caller]]]) -> list[Caller]:
        try:
            async with asyncio.timeout(self._deadline_s):
                return await ask()
        except (ErpError, RedmineError, FinesseError, SQLAlchemyError, TimeoutError, OSError) as error:
            _log.info("caller_not_looked_up", place=place, error=type(error).__name__)
        return []

    async def _in_erp(self, digits: str) -> list[Caller]:
        directory = self._directory
        if directory is None:
            return []
        people = await self._erp.get(digits, lambda: directory.by_phone(digits, limit=_MOST_PEOPLE))
        return [
            Caller(
                kind="erp",
                id=str(person.erp_id),
                name=person.full_name,
                department=person.department,
                login=person.login,
                email=person.email.lower(),
            )
            for person in people
        ]

    async def _in_redmine(self, digits: str) -> list[Caller]:
        reader = self.tickets.reader
        if reader is None:
            return []

        async def ask() -> Mapping[str, tuple[PhoneOwner, ...]]:
            async with reader.borrow() as asking:
                return await read_phones(asking)

        owners = (await self._phones.get("phones", ask)).get(digits, ())
        return [Caller(kind="redmine", id=str(owner.redmine_id), name=owner.name) for owner in owners]

    async def _in_books(self, principal: Principal, digits: str) -> list[Caller]:
        return [
            Caller(kind="book", id=contact.number, name=name_of(contact), department=contact.description)
            for contact in await self._books(principal, digits)
        ]


def name_of(contact: Contact) -> str:
    """As it is shown: last name first, as the ERP's people are; the number where there is no name."""
    return " ".join(part for part in (contact.last_name.strip(), contact.first_name.strip()) if part) or contact.number


def once(people: Sequence[Caller]) -> list[Caller]:
    """The first few of them, without those who were found under the same name before: one person in three places is one."""
    seen: set[frozenset[str]] = set()
    kept = []
    for caller in people:
        words = frozenset(caller.name.casefold().split())
        if words not in seen:
            seen.add(words)
            kept.append(caller)
    return kept[:_MOST_PEOPLE]
