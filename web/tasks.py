"""The pages of the tickets: the list `/tasks/` and one ticket `/tasks/{id}`, where a notice about a ticket leads.

Both are one page of the browser, which goes from the list to a ticket and back without loading anew. What is in a ticket
comes from `/tasks/api/…`, which asks Redmine what this person may see: the page itself says nothing of any ticket.
"""

from __future__ import annotations

from starlette.routing import Route

from web.pages import shell_page

__all__ = ["task_routes"]


def task_routes() -> list[Route]:
    """The routes; they find what they need in `web.state.State`."""
    page = shell_page("tasks.html", "tasks")
    return [
        Route("/tasks/", page, methods=["GET"], name="tasks"),
        Route("/tasks/{task_id:int}", page, methods=["GET"], name="task"),
    ]
