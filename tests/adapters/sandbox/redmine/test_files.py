"""Files of the sandbox's Redmine, by the same client that speaks to the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.sandbox.people import person
from adapters.sandbox.redmine import SandboxRedmine

WORDS = "Снимок «экрана»".encode() * 1000


@pytest.fixture
def petrova(rest: httpx.AsyncClient) -> httpx.AsyncClient:
    """petrova's client."""
    who = person("petrova")
    rest.auth = httpx.BasicAuth(who.login, who.password)
    return rest


async def put_up(client: httpx.AsyncClient, content: bytes = WORDS, name: str = "снимок.png") -> str:
    """An upload's token."""
    got = await client.post(
        "/uploads.json", params={"filename": name}, content=content, headers={"content-type": "application/octet-stream"}
    )
    assert got.status_code == 201, got.text
    return str(got.json()["upload"]["token"])


async def files_of(client: httpx.AsyncClient, number: int) -> list[dict[str, object]]:
    """An issue's files."""
    shown = (await client.get(f"/issues/{number}.json?include=attachments")).json()
    return list(shown["issue"]["attachments"])


async def test_a_file_is_attached_told_of_and_sent(petrova: httpx.AsyncClient) -> None:
    """Uploaded, named by a PUT, a detail of the journal, and whole again with its type."""
    number = (await petrova.get("/issues.json?assigned_to_id=me")).json()["issues"][0]["id"]
    before = await files_of(petrova, number)
    upload = {"token": await put_up(petrova), "filename": "снимок.png", "content_type": "image/png"}
    assert (await petrova.put(f"/issues/{number}.json", json={"issue": {"notes": "Смотрите", "uploads": [upload]}})).status_code == 204
    (file,) = [one for one in await files_of(petrova, number) if one not in before]
    assert (file["filename"], file["filesize"], file["content_type"]) == ("снимок.png", len(WORDS), "image/png")
    journal = (await petrova.get(f"/issues/{number}.json?include=journals")).json()["issue"]["journals"][-1]
    detail = {"property": "attachment", "name": str(file["id"]), "old_value": None, "new_value": "снимок.png"}
    assert (journal["notes"], journal["details"]) == ("Смотрите", [detail])
    assert (await petrova.get(f"/attachments/{file['id']}.json")).json()["attachment"] == file
    sent = await petrova.get(f"/attachments/download/{file['id']}", headers={"range": "bytes=0-9"})
    assert (sent.status_code, sent.content, sent.headers["content-type"]) == (200, WORDS, "image/png")
    assert (await petrova.get(f"/attachments/download/{file['id']}/other.png")).status_code == 404


async def test_what_is_refused_leaves_nothing(petrova: httpx.AsyncClient, sandbox: SandboxRedmine) -> None:
    """Another type, too much, a connection that breaks off: no file is kept."""
    octets = {"content-type": "application/octet-stream"}
    assert (await petrova.post("/uploads.json", content=b"x", headers={"content-type": "text/plain"})).status_code == 406
    large = await petrova.post("/uploads.json?filename=a.bin", content=bytes(5120 * 1024 + 1), headers=octets)
    assert (large.status_code, len(large.json()["errors"])) == (422, 1)

    async def breaks_off() -> AsyncIterator[bytes]:
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await petrova.post("/uploads.json?filename=a.bin", content=breaks_off(), headers=octets)
    assert list(sandbox.database.files.iterdir()) == []


async def test_a_token_is_used_once_and_by_its_owner(petrova: httpx.AsyncClient) -> None:
    """Somebody else's token, a used one and a made-up one attach nothing, and nothing is said."""
    number = (await petrova.get("/issues.json?assigned_to_id=me")).json()["issues"][0]["id"]
    token, before = await put_up(petrova), len(await files_of(petrova, number))
    manager = person("ivanov")
    by_others = httpx.BasicAuth(manager.login, manager.password)
    change = {"issue": {"uploads": [{"token": token}, {"token": "9.x"}, {"token": 3}, "no"]}}
    assert (await petrova.put(f"/issues/{number}.json", json=change, auth=by_others)).status_code == 204
    assert len(await files_of(petrova, number)) == before
    for _ in range(2):
        assert (await petrova.put(f"/issues/{number}.json", json=change)).status_code == 204
    assert len(await files_of(petrova, number)) == before + 1
