"""Every path of the tickets' interface for every kind of person and state of the issue; the real Redmine says what is right."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import pytest

from tests.web.tickets.conftest import Office
from tests.web.tickets.table import PATHS, At, Table, code_of

pytestmark = [pytest.mark.redmine, pytest.mark.timeout(170)]

STAFF = ("admin", "ivanov", "petrova", "sidorov", "orlova", "klient")
PEOPLE = (*STAFF, "uvolen", "olga")
"""Everybody who is seeded; uvolen is locked in Redmine, and olga has no account there."""
RICH, PRIVATE, MISSING = 1, 6, 999_999
REFUSALS = {401: (403, "redmine_sign_in"), 403: (403, "not_allowed"), 404: (404, "not_found")}
"""What Redmine itself says to the person -> what we say."""


@pytest.fixture(scope="module")
def table() -> Table:
    """The document."""
    return Table()


async def test_the_table_has_every_path_that_is_served(office: Office) -> None:
    """A path that is added needs a row here: the document that is served has those of the table and no other."""
    served = (await office.get("ivanov", "/openapi.json")).json()["paths"]
    assert sorted(map(str, PATHS)) == sorted(f"{method.upper()} {path}" for path, methods in served.items() for method in methods)


async def test_nobody_gets_anything_unasked(office: Office, table: Table) -> None:
    """Who is not signed in gets 401, a page without the session's token or of another site 403, and Redmine hears nothing of it."""
    who, before = await office.seat("ivanov"), office.sent()
    async with office.node.client() as stranger:
        for path in PATHS:
            answer = await path.ask(stranger, At())
            table.check(path, answer)
            assert code_of(answer) == (401, "unauthenticated"), path
            if path.method != "GET":
                for headers, code in (
                    ({"x_csrf_token": ""}, "bad_csrf"),
                    ({"x_csrf_token": "of-another-session"}, "bad_csrf"),
                    ({"origin": "https://evil.example"}, "foreign_origin"),
                ):
                    answer = await path.ask(who, At(), **headers)
                    table.check(path, answer)
                    assert code_of(answer) == (403, code), path
    assert office.sent() == before


async def _each(office: Office, people: Iterable[str], act: Callable[[str], Awaitable[int]]) -> int:
    """Does it for everybody at the same time; the sum of what it gives."""
    tasks = []
    for login in people:
        await office.seat(login)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(act(login), name=login) for login in people]
    return sum(task.result() for task in tasks)


async def _oracle(office: Office, login: str, id: int) -> tuple[int, dict[str, Any]]:
    """Redmine's own answer to the person about the issue; whoever has no account there gets none of it."""
    if login not in office.peer.users:
        return (403 if id != MISSING else 404), {}
    answer = await office.rest(login, "GET", f"/issues/{id}.json?include=allowed_statuses,attachments")
    if answer.status_code == 401 and id == MISSING:
        return 404, {}  # that there is no such issue is known before Redmine is asked who it is
    return answer.status_code, answer.json()["issue"] if answer.status_code == 200 else {}


async def _edits(office: Office, login: str, issue: dict[str, Any]) -> bool:
    """By Redmine's roles: `edit_issues`, or `edit_own_issues` for the author."""
    me = (await office.rest(login, "GET", "/users/current.json?include=memberships")).json()["user"]
    roles = [role["id"] for one in me["memberships"] if one["project"]["id"] == issue["project"]["id"] for role in one["roles"]]
    held = {word for id in roles for word in (await office.rest(login, "GET", f"/roles/{id}.json")).json()["role"]["permissions"]}
    return me.get("admin", False) or "edit_issues" in held or ("edit_own_issues" in held and issue["author"]["id"] == me["id"])


async def test_each_person_reads_what_redmine_shows_them(office: Office, table: Table) -> None:
    """For everybody, a rich issue, a private one and none: every reading path answers as Redmine does, and offers what its roles allow."""

    async def reads(login: str) -> int:
        who, seen = await office.seat(login), 0
        for id in (RICH, PRIVATE, MISSING):
            theirs, issue = await _oracle(office, login, id)
            file = next((one["id"] for one in issue.get("attachments", ())), 1)
            for path in PATHS:
                if path.need != "see" or path.method != "GET":
                    continue
                answer = await path.ask(who, At(id, file=file))
                table.check(path, answer)
                nothing_there = "download" in path.path and theirs == 200 and not issue["attachments"]
                expected = (404, "not_found") if nothing_there else REFUSALS.get(theirs, (theirs, ""))
                assert code_of(answer) == expected, (login, id, str(path))
                seen += answer.status_code == 200
            if theirs == 200:
                edits = await _edits(office, login, issue)
                offered = (await office.get(login, f"/task/{id}/statuses")).json()["statuses"]
                assert [one["id"] for one in offered] == [one["id"] for one in issue["allowed_statuses"] if edits], (login, id)
                assert bool((await office.get(login, f"/task/{id}/priorities")).json()["priorities"]) is edits, (login, id)
                assert bool((await office.get(login, f"/task/{id}/assignees")).json()["assignees"]) is edits, (login, id)
        return seen

    assert await _each(office, PEOPLE, reads) > 30


