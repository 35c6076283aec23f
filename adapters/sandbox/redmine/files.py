"""Files of the sandbox's Redmine: uploaded for a PUT that is to come, attached by it, sent whole to whoever sees the issue."""

from __future__ import annotations

import asyncio
import hashlib
import mimetypes
import secrets
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import FileResponse, Response

from adapters.sandbox.redmine import issues, schema
from adapters.sandbox.redmine.call import Call, Refusal
from adapters.sandbox.redmine.edits import Detail, facts
from adapters.sandbox.redmine.rules import User

__all__ = ["attach", "download", "show", "upload"]

_MAX_KB = 5120
"""Redmine's own default of `attachment_max_size`."""
_TOO_LARGE = {
    "ru": "Файл не может быть загружен, поскольку превышен максимальный размер файла ({most} КБ)",
    "en": "This file cannot be uploaded because it exceeds the maximum allowed file size ({most} KB)",
}


async def upload(call: Call) -> Response:
    """`POST /uploads.json?filename=`: 201 with a token; 406 for another type than octet-stream, 422 when it is too large."""
    if call.request.headers.get("content-type", "").partition(";")[0].strip() != "application/octet-stream":
        raise Refusal(406)
    most = int(call.site.settings.get("attachment_max_size") or _MAX_KB)
    path = call.database.files / secrets.token_hex(16)
    got = await _keep(path, call.request.stream(), most * 1024)
    if got is None:
        language = "ru" if call.user.language == "ru" else "en"
        return call.answer({"errors": [_TOO_LARGE[language].format(most=most)]}, 422)
    size, digest = got
    # the first guess reads the system's tables
    guessed = await asyncio.to_thread(mimetypes.guess_type, call.request.query_params.get("filename", ""))
    filename = Path(call.request.query_params.get("filename") or secrets.token_hex(8)).name
    async with call.database.writing() as connection:
        number = await issues.insert(
            connection,
            schema.attachments,
            {
                "filename": filename,
                "disk_filename": path.name,
                "filesize": size,
                "content_type": guessed[0] or "application/octet-stream",
                "digest": digest,
                "author_id": call.user.id,
                "created_on": call.database.now(),
            },
        )
    return call.answer({"upload": {"id": number, "token": f"{number}.{digest}"}}, 201)


async def _keep(path: Path, content: AsyncIterator[bytes], most: int) -> tuple[int, str] | None:
    """Writes what comes; its size and SHA-256. None, and no file, when it is more than `most` bytes."""
    size, digest, whole = 0, hashlib.sha256(), False
    file = await asyncio.to_thread(path.open, "xb")
    try:
        async for piece in content:
            size += len(piece)
            if size > most:
                return None
            digest.update(piece)
            await asyncio.to_thread(file.write, piece)
        whole = True
    finally:
        file.close()
        if not whole:
            await asyncio.to_thread(path.unlink)
    return size, digest.hexdigest()


async def attach(connection: AsyncConnection, issue_id: int, user: User, params: Mapping[str, Any]) -> list[Detail]:
    """Gives the issue the files of `uploads`; what is no token of this person's is passed over without a word, as Redmine does."""
    file, details = schema.attachments, []
    sent = params.get("uploads")
    for one in sent if isinstance(sent, list) else ():
        number, _, digest = str(one.get("token") or "").partition(".") if isinstance(one, dict) else ("", "", "")
        if not number.isdecimal():
            continue
        free = sa.and_(file.c.id == int(number), file.c.digest == digest, file.c.container_id.is_(None), file.c.author_id == user.id)
        row = (await connection.execute(sa.select(file).where(free))).mappings().first()
        if row is None:
            continue
        values = {"filename": str(one.get("filename") or row["filename"]), "description": str(one.get("description") or "")}
        if one.get("content_type"):
            values["content_type"] = str(one["content_type"])
        await connection.execute(sa.update(file).where(free).values(container_id=issue_id, container_type="Issue", **values))
        details.append(Detail(number, None, values["filename"], "attachment"))
    return details


async def show(call: Call) -> Response:
    """`GET /attachments/{id}.json`."""
    row = await _seen(call)
    async with call.database.reading() as connection:
        found = await issues.attached(connection, call.site, [row["container_id"]], str(call.request.base_url))
    return call.answer({"attachment": next(one for one in found[row["container_id"]] if one["id"] == row["id"])})


async def download(call: Call) -> Response:
    """The whole file, whatever `Range` says. The name, where the address has one, must be the file's."""
    row = await _seen(call)
    if call.request.path_params.get("filename", row["filename"]) != row["filename"]:
        raise Refusal(404)
    path = call.database.files / row["disk_filename"]
    if not row["disk_filename"] or not await asyncio.to_thread(path.is_file):  # seeded: there are words of it only
        raise Refusal(404)
    call.request.scope["headers"] = [one for one in call.request.scope["headers"] if one[0] not in (b"range", b"if-range")]
    return FileResponse(path, media_type=row["content_type"], filename=row["filename"])


async def _seen(call: Call) -> Mapping[str, Any]:
    """The attachment of the path, for whom its issue is shown to; one that hangs on nothing is its author's alone."""
    number, file = call.number(), schema.attachments
    async with call.database.reading() as connection:
        row = (await connection.execute(sa.select(file).where(file.c.id == number))).mappings().first()
        if row is None or row["container_type"] != "Issue":
            raise Refusal(404)
        issue = await issues.find(connection, row["container_id"])
    if issue is None:
        raise Refusal(404)
    if not call.site.sees(call.user, facts(issue)):
        raise Refusal(403)
    return dict(row)
