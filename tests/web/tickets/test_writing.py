"""Writing to one issue through the interface, on the real Redmine: versions, conflicts, keys, rights, files."""

from __future__ import annotations

import asyncio
import os

import pytest

from tests.web.tickets.conftest import API, Office
from tests.web.tickets.test_turns import refusing
from web.tickets.files import unpack_token

pytestmark = [pytest.mark.redmine]


async def test_each_kind_of_write_is_done_and_read_back(office: Office) -> None:
    """Status, priority, assignee and comment stand in Redmine afterwards, and the answer is the task as it is then."""
    id = await office.issue()
    task = await office.task("petrova", id)
    for method, path, body, shown in (
        ("PUT", "status", {"status_id": 2, "comment": "Беру"}, ("status", 2)),
        ("PUT", "priority", {"priority_id": 4}, ("priority", 4)),
        ("PUT", "assignee", {"assignee_id": office.peer.id("petrova")}, ("assignee", office.peer.id("petrova"))),
        ("PUT", "assignee", {"assignee_id": None}, ("assignee", None)),
        ("POST", "comments", {"text": "Готово"}, None),
    ):
        answer = await office.send("petrova", method, f"/task/{id}/{path}", body | {"version": task["version"]})
        assert answer.status_code == 200, answer.text
        written = answer.json()
        assert written["untaken"] == []
        assert written["journal"] == written["task"]["journals"][-1]["id"]
        assert written["task"]["version"] != task["version"]
        task = written["task"]
        if shown:
            assert (task[shown[0]] or {"id": None})["id"] == shown[1]
        assert await office.task("petrova", id) == task | {"as_of": (await office.task("petrova", id))["as_of"]}
    truth = await office.truth(id)
    assert (truth["status"]["id"], truth["priority"]["id"], truth.get("assigned_to")) == (2, 4, None)
    assert await office.notes(id) == ["Беру", "Готово"]


async def test_an_old_version_gets_the_conflict_field_by_field(office: Office) -> None:
    """409 with what the person saw, wants and finds, by whom, the comments since, and the whole task; nothing is written."""
    id = await office.issue()
    seen = await office.task("petrova", id)
    await office.put("sidorov", id, status_id=2, notes="Я уже занялся")
    answer = await office.send("petrova", "PUT", f"/task/{id}/status", {"status_id": 3, "comment": "моё", "version": seen["version"]})
    assert answer.status_code == 409
    found = answer.json()
    assert found["error"]["code"] == "conflict"
    (clash,) = found["conflict"]["fields"]
    now = await office.task("petrova", id)
    assert clash["field"] == "status"
    assert (clash["seen"], clash["theirs"]) == (seen["status"]["name"], now["status"]["name"])
    assert clash["mine"] not in (None, clash["seen"], clash["theirs"])
    assert [one["source"] for one in found["conflict"]["comments"]] == ["Я уже занялся"]
    assert found["conflict"]["version"] == now["version"] == found["conflict"]["task"]["version"]
    assert await office.notes(id) == ["Я уже занялся"]
    again = {"status_id": 3, "comment": "моё", "version": found["conflict"]["version"]}
    assert (await office.send("petrova", "PUT", f"/task/{id}/status", again)).status_code == 200


async def test_a_note_that_is_hidden_from_somebody_is_no_conflict_for_them(office: Office) -> None:
    """A private note moves the version; who may not see it is neither stopped by it nor told of it."""
    id = await office.issue()
    seen = await office.task("orlova", id)
    await office.put("ivanov", id, notes="между нами", private_notes=True)
    answer = await office.send("orlova", "POST", f"/task/{id}/comments", {"text": "Есть новости?", "version": seen["version"]})
    assert answer.status_code == 200
    assert "между нами" not in answer.text
    stale = await office.send("petrova", "POST", f"/task/{id}/comments", {"text": "и я", "version": seen["version"]})
    assert [one["source"] for one in stale.json()["conflict"]["comments"]] == ["между нами", "Есть новости?"]


