"""From a bound resource on, without I/O: presence, old subscriptions cleaned up, events, pings. The same over WebSocket and TCP.

Everything is matched by local name: servers, and versions of Finesse, differ in namespaces.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from adapters.finesse.notify import stanzas
from adapters.finesse.notify.elements import Element, child, children, local, serialised
from adapters.finesse.notify.handshake import condition_of, end_of_stream
from adapters.finesse.notify.line import Connected, Event, FinessePresence, Heard, Lost, Terms

__all__ = ["Answered", "Session"]

_HELLO = "hello"
_NO_SERVICE = frozenset({"remote-server-not-found", "remote-server-timeout", "jid-malformed"})
"""What a server says of a pubsub domain that it does not know: no event would ever come."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a request of `ask`: None, or XMPP's condition."""

    request: str
    condition: str | None


class Session:
    """One bound session. `begin`, `receive` and the others put what is to be sent into `out`; the owner sends it and empties the list."""

    def __init__(self, jid: str, *, domain: str, pubsub: str, terms: Terms) -> None:
        self.jid = jid
        self.out: list[str] = []
        self._bare, _, self._resource = jid.partition("/")
        self._domain, self._pubsub, self._terms = domain, pubsub, terms
        self._finesse = f"finesse@{domain}".lower()
        self._here: set[str] = set()
        """Resources of `finesse`: a service that moves may show two for a moment."""
        self._told: bool | None = None
        self._cleaning: set[str] = set()
        self._wanted: set[str] = set()
        self._count = 0
        self._up = False

    # -- what the owner asks for

    def begin(self) -> None:
        """Presence, and which subscriptions there are. Connected comes when those of ours that were left over are gone."""
        self.out += [stanzas.presence(), stanzas.subscriptions(_HELLO, self._pubsub)]

    def ping(self) -> None:
        """Any word of the server will do as the answer."""
        self.out.append(stanzas.ping(self._id("ping"), self._domain))

    def subscribe(self, node: str) -> str:
        """The request's id, for Answered."""
        self._wanted.add(node)
        return self._ask(lambda id_: stanzas.subscribe(id_, self._pubsub, node, self.jid))

    def unsubscribe(self, node: str) -> str:
        """The request's id, for Answered."""
        self._wanted.discard(node)
        return self._ask(lambda id_: stanzas.unsubscribe(id_, self._pubsub, node, self.jid))

    def leave(self) -> None:
        """Takes leave: what we subscribed to would stay, through restarts of the server, too. No answer is waited for."""
        for node in sorted(self._wanted):
            self.unsubscribe(node)
        self.out.append(stanzas.UNAVAILABLE)

    # -- what the server says

    def receive(self, element: Element) -> list[Event | Answered]:
        """What one more element of the server's means, in its order."""
        match local(element):
            case "message":
                return list(self._message(element))
            case "presence":
                return list(self._presence(element))
            case "iq":
                return list(self._iq(element))
            case "error" | "close":
                return [end_of_stream(element)]
            case _:
                return []

    def _message(self, message: Element) -> list[Heard]:
        # anybody with an account could send one that looks like an event: only the service's own count
        if message.get("from", "").lower() != self._pubsub.lower() or message.get("type") == "error":
            return []
        return [
            Heard(items.get("node", ""), item.get("id", ""), _payload(item))
            for event in children(message, "event")
            for items in children(event, "items")
            for item in children(items, "item")
        ]

    def _presence(self, presence: Element) -> list[FinessePresence]:
        sender, kind = presence.get("from", ""), presence.get("type", "")
        bare, _, resource = sender.partition("/")
        if bare.lower() != self._finesse or kind not in ("", "unavailable"):
            return []
        if not kind:
            self._here.add(resource)
        elif resource:
            self._here.discard(resource)
        else:
            self._here.clear()
        available = bool(self._here)
        if available is self._told:
            return []
        self._told = available
        return [FinessePresence(available)]

    def _iq(self, iq: Element) -> list[Event | Answered]:
        kind, id_, sender = iq.get("type", ""), iq.get("id", ""), iq.get("from", "")
        if kind in ("get", "set"):
            asked = next((local(one) for one in iq), "")
            self.out.append(stanzas.pong(id_, sender) if (kind, asked) == ("get", "ping") else stanzas.not_offered(id_, sender))
            return []
        if sender.lower() != self._pubsub.lower():
            return []  # pongs, and whatever else is nothing that was asked of the pubsub service
        condition = None if kind == "result" else condition_of(iq)
        if id_ == _HELLO and not self._up and not self._cleaning:
            if condition in _NO_SERVICE:
                return [Lost("refused", f"pubsub: {condition}")]
            self._clean(iq)  # a service that tells no subscriptions has none to clean: events come all the same
            return self._risen()
        if id_ in self._cleaning:
            self._cleaning.discard(id_)
            return self._risen()
        return [Answered(id_, condition)]

    def _clean(self, answer: Element) -> None:
        """Drops what earlier connections of ours left behind: each would bring one more copy of each event.

        Ours are those of a resource that begins with our name. The bare JID's are Finesse's own doing, and `desktop`'s are Cisco's.
        """
        for pubsub in children(answer, "pubsub"):
            for listed in children(pubsub, "subscriptions"):
                for one in children(listed, "subscription"):
                    jid, node = one.get("jid", ""), one.get("node", "")
                    bare, _, resource = jid.partition("/")
                    ours = bare.lower() == self._bare.lower() and (resource == self._resource or resource.startswith(self._terms.resource))
                    if ours and node and len(self._cleaning) < self._terms.max_unsubscribes:
                        id_ = self._id("clean")
                        self._cleaning.add(id_)
                        self.out.append(stanzas.unsubscribe(id_, self._pubsub, node, jid, one.get("subid", "")))

    def _risen(self) -> list[Event | Answered]:
        if self._cleaning or self._up:
            return []
        self._up = True
        return [Connected(self.jid)]

    def _ask(self, build: Callable[[str], str]) -> str:
        id_ = self._id("ask")
        self.out.append(build(id_))
        return id_

    def _id(self, kind: str) -> str:
        self._count += 1
        return f"{kind}{self._count}"


def _payload(item: Element) -> str:
    """The text of `<notification>`, whatever its namespace; or the `<Update>` in it, or in its place, as XML."""
    holder = child(item, "notification")
    if holder is None:
        holder = item
    update = next((one for one in holder if local(one).lower() == "update"), None)
    if update is not None:
        return serialised(update)
    return "".join(holder.itertext()).strip()
