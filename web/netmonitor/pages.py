"""The pages of the network monitor: the dashboard, one host, the wall screen, the setup.

What they show comes by the topics and the interface.
"""

from __future__ import annotations

from starlette.routing import Route

from web.pages import shell_page

__all__ = ["network_page_routes"]


def network_page_routes() -> list[Route]:
    """The routes; the setup is for administrators, everything else for whoever has the permission `netmonitor`."""
    page = shell_page("netmonitor.html", "network", permission="netmonitor")
    wall = shell_page("netmonitor_wall.html", "network", permission="netmonitor")
    return [
        Route("/netmonitor/", page, methods=["GET"], name="network"),
        Route("/netmonitor/hosts/{id}", page, methods=["GET"], name="network_host"),
        Route("/netmonitor/wall", wall, methods=["GET"], name="network_wall"),
        Route("/netmonitor/setup", shell_page("netmonitor.html", "network", permission="admin"), methods=["GET"], name="network_setup"),
    ]
