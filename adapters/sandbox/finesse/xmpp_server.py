"""A small XMPP server over WebSocket (RFC 7395) with the pubsub that Finesse's notification service has.

SASL PLAIN, bind, presence with priorities, XEP-0199, XEP-0060's subscribe, unsubscribe and subscriptions; no rosters, no messages between
users, nothing is kept for who is away. Where the RFCs leave a choice it does what an Openfire or a Prosody was seen to do.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import itertools
import logging
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from xml.etree.ElementTree import Element, ParseError, fromstring
from xml.sax.saxutils import escape, quoteattr

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from adapters.sandbox.finesse.outlet import new_item
from adapters.sandbox.finesse.wire import local

__all__ = ["XmppServer"]

_log = logging.getLogger(__name__)

_FRAMING = "urn:ietf:params:xml:ns:xmpp-framing"
_STREAM = "http://etherx.jabber.org/streams"
_STREAM_ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"
_SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
_BIND = "urn:ietf:params:xml:ns:xmpp-bind"
_STANZAS = "urn:ietf:params:xml:ns:xmpp-stanzas"
_PUBSUB = "http://jabber.org/protocol/pubsub"

_MOST_WAITING = 1000
"""Stanzas that wait for a slow client; with more it is cut off."""
_MAX_BYTES = 64 * 1024
_CLOSE_S = 1.0


class _Session:
    """One connection."""

    __slots__ = ("agent", "available", "jid", "outgoing", "priority", "socket")

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.agent = ""
        self.jid = ""
        self.available = False
        self.priority = 0
        self.outgoing: asyncio.Queue[str | None] = asyncio.Queue(_MOST_WAITING)

    def send(self, text: str) -> None:
        """Queues a stanza, or cuts off whoever does not read."""
        try:
            self.outgoing.put_nowait(text)
        except asyncio.QueueFull:
            self.socket.transport.abort()

    def end(self) -> None:
        """Nothing follows what is queued."""
        with contextlib.suppress(asyncio.QueueFull):
            self.outgoing.put_nowait(None)


class XmppServer:
    """The notification service of one node."""

    def __init__(
        self, domain: str, *, prove: Callable[[str, str], bool], present: Callable[[str, bool], None], nodes: Callable[[str], bool]
    ) -> None:
        """`prove` tells whether this is the agent's password, `present` is told when an agent's presence begins and ends,
        `nodes` whether a node exists."""
        self.domain, self.pubsub = domain, f"pubsub.{domain}"
        self._prove, self._present, self._nodes = prove, present, nodes
        self.subscriptions: dict[str, set[str]] = {}
        """Explicit ones, by node: they outlive connections and stays of the server."""
        self.finesse = True
        """Whether the user `finesse` is there."""
        self.deaf = False
        """Frozen: connections stay, nothing is answered or told."""
        self._sessions: list[_Session] = []
        self._server: Server | None = None
        self._port = 0
        self._ids = itertools.count(1)

    # -- life

    @property
    def up(self) -> bool:
        """Whether it listens."""
        return self._server is not None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"ws://127.0.0.1:{self._port}/ws/"

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """Listens for as long as the block lasts."""
        await self.open()
        try:
            yield
        finally:
            await self.shut()

    async def open(self) -> None:
        """Listens; the second time on the same port."""
        if self._server is None:
            self._server = await serve(
                self._serve,
                "127.0.0.1",
                self._port,
                subprotocols=["xmpp"],  # type: ignore[list-item]  # a NewType of str
                max_size=_MAX_BYTES,
                compression=None,
                ping_interval=None,
                close_timeout=_CLOSE_S,
            )
            self._port = next(iter(self._server.sockets)).getsockname()[1]

    async def shut(self) -> None:
        """Cuts everybody off and refuses connections."""
        server, self._server = self._server, None
        if server is not None:
            for session in tuple(self._sessions):
                session.socket.transport.abort()
            server.close()
            await server.wait_closed()

    # -- what is told

    def online(self, agent: str) -> tuple[str, ...]:
        """The full JIDs at which an agent is available."""
        return tuple(one.jid for one in self._sessions if one.agent == agent and one.available)

    async def publish(self, node: str, text: str, *, namespace: str, raw: bool = False, item: str = "") -> None:
        """Tells who has subscribed: agents to what is theirs, and those who asked."""
        if self.deaf:
            return
        body = text if raw else escape(text)
        item = item or new_item()
        for jid in [*self._automatic(node), *sorted(self.subscriptions.get(node, ()))]:
            for session in self._receivers(jid):
                session.send(
                    f'<message xmlns="jabber:client" from="{self.pubsub}" to={quoteattr(jid)} id="m{next(self._ids)}">'
                    f'<event xmlns="{_PUBSUB}#event"><items node={quoteattr(node)}><item id={quoteattr(item)}>'
                    f"<notification xmlns={quoteattr(namespace)}>{body}</notification></item></items></event></message>"
                )

    def say_finesse(self, there: bool) -> None:
        """The user `finesse` comes or goes."""
        self.finesse = there
        for session in self._sessions:
            if session.available:
                session.send(self._finesse(session))

    def kick(self, agent: str, *, how: str = "drop") -> int:
        """Cuts every connection of an agent: `drop` without a word, `close` with a stream error. Returns how many."""
        found = [one for one in self._sessions if one.agent == agent]
        for session in found:
            if how == "drop":
                session.socket.transport.abort()
            else:
                self._stream_error(session, "system-shutdown")
        return len(found)

    def _automatic(self, node: str) -> list[str]:
        parts = node.split("/")
        if node == "/finesse/api/SystemInfo":
            return sorted({f"{one.agent}@{self.domain}" for one in self._sessions if one.available})
        return [f"{parts[4]}@{self.domain}"] if len(parts) in (5, 6) and parts[3] == "User" else []

    def _receivers(self, jid: str) -> list[_Session]:
        """RFC 6121, 8.5: a full JID that is away counts as the bare one; of several resources those of the highest priority get it."""
        exact = [one for one in self._sessions if one.jid == jid and one.available]
        if exact:
            return exact
        agent = jid.partition("@")[0]
        there = [one for one in self._sessions if one.agent == agent and one.available and one.priority >= 0]
        top = max((one.priority for one in there), default=0)
        return [one for one in there if one.priority == top]

    def _finesse(self, session: _Session) -> str:
        kind = "" if self.finesse else ' type="unavailable"'
        return f'<presence xmlns="jabber:client" from="finesse@{self.domain}/finesse" to={quoteattr(session.jid)}{kind}/>'

    # -- one connection

    async def _serve(self, socket: ServerConnection) -> None:
        session = _Session(socket)
        self._sessions.append(session)
        writer = asyncio.create_task(self._write(session), name="sandbox-finesse-xmpp-writer")
        try:
            async for frame in socket:
                if self.deaf:
                    continue
                if not self._take(session, frame if isinstance(frame, str) else frame.decode()):
                    break
        except (ConnectionClosed, UnicodeDecodeError):
            pass
        finally:
            self._sessions.remove(session)
            self._left(session)
            session.end()
            done, _ = await asyncio.wait({writer}, timeout=_CLOSE_S)
            if not done:
                writer.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await writer

    async def _write(self, session: _Session) -> None:
        try:
            while (text := await session.outgoing.get()) is not None:
                if not self.deaf:
                    await session.socket.send(text)
            await session.socket.close()
        except ConnectionClosed:
            pass

    def _left(self, session: _Session) -> None:
        was, session.available = session.available, False
        if was and not self.online(session.agent):
            self._present(session.agent, False)

    def _take(self, session: _Session, frame: str) -> bool:
        """Deals with one frame; False when the connection is to end."""
        if "<!" in frame:
            self._stream_error(session, "restricted-xml")
            return False
        try:
            stanza = fromstring(frame)  # noqa: S314 - without declarations there are no entities
        except ParseError:
            self._stream_error(session, "not-well-formed")
            return False
        match local(stanza):
            case "open":
                self._open(session)
            case "close":
                session.send(f'<close xmlns="{_FRAMING}"/>')
                return False
            case "auth":
                return self._authenticate(session, stanza)
            case "iq" if session.agent:
                self._iq(session, stanza)
            case "presence" if session.jid:
                self._presence(session, stanza)
            case "message":
                pass
            case _:
                self._stream_error(session, "not-authorized")
                return False
        return True

    def _open(self, session: _Session) -> None:
        session.send(f'<open xmlns="{_FRAMING}" from="{self.domain}" id="{uuid.uuid4().hex}" version="1.0" xml:lang="en"/>')
        features = f'<bind xmlns="{_BIND}"/>' if session.agent else f'<mechanisms xmlns="{_SASL}"><mechanism>PLAIN</mechanism></mechanisms>'
        session.send(f'<stream:features xmlns:stream="{_STREAM}" xmlns="jabber:client">{features}</stream:features>')

    def _authenticate(self, session: _Session, stanza: Element) -> bool:
        why = "not-authorized"
        if stanza.get("mechanism") != "PLAIN":
            why = "invalid-mechanism"
        else:
            try:
                _, name, password = base64.b64decode(stanza.text or "", validate=True).decode().split("\0")
                if self._prove(name, password):
                    session.agent = name
                    session.send(f'<success xmlns="{_SASL}"/>')
                    return True
            except (binascii.Error, ValueError):
                why = "malformed-request"
        session.send(f'<failure xmlns="{_SASL}"><{why}/></failure>')
        return True  # RFC 6120, 6.4.5: it may try again

    def _iq(self, session: _Session, stanza: Element) -> None:
        child = next(iter(stanza), None)
        kind, name = stanza.get("type"), local(child) if child is not None else ""
        if kind in ("result", "error"):
            return
        if name == "bind" and child is not None and not session.jid:
            resource = next(((one.text or "").strip() for one in child if local(one) == "resource"), "") or uuid.uuid4().hex
            self._bind(session, resource)
            self._answer(session, stanza, f'<bind xmlns="{_BIND}"><jid>{escape(session.jid)}</jid></bind>')
        elif name in ("ping", "session"):
            self._answer(session, stanza, "")
        elif name == "pubsub" and child is not None and stanza.get("to") == self.pubsub:
            self._pubsub(session, stanza, child)
        else:
            self._refuse(session, stanza, "cancel", "service-unavailable")

    def _bind(self, session: _Session, resource: str) -> None:
        jid = f"{session.agent}@{self.domain}/{resource}"
        for older in [one for one in self._sessions if one.jid == jid]:
            self._stream_error(older, "conflict")
            older.jid, older.available = "", False  # its place is taken at once: no gap in presence that the switch would see
        session.jid = jid

    def _pubsub(self, session: _Session, stanza: Element, pubsub: Element) -> None:
        asked = next(iter(pubsub), None)
        name, node = (local(asked), asked.get("node", "")) if asked is not None else ("", "")
        bare = f"{session.agent}@{self.domain}"
        if name == "subscriptions":
            found = [(one, jid) for one, jids in sorted(self.subscriptions.items()) for jid in sorted(jids)]
            own = [f"/finesse/api/User/{session.agent}", f"/finesse/api/User/{session.agent}/Dialogs", "/finesse/api/SystemInfo"]
            shown = [(one, bare) for one in own] + [(one, jid) for one, jid in found if jid.partition("/")[0] == bare]
            text = "".join(
                f'<subscription node={quoteattr(one)} jid={quoteattr(jid)} subscription="subscribed"/>'
                for one, jid in shown
                if node in ("", one)
            )
            self._answer(session, stanza, f'<pubsub xmlns="{_PUBSUB}"><subscriptions>{text}</subscriptions></pubsub>')
            return
        jid = asked.get("jid", "") if asked is not None else ""
        if name not in ("subscribe", "unsubscribe"):
            self._refuse(session, stanza, "cancel", "feature-not-implemented")
        elif jid.partition("/")[0] != bare:
            self._refuse(session, stanza, "modify", "bad-request", "invalid-jid")
        elif not self._nodes(node):
            self._refuse(session, stanza, "cancel", "item-not-found")
        elif name == "subscribe":
            self.subscriptions.setdefault(node, set()).add(jid)
            text = f'<subscription node={quoteattr(node)} jid={quoteattr(jid)} subscription="subscribed"/>'
            self._answer(session, stanza, f'<pubsub xmlns="{_PUBSUB}">{text}</pubsub>')
        elif jid not in self.subscriptions.get(node, ()):
            self._refuse(session, stanza, "cancel", "unexpected-request", "not-subscribed")
        else:
            self.subscriptions[node].discard(jid)
            self._answer(session, stanza, "")

    def _presence(self, session: _Session, stanza: Element) -> None:
        if stanza.get("to"):
            return
        if stanza.get("type") == "unavailable":
            self._left(session)
            return
        if stanza.get("type"):
            return
        text = next(((one.text or "").strip() for one in stanza if local(one) == "priority"), "0")
        session.priority = int(text) if text.removeprefix("-").isdecimal() else 0
        if not session.available:
            session.available = True
            session.send(self._finesse(session))
            self._present(session.agent, True)

    def _answer(self, session: _Session, stanza: Element, inner: str) -> None:
        session.send(f"{self._iq_head(session, stanza, 'result')}{inner}</iq>")

    def _refuse(self, session: _Session, stanza: Element, kind: str, condition: str, detail: str = "") -> None:
        more = f'<{detail} xmlns="{_PUBSUB}#errors"/>' if detail else ""
        error = f'<error type="{kind}"><{condition} xmlns="{_STANZAS}"/>{more}</error>'
        session.send(f"{self._iq_head(session, stanza, 'error')}{error}</iq>")

    def _iq_head(self, session: _Session, stanza: Element, kind: str) -> str:
        to = f" to={quoteattr(session.jid)}" if session.jid else ""
        sender = f" from={quoteattr(stanza.get('to', ''))}" if stanza.get("to") else ""
        return f'<iq xmlns="jabber:client" type="{kind}" id={quoteattr(stanza.get("id", ""))}{sender}{to}>'

    def _stream_error(self, session: _Session, condition: str) -> None:
        session.send(f'<stream:error xmlns:stream="{_STREAM}"><{condition} xmlns="{_STREAM_ERRORS}"/></stream:error>')
        session.send(f'<close xmlns="{_FRAMING}"/>')
        session.end()
