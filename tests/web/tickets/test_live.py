"""Topics and bulk changes over the real Redmine: who is told what, and what many changes at once come to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from hub.protocol import Sub
from tests.web.seats import Socket, socket
from tests.web.tickets.conftest import API, Office

pytestmark = [pytest.mark.redmine]


async def _subscribed(office: Office, login: str, topic: str) -> bool:
    """Whether the person may read the topic."""
    async with socket(office.node, await office.seat(login)) as wire:
        await wire.say(Sub(id=1, topic=topic))
        return bool((await wire.hears("reply"))["ok"])


async def _told(wire: Socket, kind: str) -> dict[str, Any]:
    """The newest event of this type, once there is one."""
    await wire.until(lambda: [one for one in wire.all("event") if one["type"] == kind], within_s=10)
    return [one for one in wire.all("event") if one["type"] == kind][-1]


async def test_a_topic_is_read_by_whom_redmine_shows_the_issue(office: Office) -> None:
    """Private issue 6, one that is not there, and names that are none."""
    allowed = [
        login for login in ("admin", "ivanov", "petrova", "sidorov", "orlova", "klient") if await _subscribed(office, login, "ticket:6")
    ]
    assert allowed == ["admin", "ivanov", "petrova"]
    for topic in ("ticket:999999", "ticket:0", "ticket:06", "ticket:x", "tickets:somebody", "bulk:1.x"):
        assert not await _subscribed(office, "petrova", topic), topic
    assert await _subscribed(office, "petrova", "tickets:all")


async def test_a_write_here_is_told_at_once_and_without_words(office: Office) -> None:
    """Both topics get the new version before the source has looked; of a private note nobody learns who wrote it."""
    id = await office.issue()
    async with socket(office.node, await office.seat("sidorov")) as wire:
        for number, topic in enumerate((f"ticket:{id}", "tickets:mine")):
            await wire.say(Sub(id=number, topic=topic))
        await wire.until(lambda: len(wire.all("snapshot")) == 2)
        body = {"text": "секрет полишинеля", "private": True, "version": (await office.task("petrova", id))["version"]}
        done = await office.send("petrova", "POST", f"/task/{id}/comments", body)
        assert done.status_code == 200, done.text
        told = await _told(wire, "ticket.changed")
        assert told["data"]["version"] == done.json()["task"]["version"]
        assert told["data"]["by"] is None
        listed = await _told(wire, "tickets.changed")
        assert listed["data"]["ids"] == {str(id): told["data"]["version"]}
        assert "секрет" not in str(wire.told)
        assert (await office.task("sidorov", id))["version"] == told["data"]["version"]


async def _finished(office: Office, login: str, job: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            found: dict[str, Any] = (await office.get(login, f"/bulk/{job}")).json()
            if found["state"] != "running":
                return found
            await asyncio.sleep(0.05)


async def test_many_are_changed_failures_listed_and_taken_back(office: Office) -> None:
    """Those that can be are changed and told of on the topic; undo brings back what nobody has touched since."""
    ids = [await office.issue() for _ in range(4)]
    who = await office.seat("ivanov")
    started = await office.send("ivanov", "POST", "/bulk", {"ids": [*ids, 999_999, ids[0]], "change": {"status_id": 2, "comment": "все"}})
    assert started.status_code == 202, started.text
    job = started.json()["job"]
    async with socket(office.node, who) as wire:
        await wire.say(Sub(id=1, topic=f"bulk:{job}"))
        found = await _finished(office, "ivanov", job)
        await wire.until(lambda: "done" in str([one["data"].get("state") for one in wire.all("event") + wire.all("snapshot")]))
    assert (found["state"], found["done"], found["total"], found["undoable"]) == ("done", 5, 5, True)
    assert [(one["id"], one["code"]) for one in found["failed"]] == [(999_999, "not_found")]
    for id in ids:
        assert (await office.truth(id))["status"]["id"] == 2
        assert await office.notes(id) == ["все"]
    assert (await office.get("sidorov", f"/bulk/{job}")).status_code == 404
    assert not await _subscribed(office, "sidorov", f"bulk:{job}")
    await office.put("sidorov", ids[3], notes="я тут")
    undo = await office.send("ivanov", "POST", f"/bulk/{job}/undo")
    back = await _finished(office, "ivanov", undo.json()["job"])
    assert [(one["id"], one["code"]) for one in back["failed"]] == [(ids[3], "conflict")]
    assert back["undo_of"] == job
    assert [(await office.truth(id))["status"]["id"] for id in ids] == [1, 1, 1, 2]
    again = await office.send("ivanov", "POST", f"/bulk/{job}/undo")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "not_undoable")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"change": {"status_id": 2}}, "ids"),
        ({"change": {"status_id": 2}, "ids": []}, "ids"),
        ({"change": {}, "ids": [1]}, "change"),
        ({"change": {"status_id": 2}, "ids": [1], "filter": {}}, "ids"),
        ({"change": {"status_id": 2}, "ids": [0]}, "ids[0]"),
        ({"ids": [1]}, "change"),
    ],
)
async def test_a_bulk_change_that_says_nothing_is_refused(office: Office, body: object, field: str) -> None:
    """With the field that has to be mended."""
    answer = await office.send("ivanov", "POST", "/bulk", body)
    assert (answer.status_code, answer.json()["error"]["field"]) == (422, field)


async def test_drafts_and_read_marks_are_ones_own(office: Office) -> None:
    """Saved, shown to their writer on any device, and to nobody else."""
    body = {"text": "черновик", "private": True, "base": "3-14", "device": "телефон"}
    saved = await office.send("ivanov", "PUT", "/task/1/draft", body)
    assert saved.json()["draft"].items() >= body.items()
    assert (await office.get("ivanov", "/task/1/draft")).json() == saved.json()
    assert (await office.get("petrova", "/task/1/draft")).json() == {"draft": None}
    assert (await office.send("ivanov", "POST", "/task/1/read", {"version": "3-14"})).json() == {"ok": True}
    assert (await office.send("ivanov", "DELETE", "/task/1/draft")).json() == {"draft": None}
    who = await office.seat("ivanov")
    preview = await who.ask("POST", f"{API}/preview", json={"text": "*жирно* <script>alert(1)</script>"})
    assert "<strong>жирно</strong>" in preview.json()["html"]
    assert "<script" not in preview.json()["html"]
