"""Files up to Redmine and down from it: streamed, never held whole, never anything but the file."""

from __future__ import annotations

import base64
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from adapters.redmine.rest.change import Upload
from adapters.redmine.rest.connector import RedmineConnector
from adapters.redmine.rest.download import Download
from web.errors import BadField, WebError
from web.i18n import N_
from web.tickets.compose import INLINE

__all__ = ["MAX_UPLOAD", "Span", "name_of_upload", "pack_token", "send_file", "span_of", "take_file", "unpack_token"]

MAX_UPLOAD = 200 * 1024 * 1024
"""Bytes of a file; Redmine's own limit (5 MB as it comes) is usually lower, and its refusal is passed on."""
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})\s*\Z")


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes."""
        return self.last - self.first + 1


def span_of(header: str | None, size: int) -> Span | None:
    """The part that a Range header wants (RFC 9110, 14.1.2); None: the whole. Raises WebError 416 for one outside the file.

    Several parts, other units and what is malformed are answered with the whole, as the RFC allows.
    """
    match = _RANGE.match((header or "").strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        first, last = max(0, size - int(match[2])), size - 1
        if int(match[2]) == 0:
            first = size
    else:
        first, last = int(match[1]), min(int(match[2]) if match[2] else size - 1, size - 1)
        if match[2] and int(match[2]) < first:
            return None
    if first >= size:
        raise WebError(416, "bad_range", N_("The file has no such part."), headers={"Content-Range": f"bytes */{size}"})
    return Span(first, last)


async def _part(pieces: AsyncIterator[bytes], span: Span) -> AsyncIterator[bytes]:
    """The bytes of the span. Redmine sends the whole file whatever is asked: what lies before is thrown away as it comes."""
    place = 0
    async for piece in pieces:
        begin, end = max(span.first - place, 0), span.last + 1 - place
        place += len(piece)
        if begin < len(piece) and end > 0:
            yield piece[begin:end]
        if place > span.last:
            return


class _Owned(StreamingResponse):
    """A stream that holds what it needs until it is sent or the client is gone."""

    def __init__(self, content: AsyncIterator[bytes], stack: AsyncExitStack, status: int, headers: dict[str, str]) -> None:
        super().__init__(content, status, headers)
        self._stack = stack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._stack:
            await super().__call__(scope, receive, send)


async def send_file(request: Request[Any], connector: RedmineConnector, issue_id: int, attachment_id: int) -> Response:
    """The file of an attachment that the person may see. Raises RestError, WebError 416."""
    needs_issue = issue_id if connector.acting == "service" else None
    async with AsyncExitStack() as stack:
        found: Download = await stack.enter_async_context(connector.download(attachment_id, issue_id=needs_issue))
        file, etag = found.attachment, f'"{attachment_id}-{found.size}"'  # a file in Redmine never changes
        kind = file.content_type.partition(";")[0].strip().lower()
        inline = request.query_params.get("inline") == "1" and kind in INLINE
        headers = {
            "accept-ranges": "bytes",
            "cache-control": "private, no-cache",
            "content-disposition": _disposition(file.filename, inline=inline),
            # the uploader's word for its kind counts only where a browser can do nothing else with it than show a picture
            "content-type": kind if kind in INLINE else "application/octet-stream",
            "content-security-policy": "default-src 'none'; sandbox",
            "etag": etag,
            "x-content-type-options": "nosniff",
        }
        if etag in [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]:
            return Response(status_code=304, headers=headers)
        ranged = request.headers.get("range") if request.headers.get("if-range", etag) == etag else None
        span = span_of(ranged, found.size)
        pieces = found.pieces()
        status = 200
        if span is not None:
            pieces, status = _part(pieces, span), 206
            headers["content-range"] = f"bytes {span.first}-{span.last}/{found.size}"
        headers["content-length"] = str(found.size if span is None else span.length)
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers)
        return _Owned(pieces, stack.pop_all(), status, headers)


def _disposition(name: str, *, inline: bool) -> str:
    """RFC 6266: a plain name for old programs, the real one beside it."""
    safe = re.sub(r"[\x00-\x1f\x7f\"\\/]", "_", name)
    plain = safe.encode("ascii", "replace").decode().replace("?", "_")
    return f"{'inline' if inline else 'attachment'}; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='')}"


async def take_file(request: Request[Any], connector: RedmineConnector, name: str) -> tuple[str, int]:
    """Passes a body on to Redmine; its token and how many bytes there were. Raises RestError, WebError 413."""
    given = request.headers.get("content-length", "")
    size = int(given) if given.isascii() and given.isdigit() and len(given) < 16 else None
    if size is not None and size > MAX_UPLOAD:
        raise WebError(413, "too_large", N_("That is too much at once."))
    count = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal count
        async for piece in request.stream():
            count += len(piece)
            if count > MAX_UPLOAD:
                raise WebError(413, "too_large", N_("That is too much at once."))
            if piece:
                yield piece

    return await connector.upload(name, pieces(), size), count


def name_of_upload(query: str) -> str:
    """The file's name without any path, at most 255 bytes for Redmine's column. Raises BadField."""
    name = re.split(r"[\\/]", query)[-1].strip()
    if not name or len(name) > 255 or any(not character.isprintable() for character in name):
        raise BadField("filename", N_("Name the file: at most 255 characters, no control characters."))
    return name


def pack_token(token: str, name: str) -> str:
    """Redmine's token with the file's name: what is attached has to be named again, and may be at another node."""
    return f"{token}~{base64.urlsafe_b64encode(name.encode()).decode().rstrip('=')}"


def unpack_token(packed: str) -> Upload:
    """The upload behind a token of ours. Raises BadField."""
    token, tilde, name = packed.partition("~")
    try:
        if not tilde or not re.fullmatch(r"[0-9]{1,18}\.[0-9a-f]{1,128}", token):
            raise ValueError
        filename = name_of_upload(base64.urlsafe_b64decode(name + "=" * (-len(name) % 4)).decode())
    except (ValueError, BadField):
        raise BadField("attachments", N_("There is no such upload.")) from None
    return Upload(token, filename)
