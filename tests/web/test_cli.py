"""The command, as a process."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
import structlog
from argon2 import PasswordHasher

from hub.accounts import audit
from hub.store import create_engine, identities, permissions, sessions, users
from web.cli import main
from web.sessions import Sessions

Run = Callable[..., "subprocess.CompletedProcess[str]"]
PASSWORD = "correct horse"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Where the store will be; not even the folder is there."""
    return tmp_path / "var" / "navigator.sqlite"


@pytest.fixture
def process(store: Path) -> Run:
    """Runs the command as a process of its own, as people do."""
    clean = {name: value for name, value in os.environ.items() if not name.upper().startswith("NAVIGATOR_")}

    def run(*words: str, stdin: str = "", **given: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "web", *words],
            input=stdin,
            text=True,
            capture_output=True,
            env=clean | {"NAVIGATOR_STORE_URL": f"sqlite+aiosqlite:///{store}", **given},
            cwd=Path(__file__).parents[2],
            timeout=60,
            check=False,
        )

    return run


@pytest.fixture
def navigator(store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Run]:
    """Runs the command in this process: the same, without two seconds of imports."""
    for name in list(os.environ):
        if name.upper().startswith("NAVIGATOR_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("NAVIGATOR_STORE_URL", f"sqlite+aiosqlite:///{store}")
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level

    def run(*words: str, stdin: str = "", **given: str) -> subprocess.CompletedProcess[str]:
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", io.StringIO(stdin))
            for name, value in given.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                main(words)
        said = capsys.readouterr()
        return subprocess.CompletedProcess(words, int(ended.value.code or 0), said.out, said.err)

    yield run
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def rows(store: Path, query: sa.Select[tuple[object, ...]]) -> list[tuple[object, ...]]:
    engine = create_engine(f"sqlite+aiosqlite:///{store}")

    async def read() -> list[tuple[object, ...]]:
        async with engine.connect() as connection:
            found: list[tuple[object, ...]] = [tuple(row) for row in await connection.execute(query)]
        await engine.dispose()
        return found

    return asyncio.run(read())


def test_the_first_account_makes_the_store(process: Run, navigator: Run, store: Path) -> None:
    """`user add NAME --admin` with a password on standard input is all that a new product needs; a second one of that name is refused."""
    words = (
        "user",
        "add",
        "Anna",
        "--admin",
        "--display",
        "Анна А.",
        "--redmine-id",
        "5",
        "--email",
        "anna@example.org",
        "--permission",
        "quality",
    )
    made = process(*words, stdin=f"{PASSWORD}\n")
    assert (made.returncode, made.stdout) == (0, "Made Anna.\n"), made.stderr
    assert PASSWORD not in made.stdout + made.stderr
    [(name, display, hashed)] = rows(store, sa.select(users.c.name, users.c.display_name, users.c.password_hash))
    assert (name, display) == ("anna", "Анна А.")
    assert PasswordHasher().verify(str(hashed), PASSWORD)
    assert set(rows(store, sa.select(permissions.c.permission))) == {("admin",), ("quality",)}
    assert set(rows(store, sa.select(identities.c.system, identities.c.key))) == {("redmine", "5"), ("email", "anna@example.org")}
    again = navigator("user", "add", "ANNA", stdin=f"{PASSWORD}\n")
    assert (again.returncode, again.stderr) == (1, "navigator: the name anna is already taken\n")
    listed = navigator("user", "list")
    assert listed.stdout.split() == ["anna", "active", "admin,", "quality", "Анна", "А."]


@pytest.mark.parametrize(("stdin", "part"), [("", "no password"), ("\n", "no password"), ("short\n", "at least 8 characters")])
def test_a_password_that_is_none_is_refused(navigator: Run, store: Path, stdin: str, part: str) -> None:
    """Nothing is made, the reason is told, the code is 1."""
    answer = navigator("user", "add", "anna", stdin=stdin)
    assert answer.returncode == 1
    assert part in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not store.exists()


def test_a_new_password_and_a_locked_account_end_every_sign_in(navigator: Run, store: Path) -> None:
    """`passwd` and `disable` sign the person out everywhere; somebody who does not exist is told of."""
    navigator("user", "add", "anna", stdin=f"{PASSWORD}\n")

    async def sign_in() -> None:
        engine = await asyncio.to_thread(create_engine, f"sqlite+aiosqlite:///{store}")
        await Sessions(engine).create(1)
        await engine.dispose()

    asyncio.run(sign_in())
    changed = navigator("user", "passwd", "anna", stdin="another horse\n")
    assert changed.stdout == "Changed the password of anna; sign-ins ended: 1.\n"
    assert rows(store, sa.select(sessions.c.user_id)) == []
    asyncio.run(sign_in())
    assert navigator("user", "disable", "anna").stdout == "Disabled anna; sign-ins ended: 1.\n"
    assert "disabled" in navigator("user", "list").stdout
    assert navigator("user", "enable", "anna").returncode == 0
    missing = navigator("user", "disable", "nobody")
    assert (missing.returncode, missing.stderr) == (1, "navigator: there is no person with the name nobody\n")


def test_rights_are_given_and_taken_and_the_last_administrator_stays(navigator: Run, store: Path) -> None:
    """`grant` and `revoke` say what they did and leave a line in the audit log; nobody can lock everybody out."""
    navigator("user", "add", "boss", "--admin", stdin=f"{PASSWORD}\n")
    navigator("user", "add", "anna", stdin=f"{PASSWORD}\n")
    assert navigator("user", "grant", "anna", "quality").stdout == "Gave quality to anna.\n"
    assert navigator("user", "grant", "anna", "quality").stdout == "anna has quality already.\n"
    assert navigator("user", "revoke", "anna", "quality").stdout == "Took quality from anna.\n"
    assert navigator("user", "revoke", "anna", "quality").stdout == "anna does not have quality.\n"
    for action in (("revoke", "boss", "admin"), ("disable", "boss")):
        refused = navigator("user", *action)
        assert (refused.returncode, refused.stderr) == (
            1,
            "navigator: boss is the last active administrator: make somebody else one first\n",
        )
    assert [row[0] for row in rows(store, sa.select(audit.c.action))] == ["permission.granted", "permission.revoked"]
    assert {row[0] for row in rows(store, sa.select(audit.c.actor))} == {"command line"}


FAULTY = {"NAVIGATOR_LISTEN": "x", "NAVIGATOR_LISTEM": "y"}


def test_faulty_settings_end_the_server_with_code_3(process: Run) -> None:
    """All mistakes stand on standard error, without a traceback."""
    answer = process("serve", **FAULTY)
    assert answer.returncode == 3
    assert answer.stderr.startswith("The settings have 2 mistakes:")
    assert "Did you mean NAVIGATOR_LISTEN?" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("words", [("migrate",), ("doctor",), ("user", "list")])
def test_every_command_tells_faulty_settings_alike(navigator: Run, words: tuple[str, ...]) -> None:
    """Code 3 and the list, whatever was asked for."""
    answer = navigator(*words, **FAULTY)
    assert (answer.returncode, answer.stdout) == (3, "")
    assert "The settings have 2 mistakes:" in answer.stderr


def test_migrate_and_doctor_on_the_embedded_default(navigator: Run, store: Path, tmp_path: Path) -> None:
    """A settings file by --config is taken; the doctor names what each area waits for and ends well with everything off."""
    assert navigator("migrate").returncode == 0
    assert store.exists()
    file = tmp_path / "navigator.toml"
    file.write_text('redmine_url = "http://127.0.0.1:9"\n')
    told = navigator("--config", str(file), "doctor")
    assert told.returncode == 0, told.stderr
    assert "not set: REDMINE_DB_URL" in told.stdout
    assert "not set: VAPID_PRIVATE_KEY, VAPID_SUBJECT" in told.stdout


def test_vapid_prints_settings_that_work(navigator: Run) -> None:
    """The printed lines are settings."""
    told = navigator("vapid")
    given = dict(line.split("=", 1) for line in told.stdout.splitlines() if line.startswith("NAVIGATOR_"))
    assert set(given) == {"NAVIGATOR_VAPID_PRIVATE_KEY", "NAVIGATOR_VAPID_SUBJECT"}
    given["NAVIGATOR_VAPID_SUBJECT"] = "mailto:helpdesk@example.org"
    assert "public key" in navigator("doctor", **given).stdout


def test_a_wrong_word_is_wrong_usage(navigator: Run) -> None:
    """Unknown commands and missing words end with code 2 and the usage."""
    for words in ((), ("fly",), ("user",), ("user", "add"), ("user", "add", "anna", "--permission", "everything")):
        answer = navigator(*words)
        assert answer.returncode == 2
        assert "usage: navigator" in answer.stderr
