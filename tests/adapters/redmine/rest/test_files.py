"""Uploads and downloads on the real Redmine, and what a file must not be mistaken for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from adapters.redmine.rest.change import Change, Upload
from adapters.redmine.rest.client import Deadlines, RedmineClient
from adapters.redmine.rest.credentials import ApiKey, Signed
from adapters.redmine.rest.download import open_download
from adapters.redmine.rest.errors import NotAllowed, NotFound, NotSignedIn, Refused, RestAway, RestError, Stale
from tests.adapters.redmine.rest.conftest import PEOPLE, House

ME = Signed("me", ApiKey(SecretStr("k")))
PIECE = b"\x00\xff" * 50_000


async def pieces(count: int) -> AsyncIterator[bytes]:
    """A file of so many pieces."""
    for _ in range(count):
        yield PIECE


@pytest.mark.redmine
@pytest.mark.parametrize("size", [len(PIECE) * 5, None])
async def test_a_file_goes_up_in_pieces_and_comes_down_the_same(house: House, size: int | None) -> None:
    """With and without a known size: attached by a change, then read back byte for byte, under its own name."""
    connector = await house.connect("ivanov")
    token = await connector.upload("отчёт №1.bin", pieces(5), size)
    id = await house.issue()
    outcome = await connector.change(id, Change(notes="см. файл", uploads=(Upload(token, "отчёт №1.bin"),)), lock_version=None)
    assert outcome.untaken == ()
    (file,) = outcome.issue.attachments
    assert (file.filename, file.size) == ("отчёт №1.bin", len(PIECE) * 5)
    async with connector.download(file.id, issue_id=id) as found:
        assert (found.size, found.attachment.filename) == (file.size, "отчёт №1.bin")
        assert found.etag
        assert b"".join([piece async for piece in found.pieces()]) == PIECE * 5


@pytest.mark.redmine
@pytest.mark.parametrize("login", PEOPLE)
async def test_each_person_downloads_what_they_may(house: House, login: str) -> None:
    """The file of an issue that somebody may not see is NotAllowed, with and without naming the issue; a missing one NotFound."""
    connector = await house.connect(login)
    for options in ({}, {"issue_id": 1}):
        if login == "klient":
            with pytest.raises(NotAllowed):
                async with connector.download(1, **options):
                    pass
        else:
            async with connector.download(1, **options) as found:
                assert sum([len(piece) async for piece in found.pieces()]) == 156
    with pytest.raises(NotFound):
        async with connector.download(999_999):
            pass


@pytest.mark.redmine
async def test_a_token_that_redmine_does_not_know_is_refused(house: House) -> None:
    """With a sentence, and the note is not posted without its file."""
    id = await house.issue()
    change = Change(notes="см. файл", uploads=(Upload("999999.abc", "нет.txt"),))
    with pytest.raises(Refused):
        await (await house.connect("ivanov")).change(id, change, lock_version=None)
    assert await house.notes(id) == []


@pytest.mark.redmine
async def test_a_file_outlives_a_conflict(house: House) -> None:
    """A stale change stores nothing, and its file can be attached by the next one."""
    connector = await house.connect("ivanov")
    id, token = await house.issue(), await connector.upload("a.txt", pieces(1), len(PIECE))
    seen = await house.version(id)
    assert await house.put("petrova", id, done_ratio=10) == 204
    change = Change(done_ratio=20, uploads=(Upload(token, "a.txt"),))
    with pytest.raises(Stale):
        await connector.change(id, change, lock_version=seen.lock_version)
    outcome = await connector.change(id, change, lock_version=(await house.version(id)).lock_version)
    assert [file.filename for file in outcome.issue.attachments] == ["a.txt"]


@pytest.mark.redmine
async def test_a_bad_key_gets_no_login_page_for_a_file(house: House) -> None:
    """What a browser would be redirected for is a clean refusal here."""
    with pytest.raises(NotSignedIn):
        async with open_download(house.client, ME, 1):
            pass
    with pytest.raises(NotSignedIn):
        async with house.client.receive_file(ME, "/attachments/download/1"):
            pass


METADATA = {"attachment": {"id": 1, "filename": "a.bin", "filesize": 10, "content_type": "x/y", "created_on": "2024-03-04T06:00:00Z"}}
LOGIN = "<html>Войти</html>"


def answering(file: httpx.Response) -> RedmineClient:
    """A client whose Redmine has the metadata of a file of 10 bytes, and sends this in its place."""

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json=METADATA) if request.url.path.endswith(".json") else file

    return RedmineClient(httpx.AsyncClient(base_url="http://r", transport=httpx.MockTransport(answer)), deadlines=Deadlines())


class Body(httpx.AsyncByteStream):
    """Pieces without a length, then perhaps a broken line."""

    def __init__(self, *sent: bytes, broken: bool = False) -> None:
        self._sent, self._broken = sent, broken

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._sent:
            yield piece
        if self._broken:
            raise httpx.ReadError("cut")


@pytest.mark.parametrize(
    ("file", "error"),
    [
        (httpx.Response(302, headers={"location": "http://r/login"}), RestAway),
        (httpx.Response(200, html=LOGIN), RestAway),
        (httpx.Response(200, stream=Body(b"12345")), RestAway),
        (httpx.Response(200, stream=Body(b"12345", b"67890", b"1")), RestAway),
        (httpx.Response(200, stream=Body(b"12345", broken=True)), RestAway),
        (httpx.Response(403), NotAllowed),
        (httpx.Response(404, html=LOGIN), NotFound),
    ],
)
async def test_what_is_not_the_file_is_no_file(file: httpx.Response, error: type[RestError]) -> None:
    """A redirect, a login page, too few or too many bytes, a cut line: an error, and never more bytes than the metadata say."""
    came = bytearray()

    async def receive() -> None:
        async with open_download(answering(file), ME, 1) as found:
            async for piece in found.pieces():
                came.extend(piece)

    with pytest.raises(RestError) as raised:
        await receive()
    assert type(raised.value) is error
    assert len(came) <= 10


async def test_a_download_that_is_left_gives_its_place_back() -> None:
    """Two at once for a person: a third waits, and goes through when one is closed."""
    client = answering(httpx.Response(200, stream=Body(b"1234567890")))
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(open_download(client, ME, 1))
        async with open_download(client, ME, 1):
            third: asyncio.Task[Any] = asyncio.create_task(stack.enter_async_context(open_download(client, ME, 1)))
            await asyncio.sleep(0)
            assert not third.done()
        assert (await third).size == first.size
