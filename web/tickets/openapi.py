"""The interface in OpenAPI 3.1, made of the very values that requests are read into and answers are made of.

A route without an entry here fails `tests/web/tickets/test_openapi.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from types import NoneType
from typing import Any

import msgspec

from web import ticket_json as lists
from web.tickets import shapes, wants

__all__ = ["OPERATIONS", "Operation", "document"]

_ID = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "One new key for each wish; the same key again gets the first answer again, for 24 hours.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
}
_CSRF = {
    "name": "X-CSRF-Token",
    "in": "header",
    "required": True,
    "description": "The session's token, as `/users/api/me` tells it; not needed with a bearer token.",
    "schema": {"type": "string"},
}
_ERRORS: Mapping[int, str] = {
    400: "`bad_request`: no JSON, or a malformed one",
    401: "`unauthenticated`",
    403: "`forbidden`, `read_only`, `foreign_origin`, `bad_csrf`; Redmine's: `not_allowed`, `redmine_sign_in`",
    404: "`not_found`",
    409: "`in_progress`; `bulk_running`, `not_undoable`; `too_many_views`",
    413: "`too_large`",
    415: "`unsupported_media_type`",
    416: "`bad_range`",
    422: "`bad_value` with the field; `key_reused`; `files_not_private`; `refused` by Redmine",
    428: "`key_required`: the header Idempotency-Key is missing",
    503: "`redmine_away`, `redmine_off`, `busy`, `store_unavailable`: nothing was done, try again after `Retry-After` seconds",
}
_READS = (401, 403, 404, 503)
_BODY = (400, 413, 415, 422)
_ONCE = (409, 428)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address."""

    id: str
    says: str
    answer: type | None
    """None: a file; NoneType: no content."""
    status: int = 200
    body: type | None = None
    raw: bool = False
    """Takes a file."""
    once: bool = False
    """Wants an Idempotency-Key."""
    writes: bool = False
    """Changes an issue: may clash, may be unclear."""
    query: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    errors: tuple[int, ...] = ()


_task = "/tasks/api/task/{task_id}"
_change: Mapping[str, Any] = {"once": True, "writes": True}


def _text(longest: int, pattern: str | None = None) -> dict[str, Any]:
    return {"schema": {"type": "string", "maxLength": longest} | ({"pattern": pattern} if pattern else {})}


