"""Whether the probe itself is cut off: then it knows nothing of any host, and one notice says so (UX B5, turned round).

It is cut off when for `LASTING` no anchor has answered, enough (`ENOUGH`) of the hosts that were not down have been asked since, and nearly
all (`NEARLY`) of these are silent too. Anchors are gateways of its own network; one counts while it has answered within `WITNESS`, for one
that never answers echo requests says nothing. Where none counts, only hosts without a parent are taken, and it takes `MANY` of them, for a
few hosts may well fall together. Where nothing can be sent, their number is no matter.

It sees again when an anchor, or more than the rest (100 - `NEARLY`) of the hosts asked since, answer two rounds in a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from adapters.netmonitor.judge.trace import NEVER, Trace
from adapters.netmonitor.judge.watched import FALLEN, Watched
from adapters.netmonitor.values import Round

__all__ = ["ANCHOR", "ENOUGH", "HOLD", "LASTING", "MANY", "NEARLY", "WITNESS", "OwnNetwork"]

ANCHOR = "anchor:"
"""Begins the ids of anchors."""
NEARLY = 90
"""In a hundred."""
ENOUGH = 25
"""In a hundred."""
LASTING = timedelta(seconds=10)
MANY = 10
WITNESS = timedelta(minutes=10)
HOLD = timedelta(seconds=30)
"""A host's being down waits no longer than this for an anchor's answer."""
_AGAIN = 2


class OwnNetwork:
    """The anchors, and the hosts that fell silent of late."""

    def __init__(self) -> None:
        self.since: datetime | None = None
        """Blind since then."""
        self.reason: str | None = None
        """`anchors`: they do not answer; `unsent`: nothing can be sent; `hosts`: they all do not answer, and there is no anchor."""
        self.told = False
        self.falling: dict[str, datetime] = {}
        """Hosts that were not down and do not answer, in the order in which they began not to: when their first lost round ended."""
        self._anchors: dict[str, Trace] = {}
        self._asked_at = self._doubted_at = NEVER

    def replace(self, ids: Iterable[str]) -> None:
        """These are the anchors from now on."""
        self._anchors = {id: self._anchors.get(id) or Trace() for id in ids}

    def take(self, id: str, found: Round, now: datetime) -> None:
        """A round of an anchor's, or of something that is measured no more."""
        if id in self._anchors:
            self._anchors[id].note(found, now)

    def note(self, host: Watched, now: datetime) -> None:
        """A round of a host's was taken."""
        if not host.fallen:
            self.falling.pop(host.host.id, None)
        elif host.level not in FALLEN:
            self.falling.setdefault(host.host.id, now)

    def _witnesses(self, now: datetime) -> list[Trace]:
        return [one for one in self._anchors.values() if one.answered_at >= now - WITNESS]

    def clears(self, host: Watched, hosts: Iterable[Watched], now: datetime) -> bool:
        """True when a silent host's silence is not the probe's: an anchor was heard meanwhile, or, while none is, enough other hosts were.

        If it may have been the probe's for a while, the host has to lose as many rounds after that as make it down.
        """
        witnesses = self._witnesses(now)
        if not all(one.fallen for one in witnesses):
            return any(clears(one, host) for one in witnesses)
        if self._asked_at != now:  # once a tick, however many hosts ask
            self._asked_at = now
            if self._cut_off(hosts, now, settled=False) is not None:
                self._doubted_at = now
        return bool(host.fails) and host.fails[0] > max([self._doubted_at, *(one.fell_at for one in witnesses)])

    def begins(self, hosts: Iterable[Watched], upright: int, now: datetime) -> str | None:
        """The reason why it is blind from now on; None: it is not. `upright`: how many hosts were not down."""
        if len(self.falling) < NEARLY * ENOUGH * upright / 10_000 or not self.falling:
            return None
        return self._cut_off(hosts, now, settled=True)

    def _cut_off(self, hosts: Iterable[Watched], now: datetime, *, settled: bool) -> str | None:
        """The reason why it is cut off, or, if it need not be settled yet, may well be."""
        witnesses = self._witnesses(now)
        if not self.falling or not all(one.fallen for one in witnesses):
            return None
        since = max([next(iter(self.falling.values())), *(one.fell_at for one in witnesses)])
        if settled and now - since < LASTING:
            return None
        enough = ENOUGH if settled else 0
        every = asked = silent = unsent = roots = roots_asked = roots_silent = 0
        for host in hosts:
            if host.host.paused or host.level in FALLEN:
                continue
            every += 1
            falls = host.fallen
            was_asked = falls or host.asked_at >= since
            asked, silent, unsent = asked + was_asked, silent + falls, unsent + host.blind
            if host.parent is None:
                roots, roots_asked, roots_silent = roots + 1, roots_asked + was_asked, roots_silent + falls
        if asked and 100 * asked >= enough * every and 100 * unsent >= NEARLY * asked:
            return "unsent"
        if witnesses:
            return "anchors" if 100 * asked >= enough * every and 100 * silent >= NEARLY * asked else None
        return "hosts" if roots >= MANY and 100 * roots_asked >= enough * roots and 100 * roots_silent >= NEARLY * roots_asked else None

    def begin(self, reason: str, now: datetime) -> None:
        """It is blind."""
        self.since, self.reason = now, reason
        self.falling.clear()
        for one in self._anchors.values():
            one.forget()

    def end(self) -> None:
        """It sees again."""
        self.since, self.reason, self.told = None, None, False

    def ends(self, hosts: Iterable[Watched]) -> bool:
        """Whether it sees again."""
        if any(one.row >= _AGAIN for one in self._anchors.values()):
            return True
        asked = heard = 0
        for host in hosts:
            asked += host.row > 0 or host.fallen
            heard += host.row >= _AGAIN
        return 100 * heard > (100 - NEARLY) * asked


def clears(witness: Trace, host: Watched) -> bool:
    """True when the way to a host was open while the host was silent: the witness answered a round that began after the host's silence had,
    and since the witness has been answering, the host has lost as many rounds as make it down."""
    fails = host.fails
    return (
        not witness.silent
        and witness.row > 0
        and witness.asked_at >= host.silent_from
        and len(fails) >= host.host.limits.raise_bad
        and not fails[0] < witness.back_at <= witness.asked_at  # unless the clock was set back meanwhile
    )
