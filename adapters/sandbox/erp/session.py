"""One client's session: packets in and out, connecting, signing in, statements, breaks."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import re
import secrets
import struct
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, NoReturn

from adapters.sandbox.erp.backend import Backend
from adapters.sandbox.erp.errors import OraError
from adapters.sandbox.erp.login import Verifier
from adapters.sandbox.erp.requests import Cursor, Parser, Request, Unknown
from adapters.sandbox.erp.types import CHAR, TEXTS, Column, encode_value
from adapters.sandbox.erp.wire import (
    ACCEPT,
    BREAK,
    CONNECT,
    DATA,
    F_AUTH_1,
    F_AUTH_2,
    F_COMMIT,
    F_EXECUTE,
    F_FETCH,
    F_LOGOFF,
    F_PING,
    F_REEXECUTE,
    F_REEXECUTE_FETCH,
    F_ROLLBACK,
    M_DESCRIBE,
    M_ERROR,
    M_IO_VECTOR,
    M_PARAMETER,
    M_ROW,
    M_ROW_HEADER,
    M_STATUS,
    M_WARNING,
    MARKER,
    REFUSE,
    RESET,
    SDU,
    TNS_VERSION,
    X_COMMIT,
    X_EXECUTE,
    Bytes,
    NeedMore,
    Reader,
    Writer,
)

if TYPE_CHECKING:
    from adapters.sandbox.erp.server import OracleWireServer

__all__ = ["Session"]

_PACKETS = 1024
"""Packets of one client read ahead at most; beyond that it waits, as TCP lets it."""


class _Disconnect(Exception):
    """This session is over."""


class Session:
    """Serves one connection until it ends."""

    def __init__(self, server: OracleWireServer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.server, self.reader, self.writer = server, reader, writer
        self.number = next(server.numbers)
        self.packets = _queue()
        self.reader_gone = asyncio.Event()
        self.large, self.sdu, self.truncate, self.lost = False, SDU, False, False
        self.user = ""
        self.verifier: Verifier | None = None
        self.backend: Backend | None = None
        self.cursors: dict[int, Cursor] = {}
        self.parser = Parser(self.cursors, server.translate)

    # -- packets

    async def pump(self) -> None:
        """Read packets into the queue, so that a break is seen while a statement runs."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await self.reader.readexactly(8)
                size = struct.unpack(">I" if self.large else ">H", head[: 4 if self.large else 2])[0]
                body = await self.reader.readexactly(size - 8)
                await self.packets.put((head[4], body))
        self.reader_gone.set()
        await self.packets.put(None)

    async def packet(self) -> tuple[int, bytes]:
        """The next packet: its type and body."""
        item = await self.packets.get()
        if item is None:
            raise _Disconnect
        return item

    def send_packet(self, kind: int, body: Bytes) -> None:
        """Writes one packet."""
        size = len(body) + 8
        head = struct.pack(">IBBH", size, kind, 0, 0) if self.large else struct.pack(">HHBBH", size, 0, kind, 0, 0)
        self.writer.write(head + body)

    async def send(self, payload: Bytes) -> None:
        """Sends a message in as many packets as it takes; half of it when a fault says so."""
        if self.truncate:
            self.writer.write(struct.pack(">IBBHH", len(payload) + 10, DATA, 0, 0, 0) + payload[: len(payload) // 2])
            await self.writer.drain()
            raise _Disconnect
        if self.lost:
            await self.silence()
        step = self.sdu - 10
        for start in range(0, len(payload), step):
            self.send_packet(DATA, b"\0\0" + payload[start : start + step])
        await self.writer.drain()

    # -- life cycle
    async def run(self) -> None:
        """Serves the client until it leaves."""
        pump = asyncio.create_task(self.pump(), name=f"sandbox-erp-pump-{self.number}")
        try:
            await self.connect()
            while True:
                kind, body = await self.packet()
                if kind == MARKER:
                    await self.answer_break(body[2])
                elif kind == DATA:
                    if body[0] == 0 and body[1] == 0x40:  # end of file: the client has gone
                        return
                    request = await self.read_request(body[2:])
                    if isinstance(request, Request):
                        await self.guarded(self.answer(request))
                    else:  # negotiation: a fixed answer
                        await self.send(request)
        except (_Disconnect, Unknown, ConnectionError):
            pass
        finally:
            pump.cancel()
            if self.backend:
                await asyncio.to_thread(self.backend.close)
            self.writer.close()

    async def guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run one request, ready to be interrupted by the client's break marker."""
        task = asyncio.create_task(work, name=f"sandbox-erp-call-{self.number}")
        incoming = asyncio.create_task(self.packets.get(), name=f"sandbox-erp-break-{self.number}")
        await asyncio.wait({task, incoming}, return_when=asyncio.FIRST_COMPLETED)
        if not incoming.done():
            incoming.cancel()
            await task
            return
        if not task.done():
            if self.backend:
                self.backend.db.interrupt()
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await task
        item = incoming.result()
        if item is None or item[0] != MARKER:
            raise _Disconnect
        await self.answer_break(item[1][2])

    async def answer_break(self, kind: int) -> None:
        """The handshake after a break, ended by ORA-01013."""
        if kind != RESET:
            self.send_packet(MARKER, bytes([1, 0, BREAK]))
            while True:
                packet, body = await self.packet()
                if packet == MARKER and body[2] == RESET:
                    break
        self.send_packet(MARKER, bytes([1, 0, RESET]))
        await self.send(self.error(OraError(1013)))

    async def fault(self, text: str) -> None:
        """Misbehaves when that is asked for."""
        fault = self.server.take_fault(text)
        if fault is None:
            return
        if fault.action == "delay":
            await asyncio.sleep(float(fault.arg))
        elif fault.action == "hang":
            await self.reader_gone.wait()  # a break cancels this
            raise _Disconnect
        elif fault.action == "freeze":
            await self.silence()
        elif fault.action == "truncate":
            self.truncate = True
        elif fault.action == "lost":
            self.lost = True
        elif fault.action == "error":
            code, _, message = str(fault.arg).partition(" ")
            raise OraError(int(float(code)), text=message or None)
        else:
            raise _Disconnect

    async def silence(self) -> NoReturn:
        """Answers nothing more until the client leaves."""
        self.packets = _queue()  # nobody reads what the client sends from now on
        await self.reader_gone.wait()
        raise _Disconnect

    # -- connecting
    async def connect(self) -> None:
        """The TNS handshake."""
        kind, body = await self.packet()
        if kind != CONNECT:
            raise _Disconnect
        client_sdu, length, offset = (struct.unpack(">H", body[at : at + 2])[0] for at in (6, 16, 18))
        data = body[offset - 8 : offset - 8 + length]
        if len(data) < length:  # long descriptors follow in a data packet
            data = (await self.packet())[1][2:]
        found = re.search(rb"\((?:SERVICE_NAME|SID)\s*=\s*([^)]*)\)", data, re.I)
        service = found[1].decode().strip() if found else ""
        try:
            await self.fault(f"@connect {service}")
            if self.server.services and service.upper() not in self.server.services:
                raise OraError(12514)
        except OraError as error:
            text = f"(DESCRIPTION=(ERR={error.code})(ERROR_STACK=(ERROR=(CODE={error.code})(EMFI=4))))".encode()
            self.send_packet(REFUSE, bytes([34, 0]) + struct.pack(">H", len(text)) + text)
            await self.writer.drain()
            raise _Disconnect from error
        self.sdu = max(512, min(client_sdu, SDU))
        self.send_packet(ACCEPT, struct.pack(">HHHHHHHBB8xI5xI", TNS_VERSION, 0, self.sdu, 0xFFFF, 1, 0, 45, 4, 4, self.sdu, 0))
        self.large = True

    def pairs(self, pairs: list[tuple[str, str, int]]) -> Writer:
        """The parameters of a login's answer."""
        out = Writer().u8(M_PARAMETER).ub(len(pairs))
        for key, value, flags in pairs:
            out.two_lengths(key).two_lengths(value).ub(flags)
        return out

    async def login(self, request: Request) -> Bytes:
        """Both halves of O5LOGON, and password changes."""
        user = request.user.strip('"') if request.user.startswith('"') else request.user.upper()
        account = self.server.accounts.get(user)
        if request.function == F_AUTH_1:
            self.verifier = Verifier(account.password if account else secrets.token_hex())
            return self.pairs(self.verifier.challenge()) + self.status()
        if self.verifier is None:
            raise OraError(1017)
        if not self.user:
            await self.fault(f"@login {user}")
        if account and account.status == "locked":
            raise OraError(28000)
        if not self.verifier.accept(request.pairs) or account is None:
            if account:
                account.failures += 1
                if self.server.lock_after and account.failures >= self.server.lock_after:
                    account.status = "locked"
            raise OraError(1017)
        new_password = request.pairs.get("AUTH_NEWPASSWORD")
        if account.status == "expired" and not new_password:
            raise OraError(28001)
        if new_password:
            account.password, account.status = self.verifier.decrypt_password(new_password).decode(), "open"
            self.verifier.password = account.password.encode()
        account.failures = 0
        if self.user:  # a password change in an open session
            return self.pairs([]) + self.status()
        self.user, self.backend = user, await asyncio.to_thread(Backend, self.server.instance, user)
        answer = self.pairs(
            [
                (key, value, 0)
                for key, value in {
                    "AUTH_VERSION_NO": str(19 << 24 | 3 << 16),
                    "AUTH_SVR_RESPONSE": self.verifier.proof(),
                    "AUTH_SESSION_ID": str(self.number),
                    "AUTH_SERIAL_NUM": str(self.number % 65536),
                    "AUTH_INSTANCENAME": "ERP",
                    "AUTH_SC_SERVICE_NAME": "ERP",
                    "AUTH_SC_DBUNIQUE_NAME": "ERP",
                    "AUTH_SC_DB_DOMAIN": "",
                    "AUTH_MAX_OPEN_CURSORS": "300",
                    "AUTH_MAX_IDEN_LENGTH": "128",
                }.items()
            ]
        )
        if account.status == "grace":
            text = str(OraError(28002)).encode()
            answer.u8(M_WARNING).ub(28002, len(text), 0).clr(text)
        return answer + self.status()

    # -- answers
    def status(self) -> Bytes:
        """An answer that says no more than "done"."""
        return Writer().u8(M_STATUS).ub(self.call_status(), 0)

    def call_status(self) -> int:
        """The flag that tells the driver of an open transaction."""
        return 2 if self.backend and self.backend.in_transaction else 0

    def error(self, error: OraError | None = None, *, cursor: int = 0, rows: int = 0) -> Bytes:
        """The end of a call, with an error or without."""
        code = error.code if error else 0
        out = Writer().u8(M_ERROR).ub(self.call_status(), 0, 0, min(code, 65535), 0, 0, cursor, 0)
        out.u8(0, 0, 0, 0, 0, 0).ub(0, 0).u8(0).ub(0, 0)  # flags, then the row id
        out.ub(0).u8(0, 0).ub(0, 0, 0, 0, 0, 0, code, rows)  # no batch errors
        return out.clr(f"{error}\n".encode()) if error else out

    def describe(self, columns: list[Column]) -> Bytes:
        """A result's columns."""
        out = Writer().u8(M_DESCRIBE).clr(None).ub(1000, len(columns))
        if columns:
            out.u8(1)
        for index, column in enumerate(columns):
            text = column.kind in TEXTS
            out.u8(column.kind, 0, column.precision & 0xFF, column.scale & 0xFF)
            out.ub(column.size * 4 if text else column.size, 0, 0, 0, 0, 873 if text else 0).u8(1 if text else 0)
            out.ub(column.size if text else 0, 0).u8(int(column.nullable), min(len(column.name), 255))
            out.two_lengths(column.name).ub(0, 0, index + 1, 0)
        return out.ub(0, 0, 0, 0, 0, 0)

    def rows(self, cursor: Cursor, wanted: int) -> Bytes:
        """The next rows of a query; ORA-01403 tells the driver that these were the last."""
        out = Writer()
        batch = cursor.rows[cursor.fetched : cursor.fetched + wanted]
        if batch:
            out.u8(M_ROW_HEADER, 0).ub(len(cursor.columns), 0, wanted, 0, 0, 0)
        for row in batch:
            out.u8(M_ROW)
            for value, column in zip(row, cursor.columns, strict=True):
                if column.kind == CHAR and value is not None:
                    value = str(value).ljust(column.size)  # CHAR(n) comes back blank-padded
                out.clr(encode_value(value, column.kind))
        cursor.fetched += len(batch)
        done = OraError(1403) if cursor.fetched >= len(cursor.rows) else None
        return out + self.error(done, cursor=cursor.number, rows=cursor.fetched)

    # -- requests
    async def read_request(self, data: bytes) -> Request | Bytes:
        """A whole message, however many packets it spans."""
        while True:
            try:
                return self.parser.parse(Reader(data))
            except NeedMore:
                kind, body = await self.packet()
                if kind != DATA:
                    raise _Disconnect from None
                data += body[2:]

    async def answer(self, request: Request) -> None:
        """Performs a request and sends what came of it."""
        try:
            payload = await self.perform(request)
        except OraError as error:
            payload = self.error(error)
        await self.send(payload)

    async def perform(self, request: Request) -> Bytes:
        """What a request comes to."""
        for number in request.close:
            self.cursors.pop(number, None)
        if request.function in (F_AUTH_1, F_AUTH_2):
            try:
                return await self.login(request)
            finally:
                self.server.record(self, "@login " + request.user if request.function == F_AUTH_2 else "")
        if self.backend is None:
            raise OraError(1012, text="not logged on")
        simple = {F_PING: "@ping", F_COMMIT: "@commit", F_ROLLBACK: "@rollback", F_LOGOFF: "@logoff"}.get(request.function)
        if simple:
            self.server.record(self, simple)
            await self.fault(simple)
            if simple != "@ping":
                await asyncio.to_thread(self.backend.finish, "commit" if simple == "@commit" else "rollback")
            return self.status()
        if request.function == F_FETCH:
            cursor = self.cursors.get(request.cursor)
            if cursor is None:
                raise OraError(1001, text="invalid cursor")
            await self.fault("@fetch " + cursor.statement.source)
            return self.rows(cursor, request.rows_wanted)
        if request.function in (F_EXECUTE, F_REEXECUTE, F_REEXECUTE_FETCH):
            return await self.run_statement(self.backend, request)
        raise OraError(3115)

    async def run_statement(self, backend: Backend, request: Request) -> Bytes:
        """Parses, executes, and answers with rows, OUT binds or a count."""
        cursor = self.cursors.get(request.cursor)
        if request.sql or cursor is None:
            if not request.sql:
                raise OraError(1001, text="invalid cursor")
            number = request.cursor or next(n for n in itertools.count(1) if n not in self.cursors)
            cursor = Cursor(number, self.server.translate(request.sql))
        cursor.binds = request.binds
        statement = cursor.statement
        if request.function == F_EXECUTE and not request.options & X_EXECUTE:  # parse only
            columns = await asyncio.to_thread(backend.describe if statement.kind == "query" else backend.check, statement)
            self.cursors[cursor.number] = cursor
            return (self.describe(columns) if columns else b"") + self.error(cursor=cursor.number)
        self.server.record(self, statement.source, request.values)
        await self.fault(statement.source)
        values = request.values or [[]]
        result = await asyncio.to_thread(backend.execute, statement, values)
        if (request.options & X_COMMIT and request.function == F_EXECUTE) or request.options2 & 1:
            await asyncio.to_thread(backend.finish, "commit")
        first, self.cursors[cursor.number] = cursor.number not in self.cursors, cursor
        if result.columns is not None:
            changed = result.columns != cursor.columns
            cursor.columns, cursor.rows, cursor.fetched = result.columns, result.rows, 0
            wanted = request.rows_wanted if request.options & 0x40 or request.function == F_REEXECUTE_FETCH else 0
            return (self.describe(cursor.columns) if first or changed else b"") + self.rows(cursor, wanted)
        out = Writer()
        if statement.kind == "plsql" and cursor.binds:
            cursor.outputs = set(result.outputs)
            out.u8(M_IO_VECTOR, 0).ub(len(cursor.binds), 0, 1, 0, 0, 0)
            out.u8(*(16 if index in result.outputs else 32 for index in range(len(cursor.binds))))
            if result.outputs:
                out.u8(M_ROW)
                for index in sorted(result.outputs):
                    out.clr(encode_value(result.outputs[index], cursor.binds[index].kind)).ub(0)
        elif statement.return_binds:
            kinds = [bind.kind for bind in cursor.binds[-statement.return_binds :]]
            for returned in result.returned:
                out.u8(M_ROW)
                for index, kind in enumerate(kinds):
                    out.ub(len(returned))
                    for row in returned:
                        out.clr(encode_value(row[index], kind)).ub(0)
        return out + self.error(cursor=cursor.number, rows=result.count)


def _queue() -> asyncio.Queue[tuple[int, bytes] | None]:
    return asyncio.Queue(_PACKETS)
