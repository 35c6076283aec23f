"""The sandbox as a whole: its database, its life, its restarts."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
import yaml
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sandbox.people import PEOPLE, person
from adapters.sandbox.redmine import SandboxRedmine, open_sandbox_redmine, schema
from adapters.sandbox.redmine.life import Act


async def rows(sandbox: SandboxRedmine, query: sa.Select[Any]) -> list[dict[str, Any]]:
    """What a query finds in the sandbox's database, read as a stranger reads it."""
    engine = create_async_engine(sandbox.db_url)
    try:
        async with engine.connect() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]
    finally:
        await engine.dispose()


async def until(condition: Callable[[], bool]) -> None:
    """Waits for something that another task brings about, 20 s at most."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the task under test has no event to wait for
            await asyncio.sleep(0.01)


async def test_schema_is_redmines(sandbox: SandboxRedmine) -> None:
    """SQLAlchemy finds Redmine's tables and columns in the file, the capital P included."""
    engine = create_async_engine(sandbox.db_url)
    async with engine.connect() as connection:
        tables = await connection.run_sync(
            lambda sync: {name: sa.inspect(sync).get_columns(name) for name in sa.inspect(sync).get_table_names()}
        )
        mode = (await connection.execute(sa.text("PRAGMA journal_mode"))).scalar()
    await engine.dispose()
    assert set(tables) == set(schema.metadata.tables)
    assert "u_Priority" in tables
    assert mode == "wal"
    names = [one["name"] for one in tables["journals"]]
    assert names == ["id", "journalized_id", "journalized_type", "user_id", "notes", "created_on", "private_notes"]
    assert "easy_email_to" in {one["name"] for one in tables["issues"]}


async def test_seeded_month(sandbox: SandboxRedmine) -> None:
    """The seed is a consistent month: ids in the order of time, details that lead from the first state to the present one."""
    issues = {row["id"]: row for row in await rows(sandbox, sa.select(schema.issues).order_by(schema.issues.c.id))}
    journals = await rows(sandbox, sa.select(schema.journals).order_by(schema.journals.c.id))
    details = await rows(sandbox, sa.select(schema.journal_details).order_by(schema.journal_details.c.id))
    assert len(issues) >= 60
    assert len(journals) >= 100
    created = [row["created_on"] for row in issues.values()]
    assert created == sorted(created)
    assert [row["created_on"] for row in journals] == sorted(row["created_on"] for row in journals)
    last: dict[tuple[int, str], str | None] = {}
    owner = {row["id"]: row["journalized_id"] for row in journals}
    for one in details:
        key = owner[one["journal_id"]], one["prop_key"]
        assert last.get(key, one["old_value"]) == one["old_value"]
        last[key] = one["value"]
    assert all(str(issues[issue][name]) == value for (issue, name), value in last.items())
    assert all(row["notes"] or row["id"] in {one["journal_id"] for one in details} for row in journals)


async def test_seeded_rights(sandbox: SandboxRedmine) -> None:
    """Permissions are YAML symbols as Rails writes them; a group's role comes to its people as inherited rows."""
    roles = await rows(sandbox, sa.select(schema.roles))
    permissions = {row["name"]: yaml.safe_load(row["permissions"]) for row in roles}
    assert permissions["Заявитель"] == [":view_issues", ":add_issues", ":edit_own_issues", ":add_issue_notes"]
    inherited = await rows(sandbox, sa.select(schema.member_roles).where(schema.member_roles.c.inherited_from.is_not(None)))
    assert len(inherited) == 3 * 3 + 2
    assert len({row["user_id"] for row in await rows(sandbox, sa.select(schema.tokens))}) == 13 - 1


