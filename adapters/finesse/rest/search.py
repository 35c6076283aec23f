"""Finds people by the beginnings of their words and numbers, in Russian and in Latin letters. Pure.

Made for 50,000 contacts, the most that a cluster holds: an index of the words, each once, and a binary search for a beginning.
"""

from __future__ import annotations

import heapq
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from adapters.finesse.values import Contact
from hub.turns import Stepwise

__all__ = ["Found", "Search", "digits_of", "search_contacts", "search_of", "words_of"]

_T = TypeVar("_T")
_WORD = re.compile(r"\w+")
_MOST_TOKENS = 8
_LONGEST = 64
_RUN = 128
"""So many are sorted without a pause."""
_PHONE = re.compile(r"[\d\s()+\-./*#]*\d[\d\s()+\-./*#]*")
_TRUNK = "78"
"""Russian numbers begin with 7 from abroad and 8 at home: who types the one means the other."""
_RUSSIAN = 11
"""Digits of a Russian number with the first."""


@dataclass(frozen=True, slots=True)
class Found(Generic[_T]):
    """What was found: the best first, and how many there are in all."""

    items: tuple[_T, ...]
    total: int


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: small letters, ё as е, Latin letters without their marks."""
    return _WORD.findall(_folded(text))


def digits_of(number: str) -> str:
    """The digits of a number as they are compared."""
    return "".join(c for c in number if c in "0123456789")


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е").replace("ı", "i")
    if text.isascii():
        return text
    # й is и with a mark, and another letter: marks go from Latin letters only
    out: list[str] = []
    for c in text:
        parts = unicodedata.normalize("NFD", c)
        if len(parts) > 1 and parts[0] in "abcdefghijklmnopqrstuvwxyz":
            out.append(parts[0])
        elif not unicodedata.combining(c):  # i with a dot of its own, as İ becomes
            out.append(c)
    return "".join(out)


def _sorted(items: Sequence[_T], key: Callable[[_T], Any]) -> Stepwise[list[_T]]:
    """As `sorted`, which would not pause."""
    runs = []
    for start in range(0, len(items), _RUN):
        runs.append(sorted(items[start : start + _RUN], key=key))
        yield
    merged = []
    for item in heapq.merge(*runs, key=key):
        merged.append(item)
        yield
    return merged


class _Beginnings:
    """Which items have a key that begins so."""

    def __init__(self) -> None:
        self._keys: Sequence[str] = ()
        self._items, self._starts = array("I"), array("I", (0,))

    @classmethod
    def of(cls, pairs: Iterable[tuple[str, int]]) -> Stepwise[_Beginnings]:
        """Made of keys, each with an item, pausing now and then."""
        # each key once, and the items of all keys one after the other: a beginning is then one slice of them
        owners: dict[str, list[int]] = {}
        for key, item in pairs:
            owners.setdefault(key, []).append(item)
            yield
        made = cls()
        made._keys = yield from _sorted(list(owners), lambda key: key)
        for key in made._keys:
            made._items.extend(owners[key])
            made._starts.append(len(made._items))
            yield
        return made

    def find(self, beginning: str) -> set[int]:
        """The items."""
        first = bisect_left(self._keys, beginning)
        last = bisect_left(self._keys, beginning + "\U0010ffff", first)
        return set(self._items[self._starts[first] : self._starts[last]])


class Search(Generic[_T]):
    """An index of things with words and a number, by `search_of`."""

    def __init__(self) -> None:
        self.items: Sequence[_T] = ()
        """All, by name."""
        self._names = self._more = self._numbers = self._national = _Beginnings()

    def __len__(self) -> int:
        return len(self.items)

    def find(self, query: str, limit: int = 20) -> Found[_T]:
        """Things of which a word or the number begins with each word of the query, at most eight words.

        Those whose names match come before those of whom only other words do, and then by name. An empty query finds all. A query of
        digits and what stands between them is one number, however it is grouped; +7, 7 and 8 before ten digits are the same.
        """
        query = query[: _LONGEST * _MOST_TOKENS]
        tokens = words_of(query)[:_MOST_TOKENS]
        if _PHONE.fullmatch(query):
            tokens = [digits_of(query)[:_LONGEST]]
        if not tokens:
            return Found(tuple(self.items[: max(limit, 0)]), len(self.items))
        named, found = self._of(tokens[0])
        for token in tokens[1:]:
            if not found:
                break
            by_name, whole = self._of(token)
            named, found = named & by_name, found & whole
        best = heapq.nsmallest(max(limit, 0), named)
        if len(best) < limit:
            best += heapq.nsmallest(limit - len(best), found - named)
        return Found(tuple(self.items[at] for at in best), len(found))

    def _of(self, token: str) -> tuple[set[int], set[int]]:
        """What has it in the name or number, and what has it anywhere."""
        by_name = self._names.find(token) | self._by_number(token)
        return by_name, by_name | self._more.find(token)

    def _by_number(self, token: str) -> set[int]:
        if not token.isascii() or not token.isdigit():
            return set()
        found = self._numbers.find(token) | self._national.find(token)
        return found | self._national.find(token[1:]) if token[0] in _TRUNK else found


def search_of(
    items: Iterable[_T], *, names: Callable[[_T], str], number: Callable[[_T], str], more: Callable[[_T], str] = lambda _: ""
) -> Stepwise[Search[_T]]:
    """An index. That of 50,000 takes more than a second of work, which pauses now and then: `hub.turns` does it.

    `names`: what they are called, by which they are ordered; `more`: words that are worth less, as a description's.
    """
    named = []
    for item in items:
        named.append((words_of(names(item)), item))
        yield
    order = yield from _sorted(named, lambda pair: pair[0])
    made = Search[_T]()
    made.items = tuple(item for _, item in order)
    made._names = yield from _Beginnings.of((word, at) for at, (words, _) in enumerate(order) for word in words)
    made._more = yield from _Beginnings.of((word, at) for at, item in enumerate(made.items) for word in words_of(more(item)))
    digits = []
    for item in made.items:
        digits.append(digits_of(number(item)))
        yield
    made._numbers = yield from _Beginnings.of((each, at) for at, each in enumerate(digits) if each)
    national = ((each[1:], at) for at, each in enumerate(digits) if len(each) == _RUSSIAN and each[0] in _TRUNK)
    made._national = yield from _Beginnings.of(national)
    return made


def search_contacts(contacts: Iterable[Contact]) -> Stepwise[Search[Contact]]:
    """An index of phone books: by last and first name, number, description and book."""
    return search_of(
        contacts,
        names=lambda contact: f"{contact.last_name} {contact.first_name}",
        number=lambda contact: contact.number,
        more=lambda contact: f"{contact.description} {contact.book}",
    )
