"""Who may not see an issue any more leaves its topic, however long the page stays open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import SQLAlchemyError

from adapters.redmine.errors import RedmineError
from adapters.redmine.rest.errors import NotAllowed, NotFound, NotSignedIn, RestError
from hub.hub import Hub
from hub.principal import Principal
from hub.session import Session

__all__ = ["TopicRights"]

_PREFIX = "ticket:"
_AT_ONCE = 8
"""Questions to Redmine at a time. After a change of anybody's rights every open page is one, and its answer is kept for the page."""
_AGAIN_S = 3.0


class TopicRights:
    """Asks again for the readers at this node. One round at a time; a change meanwhile makes another."""

    def __init__(self, hub: Hub, read: Callable[[Principal, int], Awaitable[object]]) -> None:
        """`read` gives the person the issue as Redmine shows it now, or raises RestError, RedmineError."""
        self._hub, self._read = hub, read
        self._asked = asyncio.Event()

    @property
    def any(self) -> bool:
        """Whether somebody reads such a topic here."""
        return any(name.startswith(_PREFIX) for name in self._hub.presence.topics())

    def changed(self) -> None:
        """Rights in Redmine have changed; nobody knows whose."""
        self._asked.set()

    async def run(self) -> None:
        """Until cancelled. While Redmine or the store cannot be asked people keep what they had, and it is tried again."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            if not await self._round():
                await asyncio.sleep(_AGAIN_S)
                self._asked.set()

    async def _round(self) -> bool:
        """Whether of everybody it is known now."""
        left = iter([(session, name) for session in self._hub.presence for name in session.topics if name.startswith(_PREFIX)])
        known = True

        async def work() -> None:
            nonlocal known
            for session, name in left:  # one iterator for all who work: each pair is somebody's
                if not await self._look(session, name):
                    known = False

        async with asyncio.TaskGroup() as group:
            for number in range(_AT_ONCE):
                group.create_task(work(), name=f"ticket_topic_rights_{number}")
        return known

    async def _look(self, session: Session, name: str) -> bool:
        """Whether it is known now."""
        if name not in session.topics:
            return True
        try:
            await self._read(session.principal, int(name.removeprefix(_PREFIX)))
        except (NotAllowed, NotFound, NotSignedIn):
            self._hub.rights.expel(session, name)
        except (RestError, RedmineError, SQLAlchemyError, TimeoutError):
            return False
        return True
