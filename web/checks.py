"""What `navigator doctor` tries, area by area."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import httpx

from adapters.push.vapid import VapidKey
from adapters.redmine.check import check as check_redmine
from adapters.redmine.engine import create_engine
from web.doctor import Check, Finding, Verdict
from web.settings import Settings

__all__ = ["CHECKS"]

_TIMEOUT_S = 5.0
_LEVELS = {"ok": Verdict.OK, "warning": Verdict.WARNING, "error": Verdict.FAILED}


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


CHECKS: Mapping[str, Check] = {"redmine": _redmine, "push_web": _push_web}
"""By area; the others are only told to be on or off."""
