"""adapters.redmine.words: titles and changes in both languages."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.redmine.names import Catalog, text_of
from adapters.redmine.recipients import Audience, Material
from adapters.redmine.values import Detail, Field, Issue, Journal, User
from adapters.redmine.visibility import Rights
from adapters.redmine.words import Words
from hub.event import Text

WORDS = Words(
    Material(
        rights=Rights(
            users={
                6: User(6, "User", "petrova", "Мария Петрова", active=True),
                11: User(11, "Group", "", "Вторая линия", active=True),
            }
        ),
        fields={1: Field(1, "Кабинет", "string", visible=True), 3: Field(3, "Выезд", "bool", visible=True)},
    ),
    Catalog({("status", 3): Text(ru="Выполнена", en="Resolved"), ("status", 2): Text(ru="В работе", en="In progress")}, frozenset({5})),
)
WHO, IT = "Мария Петрова", "#14 Принтер"
STATUS = Detail(1, "attr", "status_id", "2", "3")
CLOSED = Detail(1, "attr", "status_id", "2", "5")
ASSIGNED = Detail(2, "attr", "assigned_to_id", None, "6")
PRIORITY = Detail(3, "attr", "priority_id", "2", "4")
FILE = Detail(4, "attachment", "7", None, "акт.txt")
ROOM = Detail(5, "cf", "1", "312", "313")


def issue(**changes: Any) -> Issue:
    """Issue 14."""
    values: dict[str, Any] = {
        "id": 14, "project_id": 1, "tracker_id": 1, "status_id": 1, "priority_id": 1, "author_id": 6, "assigned_to_id": None,
        "private": False, "subject": "Принтер", "description": "*Не* печатает", "created": None,
    }  # fmt: skip
    return Issue(**(values | changes))


def title(*details: Detail, notes: str = "", private: bool = False, assigned: int | None = None) -> Text:
    """The title of petrova's change."""
    change = Journal(id=50, issue_id=14, actor_id=6, notes=notes, private=private, created=None, details=details)
    return WORDS.of_journal(change, issue(), Audience(details=details, assigned=assigned))["title"]


@pytest.mark.parametrize(
    ("details", "more", "ru", "en"),
    [
        ((), {"notes": "да"}, f"{WHO}: комментарий — {IT}", f"{WHO}: comment — {IT}"),
        ((), {"notes": "да", "private": True}, f"{WHO}: скрытый комментарий — {IT}", f"{WHO}: private note — {IT}"),
        ((STATUS,), {}, f"{WHO}: статус «Выполнена» — {IT}", f"{WHO}: status “Resolved” — {IT}"),
        ((PRIORITY,), {}, f"{WHO}: приоритет «#4» — {IT}", f"{WHO}: priority “#4” — {IT}"),
        ((FILE,), {}, f"{WHO}: файл «акт.txt» — {IT}", f"{WHO}: file “акт.txt” — {IT}"),
        ((ROOM,), {}, f"{WHO}: изменение «Кабинет» — {IT}", f"{WHO}: changed “Кабинет” — {IT}"),
        ((ASSIGNED,), {}, f"{WHO}: исполнитель — Мария Петрова — {IT}", f"{WHO}: assignee Мария Петрова — {IT}"),
        ((ASSIGNED,), {"assigned": 6}, f"Вам назначена заявка {IT}", f"Assigned to you: ticket {IT}"),
        (
            (ASSIGNED,), {"assigned": 11},
            f"Группе «Вторая линия» назначена заявка {IT}", f"Assigned to your group “Вторая линия”: ticket {IT}",
        ),
        (
            (FILE, STATUS, ROOM), {"notes": "да"},
            f"{WHO}: комментарий, статус «Выполнена» (+2) — {IT}", f"{WHO}: comment, status “Resolved” (+2) — {IT}",
        ),
    ],
)  # fmt: skip
def test_a_title_says_who_did_what_to_which_ticket(details: tuple[Detail, ...], more: dict[str, Any], ru: str, en: str) -> None:
    """The weightiest things are named, the rest is counted."""
    assert title(*details, **more) == {"ru": ru, "en": en}


