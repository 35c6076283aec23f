"""adapters.redmine.rest.rights against what the real Redmine then lets each seeded person do."""

from __future__ import annotations

import pytest

from adapters.redmine.rest.change import Change
from adapters.redmine.rest.errors import NotAllowed
from adapters.redmine.rest.rights import NOTHING, May, may, settable_statuses
from tests.adapters.redmine.rest.conftest import PEOPLE, SUPPORT, House

pytestmark = pytest.mark.redmine

NORMAL, HIGH = 2, 3


async def really(house: House, login: str, id: int, status: int | None) -> May:
    """What Redmine lets a person do, found by doing it past us."""
    await house.put(login, id, notes="записка")
    await house.put(login, id, notes="тайная записка", private_notes=True)
    await house.put(login, id, priority_id=HIGH)
    await house.put(login, id, assigned_to_id=house.peer.id("ivanov"))
    token = (
        await house.plain.post(
            "/uploads.json?filename=a.txt",
            content=b"abc",
            headers={**house.peer.headers(login), "Content-Type": "application/octet-stream"},
        )
    ).json()["upload"]["token"]
    await house.put(login, id, uploads=[{"token": token, "filename": "a.txt"}])
    if status is not None:
        await house.put(login, id, status_id=status)
    issue = await house.truth(id)
    notes = {journal["notes"]: journal["private_notes"] for journal in issue["journals"] if journal["notes"]}
    return May(
        comment="записка" in notes,
        private=notes.get("тайная записка", False),
        status=status is not None and issue["status"]["id"] == status,
        priority=issue["priority"]["id"] == HIGH,
        assignee=issue.get("assigned_to", {}).get("id") == house.peer.id("ivanov"),
        attach=len(issue["attachments"]) == 1,
    )


@pytest.mark.parametrize("kind", ["of a colleague", "of their own", "closed"])
@pytest.mark.parametrize("login", PEOPLE)
async def test_what_we_promise_is_what_redmine_does(house: House, login: str, kind: str) -> None:
    """For each person, on a colleague's, an own and a closed issue: every act is tried, and `may` had told its end."""
    id = await house.issue(login if kind == "of their own" else "admin")
    if kind == "closed":
        assert await house.put("admin", id, status_id=5) == 204
    connector = await house.connect(login)
    try:
        issue = await connector.issue(id)
    except NotAllowed:
        assert (login, kind) in {("klient", "of a colleague"), ("klient", "closed")}
        return
    promised = await connector.may(issue)
    me = await connector.me()
    assert promised == may(me, issue)
    statuses = [status.id for status in settable_statuses(me, issue) if status.id != issue.status.id]
    assert promised.status == bool(statuses)
    listed = [status.id for status in issue.allowed_statuses if status.id != issue.status.id]
    assert await really(house, login, id, next(iter(statuses or listed), None)) == promised


async def test_a_read_only_field_of_the_workflow_is_not_told_beforehand(house: House) -> None:
    """REST does not say that an applicant's priority is read-only in the tracker Support: it is told after a change."""
    id = await house.issue("klient", tracker_id=SUPPORT)
    connector = await house.connect("klient")
    assert (await connector.may(await connector.issue(id))).priority
    assert not (await really(house, "klient", id, None)).priority


async def test_nobody_changes_anything_in_a_closed_project(house: House) -> None:
    """Reading goes on, everything else ends, for administrators too."""
    made = await house.rest(
        "admin", "POST", "/projects.json", {"project": {"name": "Закрытый", "identifier": f"closed-{house.peer.id('admin')}-{id(house)}"}}
    )
    project = int(made.json()["project"]["id"])
    issue_id = await house.issue("admin", project_id=project)
    connector = await house.connect("admin")
    assert (await house.rest("admin", "PUT", f"/projects/{project}/close.json")).status_code == 204
    issue = await connector.issue(issue_id)
    assert await connector.may(issue) == NOTHING
    assert settable_statuses(await connector.me(), issue, project_open=False) == ()
    with pytest.raises(NotAllowed):
        await connector.change(issue_id, Change(notes="ещё"), lock_version=None)


async def test_a_requester_comments_and_attaches_only(house: House) -> None:
    """However much the service account may do."""
    issue_id = await house.issue()
    requester = await house.requester(issue_id)
    issue = await requester.issue(issue_id)
    assert await requester.may(issue) == May(comment=True, attach=True)
    assert settable_statuses(await requester.me(), issue, requester=True) == ()
