"""A world of this test's own in the real Redmine: every kind of project and role, people who have them, issues told by dice.

Made through REST where Redmine allows it, by SQL elsewhere (roles, archived projects); taken away at the end. Nobody else is a member.

Other tests use the same Redmine at the same time, and the worlds of runs that were killed stay in it. So what is compared is this world's
issues alone: `World.listed` asks REST for them, `World.narrowed` makes a person's sight end at the world's projects.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.redmine.engine import Reader, normalise_url
from adapters.redmine.tickets.viewer import Viewer, load_viewer
from tests.peers.redmine_peer import RedminePeer

__all__ = ["SECRET", "World", "open_world"]

SECRET = "семафор"  # a word that stands only in private notes
_HASH = "!ruby/hash:ActiveSupport::HashWithIndifferentAccess"
_NARROW = f"--- {_HASH}\npermissions_all_trackers: {_HASH}\n  view_issues: '0'\npermissions_tracker_ids: {_HASH}\n  view_issues:\n  - '1'\n"
_ROLES = {
    "all": ("all", ("view_issues", "view_private_notes"), None),
    "default": ("default", ("view_issues", "view_issue_watchers"), None),
    "own": ("own", ("view_issues",), None),
    "narrow": ("all", ("view_issues",), _NARROW),
    "blind": ("all", ("add_issues",), None),
}
_PROJECTS = {
    "private": (False, 1, True),
    "public": (True, 1, True),
    "closed": (False, 5, True),
    "archived": (False, 9, True),
    "plain": (False, 1, False),
    "empty": (True, 1, True),
}
"""name -> public, status, has the issue module. `empty` lies under `public`."""
_PEOPLE = {
    "anna": ("ru", ""),
    "boris": ("en", "Eastern Time (US & Canada)"),
    "vera": ("de", "Tokyo"),
    "gleb": ("", ""),
}
"""name -> language and time zone in Redmine."""
_WORDS = ("принтер", "Ёлка", "сервер", "почта", "wi-fi", "пропуск", "ошибка 0x80070005", "заявка")


@dataclass(frozen=True)
class World:
    """What was made."""

    peer: RedminePeer
    writer: AsyncEngine
    people: dict[str, tuple[int, str]]
    """name -> Redmine's id, API key."""
    projects: dict[str, int]
    roles: dict[str, int]
    group: int
    issues: Sequence[int]

    async def sql(self, text: str, **values: Any) -> list[Any]:
        """Plain SQL as an account that may write."""
        async with self.writer.begin() as connection:
            done = await connection.execute(sa.text(text), values)
            return list(done.all()) if done.returns_rows else [done.lastrowid]

    async def seen(self, name: str, **params: Any) -> list[int]:
        """The issues of this world that REST lists for this person, in its order."""
        return await self.listed(self.people[name][1], **params)

    async def listed(self, key: str, **params: Any) -> list[int]:
        """The issues of this world that REST lists for the owner of a key."""
        return await listed(self.peer, key, self.issues, **params)

    async def viewer(self, reader: Reader, number: int) -> Viewer:
        """The sight of a person, as far as this world goes."""
        return self.narrowed(await load_viewer(reader, number))

    def narrowed(self, viewer: Viewer) -> Viewer:
        """The same sight without the projects of others."""
        ours = frozenset(self.projects.values())
        kept = {sights: tuple(id for id in ids if id in ours) for sights, ids in viewer.projects.items()}
        return replace(viewer, projects={sights: ids for sights, ids in kept.items() if ids}, note_projects=viewer.note_projects & ours)


async def listed(peer: RedminePeer, key: str, among: Sequence[int], **params: Any) -> list[int]:
    """Which of these issues REST lists for the owner of a key, in its order; of every status if none is said."""
    found: list[int] = []
    asked: dict[str, Any] = {"status_id": "*", "sort": "id", "limit": 100, "issue_id": ",".join(map(str, among))} | params
    async with httpx.AsyncClient(base_url=peer.url, headers={"X-Redmine-API-Key": key}, timeout=30) as client:
        while True:
            answer = await client.get("/issues.json", params=asked | {"offset": len(found)})
            if answer.status_code == 403:  # a project whose issues the person may not see at all
                return []
            page = [issue["id"] for issue in answer.json()["issues"]]
            found += page
            if len(page) < 100:
                return found


