"""The sandbox's ERP as a whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import oracledb

from adapters.sandbox.erp import open_sandbox_erp
from adapters.sandbox.people import PEOPLE


async def test_people_and_restart(tmp_path: Path) -> None:
    """The people of the sandbox's Redmine are in the ERP too, the one who left is blocked, and a restart keeps everything."""
    for _ in range(2):
        async with (
            open_sandbox_erp(tmp_path, life=False, seed=1) as erp,
            await oracledb.connect_async(user=erp.user, password=erp.password, dsn=erp.dsn) as connection,
        ):
            rows = await connection.fetchall("select NAME, USER_ID, AUTH_PERIOD_TYPE, PASSWORD from erp.v_user order by USER_ID")
            events = await connection.fetchall("select EVENT_ID, KIND, CREATED_AT from erp.v_navigator_events")
        assert {row[0]: row[1] for row in rows} == {one.login: one.erp_id for one in PEOPLE if one.erp_id}
        assert [row[0] for row in rows if row[2] == "Заблокированный сотрудник"] == ["zhukov"]
        assert all(row[3] == f"{row[0]}-pass" for row in rows)
        assert len(events) == 10


async def test_life_runs_and_ends(tmp_path: Path) -> None:
    """New rows appear by themselves while the sandbox is open; its tasks and its port are gone with it."""
    async with open_sandbox_erp(tmp_path, pace=0.0, seed=1) as erp:
        async with asyncio.timeout(20):
            while erp.life.acts < 3:  # noqa: ASYNC110 - the task under test has no event to wait for
                await asyncio.sleep(0.01)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("sandbox")]
