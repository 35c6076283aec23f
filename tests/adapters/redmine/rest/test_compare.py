"""adapters.redmine.rest.compare and the values of an issue, without a Redmine."""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.redmine.rest.change import Change, Untaken, Upload
from adapters.redmine.rest.compare import effective, findings, shows
from adapters.redmine.rest.issue import Issue, decode_issue

ME, OTHER = 5, 6
BARE: dict[str, Any] = {
    "id": 1,
    "project": {"id": 1},
    "tracker": {"id": 1},
    "status": {"id": 1, "name": "Новая"},
    "priority": {"id": 2},
    "author": {"id": OTHER, "name": "Анна"},
    "created_on": "2024-03-04T06:00:00Z",
    "updated_on": "2024-03-04T06:00:00Z",
}


def issue(**fields: Any) -> Issue:
    """An issue of an older server, with as little as one may have."""
    return decode_issue(json.dumps({"issue": BARE | fields}).encode())


def journal(id: int, user: int, notes: str | None = None, *details: tuple[str, str | None], private: bool = False) -> dict[str, Any]:
    """A journal as it comes."""
    made = [{"property": "attr", "name": name, "old_value": None, "new_value": new} for name, new in details]
    said = {"id": id, "user": {"id": user}, "notes": notes, "created_on": "2024-03-04T06:00:00Z"}
    return said | {"private_notes": private, "details": made}


def test_absent_and_null_are_the_same() -> None:
    """What older servers leave out or give as null reads as empty; whether a status closes is unknown there."""
    read = issue(description=None, subject=None, journals=[journal(1, ME)], due_date=None)
    assert (read.description, read.subject, read.assigned_to, read.due_date, read.status.closed) == ("", "", None, None, None)
    assert read.journals[0].notes == ""


@pytest.mark.parametrize("body", [b"", b"{}", b"<html>", b'{"issue":{"id":"x"}}', b"\xff"])
def test_what_is_no_issue_is_a_value_error(body: bytes) -> None:
    """Nonsense is not half an issue."""
    with pytest.raises(ValueError, match=r".*"):
        decode_issue(body)


def test_ids_that_appear_out_of_order_are_new() -> None:
    """A journal with a lower id than one that was there before may still be ours."""
    before, after = issue(journals=[journal(9, OTHER, "a")]), issue(journals=[journal(8, ME, "b\r\nc "), journal(9, OTHER, "a")])
    assert findings(Change(notes="b\nc"), before, after, ME) == (8, ())


def test_a_note_that_is_not_there_is_told() -> None:
    """And one that became public though it was to be private."""
    before, after = issue(), issue(journals=[journal(1, OTHER, "b")])
    assert findings(Change(notes="b"), before, after, ME) == (None, (Untaken("notes", "b", None),))
    public = issue(journals=[journal(1, ME, "b")])
    assert findings(Change(notes="b", private_notes=True), before, public, ME) == (1, (Untaken("private_notes", True, False),))


def test_a_field_counts_as_taken_when_it_is_so_or_our_journal_says_it_was() -> None:
    """A colleague's journal with our value does not."""
    change, before = Change(status_id=3, assigned_to_id=""), issue(assigned_to={"id": 7})
    moved_on = {"status": {"id": 4}, "assigned_to": {"id": 8}}
    ours = issue(**moved_on, journals=[journal(1, ME, "", ("status_id", "3"), ("assigned_to_id", None))])
    assert findings(change, before, ours, ME) == (1, ())
    theirs = issue(**moved_on, journals=[journal(1, OTHER, "", ("status_id", "3"), ("assigned_to_id", None))])
    assert findings(change, before, theirs, ME) == (None, (Untaken("status_id", 3, 4), Untaken("assigned_to_id", None, 8)))


def test_files_are_known_by_their_ids() -> None:
    """Redmine may clean a name; the token holds the id."""
    change = Change(uploads=(Upload("4.e58f", "a:b.txt"), Upload("5.aa", "c.txt")))
    after = issue(attachments=[{"id": 4, "filename": "a_b.txt", "filesize": 1, "created_on": "2024-03-04T06:00:00Z"}])
    assert findings(change, issue(), after, ME)[1] == (Untaken("uploads", ("c.txt",), None),)
    assert not shows(change, issue(), after, ME)


@pytest.mark.parametrize(
    ("change", "journals", "proven"),
    [
        (Change(notes="a"), [journal(1, ME, "a")], True),
        (Change(notes="a"), [journal(1, OTHER, "a")], False),
        (Change(notes="a"), [journal(1, ME, "b")], False),
        (Change(notes="a", status_id=3), [journal(1, ME, "", ("status_id", "3"))], False),
        (Change(status_id=3), [journal(1, ME, "", ("status_id", "3"))], True),
        (Change(status_id=3), [journal(1, OTHER, "", ("status_id", "3"))], False),
        (Change(status_id=1), [journal(1, ME, "", ("status_id", "1"))], False),
        (Change(), [journal(1, ME, "a")], False),
    ],
)
def test_what_proves_a_change_whose_answer_was_lost(change: Change, journals: list[dict[str, Any]], proven: bool) -> None:
    """An own new journal with the note, or with the changed field where there is no note; nothing less."""
    assert shows(change, issue(), issue(status={"id": 3}, journals=journals), ME) is proven


@pytest.mark.parametrize(
    ("change", "alters"),
    [
        (Change(), False),
        (Change(status_id=1, priority_id=2, assigned_to_id="", due_date=None), False),
        (Change(notes="a"), True),
        (Change(uploads=(Upload("1.a", "a"),)), True),
        (Change(done_ratio=10), True),
        (Change(assigned_to_id=7), True),
    ],
)
def test_a_change_to_what_is_there_alters_nothing(change: Change, alters: bool) -> None:
    """Each field beside what it is now."""
    assert effective(change, issue()) is alters


def test_files_cannot_be_private() -> None:
    """A private change with files cannot be made at all: Redmine would show them to everybody."""
    with pytest.raises(ValueError, match="private"):
        Change(notes="тайно", private_notes=True, uploads=(Upload("1.ab", "a.txt"),))
