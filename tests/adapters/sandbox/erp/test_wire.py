"""The Oracle look-alike before the real driver."""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import oracledb
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sandbox.erp.errors import OraError
from adapters.sandbox.erp.faults import Fault
from adapters.sandbox.erp.login import Account
from adapters.sandbox.erp.server import OracleWireServer, oracle_wire_server

INIT = """
create table users (id INTEGER primary key, login VARCHAR2(50) not null unique, full_name VARCHAR2(200),
    department VARCHAR2(100), vpn_expires DATE, changed_at TIMESTAMP(6), seen_at TIMESTAMP_TZ, salary NUMBER(12,2),
    rate BINARY_DOUBLE, photo RAW(16), notes CLOB, flag CHAR(3));
insert into users values (1, 'ivanov', 'Иванов Иван', 'IT', '2026-12-31 00:00:00', '2026-01-02 03:04:05.123456',
    '2026-01-02 03:04:05+03:00', 1234.5, 0.5, x'0102ff', 'note', 'Y');
insert into users values (2, 'petrov', 'Пётр Петров', 'HR', null, null, null, -7, -1.25, null, null, null);
create table changes (seq INTEGER primary key, login VARCHAR2(50) references users(login), body VARCHAR2(4000), at TIMESTAMP(6));
insert into changes (seq, login, body, at)
    select value, 'ivanov', printf('%.*c', 200, 'x') || value, '2026-02-01 00:00:00.5' from generate_series(1, 1000);
"""
INIT = INIT.replace(
    "from generate_series(1, 1000)",
    "from (with recursive n(value) as (select 1 union all select value + 1 from n where value < 1000) select value from n)",
)


def check_password(login: str | None, password: str | None) -> int:
    if password == "boom":
        raise OraError(20001, text="too many attempts")
    return int((login, password) == ("ivanov", "pw"))


def attributes(login: str, *_: object) -> dict[int, object]:
    return {1: "Full " + login, 2: dt.datetime(2026, 5, 1)}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[OracleWireServer]:
    """A server with some tables."""
    functions: dict[str, Callable[..., Any]] = {"erp_auth.check_password": check_password, "erp_auth.attributes": attributes}
    async with oracle_wire_server(tmp_path / "erp.sqlite", {"app": "secret"}, init=INIT, functions=functions, lock_timeout=0.2) as opened:
        yield opened


async def connect(server: OracleWireServer, user: str = "app", password: str = "secret", **options: Any) -> oracledb.AsyncConnection:
    """A connection of the real driver."""
    connection: oracledb.AsyncConnection = await oracledb.connect_async(user=user, password=password, dsn=server.dsn, **options)
    return connection


async def code_of(awaitable: Awaitable[object]) -> str:
    """The error that this ends with, as `ORA-…` or `DPY-…`."""
    try:
        await awaitable
    except oracledb.Error as error:
        return str(error.args[0].full_code)
    return "no error"


async def test_login_and_version(server: OracleWireServer) -> None:
    """The real driver logs in, sees a 19c and pings it."""
    async with await connect(server) as con:
        assert con.version == "19.3.0.0.0"
        assert con.thin
        assert con.is_healthy()
        await con.ping()


async def test_login_failures(server: OracleWireServer) -> None:
    """Bad passwords, locked and expired accounts, passwords to be changed and unknown services answer as Oracle does."""
    assert await code_of(connect(server, password="wrong")) == "ORA-01017"
    assert await code_of(connect(server, user="nobody")) == "ORA-01017"
    server.accounts |= {"LOCKED": Account("x", "locked"), "OLD": Account("x", "expired"), "GRACE": Account("x", "grace")}
    assert await code_of(connect(server, "locked", "x")) == "ORA-28000"
    assert await code_of(connect(server, "old", "x")) == "ORA-28001"
    con = await connect(server, "grace", "x")
    assert con.warning is not None
    assert con.warning.full_code == "ORA-28002"
    await con.close()
    await (await connect(server, "old", "x", newpassword="y")).close()
    con = await connect(server, "old", "y")
    await con.changepassword("y", "z")
    await con.close()
    await (await connect(server, "OLD", "z")).close()
    assert await code_of(oracledb.connect_async(user="app", password="secret", dsn=f"{server.host}:{server.port}/NOPE")) == "DPY-6005"


