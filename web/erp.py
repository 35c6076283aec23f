"""The ERP's people for what a person waits for: signing in, the profile.

They have connections of their own, so that a sign-in that hangs delays no event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from zoneinfo import ZoneInfo

from adapters.erp.client import Erp, ErpSettings, open_erp
from adapters.erp.directory import Directory
from adapters.erp.queries import ErpQueries
from web.settings import Settings

__all__ = ["access_of", "directory_of", "open_directory"]

_SPARE = 2
"""Connections beyond the sign-ins at a time: calls that were given up hold theirs until they end by their own limits."""


@asynccontextmanager
async def open_directory(settings: Settings) -> AsyncIterator[Directory | None]:
    """The directory while the block runs; None when the area `erp` is off. Connects when first asked."""
    access = access_of(settings)
    if access is None:
        yield None
        return
    limit = settings.erp_sign_in_s / 3  # to connect, and for a call; a peer that is dead behind a live socket takes two of them
    async with open_erp(replace(access, size=settings.erp_sign_ins + _SPARE, connect_s=limit, call_s=limit)) as erp:
        yield directory_of(erp, settings)


def access_of(settings: Settings) -> ErpSettings | None:
    """How to reach the ERP, with the adapter's own limits; None when the area `erp` is off."""
    if settings.erp_dsn is None or settings.erp_user is None or settings.erp_password is None:
        return None
    return ErpSettings(dsn=settings.erp_dsn, user=settings.erp_user, password=settings.erp_password.get_secret_value())


def directory_of(erp: Erp, settings: Settings) -> Directory:
    """The directory over these connections, as the settings say: statements, words, how a password is proven."""
    return Directory(
        erp,
        ErpQueries(**settings.erp_queries),
        zone=ZoneInfo(settings.erp_time_zone),
        login=settings.erp_login,
        function=settings.erp_login_function,
        blocked=settings.erp_blocked,
    )
