"""Who may not see an issue any more leaves its topic, however long the page stays open."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from adapters.redmine.errors import RedmineError
from adapters.redmine.rest.errors import NotAllowed, NotFound, NotSignedIn, RestError
from hub.hub import Hub
from hub.principal import Principal
from hub.session import Session

__all__ = ["TopicRights"]

_PREFIX = "ticket:"
_AT_ONCE = 8
"""Questions to Redmine at a time: after a change of anybody's rights every open page is one."""
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
        """Until cancelled. While Redmine cannot be asked people keep what they had, and it is tried again."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            pairs = [(session, name) for session in self._hub.presence for name in session.topics if name.startswith(_PREFIX)]
            slots = asyncio.Semaphore(_AT_ONCE)

            async def look(session: Session, name: str, slots: asyncio.Semaphore = slots) -> bool:
                async with slots:
                    return await self._look(session, name)

            async with asyncio.TaskGroup() as group:
                looks = [group.create_task(look(*pair), name="ticket_topic_right") for pair in pairs]
            if not all(done.result() for done in looks):
                await asyncio.sleep(_AGAIN_S)
                self._asked.set()

    async def _look(self, session: Session, name: str) -> bool:
        """Whether it is known now."""
        if name not in session.topics:
            return True
        try:
            await self._read(session.principal, int(name.removeprefix(_PREFIX)))
        except (NotAllowed, NotFound, NotSignedIn):
            self._hub.rights.expel(session, name)
        except (RestError, RedmineError):
            return False
        return True
