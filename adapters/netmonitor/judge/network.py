"""All hosts and the probe itself: what their rounds mean together, what changed, what is to be announced (UX B2 to B8).

Feed it rounds, then take what it has to say, about once a second. Pure: no I/O, no clock. What a tick costs depends on what changed.
The rules, with their numbers, are in docs/network.md, "States".
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from adapters.netmonitor.judge.maintenance import Maintenance, Planned
from adapters.netmonitor.judge.memory import VERSION, entry, recall, recall_own, recall_spent, same, write
from adapters.netmonitor.judge.own import ANCHOR, HOLD, OwnNetwork, clears
from adapters.netmonitor.judge.verdict import Announcement, Change, HostView, Kind, Verdict, number_of
from adapters.netmonitor.judge.watched import FALLEN, Outcome, Told, Watched
from adapters.netmonitor.values import Ack, Host, Round, State, Window

__all__ = ["Announcement", "Change", "HostView", "Network", "Verdict"]

_STEP = timedelta(microseconds=1)
_SHARE = 1000
"""When the probe is blind, so many hosts become unknown in a tick: all at once would take long."""
_LONGEST_WAIT = timedelta(minutes=10)
"""A silent host waits no longer for its parents to be judged."""
_WHILE_IT_WAITS = timedelta.max
"""As long as a parent that waits itself; the host's own wait begins after that."""
_CLOSING: dict[str, Kind] = {"down": "up", "degraded": "recovered", "flapping": "calm"}


