"""Counts refused passwords, so that no try of ours locks an agent out. No I/O; the clock is given.

Five wrong passwords in a row block an account for five minutes, the agent's own desktop too (Developer Guide, "User – Sign In"). So:

- what was refused is never sent again by itself, and by a person at most three times, until another password is given or one was taken;
- after three refusals in a row, of whatever passwords, only one that was not tried yet is sent, once: the fourth;
- after four nothing is sent for five minutes. The fifth is left to the person's own desktop.

An agent's id and login name are one account of Finesse. They are counted as one once Finesse has said so (`same`); before that, apart.

It counts for one process: who runs several keeps beside it, for all, that a password was refused.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from adapters.finesse.errors import Locked, WrongPassword
from adapters.finesse.rest.proof import account_of

__all__ = ["Tries"]

_MOST_AGENTS = 10_000
_MOST_NAMES = 2 * _MOST_AGENTS
"""Other names of agents, remembered; the oldest goes, and is counted apart again."""
_MOST_PASSWORDS = 16
"""Remembered for one agent; the oldest goes."""


@dataclass(slots=True)
class _Record:
    in_a_row: int = 0
    last: float = 0.0
    refused: dict[bytes, int] = field(default_factory=dict)
    proven: bytes | None = None


class Tries:
    """One for a client. Passwords are named by their proof (`adapters.finesse.rest.proof`); agents as they were typed, in whatever case."""

    def __init__(self, *, most: int = 3, lock_s: float = 300.0, clock: Callable[[], float] = time.monotonic) -> None:
        """`most`: refusals in a row, 1 to 3; `lock_s`: seconds that Finesse keeps an account blocked."""
        if not 1 <= most <= 3:
            raise ValueError("most: 1 to 3, for five refusals lock the account and one is left to the agent's desktop")
        self._most, self._lock_s, self._clock = most, lock_s, clock
        self._records: OrderedDict[str, _Record] = OrderedDict()
        self._accounts: OrderedDict[str, str] = OrderedDict()

    def same(self, name: str, agent: str) -> None:
        """Finesse has just taken a password and said that this name is this agent's: from now on both are one account."""
        other, account = account_of(name), account_of(agent)
        if not other or other == account:
            return
        self._records.pop(other, None)  # what was refused by that name no longer counts: Finesse took a password since
        self._accounts[other] = account
        self._accounts.move_to_end(other)
        while len(self._accounts) > _MOST_NAMES:
            self._accounts.popitem(last=False)

    def account(self, name: str) -> str:
        """One for all names of an agent that are known here, in whatever case."""
        account = account_of(name)
        return self._accounts.get(account, account)

    def check(self, agent: str, proof: bytes) -> None:
        """Whether this password may be sent now. Raises WrongPassword for one known to be wrong, Locked where any other has to wait."""
        record = self._of(agent)
        if record is None or record.proven == proof:
            return
        left_s = self._left_s(record)
        times = record.refused.get(proof, 0)
        if times >= self._most or (times and left_s and record.in_a_row >= self._most):
            raise WrongPassword()
        if left_s and record.in_a_row > self._most:
            raise Locked(retry_after=left_s)

    def times(self, agent: str, proof: bytes) -> int:
        """How often Finesse has refused this password since it last took one."""
        record = self._of(agent)
        return 0 if record is None else record.refused.get(proof, 0)

    def is_proven(self, agent: str, proof: bytes) -> bool:
        """Whether Finesse took this password the last time that it was asked."""
        record = self._of(agent)
        return record is not None and record.proven == proof

    def proven(self, agent: str, proof: bytes) -> None:
        """Finesse took it: what was refused before no longer counts."""
        record = self._of(agent)
        if record is None or record.proven != proof or record.in_a_row or record.refused:
            self._put(agent, _Record(proven=proof))

    def refused(self, agent: str, proof: bytes) -> None:
        """Finesse refused it."""
        record = self._of(agent) or _Record()
        if not self._left_s(record):
            record.in_a_row = 0
        record.in_a_row += 1
        record.last = self._clock()
        record.proven = None
        record.refused[proof] = record.refused.pop(proof, 0) + 1
        while len(record.refused) > _MOST_PASSWORDS:
            del record.refused[next(iter(record.refused))]
        self._put(agent, record)

    def _left_s(self, record: _Record) -> float:
        """Seconds until refusals are forgotten; 0: they are."""
        return max(record.last + self._lock_s - self._clock(), 0.0) if record.in_a_row else 0.0

    def _of(self, agent: str) -> _Record | None:
        return self._records.get(self.account(agent))

    def _put(self, agent: str, record: _Record) -> None:
        account = self.account(agent)
        self._records[account] = record
        self._records.move_to_end(account)
        while len(self._records) > _MOST_AGENTS:
            self._records.popitem(last=False)
