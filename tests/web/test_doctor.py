"""`navigator doctor`, its part without the command."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from adapters.sandbox.erp import open_sandbox_erp
from tests.peers.redis import RedisServer, command
from tests.web.conftest import make_settings
from web import doctor
from web.checks import CHECKS
from web.doctor import Finding, Verdict, examine
from web.people import People
from web.settings import Settings
from web.state import open_store


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.name: finding for finding in findings}


async def test_each_area_is_told_with_its_reason(tmp_path: Path) -> None:
    """Off with what is missing, on with what the check says, failed with the error's words."""
    hosts = tmp_path / "hosts.toml"
    hosts.touch()
    settings = make_settings(
        store_url=f"sqlite+aiosqlite:///{tmp_path}/navigator.sqlite",
        hosts_file=hosts,
        redmine_url="http://redmine.test",
        redmine_db_url="sqlite:///x",
        erp_dsn="erp:1521/ERP",
        erp_user="navigator",
        erp_password="pw",
        listen="0.0.0.0:8000",
        public_url="http://navigator.test",
    )

    async def redmine(_settings: Settings) -> list[Finding]:
        return [Finding("redmine", Verdict.OK, "answers")]

    async def erp(_settings: Settings) -> list[Finding]:
        raise ConnectionRefusedError("nobody listens")

    found = by_name(await examine(settings, {"redmine": redmine, "erp": erp}))
    assert found["redmine"] == Finding("redmine", Verdict.OK, "answers")
    assert found["erp"] == Finding("erp", Verdict.FAILED, "nobody listens")
    assert found["netmonitor"].verdict is Verdict.OK
    assert found["finesse"] == Finding("finesse", Verdict.OFF, "not set: FINESSE_URL, FINESSE_NOTIFY_URL")
    assert "will be made" in found["store"].text
    assert found["settings"].verdict is Verdict.WARNING
    async with open_store(settings):
        pass
    assert "schema" in by_name(await examine(settings, {}))["store"].text


@pytest.mark.parametrize(("compiled", "verdict"), [(True, Verdict.OK), (False, Verdict.WARNING)])
async def test_a_product_without_its_compiled_part_is_told(compiled: bool, verdict: Verdict, monkeypatch: pytest.MonkeyPatch) -> None:
    """It works, slower, and nothing else would tell an operator."""
    monkeypatch.setattr(doctor, "COMPILED", compiled)
    assert by_name(await examine(make_settings(), {}))["fanout"].verdict is verdict


