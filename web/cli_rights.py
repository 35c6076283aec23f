"""`navigator user grant|revoke|disable|enable`: rights by the command line, noticed by every running node within 2 s."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store import sessions
from web.audit import Origin
from web.people import PERMISSIONS, NoSuchPerson, People, Person
from web.permissions import LastAdmin, Permissions
from web.sessions import Sessions
from web.settings import Settings
from web.state import open_store
from web.stop import Stop

__all__ = ["add_rights"]

_ORIGIN = Origin(user_id=None, name="command line")

Work = Callable[[AsyncEngine, Person], Awaitable[str]]


def add_rights(people: Any, settings_of: Callable[[argparse.Namespace], Settings]) -> None:
    """Adds the four actions to the parser of `navigator user`."""

    def action(name: str, text: str, work: Callable[[argparse.Namespace], Work]) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = people.add_parser(name, help=text, description=text)
        made.add_argument("name", help="login name")
        made.set_defaults(run=lambda options: _run(settings_of(options), options.name, work(options)))
        return made

    for name, text, work in (("grant", "give a right", _grant), ("revoke", "take a right", _revoke)):
        action(name, text, work).add_argument("permission", metavar="RIGHT", choices=PERMISSIONS, help=" | ".join(PERMISSIONS))
    action("disable", "lock an account and end every sign-in", lambda _options: _disable)
    action("enable", "let a locked account in again", lambda _options: _enable)


def _run(settings: Settings, name: str, work: Work) -> int:
    async def run() -> str:
        async with open_store(settings) as engine:
            person = await People(engine).find(name)
            if person is None:
                raise NoSuchPerson(name)
            return await work(engine, person)

    try:
        print(asyncio.run(run()))
    except LastAdmin:
        raise Stop(f"{name} is the last active administrator: make somebody else one first") from None
    return 0


def _rights(engine: AsyncEngine) -> Permissions:
    return Permissions(engine, Sessions(engine))


def _grant(options: argparse.Namespace) -> Work:
    async def give(engine: AsyncEngine, person: Person) -> str:
        new = await _rights(engine).grant(person.id, options.permission, _ORIGIN)
        return f"Gave {options.permission} to {person.name}." if new else f"{person.name} has {options.permission} already."

    return give


def _revoke(options: argparse.Namespace) -> Work:
    async def take(engine: AsyncEngine, person: Person) -> str:
        had = await _rights(engine).revoke(person.id, options.permission, _ORIGIN)
        return f"Took {options.permission} from {person.name}." if had else f"{person.name} does not have {options.permission}."

    return take


async def _disable(engine: AsyncEngine, person: Person) -> str:
    mine = sa.select(sa.func.count()).select_from(sessions).where(sessions.c.user_id == person.id)
    async with engine.connect() as connection:
        count = await connection.scalar(mine) or 0
    await _rights(engine).set_active(person.id, False, _ORIGIN)
    return f"Disabled {person.name}; sign-ins ended: {count}."


async def _enable(engine: AsyncEngine, person: Person) -> str:
    await _rights(engine).set_active(person.id, True, _ORIGIN)
    return f"Enabled {person.name}."
