"""Who calls and whom one can call: over the sandboxes of Finesse, the ERP and Redmine, as the person who asks may see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from adapters.sandbox.erp import open_sandbox_erp
from adapters.sandbox.finesse import open_sandbox_finesse
from adapters.sandbox.people import person
from adapters.sandbox.redmine import SandboxRedmine, open_sandbox_redmine
from hub.store import identities
from tests.web.finesse.floor import Floor, Screen, open_floor

_FIELD = sa.text(
    "INSERT INTO custom_fields (id, type, name, field_format, visible) VALUES (:id, 'UserCustomField', :name, 'string', :visible)"
)
_VALUE = sa.text(
    "INSERT INTO custom_values (customized_type, customized_id, custom_field_id, value) VALUES ('Principal', :who, :field, :value)"
)


@dataclass
class Company:
    """Everything there is, and Maria, an agent of the help desk."""

    floor: Floor
    redmine: SandboxRedmine
    maria: Screen

    async def get(self, path: str, **query: Any) -> Any:
        """What the interface answers Maria."""
        answer = await self.maria.seat.browser.get(f"/finesse/api/{path}", params=query)
        assert answer.status_code == 200, answer.text
        assert answer.headers["cache-control"] == "no-store"
        return answer.json()


@pytest.fixture
async def company(tmp_path: Path, store_file: Path) -> AsyncIterator[Company]:
    """Maria is signed in, and Redmine's index is whole."""
    async with (
        open_sandbox_redmine(tmp_path / "redmine", life=False, seed=1) as redmine,
        open_sandbox_erp(tmp_path / "erp", life=False, seed=1) as erp,
        open_sandbox_finesse(answers_s=None, delay_s=(0.0, 0.02)) as finesse,
        open_floor(
            tmp_path,
            store_file,
            finesse,
            redmine_url=redmine.url,
            redmine_db_url=redmine.db_url,
            redmine_api_key=redmine.api_key,
            redmine_time_zone=redmine.zone,
            erp_dsn=erp.dsn,
            erp_user=erp.user,
            erp_password=SecretStr(erp.password),
        ) as floor,
    ):
        maria = await floor.screen("1001", "petrova")
        async with floor.node.state["engine"].begin() as connection:
            row = {"system": "redmine", "key": str(person("petrova").redmine_id), "user_id": maria.seat.user_id}
            await connection.execute(sa.insert(identities).values(**row))
        reader = floor.node.state["ticket_list"].reader
        assert reader is not None
        async with asyncio.timeout(30):
            while not await reader.filled():  # the store knows
                await asyncio.sleep(0.05)
                reader._filled.invalidate()
        await maria.sign_in()
        yield Company(floor, redmine, maria)


async def test_a_caller_is_named_with_their_open_tickets(company: Company) -> None:
    """By the ERP's number, however it is written, and by Redmine's; tickets are those that the asking person may see."""
    # a field of people that is called a phone is compared by its digits; one that not all may see is not; a book's contact is named
    async with company.redmine.database.writing() as connection:
        for id, name, visible in ((50, "Мобильный телефон", 1), (51, "Телефон дома", 0), (52, "Кабинет", 1)):
            await connection.execute(_FIELD, {"id": id, "name": name, "visible": visible})
        for field, value in ((50, "+7 (916) 555-01-02"), (51, "+7 916 555-01-03"), (52, "9165550104")):
            await connection.execute(_VALUE, {"who": person("kuznetsov").redmine_id, "field": field, "value": value})
    olga = person("orlova")
    found = await company.get("callers", number=f" {olga.phone} ")
    assert [(one["kind"], one["name"], one["department"]) for one in found["people"]] == [("erp", "Орлова Анна", "Бухгалтерия")]
    async with company.redmine.database.writing() as connection:
        text = (
            "SELECT i.id FROM issues i JOIN issue_statuses s ON s.id = i.status_id "
            "WHERE NOT s.is_closed AND (i.author_id = :id OR i.easy_email_to LIKE :email)"
        )
        values = {"id": olga.redmine_id, "email": f"%{olga.email}%"}
        hers = {row[0] for row in await connection.execute(sa.text(text), values)}
    shown = {ticket["id"] for ticket in found["tickets"]}
    assert shown
    assert shown <= hers
    assert found["total"] >= len(found["tickets"])
    assert all(ticket["open"] and ticket["status"] and ticket["project"] and ticket["subject"] for ticket in found["tickets"])
    # who sees nothing in Redmine is told who calls, and of no ticket
    stranger = await company.floor.screen("1003", "stranger")
    answer = (await stranger.seat.browser.get("/finesse/api/callers", params={"number": olga.phone})).json()
    assert [one["name"] for one in answer["people"]] == ["Орлова Анна"]
    assert (answer["tickets"], answer["total"]) == ([], 0)

    found = await company.get("callers", number="8 916 555 01 02")
    assert [(one["kind"], one["name"]) for one in found["people"]] == [("redmine", "Олег Кузнецов")]
    assert found["people"][0]["url"].endswith(f"/users/{person('kuznetsov').redmine_id}")
    for number in ("+79165550103", "+79165550104", "", "anonymous"):
        assert (await company.get("callers", number=number))["people"] == [], number
    agency = await company.get("callers", number="+7 495 724-00-00")
    assert [one["kind"] for one in agency["people"]] == ["book"]
    assert (await company.maria.seat.browser.get("/finesse/api/callers", params={"number": "1" * 300})).status_code == 422


