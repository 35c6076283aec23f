"""A line over any transport: the session's owner, with its deadlines and pings. One timer each; the transport has the one task."""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from adapters.finesse.notify.elements import Element
from adapters.finesse.notify.handshake import Handshake, Step
from adapters.finesse.notify.inbox import Inbox
from adapters.finesse.notify.line import Connected, End, Event, Line, LineEnded, Lost, NodeRefused, Terms
from adapters.finesse.notify.session import Answered, Session

__all__ = ["MAX_UNSENT", "StandingLine", "Transport", "dial_end", "opened"]

MAX_UNSENT = 256 * 1024
"""Bytes that the server does not take. We say a few hundred bytes a minute, so it has been dead for long."""


class Transport(Protocol):
    """One try over one way of connecting."""

    line: StandingLine

    async def run(self) -> None:
        """Dials, and does whatever needs a task until the end, which it tells the line."""
        ...

    async def close(self, task: asyncio.Task[None]) -> None:
        """Takes leave, ends the task, and returns when nothing is left of the connection, whatever the server does."""
        ...


@asynccontextmanager
async def opened(transport: Transport, agent: str) -> AsyncIterator[Line]:
    """What a Connector gives."""
    task = asyncio.get_running_loop().create_task(transport.run(), name=f"finesse_line_{agent}")
    try:
        await transport.line.settled.wait()
        yield transport.line
    finally:
        await transport.close(task)


def dial_end(error: OSError) -> Lost:
    """What a dial that failed means. Of a certificate it says what is wrong with it."""
    match error:
        case TimeoutError():
            return Lost("timeout", "dial")
        case ssl.SSLCertVerificationError():
            return Lost("certificate", getattr(error, "verify_message", "") or str(error.args[-1]))
        case ssl.SSLError():
            return Lost("tls", str(error.reason or ""))
        case _:
            return Lost("unreachable", type(error).__name__)