_NUMBERS = "[0-9]{1,9}(,[0-9]{1,9}){0,49}"
_LIST: Mapping[str, Mapping[str, Any]] = {
    "view": _text(64),
    "q": _text(200),
    "status": _text(500, f"^(open|closed|all|{_NUMBERS})$"),
    **{name: _text(500, f"^{_NUMBERS}$") for name in ("project", "tracker", "priority")},
    "assignee": _text(500, f"^(me|none|{_NUMBERS})$"),
    "author": _text(500, f"^(me|{_NUMBERS})$"),
    "watcher": _text(2, "^me$"),
    **{name: {"schema": {"type": "string", "format": "date"}} for name in ("from", "to")},
    "sort": {"schema": {"type": "string", "enum": ["updated", "created", "priority", "id", "status", "subject"]}},
    "dir": {"schema": {"type": "string", "enum": ["asc", "desc"]}},
    "offset": {"schema": {"type": "integer", "minimum": 0, "maximum": 1_000_000}},
    "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": 200}},
}
OPERATIONS: Mapping[tuple[str, str], Operation] = {
    ("GET", "/tasks/api/openapi.json"): Operation(id="openapi", says="This document.", answer=dict, errors=(401,)),
    ("POST", "/tasks/api/preview"): Operation(
        id="preview", says="A text as it would be shown.", answer=shapes.Html, body=wants.PostPreview, errors=(401, 403, 503)
    ),
    ("POST", "/tasks/api/bulk"): Operation(
        id="startBulk",
        says="Changes many issues; progress stands in the topic `bulk:{job}`.",
        answer=shapes.BulkStarted,
        status=202,
        body=wants.PostBulk,
        once=True,
        errors=(401, 403, 503),
    ),
    ("GET", "/tasks/api/bulk/{job}"): Operation(id="bulkJob", says="How far a job of one's own is.", answer=shapes.BulkJob, errors=_READS),
    ("POST", "/tasks/api/bulk/{job}/undo"): Operation(
        id="undoBulk",
        says="Takes a finished job back, but for issues that were changed since.",
        answer=shapes.BulkStarted,
        status=202,
        once=True,
        errors=(*_READS, 422),
    ),
    ("GET", _task): Operation(id="task", says="The whole issue as the person sees it.", answer=shapes.Task, errors=_READS),
    ("GET", f"{_task}/statuses"): Operation(id="statuses", says="The statuses the person may set.", answer=shapes.Statuses, errors=_READS),
    ("PUT", f"{_task}/status"): Operation(
        id="setStatus", says="Sets the status.", answer=shapes.Written, body=wants.PutStatus, errors=_READS, **_change
    ),
    ("GET", f"{_task}/priorities"): Operation(
        id="priorities", says="The priorities the person may set.", answer=shapes.Priorities, errors=_READS
    ),
    ("PUT", f"{_task}/priority"): Operation(
        id="setPriority", says="Sets the priority.", answer=shapes.Written, body=wants.PutPriority, errors=_READS, **_change
    ),
    ("GET", f"{_task}/assignees"): Operation(
        id="assignees",
        says="Those who may be given the issue, at most 50.",
        answer=shapes.Assignees,
        query={"q": {"description": "Words of the name.", "schema": {"type": "string", "maxLength": 100}}},
        errors=(*_READS, 422),
    ),
    ("PUT", f"{_task}/assignee"): Operation(
        id="setAssignee",
        says="Gives the issue to somebody, or to nobody.",
        answer=shapes.Written,
        body=wants.PutAssignee,
        errors=_READS,
        **_change,
    ),
    ("POST", f"{_task}/comments"): Operation(
        id="comment", says="Comments.", answer=shapes.Written, body=wants.PostComment, errors=_READS, **_change
    ),
    ("POST", f"{_task}/attachments"): Operation(
        id="upload",
        says="Takes a file for a comment that is being written; nobody sees it before.",
        answer=shapes.Uploaded,
        status=201,
        raw=True,
        query={"filename": {"required": True, "schema": {"type": "string", "minLength": 1, "maxLength": 255}}},
        errors=(*_READS, 413, 422),
    ),
    ("GET", f"{_task}/attachment/{{attachment_id}}/download"): Operation(
        id="download",
        says="A file, whole or in part (`Range`).",
        answer=None,
        query={"inline": {"description": "1: to be shown in a page; pictures only.", "schema": {"type": "string"}}},
        errors=(*_READS, 416),
    ),
    ("GET", f"{_task}/draft"): Operation(id="draft", says="One's own draft.", answer=shapes.DraftAnswer, errors=(401, 404)),
    ("PUT", f"{_task}/draft"): Operation(
        id="saveDraft", says="Saves one's draft.", answer=shapes.DraftAnswer, body=wants.PutDraft, errors=(401, 403, 404)
    ),
    ("DELETE", f"{_task}/draft"): Operation(
        id="dropDraft", says="Throws one's draft away.", answer=shapes.DraftAnswer, errors=(401, 403, 404)
    ),
    ("POST", f"{_task}/read"): Operation(
        id="markRead", says="Keeps up to where one has read.", answer=shapes.Ok, body=wants.PostRead, errors=(401, 403, 404)
    ),
    ("GET", "/tasks/api/tasks"): Operation(
        id="tasks", says="A page of the list.", answer=lists.TasksAnswer, query=_LIST, errors=(401, 422, 503)
    ),
    ("GET", "/tasks/api/search"): Operation(
        id="search",
        says="Tickets with these words, or of this number.",
        answer=lists.SearchAnswer,
        query={"q": _text(200), "limit": {"schema": {"type": "integer", "minimum": 1, "maximum": 50}}},
        errors=(401, 422, 503),
    ),
    ("GET", "/tasks/api/views"): Operation(id="views", says="The views with their counts.", answer=lists.ViewsAnswer, errors=(401, 503)),
    ("POST", "/tasks/api/views"): Operation(
        id="addView",
        says="Keeps a personal view.",
        answer=lists.ViewShape,
        status=201,
        body=lists.PutView,
        errors=(401, 403, 409, 503),
    ),
    ("PUT", "/tasks/api/views/{id}"): Operation(
        id="putView", says="Changes a personal view.", answer=lists.ViewShape, body=lists.PutView, errors=_READS
    ),
    ("DELETE", "/tasks/api/views/{id}"): Operation(
        id="removeView", says="Deletes a personal view.", answer=NoneType, status=204, errors=_READS
    ),
}
"""Method and address -> what it does."""


