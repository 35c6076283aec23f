"""Asks the ERP whether a name and a password belong together: never longer than a limit, never more at once than it can bear."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Protocol

import structlog

from adapters.erp.directory import ErpPerson, Rejected
from adapters.erp.errors import ErpError

__all__ = ["AskLimits", "Away", "ErpSignIn", "SignsIn", "Verdict"]

_log = structlog.get_logger("web.sign_in")


class SignsIn(Protocol):
    """What is needed of `adapters.erp.directory.Directory`."""

    async def sign_in(self, login: str, password: str) -> ErpPerson:
        """The person. Raises Rejected or an ErpError."""
        ...


@dataclass(frozen=True, slots=True)
class Away:
    """The ERP gave no verdict: it is down, slow, or more ask than may."""

    code: str
    """As of the ErpError: `erp_unavailable`, `erp_slow`, `erp_busy` …"""


@dataclass(frozen=True, slots=True)
class AskLimits:
    """How much of the ERP's time sign-ins may take."""

    within_s: float = 6.0
    """For one verdict, waiting for a turn included."""
    at_once: int = 4
    """Sign-ins that ask at a time. While the ERP is away it is one: whoever comes meanwhile need not wait to learn that."""
    waiting: int = 32
    """Behind them; more are told at once that the ERP has no time."""


Verdict = ErpPerson | Rejected | Away


class ErpSignIn:
    """Asks, and remembers whether the ERP answered last time.

    There is no pause after a failure: the first sign-in after the ERP is back asks it, and finds it back.
    """

    def __init__(self, directory: SignsIn, limits: AskLimits | None = None) -> None:
        self._directory = directory
        self._limits = limits or AskLimits()
        self._asking = 0
        self._turns: deque[asyncio.Future[bool]] = deque()
        self._away: str | None = None

    @property
    def away(self) -> bool:
        """Whether the ERP failed to answer when it was last asked."""
        return self._away is not None

    async def ask(self, login: str, password: str) -> Verdict:
        """What the ERP says. Ends within the limit; cancellation leaves the ERP's call to end by limits of its own."""
        deadline = asyncio.get_running_loop().time() + self._limits.within_s
        try:
            async with asyncio.timeout_at(deadline):
                if not await self._turn():
                    return Away("erp_busy")
        except TimeoutError:
            return Away("erp_busy")
        try:
            async with asyncio.timeout_at(deadline):
                person = await self._directory.sign_in(login, password)
        except Rejected as verdict:
            self._answered()
            return verdict
        except ErpError as error:
            return self._failed(error.code)
        except TimeoutError:
            return self._failed("erp_slow")
        else:
            self._answered()
            return person
        finally:
            self._leave()  # after `_failed`, which sends home whoever would come next

    async def _turn(self) -> bool:
        """Waits for a turn; False when it is not worth waiting for. With True `_leave` is due."""
        if self._asking < (1 if self.away else self._limits.at_once):
            self._asking += 1
            return True
        if self.away or len(self._turns) >= self._limits.waiting:
            return False
        turn: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._turns.append(turn)
        try:
            return await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled() and turn.result():  # it was given in the same moment: pass it on
                self._leave()
            raise
        finally:
            if turn in self._turns:
                self._turns.remove(turn)

    def _leave(self) -> None:
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(True)  # the place goes from one to the other
                return
        self._asking -= 1

    def _answered(self) -> None:
        if self._away is not None:
            _log.info("erp_sign_in_back", after=self._away)
        self._away = None

    def _failed(self, code: str) -> Away:
        if self._away is None:
            _log.warning("erp_sign_in_away", code=code)
        self._away = code
        # who waits for a turn would wait for the same failure
        while self._turns:
            turn = self._turns.popleft()
            if not turn.done():
                turn.set_result(False)
        return Away(code)
