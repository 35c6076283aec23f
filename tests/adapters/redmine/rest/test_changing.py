"""adapters.redmine.rest.changing: the traps of writing to the real Redmine, each tried past us first and then met."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from adapters.redmine.rest import changing
from adapters.redmine.rest.change import Change, Outcome, Untaken
from adapters.redmine.rest.errors import NotAllowed, NotFound, Refused, Stale, Unclear
from tests.adapters.redmine.rest.conftest import PEOPLE, SUPPORT, House

pytestmark = pytest.mark.redmine

NEW, PROGRESS, RESOLVED, CLOSED = 1, 2, 3, 5
LOW, NORMAL, HIGH, ARCHIVED = 1, 2, 3, 6


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost answer is looked for at once, three times."""
    monkeypatch.setattr(changing, "LOOKS_S", (0.0, 0.0, 0.0))


async def change(house: House, login: str, id: int, made: Change, *, lock_version: int | None = None, **options: Any) -> Outcome:
    """A change by a seeded person."""
    return await (await house.connect(login, **options)).change(id, made, lock_version=lock_version)


async def test_a_change_is_made_read_back_and_told(house: House) -> None:
    """Status, priority, assignee, dates and note in one: all of it stands in the issue, and the journal is ours."""
    id = await house.issue()
    petrova = house.peer.id("petrova")
    made = Change(
        status_id=PROGRESS, priority_id=HIGH, assigned_to_id=petrova, done_ratio=30, due_date=date(2026, 12, 31), notes="Беру в работу"
    )
    outcome = await change(house, "petrova", id, made, lock_version=(await house.version(id)).lock_version)
    issue = outcome.issue
    assert outcome.untaken == ()
    assert (issue.status.id, issue.priority.id, issue.done_ratio, issue.due_date) == (PROGRESS, HIGH, 30, date(2026, 12, 31))
    assert issue.assigned_to is not None
    assert issue.assigned_to.id == petrova
    assert [(j.id, j.notes, j.user and j.user.id) for j in issue.journals] == [(outcome.journal_id, "Беру в работу", petrova)]


async def test_nobody_is_an_empty_text(house: House) -> None:
    """Null would be ignored: "" takes the issue from whoever has it; None takes a date away."""
    id = await house.issue(assigned_to_id=house.peer.id("petrova"), due_date="2026-12-31")
    assert await house.put("ivanov", id, assigned_to_id=None) == 204
    assert (await house.truth(id))["assigned_to"]["id"] == house.peer.id("petrova")
    outcome = await change(house, "ivanov", id, Change(assigned_to_id="", due_date=None))
    assert (outcome.issue.assigned_to, outcome.issue.due_date, outcome.untaken) == (None, None, ())
    assert outcome.journal_id is not None


async def test_allowed_statuses_are_no_permission(house: House) -> None:
    """Orlova may not edit, though Redmine lists statuses for her and answers 204: we refuse, and her note is not posted either."""
    id = await house.issue()
    listed = (await (await house.connect("orlova")).issue(id)).allowed_statuses
    assert [status.id for status in listed if status.id != NEW]
    assert await house.put("orlova", id, status_id=listed[-1].id) == 204
    assert (await house.truth(id))["status"]["id"] == NEW
    with pytest.raises(NotAllowed) as refused:
        await change(house, "orlova", id, Change(status_id=listed[-1].id, notes="закройте"))
    assert refused.value.permission == "edit_issues"
    assert await house.notes(id) == []


async def test_a_transition_that_the_workflow_forbids_is_refused_beforehand(house: House) -> None:
    """Redmine would drop the status and post the note; we send neither."""
    id = await house.issue("klient", tracker_id=SUPPORT)
    assert await house.put("klient", id, status_id=CLOSED, notes="готово") == 204
    assert (await house.truth(id))["status"]["id"] == NEW
    with pytest.raises(NotAllowed) as refused:
        await change(house, "klient", id, Change(status_id=CLOSED, notes="готово?"))
    assert refused.value.permission == "workflow"
    assert await house.notes(id) == ["готово"]


async def test_a_read_only_field_is_told(house: House) -> None:
    """The workflow makes the priority read-only for applicants, REST does not say so: 204, and we find it out."""
    id = await house.issue("klient", tracker_id=SUPPORT)
    outcome = await change(house, "klient", id, Change(priority_id=HIGH, notes="срочно"))
    assert outcome.untaken == (Untaken("priority_id", HIGH, NORMAL),)
    assert outcome.issue.journals[-1].id == outcome.journal_id


