"""The owner of the ERP's connections: bounded whatever the peer does, and usable afterwards."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from dataclasses import replace
from datetime import datetime
from typing import Any

import oracledb
import pytest
import structlog

from adapters.erp.client import Erp, ErpSettings, open_erp
from adapters.erp.errors import (
    ErpBusy,
    ErpDataRefused,
    ErpError,
    ErpMisconfigured,
    ErpRefused,
    ErpRule,
    ErpSlow,
    ErpUnavailable,
    from_driver,
)
from adapters.sandbox.erp import SandboxErp
from adapters.sandbox.erp.faults import Fault

ALL = "select USER_ID, NAME from erp.v_user order by USER_ID"


async def spent(call: Awaitable[Any]) -> tuple[float, BaseException | None]:
    """Seconds a call took, and how it failed."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(10):
            await call
    except Exception as error:
        return time.monotonic() - began, error
    return time.monotonic() - began, None


async def test_reads_rows(erp: Erp) -> None:
    """Rows come as dicts with lower-case names, as many as asked for."""
    rows = await erp.fetch("users", "select * from erp.v_user where NAME = :name", {"name": "petrova"})
    assert rows[0]["user_id"] == 5006
    assert rows[0]["full_name"] == "Петрова Мария"
    assert rows[0]["auth_period_type"] == "Постоянный доступ"
    assert "vpn_end_date" not in rows[0]
    assert len(await erp.fetch("users", ALL, limit=3)) == 3


@pytest.mark.parametrize(
    ("where", "action", "arg", "expected", "bound_s"),
    [
        ("v_user", "delay", 0.1, None, 0.4),
        ("v_user", "delay", 5, ErpSlow, 0.6),
        ("v_user", "hang", 0, ErpSlow, 0.6),
        ("v_user", "freeze", 0, ErpUnavailable, 1.0),
        ("v_user", "drop", 0, ErpUnavailable, 0.4),
        ("v_user", "truncate", 0, ErpUnavailable, 0.9),
        ("v_user", "error", 942, ErpMisconfigured, 0.4),
        ("v_user", "error", 54, ErpBusy, 0.4),
        ("v_user", "error", 1, ErpDataRefused, 0.4),
        ("v_user", "error", 1033, ErpUnavailable, 0.4),
        ("v_user", "error", 3113, ErpUnavailable, 0.4),
        ("v_user", "error", "20007 Срок не может быть в прошлом", ErpRule, 0.4),
        ("@connect", "freeze", 0, ErpUnavailable, 0.9),
        ("@connect", "hang", 0, ErpUnavailable, 0.9),
        ("@connect", "drop", 0, ErpUnavailable, 0.4),
        ("@connect", "error", 12514, ErpUnavailable, 0.4),
        ("@login", "freeze", 0, ErpUnavailable, 0.9),
        ("@login", "hang", 0, ErpUnavailable, 0.9),
        ("@login", "error", 1033, ErpUnavailable, 0.4),
    ],
)
async def test_bounded_and_usable_afterwards(
    erp: Erp, sandbox: SandboxErp, where: str, action: Any, arg: float | str, expected: type[ErpError] | None, bound_s: float
) -> None:
    """Whatever the peer does, the call ends within its limits with a stable code, and the next one works."""
    if where == "v_user":
        # a fresh connection, so that nothing is tried again for its having lain idle
        await erp.fetch("warm-up", "select 1 as one from dual")
        sandbox.server.faults.append(Fault(where, action, arg, times=2 if action in ("drop", "truncate", "freeze") or arg == 3113 else 1))
    else:
        sandbox.server.faults.append(Fault(where, action, arg))
    seconds, error = await spent(erp.fetch("users", ALL))
    twice = 2 if where == "v_user" and expected is ErpUnavailable else 1  # an idle connection that is lost is tried once more
    assert seconds < bound_s * twice + 0.6  # this machine may be busy
    assert (type(error) if error else None) == expected
    if isinstance(error, ErpRule):
        assert error.message == "Срок не может быть в прошлом"
    sandbox.server.faults.clear()
    assert len(await erp.fetch("users", ALL)) == 14


async def test_stale_connection_is_replaced_for_a_read(erp: Erp, sandbox: SandboxErp) -> None:
    """A read over a connection that a firewall has dropped is asked again; work that may write is not."""
    await erp.fetch("users", ALL)
    sandbox.server.faults.append(Fault("v_user", "drop"))
    assert len(await erp.fetch("users", ALL)) == 14

    async def work(connection: oracledb.AsyncConnection) -> Any:
        return await connection.fetchall(ALL)

    sandbox.server.faults.append(Fault("v_user", "drop"))
    _, error = await spent(erp.run("users", work))
    assert isinstance(error, ErpUnavailable)
    assert len(await erp.run("users", work)) == 14


async def test_killed_sessions(erp: Erp, sandbox: SandboxErp) -> None:
    """After the database has cut every connection calls go on."""
    await asyncio.gather(*(erp.fetch("users", ALL) for _ in range(4)))
    sandbox.server.kill_sessions()
    assert [len(rows) for rows in await asyncio.gather(*(erp.fetch("users", ALL) for _ in range(6)))] == [14] * 6


async def test_cancelled_caller_leaves_at_once(settings: ErpSettings, sandbox: SandboxErp) -> None:
    """A caller that is cancelled while the peer is dead leaves at once, and its connection's place is free again in time."""
    async with open_erp(replace(settings, size=1)) as erp:
        await erp.fetch("users", ALL)
        sandbox.server.faults.append(Fault("v_user", "freeze"))
        caller = asyncio.create_task(erp.run("users", lambda connection: connection.fetchall(ALL)))
        await asyncio.sleep(0.05)
        began = time.monotonic()
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert time.monotonic() - began < 0.2
        seconds, error = await spent(erp.fetch("users", ALL))
        if error is not None:  # its half second for a free place may be over first
            assert isinstance(error, ErpBusy)
            seconds, error = await spent(erp.fetch("users", ALL))
        assert error is None
        assert seconds < 1.5