async def _left(sandbox: SandboxRedmine, act: Act, before: dict[str, Any] | None) -> None:
    """Checks what one act left in the database."""
    issue = (await rows(sandbox, sa.select(schema.issues).where(schema.issues.c.id == act.issue)))[0]
    if before is None:
        assert issue["subject"] == act.sent["subject"]
        assert issue["lock_version"] == 0
        assert issue["created_on"] == issue["updated_on"]
        return
    journal = schema.journals
    newest = (await rows(sandbox, sa.select(journal).where(journal.c.journalized_id == act.issue).order_by(journal.c.id.desc()).limit(1)))[
        0
    ]
    details = await rows(sandbox, sa.select(schema.journal_details).where(schema.journal_details.c.journal_id == newest["id"]))
    assert newest["user_id"] == person(act.login).redmine_id
    assert newest["created_on"] == issue["updated_on"] > before["updated_on"]
    assert issue["lock_version"] == before["lock_version"] + 1
    assert newest["notes"] == act.sent.get("notes", "")
    assert newest["private_notes"] == bool(act.sent.get("private_notes"))
    changed = {name: value for name, value in act.sent.items() if name.endswith("_id") and value != before[name]}
    found = {one["prop_key"]: (one["old_value"], one["value"]) for one in details}
    assert found == {name: (None if before[name] is None else str(before[name]), str(value)) for name, value in changed.items()}


async def test_life_leaves_what_redmine_leaves(sandbox: SandboxRedmine) -> None:
    """Each act of a colleague is taken, and leaves a journal with its details and a moved `updated_on`; nobody of the demo acts."""
    demo = {one.login for one in PEOPLE if one.demo}
    for _ in range(20):
        before = {row["id"]: row for row in await rows(sandbox, sa.select(schema.issues))}
        act = await sandbox.life.act()
        assert act.taken, act
        assert act.login not in demo
        await _left(sandbox, act, before.get(act.issue))


async def test_life_concerns_the_demo_people(sandbox: SandboxRedmine) -> None:
    """Most acts are about tickets that somebody of the demo is assigned to, wrote, watches or is named in."""
    concerned = 0
    for _ in range(25):
        act = await sandbox.life.act()
        issue = (await rows(sandbox, sa.select(schema.issues).where(schema.issues.c.id == act.issue)))[0]
        watchers = {
            row["user_id"] for row in await rows(sandbox, sa.select(schema.watchers).where(schema.watchers.c.watchable_id == act.issue))
        }
        about = {issue["assigned_to_id"], issue["author_id"]} | watchers
        concerned += bool(about & {5, 6, 8, 11}) or issue["easy_email_to"] is not None or "@" in act.sent.get("notes", "")
    assert concerned >= 16


async def test_life_is_reproducible(seeded: Path, tmp_path: Path) -> None:
    """The same number on the same database makes the same acts."""
    stories = []
    for name in ("one", "two"):
        shutil.copytree(seeded, tmp_path / name)
        async with open_sandbox_redmine(tmp_path / name, life=False, served=False, seed=7) as opened:
            stories.append([await opened.life.act() for _ in range(6)])
    assert stories[0] == stories[1]


async def test_life_runs_and_ends(seeded: Path, tmp_path: Path) -> None:
    """The colleagues act by themselves while the sandbox is open, and are gone with it; what they did is there at the next start."""
    directory = tmp_path / "redmine"
    shutil.copytree(seeded, directory)
    count = sa.select(sa.func.count()).select_from(schema.journals)
    async with open_sandbox_redmine(directory, pace=0.001, seed=3) as opened:
        await until(lambda: opened.life.acts >= 5)
        async with httpx.AsyncClient(base_url=opened.url) as client:
            answer = await client.get("/users/current.json", headers={"X-Redmine-API-Key": opened.api_key})
        assert answer.json()["user"]["login"] == "navigator"
        names = {task.get_name() for task in asyncio.all_tasks()}
        assert {"sandbox-redmine", "sandbox-redmine-life"} <= names
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert not any(name.startswith("sandbox") for name in names)
    async with open_sandbox_redmine(directory, life=False, served=False) as again:
        after = (await rows(again, count))[0]
    assert next(iter(after.values())) > 100
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient() as client:
            await client.get(f"{opened.url}/users/current.json")


async def test_stumbling_does_not_end_life(sandbox: SandboxRedmine, caplog: pytest.LogCaptureFixture) -> None:
    """An act that fails is logged, and the next one comes."""
    async with httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(500)), base_url="http://nowhere") as broken:
        sandbox.life._client, kept = broken, sandbox.life._client
        sandbox.life._pace = 0.0
        task = asyncio.create_task(sandbox.life.run())
        await until(lambda: len(caplog.records) >= 3)
        sandbox.life._client = kept
        await until(lambda: sandbox.life.acts >= 2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert "stumbled" in caplog.text
