"""adapters.redmine.rights_mark on the real tables of Redmine: each change of a right is seen, and taken back behind us."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from adapters.redmine.engine import Reader, normalise_url, reading
from adapters.redmine.rights_mark import rights_mark
from tests.adapters.redmine.little import LittleRedmine
from tests.peers.redmine_peer import RedminePeer

CHANGES = {
    "an account is locked": "UPDATE users SET status = 3 WHERE login = 'orlova'",
    "another is an administrator": "UPDATE users SET admin = 1 WHERE login = 'orlova'",
    "somebody leaves a group": "DELETE FROM groups_users LIMIT 1",
    "somebody leaves a project": "DELETE FROM members WHERE user_id = 8 LIMIT 1",
    "somebody joins another": "INSERT INTO members (user_id, project_id) VALUES (8, 2)",
    "a role is taken": "DELETE FROM member_roles WHERE role_id = 3 LIMIT 1",
    "a role is exchanged": "UPDATE member_roles SET role_id = 4 WHERE role_id = 5 LIMIT 1",
    "a role may less": "UPDATE roles SET permissions = REPLACE(permissions, 'view_private_notes', 'nothing') WHERE id = 3",
    "a role sees less": "UPDATE roles SET issues_visibility = 'own' WHERE id = 4",
    "a project is closed": "UPDATE projects SET status = 5 WHERE id = 1",
    "a project is hidden": "UPDATE projects SET is_public = 0 WHERE id = 3",
    "a project has no issues any more": "DELETE FROM enabled_modules WHERE project_id = 1 AND name = 'issue_tracking'",
    "a field is hidden": "UPDATE custom_fields SET visible = 0 WHERE visible = 1 LIMIT 1",
}


@pytest.fixture
async def connection(redmine_peer: RedminePeer) -> AsyncIterator[AsyncConnection]:
    """In a transaction that nobody else sees and that is taken back."""
    engine = create_async_engine(normalise_url(redmine_peer.db_rw_url), isolation_level="REPEATABLE READ")
    async with engine.connect() as made:
        yield made
        await made.rollback()
    await engine.dispose()


@pytest.mark.redmine
async def test_each_change_of_a_right_makes_another_mark(connection: AsyncConnection) -> None:
    """And the same rows give the same mark."""
    reader = Reader(connection, 5.0)
    before = await rights_mark(reader)
    assert await rights_mark(reader) == before
    for what, statement in CHANGES.items():
        async with connection.begin_nested() as change:
            done = await connection.execute(sa.text(statement))
            assert done.rowcount > 0, what
            assert await rights_mark(reader) != before, what
            await change.rollback()
        assert await rights_mark(reader) == before, what


@pytest.mark.redmine
async def test_the_least_account_may_read_it(peer_engine: AsyncEngine) -> None:
    """The grants that docs/redmine.md asks for are enough."""
    async with reading(peer_engine, 5.0) as reader:
        assert len(await rights_mark(reader)) == 64


async def test_it_can_be_read_from_sqlite(little: LittleRedmine, little_engine: AsyncEngine) -> None:
    """The sandbox has it, too."""
    async with reading(little_engine, 5.0) as reader:
        assert await rights_mark(reader) == await rights_mark(reader)
