"""An ERP for the demo and the tests: Oracle's wire protocol before SQLite, good enough for the real driver.

Learnt from python-oracledb 26.1 and proven by it; see `server` for the listener, `faults` for misbehaviour on request. It is no
database: its SQL is SQLite's in Oracle's clothes, so the last word has a real ERP.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from adapters.sandbox.erp.login import Account
from adapters.sandbox.erp.package import ErpPackage
from adapters.sandbox.erp.server import OracleWireServer, oracle_wire_server
from adapters.sandbox.erp.world import SCHEMA, ErpLife, fill, local_now
from adapters.sandbox.loopback import owned_task
from adapters.sandbox.people import PEOPLE, Person

__all__ = ["SandboxErp", "open_sandbox_erp"]

_USER, _PASSWORD = "navigator", "navigator-pass"


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxErp:
    """A running sandbox."""

    dsn: str
    """Easy Connect string, on a loopback port."""
    user: str
    password: str = field(repr=False)
    server: OracleWireServer
    """The listener: its `faults` make it misbehave."""
    package: ErpPackage
    """Its PL/SQL, which can be told to turn people away."""
    life: ErpLife
    path: Path
    """The SQLite file behind it."""


@asynccontextmanager
async def open_sandbox_erp(
    directory: Path,
    people: Sequence[Person] = PEOPLE,
    *,
    pace: float = 1.0,
    life: bool = True,
    seed: int = 0,
    clock: Callable[[], dt.datetime] = local_now,
) -> AsyncIterator[SandboxErp]:
    """Opens the ERP that lives in `directory`, filling it when it is new; data of an earlier run are kept.

    `pace` stretches the pauses between new events (1: 25 to 60 s, the first after 5 s). Ends its tasks when the block ends.
    """
    await asyncio.to_thread(directory.mkdir, parents=True, exist_ok=True)
    path = directory / "erp.sqlite"
    async with AsyncExitStack() as stack:
        package = ErpPackage(path)
        server = await stack.enter_async_context(oracle_wire_server(path, _accounts(people), init=SCHEMA, functions=package.functions))
        server.instance.now = clock
        await asyncio.to_thread(fill, path, people, clock(), seed)
        goings_on = ErpLife(path, people, number=seed, pace=pace, clock=clock)
        if life:
            await stack.enter_async_context(owned_task(goings_on.run(), "sandbox-erp-life"))
        yield SandboxErp(dsn=server.dsn, user=_USER, password=_PASSWORD, server=server, package=package, life=goings_on, path=path)


def _accounts(people: Sequence[Person]) -> dict[str, Account]:
    """The service account's and each person's own account in the database; who has left is locked out of it."""
    staff = {one.login: Account(one.password, "locked" if one.blocked else "open") for one in people if one.erp_id is not None}
    return staff | {_USER: Account(_PASSWORD)}