async def test_account_locks_after_failures(server: OracleWireServer) -> None:
    """An account can lock after bad passwords."""
    server.accounts["IVAN"], server.lock_after = Account("good"), 2
    codes = [await code_of(connect(server, "ivan", "bad")) for _ in range(3)]
    server.lock_after = 0
    assert codes == ["ORA-01017", "ORA-01017", "ORA-28000"], codes


async def test_typed_rows(server: OracleWireServer) -> None:
    """Every type arrives as the driver's own, CHAR padded, names in upper case."""
    async with await connect(server) as con:
        row = await con.fetchone("select * from users where login = :login", {"login": "ivanov"})
        assert row == (
            1,
            "ivanov",
            "Иванов Иван",
            "IT",
            dt.datetime(2026, 12, 31),
            dt.datetime(2026, 1, 2, 3, 4, 5, 123456),
            dt.datetime(2026, 1, 2, 3, 4, 5),
            1234.5,
            0.5,
            b"\x01\x02\xff",
            "note",
            "Y  ",
        ), row
        cursor = con.cursor()
        await cursor.execute("select id, login, vpn_expires, changed_at, seen_at, salary, rate, photo from erp.users")
        names = [column.name for column in cursor.description]
        assert names == ["ID", "LOGIN", "VPN_EXPIRES", "CHANGED_AT", "SEEN_AT", "SALARY", "RATE", "PHOTO"], names
        types = [column.type_code.name.removeprefix("DB_TYPE_") for column in cursor.description]
        assert types == ["NUMBER", "VARCHAR", "DATE", "TIMESTAMP", "TIMESTAMP_TZ", "NUMBER", "BINARY_DOUBLE", "RAW"], types
        assert (await con.fetchone("select null, vpn_expires from users where id = 2")) == (None, None)


async def test_numbers_round_trip(server: OracleWireServer) -> None:
    """Numbers, dates, long strings and bytes come back as they went."""
    async with await connect(server) as con:
        for value in (0, 1, -1, 99, 100, -100, 12345678901234, 0.5, -0.001, 1e20, -123456.789, 10**17 + 1, Decimal("12.34")):
            back = (await con.fetchone("select :v from dual", [value]))[0]
            assert back == (float(value) if isinstance(value, Decimal) else value), (value, back)
        moment = dt.datetime(2026, 3, 4, 5, 6, 7)
        assert (await con.fetchone("select :d, :s, :r from dual", [moment, "Ж" * 3000, b"\x00\xfe"])) == (moment, "Ж" * 3000, b"\x00\xfe")


async def test_update_commit_rollback(server: OracleWireServer) -> None:
    """What is not committed is seen by its own session alone."""
    async with await connect(server) as con, await connect(server) as other:
        cursor = con.cursor()
        day = dt.datetime(2027, 1, 2, 3, 4, 5)
        await cursor.execute("update users set vpn_expires = :d where login = :l", d=day, l="petrov")
        assert cursor.rowcount == 1
        assert con.transaction_in_progress
        look = "select vpn_expires from users where login = 'petrov'"
        assert (await other.fetchone(look))[0] is None
        await con.rollback()
        assert (await con.fetchone(look))[0] is None
        assert not con.transaction_in_progress
        await cursor.execute("update users set vpn_expires = :d where login = :l", d=day, l="petrov")
        await con.commit()
        assert (await other.fetchone(look))[0] == day
        await cursor.execute("update users set vpn_expires = null where login = :l", l="petrov")
        await con.commit()


