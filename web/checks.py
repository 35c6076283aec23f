"""What `navigator doctor` tries, area by area."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from zoneinfo import ZoneInfo

import httpx

from adapters.push.vapid import VapidKey
from adapters.redmine.check import check as check_redmine
from adapters.redmine.engine import create_engine
from hub.bus import Bus, BusAway, backend_for
from web.doctor import Check, Finding, Verdict
from web.settings import Settings

__all__ = ["CHECKS"]

_TIMEOUT_S = 5.0
_LEVELS = {"ok": Verdict.OK, "warning": Verdict.WARNING, "error": Verdict.FAILED}


async def _bus(settings: Settings) -> list[Finding]:
    backend = backend_for(settings.bus_url.get_secret_value())
    if backend.one_node:
        return [Finding("bus", Verdict.OK, "in memory, for one node")]
    async with Bus(backend=backend) as bus:
        try:
            async with asyncio.timeout(_TIMEOUT_S), bus.subscribe("doctor") as messages:
                begun = time.monotonic()
                await bus.publish("doctor", b"")
                await messages.get()
                took_ms = (time.monotonic() - begun) * 1_000
        except TimeoutError:
            return [Finding("bus", Verdict.FAILED, str(bus.failure or f"no answer within {_TIMEOUT_S:.0f} s"))]
        found = [Finding("bus", Verdict.OK, f"a message went round in {took_ms:.1f} ms")]
        with suppress(BusAway):  # INFO is nothing that the bus needs the right to
            policy = (await backend.about()).get("maxmemory_policy", "noeviction")
            if policy != "noeviction":
                found.append(Finding("bus", Verdict.WARNING, f"maxmemory-policy is {policy}: messages may vanish; set it to noeviction"))
        return found


async def _redmine(settings: Settings) -> list[Finding]:
    found = []
    if settings.redmine_url is not None:
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT_S, trust_env=False) as client:
                answer = await client.get(settings.redmine_url)
            verdict = Verdict.OK if answer.status_code < 500 else Verdict.FAILED
            found.append(Finding("redmine", verdict, f"{settings.redmine_url} answers {answer.status_code}"))
        except httpx.HTTPError as error:
            found.append(Finding("redmine", Verdict.FAILED, f"{settings.redmine_url}: {str(error) or type(error).__name__}"))
    if settings.redmine_db_url is not None:
        engine = create_engine(settings.redmine_db_url.get_secret_value())
        try:
            seen = await check_redmine(engine, zone=ZoneInfo(settings.redmine_time_zone), deadline_s=_TIMEOUT_S)
            found += [Finding("redmine", _LEVELS[one.level], one.text["en"]) for one in seen]
        finally:
            await engine.dispose()
    return found


async def _push_web(settings: Settings) -> list[Finding]:
    if settings.vapid_private_key is None or settings.vapid_subject is None:
        return []
    key = VapidKey.load(settings.vapid_private_key.get_secret_value(), settings.vapid_subject)
    found = [Finding("push_web", Verdict.OK, f"public key {key.public}")]
    if not settings.secure:
        found.append(Finding("push_web", Verdict.WARNING, "PUBLIC_URL is not https: browsers allow push on this machine only"))
    return found


CHECKS: Mapping[str, Check] = {"bus": _bus, "redmine": _redmine, "push_web": _push_web}
"""By area, and the bus; the other areas are only told to be on or off."""
