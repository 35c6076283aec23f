"""What we say: XML of the few stanzas that a Finesse client sends. Every text from outside is escaped here.

RFC 6120 (streams, SASL, bind), RFC 6121 (presence), RFC 7395 (framing), XEP-0060 (subscriptions), XEP-0199 (ping).
"""

from __future__ import annotations

import base64

from adapters.finesse.notify.elements import escape, quote

__all__ = [
    "CLOSE",
    "END_OF_STREAM",
    "STARTTLS",
    "UNAVAILABLE",
    "auth",
    "bind",
    "not_offered",
    "open_frame",
    "ping",
    "pong",
    "presence",
    "session",
    "stream_header",
    "subscribe",
    "subscriptions",
    "unsubscribe",
]

_CLIENT = "xmlns='jabber:client'"
_PUBSUB = "xmlns='http://jabber.org/protocol/pubsub'"
CLOSE = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>"
"""RFC 7395, section 3.6."""
STARTTLS = "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
"""RFC 6120, section 5.4.2."""
END_OF_STREAM = "</stream:stream>"
"""RFC 6120, section 4.4."""
UNAVAILABLE = f"<presence {_CLIENT} type='unavailable'/>"
"""RFC 6121, section 4.5."""


def open_frame(domain: str) -> str:
    """The beginning of a stream over WebSocket (RFC 7395, section 3.4)."""
    return f"<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to={quote(domain)} version='1.0'/>"


def stream_header(domain: str) -> str:
    """The beginning of a stream over TCP (RFC 6120, section 4.2)."""
    return (
        f"<?xml version='1.0'?><stream:stream {_CLIENT} xmlns:stream='http://etherx.jabber.org/streams' to={quote(domain)} version='1.0'>"
    )


def auth(agent: str, password: str) -> str:
    """SASL PLAIN (RFC 4616)."""
    initial = base64.b64encode(f"\0{agent}\0{password}".encode()).decode()
    return f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{initial}</auth>"


def bind(id_: str, resource: str) -> str:
    """RFC 6120, section 7.7."""
    return _iq("set", id_, f"<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>{escape(resource)}</resource></bind>")


def session(id_: str) -> str:
    """RFC 3921, section 3: older servers want it."""
    return _iq("set", id_, "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>")


def presence() -> str:
    """With priority 0: without it no events come, and above it Cisco's desktop beside us would get none."""
    return f"<presence {_CLIENT}><priority>0</priority></presence>"


def ping(id_: str, domain: str) -> str:
    """XEP-0199, section 4.2."""
    return _iq("get", id_, "<ping xmlns='urn:xmpp:ping'/>", to=domain)


def pong(id_: str, to: str) -> str:
    """The answer to a ping of the server's."""
    return f"<iq {_CLIENT} type='result' id={quote(id_)}{_to(to)}/>"


def not_offered(id_: str, to: str) -> str:
    """The answer to any other question (RFC 6120, section 8.2.3: each must have one)."""
    error = "<error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>"
    return f"<iq {_CLIENT} type='error' id={quote(id_)}{_to(to)}>{error}</iq>"


def subscriptions(id_: str, pubsub: str) -> str:
    """XEP-0060, section 5.6: all that we have."""
    return _iq("get", id_, f"<pubsub {_PUBSUB}><subscriptions/></pubsub>", to=pubsub)


def subscribe(id_: str, pubsub: str, node: str, jid: str) -> str:
    """XEP-0060, section 6.1."""
    return _iq("set", id_, f"<pubsub {_PUBSUB}><subscribe node={quote(node)} jid={quote(jid)}/></pubsub>", to=pubsub)


def unsubscribe(id_: str, pubsub: str, node: str, jid: str, subid: str = "") -> str:
    """XEP-0060, section 6.2; `subid` where the server numbers subscriptions."""
    which = f" subid={quote(subid)}" if subid else ""
    return _iq("set", id_, f"<pubsub {_PUBSUB}><unsubscribe node={quote(node)} jid={quote(jid)}{which}/></pubsub>", to=pubsub)


def _iq(kind: str, id_: str, inside: str, *, to: str = "") -> str:
    return f"<iq {_CLIENT} type='{kind}' id={quote(id_)}{_to(to)}>{inside}</iq>"


def _to(to: str) -> str:
    return f" to={quote(to)}" if to else ""
