"""What must survive a restart, as JSON: of each host that is not plainly up its level, what was announced and whether it flaps; whether the
probe is blind; which acknowledgements have had their day. Rounds are not remembered: what was under way begins anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from adapters.netmonitor.judge.flapping import Flapping
from adapters.netmonitor.judge.own import OwnNetwork
from adapters.netmonitor.judge.watched import Told, Watched
from adapters.netmonitor.values import State

__all__ = ["VERSION", "entry", "recall", "recall_own", "recall_spent", "same", "write"]

VERSION = 1
"""Memory of another version is not read: the judge begins as if it had announced nothing."""


def entry(host: Watched) -> dict[str, Any] | None:
    """A host's part; None when it is plainly up."""
    if host.plain:
        return None
    found: dict[str, Any] = {"level": host.level.value, "since": host.level_since.isoformat()}
    if host.reason is not None:
        found["reason"] = host.reason
    if host.told is not None:
        found["told"] = {"kind": host.told.kind, "since": host.told.since.isoformat()}
    if host.flapping.on:
        found["flapping"] = {"since": host.flap_since.isoformat(), "changes": host.flapping.changes}
    return found


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two parts of a host are the same but for one more round of a host that flaps; that need not be kept each time."""
    return {**one, "flapping": one.get("flapping", {}).get("since")} == {**other, "flapping": other.get("flapping", {}).get("since")}


def recall(host: Watched, found: Mapping[str, Any]) -> None:
    """Puts a new host's part back."""
    host.level, host.level_since, host.reason = State(found["level"]), datetime.fromisoformat(found["since"]), found.get("reason")
    told, flapping = found.get("told"), found.get("flapping")
    if told is not None:
        host.told = Told(told["kind"], datetime.fromisoformat(told["since"]))
    if flapping is not None:
        host.flapping, host.flap_since = Flapping(flapping["changes"], on=True), datetime.fromisoformat(flapping["since"])
    host.blink(host.heard_at)
    host.lack = "new" if host.level is State.UP else None


def write(hosts: Mapping[str, Mapping[str, Any]], own: OwnNetwork, spent: Mapping[str, datetime]) -> dict[str, Any]:
    """The whole."""
    blind = None if own.since is None else {"since": own.since.isoformat(), "reason": own.reason, "told": own.told}
    return {"version": VERSION, "hosts": dict(hosts), "blind": blind, "spent": {id: at.isoformat() for id, at in spent.items()}}


def recall_own(own: OwnNetwork, memory: Mapping[str, Any]) -> None:
    """Puts back whether the probe is blind."""
    blind = memory.get("blind")
    if blind is not None:
        own.since, own.reason, own.told = datetime.fromisoformat(blind["since"]), blind["reason"], blind["told"]


def recall_spent(memory: Mapping[str, Any]) -> dict[str, datetime]:
    """Puts back which acknowledgements were over: of each host, when the last of them was given."""
    return {id: datetime.fromisoformat(at) for id, at in memory.get("spent", {}).items()}
