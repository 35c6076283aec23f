"""Every path of the tickets' interface for every kind of person and state of the issue; the real Redmine says what is right."""

from __future__ import annotations

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
    seen = 0
    for login in PEOPLE:
        who = await office.seat(login)
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
    assert seen > 30


async def test_each_person_lists_what_redmine_lists_for_them(office: Office, table: Table) -> None:
    """The list's total is Redmine's own, nothing for who is locked or has no account; a view is its owner's to change and delete."""
    for login in PEOPLE:
        who = await office.seat(login)
        made = await office.send(login, "POST", "/views", {"name": "Все", "query": {"status": "all"}})
        for path in PATHS:
            if path.need == "list" or path.path.endswith("/views/{id}"):
                answer = await path.ask(who, At(view=int(made.json()["id"])))
                table.check(path, answer)
                assert answer.status_code == path.status, (login, str(path), answer.text)
        theirs = await office.rest(login, "GET", "/issues.json?status_id=*&limit=1") if login in STAFF else None
        total = (await office.get(login, "/tasks", params={"status": "all"})).json()["total"]
        assert total == (theirs.json()["total_count"] if theirs is not None else 0), login
        other = await office.send("ivanov" if login != "ivanov" else "petrova", "PUT", f"/views/{made.json()['id']}", made.json())
        assert other.status_code in (404, 422), other.text