async def test_a_status_that_goes_away_under_us_is_told(house: House) -> None:
    """The transition is taken between our look and our change: Redmine drops it with 204, and the person is told."""
    id = await house.issue("orlova", status_id=NEW)

    async def colleague() -> None:
        await house.put("admin", id, status_id=CLOSED)

    connector = await house.connect("petrova")
    target = next(s.id for s in (await connector.issue(id)).allowed_statuses if s.id not in (NEW, CLOSED))
    house.wire.before_write = colleague
    outcome = await connector.change(id, Change(status_id=target, notes="беру"), lock_version=None)
    # a developer may go nowhere from "closed" in Redmine's default workflow
    assert (outcome.issue.status.id, outcome.untaken) == (CLOSED, (Untaken("status_id", target, CLOSED),))
    assert outcome.issue.journals[-1].id == outcome.journal_id


@pytest.mark.parametrize("login", ["orlova", "klient"])
async def test_a_private_note_never_goes_public(house: House, login: str) -> None:
    """Without the permission Redmine publishes it: we send nothing."""
    id = await house.issue(login)
    assert await house.put(login, id, notes="тайна", private_notes=True) == 204
    assert [journal["private_notes"] for journal in (await house.truth(id))["journals"]] == [False]
    with pytest.raises(NotAllowed) as refused:
        await change(house, login, id, Change(notes="вторая тайна", private_notes=True))
    assert refused.value.permission == "set_notes_private"
    assert await house.notes(id) == ["тайна"]


async def test_a_private_note_beside_a_field_is_two_journals(house: House) -> None:
    """The note's own journal is the one that is told, and it is private."""
    id = await house.issue()
    outcome = await change(house, "ivanov", id, Change(priority_id=HIGH, notes="только для своих", private_notes=True))
    assert outcome.untaken == ()
    told = {journal.id: journal for journal in outcome.issue.journals}[outcome.journal_id or 0]
    assert (told.private, told.notes) == (True, "только для своих")
    assert len(outcome.issue.journals) == 2


async def test_reasons_are_handed_on(house: House) -> None:
    """Nobody may be given it, an archived priority: 422 with Redmine's sentences, and nothing is stored."""
    id = await house.issue()
    with pytest.raises(Refused) as refused:
        await change(house, "ivanov", id, Change(assigned_to_id=999_999, notes="кому?"))
    assert len(refused.value.reasons) == 1
    with pytest.raises(Refused):
        await change(house, "ivanov", id, Change(priority_id=ARCHIVED, notes="куда?"))
    assert await house.notes(id) == []


async def test_an_old_version_is_stale(house: House) -> None:
    """422 without reasons: nothing is stored, neither field nor note."""
    id = await house.issue()
    seen = await house.version(id)
    assert await house.put("petrova", id, priority_id=HIGH) == 204
    with pytest.raises(Stale):
        await change(house, "ivanov", id, Change(priority_id=LOW, notes="понижаю"), lock_version=seen.lock_version)
    truth = await house.truth(id)
    assert (truth["priority"]["id"], [j["notes"] for j in truth["journals"] if j["notes"]]) == (HIGH, [])


async def test_what_the_workflow_forbids_only_now_is_stale(house: House) -> None:
    """The person saw a status from which they could go on; a colleague moved it: that is a conflict and no lack of rights."""
    id = await house.issue("klient", status_id=NEW)
    assert await house.put("admin", id, status_id=RESOLVED) == 204
    seen = await house.version(id)
    connector = await house.connect("klient", lock_of=house.lock_of)
    target = next(s.id for s in (await connector.issue(id)).allowed_statuses if s.id != RESOLVED)
    assert await house.put("admin", id, status_id=CLOSED) == 204
    with pytest.raises((Stale, NotAllowed)) as refused:
        await connector.change(id, Change(status_id=target), lock_version=seen.lock_version)
    assert isinstance(refused.value, Stale)


