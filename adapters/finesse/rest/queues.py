"""The figures of queues: how many wait, and who could take them. Of Unified CCE only; CCX keeps them elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from adapters.finesse.elements import Element, Unreadable, parse

__all__ = ["Queue", "read_queues"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """One queue. A figure is None where Finesse does not know it (it says -1 or nothing)."""

    id: str
    name: str
    calls: int | None
    """That wait."""
    longest_since: datetime | None
    """Since when the one waits that has waited longest, by Finesse's clock; None: none waits."""
    ready: int | None
    not_ready: int | None
    busy_other: int | None
    signed_in: int | None
    talking: int | None
    """Incoming, outgoing and internal together; None when one of them is not known."""
    wrapping_up: int | None


def read_queues(xml: bytes) -> tuple[Queue, ...]:
    """`GET /User/{id}/Queues`, and `GET /Queue/{id}` for one. Raises Unreadable."""
    root = parse(xml)
    if root.name not in ("queues", "queue"):
        raise Unreadable("no queues")
    return tuple(_queue(element) for element in (root.each("queue") if root.name == "queues" else (root,)))


def _queue(element: Element) -> Queue:
    id = element.say("uri").rstrip("/").rpartition("/")[2]
    if not id:
        raise Unreadable("a queue without an id")
    figures = element.first("statistics") or Element("statistics")
    return Queue(
        id=id,
        name=element.say("name"),
        calls=_count(figures, "callsinqueue"),
        longest_since=_time(figures.say("starttimeoflongestcallinqueue")),
        ready=_count(figures, "agentsready"),
        not_ready=_count(figures, "agentsnotready"),
        busy_other=_count(figures, "agentsbusyother"),
        signed_in=_count(figures, "agentsloggedon"),
        talking=_count(figures, "agentstalkinginbound", "agentstalkingoutbound", "agentstalkinginternal"),
        wrapping_up=_count(figures, "agentswrapupnotready", "agentswrapupready"),
    )


def _count(figures: Element, *names: str) -> int | None:
    texts = [figures.say(name) for name in names]
    return sum(map(int, texts)) if all(text.isascii() and text.isdigit() and len(text) < 9 for text in texts) else None


def _time(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None
