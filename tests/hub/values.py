"""Strategies and small makers that several tests of the hub use."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from hub.event import Event
from hub.notification import Address, Notification
from hub.policy import Policy
from hub.principal import Principal
from tests.clock import START

__all__ = ["json_objects", "json_values", "note", "principal", "texts"]

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
json_objects = st.dictionaries(texts, json_values, max_size=5)


def note(event_id: str, *to: int | Address, policy: Policy = Policy.LIVE_THEN_PUSH, source: str = "/test", **data: Any) -> Notification:
    """A notification with this id for these users (numbers) or addresses; further keywords go into its data."""
    expires = data.pop("expires", None)
    event = Event(
        source=source,
        id=event_id,
        type="test.noted",
        time=START,
        data={"kind": "ticket", "title": {"ru": f"Заявка {event_id}", "en": f"Ticket {event_id}"}} | data,
        expires=expires,
    )
    return Notification(event=event, to=frozenset(Address("id", str(who)) if isinstance(who, int) else who for who in to), policy=policy)


def principal(user_id: int = 1, *, session: str = "") -> Principal:
    """A signed-in person."""
    return Principal(
        user_id=user_id,
        name=f"user{user_id}",
        display_name=f"User {user_id}",
        locale="en",
        zone="Europe/Moscow",
        session_hash=session or f"session-{user_id}",
        csrf="csrf",
    )
