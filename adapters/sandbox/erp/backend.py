"""The database behind one session: a SQLite connection that answers as Oracle would."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.sandbox.erp.errors import MESSAGES, OraError
from adapters.sandbox.erp.functions import builtins
from adapters.sandbox.erp.sql import Statement
from adapters.sandbox.erp.types import Column, declared_column, guessed_column

__all__ = ["Backend", "Instance", "Result"]

_BANNER = "Oracle Database 19c Enterprise Edition Release 19.0.0.0.0 - Production"
_DICTIONARY = f"""
    create temp table dual (dummy VARCHAR2(1)); insert into dual values ('X');
    create temp table v$parameter (name VARCHAR2(80), value VARCHAR2(4000));
    insert into v$parameter values ('compatible', '19.0.0');
    create temp table v$version (banner VARCHAR2(200)); insert into v$version values ('{_BANNER}');
    create temp table v$transaction (xidusn NUMBER, xidslot NUMBER, xidsqn NUMBER, flag NUMBER);
    insert into v$transaction values (1, 1, 1, 0);
    create temp table nls_session_parameters (parameter VARCHAR2(128), value VARCHAR2(64));
    insert into nls_session_parameters values ('NLS_NUMERIC_CHARACTERS', '.,'), ('NLS_DATE_FORMAT', 'DD-MON-RR');"""


def _nothing(create: object = None) -> str:
    """DBMS_TRANSACTION.LOCAL_TRANSACTION_ID, which SQLAlchemy's dialect asks for."""
    return "1.1.1"


@dataclass(slots=True)
class Instance:
    """What all sessions of one database share."""

    path: str
    schema: str
    functions: Mapping[str, Callable[..., Any]]
    """PL/SQL functions and procedures by `package.name`; a procedure returns {position: value} for its OUT binds."""
    lock_timeout: float
    """Seconds to wait for another session's write lock before ORA-00054."""
    now: Callable[[], dt.datetime]
    """SYSDATE, naive."""
    schemas: frozenset[str] = frozenset()
    """Names that may stand before a table's; they mean nothing here."""


@dataclass(slots=True)
class Result:
    """What a statement gave."""

    columns: list[Column] | None = None
    """None: it was no query."""
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    count: int = 0
    returned: list[list[tuple[Any, ...]]] = field(default_factory=list)
    """Rows of RETURNING, for each execution."""
    outputs: dict[int, Any] = field(default_factory=dict)
    """PL/SQL OUT binds by position."""


