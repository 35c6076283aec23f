"""A network in which rounds are letters: what was measured and what was told can be read beside each other."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from adapters.netmonitor.judge.network import Announcement, Change, Network, Verdict
from adapters.netmonitor.values import Ack, Host, Round, Window
from tests.clock import START

__all__ = ["LETTERS", "Pairs", "Rig", "at", "host", "made"]

_GOOD = (1.0, 1.1, 1.2, 1.3, 1.4)
LETTERS: dict[str, dict[str, Any]] = {
    ".": {"rtts": _GOOD},
    "-": {"rtts": (1.0, None, 1.2, 1.3, 1.4)},  # 20 % lost: neither good nor bad
    "~": {"rtts": (1.0, None, None, 1.3, 1.4)},
    "s": {"rtts": (80.0, 90.0, 100.0, 110.0, 120.0)},
    "m": {"rtts": (40.0, 40.0, 40.0, 40.0, 60.0)},
    "x": {"rtts": (None,) * 5},
    "t": {"rtts": (None,), "error": "timeout"},
    "r": {"rtts": (None,), "error": "refused"},
    "h": {"rtts": (12.0,), "error": "http_status"},
    "w": {"rtts": (12.0,), "warning": "certificate_ends"},
    "n": {"rtts": (), "error": "no_route"},
    "d": {"rtts": (), "error": "no_name"},
    "p": {"rtts": (), "error": "no_permission"},
}
"""By what a round found."""


def made(letter: str, at: datetime) -> Round:
    """The round of a letter that began at that time."""
    return Round(at=at, **LETTERS[letter])


def at(seconds: float) -> datetime:
    """So long after the start."""
    return START + timedelta(seconds=seconds)


def host(id: str, parent: str | None = None, **members: Any) -> Host:
    """A host that is asked every ten seconds."""
    return Host(id=id, name=id.upper(), address="192.0.2.1", parent=parent, **members)


class Pairs:
    """Fails when an announcement has no pair, or says again what was said (UX B8)."""

    def __init__(self) -> None:
        self.open: dict[str | None, list[Announcement]] = {}
        self.ids: set[tuple[str | None, int, str]] = set()
        self.all: list[Announcement] = []

    def take(self, one: Announcement) -> None:
        """An announcement, in its turn."""
        self.all.append(one)
        id = one.host_id, one.number, one.kind
        assert id not in self.ids, f"told twice: {one}"
        self.ids.add(id)
        standing = self.open.setdefault(one.host_id, [])
        closes = {"up": "down", "recovered": "degraded", "calm": "flapping", "sighted": "blind"}.get(one.kind)
        if closes is None:
            overtakes = [other.kind for other in standing] == ["degraded"] and one.kind in ("down", "flapping")
            assert not standing or overtakes, f"{one} while {standing}"
            self.open[one.host_id] = [one]
        else:
            assert [other.kind for other in standing] == [closes], f"{one} while {standing}"
            assert (standing[0].number, standing[0].since) == (one.number, one.since)
            self.open[one.host_id] = []


class Rig:
    """Hosts, a network that judges them, and all that it said. A column of letters is a round of ten seconds."""

    def __init__(self, *hosts: Host, restarts: Iterable[int] = (), step_s: float = 10.0, kind: type[Network] = Network) -> None:
        """`restarts`: after these ticks the network is built again from its memory."""
        self.kind = kind
        self.hosts = list(hosts)
        self.now = START
        self.step_s = step_s
        self.network = kind(self.hosts, memory=None, now=self.now)
        self.windows: list[Window] = []
        self.acks: list[Ack] = []
        self.pairs = Pairs()
        self.said: list[str] = []
        self.changes: list[Change] = []
        self.acks_over: list[Ack] = []
        self.restarts, self.ticks = set(restarts), 0
        self.memory: dict[str, Any] = self.network.memory()

    def tick(self) -> Verdict:
        """Takes what the network has to say."""
        verdict = self.network.tick(self.now)
        for one in verdict.announcements:
            self.pairs.take(one)
            text = f"{(self.now - START).total_seconds():g} {one.kind}" + (f" {one.host_id}" if one.host_id else "")
            self.said.append(text + (f" +{','.join(one.children)}" if one.children else ""))
        self.changes += verdict.changes
        self.acks_over += verdict.acks_over
        fresh = self.network.memory()
        if not verdict.memory_changed:  # but for rounds of a host that flaps, which may be old
            assert _steady(fresh) == _steady(self.memory)
        assert not verdict.announcements or verdict.memory_changed
        self.memory = fresh
        self.ticks += 1
        if self.ticks in self.restarts:
            self.restart()
        return verdict

    def restart(self) -> None:
        """Another process takes over with what was kept."""
        self.network = self.kind(self.hosts, memory=json.loads(json.dumps(self.memory)), now=self.now)
        self.network.maintain(self.windows, self.now)
        self.network.acknowledge(self.acks, self.now)

    def play(self, **rounds: str) -> list[str]:
        """Plays letters by host (`__` in a name is a colon); a blank is no round. Gives what was said, with seconds since the start."""
        begun = len(self.said)
        for column in range(max(map(len, rounds.values()))):
            for name, letters in rounds.items():
                letter = letters[column : column + 1].strip()
                if letter:
                    self.network.take(name.replace("__", ":"), made(letter, self.now - timedelta(seconds=1)), self.now)
            for _ in range(int(self.step_s)):
                self.tick()
                self.now += timedelta(seconds=1)
        return self.said[begun:]

    def change(self, id: str, **members: Any) -> None:
        """A host is written otherwise."""
        self.hosts = [replace(one, **members) if one.id == id else one for one in self.hosts]
        self.network.replace(self.hosts, self.now)

    def remove(self, id: str) -> None:
        """A host is not written any more."""
        self.hosts = [one for one in self.hosts if one.id != id]
        self.network.replace(self.hosts, self.now)

    def maintain(self, *windows: Window) -> None:
        """These are the windows."""
        self.windows = list(windows)
        self.network.maintain(self.windows, self.now)

    def acknowledge(self, *acks: Ack) -> None:
        """These are the acknowledgements."""
        self.acks = list(acks)
        self.network.acknowledge(self.acks, self.now)

    def states(self, id: str) -> list[str]:
        """The states of a host, each with the seconds of its beginning."""
        return [
            f"{(one.at - START).total_seconds():g} {one.after.value}"
            for one in self.changes
            if one.host_id == id and one.before is not one.after
        ]


def _steady(memory: dict[str, Any]) -> dict[str, Any]:
    hosts = {id: {**one, "flapping": one.get("flapping", {}).get("since")} for id, one in memory["hosts"].items()}
    return {**memory, "hosts": hosts}
