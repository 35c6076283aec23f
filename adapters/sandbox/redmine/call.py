"""One authenticated request to the sandbox's Redmine, and how it is answered."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from adapters.sandbox.redmine import issues
from adapters.sandbox.redmine.database import Database
from adapters.sandbox.redmine.edits import facts
from adapters.sandbox.redmine.rules import Site, User

__all__ = ["Call", "Refusal", "empty"]


class Refusal(Exception):
    """The request ends here with an empty body."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Call:
    """One authenticated request with the site as it stands."""

    __slots__ = ("database", "json", "request", "site", "user")

    def __init__(self, request: Request, database: Database, site: Site, user: User, body: dict[str, Any]) -> None:
        self.request, self.database, self.site, self.user, self.json = request, database, site, user, body

    @property
    def include(self) -> frozenset[str]:
        """The words of `include`."""
        return frozenset(word.strip() for word in self.request.query_params.get("include", "").split(","))

    def number(self) -> int:
        """The id in the path; anything but digits exists nowhere."""
        text = str(self.request.path_params["id"])
        if not text.isdecimal():
            raise Refusal(404)
        return int(text)

    async def issue(self, connection: AsyncConnection) -> issues.Row:
        """The issue of the path: 404 when there is none, 403 when the user may not see it."""
        row = await issues.find(connection, self.number())
        if row is None:
            raise Refusal(404)
        if not self.site.sees(self.user, facts(row)):
            raise Refusal(403)
        return row

    def answer(self, value: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
        """JSON with an ETag; 304 when the client has it already."""
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        tag = f'W/"{hashlib.sha256(body).hexdigest()[:32]}"'
        if status == 200 and self.request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"etag": tag})
        fields = {"content-type": "application/json; charset=utf-8", "etag": tag, "cache-control": "max-age=0, private, must-revalidate"}
        return Response(body, status, {**fields, **(headers or {})})


def empty(status: int) -> Response:
    """An answer of headers alone."""
    headers = {"content-type": "application/json", "content-length": "0"}
    if status == 401:
        headers["www-authenticate"] = 'Basic realm="Redmine API"'
    return Response(status_code=status, headers=headers)