async def test_a_system_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No check holds the doctor longer than its deadline, and a store that is no database is a finding."""
    monkeypatch.setattr(doctor, "_DEADLINE_S", 0.05)
    hosts = tmp_path / "hosts.toml"
    hosts.write_text("not a database, whatever its name says" * 50)

    async def hang(_settings: Settings) -> list[Finding]:
        await asyncio.sleep(60)
        return []

    settings = make_settings(hosts_file=hosts, store_url=f"sqlite+aiosqlite:///{hosts}")
    found = by_name(await examine(settings, {"netmonitor": hang}))
    assert found["netmonitor"].verdict is Verdict.FAILED
    assert found["store"].verdict is Verdict.FAILED


async def test_the_bus_is_tried_with_a_message(tmp_path: Path) -> None:
    """A bus that carries a message round is well, one that may forget messages is a warning, one that is away fails with the reason."""
    store = f"sqlite+aiosqlite:///{tmp_path}/none.sqlite"
    assert by_name(await examine(make_settings(store_url=store), CHECKS))["bus"].text == "in memory, for one node"
    server = RedisServer(command("redis7"), tmp_path)
    settings = make_settings(store_url=store, bus_url=f"redis://:hunter2@127.0.0.1:{server.port}")
    with server.running():
        with server.client() as client:
            client.config_set("requirepass", "hunter2")
        said = [finding for finding in await examine(settings, CHECKS) if finding.name == "bus"]
        assert [finding.verdict for finding in said] == [Verdict.OK]
        assert "a message went round" in said[0].text
        with redis.Redis(port=server.port, password="hunter2") as client:
            client.config_set("maxmemory-policy", "allkeys-lru")
        said = [finding for finding in await examine(settings, CHECKS) if finding.name == "bus"]
        assert [finding.verdict for finding in said] == [Verdict.OK, Verdict.WARNING]
        assert "allkeys-lru" in said[1].text
        wrong = make_settings(store_url=store, bus_url=f"redis://:hunter3@127.0.0.1:{server.port}")
        said = [finding for finding in await examine(wrong, CHECKS) if finding.name == "bus"]
        assert [finding.verdict for finding in said] == [Verdict.FAILED]
        assert "password" in said[0].text
        assert "hunter" not in said[0].text


async def test_the_erp_is_tried_statement_by_statement(tmp_path: Path) -> None:
    """All is tried, what writes without effect; a statement that the ERP refuses is named, and so is what keeps the account out."""
    store = f"sqlite+aiosqlite:///{tmp_path}/none.sqlite"
    async with open_sandbox_erp(tmp_path / "erp", life=False, seed=1) as erp:

        async def said(**more: Any) -> list[Finding]:
            access = {"erp_dsn": erp.dsn, "erp_user": erp.user, "erp_password": erp.password, **more}
            return [found for found in await examine(make_settings(store_url=store, **access), CHECKS) if found.name == "erp"]

        (well,) = await said()
        assert (well.verdict, "every statement" in well.text) == (Verdict.OK, True)
        (bad,) = await said(erp_queries={"vpn_until": "select NO_SUCH_COLUMN from erp.t_user where USER_ID = :id"})
        assert bad.verdict is Verdict.FAILED
        assert "vpn_until" in bad.text
        assert "ORA-" in bad.text
        (short,) = await said(erp_queries={"standings": "select USER_ID from erp.v_user where USER_ID in (:ids)"})
        assert "standings of ERP_QUERIES gives no column AUTH_PERIOD_TYPE" in short.text
        (view,) = await said(erp_events_view="erp.no_such_view")
        assert "ERP_EVENTS_VIEW" in view.text
        (renews,) = await said(erp_queries={"vpn_renew": "update erp.t_user set NO_SUCH_COLUMN = :until where USER_ID = :id"})
        assert renews.verdict is Verdict.FAILED
        assert "vpn_renew" in renews.text
        assert (await said(erp_login="function"))[0].verdict is Verdict.OK
        (function,) = await said(erp_login="function", erp_login_function="erp_auth.no_such")
        assert function.verdict is Verdict.FAILED
        assert "ERP_LOGIN_FUNCTION" in function.text
        assert "ORA-06550" in function.text
        assert not [text for _, _, text, _ in erp.server.log if "update" in text.lower() or "erp_auth" in text.lower()]
        (out,) = await said(erp_password="hunter2")
        assert out.verdict is Verdict.FAILED
        assert "ORA-01017" in out.text
        assert "hunter2" not in out.text
    (away,) = await said()
    assert away.verdict is Verdict.FAILED
    assert "ERP_DSN" in away.text


async def test_the_hosts_file_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """How many hosts there are, or every mistake with its line; and why pings cannot be sent, where they cannot."""

    class Prober:
        def __init__(self, why: str | None) -> None:
            self.explain = lambda: why

    why: str | None = None

    @asynccontextmanager
    async def opened() -> AsyncIterator[Prober]:
        yield Prober(why)

    monkeypatch.setattr("web.checks.open_prober", opened)
    hosts = tmp_path / "hosts.toml"
    hosts.touch()
    settings = make_settings(store_url=f"sqlite+aiosqlite:///{tmp_path}/none.sqlite", hosts_file=hosts)

    async def said(text: str) -> list[tuple[Verdict, str]]:
        await asyncio.to_thread(hosts.write_text, text)
        return [(found.verdict, found.text) for found in await examine(settings, CHECKS) if found.name == "netmonitor"]

    host = '[[hosts]]\nid = "{}"\nname = "x"\naddress = "::1"\ngroup = "g"\n'
    assert await said(host.format("a") + host.format("b")) == [(Verdict.OK, "hosts: 2, groups: 1")]
    why = "ICMP sockets are not permitted: sysctl"
    assert await said(host.format("a")) == [(Verdict.OK, "hosts: 1, groups: 1"), (Verdict.FAILED, why)]
    assert (await said(host.format("a") + "tcp = { port = 1 }"))[1] == (Verdict.WARNING, why)
    why = None
    assert await said(host.format("a b")) == [
        (Verdict.FAILED, "line 2, host a b, id: An id is 1 to 64 Latin letters, digits and the signs _ . -")
    ]
    many = await said(host.format("a b") * 30)
    assert (len(many), many[-1][1]) == (21, "and 10 more mistakes in the hosts file")


async def test_who_is_to_be_told_and_is_nobody(tmp_path: Path) -> None:
    """Names in `notify` without an account that is open are warnings, with field and mend; without a store nothing is said of them."""
    hosts = tmp_path / "hosts.toml"
    text = '[[hosts]]\nid = "a"\nname = "x"\naddress = "::1"\nnotify = ["Anna", "ivan", "gone"]\n'
    await asyncio.to_thread(hosts.write_text, text)
    settings = make_settings(store_url=f"sqlite+aiosqlite:///{tmp_path}/navigator.sqlite", hosts_file=hosts)

    async def said() -> list[str]:
        found = await examine(settings, CHECKS)
        return [one.text for one in found if one.name == "netmonitor" and one.verdict is Verdict.WARNING and "notify" in one.text]

    assert await said() == []
    async with open_store(settings) as engine:
        people = People(engine)
        await people.add("anna")
        await people.set_active(await people.add("gone"), False)
    assert [text.partition(":")[0] for text in await said()] == ["host a, notify.1", "host a, notify.2"]
    assert all("add the account" in text for text in await said())


async def test_the_right_to_ping_is_really_tried(tmp_path: Path) -> None:
    """Whatever this machine allows: one line about the hosts, and one more only where pings are not permitted."""
    hosts = tmp_path / "hosts.toml"
    await asyncio.to_thread(hosts.write_text, '[[hosts]]\nid = "a"\nname = "x"\naddress = "::1"\n')
    settings = make_settings(store_url=f"sqlite+aiosqlite:///{tmp_path}/none.sqlite", hosts_file=hosts)
    first, *more = [found for found in await examine(settings, CHECKS) if found.name == "netmonitor"]
    assert first.verdict is Verdict.OK
    assert all("ping_group_range" in found.text for found in more)
