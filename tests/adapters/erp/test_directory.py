"""The ERP's people over the real driver: signing in, standings, VPN dates, passwords for Redmine."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from adapters.erp.client import Erp, ErpSettings, open_erp
from adapters.erp.directory import Directory, ErpPerson, Rejected
from adapters.erp.errors import ErpDataRefused, ErpError, ErpMisconfigured, ErpRule, ErpSlow, ErpUnavailable
from adapters.erp.login import LoginMode
from adapters.erp.queries import ErpQueries
from adapters.sandbox.erp import SandboxErp
from adapters.sandbox.erp.faults import Fault

MODES: tuple[LoginMode, ...] = ("view", "function", "database")
each_mode = pytest.mark.parametrize("mode", MODES)


def change(sandbox: SandboxErp, sql: str, *values: Any) -> None:
    """Changes the ERP's database behind everybody's back."""
    with closing(sqlite3.connect(sandbox.path)) as db, db:
        db.execute(sql, values)


def stored(sandbox: SandboxErp, erp_id: int) -> str | None:
    """VPN_END_DATE as it stands in the database."""
    with closing(sqlite3.connect(sandbox.path)) as db:
        found: str | None = db.execute("select VPN_END_DATE from t_user where USER_ID = ?", (erp_id,)).fetchone()[0]
    return found


async def outcome(call: Awaitable[Any], within_s: float = 4.0) -> Any:
    """What a call returns or raises, within a limit that is far above its own."""
    try:
        async with asyncio.timeout(within_s):
            return await call
    except (Rejected, ErpError, LookupError) as error:
        return error


@each_mode
async def test_signs_in(erp: Erp, mode: LoginMode) -> None:
    """With the right password the person comes with all that the ERP knows of them; the case of the name does not matter."""
    directory = Directory(erp, login=mode)
    person = await directory.sign_in(" PETROVA", "petrova-pass")
    assert (person.erp_id, person.login, person.full_name, person.email) == (5006, "petrova", "Петрова Мария", "petrova@tez.example")
    assert (person.office, person.department) == ("Москва, головной офис", "Департамент информационных технологий")
    assert (person.post, person.phone, person.vpn, person.standing) == ("Специалист", "1106", True, "active")
    assert person.vpn_until is not None
    assert await directory.person(5006) == person


@each_mode
@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("petrova", "wrong"),
        ("petrova", ""),
        ("petrova", "petrova-pass\0"),
        ("petrova", "petrova-PASS"),
        ("petrova", "\ud800"),
        ("petrova", "x" * 5000),
        ("nobody", "petrova-pass"),
        ("", "petrova-pass"),
        ("\udfff", "x"),
        ("y" * 500, "x"),
        ("petrova' or '1'='1", "x"),
        ('"PETROVA"', "petrova-pass"),
        ("petrova[navigator]", "navigator-pass"),
        ("petrova/petrova-pass", "petrova-pass"),
        ("%", "%"),
        ("пётр", "x"),
    ],
)
async def test_bad_credentials(erp: Erp, mode: LoginMode, login: str, password: str) -> None:
    """A wrong password, an unknown login and one with odd signs get one and the same answer."""
    error = await outcome(Directory(erp, login=mode).sign_in(login, password))
    assert isinstance(error, Rejected)
    assert (error.code, error.revealable) == ("bad_credentials", False)


@each_mode
async def test_unknown_login_costs_the_same_round_trips(erp: Erp, sandbox: SandboxErp, mode: LoginMode) -> None:
    """A login that does not exist makes the same requests as one whose password is wrong."""
    directory, asked = Directory(erp, login=mode), []
    await outcome(directory.sign_in("petrova", "petrova-pass"))
    for login in ("petrova", "nobody"):
        sandbox.server.log.clear()
        await outcome(directory.sign_in(login, "wrong"))
        asked.append([text.replace(login.upper(), "?").replace(login, "?") for _, _, text, _ in sandbox.server.log])
    assert asked[0] == asked[1]
    assert asked[0]


@each_mode
async def test_no_password_in_a_where_clause(erp: Erp, sandbox: SandboxErp, mode: LoginMode) -> None:
    """The password is never a bind of a query: those show in v$sql_bind_capture."""
    await outcome(Directory(erp, login=mode).sign_in("petrova", "petrova-pass"))
    queries = [binds for _, _, text, binds in sandbox.server.log if text.lower().startswith("select")]
    assert queries
    assert "petrova-pass" not in str(queries)


@pytest.mark.parametrize("mode", ["view", "function"])
async def test_blocked_and_without_access(erp: Erp, mode: LoginMode) -> None:
    """Blocked people and those without access are told so after the right password, and only then."""
    directory = Directory(erp, login=mode)
    for login, code in (("zhukov", "blocked"), ("belova", "no_access")):
        error = await outcome(directory.sign_in(login, f"{login}-pass"))
        assert (error.code, error.revealable) == (code, True)
        error = await outcome(directory.sign_in(login, "wrong"))
        assert (error.code, error.revealable) == ("bad_credentials", False)


@pytest.mark.parametrize(
    ("status", "password", "code", "revealable"),
    [
        ("locked", "petrova-pass", "locked", False),
        ("locked", "wrong", "locked", False),
        ("expired", "petrova-pass", "expired", True),
        ("expired", "wrong", "bad_credentials", False),
        ("grace", "petrova-pass", None, False),
        ("grace", "wrong", "bad_credentials", False),
    ],
)
async def test_database_accounts(erp: Erp, sandbox: SandboxErp, status: Any, password: str, code: str | None, revealable: bool) -> None:
    """A locked account is not revealed, an expired one is after its right password, and one about to expire may sign in."""
    sandbox.server.accounts["PETROVA"].status = status
    found = await outcome(Directory(erp, login="database").sign_in("petrova", password))
    if code is None:
        assert isinstance(found, ErpPerson)
    else:
        assert (found.code, found.revealable) == (code, revealable)


async def test_database_account_without_a_row(erp: Erp, sandbox: SandboxErp) -> None:
    """A database user who is no person of the ERP has no access; one whom the ERP blocks is blocked."""
    directory = Directory(erp, login="database")
    error = await outcome(directory.sign_in("navigator", "navigator-pass"))
    assert (error.code, error.revealable) == ("no_access", True)
    sandbox.server.accounts["ZHUKOV"].status = "open"
    assert (await outcome(directory.sign_in("zhukov", "zhukov-pass"))).code == "blocked"


async def test_people_do_not_lock_the_service_account_out(erp: Erp, sandbox: SandboxErp) -> None:
    """Wrong passwords of people leave the service account's own calls alone, and no connection of theirs stays open."""
    directory = Directory(erp, login="database")
    for _ in range(5):
        await outcome(directory.sign_in("petrova", "wrong"))
    assert await directory.person(5006) is not None
    await directory.sign_in("petrova", "petrova-pass")
    async with asyncio.timeout(2):
        while any(session.user == "PETROVA" for session in sandbox.server.sessions):  # noqa: ASYNC110 - it ends in the peer
            await asyncio.sleep(0.01)


