"""The admin area's interface: people, sign-ins, devices, and the audit log."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.accounts import audit, avatars, profiles
from hub.event import rfc3339
from hub.store import permissions, users
from tests.clock import START
from tests.web.node import Node, open_node
from tests.web.seats import Seat, seat, socket
from web.admin_audit import cell, conditions, csv_lines
from web.audit import Origin, record
from web.devices import Way
from web.errors import BadField
from web.people_search import PeopleSearch, Wanted, wanted

FAMILY = ("Иванов", "Петрова", "Ёлкин", "Smith", "Ёжикова")


@pytest.fixture
async def node(tmp_path: Path, store_file: Path) -> AsyncIterator[Node]:
    """A node by itself."""
    async with open_node(tmp_path, store_file) as opened:
        yield opened


@pytest.fixture
async def boss(node: Node) -> AsyncIterator[Seat]:
    """An administrator at their browser."""
    async with seat(node, "boss", "admin") as sitting:
        yield sitting


async def fill(engine: AsyncEngine, count: int) -> None:
    """People with profiles, as the ERP has them."""
    standings = ("active", "blocked", "none", "gone")
    named = [f"{FAMILY[n % 5]} {n:05}" for n in range(count)]
    people = [
        {"id": 1000 + n, "name": f"p{n:05}", "display_name": name, "active": n % 7 != 0, "locale": "ru", "zone": "UTC", "created_at": START}
        for n, name in enumerate(named)
    ]
    known = [
        {
            "user_id": 1000 + n,
            "erp_id": n,
            "email": f"p{n:05}@tez.test",
            "department": f"Отдел {n % 3}",
            "post": "Инженер",
            "phone": f"+7 {n:05}",
            "standing": standings[n % 4],
            "checked_at": START,
        }
        for n in range(count)
    ]
    rights = [{"user_id": 1000 + n, "permission": "quality", "granted_by": "boss", "granted_at": START} for n in range(0, count, 10)]
    async with engine.begin() as connection:
        for table, rows in ((users, people), (profiles, known), (permissions, rights)):
            await connection.execute(sa.insert(table), rows)


def names(found: dict[str, Any]) -> list[str]:
    """The display names of a page."""
    return [row["display_name"] for row in found["rows"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("иванов", ["Иванов 00000"]),
        ("ИВАНОВ", ["Иванов 00000"]),
        ("елкин", ["Ёлкин 00002"]),
        ("ЁЛКИН", ["Ёлкин 00002"]),
        ("sMITH", ["Smith 00003"]),
        ("P00001@TEZ", ["Петрова 00001"]),
        ("инженер отдел 1", ["Петрова 00001", "Ёжикова 00004"]),
        ("00002 ёлк", ["Ёлкин 00002"]),
        ("%", []),
        ("_____", []),
        ("'; drop table users; --", []),
        ("петрова смирнов", []),
    ],
)
async def test_people_are_found_in_any_case_and_alphabet(engine: AsyncEngine, words: str, expected: list[str]) -> None:
    """Each word may stand anywhere in what is known of a person; capitals, ё and wildcards make no difference, on each store."""
    await fill(engine, 5)
    assert names(await PeopleSearch(engine).find(Wanted(words=words))) == expected


async def test_filters_and_orders(engine: AsyncEngine) -> None:
    """By the ERP's word, by what is disabled here, by right, by department; sorted as people sort, ё with е."""
    await fill(engine, 40)
    search = PeopleSearch(engine)
    assert (await search.find(Wanted(standing="blocked")))["total"] == 10
    disabled = await search.find(Wanted(standing="disabled"))
    assert {row["active"] for row in disabled["rows"]} == {False}
    assert disabled["total"] == 6
    assert all(row["standing"] == "active" and row["active"] for row in (await search.find(Wanted(standing="active")))["rows"])
    granted = await search.find(Wanted(permission="quality", department="Отдел 1"))
    assert [row["id"] for row in granted["rows"]] == [1010]
    assert granted["rows"][0]["permissions"]["quality"] == {"by": "boss", "at": rfc3339(START)}
    assert granted["departments"] == ["Отдел 0", "Отдел 1", "Отдел 2"]
    sorted_names = names(await search.find(Wanted(sort="display_name")))
    assert [name.split()[0] for name in sorted_names[::8]] == ["Smith", "Ёжикова", "Ёлкин", "Иванов", "Петрова"]
    assert names(await search.find(Wanted(sort="display_name", direction="desc"))) == sorted_names[::-1]