class Backend:
    """One session's SQLite connection. Its methods block: they are called in threads."""

    def __init__(self, instance: Instance, user: str) -> None:
        self.instance, self.lock = instance, threading.Lock()
        self.failure: OraError | None = None
        self.db = sqlite3.connect(instance.path, isolation_level=None, check_same_thread=False, timeout=instance.lock_timeout)
        self.db.execute("pragma foreign_keys = on")
        self.db.executescript(_DICTIONARY)
        context = {
            "CURRENT_SCHEMA": instance.schema,
            "CURRENT_USER": user,
            "SESSION_USER": user,
            **dict.fromkeys(("DB_NAME", "INSTANCE_NAME", "SERVICE_NAME"), "ERP"),
        }
        functions = builtins(user, context, lambda: instance.now())
        functions |= {name.replace(".", "__"): function for name, function in instance.functions.items()}
        for name, function in functions.items():
            self.db.create_function(name, -1, self._guarded(function))

    def _guarded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            try:
                return function(*args)
            except OraError as error:  # SQLite would replace it with its own text
                self.failure = error
                raise

        return call

    @property
    def in_transaction(self) -> bool:
        """Whether something is written and not yet committed."""
        return self.db.in_transaction

    def execute(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> Result:
        """Runs a statement once for each row of binds; raises OraError."""
        with self.lock:
            self.failure = None
            try:
                return self._run(statement, rows)
            except sqlite3.Error as error:
                raise (self.failure or _ora_error(error, statement)) from error

    def _run(self, statement: Statement, rows: Sequence[Sequence[Any]]) -> Result:
        if statement.kind == "query":
            cursor = self.db.execute(statement.sql, rows[0])
            fetched = cursor.fetchall()
            return Result(self._columns(statement, cursor.description, fetched), fetched)
        if statement.kind == "plsql":
            return self._plsql(statement, rows[0])
        if statement.kind == "control":
            word = statement.sql.split()[0].upper()
            if word in ("COMMIT", "ROLLBACK") and " TO " not in statement.sql.upper():
                self._end(word)
            else:
                self._begin()
                self.db.execute(statement.sql)
        elif statement.kind == "ddl":
            self._end("commit")
            self.db.execute(statement.sql)
        elif statement.kind == "dml":
            self._begin()
            result = Result()
            self.db.execute("savepoint ora_statement")  # a failing statement undoes itself only
            try:
                for row in rows:
                    cursor = self.db.execute(statement.sql, row)
                    returned = cursor.fetchall() if statement.return_binds else []
                    result.returned.append(returned)
                    result.count += len(returned) if statement.return_binds else max(cursor.rowcount, 0)
            except BaseException:
                if self.db.in_transaction:
                    self.db.execute("rollback to ora_statement")
                raise
            finally:
                if self.db.in_transaction:
                    self.db.execute("release ora_statement")
            return result
        return Result()

    def _begin(self) -> None:
        if not self.db.in_transaction:
            self.db.execute("begin immediate")

    def _end(self, word: str) -> None:
        if self.db.in_transaction:
            self.db.execute(word)

    def finish(self, word: str) -> None:
        """Ends the transaction, if there is one, by `commit` or `rollback`."""
        with self.lock:
            self._end(word)

    def close(self) -> None:
        """Rolls back and closes."""
        with self.lock:
            self._end("rollback")
            self.db.close()

    def check(self, statement: Statement) -> None:
        """Whether what writes could be run, as parsing tells: raises OraError for unknown tables, columns and functions."""
        if statement.kind == "plsql":
            self._call(statement)
        elif statement.kind == "dml":
            with self.lock:
                try:
                    self.db.execute(f"explain {statement.sql}", [None] * len(statement.bind_names))
                except sqlite3.Error as error:
                    raise _ora_error(error, statement) from error

    def describe(self, statement: Statement) -> list[Column]:
        """The columns of a query without running it."""
        with self.lock:
            try:
                cursor = self.db.execute(f"select * from ({statement.sql}) limit 0", [None] * len(statement.bind_names))
                return self._columns(statement, cursor.description, [])
            except sqlite3.Error as error:
                raise _ora_error(error, statement) from error

    def _columns(self, statement: Statement, description: Any, rows: list[tuple[Any, ...]]) -> list[Column]:
        """Names in Oracle's upper case; types declared by the table, else guessed from the values."""
        declared = [""] * len(description)
        with contextlib.suppress(sqlite3.Error):  # a view knows the declared types of its columns
            self.db.execute("create temp view ora_describe as " + re.sub(r"\?\d+", "null", statement.sql))
            try:
                declared = [row[2] for row in self.db.execute("pragma temp.table_info(ora_describe)")]
            finally:
                self.db.execute("drop view temp.ora_describe")
        columns = []
        for index, item in enumerate(description):
            name = item[0] if item[0] in statement.quoted else item[0].upper().removesuffix("()")
            columns.append(declared_column(name, declared[index]) or guessed_column(name, [row[index] for row in rows]))
        return columns

    def _call(self, statement: Statement) -> tuple[re.Match[str], Callable[..., Any]] | None:
        """Which function a block calls, and the block's parts; None for one that does nothing."""
        text = statement.source.strip()
        if re.fullmatch(r"(?is)begin\s+null\s*;\s*end\s*;?", text):
            return None
        match = re.fullmatch(r"(?is)(?:begin|call)\s+(?:(:\w+)\s*:=\s*)?([\w.$#]+)\s*(?:\((.*)\))?\s*;?\s*(?:end\s*;?)?", text)
        names = {
            "DBMS_TRANSACTION.LOCAL_TRANSACTION_ID": _nothing,
            **{name.upper(): function for name, function in self.instance.functions.items()},
        }
        name: str = match[2].upper() if match else text.split("\n")[0][:30]
        head = name.split(".", 1)
        if match and head[0] in self.instance.schemas and len(head) == 2 and head[1] in names:
            name = head[1]
        if not match or name not in names:
            raise OraError(6550, text=f"line 1, column 7:\nPLS-00201: identifier '{name}' must be declared")
        return match, names[name]

    def _plsql(self, statement: Statement, values: Sequence[Any]) -> Result:
        """BEGIN [:x :=] name(args); END; for a registered function; BEGIN NULL; END; does nothing."""
        call = self._call(statement)
        if call is None:
            return Result()
        match, function = call
        order = list(dict.fromkeys(statement.bind_names))
        args, positions, keywords = [], [], {}
        for part in filter(None, (part.strip() for part in (match[3] or "").split(","))):
            key, _, expression = part.rpartition("=>")
            expression = expression.strip()
            slot = order.index(expression[1:].strip().upper()) if expression.startswith(":") else -1
            value = values[slot] if slot >= 0 else self.db.execute(f"select {expression}").fetchone()[0]
            if key:
                keywords[key.strip().lower()] = value
            else:
                args.append(value)
                positions.append(slot)
        returned: Any = function(*args, **keywords)
        if match[1]:
            return Result(outputs={order.index(match[1][1:].upper()): returned})
        return Result(outputs={positions[index]: value for index, value in (returned or {}).items()})


def _ora_error(error: sqlite3.Error, statement: Statement) -> OraError:
    text = str(error)
    name = text.rpartition(": ")[2]
    if raised := re.match(r"ORA-(20\d{3}): (.*)", text, re.S):  # by a trigger
        return OraError(int(raised[1]), text=raised[2])
    if "no such table" in text or "unknown database" in text:
        return OraError(942)
    if "no such column" in text or "no such function" in text or "has no column named" in text:
        found = re.search(r"(?:column|function|named):? (\S+)", text)
        return OraError(904, f'"{(found[1] if found else name).upper()}"')
    if "UNIQUE" in text:
        return OraError(1, name.upper())
    if "NOT NULL" in text:
        return OraError(1400, name.upper())
    if "CHECK" in text:
        return OraError(2290, name.upper())
    if "FOREIGN KEY" in text:
        return OraError(2291)
    if "locked" in text or "busy" in text:
        return OraError(54)
    if "interrupted" in text:
        return OraError(1013)
    if "readonly" in text or "prohibited" in text:
        return OraError(1031)
    if "binding" in text:
        return OraError(1008)
    return OraError(933 if statement.kind in ("query", "dml") else 900, text=f"{MESSAGES[900]} [{text}]")