async def test_the_directory_has_favourites_agents_with_their_state_and_contacts(company: Company) -> None:
    """Favourites first, agents with what they do now, contacts of the books; by name, number or note, a number once."""
    maria = company.maria
    pyotr = await company.floor.screen("1002", "sidorov")
    await pyotr.sign_in()
    await pyotr.ready()
    csrf = {"x-csrf-token": maria.seat.made.csrf}
    put = await maria.seat.browser.put("/finesse/api/favourites/+7 (495) 724-00-01", json={"name": "Южный берег"}, headers=csrf)
    assert put.json() == {"number": "+74957240001", "name": "Южный берег"}
    found = await company.get("directory", q="", limit=10)
    assert [entry["kind"] for entry in found["entries"][:2]] == ["favourite", "agent"]
    assert (found["entries"][1]["name"], found["entries"][1]["state"], found["entries"][1]["number"]) == ("Сидоров Пётр", "READY", "1107")
    assert found["total"] > 300
    assert len(found["entries"]) == 10
    assert [entry["kind"] for entry in (await company.get("directory", q="сидор"))["entries"]] == ["agent"]
    by_number = (await company.get("directory", q="8495724 00 01"))["entries"]
    assert [(entry["kind"], entry["favourite"]) for entry in by_number] == [("favourite", True)]
    assert (await company.get("directory", q="агентство", limit=5))["total"] >= 299
    removed = await maria.seat.browser.delete("/finesse/api/favourites/+74957240001", headers=csrf)
    assert removed.status_code == 204
    assert (await maria.seat.browser.delete("/finesse/api/favourites/+74957240001", headers=csrf)).status_code == 404
    for number, name in (("abc", "x"), ("1", ""), ("1", "x" * 101), ("1", 7)):
        refused = await maria.seat.browser.put(f"/finesse/api/favourites/{number}", json={"name": name}, headers=csrf)
        assert refused.status_code == 422, number

    # a team is told to who supervises it, by what Finesse says of their own agent
    boss = await company.floor.screen("1006", "ivanov")
    await boss.sign_in()
    team = (await boss.seat.browser.get("/finesse/api/team/5000")).json()
    assert team["team"] == {"id": "5000", "name": "Первая линия"}
    assert team["agents"]["1001"]["state"] == "NOT_READY"
    assert (await boss.seat.browser.get("/finesse/api/team/5001")).status_code == 403
    assert (await company.maria.seat.browser.get("/finesse/api/team/5000")).status_code == 403
    # what does not answer costs its own part alone
    await company.floor.finesse.sites[0].go_down()
    found = await company.get("directory", q="")
    assert found["total"] > 300  # the books as they were read last
    caller = await company.get("callers", number=person("orlova").phone)
    assert [one["kind"] for one in caller["people"]] == ["erp"]
    config = (await company.maria.seat.browser.get("/finesse/config")).json()
    assert (config["agent"], config["topic"], config["signed_in"], config["extension"]) == ("1001", "finesse:1001", True, "1106")
    assert config["new_ticket"].endswith("/issues/new")
