"""What `navigator doctor` tries, area by area."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from sqlalchemy.exc import SQLAlchemyError

from adapters.erp.client import open_erp
from adapters.erp.errors import ErpBusy, ErpError, ErpRefused, ErpSlow, ErpUnavailable
from adapters.erp.queries import BINDS, COLUMNS, ErpQueries, with_list
from adapters.netmonitor.inventory.faults import Fault, InventoryErrors
from adapters.netmonitor.inventory.loader import read_file
from adapters.netmonitor.inventory.logins import login_faults, logins_of
from adapters.netmonitor.people import accounts
from adapters.netmonitor.probe.prober import open_prober
from adapters.netmonitor.values import Inventory, Ping
from adapters.push.vapid import VapidKey
from adapters.redmine.check import check as check_redmine
from adapters.redmine.engine import create_engine
from hub.bus import Bus, BusAway, backend_for
from hub.store import create_engine as create_store
from web.doctor import Check, Finding, Verdict
from web.erp import access_of
from web.finesse.doctor import check_finesse
from web.settings import Settings

__all__ = ["CHECKS"]

_TIMEOUT_S = 5.0
_FUNCTION = "login-function"
_MOST_FAULTS = 20
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


async def _erp(settings: Settings) -> list[Finding]:
    """Signs in and tries every statement that reads; what writes is parsed and not run, and no value is shown."""
    access = access_of(settings)
    if access is None:
        return []
    found = []
    async with open_erp(replace(access, connect_s=_TIMEOUT_S / 2, call_s=_TIMEOUT_S / 4)) as erp:
        for purpose, sql, binds in _erp_statements(settings):
            missing: list[str] = []
            try:
                if binds is None:
                    await erp.parse(f"doctor-{purpose}", sql)
                else:
                    missing = sorted(COLUMNS.get(purpose, frozenset()) - await erp.columns(f"doctor-{purpose}", sql, binds))
            except (ErpRefused, ErpUnavailable, ErpBusy) as error:
                return [Finding("erp", Verdict.FAILED, _ERP_WORDS[type(error)].format(code=error.detail))]
            except ErpError as error:
                words = "does not answer in time" if isinstance(error, ErpSlow) else "is refused"
                found.append(Finding("erp", Verdict.FAILED, f"{_setting(purpose)} {words}: {error.detail}"))
            else:
                if missing:
                    found.append(Finding("erp", Verdict.FAILED, f"{_setting(purpose)} gives no column {', '.join(missing).upper()}"))
    return found or [Finding("erp", Verdict.OK, f"signed in as {settings.erp_user}; every statement was tried")]


_ERP_WORDS: Mapping[type[ErpError], str] = {
    ErpRefused: "the account may not sign in: {code}; check ERP_USER, ERP_PASSWORD and whether it is locked or expired",
    ErpUnavailable: "cannot be reached: {code}; check ERP_DSN and the network",
    ErpBusy: "takes no more connections: {code}",
}


def _setting(purpose: str) -> str:
    """What to mend: the setting behind a statement."""
    return {"events": "ERP_EVENTS_VIEW", _FUNCTION: "ERP_LOGIN_FUNCTION"}.get(purpose, f"the statement {purpose} of ERP_QUERIES")


def _erp_statements(settings: Settings) -> Iterator[tuple[str, str, dict[str, Any] | None]]:
    """(purpose, statement, binds) of what the product asks, for nobody; without binds it would change something."""
    queries, day = ErpQueries(**settings.erp_queries), datetime(1970, 1, 1)
    nobody: dict[str, Any] = {"id": -1, "login": "-", "phone": "-", "first": day, "last": day}
    for purpose, needed in BINDS.items():
        sql = getattr(queries, purpose)
        if purpose == "vpn_renew":
            yield purpose, sql, None
        elif "ids" in needed:
            yield purpose, *with_list(sql, [-1])
        else:
            yield purpose, sql, {name: nobody[name] for name in needed}
    yield (
        "events",
        f"select EVENT_ID, USER_ID, KIND, TITLE, BODY, URL, CREATED_AT from {settings.erp_events_view} where EVENT_ID = :id",
        {"id": -1},
    )
    if settings.erp_login == "function":
        # asked for somebody it might count a failure, or lock an account
        yield _FUNCTION, f"begin :said := {settings.erp_login_function}(:login, :password); end;", None


async def _push_web(settings: Settings) -> list[Finding]:
    if settings.vapid_private_key is None or settings.vapid_subject is None:
        return []
    key = VapidKey.load(settings.vapid_private_key.get_secret_value(), settings.vapid_subject)
    found = [Finding("push_web", Verdict.OK, f"public key {key.public}")]
    if not settings.secure:
        found.append(Finding("push_web", Verdict.WARNING, "PUBLIC_URL is not https: browsers allow push on this machine only"))
    return found


async def _netmonitor(settings: Settings) -> list[Finding]:
    """Reads the hosts file and tries whether pings may be sent; none is sent."""
    if settings.hosts_file is None:
        return []
    pinged = True
    try:
        inventory = await asyncio.to_thread(read_file, settings.hosts_file)
    except InventoryErrors as errors:
        found = [Finding("netmonitor", Verdict.FAILED, one.said()) for one in errors.faults[:_MOST_FAULTS]]
        if len(errors.faults) > _MOST_FAULTS:
            found.append(Finding("netmonitor", Verdict.FAILED, f"and {len(errors.faults) - _MOST_FAULTS} more mistakes in the hosts file"))
    else:
        groups = {host.group for host in inventory.hosts if host.group}
        pinged = any(isinstance(host.check, Ping) for host in inventory.hosts)
        found = [Finding("netmonitor", Verdict.OK, f"hosts: {len(inventory.hosts)}, groups: {len(groups)}")]
        strange = await _strange_logins(settings, inventory)
        found += [Finding("netmonitor", Verdict.WARNING, one.said()) for one in strange[:_MOST_FAULTS]]
        if len(strange) > _MOST_FAULTS:
            found.append(Finding("netmonitor", Verdict.WARNING, f"and {len(strange) - _MOST_FAULTS} more names in notify that nobody has"))
    async with open_prober() as prober:
        why = prober.explain()
    if why is not None:
        found.append(Finding("netmonitor", Verdict.FAILED if pinged else Verdict.WARNING, why))
    return found


async def _strange_logins(settings: Settings, inventory: Inventory) -> list[Fault]:
    """Names in `notify` without an account. A store that is not there, or of another version, is told by its own check."""
    logins = logins_of(inventory)
    path = settings.store_path
    if not logins or (path is not None and not await asyncio.to_thread(path.exists)):
        return []
    engine = await asyncio.to_thread(create_store, settings.store_url.get_secret_value())
    try:
        return login_faults(inventory, await accounts(engine, logins))
    except SQLAlchemyError:
        return []
    finally:
        await engine.dispose()


CHECKS: Mapping[str, Check] = {
    "bus": _bus,
    "redmine": _redmine,
    "erp": _erp,
    "finesse": check_finesse,
    "netmonitor": _netmonitor,
    "push_web": _push_web,
}
"""By area, and the bus; the other areas are only told to be on or off."""
