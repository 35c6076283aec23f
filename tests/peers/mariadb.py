"""A private MariaDB on loopback for the store's tests, made for one run and thrown away with it.

It keeps what it commits over a SIGKILL of its own (the log is written at each commit) but asks no disk to flush.
"""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pymysql
import pytest

from tests.peers import need

__all__ = ["MariaDb", "mariadb", "running"]

_START_S, _STOP_S = 30.0, 20.0
_PACKAGES = {"peer": "MariaDB", "mend": "make services"}


class MariaDb:
    """One server over one data directory. Its only account is `root` without a password, on loopback and the socket."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._socket = directory / "db.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()

    def url(self, database: str) -> str:
        """The store's URL of a database on this server."""
        return f"mysql+aiomysql://root@127.0.0.1:{self.port}/{database}?charset=utf8mb4"

    def start(self) -> None:
        """Starts the server, or starts it again, on the same port; ready when this returns."""
        log = self._directory / "mariadbd.log"
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [
                    need.command("mariadbd", "/usr/sbin/mariadbd", **_PACKAGES),
                    "--no-defaults",
                    f"--user={getpass.getuser()}",
                    f"--datadir={self._directory / 'data'}",
                    f"--socket={self._socket}",
                    f"--pid-file={self._directory / 'db.pid'}",
                    "--bind-address=127.0.0.1",
                    f"--port={self.port}",
                    "--skip-name-resolve",
                    "--performance-schema=off",
                    "--innodb-buffer-pool-size=64M",
                    "--innodb-flush-method=nosync",  # a test's data need not outlive the machine
                    "--innodb-flush-log-at-trx-commit=2",
                    "--max-connections=200",
                ],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )
        until = time.monotonic() + _START_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                pytest.fail(f"MariaDB did not start:\n{log.read_text()[-2000:]}", pytrace=False)
            time.sleep(0.02)

    def stop(self) -> None:
        """An orderly end, as by its service manager."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """The end by SIGKILL."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """The server keeps its connections and answers nobody, until `wake`."""
        self._send(signal.SIGSTOP)

    def wake(self) -> None:
        """Goes on after `freeze`."""
        self._send(signal.SIGCONT)

    def sql(self, *statements: str, database: str | None = None) -> list[Any]:
        """Runs statements as root, each committed; returns the last one's rows."""
        rows: list[Any] = []
        with (
            closing(
                pymysql.connect(
                    unix_socket=str(self._socket), user="root", database=database, charset="utf8mb4", autocommit=True, ssl_disabled=True
                )
            ) as link,
            link.cursor() as cursor,
        ):
            for statement in statements:
                cursor.execute(statement)
                rows = list(cursor.fetchall())
        return rows

    def empty(self, database: str) -> None:
        """Throws every row of a database away. The tables stay, and generated keys go on from where they were."""
        used = self.sql(
            "SELECT table_name FROM information_schema.tables "
            f"WHERE table_schema = '{database}' AND table_type = 'BASE TABLE' AND table_name <> 'alembic_version'"
        )
        # DELETE in one transaction: of the few rows of a test it is much faster than TRUNCATE, which makes each table anew
        deletes = (f"DELETE FROM `{name}`" for (name,) in used if name != "audit")
        self.sql("SET foreign_key_checks = 0", "START TRANSACTION", *deletes, "COMMIT", database=database)
        if ("audit",) in {tuple(row) for row in used} and self.sql("SELECT 1 FROM audit LIMIT 1", database=database):
            self.sql("TRUNCATE audit", database=database)  # its trigger forbids DELETE

    def _answers(self) -> bool:
        with closing(socket.socket(socket.AF_UNIX)) as probe:  # PyMySQL leaves the socket of a failed connection open
            return probe.connect_ex(str(self._socket)) == 0

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._send(how)
            self._send(signal.SIGCONT)
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def _send(self, what: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(what)


def _free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def running() -> Iterator[MariaDb]:
    """A server with an empty data directory; skips the test when this machine has no packages for it."""
    install = need.command("mariadb-install-db", **_PACKAGES)
    directory = Path(tempfile.mkdtemp(prefix="tez-mariadb-"))  # short: a socket's path has at most 107 bytes
    try:
        made = subprocess.run(
            [
                install,
                "--no-defaults",
                f"--user={getpass.getuser()}",
                f"--datadir={directory / 'data'}",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
                "--skip-name-resolve",
                "--innodb-log-file-size=32M",
            ],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        if made.returncode != 0:
            pytest.fail(f"mariadb-install-db failed:\n{made.stderr[-2000:]}", pytrace=False)
        server = MariaDb(directory)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDb]:
    """The server of a whole run."""
    with running() as server:
        yield server