class Network:
    """Whoever feeds it keeps `memory()` and builds it again from there: no announcement is then missing or made twice."""

    def __init__(self, hosts: Iterable[Host], *, memory: Mapping[str, Any] | None, now: datetime) -> None:
        """`hosts`: with ids of their own; those that begin with `anchor:` are measured for the probe's sake, never judged nor announced.
        A parent that is not among them, or lies behind its own child, is none."""
        self._hosts: dict[str, Watched] = {}
        self._leaving: dict[str, Watched] = {}
        self._own = OwnNetwork()
        self._from = now - timedelta(days=1)
        self._dirty: set[str] = set()
        self._poked: set[str] = set()
        self._later: deque[str] = deque()
        self._measured = 0
        self._waiting: set[str] = set()
        self._fallen: set[str] = set()
        self._silences: list[tuple[datetime, str]] = []
        self._silence_of: dict[str, datetime] = {}
        self._alarms: list[tuple[datetime, str]] = []
        self._edges: list[tuple[datetime, int]] = []
        self._planned: list[Planned] = []
        self._members: list[list[Watched]] = []
        self._acks: dict[str, Ack] = {}
        self._spent: dict[str, datetime] = {}
        self._kept: dict[str, dict[str, Any]] = {}
        self._memory_changed = False
        if memory is not None and memory.get("version") == VERSION:
            recall_own(self._own, memory)
            self._spent = recall_spent(memory)
            self._kept = dict(memory["hosts"])
            for id, found in self._kept.items():  # those that are there no more leave with the next tick
                host = self._leaving[id] = Watched(Host(id=id, name=id, address=""), now)
                recall(host, found)
        self.replace(hosts, now)
        for id, host in self._hosts.items():
            if id not in self._kept and not host.host.paused and self._own.since is None:
                continue  # as it was made: unknown, because it is new
            state, reason = self._state(host, None, now)
            since = host.level_since if state is host.level else now
            if reason == "blind" and self._own.since is not None:
                since = self._own.since
            host.view = HostView(state=state, level=host.level, since=since, reason=reason, flapping=host.flapping.on)
            host.recorded = host.level if reason == "new" else state

    # -- what is watched --------------------------------------------------------------------------------

    def replace(self, hosts: Iterable[Host], now: datetime) -> None:
        """These are the hosts from now on. Whatever is known of a host that stays is kept, whatever of it has changed."""
        before, self._hosts = self._hosts, {}
        anchors = []
        for host in hosts:
            if host.id.startswith(ANCHOR):
                anchors.append(host.id)
                continue
            known = before.pop(host.id, None) or self._leaving.pop(host.id, None)
            if known is None:
                known = Watched(host, now)
                if host.paused:
                    self._dirty.add(host.id)
                else:
                    self._time_silence(host.id, known)
            elif known.host != host:
                if known.host.paused and not host.paused:
                    known.leave(now)
                self._silence_of.pop(host.id, None)
                self._dirty.add(host.id)
                known.host = host
            self._hosts[host.id] = known
        self._leaving |= before
        self._own.replace(anchors)
        for id in before:
            self._own.falling.pop(id, None)
            self._fallen.discard(id)
        self._measured = sum(not host.host.paused for host in self._hosts.values())
        self._link()
        self._assign()

    def maintain(self, windows: Iterable[Window], now: datetime) -> None:
        """These are the maintenance windows from now on. Raises ValueError naming the one whose zone is unknown."""
        known = {planned.window: planned for planned in self._planned}
        self._planned = [known.get(window) or Planned(window, now) for window in windows]
        self._edges = []
        for place, planned in enumerate(self._planned):
            self._next_edge(place, planned, now)
        self._assign()

    def acknowledge(self, acks: Iterable[Ack], now: datetime) -> None:
        """These are the acknowledgements from now on; one that is over, by recovery or its time, stays over."""
        before, self._acks = self._acks, {ack.host: ack for ack in acks}
        spent = {id: at for id, at in self._spent.items() if id in self._acks and self._acks[id].at <= at}
        self._memory_changed |= spent != self._spent
        self._spent = spent
        for id, ack in self._acks.items():
            if id not in spent and ack.until is not None and before.get(id) != ack:
                heapq.heappush(self._alarms, (ack.until, id))
        self._dirty |= {id for id in before.keys() | self._acks.keys() if before.get(id) != self._acks.get(id)}

    def _link(self) -> None:
        """Parents and children, and how deep each lies. A link that would close a circle is left out."""
        parents = {id: host.host.parent for id, host in self._hosts.items()}
        moved = []
        for host in self._hosts.values():
            host.children, host.depth = [], -1
        for id, host in self._hosts.items():
            chain = [id]
            while self._hosts[chain[-1]].depth < 0:
                above = parents[chain[-1]]
                if above is None or above not in self._hosts or above in chain:
                    parents[chain[-1]], self._hosts[chain[-1]].depth = None, 0
                    break
                chain.append(above)
            for below in reversed(chain[:-1]):
                if self._hosts[below].depth < 0:
                    self._hosts[below].depth = self._hosts[str(parents[below])].depth + 1
            above = parents[id]
            parent = None if above is None else self._hosts.get(above)
            if host.parent is not parent:
                host.parent = parent
                if host.begun:
                    moved.append(id)
            if parent is not None:
                parent.children.append(host)
        self._dirty.update(moved)
        self._poked.update(moved)

    def _assign(self) -> None:
        """Which windows each host is in, by itself, by its group or one above, or with all."""
        by_host: dict[str, list[Planned]] = {}
        by_group: dict[str, list[Planned]] = {}
        for planned in self._planned:
            window = planned.window
            if window.host is not None:
                by_host.setdefault(window.host, []).append(planned)
            else:
                by_group.setdefault(window.group or "", []).append(planned)
        places = {id(planned): place for place, planned in enumerate(self._planned)}
        self._members = [[] for _ in self._planned]
        for name, host in self._hosts.items():
            found = [*by_host.get(name, ()), *by_group.get("", ())]
            if by_group:
                parts = host.host.group.split("/") if host.host.group else []
                for depth in range(1, len(parts) + 1):
                    found += by_group.get("/".join(parts[:depth]), ())
            if found or host.windows:
                before, host.windows = host.windows, tuple(found)
                if host.windows != before:
                    self._dirty.add(name)
                for planned in found:
                    self._members[places[id(planned)]].append(host)

    # -- rounds -----------------------------------------------------------------------------------------

    def take(self, host_id: str, found: Round, now: datetime) -> None:
        """A round ended. Of a host that is not watched, or paused, it is nothing."""
        host = self._hosts.get(host_id)
        if host is None:
            self._own.take(host_id, found, now)
            return
        if host.host.paused or found.at < self._from <= now:  # not if the clock was set back
            return
        if self._own.since is not None:
            host.note(found, now)
            return
        if host.take(found, now):
            self._dirty.add(host_id)
        if host.fallen or self._own.falling:
            self._own.note(host, now)

    # -- once a second ----------------------------------------------------------------------------------

    def tick(self, now: datetime) -> Verdict:
        """What came of everything since the last tick."""
        turn = _Turn(now)
        self._wake(now)
        self._look_at_itself(turn)
        for id, host in self._leaving.items():
            self._part(id, host, turn)
        self._leaving = {}
        self._dirty |= self._waiting
        if self._dirty:
            self._look_at_hosts(turn)
        changed, self._memory_changed = self._memory_changed, False
        return Verdict(tuple(turn.changes), tuple(turn.announcements), changed, tuple(turn.acks_over))

    def _wake(self, now: datetime) -> None:
        """What time alone brings: hosts of which nothing is heard, windows that begin or end, acknowledgements that end."""
        while self._silences and self._silences[0][0] <= now:
            at, id = heapq.heappop(self._silences)
            if self._silence_of.get(id) != at:
                continue
            del self._silence_of[id]
            host = self._hosts.get(id)
            if host is None or host.host.paused:
                continue
            if host.silence_at > now:
                self._time_silence(id, host)
            else:
                self._dirty.add(id)
        while self._edges and self._edges[0][0] <= now:
            place = heapq.heappop(self._edges)[1]
            self._next_edge(place, self._planned[place], now)
            self._dirty.update(host.host.id for host in self._members[place])
        while self._alarms and self._alarms[0][0] <= now:
            self._dirty.add(heapq.heappop(self._alarms)[1])

    def _time_silence(self, id: str, host: Watched) -> None:
        at = self._silence_of[id] = host.silence_at
        heapq.heappush(self._silences, (at, id))

    def _next_edge(self, place: int, planned: Planned, now: datetime) -> None:
        edge = planned.edge(now)
        if edge is not None:
            heapq.heappush(self._edges, (edge, place))

    def _look_at_itself(self, turn: _Turn) -> None:
        """Whether the probe is cut off, or sees again."""
        own, now = self._own, turn.now
        if own.since is None:
            reason = own.begins(self._hosts.values(), self._measured - len(self._fallen), now)
            if reason is None:
                return
            own.begin(reason, now)
            self._blink(now)
            self._later = deque(self._hosts)
        elif own.ends(self._hosts.values()):
            if own.told:
                turn.announcements.append(_of_probe("sighted", own, now))
            own.end()
            self._from = now
            self._blink(now)
            self._later.clear()  # each stays unknown until its first round, which will be looked at
            for id, host in self._hosts.items():
                if not host.host.paused and id not in self._silence_of:
                    self._time_silence(id, host)
        self._tell_blind(turn)
        self._dirty.update(self._later.popleft() for _ in range(min(_SHARE, len(self._later))))

    def _blink(self, now: datetime) -> None:
        for host in self._hosts.values():
            if not host.host.paused:
                host.blink(now)
        self._waiting.clear()
        self._memory_changed = True

    def _tell_blind(self, turn: _Turn) -> None:
        """Announces it, unless everything is in maintenance."""
        own = self._own
        if own.since is None or own.told:
            return
        if any(planned.window.host is None and not planned.window.group and planned.at(turn.now) for planned in self._planned):
            return
        own.told = self._memory_changed = True
        turn.announcements.append(_of_probe("blind", own, turn.now))

    def _part(self, id: str, host: Watched, turn: _Turn) -> None:
        """A host was removed: what was announced of it ends, what was told of its state, too."""
        if host.told is not None:
            turn.announcements.append(_closing(id, host.told, turn.now, "removed"))
        at = max(turn.now, host.view.since + _STEP)
        turn.changes.append(Change(id, host.recorded, State.PAUSED, at, "removed", State.UP))
        if self._kept.pop(id, None) is not None:
            self._memory_changed = True
        self._silence_of.pop(id, None)
        self._waiting.discard(id)

    def _look_at_hosts(self, turn: _Turn) -> None:
        """Parents before their children, so that the order in which their rounds ended is no matter; each host once.

        Who lies behind a host that changed is looked at too, at any depth, if it is not settled: nobody else's state is a parent's affair.
        """
        layers: dict[int, set[str]] = {}
        for id in self._dirty | self._poked:
            host = self._hosts.get(id)
            if host is not None:
                layers.setdefault(host.depth, set()).add(id)
        dirty, poked, self._dirty, self._poked = self._dirty, self._poked, set(), set()
        while layers:
            for id in sorted(layers.pop(min(layers))):
                host = self._hosts[id]
                before = host.level, host.flapping.on, host.view.state
                if id in dirty or (host.begun and host.attentive):
                    self._look(id, host, turn)
                if host.children and (id in poked or before != (host.level, host.flapping.on, host.view.state)):
                    below = {child.host.id for child in host.children}
                    layers.setdefault(host.depth + 1, set()).update(below)
                    poked |= below

    # -- one host ---------------------------------------------------------------------------------------

    def _look(self, id: str, host: Watched, turn: _Turn) -> None:
        now = turn.now
        if host.host.paused:
            self._pause(id, host, turn)
        else:
            if host.begun and now >= host.silence_at:
                heard_at, lack = host.heard_at, host.lack
                host.blink(now)
                host.heard_at, host.lack = heard_at, lack or "no_rounds"
            elif not host.begun and now >= host.silence_at and host.lack in (None, "new"):
                host.lack = "no_rounds"
            self._judge(host, now)
            if id not in self._silence_of and host.silence_at > now:
                self._time_silence(id, host)
        maintenance = max((found for one in host.windows if (found := one.at(now))), key=lambda one: one.until, default=None)
        self._judge_ack(id, host, turn)
        if host.begun and self._own.since is None:
            self._speak(id, host, maintenance, turn)
        host.attentive = not host.begun or host.lack is not None or host.down.raised or host.flapping.on or not _settled(host)
        self._note(id, host)
        self._show(id, host, maintenance, turn)

    def _pause(self, id: str, host: Watched, turn: _Turn) -> None:
        if host.told is not None:
            turn.announcements.append(_closing(id, host.told, turn.now, "paused"))
            host.told = None
        if host.begun or host.level is not State.UP or host.flapping.on:
            host.leave(turn.now)
        self._silence_of.pop(id, None)

    def _judge(self, host: Watched, now: datetime) -> None:
        """Its level, from its own rounds and those of its parents."""
        if not host.begun:
            return
        if not host.down.raised:
            host.waits_from = None
            level, reason = (State.DEGRADED, host.poor_why) if host.poor.raised else (State.UP, None)
            host.put(level, reason, host.heard_at)
        elif host.silent:
            self._judge_silent(host, now)
        elif host.worth is Outcome.LOST:  # a bad answer: the way there is open
            host.waits_from = None
            host.put(State.DOWN, host.lost_why, host.raised_at)
        # else it answers again, but not long enough: it stays as it was

    def _judge_silent(self, host: Watched, now: datetime) -> None:
        way, longest = self._way(host, now)
        if way == "shut":
            host.waits_from = None
            host.put(State.UNREACHABLE, "parent", now)
            return
        if way == "waits" and host.level is not State.DOWN:
            if host.waits_from is None or longest is _WHILE_IT_WAITS:
                host.waits_from = now
            if now - host.waits_from < longest:
                return
        elif way == "open":
            host.waits_from = None
        host.put(State.DOWN, host.lost_why, now if host.level is State.UNREACHABLE else host.raised_at)

    def _way(self, host: Watched, now: datetime) -> tuple[Literal["open", "shut", "waits"], timedelta]:
        """Whether the silence is the host's own: `shut` when a parent is down, `waits` while that is not known, no longer than told."""
        above = host.parent
        while above is not None:
            if above.host.paused or now >= above.silence_at:  # nobody knows: perhaps its own parent tells
                above = above.parent
                continue
            if above.level in FALLEN and (above.silent or not above.begun):
                return "shut", HOLD
            if clears(above, host):
                return "open", HOLD
            if above.waits_from is not None:
                return "waits", _WHILE_IT_WAITS
            # its parent's rounds, to see how that is, and then its own, to see how itself is
            seconds = sum((one.host.limits.raise_bad + 1) * one.host.interval_s for one in (above, host))
            return "waits", min(_LONGEST_WAIT, timedelta(seconds=seconds))
        return ("open" if self._own.clears(host, self._hosts.values(), now) else "waits"), HOLD

    def _judge_ack(self, id: str, host: Watched, turn: _Turn) -> None:
        """Whether somebody has taken it on, still."""
        ack = self._acks.get(id)
        if ack is not None and id in self._spent:
            ack = None
        if ack is not None:
            recovered = host.begun and host.level is State.UP and not host.down.raised and not host.flapping.on
            if recovered or (ack.until is not None and ack.until <= turn.now):
                self._spent[id] = ack.at
                self._memory_changed = True
                turn.acks_over.append(ack)
                ack = None
        host.ack = ack

    def _speak(self, id: str, host: Watched, maintenance: Maintenance | None, turn: _Turn) -> None:
        """Ends what was announced and is over, whatever else holds; then announces what is not, if nothing holds it back."""
        told = host.told
        if told is not None and _over(told, host):
            turn.announcements.append(_closing(id, told, turn.now, host.reason, host))
            told = host.told = None
        if maintenance is not None or host.ack is not None or (told is not None and told.kind != "degraded"):
            return
        if host.flapping.on:
            if host.level is not State.UNREACHABLE and _flaps_itself(host):
                self._open("flapping", id, host, host.flap_since, turn)
        elif host.level is State.DOWN:
            if host.worth is Outcome.LOST:  # it may have answered since, only not long enough
                self._open("down", id, host, host.level_since, turn)
        elif host.level is State.DEGRADED and told is None and _degrades_itself(host):
            self._open("degraded", id, host, host.level_since, turn)

    def _open(self, kind: Literal["down", "degraded", "flapping"], id: str, host: Watched, since: datetime, turn: _Turn) -> None:
        children: tuple[str, ...] = ()
        if kind == "down":
            children = tuple(sorted(below.host.id for below in _silent_behind(host) if below.told is None or below.told.kind != "down"))
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

    def _note(self, id: str, host: Watched) -> None:
        """Keeps what has to be remembered, and what other hosts have to know quickly."""
        fresh, kept = entry(host), self._kept.get(id)
        if fresh is None:
            if kept is not None:
                del self._kept[id]
                self._memory_changed = True
        elif kept is None or not same(fresh, kept):
            self._kept[id] = fresh
            self._memory_changed = True
        if host.level in FALLEN:
            self._fallen.add(id)
            self._own.falling.pop(id, None)
        else:
            self._fallen.discard(id)
        if host.host.paused or not host.fallen:
            self._own.falling.pop(id, None)
        if host.waits_from is not None:
            self._waiting.add(id)
        else:
            self._waiting.discard(id)

    # -- what is seen -----------------------------------------------------------------------------------

    def _state(self, host: Watched, maintenance: Maintenance | None, now: datetime) -> tuple[State, str | None]:
        if host.host.paused:
            return State.PAUSED, None
        if self._own.since is not None:
            return State.UNKNOWN, "blind"
        if maintenance is not None:
            return State.MAINTENANCE, host.reason
        if not host.begun and (host.lack is not None or now >= host.silence_at):
            return State.UNKNOWN, host.lack or "no_rounds"
        return host.level, host.reason

    def _show(self, id: str, host: Watched, maintenance: Maintenance | None, turn: _Turn) -> None:
        old, now = host.view, turn.now
        state, reason = self._state(host, maintenance, now)
        since = old.since
        if state is not old.state:
            since = now
            if state is host.level:
                since = host.level_since if old.state in (*FALLEN, State.UP, State.DEGRADED) else min(now, host.heard_at)
            since = max(since, old.since + _STEP)
        fresh = HostView(
            state=state, level=host.level, since=since, reason=reason, flapping=host.flapping.on, ack=host.ack, maintenance=maintenance
        )
        if fresh == old:
            return
        host.view = fresh
        before, host.recorded = host.recorded, state
        turn.changes.append(Change(id, before, state, since if state is not old.state else now, reason, host.level))

    def knows(self, host_id: str) -> bool:
        """Whether a host is watched; anchors are not."""
        return host_id in self._hosts

    def view(self, host_id: str) -> HostView:
        """How a host was at the last tick. KeyError when it is not watched."""
        host = self._hosts[host_id]
        if host.level not in FALLEN:
            return host.view
        return replace(host.view, children_silent=sum(1 for _ in _silent_behind(host)))

    @property
    def blind_since(self) -> datetime | None:
        """Since when the probe itself sees nothing; None: it sees."""
        return self._own.since

    @property
    def blind_reason(self) -> str | None:
        """`anchors`: its gateways do not answer; `unsent`: requests cannot be sent; `hosts`: no host answers, and it has no gateway."""
        return self._own.reason

    def memory(self) -> dict[str, Any]:
        """JSON: what must survive a restart, as it was at the last tick. Only of hosts that are not plainly up."""
        return write(self._kept, self._own, self._spent)


