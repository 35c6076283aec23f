"""What every request finds in `request.state`: opened by the lifespan, closed after the last request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import TypedDict

import structlog
from argon2 import PasswordHasher
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.erp.directory import Directory
from hub.store import create_engine, migrate
from web.assets import STATIC, Assets
from web.boot import vapid_public_key
from web.erp import open_directory
from web.erp_sign_in import AskLimits, ErpSignIn
from web.i18n import I18n
from web.passwords import Passwords, open_passwords
from web.people import People
from web.permissions import Permissions
from web.redmine_login import RedmineLogins, open_redmine_logins
from web.rendering import TEMPLATES, Templates
from web.sessions import Lifetime, Sessions
from web.settings import Settings
from web.sign_in import Erp, SignIn
from web.standing import Standings
from web.synchronise import Copies
from web.view_as import ViewAs

__all__ = ["State", "open_state", "open_store"]

_SWEEP_S = 3600.0

_log = structlog.get_logger("web.state")


class State(TypedDict):
    """The part that signing in and the pages need; areas add theirs in a subclass."""

    settings: Settings
    engine: AsyncEngine
    sessions: Sessions
    people: People
    sign_in: SignIn
    passwords: Passwords
    permissions: Permissions
    view_as: ViewAs
    directory: Directory | None
    """The ERP's people; None where there is no ERP."""
    templates: Templates
    i18n: I18n
    vapid_public_key: str | None


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[AsyncEngine]:
    """The store, made and brought to this version where needed, while the block runs."""
    path = settings.store_path
    if path is not None:
        await asyncio.to_thread(lambda: path.parent.mkdir(parents=True, exist_ok=True))
    engine = await asyncio.to_thread(create_engine, settings.store_url.get_secret_value())  # SQLite's resolves the path
    try:
        await migrate(engine)
        yield engine
    finally:
        await engine.dispose()


@asynccontextmanager
async def open_state(
    settings: Settings, *, templates: Path = TEMPLATES, static: Path = STATIC, hasher: PasswordHasher | None = None
) -> AsyncIterator[State]:
    """Everything in `State`, open while the block runs. The directories and the hasher's parameters are for tests."""
    async with AsyncExitStack() as stack:
        engine = await stack.enter_async_context(open_store(settings))
        passwords = await stack.enter_async_context(open_passwords(hasher, priority=settings.hashing_priority))
        i18n = await asyncio.to_thread(I18n.load)
        assets = await asyncio.to_thread(Assets.load, static)
        sessions = Sessions(engine, _lifetime(settings))
        people = People(engine)
        directory = await stack.enter_async_context(open_directory(settings))
        redmine = await stack.enter_async_context(open_redmine_logins(settings, engine))
        erp = _erp(settings, directory, engine, sessions, redmine) if directory else None
        sweeper = asyncio.create_task(_sweep(sessions), name="session_sweep")
        stack.push_async_callback(_stop, sweeper)
        yield State(
            settings=settings,
            engine=engine,
            sessions=sessions,
            people=people,
            sign_in=SignIn(people, passwords, erp=erp),
            directory=directory,
            passwords=passwords,
            permissions=Permissions(engine, sessions),
            view_as=ViewAs(engine),
            templates=await asyncio.to_thread(Templates.load, assets, i18n, templates),
            i18n=i18n,
            vapid_public_key=vapid_public_key(settings),
        )


def _lifetime(settings: Settings) -> Lifetime:
    return Lifetime(
        idle=timedelta(hours=settings.session_idle_hours),
        absolute=timedelta(hours=settings.session_hours),
        remembered_idle=timedelta(days=settings.session_remember_idle_days),
        remembered=timedelta(days=settings.session_days),
    )


def _erp(settings: Settings, directory: Directory, engine: AsyncEngine, sessions: Sessions, redmine: RedmineLogins | None) -> Erp:
    return Erp(
        asking=ErpSignIn(directory, AskLimits(within_s=settings.erp_sign_in_s, at_once=settings.erp_sign_ins)),
        copies=Copies(engine),
        term=timedelta(days=settings.erp_password_days),
        fell=Standings(engine, sessions).fell,
        link=redmine.link if redmine else None,
    )


async def _sweep(sessions: Sessions) -> None:
    while True:
        try:
            await sessions.sweep()
        except SQLAlchemyError:  # the store is away: what has ended stays invisible, and is deleted an hour later
            _log.warning("session_sweep_failed", exc_info=True)
        await asyncio.sleep(_SWEEP_S)


async def _stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
