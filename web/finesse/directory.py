"""Whom one can call: favourites, agents with their state as it is now, and the contact centre's phone books.

Agents are those who are signed in through the Navigator, as their topics say at this very moment. Books come from Finesse with an index
(`adapters.finesse.rest.search`), which finds the others too, so that one way of typing finds everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from adapters.finesse.rest.search import Search, search_of
from adapters.finesse.values import Contact
from hub.phone import digits_of
from hub.turns import at_once
from web.finesse.callers import name_of
from web.finesse.favourites import Favourite

__all__ = ["Entry", "agents_of", "find"]

Kind = Literal["favourite", "agent", "contact"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Somebody to call."""

    kind: Kind
    id: str
    name: str
    number: str
    state: str | None = None
    """An agent's, while it is known."""
    since: str | None = None
    book: str | None = None
    note: str = ""
    favourite: bool = False

    def json(self) -> dict[str, Any]:
        """As the panel has it."""
        return {
            "kind": self.kind,
            "id": self.id,
            "name": self.name,
            "number": self.number,
            "state": self.state,
            "since": self.since,
            "book": self.book,
            "note": self.note,
            "favourite": self.favourite,
        }


def agents_of(topics: Iterable[Mapping[str, Any]], *, without: str) -> list[Entry]:
    """The agents at work, by the states of their topics; one of them left out: whoever asks."""
    found = []
    for state in topics:
        agent = state.get("agent")
        if not agent or agent["id"] == without or not agent["extension"] or agent["state"] in ("", "LOGOUT", "UNKNOWN"):
            continue
        name = " ".join(part for part in (agent["last_name"], agent["first_name"]) if part) or agent["login"] or agent["id"]
        known = state["service"]["state"] == "live"  # else it is as of some time ago, and nobody shall rely on it
        found.append(
            Entry(
                kind="agent",
                id=agent["id"],
                name=name,
                number=agent["extension"],
                state=agent["state"] if known else None,
                since=agent["since"] if known else None,
            )
        )
    return found


def find(
    text: str, limit: int, *, favourites: Sequence[Favourite], agents: Sequence[Entry], contacts: Search[Contact] | None
) -> tuple[list[Entry], int]:
    """Who is meant by these words, favourites first, then agents, and how many there are in all. A number stands there once."""
    working = {_key(entry.number): entry for entry in agents}
    liked = []
    for one in favourites:
        entry = Entry(kind="favourite", id=one.number, name=one.name, number=one.number, favourite=True)
        at = working.get(_key(one.number))
        liked.append(entry if at is None else replace(entry, state=at.state, since=at.since))
    theirs = {_key(entry.number) for entry in liked}
    others = [entry for entry in agents if _key(entry.number) not in theirs]
    most = len(liked) + len(others)
    found = [
        entry
        for group in (liked, others)
        for entry in at_once(search_of(group, names=lambda entry: entry.name, number=lambda entry: entry.number)).find(text, most).items
    ]
    total = len(found)
    if contacts is not None:
        shown = {_key(entry.number) for entry in found}
        books = contacts.find(text, limit + len(found))
        more = [
            Entry(
                kind="contact",
                id=f"{contact.book}/{contact.number}",
                name=name_of(contact),
                number=contact.number,
                book=contact.book,
                note=contact.description,
            )
            for contact in books.items
            if _key(contact.number) not in shown
        ]
        total += books.total - (len(books.items) - len(more))
        found += more
    return found[:limit], total


def _key(number: str) -> str:
    return digits_of(number) or number
