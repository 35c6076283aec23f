"""adapters.finesse.rest.search: people by the beginnings of their words and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.finesse.rest.search import digits_of, search_contacts, words_of
from adapters.finesse.values import Contact
from hub.turns import at_once

PEOPLE = [
    Contact(first_name="Пётр", last_name="Иванов", number="8 (495) 123-45-67", description="Отдел продаж", book="Общая"),
    Contact(first_name="Иван", last_name="Петров", number="+79161112233", description="", book="Общая"),
    Contact(first_name="Ayşe", last_name="Yılmaz", number="+90 242 310 20 30", description="Анталья, Иванова помощница", book="Партнёры"),
    Contact(first_name="Мария", last_name="Йодль-Ёлкина", number="4001", description="", book="Синие"),
    Contact(first_name="", last_name="Ресепшн", number="74951", description="", book="Синие"),
]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("иванов", ["Иванов", "Yılmaz"]),  # whose name it is comes first
        ("ИВАН ПЕТ", ["Иванов", "Петров"]),
        ("пет ив", ["Иванов", "Петров"]),
        ("петр", ["Иванов", "Петров"]),  # ё is е
        ("пётр", ["Иванов", "Петров"]),
        ("йод", ["Йодль-Ёлкина"]),
        ("иод", []),  # й is a letter of its own
        ("елк", ["Йодль-Ёлкина"]),
        ("ayse", ["Yılmaz"]),
        ("YILMAZ", ["Yılmaz"]),
        ("YıL", ["Yılmaz"]),
        ("продаж", ["Иванов"]),
        ("партнеры", ["Yılmaz"]),
        ("8495", ["Иванов"]),
        ("7495", ["Иванов", "Ресепшн"]),
        ("+7 (495) 12", ["Иванов"]),
        ("8 495-123", ["Иванов"]),
        ("495", ["Иванов"]),
        ("8916", ["Петров"]),
        ("916", ["Петров"]),
        ("4001", ["Йодль-Ёлкина"]),
        ("001", []),
        ("+90242", ["Yılmaz"]),
        ("пет 916", ["Петров"]),
        ("пет 495", ["Иванов"]),
        ("вано", []),  # beginnings only
        ("иван нет", []),
    ],
)
def test_what_is_found(query: str, found: list[str]) -> None:
    """Russian and Latin, in any order, numbers however they are grouped."""
    got = at_once(search_contacts(PEOPLE)).find(query)
    assert sorted(contact.last_name for contact in got.items) == sorted(found)
    assert got.total == len(found)
    if query == "иванов":
        assert [contact.last_name for contact in got.items] == found


def test_an_empty_query_finds_all_by_name_and_a_limit_keeps_the_total() -> None:
    """As a list to leaf through."""
    search = at_once(search_contacts(PEOPLE))
    assert [contact.last_name for contact in search.find("").items] == ["Yılmaz", "Иванов", "Йодль-Ёлкина", "Петров", "Ресепшн"]
    assert len(search.find(" - ", limit=2).items) == 2
    assert search.find("", limit=2).total == 5
    assert search.find("и", limit=0).items == ()
    assert search.find("и", limit=0).total == 3
    assert at_once(search_contacts([])).find("и").total == 0


TEXT = st.text(st.sampled_from("абвёеЁйAşıİ -78"), max_size=8)
CONTACTS = st.lists(
    st.builds(Contact, first_name=TEXT, last_name=TEXT, number=st.text("0178+ -", max_size=12), description=TEXT), max_size=12
)


@settings(deadline=None)
@given(CONTACTS, TEXT)
def test_it_finds_what_a_plain_look_through_all_finds(contacts: list[Contact], query: str) -> None:
    """The index is only faster."""

    def fits(contact: Contact, token: str) -> bool:
        words = words_of(f"{contact.last_name} {contact.first_name} {contact.description} {contact.book}")
        if any(word.startswith(token) for word in words):
            return True
        digits = digits_of(contact.number)
        if not token.isdigit() or not digits:
            return False
        national = digits[1:] if len(digits) == 11 and digits[0] in "78" else None
        return digits.startswith(token) or (
            national is not None and (national.startswith(token) or (token[0] in "78" and national.startswith(token[1:])))
        )

    tokens = words_of(query)
    if digits_of(query) and not set(query) - set("0123456789 -+"):
        tokens = [digits_of(query)]
    expected = [contact for contact in contacts if all(fits(contact, token) for token in tokens)]
    found = at_once(search_contacts(contacts)).find(query, limit=100)
    assert found.total == len(expected) == len(found.items)
    assert sorted(map(repr, found.items)) == sorted(map(repr, expected))


@given(st.lists(st.text("абв", max_size=3), max_size=400))
def test_the_order_of_many_is_that_of_few(names: list[str]) -> None:
    """Sorted piece by piece, those of one name as they came."""
    contacts = [Contact(first_name="", last_name=name, number=f"{at}") for at, name in enumerate(names)]
    assert list(at_once(search_contacts(contacts)).items) == sorted(contacts, key=lambda contact: words_of(contact.last_name))


@settings(deadline=None)
@given(st.text(max_size=300), st.text(max_size=20))
def test_any_text_may_be_asked_for(query: str, name: str) -> None:
    """Half characters, letters of all the world, and long ones."""
    contact = Contact(first_name=name, last_name="", number=name)
    at_once(search_contacts([contact])).find(query)
    if words_of(name):
        assert at_once(search_contacts([contact])).find(name).total == 1