@asynccontextmanager
async def open_world(peer: RedminePeer, *, seed: int = 5) -> AsyncIterator[World]:
    """The world, while the block runs."""
    dice, tag = random.Random(seed), random.SystemRandom().randrange(10**9)
    writer = create_async_engine(normalise_url(peer.db_rw_url), poolclass=sa.NullPool)
    async with httpx.AsyncClient(base_url=peer.url, headers=peer.headers("admin"), timeout=30) as client:
        roles: dict[str, int] = {}
        projects: dict[str, int] = {}
        people: dict[str, tuple[int, str]] = {}
        group = 0
        try:
            for name in _PEOPLE:
                people[name] = await _person(client, f"{name}{tag}")
            made = await client.post("/groups.json", json={"group": {"name": f"Смена {tag}", "user_ids": [people["boris"][0]]}})
            group = made.json()["group"]["id"]
            for name in _PROJECTS:
                projects[name] = await _project(client, f"{name}-{tag}", projects.get("public") if name == "empty" else None)
            async with writer.begin() as connection:
                await _preferences(connection, people)
                await _rules(connection, tag, roles, projects)
                await _members(connection, roles, projects, people, group)
                numbers = [number for number, _key in people.values()]
                issues = await _issues(connection, dice, list(projects.values()), [*numbers, group], numbers)
            yield World(peer, writer, people, projects, roles, group, issues)
        finally:
            async with writer.begin() as connection:
                ids = [*projects.values(), 0]
                await connection.execute(sa.text("UPDATE projects SET status = 1 WHERE id IN :ids").bindparams(_in("ids")), {"ids": ids})
            for project in projects.values():
                await client.delete(f"/projects/{project}.json")
            for number, _key in people.values():
                await client.delete(f"/users/{number}.json")
            if group:
                await client.delete(f"/groups/{group}.json")
            async with writer.begin() as connection:
                gone = sa.text("DELETE FROM roles WHERE id IN :ids").bindparams(_in("ids"))
                await connection.execute(gone, {"ids": [*roles.values(), 0]})
            await writer.dispose()


def _in(name: str) -> Any:
    return sa.bindparam(name, expanding=True)


async def _person(client: httpx.AsyncClient, login: str) -> tuple[int, str]:
    values = {
        "login": login,
        "firstname": "Тест",
        "lastname": login.capitalize(),
        "mail": f"{login}@example.org",
        "password": "long-enough-1",
    }
    made = (await client.post("/users.json", json={"user": values})).json()["user"]
    return made["id"], made["api_key"]


async def _preferences(connection: AsyncConnection, people: dict[str, tuple[int, str]]) -> None:
    for name, (language, zone) in _PEOPLE.items():
        values = {"u": people[name][0], "l": language, "z": zone}
        await connection.execute(sa.text("UPDATE users SET language = :l WHERE id = :u"), values)
        await connection.execute(sa.text("DELETE FROM user_preferences WHERE user_id = :u"), values)
        await connection.execute(sa.text("INSERT INTO user_preferences (user_id, time_zone) VALUES (:u, :z)"), values)


async def _project(client: httpx.AsyncClient, identifier: str, parent: int | None) -> int:
    values = {"name": identifier, "identifier": identifier, "is_public": False, "enabled_module_names": ["issue_tracking"]}
    values |= {"parent_id": parent} if parent else {}
    return int((await client.post("/projects.json", json={"project": values})).json()["project"]["id"])


async def _rules(connection: AsyncConnection, tag: int, roles: dict[str, int], projects: dict[str, int]) -> None:
    for name, (visibility, permissions, settings) in _ROLES.items():
        listed = "---\n" + "".join(f"- :{permission}\n" for permission in permissions)
        values = {"n": f"{name} {tag}", "p": listed, "v": visibility, "s": settings}
        done = await connection.execute(
            sa.text(
                "INSERT INTO roles (name, position, assignable, builtin, permissions, issues_visibility, users_visibility,"
                " time_entries_visibility, all_roles_managed, settings) VALUES (:n, 90, 1, 0, :p, :v, 'all', 'all', 1, :s)"
            ),
            values,
        )
        roles[name] = int(done.lastrowid)
    for name, (public, status, module) in _PROJECTS.items():
        changed = {"i": projects[name], "p": public, "s": status}
        await connection.execute(sa.text("UPDATE projects SET is_public = :p, status = :s WHERE id = :i"), changed)
        if not module:
            await connection.execute(sa.text("DELETE FROM enabled_modules WHERE project_id = :i"), {"i": projects[name]})


