"""The inbox's rules by values: the shared scenarios, and any interleaving of cuts, repeats, holes and slow readers."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigator_client.inbox import LOST, Inbox, Notification
from navigator_client.messages import INBOX, Event, Gap
from tests.clients.python.scripted import event

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/hub.v1.json").read_text(encoding="utf-8"))


async def nobody(_level: Literal["shown", "read"], _event_id: str) -> None:
    """Takes marks and forgets them."""


class Reader:
    """An inbox, read step by step: what would wait gives None."""

    def __init__(self, since: int | None, bound: int = 1000) -> None:
        self.behind = 0
        self.inbox = Inbox(since, bound, nobody, lambda: None, self._again)
        self.inbox.open()
        self._pending: Coroutine[Any, Any, Notification | Gap] | None = None

    def _again(self) -> None:
        self.behind += 1

    def next(self) -> Notification | Gap | None:
        """The next item if there is one now."""
        taking = self.inbox.__anext__()
        try:
            taking.send(None)
        except StopIteration as done:
            item: Notification | Gap = done.value
            return item
        taking.close()
        return None

    def all(self) -> list[Notification | Gap]:
        """What there is now."""
        return list(iter(self.next, None))


@pytest.mark.parametrize("row", VECTORS["inbox"], ids=lambda row: str(row["name"]))
async def test_shared_scenarios(row: dict[str, Any]) -> None:
    """What is accepted, acknowledged and resumed from is what the browser's client does, too."""
    reader = Reader(row["since"])
    reader.inbox.welcome(row["since"], row["since"])
    accepted = []
    for step in row["steps"]:
        if step.get("close") == 4003:
            reader.inbox.forget()
        elif "down" in step:
            frame = msgspec.convert(step["down"], Event | Gap)
            _ = reader.inbox.event(frame) if isinstance(frame, Event) else reader.inbox.gap(frame)
        accepted += [item.seq for item in reader.all() if isinstance(item, Notification)]
    assert accepted == row["accepted"]
    if "up" in row:
        assert row["up"] == [{"t": "ack", "level": "received", "seq": reader.inbox.received}]
    if "resume" in row:
        assert reader.inbox.since == row["resume"]


def read(value: dict[str, Any]) -> Event:
    """A frame as the client has it."""
    return msgspec.convert(value, Event)


class Line:
    """The hub's end of one inbox: everything published, and how far this connection has sent."""

    def __init__(self) -> None:
        self.published = 0
        self.sent = 0

    def connect(self, reader: Reader) -> None:
        """Says hello, and where replay begins."""
        said = reader.inbox.since
        self.sent = self.published if said is None else said
        reader.inbox.welcome(said, self.published)


Action = Literal["publish", "send", "repeat", "skip", "cut", "cut_in_greeting", "read"]


@given(
    actions=st.lists(st.sampled_from(("publish", "publish", "send", "send", "repeat", "skip", "cut", "cut_in_greeting", "read"))),
    bound=st.integers(1, 4),
)
async def test_any_interleaving_gives_each_once_in_order(actions: list[Action], bound: int) -> None:
    """Cuts, repeats, lost frames and a reader slower than its queue: each notification comes once and in order."""
    reader, line = Reader(0, bound), Line()
    got: list[int] = []
    line.connect(reader)

    def take() -> bool:
        item = reader.next()
        if reader.behind:
            reader.behind = 0
            line.connect(reader)
        if item is None:
            return False
        assert isinstance(item, Notification)
        got.append(item.seq)
        assert reader.inbox.received <= line.sent
        return True

    def send() -> None:
        line.sent += 1
        if reader.inbox.event(read(event(line.sent))) == "hole":
            line.connect(reader)

    for action in actions:
        match action:
            case "publish":
                line.published += 1
            case "send" if line.sent < line.published:
                send()
            case "repeat" if line.sent:
                reader.inbox.event(read(event(line.sent)))
            case "skip" if line.sent + 1 < line.published:
                line.sent += 1
                send()
            case "cut":
                line.connect(reader)
            case "cut_in_greeting":
                reader.inbox.since  # noqa: B018  # said, and nothing came back
            case "read":
                take()
            case _:
                pass
    for _ in range(4 * line.published + 4):
        if line.sent < line.published:
            send()
        take()
    assert got == list(range(1, line.published + 1))


async def test_inbox_begins_when_it_is_opened() -> None:
    """Without a position nothing is kept for a reader that is not there, and the reader begins at what is newest."""
    changes: list[None] = []
    inbox = Inbox(None, 10, nobody, lambda: changes.append(None), lambda: None)
    inbox.welcome(None, 40)
    assert inbox.event(read(event(41))) == "old"
    assert (inbox.since, inbox.received) == (None, 0)
    assert inbox.open().since == 41
    assert inbox.event(read(event(42))) == "new"


async def test_a_reader_that_came_while_hello_was_on_its_way_asks_again() -> None:
    """What came between the opening and the new connection's head is fetched."""
    again: list[None] = []
    inbox = Inbox(None, 10, nobody, lambda: None, lambda: again.append(None))
    inbox.welcome(None, 40)
    said = inbox.since
    inbox.open()
    inbox.welcome(said, 43)
    assert inbox.since == 40
    assert len(again) == 1


async def test_a_lost_position_is_a_gap_and_older_items_do_not_move_the_new_one() -> None:
    """After 4003 what was queued still comes, then a gap that says so, and the next hello begins from the new head."""
    reader = Reader(4)
    reader.inbox.welcome(4, 6)
    reader.inbox.event(read(event(5)))
    reader.inbox.forget()
    said = reader.inbox.since
    assert said is None
    reader.inbox.welcome(said, 2)
    first = reader.next()
    assert isinstance(first, Notification)
    assert (first.seq, reader.inbox.since) == (5, 2)
    assert reader.all() == [Gap(INBOX, 6, 2, LOST)]
    assert reader.inbox.event(read(event(3))) == "new"


async def test_only_what_this_connection_brought_is_acknowledged() -> None:
    """The hub refuses an ack of what it has not sent: what an older connection brought waits for its repeat."""
    reader = Reader(0)
    reader.inbox.welcome(0, 2)
    for seq in (1, 2):
        reader.inbox.event(read(event(seq)))
    reader.next()
    said = reader.inbox.since
    reader.inbox.welcome(said, 2)
    reader.next()
    assert (said, reader.inbox.received) == (1, 1)
    assert reader.inbox.event(read(event(2))) == "old"
    assert reader.inbox.received == 2


async def test_handled_is_what_the_reader_came_back_from() -> None:
    """A position is kept only after the program is done with the notification."""
    reader = Reader(0)
    reader.inbox.welcome(0, 1)
    reader.inbox.event(read(event(1)))
    reader.next()
    assert reader.inbox.handled is None
    assert reader.next() is None
    assert reader.inbox.handled == 1