async def test_errors_are_mapped(server: OracleWireServer) -> None:
    """Mistakes in SQL get Oracle's numbers."""
    async with await connect(server) as con:
        for sql, code in [
            ("select * from nosuch", "ORA-00942"),
            ("select nosuch from users", "ORA-00904"),
            ("selekt 1", "ORA-00900"),
            ("select 1 frm dual where", "ORA-00933"),
            ("insert into users (id, login) values (9, 'ivanov')", "ORA-00001"),
            ("insert into users (id, login) values (9, null)", "ORA-01400"),
            ("insert into changes (seq, login) values (-1, 'ghost')", "ORA-02291"),
            ("select to_date('x', 'YYYY') from dual", "ORA-01861"),
            ("begin nosuch.thing(); end;", "ORA-06550"),
        ]:
            assert (got := await code_of(con.execute(sql))) == code, (sql, got)
        assert (await con.fetchone("select 1 from dual")) == (1,)


async def test_many_rows_in_batches(server: OracleWireServer) -> None:
    """Rows come in batches, and a cursor can run again with other binds."""
    async with await connect(server) as con:
        rows = await con.fetchall("select seq, body, at from changes where seq > :since order by seq", [10])
        assert len(rows) == 990
        assert rows[0][0] == 11
        assert rows[-1][1].endswith("x1000")
        assert rows[5][2].microsecond == 500000
        cursor = con.cursor()
        cursor.arraysize, cursor.prefetchrows = 7, 0
        await cursor.execute("select seq from changes order by seq fetch first 20 rows only")
        assert [row[0] async for row in cursor] == list(range(1, 21))
        for since in (990, 995, 1000):  # the same cursor, re-executed
            await cursor.execute("select seq from changes where seq > :s order by seq", s=since)
            assert len(await cursor.fetchall()) == 1000 - since


async def test_long_values(server: OracleWireServer) -> None:
    """A string over 32767 bytes is written and read."""
    async with await connect(server) as con:
        text = "ж" * 60000  # more than 32767 bytes: sent last, in chunks
        await con.execute("update users set notes = :n where login = :l", {"n": text, "l": "petrov"})
        assert await con.fetchone("select notes, id from users where login = 'petrov'") == (text, 2)
        await con.rollback()


async def test_small_packets_and_long_descriptors(server: OracleWireServer) -> None:
    """Small packets and a long connect descriptor with a dead address work."""
    descriptor = (
        f"(DESCRIPTION=(FAILOVER=ON)(ADDRESS_LIST=(ADDRESS=(PROTOCOL=TCP)(HOST=127.0.0.1)(PORT=1))"
        f"(ADDRESS=(PROTOCOL=TCP)(HOST={server.host})(PORT={server.port})))(CONNECT_DATA=(SERVICE_NAME=ERP)))"
    )
    async with await oracledb.connect_async(user="app", password="secret", dsn=descriptor, sdu=700) as con:
        assert await con.fetchone("select :v from dual", ["y" * 9000]) == ("y" * 9000,)
        assert len(await con.fetchall("select * from changes")) == 1000


async def test_executemany_and_returning(server: OracleWireServer) -> None:
    """Many rows at once, and RETURNING INTO."""
    async with await connect(server) as con:
        cursor = con.cursor()
        await cursor.executemany(
            "insert into changes (seq, login, body) values (:1, :2, :3)", [(5000 + i, "petrov", None if i % 2 else "b") for i in range(5)]
        )
        assert cursor.rowcount == 5
        out = cursor.var(int)
        await cursor.execute("insert into changes (login, body) values (:l, :b) returning seq into :out", l="petrov", b="z", out=out)
        assert out.getvalue() == [5005], out.getvalue()
        await con.rollback()


async def test_plsql_functions(server: OracleWireServer) -> None:
    """Registered functions answer callfunc, callproc and SQL."""
    async with await connect(server) as con:
        cursor = con.cursor()
        for _ in range(2):
            assert await cursor.callfunc("erp_auth.check_password", int, ["ivanov", "pw"]) == 1
            assert await cursor.callfunc("erp_auth.check_password", int, ["ivanov", "no"]) == 0
        assert await code_of(cursor.callfunc("erp_auth.check_password", int, ["ivanov", "boom"])) == "ORA-20001"
        assert (await con.fetchone("select erp_auth.check_password(:l, :p) from dual", ["ivanov", "pw"])) == (1,)
        assert await code_of(con.fetchone("select erp_auth.check_password(:l, :p) from dual", ["ivanov", "boom"])) == "ORA-20001"
        name, day = cursor.var(str), cursor.var(oracledb.DB_TYPE_DATE)
        await cursor.callproc("erp_auth.attributes", ["ivanov", name, day])
        assert (name.getvalue(), day.getvalue()) == ("Full ivanov", dt.datetime(2026, 5, 1))


