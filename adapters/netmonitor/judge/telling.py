"""What is announced of a host, and when it is over (UX B4 to B8): of each host one thing at a time, and nothing ends that did not begin."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from adapters.netmonitor.judge.maintenance import Maintenance
from adapters.netmonitor.judge.own import OwnNetwork
from adapters.netmonitor.judge.tree import above, silent_behind
from adapters.netmonitor.judge.verdict import Announcement, Kind, Turn, number_of
from adapters.netmonitor.judge.watched import FALLEN, Outcome, Told, Watched
from adapters.netmonitor.values import State

__all__ = ["end", "of_probe", "settled", "speak"]

_CLOSING: dict[str, Kind] = {"down": "up", "degraded": "recovered", "flapping": "calm"}


def speak(id: str, host: Watched, maintenance: Maintenance | None, turn: Turn) -> None:
    """Ends what was announced and is over, whatever else holds; then announces what is not, if nothing holds it back."""
    told = host.told
    if told is not None and _over(told, host):
        turn.announcements.append(_closing(id, told, turn.now, host.reason, host))
        told = host.told = None
    if maintenance is not None or host.ack is not None or (told is not None and told.kind != "degraded"):
        return
    if host.flapping.on:
        if host.level is not State.UNREACHABLE and _flaps_itself(host):
            _open("flapping", id, host, host.flap_since, turn)
    elif host.level is State.DOWN:
        if host.worth is Outcome.LOST:  # it may have answered since, only not long enough
            _open("down", id, host, host.level_since, turn)
    elif host.level is State.DEGRADED and told is None and _degrades_itself(host):
        _open("degraded", id, host, host.level_since, turn)


def end(id: str, host: Watched, turn: Turn, reason: Literal["removed", "paused"]) -> None:
    """Nobody looks at it any more: what was announced of it ends."""
    if host.told is not None:
        turn.announcements.append(_closing(id, host.told, turn.now, reason))
        host.told = None


def settled(host: Watched) -> bool:
    """What was announced is how it is."""
    return (host.told is None) == (host.level is State.UP)


def of_probe(kind: Literal["blind", "sighted"], own: OwnNetwork, now: datetime) -> Announcement:
    """The probe itself sees nothing, or sees again; to be asked while it is blind."""
    if own.since is None:
        raise ValueError("the probe is not blind")
    return Announcement(kind=kind, host_id=None, at=now, since=own.since, number=number_of(own.since), reason=own.reason)


def _open(kind: Literal["down", "degraded", "flapping"], id: str, host: Watched, since: datetime, turn: Turn) -> None:
    children: tuple[str, ...] = ()
    if kind == "down":
        children = tuple(sorted(below.host.id for below in silent_behind(host) if below.told is None or below.told.kind != "down"))
    host.told = Told(kind, since)
    last = host.last
    turn.announcements.append(
        Announcement(
            kind=kind,
            host_id=id,
            at=turn.now,
            since=since,
            number=number_of(since),
            children=children,
            loss=None if last is None else last.loss,
            p95=None if last is None else last.quantile(0.95),
            reason=host.reason,
        )
    )


def _closing(id: str, told: Told, now: datetime, reason: str | None, host: Watched | None = None) -> Announcement:
    last = None if host is None else host.last
    return Announcement(
        kind=_CLOSING[told.kind],
        host_id=id,
        at=now,
        since=told.since,
        number=number_of(told.since),
        loss=None if last is None else last.loss,
        p95=None if last is None else last.quantile(0.95),
        reason=reason,
    )


def _over(told: Told, host: Watched) -> bool:
    match told.kind:
        case "down":
            return host.level not in FALLEN
        case "degraded":
            return host.level is State.UP
        case _:
            return not host.flapping.on and host.level is not State.UNREACHABLE


def _degrades_itself(host: Watched) -> bool:
    """True unless a parent is in trouble, or was in the last round, and the host with it; or it has nearly recovered since."""
    return host.worth is not Outcome.GOOD and all(up.level is State.UP and host.asked_at >= up.level_since for up in above(host))


def _flaps_itself(host: Watched) -> bool:
    """True unless a parent comes and goes, and the host with it; or it has nearly calmed since."""
    if host.flapping.share(host.host.limits) <= host.host.limits.flap_high:
        return False
    return all(
        up.level not in FALLEN and not up.flapping.on and up.flapping.share(up.host.limits) < up.host.limits.flap_low for up in above(host)
    )
