"""The listener: a small Oracle look-alike to which the real driver logs in."""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import sqlite3
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.sandbox.erp.backend import Instance
from adapters.sandbox.erp.faults import Fault, take
from adapters.sandbox.erp.login import Account
from adapters.sandbox.erp.session import Session
from adapters.sandbox.erp.sql import Statement, translate

__all__ = ["OracleWireServer", "oracle_wire_server"]

_CLOSE_S = 5.0
_LOGGED = 1000


class OracleWireServer:
    """What is known to all sessions. Made by `oracle_wire_server`."""

    def __init__(self, instance: Instance, accounts: Mapping[str, str | Account], services: Sequence[str]) -> None:
        self.instance = instance
        self.accounts = {name.upper(): item if isinstance(item, Account) else Account(item) for name, item in accounts.items()}
        self.services = frozenset(name.upper() for name in services)
        self.service = services[0]
        self.lock_after = 0
        """Bad passwords after which an account is locked; 0: never."""
        self.faults: list[Fault] = []
        self.log: list[tuple[int, str, str, Any]] = []
        """The last thousand requests: session, user, text, binds. For tests; never printed."""
        self.sessions: set[Session] = set()
        self.numbers = itertools.count(1)
        self.host, self.port = "", 0

    @property
    def dsn(self) -> str:
        """Easy Connect string."""
        return f"{self.host}:{self.port}/{self.service}"

    @property
    def path(self) -> str:
        """The SQLite file behind it all, for looking into it or changing it behind the client's back."""
        return self.instance.path

    def translate(self, sql: str) -> Statement:
        """A statement rewritten for SQLite."""
        return translate(sql, self.instance.schemas | {"SYS", *self.accounts})

    def record(self, session: Session, text: str, binds: Any = None) -> None:
        """Adds to the log."""
        if text:
            self.log.append((session.number, session.user, text, binds))
            del self.log[:-_LOGGED]

    def take_fault(self, text: str) -> Fault | None:
        """The misbehaviour that is due for this request."""
        return take(self.faults, text)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from accept to close."""
        session = Session(self, reader, writer)
        self.sessions.add(session)
        try:
            await session.run()
        finally:
            self.sessions.discard(session)

    def kill_sessions(self) -> None:
        """Cuts every connection, as a database restart or a firewall would."""
        for session in list(self.sessions):
            session.writer.transport.abort()


@asynccontextmanager
async def oracle_wire_server(
    path: Path,
    accounts: Mapping[str, str | Account],
    *,
    init: str = "",
    services: Sequence[str] = ("ERP",),
    schema: str = "ERP",
    functions: Mapping[str, Callable[..., Any]] | None = None,
    lock_timeout: float = 5.0,
    host: str = "127.0.0.1",
) -> AsyncIterator[OracleWireServer]:
    """Listens on a free port of loopback for as long as the block lasts.

    `init` is an SQLite script with Oracle's type names, run each time. `functions` answer PL/SQL calls; one raises `OraError` to
    fail the call. `lock_timeout` is in seconds.
    """

    def prepare() -> None:
        with contextlib.closing(sqlite3.connect(path)) as db:
            db.execute("pragma journal_mode = wal")
            db.executescript(init)

    await asyncio.to_thread(prepare)
    instance = Instance(str(path), schema.upper(), functions or {}, lock_timeout, _now, frozenset({schema.upper()}))
    server = OracleWireServer(instance, accounts, services)
    listener = await asyncio.start_server(server.serve, host, 0)
    server.host, server.port = listener.sockets[0].getsockname()[:2]
    try:
        yield server
    finally:
        listener.close()
        server.kill_sessions()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_S):
                while server.sessions:  # noqa: ASYNC110 - each ends by itself once its socket is cut
                    await asyncio.sleep(0.01)


def _now() -> dt.datetime:
    return dt.datetime.now()