@cache
def document() -> bytes:
    """The document, encoded."""
    return msgspec.json.encode(_document())


def _document() -> dict[str, Any]:
    types = {item for op in OPERATIONS.values() for item in (op.answer, op.body) if item not in (None, dict, NoneType)}
    types |= {shapes.ErrorAnswer, shapes.ConflictAnswer, shapes.UnclearAnswer}
    _, schemas = msgspec.json.schema_components(sorted(types, key=lambda one: one.__name__), ref_template="#/components/schemas/{name}")
    paths: dict[str, Any] = {}
    for (method, path), op in OPERATIONS.items():
        paths.setdefault(path, {})[method.lower()] = _operation(method, path, op)
    return {
        "openapi": "3.1.0",
        "info": {"title": "TEZ Navigator: tickets", "version": "1", "description": "Work on Redmine issues. Times are RFC 3339 in UTC."},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "cookie": {"type": "apiKey", "in": "cookie", "name": "navigator_session"},
                "bearer": {"type": "http", "scheme": "bearer"},
            },
        },
        "security": [{"cookie": []}, {"bearer": []}],
    }


def _operation(method: str, path: str, op: Operation) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": dict(schema)} for name, schema in _in_path(path).items()
    ]
    parameters += [{"name": name, "in": "query", **one} for name, one in op.query.items()]
    if method != "GET":
        parameters.append(_CSRF)
    if op.once:
        parameters.append(_KEY)
    described: dict[str, Any] = {"operationId": op.id, "summary": op.says, "parameters": parameters, "responses": _responses(op)}
    if op.body is not None:
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref(op.body)}}}
    elif op.raw:
        described["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    return described


def _in_path(path: str) -> dict[str, Mapping[str, Any]]:
    return {
        name: schema
        for name, schema in (("task_id", _ID), ("attachment_id", _ID), ("id", _ID), ("job", {"type": "string", "minLength": 1}))
        if f"{{{name}}}" in path
    }


def _responses(op: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {str(op.status): {"description": op.says, "content": _content(op.answer)}}
    if op.answer is None:
        found["206"] = {"description": "The part that was asked for.", "content": _content(None)}
        found["304"] = {"description": "The file is the same."}
    wanted = {*op.errors, *(_BODY if op.body else ()), *(_ONCE if op.once else ()), *((422,) if op.once else ())}
    for status in sorted(wanted):
        found[str(status)] = {"description": _ERRORS[status], "content": _content(shapes.ErrorAnswer)}
    if op.writes:
        found["409"] = {"description": "`conflict`: others were first; `in_progress`", "content": _content(shapes.ConflictAnswer)}
        found["502"] = {"description": "`unclear`: nobody knows whether it was done", "content": _content(shapes.UnclearAnswer)}
    return found


def _content(kind: type | None) -> dict[str, Any]:
    if kind is NoneType:
        return {}
    if kind is None:
        return {"application/octet-stream": {}, **{f"image/{name}": {} for name in ("png", "jpeg", "gif", "webp")}}
    return {"application/json": {"schema": {"type": "object"} if kind is dict else _ref(kind)}}


def _ref(kind: type) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