async def test_accounts_are_tried_a_few_at_a_time(erp: Erp, sandbox: SandboxErp) -> None:
    """Many who sign in at once make two connections of their own at a time, and all are answered."""
    directory, most = Directory(erp, login="database"), 0

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, sum(session.user == "" for session in sandbox.server.sessions))
            await asyncio.sleep(0)

    watching = asyncio.create_task(watch())
    found = await asyncio.gather(*(outcome(directory.sign_in("petrova", "wrong")) for _ in range(8)))
    watching.cancel()
    # whoever waits longer than the limit for a turn is told that the ERP is busy
    assert {getattr(one, "code", "") for one in found} <= {"bad_credentials", "erp_busy"}
    assert most <= 4  # two that connect, two whose sockets the peer has not seen closed yet


async def test_function_that_declines(erp: Erp, sandbox: SandboxErp) -> None:
    """When the ERP's function raises its own error the account is locked, which is not revealed."""
    sandbox.package.locked.add("petrova")
    error = await outcome(Directory(erp, login="function").sign_in("petrova", "petrova-pass"))
    assert (error.code, error.revealable) == ("locked", False)


async def test_function_that_is_not_there(erp: Erp) -> None:
    """A function that the settings name wrongly is a mistake of theirs, and no wrong password."""
    error = await outcome(Directory(erp, login="function", function="erp_auth.no_such").sign_in("petrova", "petrova-pass"))
    assert isinstance(error, ErpMisconfigured)
    for name in ("x(1)", "a.b.c.d", "", "x; drop table t", "функция"):
        with pytest.raises(ErpMisconfigured):
            Directory(erp, login="function", function=name)


