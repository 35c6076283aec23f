"""The built front end: which files an entry needs, and how they are sent."""

from __future__ import annotations

import json
import mimetypes
import re
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import anyio.to_thread
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from web.errors import NotBuilt

__all__ = ["STATIC", "Assets", "Static", "encodings"]

STATIC = Path(__file__).parent / "static"
"""Where the front end is built to."""
_PREFIX = "/static/"
_HASHED = re.compile(r"assets/.*-[A-Za-z0-9_-]{8}\.[a-z0-9.]+")  # Vite's names: assets/name-hash.ext
_SUFFIXES = {"br": ".br", "gzip": ".gz"}
_TYPES = {  # what this machine's own table says must not decide
    ".css": "text/css; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}
mimetypes.init()  # reads that table: here and not at the first request, where it would hold up the loop


class Assets:
    """Vite's manifest, read once."""

    def __init__(self, manifest: Mapping[str, Any] | None) -> None:
        self._manifest = manifest

    @classmethod
    def load(cls, directory: Path = STATIC) -> Assets:
        """Reads `manifest.json`; without one, every page says that the front end is not built. Blocking."""
        try:
            return cls(json.loads((directory / "manifest.json").read_text("utf-8")))
        except FileNotFoundError:
            return cls(None)

    def asset(self, entry: str) -> dict[str, Any]:
        """What the page of an entry (`app`, or `src/entries/app.ts`) loads:
        `js`: its module's address, `css`: style sheets, `imports`: modules to preload.

        Raises NotBuilt when the front end or this entry is missing.
        """
        key = entry if "/" in entry else f"src/entries/{entry}.ts"
        if self._manifest is None or key not in self._manifest:
            raise NotBuilt
        css: dict[str, None] = {}
        imports: dict[str, None] = {}
        self._walk(key, css, imports)
        own = _PREFIX + self._manifest[key]["file"]
        imports.pop(own, None)
        return {"js": own, "css": list(css), "imports": list(imports)}

    def _walk(self, key: str, css: dict[str, None], imports: dict[str, None]) -> None:
        chunk = (self._manifest or {})[key]
        if _PREFIX + chunk["file"] in imports:
            return
        imports[_PREFIX + chunk["file"]] = None
        for other in chunk.get("imports", ()):
            self._walk(other, css, imports)
        css.update({_PREFIX + sheet: None for sheet in chunk.get("css", ())})


def encodings(header: str) -> list[str]:
    """Of `br` and `gzip` those that `Accept-Encoding` takes (RFC 9110, section 12.5.3), the smaller one first."""
    taken: dict[str, bool] = {}
    for part in header.split(","):
        name, _, parameter = part.strip().partition(";")
        taken[name.strip().lower()] = not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", parameter)
    return [name for name in _SUFFIXES if taken.get(name, taken.get("*", False))]


class Static(StaticFiles):
    """Built files: hashed names are kept for ever, the others asked for again; a smaller ready-made form is sent if taken."""

    def __init__(self, directory: Path = STATIC) -> None:
        super().__init__(directory=directory, check_dir=False)
        self.config_checked = True  # a front end that is not built is a 404, told of by the pages

    async def get_response(self, path: str, scope: Scope) -> Response:
        """One file. Raises HTTPException 404 and 405."""
        response = await self._smaller(path, scope) or await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if _HASHED.fullmatch(path) else "no-cache"
        response.headers["vary"] = "Accept-Encoding"
        if response.status_code == 200:
            response.headers["content-type"] = _TYPES.get(PurePosixPath(path).suffix, "application/octet-stream")
        return response

    async def _smaller(self, path: str, scope: Scope) -> Response | None:
        if scope["method"] not in ("GET", "HEAD"):
            return None
        for encoding in encodings(Headers(scope=scope).get("accept-encoding", "")):
            try:
                full, found = await anyio.to_thread.run_sync(self.lookup_path, path + _SUFFIXES[encoding])
            except (OSError, ValueError):
                raise HTTPException(404) from None
            if found is None or not stat.S_ISREG(found.st_mode):
                continue
            response = self.file_response(full, found, scope)
            if response.status_code == 200:
                response.headers["content-encoding"] = encoding
            return response
        return None
