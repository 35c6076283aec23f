"""Who is here: connected, receiving, at the keyboard. This node's sessions only."""

from __future__ import annotations

from collections.abc import Iterator

from hub.readers import Readers
from hub.session import Session

__all__ = ["Presence"]


class Presence:
    """The live sessions by person and by topic."""

    def __init__(self) -> None:
        self._by_user: dict[int, Session | dict[str, Session]] = {}  # most people have one: no dict for them
        self._by_topic: dict[str, Readers] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Session]:
        for user_id in list(self._by_user):
            yield from self.of(user_id)

    def enter(self, session: Session) -> None:
        """The session has said hello."""
        user_id = session.principal.user_id
        others = self._by_user.get(user_id)
        if others is None:
            self._by_user[user_id] = session
        elif isinstance(others, Session):
            self._by_user[user_id] = {others.id: others, session.id: session}
        else:
            others[session.id] = session
        self._count += 1

    def leave(self, session: Session) -> bool:
        """The session is over; leaves its topics too. False, and nothing happens, the second time."""
        for topic in session.topics:
            self.unsubscribe(session, topic)
        user_id = session.principal.user_id
        mine = self._by_user.get(user_id)
        if isinstance(mine, dict):
            if mine.pop(session.id, None) is None:
                return False
            if not mine:
                del self._by_user[user_id]
        elif mine is session:
            del self._by_user[user_id]
        else:
            return False
        self._count -= 1
        return True

    def subscribe(self, session: Session, topic: str, offset: int) -> None:
        """The session reads `topic` and has everything up to `offset`."""
        if topic not in session.topics:
            session.topics += (topic,)
        readers = self._by_topic.get(topic)
        if readers is None:
            readers = self._by_topic[topic] = Readers(offset)
        readers.add(session, offset)

    def unsubscribe(self, session: Session, topic: str) -> None:
        """The session no longer reads `topic`."""
        session.topics = tuple(name for name in session.topics if name != topic)
        readers = self._by_topic.get(topic)
        if readers is not None:
            readers.discard(session)
            if not readers:
                del self._by_topic[topic]

    def cool(self, session: Session) -> None:
        """The session cannot be written to at once any more: its topics queue for it from now on."""
        for topic in session.topics:
            self._by_topic[topic].cool(session)

    def of(self, user_id: int) -> tuple[Session, ...]:
        """The sessions of a person."""
        found = self._by_user.get(user_id)
        if found is None:
            return ()
        return (found,) if isinstance(found, Session) else tuple(found.values())

    def readers(self, topic: str) -> Readers | None:
        """Those who read `topic`, None when nobody does."""
        return self._by_topic.get(topic)

    def topics(self) -> Iterator[str]:
        """The topics that somebody reads."""
        return iter(self._by_topic)

    def reads(self, topic: str) -> bool:
        """True when somebody reads `topic`."""
        return topic in self._by_topic

    def connected(self, user_id: int) -> bool:
        """True when the person has a session here. An administrator who looks as them is not them."""
        return any(session.principal.viewer is None for session in self.of(user_id))

    def users(self) -> int:
        """How many people have a session here, or are looked at."""
        return len(self._by_user)