async def test_padding_and_case(erp: Erp, sandbox: SandboxErp) -> None:
    """Names and passwords from CHAR columns match without their blanks; names with odd signs and quotes are found."""
    change(sandbox, "update t_user set NAME = 'O''Hara_Ёж  ', PASSWORD = ' пароль ☃   ' where USER_ID = 5006")
    directory = Directory(erp)
    person = await directory.sign_in("o'hara_ёЖ", " пароль ☃")
    assert (person.erp_id, person.login) == (5006, "o'hara_ёж")
    assert (await outcome(directory.sign_in("o'hara_ёж", "пароль ☃"))).code == "bad_credentials"


async def test_nobody_signs_in_without_a_stored_password(erp: Erp, sandbox: SandboxErp) -> None:
    """An empty PASSWORD matches nothing."""
    for empty in (None, "", "   "):
        change(sandbox, "update t_user set PASSWORD = ? where USER_ID = 5006", empty)
        for given in (" ", "None", "null"):
            assert (await outcome(Directory(erp).sign_in("petrova", given))).code == "bad_credentials"


async def test_names_that_differ_by_case(erp: Erp, sandbox: SandboxErp) -> None:
    """Of two names that differ by case only the one that was typed exactly is meant, and else nobody."""
    change(sandbox, "update t_user set NAME = 'Petrova', PASSWORD = 'other' where USER_ID = 5007")
    directory = Directory(erp)
    assert (await directory.sign_in("Petrova", "other")).erp_id == 5007
    assert (await directory.sign_in("petrova", "petrova-pass")).erp_id == 5006
    assert (await outcome(directory.sign_in("PETROVA", "other"))).code == "bad_credentials"


@pytest.mark.parametrize(
    ("word", "standing"),
    [
        (None, "none"),
        ("", "none"),
        ("   ", "none"),
        ("заблокированный  СОТРУДНИК ", "blocked"),
        ("Уволен", "blocked"),
        ("Временный доступ", "active"),
    ],
)
async def test_standing(erp: Erp, sandbox: SandboxErp, word: str | None, standing: str) -> None:
    """AUTH_PERIOD_TYPE: null is no access, the words of the setting are blocked, anything else is active."""
    directory = Directory(erp, blocked=("Заблокированный сотрудник", "уволен"))
    change(sandbox, "update t_user set AUTH_PERIOD_TYPE = ? where USER_ID = 5006", word)
    person = await directory.person(5006)
    assert person is not None
    assert person.standing == standing
    assert await directory.standings([5006]) == {5006: standing}


async def test_person_that_is_gone(erp: Erp) -> None:
    """Who has no row is nobody, and gone in the standings."""
    directory = Directory(erp)
    assert await directory.person(1) is None
    assert await directory.vpn_until(1) is None
    assert await directory.standings([1, 5006, 1]) == {1: "gone", 5006: "active"}
    assert await directory.standings([]) == {}


async def test_thousands_of_standings(erp: Erp, sandbox: SandboxErp) -> None:
    """Each of thousands of ids gets its answer, in lists of a few lengths that stay under Oracle's limit."""
    with closing(sqlite3.connect(sandbox.path)) as db, db:
        words = (None, "Заблокированный сотрудник", "Постоянный доступ")
        db.executemany(
            "insert into t_user (USER_ID, NAME, AUTH_PERIOD_TYPE) values (?, ?, ?)",
            [(number, f"many{number}", words[number % 3]) for number in range(10_000, 13_000)],
        )
    found = await Directory(erp).standings(range(10_000, 13_005))
    assert len(found) == 3005
    assert all(found[number] == ("none", "blocked", "active")[number % 3] for number in range(10_000, 13_000))
    assert {found[number] for number in range(13_000, 13_005)} == {"gone"}
    asked = [(text, binds) for _, _, text, binds in sandbox.server.log if ":i0" in text]
    assert len(asked) == 7
    assert max(len(binds[0]) for _, binds in asked) == 500
    assert len({text for text, _ in asked}) == 2


async def test_standings_are_all_or_nothing(erp: Erp, sandbox: SandboxErp) -> None:
    """When the ERP goes away in the middle nobody is said to be gone."""
    sandbox.server.faults.append(Fault(":i499", "drop", times=-1))
    with pytest.raises(ErpUnavailable):
        await Directory(erp).standings(range(1, 1500))


FAULTS = [
    ("freeze", ErpUnavailable),
    ("hang", (ErpSlow, ErpUnavailable)),
    ("drop", ErpUnavailable),
    ("truncate", ErpUnavailable),
    ("lost", ErpUnavailable),
]


