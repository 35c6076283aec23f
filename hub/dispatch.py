"""What comes over the bus, in its one order, to the logs and the sessions of this node."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import msgspec
import structlog

from hub.bus import Gap, Item
from hub.event import Encoded
from hub.fanout import Fanout
from hub.learning import Learning
from hub.log import Logs, new_epoch
from hub.messages import Ask, Deliver, Message, Publish, Restate, Revoke, StateChange, Whole, decode
from hub.topic import Topics

__all__ = ["Dispatch"]

_log = structlog.get_logger("hub.dispatch")


class Dispatch:
    """Takes each message of the bus. `known` is false while this node learns where the topics stand; it then must not open sessions.

    `send` puts a message on the bus; `lost` is called when messages were missed; `others` gets the messages that are no
    business of topics and sessions.
    """

    def __init__(
        self,
        node: str,
        *,
        topics: Topics,
        logs: Logs,
        fanout: Fanout,
        now: Callable[[], datetime],
        send: Callable[[Message], None],
        lost: Callable[[str], None],
        others: Callable[[Message], None],
    ) -> None:
        self._node, self._topics, self._logs, self._fanout, self._now = node, topics, logs, fanout, now
        self._send, self._lost, self._others = send, lost, others
        self._learning: Learning | None = None
        self._asked = False
        self._unanswered: set[str] = set()
        self._at = ""

    @property
    def known(self) -> bool:
        """True when this node knows where every topic stands."""
        return self._learning is None

    def learn(self) -> None:
        """Begins to learn anew; `ask` until it is `known`."""
        self._learning, self._asked = Learning(), False

    def ask(self) -> None:
        """Asks the other nodes. The answer may be lost with its teller: ask again while it is not known."""
        self._send(Ask(self._node))

    def begin(self) -> bool:
        """Nobody answers, and this node leads: what it has read is the truth from here on. False while it has not read all yet."""
        if self._learning is None or not self._asked:
            return self._learning is None
        self._logs.rebase(new_epoch())
        self._learning.begin(self._logs, self._topics, self._now())
        self._learning = None
        _log.info("topics_begun", epoch=self._logs.epoch)
        return True

    def answer(self, node: str) -> None:
        """Tells `node` how the topics stand, unless somebody has told it already."""
        if self._learning is not None or node not in self._unanswered:
            return
        self._unanswered.discard(node)
        for name, log in self._logs:
            self._send(Restate(node, self._at, name, log.epoch, log.offset, msgspec.json.encode(log.state)))
        self._send(Whole(node, self._at, self._logs.epoch))

    async def take(self, item: Item | Gap) -> None:
        """One message. Whatever it is, the next one can be taken."""
        if isinstance(item, Gap):
            if not self._at:
                return  # what came before this node
            _log.warning("bus_gap", reason=item.reason)
            self.learn()
            self._lost(item.reason)
            return
        self._at = item.id
        try:
            message = decode(item.data)
        except msgspec.DecodeError:
            _log.warning("bus_message_unreadable", size=len(item.data))
            return
        match message:
            case Deliver():
                await self._fanout.deliver(message)
                self._others(message)
            case Publish():
                self._publish(message, item.id)
            case StateChange():
                self._fanout.tell(message)
            case Revoke():
                self._fanout.revoke(message)
            case Ask(node) if node == self._node:
                self._asked = True
            case Ask(node):
                self._unanswered.add(node)
                self._others(message)
            case Restate():
                if self._learning is not None and message.to == self._node:
                    self._learning.told(message)
            case Whole():
                self._whole(message)
            case _:
                self._others(message)

    def _publish(self, message: Publish, id: str) -> None:
        encoded = Encoded(message.json)
        if self._learning is not None:
            self._learning.saw(message.topic, id, encoded)
            return
        topic = self._topics.find(message.topic)
        if topic is None:
            return  # of an area that only another version knows
        offset = self._logs.get(message.topic, topic).try_append(encoded, self._now())
        if offset is not None:
            self._fanout.publish(message.topic, offset, encoded)

    def _whole(self, whole: Whole) -> None:
        self._unanswered.discard(whole.to)
        if self._learning is not None and whole.to == self._node:
            self._learning.finish(whole, self._logs, self._topics, self._now())
            self._learning = None
            _log.info("topics_learnt", epoch=whole.epoch)
