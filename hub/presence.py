"""Who is here: connected, receiving, at the keyboard. This node's sessions only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from hub.session import Session

__all__ = ["Presence"]


class Presence:
    """The live sessions by person and by topic."""

    def __init__(self) -> None:
        self._by_user: dict[int, dict[str, Session]] = defaultdict(dict)
        self._by_topic: dict[str, dict[str, Session]] = defaultdict(dict)

    def __len__(self) -> int:
        return sum(len(sessions) for sessions in self._by_user.values())

    def __iter__(self) -> Iterator[Session]:
        for sessions in list(self._by_user.values()):
            yield from list(sessions.values())

    def enter(self, session: Session) -> None:
        """The session has said hello."""
        self._by_user[session.principal.user_id][session.id] = session

    def leave(self, session: Session) -> None:
        """The session is over; leaves its topics too. A second time does nothing."""
        for topic in list(session.topics):
            self.unsubscribe(session, topic)
        sessions = self._by_user.get(session.principal.user_id)
        if sessions is not None:
            sessions.pop(session.id, None)
            if not sessions:
                del self._by_user[session.principal.user_id]

    def subscribe(self, session: Session, topic: str, offset: int) -> None:
        """The session reads `topic` and has everything up to `offset`."""
        session.topics[topic] = offset
        self._by_topic[topic][session.id] = session

    def unsubscribe(self, session: Session, topic: str) -> None:
        """The session no longer reads `topic`."""
        session.topics.pop(topic, None)
        readers = self._by_topic.get(topic)
        if readers is not None:
            readers.pop(session.id, None)
            if not readers:
                del self._by_topic[topic]

    def of(self, user_id: int) -> Iterable[Session]:
        """The sessions of a person."""
        return list(self._by_user.get(user_id, {}).values())

    def readers(self, topic: str) -> Iterable[Session]:
        """The sessions that read `topic`; not to be kept over an await."""
        return self._by_topic[topic].values() if topic in self._by_topic else ()

    def reads(self, topic: str) -> bool:
        """True when somebody reads `topic`."""
        return topic in self._by_topic

    def connected(self, user_id: int) -> bool:
        """True when the person has a session here."""
        return user_id in self._by_user

    def users(self) -> int:
        """How many people have a session here."""
        return len(self._by_user)
