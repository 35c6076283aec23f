"""`navigator demo`: the whole product with nothing behind it, on sandboxes that speak the upstreams' own protocols.

What the settings name is used as it is; what they leave out is filled with a sandbox and kept under `var/demo`.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.push import vapid
from adapters.sandbox.erp import open_sandbox_erp
from adapters.sandbox.finesse import open_sandbox_finesse
from adapters.sandbox.network import open_sandbox_network
from adapters.sandbox.people import PEOPLE, Person
from adapters.sandbox.redmine import open_sandbox_redmine
from hub.hub import utc_now
from hub.store import watermarks
from web import logs
from web.passwords import HASHER, hash_password
from web.people import People
from web.server import make_server
from web.settings import EXIT_CODE, Settings
from web.settings_load import load
from web.startup import create_app
from web.state import open_store

__all__ = ["demo", "demo_logins"]

DIRECTORY = Path("var/demo")
_WHO = {
    "manager": {"ru": "руководитель поддержки", "en": "support manager"},
    "agent": {"ru": "сотрудник поддержки", "en": "support agent"},
    "requester": {"ru": "заявитель", "en": "requester"},
}
_RIGHTS = {"manager": ["admin", "quality", "netmonitor", "finesse"], "agent": ["quality", "netmonitor", "finesse"]}
"""What the demo's people may by their role; nothing else by default. Who is there already is given what is added here, once."""
_BY = "navigator demo"
_GIVEN = "demo:rights"


def demo(config: Path | None) -> int:
    """Runs until interrupted; the process' exit code."""
    settings = load(config)
    logs.configure(settings.log_format, settings.log_level)
    return asyncio.run(_demo(settings))


def demo_logins() -> list[Person]:
    """The people that one can be in the demo."""
    return [person for person in PEOPLE if person.demo]


async def _demo(settings: Settings) -> int:
    async with AsyncExitStack() as stack:
        filled: dict[str, Any] = {"demo": True}
        if "store_url" not in settings.model_fields_set:
            filled["store_url"] = SecretStr(f"sqlite+aiosqlite:///{DIRECTORY / 'navigator.sqlite'}")
        areas = settings.areas()
        if not areas["redmine"].on:
            redmine = await stack.enter_async_context(open_sandbox_redmine(DIRECTORY / "redmine"))
            filled |= {
                "redmine_url": redmine.url,
                "redmine_db_url": SecretStr(redmine.db_url),
                "redmine_api_key": SecretStr(redmine.api_key),
                "redmine_time_zone": redmine.zone,
            }
        sandboxed = not areas["erp"].on
        if sandboxed:
            erp = await stack.enter_async_context(open_sandbox_erp(DIRECTORY / "erp"))
            filled |= {"erp_dsn": erp.dsn, "erp_user": erp.user, "erp_password": SecretStr(erp.password)}
        if not areas["netmonitor"].on:
            network = await stack.enter_async_context(open_sandbox_network(DIRECTORY / "network"))
            filled["hosts_file"] = network.path
        if not areas["finesse"].on:
            finesse = await stack.enter_async_context(open_sandbox_finesse(DIRECTORY / "finesse", life=True))
            filled |= {"finesse_url": finesse.url, "finesse_notify_url": finesse.notify_url}
        if not areas["push_web"].on:
            filled["vapid_private_key"] = SecretStr(await asyncio.to_thread(_kept_key, DIRECTORY / "vapid.key"))
            filled["vapid_subject"] = "mailto:helpdesk@tez.example"
        settings = settings.model_copy(update=filled)
        await _accounts(settings, local=not sandboxed)

        server = make_server(create_app(settings), settings)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.serve(), name="http_server")
            while not server.started and not serving.done():  # noqa: ASYNC110  # uvicorn has no event for it
                await asyncio.sleep(0.02)
            if server.started:
                print(_greeting(settings), flush=True)
        return 0 if server.started else EXIT_CODE


async def _accounts(settings: Settings, *, local: bool) -> None:
    """Prepares the accounts of the demo people, where they are not there yet: the manager's permission must be somewhere.

    They have no password of ours and sign in through the sandbox's ERP, unless a real one takes its place: then they are `local`.
    """
    async with open_store(settings) as engine:
        people, given = People(engine), await _given(engine)
        for person in demo_logins():
            rights = _RIGHTS.get(person.role, [])
            known = await people.find(person.login)
            if known is not None:
                for right in rights:  # what has come since that store was made; once, so that taking it away lasts
                    if right not in given.get(person.login, ()):
                        await people.grant(known.id, right, _BY)
                given[person.login] = rights
                continue
            identities = {"email": person.email}
            if person.redmine_id is not None:
                identities["redmine"] = str(person.redmine_id)
            if person.erp_id is not None:
                identities["erp"] = str(person.erp_id)
            if person.agent:
                identities["finesse"] = person.agent
            password_hash = await asyncio.to_thread(hash_password, HASHER, person.password) if local else None
            await people.add(
                person.login,
                password_hash=password_hash,
                display_name=person.name,
                permissions=rights,
                identities=identities,
                granted_by=_BY,
            )
            given[person.login] = rights
        await _remember(engine, given)


async def _given(engine: AsyncEngine) -> dict[str, list[str]]:
    """The rights that each of the demo's people was ever given here, by login name."""
    async with engine.connect() as connection:
        value = await connection.scalar(sa.select(watermarks.c.value).where(watermarks.c.source == _GIVEN))
    return {} if value is None else dict(value["rights"])


async def _remember(engine: AsyncEngine, given: dict[str, list[str]]) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.delete(watermarks).where(watermarks.c.source == _GIVEN))
        row = {"source": _GIVEN, "value": {"rights": given}, "updated_at": utc_now()}
        await connection.execute(sa.insert(watermarks).values(**row))


def _kept_key(path: Path) -> str:
    """The demo's Web Push key: made once, so that subscriptions outlive a restart."""
    if path.exists():
        return path.read_text().strip()
    path.parent.mkdir(parents=True, exist_ok=True)
    private, _ = vapid.generate()
    path.touch(mode=0o600)
    path.write_text(private)
    return private


def _greeting(settings: Settings) -> str:
    width = max(len(person.login) for person in demo_logins())
    logins = [f"    {p.login:<{width}}  {p.password:<{width + 5}}  {p.name}, {_WHO[p.role]['en']}" for p in demo_logins()]
    phones = ", ".join(f"{p.login} at {p.phone}" for p in demo_logins() if p.agent)
    return "\n".join(
        [
            "",
            f"  TEZ Navigator is at {settings.site}",
            "  Sign in as:",
            *logins,
            f"  Take calls with the same password: {phones}. Customers call whoever is ready about every 40 seconds.",
            "  Colleagues comment and assign every few seconds, hosts of the network come and go. Ctrl+C ends it.",
            "",
        ]
    )
