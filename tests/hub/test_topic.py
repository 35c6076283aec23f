"""Topic names, and the folds that clients repeat."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from hub.event import Event
from hub.topic import Topic, Topics, everyone, fold_by_key, fold_sources
from tests.clock import START
from tests.hub.values import principal, texts

TICKET = Topic(name="ticket:", fold=fold_by_key)
NET = Topic(name="net", fold=fold_by_key)


def event(**data: Any) -> Event:
    """An event with this data."""
    return Event(source="/test", id="1", type="test", time=START, data=data)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("net", NET),
        ("ticket:42", TICKET),
        ("ticket:a.b@c-D_9", TICKET),
        ("ticket", None),
        ("ticket:", None),
        ("ticket:1:2", None),
        ("ticket: 1", None),
        ("ticket:1\n", None),
        ("ticket:ё", None),
        ("ticket:" + "9" * 91, None),
        ("net:", None),
        ("net:1", None),
        ("Net", None),
        ("inbox", None),
        ("", None),
    ],
)
def test_only_registered_well_formed_names_exist(name: str, found: Topic | None) -> None:
    """A family needs its member, a plain topic takes none, anything else does not exist."""
    assert Topics(TICKET, NET).find(name) is found


def test_a_name_is_taken_once() -> None:
    """Two areas cannot register the same topic."""
    with pytest.raises(ValueError, match="net"):
        Topics(NET, NET)


@given(texts)
def test_no_name_breaks_the_search(name: str) -> None:
    """Any text is a topic or none."""
    Topics(TICKET, NET).find(name)


async def test_by_default_any_signed_in_person_may_read() -> None:
    """A topic without a rule of its own is for everybody who is signed in."""
    assert await everyone(principal(), "net")


def test_sources_fold_to_the_newest_line_of_each() -> None:
    """A second line of a source replaces the first."""
    state: dict[str, Any] = {"sources": {}}
    for source, level in (("a", "ok"), ("b", "ok"), ("a", "down")):
        fold_sources(state, event(source=source, state=level))
    assert state == {"sources": {"a": {"source": "a", "state": "down"}, "b": {"source": "b", "state": "ok"}}}


def test_keys_are_set_and_removed() -> None:
    """A value sets the entry, none removes it; removing twice does no harm."""
    state: dict[str, Any] = {}
    for data in ({"key": "a", "value": 1}, {"key": "b", "value": 0}, {"key": "a", "value": None}, {"key": "a"}, {}):
        fold_by_key(state, event(**data))
    assert state == {"b": 0}


def test_a_publisher_that_never_cleans_up_is_bounded() -> None:
    """A topic keeps the newest 1,000 keys."""
    state: dict[str, Any] = {}
    for number in range(1500):
        fold_by_key(state, event(key=str(number), value=number))
    assert list(state) == [str(number) for number in range(500, 1500)]