async def _totals(office: Office, login: str) -> object:
    """`equal` when our list of the help desk is as long as Redmine's; other runs make issues there at the same time."""

    async def theirs() -> int:
        if login not in STAFF:
            return 0
        return int((await office.rest(login, "GET", "/issues.json?project_id=1&status_id=*&limit=1")).json()["total_count"])

    found: tuple[int, int, int] | None = None
    for _ in range(10):
        before = await theirs()
        ours = (await office.get(login, "/tasks", params={"status": "all", "project": "1", "limit": "1"})).json()["total"]
        found = before, ours, await theirs()
        if found == (before,) * 3:
            return "equal"
        office.node.state["ticket_list"].changed()  # what it kept is no older than the next round
    return found


async def test_each_person_lists_what_redmine_lists_for_them(office: Office, table: Table) -> None:
    """The list's total is Redmine's own, nothing for who is locked or has no account; a view is its owner's to change and delete."""

    async def lists(login: str) -> int:
        who = await office.seat(login)
        made = await office.send(login, "POST", "/views", {"name": "Все", "query": {"status": "all"}})
        view, stranger = int(made.json()["id"]), await office.seat("ivanov" if login != "ivanov" else "petrova")
        for path in PATHS:
            if path.path.endswith("/views/{id}"):
                assert code_of(await path.ask(stranger, At(view=view))) == (404, "not_found"), (login, str(path))
            if path.need == "list" or path.path.endswith("/views/{id}"):
                answer = await path.ask(who, At(view=view))
                table.check(path, answer)
                assert answer.status_code == path.status, (login, str(path), answer.text)
        assert await _totals(office, login) == "equal", login
        return 1

    assert await _each(office, PEOPLE, lists) == len(PEOPLE)


PROGRESS, HIGH, TAKER = 2, 3, 5
ACTS = ("status", "priority", "assignee", "comments", "private", "attachments")


def _taken(issue: dict[str, Any]) -> set[str]:
    """Which of the acts an issue shows."""
    notes = {step["notes"]: step["private_notes"] for step in issue["journals"] if step["notes"]}
    found = {
        "status": issue["status"]["id"] == PROGRESS,
        "priority": issue["priority"]["id"] == HIGH,
        "assignee": issue.get("assigned_to", {}).get("id") == TAKER,
        "comments": notes.get("слово") is False,
        "private": notes.get("тайна") is True,
        "attachments": len(issue["attachments"]) == 1,
    }
    return {act for act, done in found.items() if done}


async def _in_redmine(office: Office, login: str, id: int) -> set[str]:
    """Does every act past us; what came of it."""
    given = office.peer.headers(login) | {"content-type": "application/octet-stream"}
    upload = await office.plain.post("/uploads.json?filename=a.txt", content=b"abc", headers=given)
    token = upload.json()["upload"]["token"] if upload.status_code == 201 else "1.ab"
    files = [{"token": token, "filename": "a.txt"}]
    everything = {"status_id": PROGRESS, "priority_id": HIGH, "assigned_to_id": TAKER, "notes": "слово", "uploads": files}
    for fields in (everything, {"notes": "тайна", "private_notes": True}):  # what is forbidden is dropped, one by one
        await office.rest(login, "PUT", f"/issues/{id}.json", {"issue": fields})
    return _taken(await office.truth(id))


async def _through_us(office: Office, table: Table, login: str, id: int) -> tuple[set[str], set[tuple[int, str]]]:
    """Does every act by our paths; those with a good answer, and the refusals of the others."""
    who, good, refused = await office.seat(login), set[str](), set[tuple[int, str]]()
    rows = {path.path.rpartition("/")[2]: path for path in PATHS if path.method in ("PUT", "POST") and "{task_id}" in path.path}
    task = await office.get(login, f"/task/{id}")
    version = task.json()["version"] if task.status_code == 200 else "0-0"
    for act in ACTS:
        if act == "private":
            body = {"text": "тайна", "private": True, "version": version}
            path, answer = rows["comments"], await office.send(login, "POST", f"/task/{id}/comments", body)
        else:
            path = rows[act]
            answer = await path.ask(who, At(id, version))
        table.check(path, answer)
        if act == "attachments" and answer.status_code == 201:
            path = rows["comments"]
            answer = await path.ask(who, At(id, version, text="", attachments=(answer.json()["token"],)))
            table.check(path, answer)
        if answer.status_code == 200:
            assert answer.json()["untaken"] == [], (login, act)
            version = answer.json()["task"]["version"]
            good.add(act)
        else:
            refused.add(code_of(answer))
    return good, refused