async def test_a_repeated_key_gets_the_first_answer(office: Office) -> None:
    """One comment in Redmine however often it is sent, at once or later; the key with another body or none is refused."""
    id = await office.issue()
    path, body = f"/task/{id}/comments", {"text": "раз", "version": (await office.task("ivanov", id))["version"]}
    answers = await asyncio.gather(*(office.send("ivanov", "POST", path, body, key="k.1") for _ in range(5)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert all(answer.json()["error"]["code"] == "in_progress" for answer in answers if answer.status_code == 409)
    first = next(answer for answer in answers if answer.status_code == 200)
    again = await office.send("ivanov", "POST", path, body, key="k.1")
    assert (again.status_code, again.content) == (200, first.content)
    assert await office.notes(id) == ["раз"]
    other = await office.send("ivanov", "POST", path, body | {"text": "два"}, key="k.1")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "key_reused")
    who = await office.seat("ivanov")
    none = await who.ask("POST", f"/tasks/api{path}", json=body)
    assert (none.status_code, none.json()["error"]["code"]) == (428, "key_required")
    bad = await office.send("ivanov", "POST", path, body, key="a b")
    assert (bad.status_code, bad.json()["error"]["field"]) == (422, "Idempotency-Key")


async def test_a_store_that_takes_nothing_is_told_and_changes_nothing(office: Office) -> None:
    """No turn to be had: 503 with the time to wait, no note in Redmine, and the same key works afterwards. One kept harms nothing."""
    id = await office.issue()
    body = {"text": "раз", "version": (await office.task("petrova", id))["version"]}
    engine = office.node.state["engine"]
    with refusing(engine, "INSERT INTO ticket_turns"):
        answer = await office.send("petrova", "POST", f"/task/{id}/comments", body, key="once")
    assert (answer.status_code, answer.json()["error"]["code"], answer.headers["retry-after"]) == (503, "store_unavailable", "5")
    assert await office.notes(id) == []
    with refusing(engine, "DELETE FROM ticket_turns"):
        answer = await office.send("petrova", "POST", f"/task/{id}/comments", body, key="once")
    assert answer.status_code == 200, answer.text
    again = await office.send("petrova", "POST", f"/task/{id}/comments", body, key="once")
    assert again.json() == answer.json()
    assert await office.notes(id) == ["раз"]


async def test_what_a_person_may_not_do_is_refused_before_it_is_sent(office: Office) -> None:
    """403 with no trace in Redmine: a status without the right, a private note without the right, an issue one may not see."""
    id = await office.issue("orlova")
    version = (await office.task("orlova", id))["version"]
    for path, method, body in (
        ("status", "PUT", {"status_id": 5, "comment": "закрываю"}),
        ("comments", "POST", {"text": "тайно", "private": True}),
    ):
        answer = await office.send("orlova", method, f"/task/{id}/{path}", body | {"version": version})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "not_allowed"), answer.text
    assert await office.notes(id) == []
    hidden = await office.send("klient", "POST", "/task/6/comments", {"text": "вижу?", "version": "1-1"})
    assert (hidden.status_code, hidden.json()["error"]["code"]) == (403, "not_allowed")
    gone = await office.send("ivanov", "POST", "/task/999999/comments", {"text": "есть кто?", "version": "1-1"})
    assert (gone.status_code, gone.json()["error"]["code"]) == (404, "not_found")


async def test_what_redmine_refuses_comes_with_its_reasons(office: Office) -> None:
    """422 `refused` and Redmine's own sentence; the same key gets it again."""
    id = await office.issue()
    body = {"assignee_id": office.peer.id("klient"), "version": (await office.task("ivanov", id))["version"]}
    answer = await office.send("ivanov", "PUT", f"/task/{id}/assignee", body, key="again")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "refused"), answer.text
    assert answer.json()["error"]["reasons"]
    assert (await office.send("ivanov", "PUT", f"/task/{id}/assignee", body, key="again")).content == answer.content


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "version"),
        ({"version": "1", "text": "a"}, "version"),
        ({"version": "1-1", "text": 5}, "text"),
        ({"version": "1-1", "text": "a" * 50_001}, "text"),
        ({"version": "1-1", "text": " "}, "text"),
        ({"version": "1-1", "text": "a", "privat": True}, "privat"),
        ({"version": "1-1", "text": "a", "private": "yes"}, "private"),
        ({"version": "1-1", "attachments": ["nonsense"]}, "attachments"),
        ({"version": "1-1", "attachments": "x"}, "attachments"),
    ],
)
async def test_bad_input_is_told_by_its_field(office: Office, body: object, field: str) -> None:
    """422 `bad_value` with the field's name and a sentence in the person's language."""
    answer = await office.send("ivanov", "POST", "/task/1/comments", body)
    error = answer.json()["error"]
    assert (answer.status_code, error["code"], error["field"]) == (422, "bad_value", field)
    assert any("а" <= letter <= "я" for letter in error["message"]), error["message"]


