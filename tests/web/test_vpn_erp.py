"""VPN renewals over the real driver against the sandbox ERP, whose commits and answers get lost."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import httpx
import pytest

from adapters.erp.client import ErpSettings, open_erp
from adapters.erp.directory import Directory
from adapters.sandbox.erp import SandboxErp, open_sandbox_erp
from adapters.sandbox.erp.faults import Fault
from tests.web.conftest import OpenSite, Site
from tests.web.erp_ends import keep_profile

KEY = "key-00000001"


@dataclass
class Renewing:
    """Somebody with VPN at their browser, before a sandbox ERP."""

    site: Site
    sandbox: SandboxErp
    directory: Directory
    erp_id: int
    csrf: str
    said: list[str | None]
    """Every date that an answer gave as the one that stands."""

    @property
    def stands(self) -> str | None:
        """The date in the ERP's own table, looked up beside the driver."""
        with sqlite3.connect(self.sandbox.path) as connection:
            (found,) = connection.execute("select VPN_END_DATE from T_USER where USER_ID = ?", (self.erp_id,)).fetchone()
        return found and str(found)[:10]

    async def renew(self, until: date, key: str = KEY) -> httpx.Response:
        """A wish."""
        headers = {"x-csrf-token": self.csrf}
        return await self._noted(
            await self.site.browser.put("/users/api/profile/vpn", json={"until": until.isoformat(), "key": key}, headers=headers)
        )

    async def profile(self, **query: str) -> httpx.Response:
        """The profile."""
        return await self._noted(await self.site.browser.get("/users/api/profile", params=query))

    async def _noted(self, answer: httpx.Response) -> httpx.Response:
        vpn = answer.json().get("vpn")
        if vpn:
            self.said.append(vpn["until"])
            if vpn["last"] and vpn["last"]["state"] == "done":
                assert self.stands == vpn["last"]["until"], "done was said of a date that does not stand"
            if vpn["last"] and vpn["last"]["state"] == "refused":
                assert self.stands != vpn["last"]["until"], "refused was said of a date that stands"
        return answer


@pytest.fixture
async def renewing(open_site: OpenSite, tmp_path: Path) -> AsyncIterator[Renewing]:
    """The first person of the sandbox with VPN, whose access ends in ten days."""
    async with open_sandbox_erp(tmp_path / "erp", life=False, seed=1) as sandbox:
        access = ErpSettings(dsn=sandbox.dsn, user=sandbox.user, password=sandbox.password, size=2, connect_s=1.0, call_s=0.4)
        async with open_erp(access) as erp:
            directory = Directory(erp)
            with sqlite3.connect(sandbox.path) as connection:
                (erp_id,) = connection.execute("select USER_ID from T_USER where VPN = 1 order by USER_ID").fetchone()
                ends = directory.today() + timedelta(days=10)
                connection.execute("update T_USER set VPN_END_DATE = ? where USER_ID = ?", (f"{ends} 00:00:00", erp_id))
            person = await directory.person(erp_id)
            assert person is not None
            assert person.vpn_until == ends
            async with open_site(directory=directory) as site:
                await keep_profile(site.state["engine"], await site.person(), person)
                yield Renewing(site, sandbox, directory, erp_id, await site.sign_in(), [])


async def test_renewing_reaches_the_table(renewing: Renewing) -> None:
    """The chosen day stands in the ERP's table and in the answer."""
    until = renewing.directory.today() + timedelta(days=80)
    answer = await renewing.renew(until)
    assert (answer.status_code, answer.json()["vpn"]["until"], renewing.stands) == (200, until.isoformat(), until.isoformat())


@pytest.mark.parametrize("action", ["drop", "freeze", "hang", "truncate"])
@pytest.mark.parametrize("after", ["reads", "silence"])
async def test_a_commit_whose_answer_is_lost(renewing: Renewing, action: str, after: str) -> None:
    """After the retry the date is right, once, and no answer on the way ever said something untrue."""
    until = renewing.directory.today() + timedelta(days=80)
    faults = renewing.sandbox.server.faults
    faults.append(Fault("@commit", action))  # type: ignore[arg-type]
    if after == "silence":
        faults.append(Fault("select VPN_END_DATE", "drop", times=4))
    first = await renewing.renew(until)
    assert first.status_code in (200, 202), first.text
    assert first.json()["vpn"]["last"]["state"] in ("done", "unknown")
    await renewing.profile()
    await renewing.profile(fresh="1")
    faults.clear()
    retry = await renewing.renew(until)
    assert (retry.status_code, retry.json()["vpn"]["last"]["state"]) == (200, "done"), retry.text
    assert retry.json()["vpn"]["until"] == renewing.stands == until.isoformat()
    assert (await renewing.profile(fresh="1")).json()["vpn"]["last"]["state"] == "done"
    assert set(renewing.said) <= {until.isoformat(), (renewing.directory.today() + timedelta(days=10)).isoformat()}


async def test_a_rule_of_the_erp_shows_its_sentence(renewing: Renewing) -> None:
    """ORA-20001 is a refusal: nothing was changed, and the person reads the ERP's own words."""
    before = renewing.stands
    renewing.sandbox.server.faults.append(Fault("update", "error", "20001 Продление только через отдел ИБ"))
    answer = await renewing.renew(renewing.directory.today() + timedelta(days=80))
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "erp_rule")
    assert "Продление только через отдел ИБ" in error["message"]
    assert renewing.stands == before


async def test_an_erp_that_is_down_before_the_write(renewing: Renewing) -> None:
    """Nothing was written, and the answer says that nothing was changed; the same request works when it is back."""
    before, until = renewing.stands, renewing.directory.today() + timedelta(days=80)
    renewing.sandbox.server.faults.append(Fault("@connect", "drop", times=-1))
    renewing.sandbox.server.faults.append(Fault("select", "drop", times=-1))
    answer = await renewing.renew(until)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "erp_unavailable")
    assert renewing.stands == before
    renewing.sandbox.server.faults.clear()
    assert (await renewing.renew(until)).status_code == 200