@pytest.mark.parametrize("own", [False, True], ids=["of a colleague", "of their own"])
async def test_each_person_does_what_redmine_lets_them(office: Office, table: Table, own: bool) -> None:
    """Every act is tried on twins, in Redmine itself and by our paths: the same are done, and every other is refused without a trace."""

    async def acts(login: str) -> int:
        author = login if own else "admin"
        theirs, ours = await office.issue(author), await office.issue(author)
        really = await _in_redmine(office, login, theirs) if login in office.peer.users else set()
        good, refused = await _through_us(office, table, login, ours)
        assert good == really == _taken(await office.truth(ours)), (login, good, really)
        assert refused <= {(403, "redmine_sign_in" if login == "uvolen" else "not_allowed")}, (login, refused)
        return len(good)

    done = await _each(office, ("orlova", "klient") if own else PEOPLE, acts)
    assert done >= (3 if own else 18)


async def test_writes_to_what_is_missing_hidden_or_changed(office: Office, table: Table) -> None:
    """For everybody and each writing path: 404, 403, and the conflict with all that stands in it where the version is old."""
    id = await office.issue("klient", subject="Общая")  # whoever sees anything in the help desk sees this one
    old = {login: await office.get(login, f"/task/{id}") for login in PEOPLE}
    await office.put("admin", id, priority_id=4, notes="Я уже тут")
    notes = await office.notes(id)

    async def writes(login: str) -> int:
        who, clashes = await office.seat(login), 0
        hidden, _ = await _oracle(office, login, PRIVATE)
        for path in PATHS:
            if path.need != "change":
                continue
            missing = await path.ask(who, At(MISSING, "1-1"))
            table.check(path, missing)
            assert code_of(missing) == (404, "not_found"), (login, str(path))
            if hidden != 200:
                refused = await path.ask(who, At(PRIVATE, "1-1"))
                table.check(path, refused)
                assert code_of(refused) == REFUSALS[hidden], (login, str(path))
            before = old[login].json()["version"] if old[login].status_code == 200 else "0-0"
            late = await path.ask(who, At(id, before))
            table.check(path, late)
            if login not in STAFF:
                assert code_of(late) == REFUSALS[401 if login == "uvolen" else 403], (login, str(path))
                continue
            assert code_of(late) == (409, "conflict"), (login, str(path), late.text)
            conflict = late.json()["conflict"]
            assert [(one["field"], one["seen"] != one["theirs"]) for one in conflict["fields"]] == [("priority", True)]
            assert [one["source"] for one in conflict["comments"]] == ["Я уже тут"]
            assert conflict["version"] == conflict["task"]["version"] != before
            clashes += 1
        return clashes

    assert await _each(office, PEOPLE, writes) == len(STAFF) * 4
    assert await office.notes(id) == notes


async def test_bulk_changes_tell_of_each_issue_why_it_was_left(office: Office, table: Table) -> None:
    """A job is anybody's to begin; what Redmine refuses the person stands in it with its code, and the job is nobody else's to see."""
    rows = {str(path).rpartition("/api/")[2]: path for path in PATHS if "/bulk" in path.path}
    stranger = await office.seat("petrova")

    async def changes(login: str) -> int:
        who, id = await office.seat(login), await office.issue("klient")
        started = await rows["bulk"].ask(who, At(id))
        table.check(rows["bulk"], started)
        assert started.status_code == 202, (login, started.text)
        job = started.json()["job"]
        while True:
            answer = await rows["bulk/{job}"].ask(who, At(job=job))
            table.check(rows["bulk/{job}"], answer)
            if answer.json()["state"] != "running":
                break
            await asyncio.sleep(0.05)
        failed = [one["code"] for one in answer.json()["failed"]]
        assert failed == {"uvolen": ["redmine_sign_in"], "olga": ["not_allowed"]}.get(login, []), login
        assert await office.notes(id) == ([] if failed else ["всем"]), login
        undo = await rows["bulk/{job}/undo"].ask(who, At(job=job))
        table.check(rows["bulk/{job}/undo"], undo)
        assert code_of(undo) == (409, "not_undoable")
        other = await rows["bulk/{job}"].ask(stranger, At(job=job))
        assert code_of(other) == (404, "not_found")
        return len(failed)

    assert await _each(office, ("ivanov", "orlova", "uvolen", "olga"), changes) == 2
