"""The sandbox's REST API answers as a real Redmine 5.0.4 was seen to."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from adapters.sandbox.people import person
from adapters.sandbox.redmine import SandboxRedmine, schema

Auth = tuple[str, str]


def as_(login: str) -> Auth:
    """Basic credentials of somebody."""
    return login, person(login).password


async def opened(rest: httpx.AsyncClient, author: str = "orlova", **members: Any) -> int:
    """A new ticket in the helpdesk; its id."""
    body = {"project_id": 1, "subject": "Проверка", "description": "Первая\nвторая", **members}
    answer = await rest.post("/issues.json", json={"issue": body}, auth=as_(author))
    assert answer.status_code == 201, answer.text
    number = answer.json()["issue"]["id"]
    assert answer.headers["location"].endswith(f"/issues/{number}")
    return int(number)


async def put(rest: httpx.AsyncClient, login: str, number: int | str, **members: Any) -> httpx.Response:
    """A PUT with these members of `issue`."""
    return await rest.put(f"/issues/{number}.json", json={"issue": members}, auth=as_(login))


async def shown(rest: httpx.AsyncClient, number: int, login: str = "admin") -> dict[str, Any]:
    """The issue with everything, as somebody sees it."""
    answer = await rest.get(f"/issues/{number}.json?include=journals,watchers,allowed_statuses,children,relations", auth=as_(login))
    assert answer.status_code == 200, answer.text
    issue: dict[str, Any] = answer.json()["issue"]
    return issue


@pytest.mark.parametrize(
    ("headers", "auth", "status"),
    [
        ({}, None, 401),
        ({"X-Redmine-API-Key": "0" * 40}, None, 401),
        ({"X-Redmine-API-Key": person("petrova").api_key}, None, 200),
        ({}, ("petrova", "wrong"), 401),
        ({}, as_("petrova"), 200),
        ({}, (person("petrova").api_key, "anything"), 200),
        ({}, as_("zhukov"), 401),
        ({"X-Redmine-Switch-User": "PETROVA"}, as_("admin"), 200),
        ({"X-Redmine-Switch-User": "zhukov"}, as_("admin"), 412),
        ({"X-Redmine-Switch-User": "admin"}, as_("petrova"), 200),
    ],
)
async def test_who_is_asking(rest: httpx.AsyncClient, headers: dict[str, str], auth: Auth | None, status: int) -> None:
    """Keys, passwords and the administrator's switch decide who asks; a refusal has an empty body."""
    answer = await rest.get("/users/current.json", headers=headers, auth=auth)
    assert answer.status_code == status
    if status == 200:
        user = answer.json()["user"]
        assert (user["login"], user["api_key"]) == ("petrova", person("petrova").api_key)
    else:
        assert answer.content == b""
        assert answer.headers["content-length"] == "0"
        assert ("www-authenticate" in answer.headers) == (status == 401)


@pytest.mark.parametrize(("column", "value", "with_password"), [("twofa_scheme", "totp", 401), ("must_change_passwd", True, 403)])
async def test_password_in_doubt(sandbox: SandboxRedmine, rest: httpx.AsyncClient, column: str, value: Any, with_password: int) -> None:
    """Two-factor and a password to be changed shut out the password, not the key."""
    async with sandbox.database.writing() as connection:
        await connection.execute(sa.update(schema.users).where(schema.users.c.login == "petrova").values({column: value}))
    assert (await rest.get("/users/current.json", auth=as_("petrova"))).status_code == with_password
    assert (await rest.get("/users/current.json", params={"key": person("petrova").api_key})).status_code == 200


async def test_switched_off(sandbox: SandboxRedmine, rest: httpx.AsyncClient) -> None:
    """With REST switched off everything is 403 and empty."""
    async with sandbox.database.writing() as connection:
        await connection.execute(sa.update(schema.settings).where(schema.settings.c.name == "rest_api_enabled").values(value="0"))
    answer = await rest.get("/issues.json", auth=as_("admin"))
    assert (answer.status_code, answer.content) == (403, b"")


