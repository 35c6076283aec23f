"""Request bodies, read up to a bound."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from web.errors import WebError
from web.i18n import N_

__all__ = ["MAX_BYTES", "media_type", "read_bytes", "read_form", "read_json"]

MAX_BYTES = 16 * 1024
"""Enough for every form and setting."""
_NOT_UNDERSTOOD = N_("The request is not understood.")


def media_type(request: Request[Any]) -> str:
    """The body's kind without parameters, lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_bytes(request: Request[Any], limit: int = MAX_BYTES) -> bytes:
    """The body. Raises WebError 413 as soon as it passes `limit` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise WebError(413, "too_large", N_("That is too much at once."))
    return bytes(body)


async def read_json(request: Request[Any], limit: int = MAX_BYTES) -> dict[str, Any]:
    """The body as a JSON object. Raises WebError 400, 413, 415."""
    if media_type(request) != "application/json":
        raise WebError(415, "unsupported_media_type", N_("This kind of content is not understood here."))
    try:
        return msgspec.json.decode(await read_bytes(request, limit), type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError):
        raise WebError(400, "bad_request", _NOT_UNDERSTOOD) from None


async def read_form(request: Request[Any], limit: int = MAX_BYTES) -> dict[str, str]:
    """The fields of a form (`application/x-www-form-urlencoded`), the last of each name. Raises WebError 400, 413."""
    try:
        text = (await read_bytes(request, limit)).decode("ascii")
        return dict(parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=50))
    except ValueError:
        raise WebError(400, "bad_request", _NOT_UNDERSTOOD) from None