class _Turn:
    """What a tick gathers."""

    __slots__ = ("acks_over", "announcements", "changes", "now")

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.changes: list[Change] = []
        self.announcements: list[Announcement] = []
        self.acks_over: list[Ack] = []


def _above(host: Watched) -> Iterator[Watched]:
    """Its parents that are measured, the nearest first."""
    above = host.parent
    while above is not None:
        if above.begun and not above.host.paused:
            yield above
        above = above.parent


def _silent_behind(host: Watched) -> Iterator[Watched]:
    """The hosts behind a silent one, at any depth, that do not answer either; not those behind one that does."""
    found = list(host.children) if host.silent or host.level is State.UNREACHABLE else []
    while found:
        below = found.pop()
        if below.silent or below.level is State.UNREACHABLE:
            yield below
        elif below.begun and not below.host.paused:
            continue
        found += below.children


def _settled(host: Watched) -> bool:
    """What was announced is how it is."""
    return (host.told is None) == (host.level is State.UP)


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
    return host.worth is not Outcome.GOOD and all(above.level is State.UP and host.asked_at >= above.level_since for above in _above(host))


def _flaps_itself(host: Watched) -> bool:
    """True unless a parent comes and goes, and the host with it; or it has nearly calmed since."""
    if host.flapping.share(host.host.limits) <= host.host.limits.flap_high:
        return False
    return all(
        above.level not in FALLEN and not above.flapping.on and above.flapping.share(above.host.limits) < above.host.limits.flap_low
        for above in _above(host)
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


def _of_probe(kind: Literal["blind", "sighted"], own: OwnNetwork, now: datetime) -> Announcement:
    assert own.since is not None  # noqa: S101  # it is told of while it lasts
    return Announcement(kind=kind, host_id=None, at=now, since=own.since, number=number_of(own.since), reason=own.reason)
