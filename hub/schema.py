"""Which version the store's tables have, beside the one that this program was made for."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine

__all__ = ["Schema"]


class Schema:
    """This program's migrations, read once. Making one reads files: not on the event loop."""

    def __init__(self, scripts: Path = Path(__file__).parent / "migrations") -> None:
        directory = ScriptDirectory(str(scripts))
        self.head = directory.get_current_head()
        self.known = frozenset(script.revision for script in directory.walk_revisions())

    async def compare(self, engine: AsyncEngine) -> Literal["same", "older", "newer"]:
        """How the store stands to this program.

        `newer`: another node has migrated it already, as in a rolling update; `older`: tables are missing. Raises SQLAlchemyError.
        """
        async with engine.connect() as connection:
            found = await connection.run_sync(_revision)
        if found == self.head:
            return "same"
        return "older" if found is None or found in self.known else "newer"


def _revision(connection: sa.Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()
