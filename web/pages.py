"""The pages around the areas: the shell, the gallery of components, offline; the install manifest, the worker, the built files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from web.assets import STATIC, Static
from web.auth import require
from web.i18n import N_
from web.rendering import script_json
from web.state import State
from web.users import boot_of

__all__ = ["page_routes", "shell_page"]

_COLOUR = "#1f2933"


def page_routes(static: Path = STATIC) -> list[BaseRoute]:
    """The routes of this module; they find what they need in `web.state.State`. `static` is where the front end is built."""
    files = Static(static)

    async def worker(request: Request[State]) -> Response:
        # Browsers let a worker rule only the folder that it lies in, so it is served from the root.
        return await files.get_response("sw.js", request.scope)

    return [
        Route("/", shell_page("shell.html", "inbox"), methods=["GET"]),
        Route("/gallery", shell_page("gallery.html", "gallery"), methods=["GET"]),
        Route("/offline", _offline, methods=["GET"]),
        Route("/manifest.webmanifest", _manifest, methods=["GET"]),
        Route("/sw.js", worker, methods=["GET"]),
        Mount("/static", files, name="static"),
    ]


def shell_page(template: str, page: str, *, permission: str | None = None) -> Any:
    """The handler of an area's page: the frame with its boot data, for whoever is signed in and may."""

    async def show(request: Request[State]) -> Response:
        principal = await require(request, permission)
        boot = await boot_of(request, principal)
        context = {"boot": script_json(boot), "theme": boot["theme"], "page": page, "user": boot["user"], "areas": boot["areas"]}
        return request.state["templates"].page(template, principal.locale, context)

    return show


async def _offline(request: Request[State]) -> Response:
    # Kept by the service worker for whoever comes without a network: says nothing of a person.
    locale = request.state["i18n"].choose(request)
    return request.state["templates"].page("offline.html", locale, {"theme": "system"}, headers={"cache-control": "no-cache"})


async def _manifest(request: Request[State]) -> Response:
    i18n = request.state["i18n"]
    locale = i18n.choose(request)
    icons = [
        {"src": f"/static/icons/{name}-{size}.png", "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
        for name, purpose in (("icon", "any"), ("maskable", "maskable"))
        for size in (192, 512)
    ]
    content = {
        "id": "/",
        "name": "TEZ Navigator",
        "short_name": "Navigator",
        "description": i18n.text(locale, N_("Tickets, network and calls in one window.")),
        "lang": locale,
        "dir": "ltr",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "theme_color": _COLOUR,
        "background_color": _COLOUR,
        "icons": icons,
        "shortcuts": [{"name": i18n.text(locale, N_("Inbox")), "url": "/", "icons": icons[:1]}],
    }
    headers = {"cache-control": "no-cache", "vary": "Accept-Language"}
    return JSONResponse(content, headers=headers, media_type="application/manifest+json")