async def test_more_callers_than_connections(erp: Erp, sandbox: SandboxErp) -> None:
    """Callers wait for a place, no longer than the limit, and never more connections are made."""
    results = await asyncio.gather(*(erp.fetch("users", ALL) for _ in range(12)))
    assert [len(rows) for rows in results] == [14] * 12
    assert len(sandbox.server.sessions) <= 2
    sandbox.server.faults.append(Fault("v_user", "delay", 5, times=2))
    outcomes = await asyncio.gather(*(spent(erp.fetch("users", ALL)) for _ in range(2)))
    assert {type(error) for _, error in outcomes} == {ErpSlow}


async def test_account_refused_is_not_tried_again(settings: ErpSettings, sandbox: SandboxErp) -> None:
    """A wrong password is tried once, then not for the whole pause: every try counts towards locking the account."""
    now = 0.0
    erp = Erp(replace(settings, password="wrong"), clock=lambda: now)
    for _ in range(3):
        _, error = await spent(erp.fetch("users", ALL))
        assert isinstance(error, ErpRefused)
        assert error.detail == "ORA-01017"
    tries = [text for _, _, text, _ in sandbox.server.log if text.startswith("@login")]
    assert len(tries) == 1
    now = 3601.0
    await spent(erp.fetch("users", ALL))
    assert len([text for _, _, text, _ in sandbox.server.log if text.startswith("@login")]) == 2
    await erp.aclose()


async def test_what_is_not_committed_is_rolled_back(erp: Erp) -> None:
    """Work commits what it wants kept."""
    sql = "update erp.t_user set PHONE_EXT = :ext where NAME = :name"

    async def forget(connection: oracledb.AsyncConnection) -> None:
        await connection.execute(sql, {"ext": "9999", "name": "petrova"})

    async def keep(connection: oracledb.AsyncConnection) -> None:
        await connection.execute(sql, {"ext": "1234", "name": "petrova"})
        await connection.commit()

    look = "select PHONE_EXT from erp.v_user where NAME = :name"
    await erp.run("phone", forget)
    assert (await erp.fetch("phone", look, {"name": "petrova"}))[0]["phone_ext"] == "1106"
    await erp.run("phone", keep)
    assert (await erp.fetch("phone", look, {"name": "petrova"}))[0]["phone_ext"] == "1234"


async def test_microseconds_survive_binding(erp: Erp) -> None:
    """A datetime binds as TIMESTAMP, so that a comparison does not fall back by a fraction of a second."""
    moment = datetime(2026, 3, 4, 5, 6, 7, 890123)
    assert (await erp.fetch("echo", "select :at as at from dual", {"at": moment}))[0]["at"] == moment


@pytest.mark.parametrize("action", ["hang", "freeze", "drop", "error"])
async def test_no_value_in_logs_or_errors(settings: ErpSettings, sandbox: SandboxErp, action: Any) -> None:
    """Neither logs nor errors, their causes included, hold a statement, a bind or the password."""
    secret = "t0p-s3cret-value"
    with structlog.testing.capture_logs() as logs:
        async with open_erp(settings) as erp:
            sandbox.server.faults.append(Fault("v_user", action, f"20001 {secret}?" if action == "hang" else 1017, times=2))
            with pytest.raises(ErpError) as caught:
                await erp.fetch("check", "select 1 from erp.v_user where NAME = :name", {"name": secret})
    told = f"{logs}{caught.value!r}{caught.value}{caught.value.__cause__!r}{settings!r}{sandbox!r}"
    assert logs
    for word in (secret, settings.password, "where NAME"):
        assert word not in told


async def test_closing_is_bounded(settings: ErpSettings, sandbox: SandboxErp) -> None:
    """Closing waits for a call to a dead peer no longer than that call's limits, and takes no calls any more."""
    async with open_erp(settings) as erp:
        await erp.fetch("users", ALL)
        sandbox.server.faults.append(Fault("v_user", "freeze"))
        caller = asyncio.create_task(erp.run("users", lambda connection: connection.fetchall(ALL)))
        await asyncio.sleep(0.05)
        began = time.monotonic()
    assert time.monotonic() - began < 2.5
    with pytest.raises(ErpUnavailable):
        await caller
    with pytest.raises(ErpBusy):
        await erp.fetch("users", ALL)
    assert not [task for task in asyncio.all_tasks() if task.get_name().startswith("erp-")]


async def test_refuses_packet_printing(settings: ErpSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the driver's packet printing on it does not start: every password would be printed."""
    monkeypatch.setenv("PYO_DEBUG_PACKETS", "1")
    with pytest.raises(ErpMisconfigured):
        async with open_erp(settings):
            pass


@pytest.mark.parametrize(
    ("error", "kind", "code"),
    [
        (TimeoutError(), ErpUnavailable, "erp_unavailable"),
        (OSError("no route"), ErpUnavailable, "erp_unavailable"),
        (ErpBusy("x"), ErpBusy, "erp_busy"),
        (oracledb.DatabaseError("odd"), ErpMisconfigured, "erp_schema"),
    ],
)
def test_other_errors(error: BaseException, kind: type[ErpError], code: str) -> None:
    """Errors that are not the database's own are sorted too."""
    ours = from_driver(error)
    assert type(ours) is kind
    assert ours.code == code
