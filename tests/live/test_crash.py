"""What the product leaves behind of its people's passwords, when all goes well and when it crashes in the middle of a sign-in."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from adapters.sandbox.erp import SandboxErp, open_sandbox_erp
from adapters.sandbox.erp.faults import Fault
from adapters.sandbox.people import PEOPLE
from tests.live.product import Product

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="core dumps and /proc are Linux'")

MARK = "m4rk3d"
"""Part of every password below, and of nothing else."""
OPEN = 'ulimit -c unlimited; echo 0x33 > /proc/self/coredump_filter; exec "$@"'
"""How a careless installation starts the product: with core dumps of all its memory."""


@pytest.fixture
async def erp(tmp_path_factory: pytest.TempPathFactory, product: Product) -> AsyncIterator[SandboxErp]:
    """The ERP that the product is set up for, outside of its folder; everybody's password there is marked."""
    people = [replace(person, password=f"{MARK}-{person.login}") for person in PEOPLE]
    async with open_sandbox_erp(tmp_path_factory.mktemp("erp"), people, life=False, seed=1) as opened:
        product.settings |= {"ERP_DSN": opened.dsn, "ERP_USER": opened.user, "ERP_PASSWORD": opened.password, "ERP_SIGN_IN_S": "3"}
        yield opened


@pytest.mark.parametrize(("mode", "form"), [("view", "json"), ("function", "pretty"), ("database", "json")])
async def test_no_password_outlives_the_process(product: Product, erp: SandboxErp, mode: str, form: str) -> None:
    """Right and wrong passwords are in no file of a product that failed in many ways, and then crashed with one in hand."""
    temporary = product.folder / "tmp"
    temporary.mkdir()
    product.settings |= {"ERP_LOGIN": mode, "LOG_FORMAT": form, "LOG_LEVEL": "debug"}
    product.command = ("sh", "-c", OPEN, "sh", *product.command)
    product.add_user("boris", password=f"{MARK}-boris")
    product.start(TMPDIR=str(temporary))
    try:
        await product.answers()
        await attempts(product)
        erp.server.kill_sessions()
        for fault in (Fault("@connect", "drop", times=2), Fault("v_user|check_password", "error", "20001 the ERP says no", times=2)):
            erp.server.faults[:] = [fault]
            await attempts(product)
        erp.server.faults.clear()
        with broken(product.store, "sessions"):
            assert await login(product, "petrova", f"{MARK}-petrova") == 500
            assert await login(product, "boris", f"{MARK}-boris") == 500
        with broken(product.store, "users"):
            assert await login(product, "petrova", f"{MARK}-petrova") == 500
        crash_of_a_hasher(product)
        assert await login(product, "boris", f"{MARK}-boris") == 200

        erp.server.faults[:] = [Fault("@login petrova" if mode == "database" else "v_user|check_password", "freeze", times=-1)]
        asked = len(erp.server.log)
        waiting = asyncio.create_task(login(product, "petrova", f"{MARK}-petrova"))
        async with asyncio.timeout(5):
            while len(erp.server.log) == asked:  # noqa: ASYNC110 - the peer tells nobody
                await asyncio.sleep(0.01)
        process = product.process
        assert process is not None
        assert MARK.encode() in memory(process.pid)
        process.send_signal(signal.SIGABRT)
        assert await product.ended() == -signal.SIGABRT
        with suppress(httpx.HTTPError):
            await waiting
    finally:
        await product.kill()
    log = product.log.read_text()
    assert "Fatal Python error: Aborted" in log
    assert "no such table" in log
    assert log.count("sign_in_refused") > 3
    files = {path: path.read_bytes() for path in product.folder.rglob("*") if path.is_file()}
    assert {path.name for path in files} >= {"navigator.sqlite", "navigator.sqlite-wal", "product.log"}
    assert not [path for path in files if path.name.startswith("core")]
    assert not [path for path, content in files.items() if MARK.encode() in content]


@pytest.mark.parametrize("server", ["own", "plain"], indirect=True)
async def test_no_process_of_it_may_dump_its_memory(product: Product) -> None:
    """The product and the processes that it starts may write no core file, and have no part of memory that a dump may take."""
    product.command = ("sh", "-c", OPEN, "sh", *product.command)
    async with product.running():
        assert await login(product, "ann", "long-enough-1") == 200
        assert product.process is not None
        found = [product.process.pid, *children(product.process.pid)]
        assert len(found) > 1
        assert [dumps(pid) for pid in found] == [("0", 0)] * len(found)


async def attempts(product: Product) -> None:
    """One person of the ERP and one of our own, each with a right and a wrong password, and nobody."""
    for name in ("petrova", "boris", "nobody"):
        for password in (f"{MARK}-{name}", f"{MARK}-wrong"):
            assert await login(product, name, password) in (200, 401, 503)


async def login(product: Product, name: str, password: str) -> int:
    """Status of a sign-in."""
    async with httpx.AsyncClient(base_url=product.url, timeout=20, headers={"Origin": product.url}) as client:
        return (await client.post("/users/login", json={"username": name, "password": password})).status_code


@contextmanager
def broken(store: Path, table: str) -> Iterator[None]:
    """While the block runs the store lacks a table: whatever comes then is a bug to the product, told with a traceback."""

    def rename(old: str, new: str) -> None:
        with closing(sqlite3.connect(store, timeout=10)) as database, database:
            database.execute("pragma legacy_alter_table = on")  # leaves the references of other tables alone
            database.execute(f"alter table {old} rename to {new}")

    rename(table, "away")
    try:
        yield
    finally:
        rename("away", table)


def crash_of_a_hasher(product: Product) -> None:
    """Aborts the processes that were given passwords to hash."""
    assert product.process is not None
    found = [pid for pid in children(product.process.pid) if b"hashing_process" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert found
    for pid in found:
        os.kill(pid, signal.SIGABRT)


def children(pid: int) -> list[int]:
    """Of each thread."""
    return [int(child) for path in Path(f"/proc/{pid}/task").glob("*/children") for child in path.read_text().split()]


def dumps(pid: int) -> tuple[str, int]:
    """How large a core file of a process may be, and the bits of what memory goes into it."""
    found = re.search(r"^Max core file size +(\w+)", Path(f"/proc/{pid}/limits").read_text(), re.MULTILINE)
    assert found is not None
    return found[1], int(Path(f"/proc/{pid}/coredump_filter").read_text(), 16)


def memory(pid: int) -> bytes:
    """Everything that a process of ours may write to."""
    found = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as mem:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            start, end = (int(address, 16) for address in span.split("-"))
            if rights.startswith("rw"):
                with suppress(OSError, OverflowError, ValueError):  # a device, or the kernel's own
                    mem.seek(start)
                    found.append(mem.read(end - start))
    return b"".join(found)
