"""The ERP's people for what a person waits for: signing in, the profile.

They have connections of their own, so that a sign-in that hangs delays no event.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from zoneinfo import ZoneInfo

from adapters.erp.client import Erp, ErpSettings, open_erp
from adapters.erp.directory import Directory
from adapters.erp.queries import ErpQueries
from web.settings import Settings

__all__ = ["directory_of", "open_directory"]

_SPARE = 2
"""Connections beyond the sign-ins at a time: calls that were given up hold theirs until they end by their own limits."""


@asynccontextmanager
async def open_directory(settings: Settings) -> AsyncIterator[Directory | None]:
    """The directory while the block runs; None when the area `erp` is off. Connects when first asked."""
    if not (settings.areas()["erp"].on and settings.erp_dsn and settings.erp_user and settings.erp_password):
        yield None
        return
    limit = settings.erp_sign_in_s / 3  # to connect, and for a call; a peer that is dead behind a live socket takes two of them
    access = ErpSettings(
        dsn=settings.erp_dsn,
        user=settings.erp_user,
        password=settings.erp_password.get_secret_value(),
        size=settings.erp_sign_ins + _SPARE,
        connect_s=limit,
        call_s=limit,
    )
    async with open_erp(access) as erp:
        yield directory_of(erp, settings)


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