async def test_shape_of_an_issue(rest: httpx.AsyncClient) -> None:
    """An issue shows what Redmine shows: keys missing or null as there, CRLF in the description, times in UTC."""
    number = await opened(rest)
    issue = await shown(rest, number)
    assert issue["description"] == "Первая\r\nвторая"
    assert "assigned_to" not in issue
    assert issue["start_date"] is None
    assert issue["due_date"] is None
    assert issue["status"] == {"id": 1, "name": "Новая", "is_closed": False}
    assert issue["priority"] == {"id": 2, "name": "Нормальный"}
    assert issue["created_on"].endswith("Z")
    assert issue["journals"] == []
    assert {one["id"] for one in issue["allowed_statuses"]} == {1, 2, 3, 4, 5, 6, 7}


@pytest.mark.parametrize(
    ("login", "members", "status", "errors", "changed"),
    [
        ("petrova", {"status_id": 2, "notes": "Беру"}, 204, None, {"status": 2}),
        ("petrova", {}, 204, None, {}),
        ("petrova", {"status_id": 5}, 204, None, {}),  # the workflow forbids it: dropped
        ("petrova", {"status_id": 777, "notes": "всё равно"}, 204, None, {}),
        ("petrova", {"status_id": "В работе"}, 204, None, {}),
        ("petrova", {"assigned_to_id": "me"}, 204, None, {"assigned_to": 6}),
        ("petrova", {"assigned_to_id": 11}, 204, None, {"assigned_to": 11}),
        ("petrova", {"assigned_to_id": None}, 204, None, {}),
        ("petrova", {"assigned_to_id": ""}, 204, None, {"assigned_to": None}),
        ("petrova", {"assigned_to_id": 17}, 422, ["Назначена имеет неверное значение"], {}),
        ("petrova", {"assigned_to_id": 10}, 422, ["Назначена имеет неверное значение"], {}),
        ("petrova", {"priority_id": None}, 422, ["Приоритет не может быть пустым"], {}),
        ("petrova", {"priority_id": 10}, 422, ["Приоритет не может быть пустым"], {}),
        ("petrova", {"priority_id": 4}, 204, None, {"priority": 4}),
        ("petrova", {"subject": "", "due_date": "x"}, 422, ["Тема не может быть пустым", "Срок завершения is not a valid date"], {}),
        ("petrova", {"lock_version": 99, "notes": "поздно"}, 422, [], {}),
        ("morozova", {"status_id": 2, "priority_id": 4, "notes": "вижу, но не правлю"}, 204, None, {}),
        ("orlova", {"priority_id": 3}, 204, None, {"priority": 3}),  # the author may edit her own
        ("kuznetsov", {"notes": "чужая заявка"}, 403, None, {}),
    ],
)
async def test_put(
    rest: httpx.AsyncClient, login: str, members: dict[str, Any], status: int, errors: list[str] | None, changed: dict[str, int | None]
) -> None:
    """A PUT changes what it may, drops the rest silently, and says no as Redmine says it."""
    number = await opened(rest, assigned_to_id=7)
    before = await shown(rest, number)
    answer = await put(rest, login, number, **members)
    assert answer.status_code == status
    if errors is None:
        assert answer.content == b""
    else:
        assert answer.json() == {"errors": errors}
    after = await shown(rest, number)
    expected = {name: before[name]["id"] for name in ("status", "priority", "assigned_to")} | changed
    assert {name: after.get(name, {}).get("id") for name in expected} == expected
    taken = status == 204
    words = str(members.get("notes", "")) if taken else ""
    assert [one["notes"] for one in after["journals"]] == ([words] if words or changed else [])


