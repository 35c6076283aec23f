"""What the client asks: TTC messages turned into requests."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from adapters.sandbox.erp.sql import Statement
from adapters.sandbox.erp.types import BOOLEAN, Bind, Column, decode_value
from adapters.sandbox.erp.wire import (
    F_AUTH_1,
    F_AUTH_2,
    F_CLOSE_CURSORS,
    F_END_TO_END,
    F_EXECUTE,
    F_FETCH,
    F_REEXECUTE,
    F_REEXECUTE_FETCH,
    F_SET_SCHEMA,
    FIELD_VERSION,
    M_FUNCTION,
    M_PIGGYBACK,
    M_PROTOCOL,
    M_TYPES,
    Bytes,
    Reader,
    Writer,
)

__all__ = ["Cursor", "Parser", "Request", "Unknown"]


class Unknown(Exception):
    """A message that this server does not know: the session cannot go on."""


@dataclass(slots=True)
class Cursor:
    """A statement that the client may run again by number."""

    number: int
    statement: Statement
    binds: list[Bind] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    rows: list[tuple[Any, ...]] = field(default_factory=list)
    fetched: int = 0
    outputs: set[int] = field(default_factory=set)
    """PL/SQL OUT binds, known after the first run."""


@dataclass(slots=True)
class Request:
    """One function call of the client."""

    function: int
    cursor: int = 0
    sql: str = ""
    options: int = 0
    options2: int = 0
    rows_wanted: int = 0
    binds: list[Bind] = field(default_factory=list)
    values: list[list[Any]] = field(default_factory=list)
    """Bind values, a list for each execution."""
    user: str = ""
    pairs: dict[str, str] = field(default_factory=dict, repr=False)
    """Of a login: AUTH_… -> value."""
    close: list[int] = field(default_factory=list)
    """Cursors the client has done with."""
    schema: str = ""


@dataclass(slots=True)
class Parser:
    """Reads messages of one session; the bind values of a repeated statement need its cursors."""

    cursors: Mapping[int, Cursor]
    translate: Callable[[str], Statement]

    def parse(self, r: Reader) -> Request | Bytes:
        """One message: a request, or the fixed answer to a negotiation. Raises `NeedMore`, `Unknown` or `OraError`."""
        message = r.u8()
        if message == M_PROTOCOL:
            caps, runtime = bytearray(45), bytearray(11)
            caps[7], runtime[6] = FIELD_VERSION, 4  # 4: strings up to 32767 bytes
            fdo = bytes(9) + struct.pack(">H", 2000)  # national character set: AL16UTF16
            out = Writer().u8(M_PROTOCOL, 6, 0)
            out += b"oracle_wire_server\0" + struct.pack("<HBH", 873, 1, 0) + struct.pack(">H", len(fdo)) + fdo
            return out.clr(bytes(caps)).clr(bytes(runtime))
        if message == M_TYPES:  # read to its end: it may span packets
            r.raw(5)  # character sets and flags
            r.clr()
            r.clr()
            while r.raw(2) != b"\0\0":
                r.raw(6)
            return bytes([M_TYPES, 0, 0])
        request = Request(0)
        while message == M_PIGGYBACK:
            self._parse_piggyback(r, request)
            message = r.u8()
        if message != M_FUNCTION:
            raise Unknown
        request.function = r.u8()
        r.u8()  # sequence number
        if request.function in (F_AUTH_1, F_AUTH_2):
            has_user = r.u8()
            r.skip("uub")
            count = r.ub()
            r.skip("bb")
            request.user = r.text() if has_user else ""
            for _ in range(count):
                key = r.two_lengths()
                request.pairs[key] = r.two_lengths()
                r.ub()
        elif request.function == F_FETCH:
            request.cursor, request.rows_wanted = r.ub(), r.ub()
        elif request.function == F_EXECUTE:
            self._parse_execute(r, request)
        elif request.function in (F_REEXECUTE, F_REEXECUTE_FETCH):
            request.cursor, count, request.options, request.options2 = (r.ub() for _ in range(4))
            request.rows_wanted = count
            cursor = self.cursors.get(request.cursor)
            request.binds = cursor.binds if cursor else []
            self._parse_rows(r, request, count if request.function == F_REEXECUTE else 1, cursor.statement if cursor else None)
        return request

    def _parse_piggyback(self, r: Reader, request: Request) -> None:
        function = r.u8()
        r.skip("bb")  # sequence number, pointer
        if function == F_CLOSE_CURSORS:
            request.close += [r.ub() for _ in range(r.ub())]
        elif function == F_SET_SCHEMA:
            request.schema = r.two_lengths()
        elif function == F_END_TO_END:  # module, action, client id and so on: read and dropped
            r.skip("bu")
            lengths = []
            for _ in range(3):  # client identifier, module, action
                r.u8()
                lengths.append(r.ub())
            r.skip("bubu")
            r.u8()
            lengths.append(r.ub())  # client info
            r.skip("bubu")
            r.u8()
            lengths.append(r.ub())  # database operation
            for length in lengths:
                if length:
                    r.clr()
        else:
            raise Unknown

    def _parse_execute(self, r: Reader, request: Request) -> None:
        request.options, request.cursor = r.ub(), r.ub()
        r.u8()
        sql_length = r.ub()
        r.skip("bubbu")
        request.rows_wanted = r.ub()
        r.skip("ub")
        bind_count = r.ub()
        r.skip("bbbbbbuubbbubuububbububbu")
        if sql_length:
            request.sql = r.text()
        vector = [r.ub() for _ in range(13)]
        executions = 1 if vector[7] else max(vector[1], 1)
        for _ in range(bind_count):
            kind = r.u8()
            r.skip("bbb")
            size = r.ub()
            r.skip("uuuuu")
            request.binds.append(Bind(kind, size, r.u8()))
            r.skip("uu")
        statement = self.translate(request.sql) if request.sql else None
        if cursor := self.cursors.get(request.cursor):
            statement = statement or cursor.statement
            request.binds = request.binds or cursor.binds
        self._parse_rows(r, request, executions if bind_count else 0, statement)
        request.values = request.values or [[]] * executions

    def _parse_rows(self, r: Reader, request: Request, count: int, statement: Statement | None) -> None:
        """Bind values, row by row; values that may exceed the string limit come last."""
        returning = statement.return_binds if statement else 0
        binds = request.binds[: len(request.binds) - returning]
        plsql = statement is not None and statement.kind == "plsql"
        cursor = self.cursors.get(request.cursor)  # a re-execution sends no OUT binds
        unsent = cursor.outputs if cursor and request.function == F_REEXECUTE else set()
        sent = [index for index in range(len(binds)) if index not in unsent]
        sent.sort(key=lambda index: binds[index].size > 32767 and not plsql)
        for _ in range(count if sent else 0):
            r.u8()  # row data marker
            values: list[Any] = [None] * len(binds)
            for index in sent:
                values[index] = decode_value(self._bind_bytes(r, binds[index]), binds[index])
            request.values.append(values)

    def _bind_bytes(self, r: Reader, bind: Bind) -> bytes | None:
        if bind.kind == BOOLEAN and r.data[r.pos : r.pos + 1] == b"\xfd":
            r.skip("bb")
            return None
        return r.clr()
