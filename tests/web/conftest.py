"""A whole site over in-memory ends: the real store and routes, no socket, cheap password hashes."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from web.auth import require
from web.error_pages import exception_handlers
from web.pages import page_routes
from web.profile import profile_routes
from web.profiles import ProfileDirectory, open_profiles
from web.security import SecurityMiddleware
from web.settings import Settings
from web.state import State, open_state, open_store
from web.users import user_routes

CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse"
ORIGIN = "https://navigator.test"

TEMPLATES = {
    "shell.html": '<html lang="{{ locale }}" data-theme="{{ theme }}"><script type="application/json" id="boot">{{ boot }}</script>'
    "<script type=module src=\"{{ asset('app').js }}\"></script></html>",
    "gallery.html": "gallery {{ asset('gallery').js }} {{ page }}",
    "login.html": "<form>{% if error %}<p role=alert>{{ error }}</p>{% endif %}"
    "{% if erp_away_days is not none %}<p role=status>away {{ erp_away_days }}</p>{% endif %}{{ 'ticked' if remember }}"
    '<input name=username value="{{ username }}">'
    "<input name=next value=\"{{ next }}\">{{ gettext('Inbox') }}</form>",
    "profile.html": "profile {{ asset('profile').js }} {{ page }}",
    "erp_away.html": "good until {{ until }}, on to {{ next }}",
    "offline.html": "offline {{ locale }}",
    "error.html": "{{ 'framed' if boot }} <h1>{{ words.title }}</h1><p>{{ words.hint }}</p><a href=\"{{ href }}\">{{ words.way }}</a>",
}


def make_settings(**given: Any) -> Settings:
    """Settings from plain values, as a file would give them."""
    return Settings(**given)


@dataclass
class Site:
    """A running site and one browser."""

    state: State
    browser: httpx.AsyncClient
    app: ASGIApp

    def client(self, **headers: str) -> httpx.AsyncClient:
        """Another browser or program."""
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url=ORIGIN, headers=headers)

    async def person(self, name: str = "anna", **fields: Any) -> int:
        """An account with the usual password."""
        return await self.state["people"].add(name, password_hash=CHEAP.hash(PASSWORD), **fields)

    async def sign_in(self, name: str = "anna", client: httpx.AsyncClient | None = None) -> str:
        """Signs the browser in and returns its CSRF token."""
        browser = client or self.browser
        answer = await browser.post("/users/login", json={"username": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        csrf: str = (await browser.get("/users/api/me")).json()["csrf"]
        return csrf


@pytest.fixture
async def engine(store_url: str) -> AsyncIterator[AsyncEngine]:
    """A fresh store on each back end in turn, without a site around it."""
    async with open_store(make_settings(store_url=store_url, secret_keys=["k" * 32])) as engine:
        yield engine


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A front end, as Vite leaves it."""
    directory = tmp_path / "static"
    (directory / "assets").mkdir(parents=True)
    manifest = {
        "src/entries/app.ts": {"file": "assets/app-Ab12Cd34.js", "css": ["assets/app-Zz99Yy88.css"], "imports": ["_shared.js"]},
        "src/entries/ops.ts": {"file": "assets/ops-55667788.js", "imports": ["_shared.js"]},
        "src/entries/profile.ts": {"file": "assets/profile-99887766.js", "imports": ["_shared.js"]},
        "src/entries/gallery.ts": {"file": "assets/gallery-11112222.js", "imports": ["_shared.js"]},
        "_shared.js": {"file": "assets/shared-33334444.js", "css": ["assets/shared-55556666.css"]},
    }
    (directory / "manifest.json").write_text(json.dumps(manifest))
    (directory / "assets/app-Ab12Cd34.js").write_text("plain")
    (directory / "assets/app-Ab12Cd34.js.br").write_bytes(b"brotli")
    (directory / "assets/app-Ab12Cd34.js.gz").write_bytes(b"gzip")
    (directory / "sw.js").write_text("worker")
    return directory


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """Small pages."""
    directory = tmp_path / "templates"
    directory.mkdir()
    for name, text in TEMPLATES.items():
        (directory / name).write_text(text)
    return directory


OpenSite = Callable[..., AbstractAsyncContextManager[Site]]


@pytest.fixture
def open_site(tmp_path: Path, store_file: Path, static: Path, templates: Path) -> OpenSite:
    """Opens a site with these settings."""

    @asynccontextmanager
    async def opened(*, templates: Path = templates, directory: ProfileDirectory | None = None, **given: Any) -> AsyncIterator[Site]:
        shutil.copyfile(store_file, tmp_path / "navigator.sqlite")
        values = {"public_url": ORIGIN, "store_url": f"sqlite+aiosqlite:///{tmp_path}/navigator.sqlite", **given}
        chosen = make_settings(**values)

        async def broken(_request: Request) -> PlainTextResponse:
            raise RuntimeError("a secret in the text of an error")

        async def administrators_only(request: Request) -> PlainTextResponse:
            await require(request, "admin")
            return PlainTextResponse("welcome")

        async def change(_request: Request) -> PlainTextResponse:
            return PlainTextResponse("changed")

        inner = Starlette(
            routes=[
                *user_routes(),
                *profile_routes(),
                *page_routes(static),
                Route("/broken", broken),
                Route("/admin", administrators_only),
                Route("/change", change, methods=["POST"]),
            ],
            middleware=[Middleware(SecurityMiddleware, settings=chosen)],
            exception_handlers=exception_handlers(),
        )
        async with (
            open_state(chosen, templates=templates, static=static, hasher=CHEAP) as state,
            open_profiles(state["engine"], state["people"], chosen, directory) as profiles,
        ):

            async def app(scope: Scope, receive: Receive, send: Send) -> None:
                await inner({**scope, "state": {**state, "profiles": profiles}}, receive, send)

            transport = httpx.ASGITransport(app, client=("192.0.2.1", 40000))
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as browser:
                yield Site(state, browser, app)

    return opened


@pytest.fixture
async def site(open_site: OpenSite) -> AsyncIterator[Site]:
    """A site with one person, anna."""
    async with open_site() as opened:
        await opened.person()
        yield opened