class StandingLine:
    """A Line. Its transport calls `opened`, `secured`, `received` and `ended`, and gives two calls that never wait: `send` and `cut`."""

    def __init__(
        self, handshake: Handshake, *, domain: str, pubsub: str, terms: Terms, send: Callable[[str], None], cut: Callable[[], None]
    ) -> None:
        """`send`: one stanza. `cut`: drops the connection at once; called when the line has ended, perhaps more than once."""
        self._handshake: Handshake | None = handshake
        self._domain, self._pubsub, self._terms = domain, pubsub, terms
        self._send, self._cut = send, cut
        self._loop = asyncio.get_running_loop()
        self._inbox = Inbox(terms)
        self._session: Session | None = None
        self._asked: dict[str, asyncio.Future[str | None]] = {}
        self._step = ""
        self._timer: asyncio.TimerHandle | None = None
        self._heard_at = self._loop.time()
        self.settled = asyncio.Event()
        """The line stands, or the try has failed."""

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self._inbox.end is not None

    @property
    def has_session(self) -> bool:
        """Whether there is a session, of which leave is to be taken."""
        return self._session is not None and not self.over

    # -- the Line

    def events(self) -> AsyncIterator[Event]:
        """See Line."""
        return self._inbox.read()

    async def subscribe(self, node: str) -> None:
        """See Line."""
        session = self._standing()
        condition = await self._answer(session, session.subscribe(node))
        if condition is not None:
            raise NodeRefused(node, condition)

    async def unsubscribe(self, node: str) -> None:
        """See Line."""
        session = self._standing()
        condition = await self._answer(session, session.unsubscribe(node))
        if condition not in (None, "unexpected-request", "item-not-found"):  # XEP-0060, 6.2.3: not subscribed; no such node
            raise NodeRefused(node, condition)

    # -- for the transport

    def opened(self) -> None:
        """The connection is there: the negotiation begins."""
        self._negotiate()

    def secured(self) -> None:
        """TLS was made in the connection, as the step `tls` asks for."""
        if self._handshake is not None:
            self._handshake.secured()
            self._negotiate()

    def received(self, element: Element) -> Step | None:
        """One element of the server: a stanza, or of the negotiation; then the step that this is at now, or that it has ended at."""
        if self.over:
            return None
        handshake = self._handshake
        if handshake is None:
            self._heard(element)
            return None
        handshake.receive(element)
        self._negotiate()
        return handshake.step

    def ended(self, end: End) -> None:
        """The connection is over; the first reason counts."""
        self._inbox.close(end)
        self.settled.set()
        if self._timer is not None:
            self._timer.cancel()
        for waiter in self._asked.values():
            if not waiter.done():
                waiter.set_exception(LineEnded())
        self._asked.clear()
        self._cut()

    def leave(self) -> None:
        """Says what is to be said before closing. Nothing is heard any more: what comes from now on is not told."""
        if self._session is not None and not self.over:
            self._session.leave()
            self._flush(self._session)

    # -- inside

    def _negotiate(self) -> None:
        """Sends what the negotiation wants to say, and sees whether it has ended."""
        handshake = self._handshake
        if handshake is None:
            return
        out, handshake.out = handshake.out, []
        for text in out:
            self._send(text)
        if handshake.end is not None:
            self.ended(handshake.end)
        elif handshake.step == "bound":
            self._handshake = None  # and with it the password
            self._bound(handshake.jid)
        else:
            self._stepped(handshake.step)

    def _stepped(self, step: str) -> None:
        """The beginning has come to this step, if it was not there already: each has its own deadline."""
        if step != self._step:
            self._step = step
            self._arm(self._terms.step_s, lambda: self.ended(Lost("timeout", step)))

    def _bound(self, jid: str) -> None:
        """The resource is bound: the session begins."""
        if self.over:
            return
        self._session = Session(jid, domain=self._domain, pubsub=self._pubsub, terms=self._terms)
        self._session.begin()
        self._stepped("subscriptions")
        self._flush(self._session)

    def _heard(self, element: Element) -> None:
        """One stanza of the session."""
        session = self._session
        if session is None:
            return
        self._heard_at = self._loop.time()
        for told in session.receive(element):
            if isinstance(told, Answered):
                waiter = self._asked.pop(told.request, None)
                if waiter is not None and not waiter.done():
                    waiter.set_result(told.condition)
            elif isinstance(told, End):
                self.ended(told)
            else:
                if isinstance(told, Connected):
                    self._stand()
                if not self._inbox.put(told):
                    self.ended(Lost("behind"))
        self._flush(session)

    def _standing(self) -> Session:
        if self._session is None or self.over:
            raise LineEnded()
        return self._session

    async def _answer(self, session: Session, request: str) -> str | None:
        waiter: asyncio.Future[str | None] = self._loop.create_future()
        self._asked[request] = waiter
        try:
            self._flush(session)
            async with asyncio.timeout(self._terms.step_s):
                return await waiter
        except TimeoutError:
            return "timeout"
        finally:
            self._asked.pop(request, None)
            if waiter.done() and not waiter.cancelled():
                waiter.exception()  # nobody needs to ask for it any more

    def _flush(self, session: Session) -> None:
        out, session.out = session.out, []
        for text in out:
            if not self.over:
                self._send(text)

    def _stand(self) -> None:
        self.settled.set()
        # agents dialled together are not pinged together for ever
        self._arm(self._terms.ping_s * random.uniform(0.5, 1), self._beat)  # noqa: S311  # no secret

    def _beat(self) -> None:
        """Pings, or ends a line that has been silent for too long; exact to the moment, not to the next ping."""
        quiet = self._loop.time() - self._heard_at
        if quiet >= self._terms.silent_s:
            self.ended(Lost("silent"))
            return
        session = self._session
        if session is None or self.over:
            return
        session.ping()
        self._arm(min(self._terms.ping_s, max(0.0, self._terms.silent_s - quiet)), self._beat)
        self._flush(session)

    def _arm(self, after_s: float, then: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if self.over else self._loop.call_later(after_s, then)
