"""adapters.redmine.recipients: who is told of a change, by values alone."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.redmine.recipients import Audience, Material, assignee_after, audiences_of_issue, audiences_of_journal
from adapters.redmine.values import Detail, Field, Issue, Journal, Project, Role, Step, User
from adapters.redmine.visibility import Rights

AUTHOR, ASSIGNEE, PREVIOUS, WATCHER, MENTIONED, ACTOR, LOCKED, CHIEF, GROUP = range(1, 10)
READER = Role(5, 0, frozenset({"view_issues"}), "default")
INSIDER = Role(6, 0, frozenset({"view_issues", "view_private_notes"}), "all")
ASSIGNED = Detail(11, "attr", "assigned_to_id", str(PREVIOUS), str(ASSIGNEE))
HIDDEN = Detail(12, "cf", "2", None, "100")
STATUS = Detail(13, "attr", "status_id", "1", "2")
RELATED = Detail(14, "relation", "blocks", None, "99")


def issue(**changes: Any) -> Issue:
    """Issue 14 by AUTHOR, assigned to ASSIGNEE."""
    values: dict[str, Any] = {
        "id": 14, "project_id": 1, "tracker_id": 1, "status_id": 1, "priority_id": 1, "author_id": AUTHOR, "assigned_to_id": ASSIGNEE,
        "private": False, "subject": "Принтер", "description": "", "created": None,
    }  # fmt: skip
    return Issue(**(values | changes))


def journal(*details: Detail, notes: str = "", private: bool = False, actor: int = ACTOR) -> Journal:
    """Journal 50 by ACTOR."""
    return Journal(id=50, issue_id=14, actor_id=actor, notes=notes, private=private, created=None, details=details)


def material(**changes: Any) -> Material:
    """Everybody is a reader; CHIEF and ASSIGNEE are insiders; GROUP holds PREVIOUS and WATCHER."""
    roles = {person: frozenset({INSIDER.id if person in {CHIEF, ASSIGNEE} else READER.id}) for person in range(1, GROUP)}
    values: dict[str, Any] = {
        "rights": Rights(
            users={person: User(person, "User", f"user{person}", f"№ {person}", active=person != LOCKED) for person in range(1, GROUP)}
            | {GROUP: User(GROUP, "Group", "", "Группа", active=True)},
            projects={1: Project(1, "Служба", public=False, open=True)},
            roles={READER.id: READER, INSIDER.id: INSIDER},
            members={(person, 1): found for person, found in roles.items()},
            groups={PREVIOUS: frozenset({GROUP}), WATCHER: frozenset({GROUP})},
        ),
        "watchers": {14: frozenset({WATCHER, LOCKED})},
        "group_members": {GROUP: frozenset({PREVIOUS, WATCHER})},
        "fields": {2: Field(2, "Стоимость", "float", visible=False, roles=frozenset({INSIDER.id}))},
        "logins": {"user5": MENTIONED},
    }
    return Material(**(values | changes))


def people(audiences: tuple[Audience, ...]) -> set[int]:
    """Everybody in them; fails when somebody is told twice."""
    told = [user for audience in audiences for user in audience.users]
    assert len(told) == len(set(told))
    return set(told)


def test_all_who_are_concerned_are_told_once() -> None:
    """Author, assignee, previous assignee, watchers and the mentioned; neither the actor nor anybody locked."""
    audiences = audiences_of_journal(journal(ASSIGNED, notes="@user5, смотрите"), issue(), material())
    assert people(audiences) == {AUTHOR, ASSIGNEE, PREVIOUS, WATCHER, MENTIONED}


def test_the_new_assignee_is_told_in_words_of_their_own() -> None:
    """The new assignee's event is another one than that of the others."""
    shared, own = audiences_of_journal(journal(ASSIGNED), issue(), material())
    assert (set(shared.users), shared.suffix, shared.assigned) == ({AUTHOR, PREVIOUS, WATCHER}, "", None)
    assert (set(own.users), own.suffix, own.assigned) == ({ASSIGNEE}, ":assigned", ASSIGNEE)


def test_each_member_of_an_assigned_group_is_told() -> None:
    """An assignment to a group is one to its members."""
    change = Detail(11, "attr", "assigned_to_id", None, str(GROUP))
    shared, own = audiences_of_journal(journal(change), issue(assigned_to_id=GROUP), material())
    assert shared.users == {AUTHOR}
    assert (set(own.users), own.assigned) == ({PREVIOUS, WATCHER}, GROUP)


@pytest.mark.parametrize(("actor", "left"), [(AUTHOR, {ASSIGNEE, WATCHER}), (ASSIGNEE, {AUTHOR, WATCHER}), (WATCHER, {AUTHOR, ASSIGNEE})])
def test_nobody_is_told_what_they_did_themselves(actor: int, left: set[int]) -> None:
    """The actor is left out, whatever else they are."""
    assert people(audiences_of_journal(journal(notes="готово", actor=actor), issue(), material())) == left


