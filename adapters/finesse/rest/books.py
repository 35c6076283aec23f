"""Phone books, page by page: 6000 contacts a request, the common books first and the team's after them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from adapters.finesse.rest.search import Search, search_contacts
from adapters.finesse.rest.wire import Answer
from adapters.finesse.values import Contact
from hub.phone import digits_of
from hub.turns import Stepwise, in_turns

__all__ = ["MOST_CONTACTS", "PAGE", "Directory", "directory_of", "fetch_contacts", "total_of"]

PAGE = 6000
"""The most that Finesse gives at a time (Developer Guide, "User – Get phone books")."""
MOST_CONTACTS = 50_000
"""Of a cluster; more are not read."""
_PARTIAL, _TOO_FAR = 206, 416
_RANGE = re.compile(r"(\d{1,9})\s*-\s*(\d{1,9})\s*/\s*(\d{1,9}|\*)")


@dataclass(frozen=True, slots=True)
class Directory:
    """The contacts of one set of books, in Finesse's order, and the ways to find them."""

    contacts: tuple[Contact, ...]
    search: Search[Contact]
    numbers: Mapping[str, Sequence[Contact]]
    """Whose number is this: by `hub.phone.digits_of` it."""


def directory_of(contacts: tuple[Contact, ...]) -> Stepwise[Directory]:
    """Made once, when they were read, so that a call that rings waits for nothing."""
    numbers: dict[str, list[Contact]] = {}
    for contact in contacts:
        if digits := digits_of(contact.number):
            numbers.setdefault(digits, []).append(contact)
        yield
    search = yield from search_contacts(contacts)
    return Directory(contacts, search, numbers)


def total_of(content_range: str | None) -> int | None:
    """How many there are, by a header such as `objects 1-6000/7000`; None when it does not tell."""
    match = _RANGE.search(content_range or "")
    return int(match[3]) if match and match[3] != "*" else None


def _added(found: dict[Contact, None], page: Sequence[Contact]) -> Stepwise[None]:
    for contact in page:
        found[contact] = None
        yield


async def fetch_contacts(
    get: Callable[[str], Awaitable[Answer]], read: Callable[[bytes], Awaitable[Sequence[Contact]]]
) -> tuple[Contact, ...]:
    """All contacts, each once. `get` sends a Range and answers 200, 206 or 416, or raises; `read` reads a body.

    Ends with a whole answer, with the total, with 416, and with a page that brings nothing new, for a server that does not heed ranges.
    """
    found: dict[Contact, None] = {}
    first = 1
    while first <= MOST_CONTACTS:
        answer = await get(f"objects={first}-{first + PAGE - 1}")
        if answer.status == _TOO_FAR:
            break
        page = await read(answer.body)
        before = len(found)
        await in_turns(_added(found, page))
        total = total_of(answer.headers.get("content-range"))
        first += PAGE
        if answer.status != _PARTIAL or len(found) == before or (total is not None and first > total):
            break
    return tuple(found)[:MOST_CONTACTS]