async def test_what_a_put_leaves(sandbox: SandboxRedmine, rest: httpx.AsyncClient) -> None:
    """One PUT leaves one journal with its details, a later `updated_on` and the next `lock_version`; closing leaves `closed_on`."""
    number = await opened(rest, assigned_to_id=7)
    assert (await put(rest, "ivanov", number, status_id=5, priority_id=4, assigned_to_id=6, notes="Готово")).status_code == 204
    issue = schema.issues.c
    async with sandbox.database.reading() as connection:
        row = (await connection.execute(sa.select(schema.issues).where(issue.id == number))).mappings().one()
        journal = (await connection.execute(sa.select(schema.journals).where(schema.journals.c.journalized_id == number))).mappings().one()
        details = (
            await connection.execute(sa.select(schema.journal_details).where(schema.journal_details.c.journal_id == journal["id"]))
        ).mappings()
        found = [(one["property"], one["prop_key"], one["old_value"], one["value"]) for one in details]
    assert found == [("attr", "status_id", "1", "5"), ("attr", "assigned_to_id", "7", "6"), ("attr", "priority_id", "2", "4")]
    assert (row["lock_version"], row["updated_on"], row["closed_on"]) == (1, journal["created_on"], journal["created_on"])
    assert (journal["journalized_type"], journal["user_id"], journal["private_notes"]) == ("Issue", 5, False)
    assert row["updated_on"] > row["created_on"]


async def test_private_note_with_a_change(rest: httpx.AsyncClient) -> None:
    """A private note sent with a change becomes two journals, the public one first and without notes; the author sees that one alone."""
    number = await opened(rest)
    assert (await put(rest, "petrova", number, status_id=2, notes="секрет", private_notes=True)).status_code == 204
    public, private = (await shown(rest, number))["journals"]
    assert (public["notes"], public["private_notes"], len(public["details"])) == (None, False, 1)
    assert (private["notes"], private["private_notes"], private["details"]) == ("секрет", True, [])
    assert [one["id"] for one in (await shown(rest, number, "orlova"))["journals"]] == [public["id"]]


async def test_private_without_the_right_is_public(rest: httpx.AsyncClient) -> None:
    """Who may not write private notes publishes them."""
    number = await opened(rest)
    assert (await put(rest, "orlova", number, notes="увидят все", private_notes=True)).status_code == 204
    assert [one["private_notes"] for one in (await shown(rest, number))["journals"]] == [False]


@pytest.mark.parametrize(("path", "status"), [("/issues/9999.json", 404), ("/issues/abc.json", 404), ("/issues/{hidden}.json", 403)])
async def test_not_there_or_not_yours(rest: httpx.AsyncClient, path: str, status: int) -> None:
    """No such issue is 404, an invisible one 403, both empty: existence leaks, as in Redmine."""
    number = await opened(rest)
    answer = await rest.get(path.format(hidden=number), auth=as_("kuznetsov"))
    assert (answer.status_code, answer.content) == (status, b"")


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [("application/json", b"{", 400), ("application/json", b"\xff", 400), ("text/plain", b'{"issue":{"notes":"x"}}', 204)],
)
async def test_odd_bodies(rest: httpx.AsyncClient, kind: str, body: bytes, status: int) -> None:
    """Broken JSON is 400; the wrong Content-Type does nothing but move `updated_on`, and says 204."""
    number = await opened(rest)
    answer = await rest.put(f"/issues/{number}.json", content=body, headers={"content-type": kind}, auth=as_("petrova"))
    assert (answer.status_code, answer.content) == (status, b"")
    assert (await shown(rest, number))["journals"] == []