def test_a_title_is_short_and_keeps_the_number() -> None:
    """Two hundred characters at most; the subject gives way first."""
    change = Journal(id=50, issue_id=14, actor_id=6, notes="да", private=False, created=None)
    said = WORDS.of_journal(change, issue(subject="слово " * 100), Audience())["title"]
    assert all(len(line) <= 200 and "#14" in line for line in said.values() if isinstance(line, str))


def test_changes_have_labels_and_names() -> None:
    """Old and new values are what people call them."""
    change = Journal(id=50, issue_id=14, actor_id=6, notes="", private=False, created=None)
    flag, text, dangling = (
        Detail(6, "cf", "3", "0", "1"),
        Detail(7, "attr", "description", "a", "b"),
        Detail(8, "attr", "assigned_to_id", "77", None),
    )
    said = WORDS.of_journal(change, issue(), Audience(details=(STATUS, flag, text, dangling)))["changes"]
    status, room, description, assignee = said
    assert status == {
        "field": "status",
        "label": {"ru": "Статус", "en": "Status"},
        "old": {"ru": "В работе", "en": "In progress"},
        "new": {"ru": "Выполнена", "en": "Resolved"},
    }
    assert (room["field"], room["label"]["ru"], room["old"], room["new"]) == (
        "cf:3",
        "Выезд",
        {"ru": "нет", "en": "no"},
        {"ru": "да", "en": "yes"},
    )
    assert (description["old"], description["new"]) == (None, {"ru": "изменено", "en": "changed"})
    assert (assignee["old"], assignee["new"]) == ({"ru": "Кто-то", "en": "Somebody"}, None)


def test_only_the_audiences_details_are_told() -> None:
    """What the audience may not see is neither in the title nor in the changes."""
    change = Journal(id=50, issue_id=14, actor_id=6, notes="да", private=False, created=None, details=(STATUS, ROOM))
    said = WORDS.of_journal(change, issue(), Audience(details=(STATUS,)))
    assert "Кабинет" not in str(said)


def test_a_closing_status_ends_the_matter() -> None:
    """The ticket's open notices may close by themselves."""
    change = Journal(id=50, issue_id=14, actor_id=6, notes="", private=False, created=None)
    assert WORDS.of_journal(change, issue(), Audience(details=(CLOSED,)))["closes"] == "ticket:14"
    assert "closes" not in WORDS.of_journal(change, issue(), Audience(details=(STATUS,)))


@pytest.mark.parametrize(("note_private", "issue_private"), [(True, False), (False, True)])
def test_private_things_stay_off_the_lock_screen(note_private: bool, issue_private: bool) -> None:
    """A private note and anything in a private ticket are marked."""
    change = Journal(id=50, issue_id=14, actor_id=6, notes="да", private=note_private, created=None)
    assert WORDS.of_journal(change, issue(private=issue_private), Audience())["private"] is True


def test_a_new_ticket_brings_its_description() -> None:
    """Title, plain body, group, address and author."""
    assert WORDS.of_issue(issue(), Audience()) == {
        "kind": "ticket",
        "title": {"ru": "Мария Петрова: новая заявка #14 Принтер", "en": "Мария Петрова: new ticket #14 Принтер"},
        "group": "ticket:14",
        "url": "/tasks/14",
        "actor": {"name": "Мария Петрова"},
        "body": "Не печатает",
    }


@pytest.mark.parametrize(
    ("stock", "site", "ru", "en"),
    [
        ("Решена", {"ru": "Выполнена", "en": "Resolved"}, "Выполнена", "Resolved"),
        ("Решена", {"ru": "Выполнена"}, "Выполнена", "Решена"),
        ("Решена", {}, "Решена", "Решена"),
        (None, {"ru": "Удалённый статус"}, "Удалённый статус", "Удалённый статус"),
        ("Решена", {"": "Выполнена"}, "Выполнена", "Выполнена"),
        (None, {}, "#99", "#99"),
    ],
)
def test_names_fall_back_language_by_language(stock: str | None, site: dict[str, str], ru: str, en: str) -> None:
    """The site's name, else Redmine's, else the site's in another language, else the number."""
    assert text_of(stock, site, 99) == {"ru": ru, "en": en}
