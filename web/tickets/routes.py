"""The addresses of the interface of one issue, `/tasks/api/…`. Lists, views and the search are another module's."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from hub.principal import Principal
from web.tickets import bulk_routes, reading, writing
from web.tickets.openapi import document
from web.tickets.section import Tickets
from web.tickets.serving import answer, guarded

__all__ = ["ticket_routes"]

API = "/tasks/api"
TASK = f"{API}/task/{{task_id:int}}"


async def _openapi(_request: Request, _tickets: Tickets, _principal: Principal) -> Response:
    """This interface in OpenAPI 3.1."""
    return answer(document())


def ticket_routes() -> list[Route]:
    """The routes; they use `tickets` of the request's state."""
    return [
        Route(f"{API}/openapi.json", guarded(_openapi), methods=["GET"]),
        Route(f"{API}/preview", guarded(reading.preview), methods=["POST"]),
        Route(f"{API}/bulk", guarded(bulk_routes.bulk), methods=["POST"]),
        Route(f"{API}/bulk/{{job}}", guarded(bulk_routes.bulk_job), methods=["GET"]),
        Route(f"{API}/bulk/{{job}}/undo", guarded(bulk_routes.bulk_undo), methods=["POST"]),
        Route(TASK, guarded(reading.task), methods=["GET"]),
        Route(f"{TASK}/statuses", guarded(reading.statuses), methods=["GET"]),
        Route(f"{TASK}/status", guarded(writing.put_status), methods=["PUT"]),
        Route(f"{TASK}/priorities", guarded(reading.priorities), methods=["GET"]),
        Route(f"{TASK}/priority", guarded(writing.put_priority), methods=["PUT"]),
        Route(f"{TASK}/assignees", guarded(reading.assignees), methods=["GET"]),
        Route(f"{TASK}/assignee", guarded(writing.put_assignee), methods=["PUT"]),
        Route(f"{TASK}/comments", guarded(writing.post_comment), methods=["POST"]),
        Route(f"{TASK}/attachments", guarded(writing.post_attachment), methods=["POST"]),
        Route(f"{TASK}/attachment/{{attachment_id:int}}/download", guarded(reading.download), methods=["GET"]),
        Route(f"{TASK}/draft", guarded(reading.get_draft), methods=["GET"]),
        Route(f"{TASK}/draft", guarded(reading.put_draft), methods=["PUT"]),
        Route(f"{TASK}/draft", guarded(reading.delete_draft), methods=["DELETE"]),
        Route(f"{TASK}/read", guarded(reading.read), methods=["POST"]),
    ]