async def test_parallel_puts_conflict(rest: httpx.AsyncClient) -> None:
    """Of many PUTs at one moment some get 422 without words, and each 204 left exactly one journal."""
    number = await opened(rest)
    answers = await asyncio.gather(*(put(rest, "petrova", number, notes=f"№ {one}") for one in range(8)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {204, 422}
    assert all(answer.json() == {"errors": []} for answer in answers if answer.status_code == 422)
    assert len((await shown(rest, number))["journals"]) == statuses.count(204)


async def test_closed_project_is_read_only(sandbox: SandboxRedmine, rest: httpx.AsyncClient) -> None:
    """In a closed project one may look and not write."""
    number = await opened(rest)
    async with sandbox.database.writing() as connection:
        await connection.execute(sa.update(schema.projects).where(schema.projects.c.id == 1).values(status=5))
    assert (await rest.get(f"/issues/{number}.json", auth=as_("petrova"))).status_code == 200
    assert (await put(rest, "petrova", number, notes="x")).status_code == 403


async def test_watchers(rest: httpx.AsyncClient) -> None:
    """Watchers are added and removed by those who may; it leaves no journal."""
    number = await opened(rest)
    path = f"/issues/{number}/watchers"
    assert (await rest.post(f"{path}.json", json={"user_id": 5}, auth=as_("orlova"))).status_code == 403
    for _ in range(2):
        assert (await rest.post(f"{path}.json", json={"user_id": 5}, auth=as_("petrova"))).status_code == 204
    assert [one["id"] for one in (await shown(rest, number))["watchers"]] == [5]
    assert "watchers" not in await shown(rest, number, "orlova")
    assert (await rest.delete(f"{path}/5.json", auth=as_("petrova"))).status_code == 204
    issue = await shown(rest, number)
    assert (issue["watchers"], issue["journals"]) == ([], [])


async def test_list(rest: httpx.AsyncClient) -> None:
    """The list shows open issues that one may see, at most 100, filtered and sorted as asked."""
    numbers = [await opened(rest, "kuznetsov", subject=f"Список {one}") for one in range(3)]
    answer = (await rest.get("/issues.json", params={"limit": "500"}, auth=as_("admin"))).json()
    assert answer["limit"] == 100
    assert not any(one["status"]["is_closed"] for one in answer["issues"])
    mine = (await rest.get("/issues.json", params={"status_id": "*", "limit": "100"}, auth=as_("kuznetsov"))).json()
    # his own, and what stands in the public project
    assert all(one["author"]["id"] == 9 or one["project"]["id"] == 4 for one in mine["issues"])
    query = {"issue_id": ",".join(map(str, numbers)), "sort": "id", "limit": "2", "offset": "1"}
    page = (await rest.get("/issues.json", params=query, auth=as_("admin"))).json()
    assert ([one["id"] for one in page["issues"]], page["total_count"]) == (numbers[1:], 3)
    since = (await shown(rest, numbers[0]))["created_on"]
    late = (await rest.get("/issues.json", params={"updated_on": f">={since}"}, auth=as_("admin"))).json()
    assert {one["id"] for one in late["issues"]} == set(numbers)


async def test_etag(rest: httpx.AsyncClient) -> None:
    """What the client has already is answered by 304."""
    first = await rest.get("/issue_statuses.json", auth=as_("petrova"))
    again = await rest.get("/issue_statuses.json", auth=as_("petrova"), headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code, again.content) == (200, 304, b"")


async def test_requester_by_mail(rest: httpx.AsyncClient) -> None:
    """The service account opens a ticket for somebody who has only an e-mail address."""
    mail = person("gromova").email
    answer = await rest.post(
        "/issues.json", json={"issue": {"project_id": "helpdesk", "subject": "Почта", "easy_email_to": mail}}, auth=as_("navigator")
    )
    assert answer.json()["issue"]["easy_email_to"] == mail
    found = (await rest.get("/issues.json", params={"easy_email_to": mail, "limit": "100"}, auth=as_("navigator"))).json()
    assert answer.json()["issue"]["id"] in {one["id"] for one in found["issues"]}


async def test_held_open(sandbox: SandboxRedmine, rest: httpx.AsyncClient) -> None:
    """An issue that another open one blocks cannot be closed, and the closing statuses are not offered."""
    blocker, blocked = await opened(rest), await opened(rest)
    async with sandbox.database.writing() as connection:
        await connection.execute(
            sa.insert(schema.issue_relations).values(issue_from_id=blocker, issue_to_id=blocked, relation_type="blocks")
        )
    assert (await put(rest, "ivanov", blocked, status_id=5)).status_code == 204
    issue = await shown(rest, blocked)
    assert issue["status"]["id"] == 1
    assert not any(one["is_closed"] for one in issue["allowed_statuses"])


@pytest.mark.parametrize("path", ["/issues/1", "/", "/projects/helpdesk"])
async def test_without_json(rest: httpx.AsyncClient, path: str) -> None:
    """The same address without `.json` leads a browser to the login page."""
    answer = await rest.get(path)
    assert (answer.status_code, answer.headers["location"]) == (302, "/login")