async def test_a_change_without_a_version_is_repeated_after_a_conflict(house: House) -> None:
    """Nothing of it was stored, so it is made again on what is there now, once."""
    id = await house.issue()
    seen = await house.version(id)
    connector = await house.connect("ivanov")
    sent: list[int] = []

    async def put(body: dict[str, Any]) -> None:
        # the first one meets a real conflict
        sent.append(1)
        if len(sent) == 1:
            assert await house.put("petrova", id, done_ratio=10) == 204
            body = {"issue": body["issue"] | {"lock_version": seen.lock_version}}
        answer = await house.rest("ivanov", "PUT", f"/issues/{id}.json", body)
        if answer.status_code == 422:
            assert answer.json() == {"errors": []}
            raise Stale()

    outcome = await changing.make_change(
        lambda: connector.issue(id), put, Change(notes="и моё"), me=await connector.me(), lock_version=None
    )
    assert (len(sent), outcome.issue.done_ratio, outcome.untaken) == (2, 10, ())
    assert await house.notes(id) == ["и моё"]


async def test_nothing_to_do_is_not_sent(house: House) -> None:
    """A change to what is there already costs no write; with a version it is sent, for that has to be proven."""
    id = await house.issue()
    outcome = await change(house, "ivanov", id, Change(priority_id=NORMAL))
    assert (outcome.journal_id, outcome.untaken, house.wire.writes()) == (None, (), 0)
    with pytest.raises(Stale):
        await change(house, "ivanov", id, Change(priority_id=NORMAL), lock_version=99)


@pytest.mark.parametrize("login", PEOPLE)
async def test_missing_and_hidden_issues(house: House, login: str) -> None:
    """No such issue is NotFound; one that the person may not see is NotAllowed, and nothing is written."""
    with pytest.raises(NotFound):
        await change(house, login, 999_999, Change(notes="есть кто?"))
    if login not in ("admin", "ivanov", "petrova"):
        with pytest.raises(NotAllowed):
            await change(house, login, 6, Change(notes="вижу?"))
    assert house.wire.writes() == 0


async def test_a_lost_answer_does_not_double_the_note(house: House) -> None:
    """The answer is cut off after Redmine has done it: we find our note and tell it as done, and it stands there once."""
    id = await house.issue()
    house.wire.lose_write = "answer"
    outcome = await change(house, "ivanov", id, Change(status_id=PROGRESS, notes="один раз"))
    assert outcome.untaken == ()
    assert (outcome.issue.status.id, outcome.issue.journals[-1].id) == (PROGRESS, outcome.journal_id)
    assert (await house.notes(id), house.wire.writes()) == (["один раз"], 1)


async def test_a_lost_answer_is_no_old_note_with_the_same_text(house: House) -> None:
    """A note of yesterday, and a colleague's note just now, with the same text prove nothing."""
    id = await house.issue()
    assert await house.put("ivanov", id, notes="готово") == 204

    async def colleague() -> None:
        await house.put("petrova", id, notes="готово")

    house.wire.before_write, house.wire.lose_write = colleague, "request"
    with pytest.raises(Unclear):
        await change(house, "ivanov", id, Change(notes="готово"))
    assert await house.notes(id) == ["готово", "готово"]


async def test_a_lost_answer_of_a_field_is_proven_by_the_own_journal(house: House) -> None:
    """Without a note the changed field in an own journal is the proof; a colleague's same change is none."""
    id = await house.issue()
    house.wire.lose_write = "answer"
    assert (await change(house, "ivanov", id, Change(priority_id=HIGH))).journal_id is not None

    async def colleague() -> None:
        await house.put("petrova", id, priority_id=LOW)

    house.wire.before_write, house.wire.lose_write = colleague, "request"
    with pytest.raises(Unclear):
        await change(house, "ivanov", id, Change(priority_id=LOW))


async def test_a_colleague_who_comes_between_does_not_make_ours_untaken(house: House) -> None:
    """Our change was made and changed again before we read back: our own journal says that it took."""
    id = await house.issue()
    connector = await house.connect("ivanov")

    async def put(body: dict[str, Any]) -> None:
        assert (await house.rest("ivanov", "PUT", f"/issues/{id}.json", body)).status_code == 204
        assert await house.put("petrova", id, priority_id=LOW) == 204

    outcome = await changing.make_change(
        lambda: connector.issue(id), put, Change(priority_id=HIGH), me=await connector.me(), lock_version=None
    )
    assert (outcome.issue.priority.id, outcome.untaken) == (LOW, ())
    assert outcome.journal_id == outcome.issue.journals[0].id
