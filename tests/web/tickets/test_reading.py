"""Reading one issue through the interface, on the real Redmine."""

from __future__ import annotations

import asyncio

import pytest

from tests.web.tickets.conftest import Office

pytestmark = [pytest.mark.redmine]
PEOPLE = ("admin", "ivanov", "petrova", "sidorov", "orlova", "klient")


async def test_each_person_sees_exactly_what_redmine_shows_them(office: Office) -> None:
    """For each seeded person and issue: 200 with Redmine's own journals, fields and files, or Redmine's own refusal."""
    seen = 0
    for login in PEOPLE:
        for id in (1, 2, 4, 6, 12, 13, 999_999):
            ours, theirs = (
                await office.get(login, f"/task/{id}"),
                await office.rest(login, "GET", f"/issues/{id}.json?include=journals,attachments"),
            )
            assert ours.status_code == theirs.status_code, (login, id)
            if ours.status_code == 200:
                task, issue = ours.json(), theirs.json()["issue"]
                assert [one["id"] for one in task["journals"]] == [one["id"] for one in issue["journals"]]
                assert [one["source"] for one in task["journals"]] == [one["notes"] or "" for one in issue["journals"]]
                assert [one["name"] for one in task["attachments"]] == [one["filename"] for one in issue.get("attachments", ())]
                assert {one["id"] for one in task["fields"]} == {one["id"] for one in issue.get("custom_fields", ())}
                assert ours.headers["cache-control"] == "no-store"
                seen += 1
            else:
                assert ours.json()["error"]["code"] in ("not_allowed", "not_found")
    assert seen > 15


async def test_a_task_has_words_for_people(office: Office) -> None:
    """Status by the site's name, changes in words, texts as safe HTML, the version, and what the person may."""
    id = await office.issue(assigned_to_id=office.peer.id("petrova"))
    await office.put("petrova", id, status_id=2, notes="Беру *в работу*")
    task = await office.task("petrova", id)
    assert task["version"].count("-") == 1
    assert task["assignee"] == {
        "id": office.peer.id("petrova"),
        "name": task["assignee"]["name"],
        "group": False,
        "me": True,
        "avatar": None,
    }
    assert "<strong>Принтер</strong>" in task["description"]["html"]
    (journal,) = task["journals"]
    assert "<strong>в работу</strong>" in journal["html"]
    (change,) = journal["changes"]
    assert (change["field"], change["label"], change["new"]) == ("status", "Статус", task["status"]["name"])
    assert change["text"] == f"Статус: {change['old']} → {change['new']}"
    assert task["may"] == {"comment": True, "private": True, "status": True, "priority": True, "assignee": True, "attach": True}
    assert task["url"] == f"{office.peer.url}/issues/{id}"
    assert task["priority"]["rank"] >= 0


async def test_choices_are_those_the_person_may_take(office: Office) -> None:
    """Statuses, priorities and assignees for who may edit; none for who may only comment, whatever `allowed_statuses` promises."""
    statuses = (await office.get("petrova", "/task/12/statuses")).json()["statuses"]
    assert sum(one["current"] for one in statuses) == 1
    assert len(statuses) > 1
    priorities = (await office.get("petrova", "/task/12/priorities")).json()["priorities"]
    assert [one["rank"] for one in priorities] == sorted(one["rank"] for one in priorities)
    found = (await office.get("petrova", "/task/12/assignees", params={"q": "петров"})).json()
    assert [one["me"] for one in found["assignees"]] == [True]
    assert found["more"] is False
    assert (await office.get("orlova", "/task/12/statuses")).json() == {"statuses": []}
    assert (await office.get("orlova", "/task/12/priorities")).json() == {"priorities": []}
    assert (await office.get("orlova", "/task/12/assignees")).json() == {"assignees": [], "more": False}


async def test_a_second_look_asks_redmine_nothing(office: Office) -> None:
    """Fifty looks of one person at once and later cost the requests of one."""
    await office.task("ivanov", 1)
    before = office.sent()
    await asyncio.gather(*(office.task("ivanov", 1) for _ in range(50)))
    for path in ("statuses", "priorities", "assignees"):
        assert (await office.get("ivanov", f"/task/1/{path}")).status_code == 200
    assert office.sent() == before


async def test_a_change_that_the_source_has_seen_is_shown_at_once(office: Office) -> None:
    """After a change in Redmine itself, as soon as the topic tells of it, the task is the new one, for everybody."""
    id = await office.issue()
    logins = ("ivanov", "petrova", "orlova")
    for login in logins:
        assert (await office.task(login, id))["journals"] == []
    before = (await office.task("ivanov", id))["version"]
    await office.put("sidorov", id, notes="новое")
    for supervisor in office.node.hub.supervisors:
        supervisor.nudge()  # at weekends and with nobody here it looks seldom
    log = office.node.hub.logs
    async with asyncio.timeout(10):
        while (found := log.find(f"ticket:{id}")) is None or found.state["version"] in (None, before):  # noqa: ASYNC110  # the source looks by itself
            await asyncio.sleep(0.02)
    assert found.state["by"] == office.peer.id("sidorov")
    for login in logins:
        task = await office.task(login, id)
        assert [one["source"] for one in task["journals"]] == ["новое"]
        assert task["version"] == found.state["version"]
        assert task["stale"] is False


async def test_related_issues_show_only_what_the_person_may_see(office: Office) -> None:
    """A subtask has subject and status for who may see it; of a private one neither, and no relation to it."""
    parent = await office.issue()
    child = await office.issue(parent_issue_id=parent, subject="Подзадача")
    hidden = await office.issue(parent_issue_id=parent, subject="Тайная", is_private=True)
    relation = {"relation": {"issue_to_id": hidden, "relation_type": "blocks"}}
    assert (await office.rest("ivanov", "POST", f"/issues/{parent}/relations.json", relation)).status_code in (201, 422)
    task = await office.task("ivanov", parent)
    assert {one["id"]: one["subject"] for one in task["children"]} == {child: "Подзадача", hidden: "Тайная"}
    text = (await office.get("orlova", f"/task/{parent}")).text
    assert "Подзадача" in text
    assert "Тайная" not in text
    assert (await office.task("ivanov", child))["parent"] == {
        "id": parent,
        "subject": "Не печатает",
        "status": {"id": 1, "name": task["status"]["name"], "closed": False},
    }


async def test_with_redmine_down_the_answer_says_so(office: Office) -> None:
    """503 `redmine_away` with Retry-After; what was read before is still shown; a draft can be saved."""
    await office.task("ivanov", 1)
    desk = office.node.state["tickets"].desk
    assert desk is not None
    desk._client._http.base_url = "http://127.0.0.1:1"  # nobody listens there
    away = await office.get("ivanov", "/task/2")
    assert (away.status_code, away.json()["error"]["code"]) == (503, "redmine_away")
    assert int(away.headers["retry-after"]) > 0
    assert (await office.task("ivanov", 1))["id"] == 1
    assert (await office.send("ivanov", "PUT", "/task/2/draft", {"text": "потом", "base": "1-1"})).status_code == 200
