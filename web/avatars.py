"""People's pictures: uploading, keeping, serving.

A file is decoded by a program of its own (`web.pictures`) with a deadline, a few at a time; what is kept and served are
our own encodings, never the file that came.
"""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import accumulate
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

import web.pictures as pictures
from hub.accounts import avatars
from hub.hub import utc_now
from web.audit import Origin, record
from web.auth import require
from web.body import read_bytes
from web.errors import WebError
from web.i18n import N_
from web.origin import origin_of

__all__ = ["Avatars", "Workshop", "avatar_json", "avatar_routes", "avatar_url", "open_workshop"]

_NO_STORE = {"cache-control": "no-store"}
_YEAR_S = 365 * 86_400
_REFUSALS: dict[str, tuple[int, str, str]] = {
    "svg": (415, "picture_svg", N_("SVG pictures are not taken. Save it as PNG or JPEG.")),
    "format": (415, "picture_format", N_("This is no picture that we know. Choose a JPEG, PNG, GIF, WebP, BMP, TIFF or HEIC file.")),
    "pixels": (422, "picture_pixels", N_("The picture has too many pixels: {millions} million at most. Make it smaller.")),
    "broken": (422, "picture_broken", N_("The file is damaged or cut off. Open it, save it again as PNG or JPEG, and choose that.")),
}

_log = structlog.get_logger("web.avatars")


