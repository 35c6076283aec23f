"""A site with the sandbox's ERP behind it, over the real driver."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from adapters.sandbox.erp import SandboxErp, open_sandbox_erp
from adapters.sandbox.erp.faults import Fault
from hub.accounts import profiles
from hub.store import identities, users
from tests.clock import Clock
from tests.web.conftest import OpenSite, Site
from web.sign_in import SignIn
from web.synchronise import Copies
from web.throttle import Limit

__all__ = ["LOGIN", "PETROVA", "ErpSite", "erp_site"]

LOGIN = "/users/login"
PETROVA = "petrova-pass"
_UNBOUND = Limit(100_000, 60.0)


@dataclass
class ErpSite:
    """The site and what is behind it."""

    site: Site
    erp: SandboxErp

    async def login(self, name: str = "petrova", password: str = PETROVA, client: httpx.AsyncClient | None = None) -> httpx.Response:
        """A program signs in."""
        browser = client or self.site.client()
        return await browser.post(LOGIN, json={"username": name, "password": password}, headers={"accept-language": "en"})

    async def change(self, column: str, value: object, erp_id: int = 5006) -> None:
        """Somebody edits a row in the ERP; 5006 is petrova."""

        def write() -> None:
            with contextlib.closing(sqlite3.connect(self.erp.path, timeout=5)) as db, db:
                db.execute(f"update t_user set {column} = ? where USER_ID = ?", (value, erp_id))

        await asyncio.to_thread(write)

    @contextmanager
    def fault(self, match: str, action: Any, arg: float | str = 0) -> Iterator[None]:
        """The ERP misbehaves while the block runs, on open connections and new ones."""
        fault = Fault(match, action, arg, times=-1)
        self.erp.server.faults.append(fault)
        try:
            yield
        finally:
            self.erp.server.faults.remove(fault)

    @contextmanager
    def down(self) -> Iterator[None]:
        """The ERP's machine is off: connections are cut, new ones end at once."""
        self.erp.server.kill_sessions()
        with self.fault("@connect", "drop"):
            yield

    def steer(self, clock: Clock | None = None, **changed: Any) -> None:
        """Has sign-ins live by this clock and without throttle; `changed` are fields of `web.sign_in.Erp`."""
        state = self.site.state
        former = state["sign_in"]
        assert former._erp is not None
        erp = replace(former._erp, **changed)
        more: dict[str, Any] = {}
        if clock is not None:
            erp, more = replace(erp, copies=Copies(state["engine"], clock=clock)), {"now": clock}
        state["sign_in"] = SignIn(state["people"], former._passwords, erp=erp, per_account=_UNBOUND, per_address=_UNBOUND, **more)

    async def user(self, name: str = "petrova") -> Any:
        """The account with its profile's columns, or None."""
        query = sa.select(users, profiles).outerjoin(profiles, profiles.c.user_id == users.c.id).where(users.c.name == name)
        async with self.site.state["engine"].connect() as connection:
            return (await connection.execute(query)).one_or_none()

    async def identities(self, user_id: int) -> dict[str, str]:
        """Who this account is elsewhere."""
        async with self.site.state["engine"].connect() as connection:
            rows = await connection.execute(sa.select(identities).where(identities.c.user_id == user_id))
            return {row.system: row.key for row in rows}


@asynccontextmanager
async def erp_site(open_site: OpenSite, folder: Path, **given: Any) -> AsyncIterator[ErpSite]:
    """Opens both. A sign-in waits for the ERP at most 0.9 s, unless `given` says otherwise."""
    async with open_sandbox_erp(folder / "erp", life=False, seed=1) as erp:
        values = {"erp_dsn": erp.dsn, "erp_user": erp.user, "erp_password": erp.password, "erp_sign_in_s": 2.1, **given}
        async with open_site(**values) as site:
            yield ErpSite(site, erp)
