"""Every path of the tickets' interface, once: how it is asked, and what has to be known for its answer.

A path that is served without standing here fails `test_every_path.py`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import httpx
import msgspec
import schemathesis
from schemathesis.checks import not_a_server_error

from tests.web.seats import Seat
from tests.web.tickets.test_openapi import CHECKS
from web.tickets.openapi import document

__all__ = ["API", "PATHS", "At", "Path", "Table", "code_of"]

API = "/tasks/api"
_CHECKS = [check for check in CHECKS if check is not not_a_server_error]
"""502 and 503 are answers like others here: it is asked while Redmine is away."""
_TASK = f"{API}/task/{{task_id}}"
Need = Literal["see", "change", "own", "list", "bulk"]


@dataclass(frozen=True, slots=True)
class At:
    """What the table's addresses and bodies are filled in with."""

    id: int = 1
    version: str = "0-0"
    file: int = 1
    job: str = "1.none"
    view: int = 1
    text: str = "слово"
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A method of an address.

    `need`: what is asked for the answer. `see`: Redmine, whether the person sees the issue. `change`: Redmine, whether they may change
    it. `list`: Redmine's database. `bulk`: Redmine, after the answer. `own`: nobody but our store.
    """

    method: str
    path: str
    need: Need
    status: int = 200
    """Of a good answer."""
    body: Mapping[str, Any] | None = None
    """With `version`, `text` and `attachments` of `At` where their value is None, and the issue's number in `ids`."""
    file: bool = False
    query: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    def url(self, at: At) -> str:
        """The address."""
        return self.path.format(task_id=at.id, attachment_id=at.file, job=at.job, id=at.view)

    def content(self, at: At) -> dict[str, Any]:
        """The body, as httpx takes it."""
        if self.file:
            return {"content": b"abc"}
        if self.body is None:
            return {}
        known = {"version": at.version, "base": at.version, "text": at.text, "ids": [at.id], "attachments": list(at.attachments)}
        return {"json": {name: known[name] if value is None else value for name, value in self.body.items()}}

    async def ask(self, who: Seat | httpx.AsyncClient, at: At, **headers: str) -> httpx.Response:
        """As the person's page does it; a bare browser has no token."""
        browser, csrf = (who.browser, {"x-csrf-token": who.made.csrf}) if isinstance(who, Seat) else (who, {})
        given = {"idempotency-key": secrets.token_urlsafe(12)} | csrf | {name.replace("_", "-"): value for name, value in headers.items()}
        return await browser.request(self.method, self.url(at), params=self.query, headers=given, **self.content(at))


_VIEW = {"name": "Мои открытые", "query": {"status": "open"}}
PATHS = (
    Path(method="GET", path=_TASK, need="see"),
    Path(method="GET", path=f"{_TASK}/statuses", need="see"),
    Path(method="GET", path=f"{_TASK}/priorities", need="see"),
    Path(method="GET", path=f"{_TASK}/assignees", need="see", query={"q": "в"}),
    Path(method="GET", path=f"{_TASK}/attachment/{{attachment_id}}/download", need="see"),
    Path(method="PUT", path=f"{_TASK}/status", need="change", body={"version": None, "status_id": 2}),
    Path(method="PUT", path=f"{_TASK}/priority", need="change", body={"version": None, "priority_id": 3}),
    Path(method="PUT", path=f"{_TASK}/assignee", need="change", body={"version": None, "assignee_id": 5}),
    Path(method="POST", path=f"{_TASK}/comments", need="change", body={"version": None, "text": None, "attachments": None}),
    Path(method="POST", path=f"{_TASK}/attachments", need="see", status=201, file=True, query={"filename": "a.txt"}),
    Path(method="GET", path=f"{_TASK}/draft", need="own"),
    Path(method="PUT", path=f"{_TASK}/draft", need="own", body={"text": None, "base": None}),
    Path(method="DELETE", path=f"{_TASK}/draft", need="own"),
    Path(method="POST", path=f"{_TASK}/read", need="own", body={"version": None}),
    Path(method="POST", path=f"{API}/preview", need="own", body={"text": None, "format": "textile"}),
    Path(method="GET", path=f"{API}/openapi.json", need="own"),
    Path(method="GET", path=f"{API}/tasks", need="list", query={"status": "all", "limit": "5"}),
    Path(method="GET", path=f"{API}/search", need="list", query={"q": "принтер"}),
    Path(method="GET", path=f"{API}/views", need="list"),
    Path(method="POST", path=f"{API}/views", need="list", status=201, body=_VIEW),
    Path(method="PUT", path=f"{API}/views/{{id}}", need="list", body=_VIEW),
    Path(method="DELETE", path=f"{API}/views/{{id}}", need="own", status=204),
    Path(method="POST", path=f"{API}/bulk", need="bulk", status=202, body={"ids": None, "change": {"comment": "всем"}}),
    Path(method="GET", path=f"{API}/bulk/{{job}}", need="own"),
    Path(method="POST", path=f"{API}/bulk/{{job}}/undo", need="own", status=409),  # a comment stays said
)


class Table:
    """The document, to hold answers against."""

    def __init__(self) -> None:
        self.operations: dict[str, Any] = {}
        schema: Any = schemathesis.openapi.from_dict(msgspec.json.decode(document()))
        for operation in (found.ok() for found in schema.get_all_operations()):
            self.operations[operation.label] = operation

    def check(self, path: Path, answer: httpx.Response) -> None:
        """Raises for an answer that the document does not name: by status, type or shape."""
        assert answer.status_code != 500, answer.text
        filled = {"task_id": 1, "attachment_id": 1, "job": "1.none", "id": 1}
        self.operations[str(path)].Case(path_parameters=filled).validate_response(answer, checks=_CHECKS)


def code_of(answer: httpx.Response) -> tuple[int, str]:
    """Status, and the error's code where there is one."""
    if answer.status_code < 400:
        return answer.status_code, ""
    return answer.status_code, str(answer.json()["error"]["code"])