class Workshop:
    """Turns files into avatars, in programs of their own. Made by `open_workshop`."""

    def __init__(self, threads: ThreadPoolExecutor, *, waiting: int, deadline_s: float) -> None:
        self._threads = threads
        self._free = waiting
        self._deadline_s = deadline_s

    async def squares(self, content: bytes) -> list[bytes]:
        """WebP files of each of `pictures.SIZES`. Raises WebError: 415 or 422 for a file that will not do, 503 `busy`.

        A caller that is cancelled leaves at once; the program ends by its deadline.
        """
        if not self._free:
            raise WebError(503, "busy", N_("Many pictures are being worked on. Try again in a moment."), headers={"Retry-After": "3"})
        self._free -= 1
        work = asyncio.get_running_loop().run_in_executor(self._threads, _run, content, self._deadline_s)
        work.add_done_callback(self._done)
        code, found = await asyncio.shield(work)
        if code:
            status, stable, message = _REFUSALS[code]
            raise WebError(status, stable, message, field="file", millions=pictures.MAX_PIXELS // 1_000_000)
        return found

    def _done(self, work: asyncio.Future[Any]) -> None:
        self._free += 1
        if not work.cancelled():
            work.exception()  # an abandoned upload's failure is nobody's


@asynccontextmanager
async def open_workshop(*, at_once: int = 2, waiting: int = 10, deadline_s: float = 15.0) -> AsyncIterator[Workshop]:
    """A workshop of `at_once` programs; with `waiting` uploads under way the next is turned away. Leaving waits for the running ones."""
    threads = ThreadPoolExecutor(at_once, thread_name_prefix="picture")
    try:
        yield Workshop(threads, waiting=waiting, deadline_s=deadline_s)
    finally:
        await asyncio.to_thread(threads.shutdown, cancel_futures=True)


def _run(content: bytes, deadline_s: float) -> tuple[str, list[bytes]]:
    """A refusal's code or "", and the files."""
    command = [sys.executable, "-P", pictures.__file__]  # -P: a module beside it must not shadow the standard library's
    try:
        done = subprocess.run(command, input=content, capture_output=True, timeout=deadline_s, check=False)  # noqa: S603 - our own program
    except subprocess.TimeoutExpired:
        _log.warning("picture_too_slow", bytes=len(content), deadline_s=deadline_s)
        return "broken", []
    head, _, rest = done.stdout.partition(b"\n")
    word, *given = head.decode("ascii", "replace").split()[:20] or [""]
    if word == "no" and given and given[0] in _REFUSALS:
        return given[0], []
    lengths = [int(length) for length in given if length.isdecimal()]
    if word != "ok" or len(lengths) != len(pictures.SIZES) or sum(lengths) != len(rest):
        # a decoder crashed or ran out of memory; its text may hold parts of the picture
        _log.warning("picture_program_failed", returncode=done.returncode, bytes=len(content))
        return "broken", []
    ends = list(accumulate(lengths))
    return "", [rest[end - length : end] for length, end in zip(lengths, ends, strict=True)]


class Avatars:
    """The pictures in the store."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def put(self, user_id: int, files: list[bytes], origin: Origin, now: datetime) -> str:
        """Keeps the files of `pictures.SIZES` in place of earlier ones; returns the version, which is the same for the same picture."""
        version = hashlib.sha256(b"".join(files)).hexdigest()[:16]
        rows = [
            {"user_id": user_id, "size": size, "version": version, "content": content, "updated_at": now}
            for size, content in zip(pictures.SIZES, files, strict=True)
        ]
        for attempt in (1, 2):
            try:
                async with self._engine.begin() as connection:
                    await connection.execute(sa.delete(avatars).where(avatars.c.user_id == user_id))
                    await connection.execute(sa.insert(avatars), rows)
                    await record(
                        connection, origin, "avatar.changed", at=now, subject_id=user_id, subject=origin.name, after={"version": version}
                    )
                return version
            except sa.exc.IntegrityError:  # another tab's picture came between; the later one stays
                if attempt == 2:
                    raise
        raise AssertionError

    async def remove(self, user_id: int, origin: Origin, now: datetime) -> bool:
        """Forgets the picture; says whether there was one."""
        async with self._engine.begin() as connection:
            gone = (await connection.execute(sa.delete(avatars).where(avatars.c.user_id == user_id))).rowcount > 0
            if gone:
                await record(connection, origin, "avatar.removed", at=now, subject_id=user_id, subject=origin.name)
        return gone

    async def version(self, user_id: int) -> str | None:
        """The current picture's version, or None."""
        async with self._engine.connect() as connection:
            found: str | None = await connection.scalar(sa.select(avatars.c.version).where(avatars.c.user_id == user_id).limit(1))
        return found

    async def find(self, user_id: int, size: int) -> tuple[str, bytes] | None:
        """Version and file of one size, or None."""
        async with self._engine.connect() as connection:
            row = (
                await connection.execute(
                    sa.select(avatars.c.version, avatars.c.content).where(avatars.c.user_id == user_id, avatars.c.size == size)
                )
            ).one_or_none()
        return None if row is None else (row.version, bytes(row.content))


def avatar_url(user_id: int, version: str, size: int) -> str:
    """Where a picture lies."""
    return f"/users/avatar/{user_id}/{size}?v={version}"


def avatar_json(user_id: int, version: str | None) -> dict[str, Any] | None:
    """As in the profile: the version and an address for each size; None without a picture."""
    if version is None:
        return None
    return {"version": version, "urls": {str(size): avatar_url(user_id, version, size) for size in pictures.SIZES}}


def avatar_routes() -> list[BaseRoute]:
    """The routes of this module; `request.state` needs `profiles` (`web.profiles.Profiles`)."""
    return [
        Route("/users/api/avatar", _put, methods=["PUT"]),
        Route("/users/api/avatar", _remove, methods=["DELETE"]),
        Route("/users/avatar/{user_id:int}/{size:int}", _get, methods=["GET"]),
    ]


async def _put(request: Request[Any]) -> Response:
    principal = await require(request)
    try:
        content = await read_bytes(request, pictures.MAX_BYTES)
    except WebError as error:
        if error.status != 413:
            raise
        message = N_("The file is larger than {mb} MB. Choose a smaller one.")
        raise WebError(413, "picture_large", message, field="file", mb=pictures.MAX_BYTES // 1024**2) from None
    files = await request.state["profiles"].workshop.squares(content)
    version = await request.state["profiles"].avatars.put(principal.user_id, files, origin_of(request, principal), utc_now())
    return JSONResponse({"avatar": avatar_json(principal.user_id, version)}, headers=_NO_STORE)


async def _remove(request: Request[Any]) -> Response:
    principal = await require(request)
    await request.state["profiles"].avatars.remove(principal.user_id, origin_of(request, principal), utc_now())
    return Response(status_code=204, headers=_NO_STORE)


async def _get(request: Request[Any]) -> Response:
    """A picture, for whoever is signed in. With its version in the address it never changes, so browsers need not ask again."""
    await require(request)
    user_id, size = request.path_params["user_id"], request.path_params["size"]
    found = await request.state["profiles"].avatars.find(user_id, size) if size in pictures.SIZES else None
    if found is None:
        raise WebError(404, "not_found", N_("There is nothing at this address."))
    version, content = found
    tag = f'"{version}-{size}"'
    fixed = request.query_params.get("v") == version
    headers = {
        "cache-control": f"private, max-age={_YEAR_S}, immutable" if fixed else "private, no-cache",
        "etag": tag,
        "x-content-type-options": "nosniff",
        "content-security-policy": "default-src 'none'; sandbox",
        "cross-origin-resource-policy": "same-origin",
    }
    if tag in [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="image/webp")