async def test_oracle_sql_forms(server: OracleWireServer) -> None:
    """Oracle's own forms of SQL are understood."""
    async with await connect(server) as con:

        async def one(sql: str, *binds: Any) -> Any:
            return await con.fetchone(sql, list(binds))

        assert await one("select nvl(null, 'a'), decode(2, 1, 'x', 2, 'y'), nvl2(1, 'b', 'c') from dual") == ("a", "y", "b")
        assert await one("select count(*) from erp.users u where rownum <= :n", 5) == (2,)
        assert await one("select login from (select login from users order by id desc) where rownum = 1") == ("petrov",)
        assert await one("select to_char(vpn_expires, 'DD.MM.YYYY') from users where id = 1") == ("31.12.2026",)
        assert await one("select to_date('31.01.2026', 'DD.MM.YYYY') from dual") == (dt.datetime(2026, 1, 31),)
        assert await one("select date '2026-01-31', timestamp '2026-01-31 10:00:00' from dual") == (
            dt.datetime(2026, 1, 31),
            dt.datetime(2026, 1, 31, 10),
        )
        now, soon = await one("select sysdate, sysdate + 1/24 from dual")
        assert 3590 < (soon - now).total_seconds() < 3610
        assert await one("select count(*) from changes where at > systimestamp - interval '5' minute") == (0,)
        assert await one("select upper('ивано') || 'ь' from dual -- comment :not_a_bind") == ("ИВАНОь",)
        assert await one("select sys_context('userenv', 'current_schema'), user from dual") == ("ERP", "APP")
        await con.execute("alter session set nls_date_format = 'YYYY-MM-DD'")
        await con.execute("begin null; end;")
        await con.execute("select id from users where id = 1 for update nowait")


async def test_locks_conflict(server: OracleWireServer) -> None:
    """Two writers of one row conflict with ORA-00054."""
    async with await connect(server) as con, await connect(server) as other:
        server_timeout = "update users set flag = 'N' where id = 1"
        await con.execute(server_timeout)
        assert await code_of(other.execute(server_timeout)) == "ORA-00054"
        await con.rollback()


async def test_pool_pings_and_replaces(server: OracleWireServer) -> None:
    """The driver's pool notices dead connections and replaces them."""
    pool = oracledb.create_pool_async(user="app", password="secret", dsn=server.dsn, min=1, max=3, ping_interval=0)
    async with pool.acquire() as con:
        assert (await con.fetchone("select 1 from dual")) == (1,)
        con.module, con.client_identifier, con.action = "hub", "ivanov", "login"
        await con.ping()
    server.kill_sessions()
    await asyncio.sleep(0.05)
    results = await asyncio.gather(*(use(pool) for _ in range(9)))
    assert results == [2] * 9
    assert pool.opened <= 3
    await pool.close()
    assert any(entry[2] == "@ping" for entry in server.log)


async def use(pool: oracledb.AsyncConnectionPool) -> Any:
    """One query over a pool."""
    async with pool.acquire() as con:
        return (await con.fetchone("select count(*) from users"))[0]


async def test_call_timeout_breaks_a_hang(server: OracleWireServer) -> None:
    """A hanging statement is ended by the call timeout, and the connection lives."""
    async with await connect(server) as con:
        con.call_timeout = 300
        server.faults.append(Fault("from users", "hang"))
        started = time.monotonic()
        assert await code_of(con.fetchall("select * from users")) == "DPY-4024"
        assert time.monotonic() - started < 0.6
        assert len(await con.fetchall("select * from users")) == 2  # the connection is still usable


