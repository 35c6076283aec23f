"""What changes about people while their sessions are open: what they may, and who they are seen as.

The store is asked anew rather than told over the bus what it holds: two changes at once may reach a node in another order than
that of their commits, and the later look is right whichever was first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hub.close import Close, CloseCode
from hub.presence import Presence
from hub.principal import Principal
from hub.protocol import left, you
from hub.session import Session
from hub.topic import Topics
from hub.writer import StoreUnavailable

__all__ = ["NO_LONGER_ALLOWED", "Lookup", "Rights"]

_log = structlog.get_logger("hub.rights")

Lookup = Callable[[Collection[str]], Awaitable[Mapping[str, Principal]]]
"""Who is behind these session hashes now; what has ended is left out. May raise what the store raises."""

NO_LONGER_ALLOWED = "no_longer_allowed"
"""Why a session was made to leave a topic."""
_RETRY_S = 0.5
_FRESH_S = 35.0
"""A session that opens so soon after a change may have been looked up before it: hello waits up to 30 s for the store."""


class Rights:
    """Gives open sessions their new principal. `look_up` is the area's that knows who signed in; without one nothing changes.

    One task asks at a time, so that an older answer never overtakes a newer one. What is asked for meanwhile is joined.
    """

    def __init__(
        self, presence: Presence, topics: Topics, *, unsubscribe: Callable[[Session, str], None], clock: Callable[[], float]
    ) -> None:
        """`clock` gives steady seconds."""
        self._presence, self._topics, self._unsubscribe, self._clock = presence, topics, unsubscribe, clock
        self.look_up: Lookup | None = None
        self._users: set[int] = set()
        self._everybody = False
        self._asked = asyncio.Event()
        self._changed_at = float("-inf")

    def changed(self, users: Collection[int]) -> None:
        """Something about these people has changed, and is committed."""
        self._changed_at = self._clock()
        self._users.update(users)
        self._asked.set()

    def anything_changed(self) -> None:
        """Something has changed about nobody knows whom: everybody here is looked up."""
        self._everybody = True
        self.changed(())

    def entered(self, session: Session) -> None:
        """A session has opened: looked up again if something changed while it did."""
        if self._clock() - self._changed_at < _FRESH_S:
            self._users.add(session.principal.hands)
            self._asked.set()

    def expel(self, session: Session, topic: str) -> None:
        """The session may read this topic no more: it is made to leave, and told."""
        if topic in session.topics:
            self._unsubscribe(session, topic)
            session.send(left(topic, NO_LONGER_ALLOWED))

    async def run(self) -> None:
        """Runs until cancelled. While the store is away the question stays open, and people keep what they had."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            users, everybody = self._users, self._everybody
            self._users, self._everybody = set(), False
            try:
                await self._renew(users, everybody=everybody)
            except (SQLAlchemyError, StoreUnavailable, TimeoutError, OSError) as error:
                _log.warning("rights_not_read", error=type(error).__name__)
                self._users |= users
                self._everybody |= everybody
                self._asked.set()
                await asyncio.sleep(_RETRY_S)

    async def _renew(self, users: Collection[int], *, everybody: bool) -> None:
        if self.look_up is None:
            return
        concerned = [
            session
            for session in self._presence
            if session.principal.session_hash and (everybody or session.principal.user_id in users or session.principal.hands in users)
        ]
        if not concerned:
            return
        found = await self.look_up({session.principal.session_hash for session in concerned})
        for session in concerned:
            if session.closing is None:
                await self._give(session, found.get(session.principal.session_hash))

    async def _give(self, session: Session, new: Principal | None) -> None:
        old = session.principal
        if new is None:
            session.close(Close(CloseCode.REVOKED, "signed_out"))
            return
        if new == old:
            return
        word = you(new.user_id, sorted(new.permissions), read_only=new.viewer is not None)
        if (new.user_id, new.viewer) != (old.user_id, old.viewer):
            # Another inbox, other positions: the client comes back as the other one.
            session.send(word)
            session.close(Close(CloseCode.STATE_LOST, "somebody else"))
            return
        session.principal = new
        if not session.welcomed:
            return  # it asks again what it may read, and is told all with its welcome
        for name in session.topics:
            topic = self._topics.find(name)
            allowed = False
            if topic is not None:
                with suppress(SQLAlchemyError, StoreUnavailable, TimeoutError):  # what cannot be asked is not allowed
                    allowed = await topic.may_read(new, name)
            if not allowed:
                self.expel(session, name)
        session.send(word)
