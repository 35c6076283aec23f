"""adapters.redmine.tickets.index: the same on SQLite and MariaDB."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.redmine.tickets.documents import Document
from adapters.redmine.tickets.index import TicketIndex
from adapters.redmine.tickets.viewer import NOBODY, Sight, Viewer, requester
from adapters.redmine.tickets.words import parse, words_of
from tests.clock import START

ALL = Viewer(redmine_id=7, projects={frozenset({Sight("all", None)}): (1, 2)})


def document(id: int, subject: str, text: str = "", *, private_note: str = "", **facts: Any) -> Document:
    """Issue `id` of project 1."""
    given: dict[str, Any] = {
        "project_id": 1,
        "tracker_id": 1,
        "author_id": 5,
        "assigned_to_id": None,
        "status_id": 1,
        "updated": 0,
        "spoke": 0,
        "spoke_hidden": 0,
        "private": False,
        "emails": (),
    }
    return Document(
        id=id,
        subject=words_of(subject),
        body=words_of(subject, text),
        hidden=words_of(subject, text, private_note) if private_note else "",
        **(given | facts),
    )


@pytest.fixture
def index(store: AsyncEngine) -> TicketIndex:
    """An empty index, on each back end."""
    return TicketIndex(store, now=lambda: START)


async def found(index: TicketIndex, typed: str, viewer: Viewer = ALL, **more: Any) -> list[int]:
    """What is found for what was typed."""
    return await index.find(parse(typed).words, viewer, part=more.pop("part", "body"), **more)


async def test_beginnings_of_russian_words_are_found(index: TicketIndex) -> None:
    """Whatever the case and the ending, `ё` or `е`; short and frequent words too; all words must be there."""
    await index.put(
        [
            document(1, "Не печатает Принтер", "Ёлка стоит у окна, ошибка 0x80070005 в ПО «1С»"),
            document(2, "Принтеры в бухгалтерии", "Заменить картридж, the wi-fi x"),
            document(3, "Почта", "не приходит"),
        ],
        (),
    )
    assert await found(index, "принтер") == [2, 1]
    assert await found(index, "ПРИНТЕРЫ") == [2]
    assert await found(index, "елка") == await found(index, "Ёл") == [1]
    assert await found(index, "по 1с") == [1]
    assert await found(index, "the") == await found(index, "wi fi") == await found(index, "x") == [2]
    assert await found(index, "0x8007") == [1]
    assert await found(index, "принтер картридж") == [2]
    assert await found(index, "принтер почта") == []
    assert await found(index, "интер") == []
    assert await found(index, "картридж", part="subject") == []
    assert await found(index, "бухг", part="subject") == [2]
    assert await found(index, "п", limit=2) == [3, 2]
    assert await found(index, "п", limit=2, below=2) == [1]
    assert await found(index, "") == []


@pytest.mark.parametrize(
    "typed", ['"', "*", "+ - ~", "a OR b", "NOT x", "subject:1", "(", "'; DROP TABLE users; --", "%", "\\", "@4", "\0", "_"]
)
async def test_signs_are_no_operators(index: TicketIndex, typed: str) -> None:
    """Nothing that can be typed is an error of the full-text search."""
    await index.put([document(1, "Принтер")], ())
    assert await found(index, typed) == []


async def test_a_document_that_is_the_same_is_not_written_again(index: TicketIndex) -> None:
    """A change is, with its words: old ones are gone."""
    assert await index.put([document(1, "Принтер"), document(2, "Сервер")], ()) == 2
    assert await index.put([document(1, "Принтер"), document(2, "Сервер")], ()) == 0
    assert await index.put([document(1, "Сканер"), document(2, "Сервер")], ()) == 1
    assert (await found(index, "принтер"), await found(index, "сканер"), await found(index, "сервер")) == ([], [1], [2])
    assert await index.put([document(2, "Сервер", project_id=9)], ()) == 1
    assert await found(index, "сервер") == []


async def test_what_is_gone_is_forgotten(index: TicketIndex) -> None:
    """With its words and its requesters; what was never there does not count."""
    await index.put([document(1, "Принтер", emails=("a@b.ru",)), document(2, "Принтер")], ())
    assert await index.put([], [1, 77]) == 1
    assert (await found(index, "принтер"), await index.of_requester(["a@b.ru"]), await index.size()) == ([2], [], 1)
    assert await index.above(0, limit=5) == [2]
    assert await index.above(2, limit=5) == []


async def test_a_position_is_kept_with_what_was_done(index: TicketIndex, store: AsyncEngine) -> None:
    """Both commit or neither does."""
    assert await index.position("fill") is None
    await index.put([document(1, "Принтер")], (), position=("fill", {"below": 1}))
    assert await index.position("fill") == {"below": 1}
    await index.keep("fill", {"below": 1})
    await index.keep("fill", {"below": 0})
    assert await index.position("fill") == {"below": 0}
    with pytest.raises(sa.exc.SQLAlchemyError):
        await index.put([document(3, "Сканер"), document(3, "Сканер")], (), position=("fill", {"below": -1}))
    assert (await index.position("fill"), await found(index, "сканер")) == ({"below": 0}, [])


async def test_hits_are_narrowed_to_what_the_viewer_sees(index: TicketIndex) -> None:
    """By project, private issues, trackers, one's own and one's groups' ones; nobody sees nothing."""
    await index.put(
        [
            document(1, "Принтер"),
            document(2, "Принтер", private=True),
            document(3, "Принтер", private=True, author_id=7),
            document(4, "Принтер", private=True, assigned_to_id=11),
            document(5, "Принтер", project_id=2, tracker_id=3),
            document(6, "Принтер", project_id=2),
            document(7, "Принтер", project_id=3),
        ],
        (),
    )
    default, narrow = frozenset({Sight("default", None)}), frozenset({Sight("all", frozenset({3}))})
    viewer = Viewer(redmine_id=7, groups=frozenset({11}), projects={default: (1,), narrow: (2,)})
    assert await found(index, "принтер", viewer) == [5, 4, 3, 1]
    own = Viewer(redmine_id=7, projects={frozenset({Sight("own", None)}): (1, 2)})
    assert await found(index, "принтер", own) == [3]
    assert await found(index, "принтер", NOBODY) == []


async def test_words_of_private_notes_are_for_their_readers(index: TicketIndex) -> None:
    """They are found only where everybody's private notes are read, together with the words around them."""
    await index.put(
        [document(1, "Принтер", private_note="увольнение"), document(2, "Принтер", private_note="увольнение", project_id=2)], ()
    )
    reads = Viewer(redmine_id=7, projects=ALL.projects, note_projects=frozenset({2}))
    assert await found(index, "увольнение", ALL) == await found(index, "увольнение", ALL, part="hidden") == []
    assert await found(index, "увольнение принтер", reads, part="hidden") == [2]
    assert await found(index, "увольнение", reads) == []


async def test_a_requester_finds_what_names_them(index: TicketIndex) -> None:
    """Open, public and addressed to them."""
    mine: dict[str, Any] = {"emails": ("a@b.ru", "olga@client.ru")}
    await index.put(
        [
            document(1, "Принтер", **mine),
            document(2, "Принтер", private=True, **mine),
            document(3, "Принтер"),
            document(4, "П", project_id=9, **mine),
        ],
        (),
    )
    olga = requester(["Olga@client.ru"], [1, 2])
    assert await found(index, "принтер", olga) == [1]
    assert await index.of_requester(olga.emails) == [4, 2, 1]
