"""Checks a name and a password: with the ERP, with the copy while the ERP is down, or with a local account's own hash.

Who asks learns no more than needed. A refusal has one text and one status for every reason, until the password was proven right;
and where different names are checked in different places, refusals are answered on a grid of time, so that the place does not show.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import structlog

from adapters.erp.directory import ErpPerson, Rejected, Standing
from web.erp_sign_in import Away, ErpSignIn
from web.errors import WebError
from web.i18n import N_
from web.passwords import Busy, Passwords
from web.people import People, Person, normalise
from web.synchronise import Copies, Copy, NameTaken
from web.throttle import Limit, Throttle
from web.turnstile import Turnstile

__all__ = ["AWAY_CODES", "Erp", "SignIn", "SignedIn", "term_end"]

_MAX_PASSWORD = 1024
_GRID_S = 0.3
"""Refusals are answered at multiples of it: longer than a question to a healthy ERP and an Argon2id hash take together."""
_RETRY_S = 30
AWAY_CODES = ("erp_away", "erp_away_term")

_log = structlog.get_logger("web.sign_in")

_TOLD = {
    "blocked": N_("Your access is blocked in the ERP. Ask your manager or the ERP's administrators."),
    "no_access": N_("You have no access in the ERP. Ask your manager or the ERP's administrators."),
    "expired": N_("The password is right, and has expired. Change it in the ERP, then sign in with the new one."),
}
"""What one may learn who has proven the password."""
_AS_STANDING: dict[str, Standing] = {"blocked": "blocked", "no_access": "none"}
_OF_STANDING = {"blocked": "blocked", "none": "no_access", "gone": "no_access"}


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who may come in."""

    person: Person
    erp_away: bool = False
    """True when the copy of the password was good enough, for the ERP did not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Erp:
    """What signing in needs where there is an ERP."""

    asking: ErpSignIn
    copies: Copies
    term: timedelta
    """How long after a sign-in that the ERP confirmed the copy of the password is good."""
    fell: Callable[[int, Standing], Awaitable[None]]
    """Told that the ERP said blocked, or no access, of an account: ends its sessions."""
    link: Callable[[int, str], Awaitable[None]] | None = None
    """Told id and login name of an account that signed in through the ERP: finds who they are in Redmine."""
    grid_s: float = _GRID_S


class SignIn:
    """Checks name and password, slowly enough for whoever guesses. `clock` gives steady seconds, `now` aware instants."""

    def __init__(
        self,
        people: People,
        passwords: Passwords,
        *,
        erp: Erp | None = None,
        per_account: Limit = Limit(10, 15 * 60.0),  # noqa: B008 - frozen
        per_address: Limit = Limit(60, 15 * 60.0),  # noqa: B008 - frozen; an office shares one address
        turnstile: Turnstile | None = None,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """`erp` None: there are local accounts only."""
        self._people = people
        self._passwords = passwords
        self._erp = erp
        self._accounts = Throttle(per_account)
        self._addresses = Throttle(per_address)
        self._turnstile = turnstile or Turnstile()
        self._clock = clock
        self._now = now

    @property
    def erp_away(self) -> bool:
        """Whether the ERP failed to answer when it was last asked."""
        return self._erp is not None and self._erp.asking.away

    @property
    def term_days(self) -> int:
        """Whole days that the copy of a password is good."""
        return self._erp.term.days if self._erp else 0

    async def good_until(self, user_id: int) -> datetime | None:
        """Until when this person gets in while the ERP is down; None for a local account."""
        copy = await self._erp.copies.of(user_id) if self._erp else None
        return None if copy is None or self._erp is None else term_end(copy, self._erp.term)

    async def check(self, name: str, password: str, address: str) -> SignedIn:
        """Who may come in. Raises WebError:

        401 `bad_credentials`  one answer for every kind of failure
        403 `blocked`, `no_access`, `expired`  the password is right
        429 `throttled`
        503 `erp_away`         the ERP does not answer, and the copy did not help: one answer again
        503 `erp_away_term`    the password is right, and the copy is too old
        503 `busy`
        """
        account, began = normalise(name)[:255], self._clock()
        self._take(account, address)
        try:
            async with self._turnstile.passed():
                signed_in = await self._check(account, name, password, address)
        except Busy:
            self._accounts.give_back(account)
            self._addresses.give_back(address)
            raise WebError(503, "busy", N_("Many people are signing in. Try again in a moment."), headers={"Retry-After": "3"}) from None
        except WebError as error:
            if error.code not in ("bad_credentials", "erp_away"):  # the password was right: nobody guesses
                self._accounts.give_back(account)
                self._addresses.give_back(address)
            elif self._erp is not None:
                await self._pace(began, self._erp.grid_s)
            raise
        self._accounts.forget(account)
        self._addresses.give_back(address)
        _log.info("signed_in", user_id=signed_in.person.id, address=address, erp_away=signed_in.erp_away)
        return signed_in

    async def _check(self, account: str, name: str, password: str, address: str) -> SignedIn:
        person = await self._people.find(account) if account else None
        copy = await self._erp.copies.of(person.id) if self._erp and person else None
        if self._erp is None or (person is not None and copy is None and person.password_hash is not None):
            return await self._by_hash(person, password, address)
        if not account or len(password) > _MAX_PASSWORD:
            verdict: ErpPerson | Rejected | Away = Rejected("bad_credentials")
        else:
            verdict = await self._erp.asking.ask(name.strip(), password)
        # the hash is computed whatever the ERP said and whoever it is: it is what takes the time
        right, rehashed = await self._passwords.verify(person.password_hash if person else None, password[:_MAX_PASSWORD])
        match verdict:
            case ErpPerson():
                kept = rehashed or (person.password_hash if right and person else None)
                return await self._confirmed(self._erp, verdict, kept or await self._passwords.hash(password), address)
            case Rejected():
                await self._rejected(self._erp, verdict, person if right else None, person, address)
            case Away():
                return self._by_copy(self._erp, person if right else None, copy, person, address)

    async def _by_hash(self, person: Person | None, password: str, address: str) -> SignedIn:
        """A local account; also whoever is unknown where there is no ERP."""
        usable = person if person and person.active else None
        right, rehashed = await self._passwords.verify(usable.password_hash if usable else None, password[:_MAX_PASSWORD])
        if not right or usable is None or len(password) > _MAX_PASSWORD:
            self._refuse(person, address, away=self.erp_away)
        if rehashed is not None:
            await self._people.set_password(usable.id, rehashed)
        return SignedIn(usable)

    async def _confirmed(self, erp: Erp, found: ErpPerson, password_hash: str, address: str) -> SignedIn:
        try:
            user_id = await erp.copies.confirmed(found, password_hash)
        except NameTaken:
            _log.warning("erp_name_taken", erp_id=found.erp_id)
            self._refuse(None, address)
        person = await self._people.get(user_id)
        if not person.active:
            self._refuse(person, address)
        if erp.link is not None:
            await erp.link(person.id, person.name)
        return SignedIn(person)

    async def _rejected(self, erp: Erp, verdict: Rejected, proven: Person | None, person: Person | None, address: str) -> NoReturn:
        if verdict.revealable and verdict.code in _TOLD:
            if person is not None and verdict.code in _AS_STANDING and await erp.copies.of(person.id) is not None:
                await erp.fell(person.id, _AS_STANDING[verdict.code])
            _log.info("sign_in_refused", user_id=person.id if person else None, address=address, why=verdict.code)
            raise WebError(403, verdict.code, _TOLD[verdict.code])
        if verdict.code == "bad_credentials" and proven is not None and proven.password_hash is not None:
            # the password was changed in the ERP: the former one must not open anything when the ERP is down
            await erp.copies.drop_password(proven.id, proven.password_hash)
            _log.info("password_copy_dropped", user_id=proven.id)
        self._refuse(person, address)

    def _by_copy(self, erp: Erp, proven: Person | None, copy: Copy | None, person: Person | None, address: str) -> SignedIn:
        if proven is None or copy is None or not proven.active:
            self._refuse(person, address, away=True)
        if copy.standing != "active":
            code = _OF_STANDING.get(copy.standing, "no_access")
            _log.info("sign_in_refused", user_id=proven.id, address=address, why=code)
            raise WebError(403, code, _TOLD[code])
        end = term_end(copy, erp.term)
        if end is None or end <= self._now():
            _log.info("sign_in_refused", user_id=proven.id, address=address, why="erp_away_term")
            message = N_(
                "The ERP is not answering. Without it a password is good for {days} d. after the last sign-in, and they are over. "
                "Try again when the ERP is back."
            )
            raise WebError(503, "erp_away_term", message, headers={"Retry-After": str(_RETRY_S)}, days=erp.term.days)
        return SignedIn(proven, erp_away=True)

    def _refuse(self, person: Person | None, address: str, *, away: bool = False) -> NoReturn:
        # an unknown name is not logged: people type passwords into the wrong field
        _log.info("sign_in_refused", user_id=person.id if person else None, address=address, erp_away=away)
        if not away:
            raise WebError(401, "bad_credentials", N_("Wrong name or password."))
        message = N_(
            "The ERP is not answering: the name and password could not be checked there. If you signed in during the last {days} d., "
            "use the same password; otherwise try again when the ERP is back."
        )
        raise WebError(503, "erp_away", message, headers={"Retry-After": str(_RETRY_S)}, days=self.term_days)

    async def _pace(self, began: float, grid_s: float) -> None:
        took = self._clock() - began
        await asyncio.sleep(max(0.0, math.ceil(took / grid_s) * grid_s - took))

    def _take(self, account: str, address: str) -> None:
        now = self._clock()
        wait = self._addresses.take(address, now)
        if not wait:
            wait = self._accounts.take(account, now)
            if wait:
                self._addresses.give_back(address)
        if wait:
            seconds = math.ceil(wait)
            message = N_("Too many attempts. Try again in {minutes} min.")
            raise WebError(429, "throttled", message, headers={"Retry-After": str(seconds)}, minutes=math.ceil(seconds / 60))


def term_end(copy: Copy, term: timedelta) -> datetime | None:
    """When the copy of the password stops being good; None: it never was."""
    return None if copy.signed_in_at is None else copy.signed_in_at + term
