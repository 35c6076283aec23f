"""All hosts and the probe itself: what their rounds mean together, what changed, what is to be announced (UX B2 to B8).

Feed it rounds, then take what it has to say, about once a second. Pure: no I/O, no clock. What a tick costs depends on what changed.
The rules, with their numbers, are in docs/network.md, "States".

Whatever may take long comes twice: at once (`tick`), and in steps of a host each (`ticking`), between which others may have their turns.
The steps of one change are as if they were one: what is seen stays as it was until the last of them, and rounds that end between them count
when they are over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from adapters.netmonitor.judge.acks import Acks
from adapters.netmonitor.judge.level import judge_level
from adapters.netmonitor.judge.maintenance import Maintenance
from adapters.netmonitor.judge.memory import VERSION, entry, recall, recall_own, recall_spent, same, write
from adapters.netmonitor.judge.own import ANCHOR, OwnNetwork
from adapters.netmonitor.judge.planning import Planning, maintenance_of
from adapters.netmonitor.judge.silences import Silences
from adapters.netmonitor.judge.telling import end, of_probe, settled, speak
from adapters.netmonitor.judge.tree import link, silent_behind
from adapters.netmonitor.judge.verdict import Announcement, Change, HostView, Turn, Verdict
from adapters.netmonitor.judge.watched import FALLEN, Watched
from adapters.netmonitor.values import Ack, Host, Round, State, Window
from hub.turns import Stepwise, at_once

__all__ = ["Announcement", "Change", "HostView", "Network", "Verdict"]

T = TypeVar("T")
_STEP = timedelta(microseconds=1)
_SHARE = 1000
"""When the probe is blind, so many hosts become unknown in a tick: all at once would be a lot to tell."""


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
        self._silences, self._planning, self._acks = Silences(), Planning(), Acks()
        self._kept: dict[str, dict[str, Any]] = {}
        self._memory_changed = False
        self._held: list[tuple[str, Round, datetime]] | None = None
        """Rounds that ended between the steps of a change; None: there is none."""
        at_once(self._begin(hosts, memory, now))

    @classmethod
    def building(
        cls, hosts: Iterable[Host], *, memory: Mapping[str, Any] | None, now: datetime, up_since: Mapping[str, datetime] | None = None
    ) -> Stepwise[Network]:
        """The same in steps. `up_since`: of hosts that are not in the memory, since when they were up: that is shown if they still are."""
        network = cls((), memory=None, now=now)
        yield from network._begin(hosts, memory, now)
        for id, at in (up_since or {}).items():
            yield
            host = network._hosts.get(id)
            if host is not None and id not in network._kept:
                host.up_since = at
        return network

    def _begin(self, hosts: Iterable[Host], memory: Mapping[str, Any] | None, now: datetime) -> Stepwise[None]:
        if memory is not None and memory.get("version") == VERSION:
            recall_own(self._own, memory)
            self._acks.spent = recall_spent(memory)
            self._kept = dict(memory["hosts"])
            for id, found in self._kept.items():  # those that are there no more leave with the next tick
                yield
                host = self._leaving[id] = Watched(Host(id=id, name=id, address=""), now)
                recall(host, found)
        yield from self._replace(hosts, now)
        for id, host in self._hosts.items():
            if id not in self._kept and not host.host.paused and self._own.since is None:
                continue  # as it was made: unknown, because it is new
            yield
            state, reason = self._state(host, None, now)
            since = host.level_since if state is host.level else now
            if reason == "blind" and self._own.since is not None:
                since = self._own.since
            host.view = HostView(state=state, level=host.level, since=since, reason=reason, flapping=host.flapping.on)
            host.recorded = host.level if reason == "new" else state

    # -- what is watched --------------------------------------------------------------------------------

    def replace(self, hosts: Iterable[Host], now: datetime) -> None:
        """These are the hosts from now on. Whatever is known of a host that stays is kept, whatever of it has changed."""
        at_once(self.replacing(hosts, now))

    def replacing(self, hosts: Iterable[Host], now: datetime) -> Stepwise[None]:
        """The same in steps."""
        return self._whole(self._replace(hosts, now))

    def maintain(self, windows: Iterable[Window], now: datetime) -> None:
        """These are the maintenance windows from now on. Raises ValueError naming the one whose zone is unknown."""
        at_once(self.maintaining(windows, now))

    def maintaining(self, windows: Iterable[Window], now: datetime) -> Stepwise[None]:
        """The same in steps; what it raises it raises before the first."""
        self._alone()
        self._planning.replace(windows, now)
        return self._whole(self._assign())

    def acknowledge(self, acks: Iterable[Ack], now: datetime) -> None:
        """These are the acknowledgements from now on; one that is over, by recovery or its time, stays over."""
        self._alone()
        spent = self._acks.spent
        self._dirty |= self._acks.replace(acks)
        self._memory_changed |= spent != self._acks.spent

    def _replace(self, hosts: Iterable[Host], now: datetime) -> Stepwise[None]:
        before, fresh = dict(self._hosts), dict[str, Watched]()
        anchors = []
        for host in hosts:
            yield
            if host.id.startswith(ANCHOR):
                anchors.append(host.id)
                continue
            known = before.pop(host.id, None) or self._leaving.pop(host.id, None)
            if known is None:
                known = Watched(host, now)
                if host.paused:
                    self._dirty.add(host.id)
                else:
                    self._silences.watch(host.id, known)
            elif known.host != host:
                if known.host.paused and not host.paused:
                    known.leave(now)
                self._silences.forget(host.id)
                self._dirty.add(host.id)
                known.host = host
            fresh[host.id] = known
        self._hosts = fresh
        self._leaving |= before
        self._own.replace(anchors)
        for id in before:
            self._own.falling.pop(id, None)
            self._fallen.discard(id)
        self._measured = sum(not host.host.paused for host in fresh.values())
        moved = yield from link(fresh)
        self._dirty |= moved
        self._poked |= moved
        yield from self._assign()

    def _assign(self) -> Stepwise[None]:
        self._dirty |= yield from self._planning.assign(self._hosts)

    def _alone(self) -> None:
        if self._held is not None:
            raise RuntimeError("the steps of another change of this network are not over")

    def _whole(self, steps: Stepwise[T]) -> Stepwise[T]:
        """These steps as one: whatever else comes between them waits, or is refused; for good, if they were not taken to their end."""
        self._alone()
        self._held = []
        found = yield from steps
        held, self._held = self._held, None
        for one in held:
            self.take(*one)
        return found

    # -- rounds -----------------------------------------------------------------------------------------

    def take(self, host_id: str, found: Round, now: datetime) -> None:
        """A round ended. Of a host that is not watched, or paused, it is nothing."""
        if self._held is not None:
            self._held.append((host_id, found, now))
            return
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
        return at_once(self.ticking(now))

    def ticking(self, now: datetime) -> Stepwise[Verdict]:
        """The same in steps."""
        return self._whole(self._tick(now))

    def _tick(self, now: datetime) -> Stepwise[Verdict]:
        turn = Turn(now)
        self._dirty |= yield from self._silences.due(self._hosts, now)
        self._dirty |= self._planning.due(now) | self._acks.due(now)
        yield from self._look_at_itself(turn)
        for id, host in self._leaving.items():
            yield
            self._part(id, host, turn)
        self._leaving = {}
        self._dirty |= self._waiting
        if self._dirty:
            yield from self._look_at_hosts(turn)
        changed = self._memory_changed or bool(turn.acks_over)
        self._memory_changed = False
        return Verdict(tuple(turn.changes), tuple(turn.announcements), changed, tuple(turn.acks_over))

    def _look_at_itself(self, turn: Turn) -> Stepwise[None]:
        """Whether the probe is cut off, or sees again."""
        own, now = self._own, turn.now
        if own.since is None:
            reason = own.begins(self._hosts.values(), self._measured - len(self._fallen), now)
            if reason is None:
                return
            own.begin(reason, now)
            yield from self._blink(now)
            self._later = deque(self._hosts)
        elif own.ends(self._hosts.values()):
            if own.told:
                turn.announcements.append(of_probe("sighted", own, now))
            own.end()
            self._from = now
            yield from self._blink(now)
            self._later.clear()  # each stays unknown until its first round, which will be looked at
            for id, host in self._hosts.items():
                if not host.host.paused and id not in self._silences:
                    self._silences.watch(id, host)
        if own.since is not None and not own.told and not self._planning.covers_all(now):
            own.told = self._memory_changed = True
            turn.announcements.append(of_probe("blind", own, now))
        self._dirty.update(self._later.popleft() for _ in range(min(_SHARE, len(self._later))))

    def _blink(self, now: datetime) -> Stepwise[None]:
        for host in self._hosts.values():
            yield
            if not host.host.paused:
                host.blink(now)
        self._waiting.clear()
        self._memory_changed = True

    def _part(self, id: str, host: Watched, turn: Turn) -> None:
        """A host was removed: what was announced of it ends, what was told of its state, too."""
        end(id, host, turn, "removed")
        at = max(turn.now, host.view.since + _STEP)
        turn.changes.append(Change(id, host.recorded, State.PAUSED, at, "removed", State.UP))
        if self._kept.pop(id, None) is not None:
            self._memory_changed = True
        self._silences.forget(id)
        self._waiting.discard(id)

    def _look_at_hosts(self, turn: Turn) -> Stepwise[None]:
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
                yield
                host = self._hosts[id]
                before = host.level, host.flapping.on, host.view.state
                if id in dirty or (host.begun and host.attentive):
                    self._look(id, host, turn)
                if host.children and (id in poked or before != (host.level, host.flapping.on, host.view.state)):
                    below = {child.host.id for child in host.children}
                    layers.setdefault(host.depth + 1, set()).update(below)
                    poked |= below

    # -- one host ---------------------------------------------------------------------------------------

    def _look(self, id: str, host: Watched, turn: Turn) -> None:
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
            judge_level(host, now, lambda silent: self._own.clears(silent, self._hosts.values(), now))
            if id not in self._silences and host.silence_at > now:
                self._silences.watch(id, host)
        maintenance = maintenance_of(host, now)
        self._acks.look(id, host, turn)
        if host.begun and self._own.since is None:
            speak(id, host, maintenance, turn)
        host.attentive = not host.begun or host.lack is not None or host.down.raised or host.flapping.on or not settled(host)
        self._note(id, host)
        self._show(id, host, maintenance, turn)

    def _pause(self, id: str, host: Watched, turn: Turn) -> None:
        end(id, host, turn, "paused")
        if host.begun or host.level is not State.UP or host.flapping.on:
            host.leave(turn.now)
        self._silences.forget(id)

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

    def _show(self, id: str, host: Watched, maintenance: Maintenance | None, turn: Turn) -> None:
        old, now = host.view, turn.now
        state, reason = self._state(host, maintenance, now)
        since = old.since
        up_since, host.up_since = host.up_since, None if host.begun else host.up_since
        if state is State.UP and old.reason == "new" and up_since is not None:
            since = min(now, up_since)  # it began before this process did
        elif state is not old.state:
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
        return replace(host.view, children_silent=sum(1 for _ in silent_behind(host)))

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
        return write(self._kept, self._own, self._acks.spent)