def test_the_assignee_of_that_time_is_told() -> None:
    """By the time of the look the ticket may have moved on: the one it belonged to is told."""
    steps = (Step(40, None, WATCHER), Step(60, ASSIGNEE, CHIEF))
    assert assignee_after(steps, 50, CHIEF) == ASSIGNEE
    assert assignee_after(steps, 60, CHIEF) == CHIEF
    assert assignee_after(steps, 30, CHIEF) is None
    told = people(audiences_of_journal(journal(notes="?"), issue(assigned_to_id=CHIEF), material(steps={14: steps})))
    assert told == {AUTHOR, ASSIGNEE, WATCHER}


def test_a_private_note_is_for_those_who_may_read_it() -> None:
    """Readers without the permission and requesters are not told."""
    audiences = audiences_of_journal(journal(notes="пароль", private=True), issue(requesters=frozenset({"o@example.org"})), material())
    assert people(audiences) == {ASSIGNEE}
    assert not any(audience.emails for audience in audiences)


def test_who_cannot_see_the_ticket_now_is_not_told() -> None:
    """A private issue is for its author, its assignee and insiders; watching gives no right."""
    assert people(audiences_of_journal(journal(notes="?"), issue(private=True), material())) == {AUTHOR, ASSIGNEE}


def test_a_hidden_field_is_told_to_those_who_see_it() -> None:
    """A change of nothing but a hidden field does not exist for the others."""
    (only,) = audiences_of_journal(journal(HIDDEN), issue(), material())
    assert (set(only.users), only.details, only.suffix) == ({ASSIGNEE}, (HIDDEN,), ":12")


def test_those_who_see_more_get_another_event() -> None:
    """With a note everybody is told, but only insiders find the hidden field in it."""
    shared, more = audiences_of_journal(journal(STATUS, HIDDEN, notes="готово"), issue(), material())
    assert (set(shared.users), shared.details, shared.suffix) == ({AUTHOR, WATCHER}, (STATUS,), "")
    assert (set(more.users), more.details, more.suffix) == ({ASSIGNEE}, (STATUS, HIDDEN), ":12")


def test_a_relation_to_an_invisible_ticket_is_not_told() -> None:
    """The other ticket must be visible too."""
    other = issue(id=99, private=True, author_id=CHIEF, assigned_to_id=None)
    assert people(audiences_of_journal(journal(RELATED), issue(), material(issues={99: other}))) == {ASSIGNEE}


def test_a_requester_is_told_by_mail_of_what_is_public() -> None:
    """An address without an account hears of notes and public details, not of relations, hidden fields or private tickets."""
    asked = issue(requesters=frozenset({"o@example.org"}))
    (shared, more) = audiences_of_journal(journal(STATUS, HIDDEN), asked, material())
    assert (set(shared.emails), shared.details) == ({"o@example.org"}, (STATUS,))
    assert more.emails == frozenset()
    for change in (journal(HIDDEN), journal(RELATED)):
        assert not any(audience.emails for audience in audiences_of_journal(change, asked, material(issues={99: issue(id=99)})))
    hidden = issue(requesters=frozenset({"o@example.org"}), private=True)
    assert not any(audience.emails for audience in audiences_of_journal(journal(notes="?"), hidden, material()))


def test_an_address_of_an_account_stands_for_the_account() -> None:
    """Somebody with an account is told through it once, with its rights; a locked one not at all."""
    asked = issue(requesters=frozenset({"chief@example.org", "gone@example.org"}), assigned_to_id=None)
    known = material(accounts={"chief@example.org": frozenset({CHIEF}), "gone@example.org": frozenset({LOCKED})}, watchers={})
    (only,) = audiences_of_journal(journal(notes="?"), asked, known)
    assert (set(only.users), set(only.emails)) == ({AUTHOR, CHIEF}, set())


@pytest.mark.parametrize("nothing", [journal(), journal(notes="")])
def test_a_journal_with_nothing_in_it_tells_nobody(nothing: Journal) -> None:
    """No note and no detail: nothing to say."""
    assert audiences_of_journal(nothing, issue(), material()) == ()


def test_a_mention_in_a_description_counts_when_it_is_new() -> None:
    """Whoever stood there before is not called again."""
    new = Detail(15, "attr", "description", "", "@user5, взгляните")
    old = Detail(15, "attr", "description", "@user5", "@user5, взгляните")
    assert MENTIONED in people(audiences_of_journal(journal(new), issue(), material()))
    assert MENTIONED not in people(audiences_of_journal(journal(old), issue(), material()))


def test_a_new_issue_is_told_to_its_first_assignee_and_watchers() -> None:
    """The author made it; whoever got it later is told by that assignment."""
    steps = {14: (Step(60, PREVIOUS, ASSIGNEE),)}
    shared, own = audiences_of_issue(issue(requesters=frozenset({"o@example.org"})), material(steps=steps))
    assert (set(shared.users), set(shared.emails), shared.suffix) == ({WATCHER}, {"o@example.org"}, "")
    assert (set(own.users), own.suffix) == ({PREVIOUS}, ":assigned")
