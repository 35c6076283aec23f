"""Where a notice about a ticket leads: `/tasks/{id}`. Until tickets have pages of their own that is Redmine's page."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from web.auth import require
from web.errors import WebError
from web.i18n import N_

__all__ = ["task_routes"]


def task_routes() -> list[Route]:
    """The routes; they use `settings` of the request's state."""

    async def task(request: Request) -> Response:
        await require(request)
        redmine = request.state.settings.redmine_url
        if redmine is None:
            raise WebError(404, "not_found", N_("There is nothing at this address."))
        return RedirectResponse(f"{redmine.rstrip('/')}/issues/{request.path_params['task_id']}", 303)

    return [Route("/tasks/{task_id:int}", task, methods=["GET"], name="task")]