@contextmanager
def counting(engine: AsyncEngine) -> Iterator[list[str]]:
    """The statements that run meanwhile."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    sa.event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine.sync_engine, "before_cursor_execute", note)


async def test_ten_thousand_people_cost_as_many_queries_as_ten(engine: AsyncEngine) -> None:
    """A page of 200 out of 10,000 is six statements and no more rows than it shows; the pages together are everybody, once."""
    await fill(engine, 10_000)
    search, seen = PeopleSearch(engine), set[int]()
    with counting(engine) as statements:
        first = await search.find(wanted({"limit": "200", "sort": "seen_at", "q": "инженер"}))
    assert len(statements) == 6
    assert (first["total"], len(first["rows"])) == (10_000, 200)
    for offset in range(0, 10_000, 2_000):
        page = await search.find(wanted({"limit": "200", "offset": str(offset), "sort": "department", "dir": "desc"}))
        seen.update(row["id"] for row in page["rows"])
    assert len(seen) == 1_000


@pytest.mark.parametrize(
    "given",
    [
        {"limit": "201"},
        {"limit": "0"},
        {"limit": "x"},
        {"offset": "-1"},
        {"offset": "９"},
        {"offset": "9" * 30},
        {"standing": "dead"},
        {"permission": "root"},
        {"sort": "password_hash"},
        {"dir": "up"},
    ],
)
def test_what_cannot_be_asked_names_its_field(given: dict[str, str]) -> None:
    """A wrong filter is an error and not another list."""
    with pytest.raises(BadField) as refused:
        wanted(given)
    assert refused.value.field == next(iter(given))


async def test_a_person_in_full(node: Node, boss: Seat) -> None:
    """Row, identities, sign-ins and devices; a local account has no standing."""
    engine = node.state["engine"]
    await fill(engine, 3)
    async with engine.begin() as connection:
        row = {"user_id": 1001, "size": 32, "version": "v1", "content": b"x", "updated_at": START}
        await connection.execute(sa.insert(avatars).values(**row))
    await node.state["people"].identify(1001, "redmine", "42")
    await node.state["devices"].put(1001, "key-1", "Chrome, Windows", Way(kind="webpush", address="https://p.test/1"))
    async with seat(node, "", user_id=1001) as petrova, socket(node, petrova):
        found = (await boss.browser.get("/admin/api/people/1001")).json()
    assert (found["name"], found["standing"], found["identities"]) == ("p00001", "blocked", {"redmine": "42"})
    assert found["avatar"] == "/users/avatar/1001/32?v=v1"
    assert (found["office"], found["vpn_until"]) == ("", None)
    assert [(row["browser"], row["online"]) for row in found["sessions"]] == [("Firefox 145, Linux", True)]
    assert [row["label"] for row in found["devices"]] == ["Chrome, Windows"]
    assert (await boss.browser.get(f"/admin/api/people/{boss.user_id}")).json()["standing"] is None
    assert (await boss.browser.get("/admin/api/people/77")).status_code == 404
    assert (await boss.browser.get(f"/admin/api/people/{2**70}")).status_code == 404


async def test_local_accounts_are_made_and_get_passwords(node: Node, boss: Seat) -> None:
    """A new account with rights can sign in; a new password ends its sessions; one of the ERP has none here; all audited, no value told."""
    body = {"name": "Dana", "display_name": "Дана", "password": "correct horse", "permissions": ["reports"]}
    made = await boss.ask("POST", "/admin/api/people", json=body)
    assert made.status_code == 201
    user_id = made.json()["id"]
    again = await boss.ask("POST", "/admin/api/people", json=body)
    assert (again.status_code, again.json()["error"]["field"]) == (409, "name")
    async with seat(node, "", user_id=user_id) as dana, socket(node, dana) as line:
        assert (await dana.browser.get("/users/api/me")).json()["user"]["permissions"] == ["reports"]
        assert (await boss.ask("PUT", f"/admin/api/people/{user_id}/password", json={"password": "battery staple"})).status_code == 204
        assert await line.ends() == (4501, "ended_by_administrator")
    async with node.client() as browser:
        right = await browser.post("/users/login", json={"username": "dana", "password": "battery staple"})
        assert right.status_code == 200
    await fill(node.state["engine"], 1)
    refused = await boss.ask("PUT", "/admin/api/people/1000/password", json={"password": "battery staple"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_local")
    log = (await boss.browser.get("/admin/api/audit")).json()
    assert [row["action"] for row in log["rows"]] == ["session.ended", "password.set", "account.made"]
    assert "staple" not in str(log)
    assert "horse" not in str(log)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": 5}, "name"),
        ({"name": "two words"}, "name"),
        ({"display_name": 5}, "display_name"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 2000}, "password"),
        ({"password": None}, "password"),
        ({"permissions": ["root"]}, "permissions"),
        ({"permissions": [[]]}, "permissions"),
        ({"permissions": "admin"}, "permissions"),
    ],
)
async def test_a_bad_account_names_its_field(node: Node, boss: Seat, change: dict[str, Any], field: str) -> None:
    """Nothing is made of what cannot be taken, and the answer says what to mend."""
    body = {"name": "dana", "display_name": "", "password": "correct horse", "permissions": []} | change
    answer = await boss.ask("POST", "/admin/api/people", json=body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)
    assert len(await node.state["people"].everybody()) == 1


async def test_all_sign_ins_and_devices_are_listed_by_pages(node: Node, boss: Seat) -> None:
    """Everybody's, newest first, found by name, browser or label, each with whose it is; ended from the person's page."""
    async with seat(node, "anna") as anna, seat(node, "boris") as boris:
        await node.state["devices"].put(anna.user_id, "k", "Safari, iOS", Way(kind="webpush", address="https://p.test/2"))
        found = (await boss.browser.get("/admin/api/sessions", params={"q": "ANNA firefox"})).json()
        assert (found["total"], found["rows"][0]["user"]) == (1, {"id": anna.user_id, "name": "anna", "display_name": "Anna"})
        page = (await boss.browser.get("/admin/api/sessions", params={"limit": "2", "offset": "2"})).json()
        assert (page["total"], len(page["rows"])) == (3, 1)
        devices = (await boss.browser.get("/admin/api/devices", params={"q": "safari"})).json()
        assert (devices["total"], devices["rows"][0]["user"]["name"]) == (1, "anna")
        assert (await boss.ask("DELETE", f"/admin/api/people/{anna.user_id}/devices/{devices['rows'][0]['id']}")).status_code == 204
        assert (await boss.browser.get("/admin/api/devices")).json() == {"total": 0, "rows": []}
        wrong = await boss.ask("DELETE", f"/admin/api/people/{boris.user_id}/sessions/{anna.made.session_hash}")
        assert wrong.status_code == 404
        async with socket(node, anna) as line:
            right = await boss.ask("DELETE", f"/admin/api/people/{anna.user_id}/sessions/{anna.made.session_hash}")
            assert right.status_code == 204
            assert await line.ends() == (4501, "ended_by_administrator")


async def write(engine: AsyncEngine, count: int, **given: Any) -> None:
    """Lines of the audit log, an hour apart."""
    async with engine.begin() as connection:
        for number in range(count):
            origin = Origin(user_id=1, name="Бухгалтер", address="192.0.2.1", agent="=cmd|' /C calc'!A0")
            at = START + timedelta(hours=number)
            await record(connection, origin, "permission.granted", at=at, subject_id=2, subject="anna", after={"quality": True}, **given)


async def test_the_log_is_filtered_and_paged(node: Node, boss: Seat) -> None:
    """By part of a name in any case, by action, by time; newest first, with every action there is."""
    engine = node.state["engine"]
    await write(engine, 5)
    async with engine.begin() as connection:
        await record(connection, Origin(user_id=None, name="navigator"), "account.disabled", at=START, subject="boris")

    async def ask(**given: str) -> dict[str, Any]:
        answer: dict[str, Any] = (await boss.browser.get("/admin/api/audit", params=given)).json()
        return answer

    everything = await ask(limit="2")
    assert (everything["total"], len(everything["rows"])) == (6, 2)
    assert everything["actions"] == ["account.disabled", "permission.granted"]
    assert [row["id"] for row in everything["rows"]] == sorted((row["id"] for row in everything["rows"]), reverse=True)
    assert (await ask(actor="БУХ"))["total"] == 5
    assert (await ask(subject="bor"))["rows"][0]["actor_id"] is None
    assert (await ask(action="account.disabled"))["total"] == 1
    since = (START + timedelta(hours=3)).isoformat()
    until = (START + timedelta(hours=4)).isoformat()
    assert (await ask(**{"from": since, "to": until}))["total"] == 1
    assert (await boss.browser.get("/admin/api/audit", params={"from": "yesterday"})).json()["error"]["field"] == "from"
    with pytest.raises(BadField):
        conditions({"to": "2026-11-28T00:00:00"})


async def test_the_table_is_what_excel_in_russian_opens(node: Node, boss: Seat) -> None:
    """UTF-8 behind its mark, semicolons, no formula; the same filter as the page; as a file."""
    await write(node.state["engine"], 3, before={"quality": False})
    answer = await boss.browser.get("/admin/api/audit.csv", params={"actor": "бух"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="audit-')
    assert answer.content.startswith(b"\xef\xbb\xbf")
    table = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
    assert table[0] == ["at", "actor", "action", "subject", "before", "after", "address", "agent"]
    assert len(table) == 4
    assert table[1][1:] == [
        "Бухгалтер",
        "permission.granted",
        "anna",
        '{"quality": false}',
        '{"quality": true}',
        "192.0.2.1",
        "'=cmd|' /C calc'!A0",
    ]


async def test_the_table_is_read_in_pieces(engine: AsyncEngine) -> None:
    """Each line once, whatever the size of a piece; no statement reads more than a piece."""
    await write(engine, 7)
    for at_once in (1, 2, 7, 100):
        with counting(engine) as statements:
            text = b"".join([piece async for piece in csv_lines(engine, [], at_once)]).decode("utf-8-sig")
        times = [row[0] for row in list(csv.reader(io.StringIO(text), delimiter=";"))[1:]]
        assert times == sorted(times, reverse=True)
        assert len(set(times)) == 7
        assert len(statements) == 7 // at_once + 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "\t=1", "\r=1", "\n1"])
def test_a_cell_is_never_a_formula(text: str) -> None:
    """What a spreadsheet would run begins with an apostrophe."""
    assert cell(text) == "'" + text


def test_a_plain_cell_stays_as_it_is() -> None:
    """Nothing is added to what is harmless."""
    assert (cell("Иванов"), cell(None), cell({"a": "б"}), cell("a=b")) == ("Иванов", "", '{"a": "б"}', "a=b")


async def test_the_log_cannot_be_changed(engine: AsyncEngine) -> None:
    """Not even by a statement of ours."""
    await write(engine, 1)
    for statement in (sa.update(audit).values(actor="x"), sa.delete(audit)):
        with pytest.raises(sa.exc.DBAPIError):
            async with engine.begin() as connection:
                await connection.execute(statement)