async def _members(
    connection: AsyncConnection, roles: dict[str, int], projects: dict[str, int], people: dict[str, tuple[int, str]], group: int
) -> None:
    """anna sees all, boris (in the group) the default and a narrowed rest, vera her own, gleb is a member of nothing but blind."""
    given = [
        *(("anna", project, ("all",)) for project in ("private", "closed", "archived", "plain")),
        ("boris", "private", ("default", "narrow")),
        ("boris", "closed", ("narrow",)),
        ("vera", "private", ("own",)),
        ("vera", "closed", ("default",)),
        ("gleb", "private", ("blind",)),
        ("gleb", "closed", ("own", "blind")),
    ]
    for who, project, has in given:
        values = {"u": people[who][0], "p": projects[project]}
        done = await connection.execute(sa.text("INSERT INTO members (user_id, project_id) VALUES (:u, :p)"), values)
        for role in has:
            await connection.execute(
                sa.text("INSERT INTO member_roles (member_id, role_id) VALUES (:m, :r)"), {"m": done.lastrowid, "r": roles[role]}
            )


async def _issues(
    connection: AsyncConnection, dice: random.Random, projects: list[int], owners: list[int], people: list[int]
) -> Sequence[int]:
    made = []
    at, today = datetime(2025, 6, 2, 9), datetime.now(ZoneInfo("Europe/Moscow")).replace(tzinfo=None, microsecond=0)
    for number in range(140):
        at += timedelta(minutes=dice.randrange(1, 300))
        if number == 100:  # the rest in the last weeks: saved queries ask for this week and the last
            at = today - timedelta(days=28)
        elif number > 100:
            at = min(at + timedelta(hours=14), today)
        values = {
            "t": dice.choice((1, 2, 3)),
            "p": dice.choice(projects),
            "s": f"{dice.choice(_WORDS)} {dice.choice(_WORDS)} {number}",
            "d": f"Описание: {dice.choice(_WORDS)}.\r\n\r\n* {dice.choice(_WORDS)}",
            "st": dice.choice((1, 2, 3, 5, 6, 7)),
            "a": dice.choice([*owners, None]),
            "pr": dice.choice((3, 4, 5)),
            "u": dice.choice(people),
            "at": at,
            "up": at + timedelta(minutes=number % 7),
            "private": dice.random() < 0.3,
            "due": today.date() + timedelta(days=number % 40 - 20) if number % 3 else None,
        }
        values["closed"] = values["up"] if values["st"] in (5, 6) else None
        done = await connection.execute(
            sa.text(
                "INSERT INTO issues (tracker_id, project_id, subject, description, status_id, assigned_to_id, priority_id, author_id,"
                " created_on, updated_on, lft, rgt, is_private, due_date, closed_on)"
                " VALUES (:t, :p, :s, :d, :st, :a, :pr, :u, :at, :up, 1, 2, :private, :due, :closed)"
            ),
            values,
        )
        issue = int(done.lastrowid)
        await connection.execute(sa.text("UPDATE issues SET root_id = id WHERE id = :i"), {"i": issue})
        made.append(issue)
        for note in range(dice.randrange(4)):
            hidden = dice.random() < 0.3
            words = f"{SECRET} {dice.choice(_WORDS)}" if hidden else dice.choice(("", f"Смотрю {dice.choice(_WORDS)}", "Готово"))
            written = {"i": issue, "u": dice.choice(people), "n": words, "at": at + timedelta(minutes=note + 8), "h": hidden}
            await connection.execute(
                sa.text(
                    "INSERT INTO journals (journalized_id, journalized_type, user_id, notes, created_on, private_notes)"
                    " VALUES (:i, 'Issue', :u, :n, :at, :h)"
                ),
                written,
            )
        if dice.random() < 0.2:
            watched = {"i": issue, "u": dice.choice(owners)}
            await connection.execute(
                sa.text("INSERT INTO watchers (watchable_type, watchable_id, user_id) VALUES ('Issue', :i, :u)"), watched
            )
    return made
