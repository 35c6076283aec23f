"""A file of Redmine, streamed: what it is called, how large it has to be, and its pieces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import msgspec

from adapters.redmine.rest.client import RedmineClient
from adapters.redmine.rest.credentials import Signed
from adapters.redmine.rest.errors import NotFound, RestAway
from adapters.redmine.rest.issue import Attachment

__all__ = ["Download", "open_download"]


class _Envelope(msgspec.Struct, frozen=True):
    attachment: Attachment


class Download:
    """An open download. Name, size and type come from Redmine's metadata, not from what is sent."""

    def __init__(self, attachment: Attachment, answer: httpx.Response, deadline_s: float) -> None:
        """`deadline_s`: seconds for the whole file."""
        self.attachment = attachment
        self._answer, self._deadline_s = answer, deadline_s

    @property
    def size(self) -> int:
        """Bytes that will come; Redmine ignores Range and always sends the whole file."""
        return self.attachment.size

    @property
    def etag(self) -> str | None:
        """Redmine's own validator of the file, as it sent it."""
        found: str | None = self._answer.headers.get("etag")
        return found

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file, piece by piece. Raises RestAway when fewer or more bytes come than the metadata said, or none for too long."""
        count, until = 0, asyncio.get_running_loop().time() + self._deadline_s
        body = self._answer.aiter_bytes()
        try:
            while count <= self.size:
                async with asyncio.timeout_at(until):  # round each piece: a scope must not be open while the reader has its turn
                    piece = await anext(body, None)
                if piece is None:
                    break
                count += len(piece)
                if count <= self.size:
                    yield piece
        except TimeoutError:
            raise RestAway("the file did not come in time") from None
        except httpx.TransportError as error:
            raise RestAway("the file broke off") from error
        if count != self.size:
            raise RestAway("the file has another size than Redmine says")


@asynccontextmanager
async def open_download(client: RedmineClient, signed: Signed, attachment_id: int) -> AsyncIterator[Download]:
    """Asks for the metadata, then for the file at the configured address: `content_url` is made of the request's own Host header."""
    try:
        found = msgspec.json.decode(await client.get(signed, f"/attachments/{attachment_id}.json"), type=_Envelope).attachment
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise RestAway("it answers something that is not of its API") from None
    if found.id != attachment_id:
        raise NotFound()
    async with client.receive_file(signed, f"/attachments/download/{attachment_id}") as answer:
        length = answer.headers.get("content-length", "")
        if "content-encoding" not in answer.headers and length.isdigit() and int(length) != found.size:
            # a login or error page in the file's place
            raise RestAway("the file has another size than Redmine says")
        yield Download(found, answer, client.stream_s)