async def test_files_go_up_and_come_down_as_they_are(office: Office) -> None:
    """An upload, attached with a comment, is downloaded whole and in parts, byte for byte; never the login page."""
    id, content = await office.issue(), os.urandom(700_001)
    who = await office.seat("petrova")
    headers = {"x-csrf-token": who.made.csrf, "content-type": "application/x-msdownload"}
    name = "Отчёт «1».bin"
    up = await who.browser.post(f"/tasks/api/task/{id}/attachments", params={"filename": name}, content=content, headers=headers)
    assert up.status_code == 201, up.text
    assert (up.json()["name"], up.json()["size"]) == (name, len(content))
    assert unpack_token(up.json()["token"]).filename == name
    task = await office.task("petrova", id)
    body = {"attachments": [up.json()["token"]], "version": task["version"]}
    done = await office.send("petrova", "POST", f"/task/{id}/comments", body)
    assert done.status_code == 200, done.text
    (file,) = done.json()["task"]["attachments"]
    assert (file["name"], file["size"], file["image"]) == (name, len(content), False)
    whole = await who.browser.get(file["url"])
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "application/octet-stream"
    assert whole.headers["content-disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''%D0%9E" in whole.headers["content-disposition"]
    for asked, first, last in (
        ("bytes=0-9", 0, 9),
        ("bytes=699990-", 699_990, 700_000),
        ("bytes=-5", 699_996, 700_000),
        ("bytes=65530-400000", 65_530, 400_000),
    ):
        part = await who.browser.get(file["url"], headers={"range": asked})
        assert (part.status_code, part.headers["content-range"]) == (206, f"bytes {first}-{last}/700001")
        assert part.content == content[first : last + 1]
    beyond = await who.browser.get(file["url"], headers={"range": "bytes=700001-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */700001")
    same = await who.browser.get(file["url"], headers={"if-none-match": whole.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    stranger = await office.get("klient", f"/task/{id}/attachment/{file['id']}/download")
    assert stranger.status_code == (await office.rest("klient", "GET", f"/issues/{id}.json")).status_code
    elsewhere = await office.get("petrova", f"/task/1/attachment/{file['id']}/download")
    assert elsewhere.status_code == 404


@pytest.mark.parametrize("text", ["", "только для своих"])
async def test_files_are_never_sent_with_a_private_comment(office: Office, text: str) -> None:
    """Redmine itself shows such a file, and the step that names it, to everybody: 422 `files_not_private`, and nothing is attached."""
    id, who = await office.issue(), await office.seat("petrova")
    headers = office.peer.headers("petrova") | {"content-type": "application/octet-stream"}
    upload = (await office.plain.post("/uploads.json?filename=a.txt", content=b"abc", headers=headers)).json()["upload"]
    wanted = {"notes": text, "private_notes": True, "uploads": [{"token": upload["token"], "filename": "a.txt"}]}
    await office.put("petrova", id, **wanted)
    shown = (await office.rest("orlova", "GET", f"/issues/{id}.json?include=journals,attachments")).json()["issue"]
    assert [file["filename"] for file in shown["attachments"]] == ["a.txt"]
    assert [(step["private_notes"], step["notes"] or "") for step in shown["journals"]] == [(False, "")]
    csrf = {"x-csrf-token": who.made.csrf}
    up = await who.browser.post(f"{API}/task/{id}/attachments", params={"filename": "b.txt"}, content=b"abc", headers=csrf)
    body = {"text": text, "private": True, "attachments": [up.json()["token"]], "version": (await office.task("petrova", id))["version"]}
    answer = await office.send("petrova", "POST", f"/task/{id}/comments", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "files_not_private")
    assert answer.json()["error"]["field"] == "attachments"
    assert len((await office.truth(id))["attachments"]) == 1
    assert (await office.send("petrova", "POST", f"/task/{id}/comments", body | {"private": False})).status_code == 200


async def test_a_comment_carries_the_signature_that_is_switched_on(office: Office) -> None:
    """Below the text where it is on, and not where this comment goes without."""
    id, who = await office.issue(), await office.seat("ivanov")
    put = await who.ask("PUT", "/users/api/signature", json={"text": "С уважением, **Иванов**", "on_comments": True})
    assert put.status_code == 200, put.text
    version = (await office.task("ivanov", id))["version"]
    first = await office.send("ivanov", "POST", f"/task/{id}/comments", {"text": "с подписью", "version": version})
    version = first.json()["task"]["version"]
    await office.send("ivanov", "POST", f"/task/{id}/comments", {"text": "без", "version": version, "signature": False})
    assert await office.notes(id) == ["с подписью\n\nС уважением, Иванов", "без"]
