"""Queries saved in Redmine as views of the list, over a whole node and the sandbox's Redmine."""

from __future__ import annotations

from typing import Any

from tests.web.test_ticket_list import API, Desk, desk

__all__ = ["desk"]


async def saved(desk: Desk) -> dict[str, Any]:
    """The saved queries among the agent's views, by name."""
    return {view["name"]: view for view in (await desk.get("/views"))["views"] if view["source"] == "redmine"}


async def test_saved_queries_follow_the_other_views(desk: Desk) -> None:
    """Those that the agent sees in Redmine, with what they ask, their counts, and their page there; a requester has none."""
    await desk.filled()
    views = await saved(desk)
    assert list(views) == [
        *("Закрыты на этой неделе", "Личный кабинет (Служба поддержки)", "Мои за месяц", "По кабинету 305", "Срочные без исполнителя"),
    ]
    urgent, cabinet = views["Срочные без исполнителя"], views["Личный кабинет (Служба поддержки)"]
    assert urgent["query"] == {"status": "open", "priority": "4,5", "assignee": "none", "sort": "priority", "dir": "desc"}
    assert (urgent["beyond"], urgent["builtin"], urgent["reason"]) == (False, False, None)
    assert urgent["url"] == "https://redmine.test/issues?query_id=1"
    assert (cabinet["beyond"], cabinet["url"]) == (True, "https://redmine.test/projects/1/issues?query_id=5")
    for view in (urgent, cabinet, views["Мои за месяц"]):
        assert view["count"] == (await desk.get("/tasks", view=view["id"], limit=1))["total"]
    assert views["Мои за месяц"]["count"] > 0
    assert all(view["source"] == "navigator" for view in (await desk.get("/views", desk.olga))["views"])


async def test_a_saved_query_lists_what_it_asks_in_its_order(desk: Desk) -> None:
    """What its address cannot say holds too, filters of the address narrow it, and its order stands until another is asked for."""
    (view,) = [view for name, view in (await saved(desk)).items() if name.startswith("Личный кабинет")]
    rows = (await desk.get("/tasks", view=view["id"], limit=200))["rows"]
    assert rows
    assert all("личный кабинет" in row["subject"].lower() and row["project"]["id"] == 1 and not row["status"]["closed"] for row in rows)
    ranks = [row["priority"]["rank"] for row in rows]
    assert ranks == sorted(ranks, reverse=True)
    ids = [row["id"] for row in (await desk.get("/tasks", view=view["id"], sort="id", dir="asc", limit=200))["rows"]]
    assert ids == sorted(row["id"] for row in rows)
    closed = (await desk.get("/tasks", view=view["id"], status="closed", limit=200))["rows"]
    assert all("личный кабинет" in row["subject"].lower() and row["status"]["closed"] for row in closed)


async def test_a_query_that_cannot_be_shown_says_why(desk: Desk) -> None:
    """It has a reason in place of a count, and its list is refused, as is one that the person does not see."""
    view = (await saved(desk))["По кабинету 305"]
    assert view["reason"] == "Фильтр «дополнительное поле № 1» работает только в Redmine."
    assert (view["count"], view["query"]) == (None, {})
    for id in (view["id"], "redmine-3", "redmine-99", "redmine-x"):
        answer = await desk.agent.get(f"{API}/tasks", params={"view": id})
        assert (answer.status_code, answer.json()["error"]["field"]) == (422, "view")
    assert (await desk.olga.get(f"{API}/tasks", params={"view": "redmine-1"})).status_code == 422


async def test_a_personal_view_keeps_its_order(desk: Desk) -> None:
    """The order that it was saved with holds when its address says none."""
    made = await desk.send("POST", "/views", name="По номеру", query={"status": "all", "sort": "id", "dir": "asc"})
    ids = [row["id"] for row in (await desk.get("/tasks", view=made.json()["id"], limit=20))["rows"]]
    assert ids == sorted(ids)