async def test_call_timeout_on_a_dead_peer(server: OracleWireServer) -> None:
    """A dead peer is given up after twice the call timeout."""
    con = await connect(server)
    con.call_timeout = 200
    server.faults.append(Fault("from users", "freeze"))
    started = time.monotonic()
    assert await code_of(con.fetchall("select * from users")) == "DPY-4011"
    assert time.monotonic() - started < 0.8
    assert not con.is_healthy()


async def test_cancelling_a_task(server: OracleWireServer) -> None:
    """A cancelled call frees the connection for the next."""
    async with await connect(server) as con:
        server.faults.append(Fault("from users", "hang"))
        task = asyncio.create_task(con.fetchall("select * from users"))
        await asyncio.sleep(0.1)
        task.cancel()
        try:
            await task
            raise AssertionError("not cancelled")
        except asyncio.CancelledError:
            pass
        assert len(await con.fetchall("select * from users")) == 2


async def test_lost_connections(server: OracleWireServer) -> None:
    """Dropped and truncated answers, and errors at connect, login and commit, reach the driver as what they are."""
    for action in ("drop", "truncate"):
        con = await connect(server)
        server.faults.append(Fault("from changes", action))
        assert await code_of(con.fetchall("select * from changes")) == "DPY-4011", action
        assert not con.is_healthy()
    con = await connect(server)
    server.faults.append(Fault("@commit", "error", 3113))
    assert await code_of(con.commit()) == "DPY-4011"
    con = await connect(server)
    server.faults.append(Fault("from users", "error", "1033"))
    assert await code_of(con.fetchall("select * from users")) == "ORA-01033"
    await con.close()
    server.faults.append(Fault("@connect", "error", 12514))
    assert await code_of(connect(server)) == "DPY-6005"
    server.faults.append(Fault("@login", "error", "1033"))
    assert await code_of(connect(server)) == "ORA-01033"


async def test_a_slow_answer_arrives(server: OracleWireServer) -> None:
    """A late answer is still an answer."""
    async with await connect(server) as con:
        server.faults.append(Fault("from users", "delay", 0.2))
        started = time.monotonic()
        assert len(await con.fetchall("select * from users")) == 2
        assert time.monotonic() - started >= 0.2


async def test_the_synchronous_driver(server: OracleWireServer) -> None:
    """The synchronous driver works as well."""

    def work() -> tuple[object, ...]:
        with oracledb.connect(user="app", password="secret", dsn=server.dsn) as con, con.cursor() as cursor:
            con.call_timeout = 300
            cursor.execute("select login from users order by id")
            rows = cursor.fetchall()
            try:
                cursor.execute("select full_name from users")
                return (rows, "no error")
            except oracledb.Error as error:
                return (rows, error.args[0].full_code)

    server.faults.append(Fault("full_name", "hang"))
    assert await asyncio.to_thread(work) == ([("ivanov",), ("petrov",)], "DPY-4024")


async def test_sqlalchemy_async(server: OracleWireServer) -> None:
    """SQLAlchemy's dialect works on it."""
    url = f"oracle+oracledb://app:secret@{server.host}:{server.port}/?service_name=ERP"
    engine = create_async_engine(url, pool_pre_ping=True)
    users = sa.Table(
        "users",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("login", sa.String(50)),
        sa.Column("vpn_expires", sa.DateTime),
        sa.Column("salary", sa.Numeric(12, 2)),
    )
    async with engine.connect() as con:
        rows = (await con.execute(sa.select(users).where(users.c.login == "ivanov"))).all()
        assert rows == [(1, "ivanov", dt.datetime(2026, 12, 31), Decimal("1234.50"))], rows
        result = await con.execute(sa.update(users).where(users.c.login == "petrov").values(vpn_expires=dt.datetime(2027, 1, 1)))
        assert result.rowcount == 1
        await con.rollback()
        page = await con.execute(sa.select(users.c.id).order_by(users.c.id.desc()).limit(1).offset(1))
        assert page.scalars().all() == [1]
    await engine.dispose()
