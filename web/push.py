"""Push as the settings describe it: the senders that are on, and what browsers must know of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from adapters.push.endpoint import PushHosts
from adapters.push.fcm import open_fcm
from adapters.push.vapid import VapidKey
from adapters.push.webpush import open_webpush
from hub.push import PushSender
from web.settings import Settings

__all__ = ["Push", "open_push"]

_log = structlog.get_logger("web.push")


@dataclass(frozen=True, slots=True)
class Push:
    """What is on. Without a sender notifications still wait in every inbox."""

    senders: tuple[PushSender, ...]
    hosts: PushHosts
    vapid: VapidKey | None


@asynccontextmanager
async def open_push(settings: Settings) -> AsyncIterator[Push]:
    """The senders of the areas that are set up, open while the block runs."""
    areas, senders, vapid = settings.areas(), list[PushSender](), None
    hosts = PushHosts.parse(settings.push_allowed_hosts)
    async with AsyncExitStack() as stack:
        if areas["push_fcm"].on and settings.firebase_service_account_path and settings.firebase_project_id:
            fcm = open_fcm(
                service_account_path=settings.firebase_service_account_path,
                project_id=settings.firebase_project_id,
                site=settings.site,
            )
            senders.append(await stack.enter_async_context(fcm))
        if areas["push_web"].on and settings.vapid_private_key and settings.vapid_subject:
            vapid = VapidKey.load(settings.vapid_private_key.get_secret_value(), settings.vapid_subject)
            senders.append(await stack.enter_async_context(open_webpush(vapid=vapid, hosts=hosts, site=settings.site)))
        yield Push(tuple(senders), hosts, vapid)
