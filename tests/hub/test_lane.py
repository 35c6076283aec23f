"""The lane that transactions run in: one that fails leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from hub.lane import open_lane
from hub.store import create_engine
from tests.conftest import sqlite_copy


async def test_a_commit_that_fails_is_undone_before_the_next(store_file: Path, tmp_path: Path) -> None:
    """A deferred foreign key fails at COMMIT, which leaves SQLite's transaction open: the next must begin all the same, and see nothing."""
    engine = create_engine(sqlite_copy(store_file, tmp_path))
    lane = open_lane(engine, 1.0)

    def tables(connection: sa.Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE parent (id INTEGER PRIMARY KEY)")
        connection.exec_driver_sql("CREATE TABLE child (id INTEGER PRIMARY KEY, of REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")

    def orphan(connection: sa.Connection) -> None:
        connection.exec_driver_sql("INSERT INTO child VALUES (1, 7)")

    def count(connection: sa.Connection) -> int:
        return int(connection.exec_driver_sql("SELECT count(*) FROM child").scalar_one())

    try:
        await lane.run(tables)
        with pytest.raises(IntegrityError):
            await lane.run(orphan)
        assert await lane.run(count) == 0
        with pytest.raises(IntegrityError):
            await lane.run(orphan)
        await lane.run(lambda connection: connection.exec_driver_sql("INSERT INTO parent VALUES (7)"))
        await lane.run(orphan)
        assert await lane.run(count) == 1
    finally:
        await lane.close()
        await engine.dispose()