@each_mode
@pytest.mark.parametrize("where", ["@connect", "@login NAVIGATOR", "v_user"])
@pytest.mark.parametrize(("action", "kind"), FAULTS)
async def test_sign_in_while_the_erp_misbehaves(erp: Erp, sandbox: SandboxErp, mode: LoginMode, where: str, action: Any, kind: Any) -> None:
    """Whatever the ERP does at connecting, at its own sign-in or in the middle, nobody is turned away for it, and the next time works."""
    directory = Directory(erp, login=mode)
    sandbox.server.faults.append(Fault(where, action, times=-1))
    error = await outcome(directory.sign_in("petrova", "petrova-pass"))
    if isinstance(error, ErpPerson):
        # the connect packet is answered before a message could be cut, so nothing went wrong
        assert (where, action) in {("@connect", "truncate"), ("@connect", "lost")}
    else:
        assert isinstance(error, kind)
    sandbox.server.faults.clear()
    assert (await outcome(directory.sign_in("petrova", "petrova-pass"))).login == "petrova"


@pytest.mark.parametrize(("action", "kind"), FAULTS)
async def test_password_check_while_the_erp_misbehaves(erp: Erp, sandbox: SandboxErp, action: Any, kind: Any) -> None:
    """When the check itself is cut off the answer is that the ERP is away, never that the password is wrong; the next time works."""
    for mode, where in (("function", "check_password"), ("database", "@login PETROVA")):
        directory = Directory(erp, login=mode)  # type: ignore[arg-type]
        sandbox.server.faults.append(Fault(where, action))
        assert isinstance(await outcome(directory.sign_in("petrova", "petrova-pass")), kind)
        assert not sandbox.server.faults[0].times
        sandbox.server.faults.clear()
        assert (await outcome(directory.sign_in("petrova", "petrova-pass"))).login == "petrova"


@each_mode
async def test_killed_sessions(erp: Erp, sandbox: SandboxErp, mode: LoginMode) -> None:
    """After the database has cut every connection the next sign-in works."""
    directory = Directory(erp, login=mode)
    await directory.sign_in("petrova", "petrova-pass")
    sandbox.server.kill_sessions()
    assert (await directory.sign_in("petrova", "petrova-pass")).erp_id == 5006


@each_mode
async def test_erp_down(settings: ErpSettings, mode: LoginMode) -> None:
    """Where nobody listens sign-in says that the ERP is away, at once."""
    async with open_erp(replace(settings, dsn="127.0.0.1:1/ERP")) as erp:
        assert isinstance(await outcome(Directory(erp, login=mode).sign_in("petrova", "x")), ErpUnavailable)


@each_mode
@pytest.mark.parametrize("code", [1033, 3113, 12514])
async def test_erp_starting_or_stopping(erp: Erp, sandbox: SandboxErp, mode: LoginMode, code: int) -> None:
    """A database that starts, stops or does not know its service is away."""
    sandbox.server.faults.append(Fault("@connect" if code == 12514 else "@login", "error", code, times=-1))
    assert isinstance(await outcome(Directory(erp, login=mode).sign_in("petrova", "x")), ErpUnavailable)


# -- VPN


async def test_renews_vpn(erp: Erp, sandbox: SandboxErp) -> None:
    """The date is written as a day, read back, and the same call again changes nothing."""
    directory, until = Directory(erp), datetime.now(UTC).date() + timedelta(days=90)
    for _ in range(2):
        await directory.renew_vpn(5006, until)
        assert await directory.vpn_until(5006) == until
        assert stored(sandbox, 5006) == f"{until} 00:00:00"


async def test_vpn_of_nobody(erp: Erp, sandbox: SandboxErp) -> None:
    """When not exactly one row would change nothing is changed."""
    directory = Directory(erp)
    assert isinstance(await outcome(directory.renew_vpn(1, date(2026, 12, 31))), ErpDataRefused)
    before = stored(sandbox, 5006)
    wide = replace(ErpQueries(), vpn_renew="update erp.t_user set VPN_END_DATE = :until where USER_ID >= :id")
    error = await outcome(Directory(erp, wide).renew_vpn(5005, date(2026, 12, 31)))
    assert isinstance(error, ErpDataRefused)
    assert stored(sandbox, 5006) == before


async def test_vpn_rule_of_the_erp(erp: Erp, sandbox: SandboxErp) -> None:
    """A rule of the ERP comes with its own sentence, and the date stays."""
    before = stored(sandbox, 5006)
    error = await outcome(Directory(erp).renew_vpn(5006, date(2099, 1, 1)))
    assert isinstance(error, ErpRule)
    assert error.message == "VPN открывают не дольше чем на год"
    assert stored(sandbox, 5006) == before


