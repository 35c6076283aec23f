"""One host as it is judged: what its rounds make of it, by itself. What others make of it (parents, the probe) is the network's affair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Literal

from adapters.netmonitor.judge.flapping import Flapping
from adapters.netmonitor.judge.hysteresis import Hysteresis
from adapters.netmonitor.judge.maintenance import Planned
from adapters.netmonitor.judge.trace import Trace, unsent
from adapters.netmonitor.judge.verdict import HostView
from adapters.netmonitor.values import Ack, Host, Limits, Round, State

__all__ = ["FALLEN", "Outcome", "Told", "Watched", "judge_round"]

FALLEN = frozenset({State.DOWN, State.UNREACHABLE})
_SILENCE = 3
"""A host is unknown after so many intervals without a round …"""
_SILENCE_LEAST_S = 15.0
"""… but not sooner: one pause of the probe must not make hosts unknown that are asked every second."""
_STEP = timedelta(microseconds=1)


class Outcome(IntEnum):
    """What a round is worth."""

    GOOD = 0
    BETWEEN = 1
    """Above a mark that clears, not above one that raises."""
    POOR = 2
    LOST = 3
    """No answer, or a bad one."""


def judge_round(found: Round, limits: Limits) -> tuple[Outcome, str | None]:
    """What a round is worth that says something, and the stable code of why it is poor or lost."""
    if found.error is not None:
        return Outcome.LOST, found.error
    sent, lost = len(found.rtts), found.rtts.count(None)
    if lost == sent:
        return Outcome.LOST, "silent"
    if lost > limits.loss_raise * sent:
        return Outcome.POOR, "loss"
    between = lost > limits.loss_clear * sent
    if limits.p95_raise_ms is not None:
        p95 = found.quantile(0.95) or 0.0
        if p95 > limits.p95_raise_ms:
            return Outcome.POOR, "p95"
        between |= limits.p95_clear_ms is not None and p95 > limits.p95_clear_ms
    if found.warning is not None:
        return Outcome.POOR, found.warning
    return (Outcome.BETWEEN if between else Outcome.GOOD), None


@dataclass(frozen=True, slots=True)
class Told:
    """What was announced of a host and is not over."""

    kind: Literal["down", "degraded", "flapping"]
    since: datetime


class Watched(Trace):
    """One host. Its `level` is what its rounds and its parents say; it outlives times in which nothing is known."""

    __slots__ = (
        "ack",
        "attentive",
        "begun",
        "children",
        "depth",
        "down",
        "fails",
        "flap_since",
        "flapping",
        "heard_at",
        "host",
        "lack",
        "last",
        "level",
        "level_since",
        "lost_why",
        "parent",
        "poor",
        "poor_why",
        "raised_at",
        "reason",
        "recorded",
        "told",
        "up_since",
        "view",
        "waits_from",
        "windows",
        "worth",
    )

    def __init__(self, host: Host, now: datetime) -> None:
        super().__init__()
        self.host = host
        self.parent: Watched | None = None
        self.children: list[Watched] = []
        self.depth = 0
        self.down, self.poor, self.flapping = Hysteresis(), Hysteresis(), Flapping()
        self.raised_at = now
        """When `down` was raised."""
        self.flap_since = now
        self.level, self.level_since = State.UP, now
        self.reason: str | None = None
        """Of the level."""
        self.last: Round | None = None
        """The last round that said something."""
        self.worth = Outcome.GOOD
        """Of the last round."""
        self.lost_why: str | None = None
        """What was wrong with the last lost round."""
        self.poor_why = "loss"
        """What was wrong with the last poor round; `loss` after a lost one."""
        self.fails: list[datetime] = []
        """When the last lost rounds began, as many as raise."""
        self.heard_at = now
        """The end of the last round that said something, or when waiting for it began."""
        self.begun = False
        """A round said something since the start, or since nothing was known last."""
        self.lack: str | None = "new"
        """Until then: why it is unknown; None: it is as it is remembered. Afterwards: why the last round said nothing, if it did not."""
        self.waits_from: datetime | None = None
        """Down by its own rounds, but its parents or the anchors have to have their chance first."""
        self.attentive = True
        """Every round must be looked at, not only those that change something."""
        self.told: Told | None = None
        self.ack: Ack | None = None
        self.windows: tuple[Planned, ...] = ()
        self.up_since: datetime | None = None
        """Of a host that is new to this process: since when it was up as another one left it."""
        self.recorded = State.UP
        """As changes were told of it last."""
        self.view = HostView(state=State.UNKNOWN, level=State.UP, since=now, reason="new")

    @property
    def silence_at(self) -> datetime:
        """When it becomes unknown, if no round comes."""
        return self.heard_at + timedelta(seconds=max(_SILENCE * self.host.interval_s, _SILENCE_LEAST_S))

    @property
    def plain(self) -> bool:
        """Nothing of it needs to be remembered."""
        return self.level is State.UP and self.told is None and not self.flapping.on

    def take(self, found: Round, now: datetime) -> bool:
        """Counts a round; True when the host has to be looked at."""
        self.note(found, now)
        if unsent(found):
            self.lack = found.error or "probe_error"
            return self.attentive
        limits = self.host.limits
        worth, why = judge_round(found, limits)
        self.heard_at, self.last, self.worth, self.lack = now, found, worth, None
        lost = worth is Outcome.LOST
        look, self.begun = self.attentive, True
        if lost:
            self.fails = [*self.fails, found.at][-limits.raise_bad :]
        if why is not None:
            poor_why = "loss" if lost else why
            look |= poor_why != self.poor_why or (lost and why != self.lost_why)
            self.poor_why, self.lost_why = poor_why, why if lost else self.lost_why
        fell = self.down.take(bad=lost, good=not lost, limits=limits)
        if fell and self.down.raised:
            self.raised_at = now
        changed = self.poor.take(bad=worth >= Outcome.POOR, good=worth is Outcome.GOOD, limits=limits) or fell
        flaps = self.flapping.take(changed=changed, limits=limits)
        if flaps and self.flapping.on:
            self.flap_since = now
        return look or changed or flaps

    def put(self, level: State, reason: str | None, at: datetime) -> None:
        """The level is this, since `at`, or as soon as it may: no two begin at once."""
        if level is not self.level:
            self.level, self.level_since = level, max(at, self.level_since + _STEP)
        self.reason = reason

    def blink(self, now: datetime) -> None:
        """Forgets the rounds of late, of which none says anything of the host: what was decided before them still holds."""
        self.forget()
        self.down.put(self.level in FALLEN)
        self.poor.put(self.level is not State.UP)
        self.fails, self.waits_from = [], None
        self.begun, self.lack, self.heard_at, self.attentive = False, "no_rounds", now, True

    def leave(self, now: datetime) -> None:
        """Forgets everything but what was announced: nobody looks any more."""
        self.put(State.UP, None, now)
        self.flapping = Flapping()
        self.blink(now)
        self.lack = "new"