@pytest.mark.parametrize("action", ["freeze", "hang", "drop", "truncate", "lost"])
@pytest.mark.parametrize("where", ["update", "@commit"])
async def test_lost_answer_of_a_renewal(erp: Erp, sandbox: SandboxErp, where: str, action: Any) -> None:
    """When an answer is lost the outcome is said to be unknown; what is read back is true, and after a retry the date is right once."""
    directory, until = Directory(erp), datetime.now(UTC).date() + timedelta(days=60)
    before = await directory.vpn_until(5006)
    sandbox.server.faults.append(Fault(where, action))
    error = await outcome(directory.renew_vpn(5006, until))
    assert isinstance(error, ErpSlow | ErpUnavailable)
    done = where == "@commit" and action in ("truncate", "lost")
    assert await directory.vpn_until(5006) == (until if done else before)
    await directory.renew_vpn(5006, until)
    assert await directory.vpn_until(5006) == until
    commits = [text for _, _, text, _ in sandbox.server.log if text == "@commit"]
    assert len(commits) == (2 if where == "@commit" else 1)


async def test_vpn_row_that_is_being_edited(erp: Erp, sandbox: SandboxErp) -> None:
    """A row that somebody edits in the ERP is not waited for longer than the limit, and can be renewed afterwards."""
    directory, until = Directory(erp), datetime.now(UTC).date() + timedelta(days=30)
    with closing(sqlite3.connect(sandbox.path, isolation_level=None)) as db:
        db.execute("begin immediate")
        error = await outcome(directory.renew_vpn(5006, until))
        assert isinstance(error, ErpError)
        db.execute("rollback")
    await directory.renew_vpn(5006, until)
    assert await directory.vpn_until(5006) == until


# -- passwords for Redmine, and configuration


async def test_redmine_password(erp: Erp, sandbox: SandboxErp) -> None:
    """It comes wrapped, by login whatever its case; another statement may get it from a function; nobody has none."""
    directory = Directory(erp)
    secret = await directory.redmine_password("Petrova ")
    assert secret.get_secret_value() == "petrova-pass"
    assert "petrova-pass" not in f"{secret!r}{secret}"
    by_function = replace(ErpQueries(), redmine_password="select erp.get_user_redmine_password(:login) as P from dual")
    assert (await Directory(erp, by_function).redmine_password("petrova")).get_secret_value() == "petrova-pass"
    for queries in (ErpQueries(), by_function):
        with pytest.raises(LookupError) as caught:
            await Directory(erp, queries).redmine_password("nobody")
        assert "nobody" not in str(caught.value)


async def test_missing_column_is_named(erp: Erp) -> None:
    """A statement that leaves a column out is a mistake of the settings which names the column."""
    short = replace(ErpQueries(), person="select USER_ID, NAME from erp.v_user where USER_ID = :id")
    error = await outcome(Directory(erp, short).person(5006))
    assert isinstance(error, ErpMisconfigured)
    assert "FULL_NAME" in str(error)
    no_word = replace(ErpQueries(), standings="select USER_ID from erp.v_user where USER_ID in (:ids)")
    assert "AUTH_PERIOD_TYPE" in str(await outcome(Directory(erp, no_word).standings([5006])))
    no_password = replace(ErpQueries(), credentials=ErpQueries().person_by_login)
    assert "PASSWORD" in str(await outcome(Directory(erp, no_password).sign_in("petrova", "petrova-pass")))


def test_today_is_the_erps() -> None:
    """VPN days are those of the ERP's wall clock."""
    late = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
    assert Directory(None, now=lambda: late).today() == date(2026, 3, 5)  # type: ignore[arg-type]


async def test_finds_people_by_their_number(sandbox: SandboxErp, erp: Erp) -> None:
    """However the number is written there; whoever is blocked, or has no number, is not found; the statement may be replaced."""
    change(sandbox, "update t_user set PHONE_EXT = '+7 (495) 123-45-67' where USER_ID = 5006")
    change(sandbox, "update t_user set PHONE_EXT = '8 495 1234567', AUTH_PERIOD_TYPE = 'Заблокированный сотрудник' where USER_ID = 5007")
    directory = Directory(erp)
    assert [person.erp_id for person in await directory.by_phone("4951234567")] == [5006]
    assert [person.erp_id for person in await directory.by_phone("1105")] == [5005]
    assert await directory.by_phone("105") == []
    own = ErpQueries(people_by_phone=ErpQueries().person.replace("u.USER_ID = :id", "u.OFFICE = 'nowhere' and u.PHONE_EXT = :phone"))
    assert await Directory(erp, own).by_phone("1105") == []
