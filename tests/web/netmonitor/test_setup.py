"""The hosts of the admin page over its interface: rights, lists, changes, trials, imports, exports, the audit log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from adapters.netmonitor.inventory.csv_file import parse_csv
from adapters.netmonitor.inventory.loader import Loader
from adapters.netmonitor.inventory.store import HostStore
from adapters.netmonitor.inventory.toml_file import parse_toml
from adapters.netmonitor.values import Host, Ping, Round, Tcp
from hub.accounts import audit
from hub.writer import StoreUnavailable
from tests.web.node import Node, open_node
from web.netmonitor.area import Network

API = "/netmonitor/api/setup"
FILE = """
anchors = ["10.0.0.254"]
[[groups]]
path = "Москва"
rule = "at_least"
up = 1
[[hosts]]
id = "gw"
name = "Шлюз"
address = "10.0.0.1"
group = "Москва"
"""
SW = {"id": "sw", "name": "Коммутатор", "address": "10.0.0.2", "group": "Москва/Офис", "parent": "gw", "tcp": {"port": 22}}


@dataclass
class Meter:
    """Measures what it is told to have measured."""

    found: Round = field(default_factory=lambda: Round(at=datetime(2026, 1, 1, tzinfo=UTC), rtts=(1.0, None, 3.0), address="10.0.0.2"))
    asked: list[Host] = field(default_factory=list)
    hold: asyncio.Event | None = None
    why: str | None = None

    async def measure(self, host: Host) -> Round:
        """The round."""
        self.asked.append(host)
        if self.hold is not None:
            await self.hold.wait()
        return self.found

    def explain(self) -> str | None:
        """Why not."""
        return self.why


@dataclass
class Desk:
    """A node with a monitor, and an administrator at a browser."""

    node: Node
    browser: httpx.AsyncClient
    csrf: str
    network: Network
    meter: Meter
    path: Path

    async def ask(self, method: str, path: str, **given: Any) -> httpx.Response:
        """A request with the session's token."""
        headers = {"x-csrf-token": self.csrf, "accept-language": "ru", **given.pop("headers", {})}
        return await self.browser.request(method, API + path, headers=headers, **given)

    async def put(self, **spec: Any) -> httpx.Response:
        """Keeps a host."""
        return await self.ask("PUT", f"/hosts/{spec['id']}", json=spec)

    async def listed(self) -> dict[str, dict[str, Any]]:
        """The hosts, by id."""
        answer = await self.ask("GET", "/hosts")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-store"
        return {host["id"]: host for host in answer.json()["hosts"]}

    async def audited(self) -> list[Any]:
        """Lines about hosts, oldest first."""
        async with self.node.state["engine"].connect() as connection:
            query = sa.select(audit).where(audit.c.action.like("network.%")).order_by(audit.c.id)
            return list((await connection.execute(query)).all())


@pytest.fixture
async def desk(tmp_path: Path, store_file: Path) -> AsyncIterator[Desk]:
    """One with a file of one host."""
    path = tmp_path / "hosts.toml"
    path.write_text(FILE)
    async with open_node(tmp_path, store_file) as node, node.signed_in("root", permissions=["admin"], locale="ru") as browser:
        meter = Meter()
        hosts = HostStore(node.state["engine"], now=node.hub.now)
        network = Network(hosts=hosts, loader=Loader(path, hosts), prober=meter)
        node.state["network"] = network  # type: ignore[typeddict-unknown-key]  # the section's part
        csrf = (await browser.get("/users/api/me")).json()["csrf"]
        yield Desk(node, browser, csrf, network, meter, path)


def codes(answer: httpx.Response, status: int = 422) -> list[tuple[str | None, str | None, str]]:
    """(host, field, code) of all mistakes."""
    assert answer.status_code == status, answer.text
    error = answer.json()["error"]
    assert all(one["message"] for one in error["errors"])
    return [(one["host"], one["field"], one["code"]) for one in error["errors"]]


async def test_only_administrators_and_only_where_there_is_a_monitor(tmp_path: Path, store_file: Path, desk: Desk) -> None:
    """The right to look at the network is none to set it up; where it is off it says so."""
    async with desk.node.signed_in("oleg", permissions=["netmonitor"]) as oleg, desk.node.client() as stranger:
        assert (await oleg.get(API + "/hosts")).status_code == 403
        assert (await stranger.get(API + "/export.toml")).status_code == 401
    del desk.node.state["network"]  # type: ignore[typeddict-item]
    off = await desk.ask("GET", "/hosts")
    assert (off.status_code, off.json()["error"]["code"]) == (503, "netmonitor_off")


async def test_who_is_to_be_told_and_is_nobody(desk: Desk) -> None:
    """A host may name somebody who has no account yet: it is kept, and what nobody will be told is said then and in the list."""
    kept = await desk.put(**SW, notify=["Root", "nobody"])
    assert kept.status_code == 201
    (problem,) = kept.json()["problems"]
    assert (problem["code"], problem["host"], problem["field"]) == ("no_such_login", "sw", "notify.1")
    assert "заведите" in problem["message"]
    assert [one["code"] for one in (await desk.ask("GET", "/hosts")).json()["problems"]] == ["no_such_login"]
    assert (await desk.put(**SW, notify=["root"])).json()["problems"] == []
    assert (await desk.ask("GET", "/hosts")).json()["problems"] == []


async def test_a_host_is_added_changed_and_removed(desk: Desk) -> None:
    """It is watched at once; the list says where it comes from and who wrote it; each step stands in the audit log."""
    added = await desk.put(**SW)
    assert added.status_code == 201
    listed = await desk.listed()
    assert list(listed) == ["gw", "sw"]
    assert (listed["gw"]["origin"], listed["sw"]["origin"], listed["sw"]["updated_by"]) == ("file", "page", "root")
    assert listed["sw"]["tcp"] == {"port": 22, "timeout_s": 3.0}
    assert [host.check for host in desk.network.loader.inventory.hosts][1] == Tcp(port=22)
    changed = await desk.put(**{**listed["sw"], "name": "Ядро", "tcp": {"port": 23}})  # as it was listed, origin and all
    assert changed.status_code == 200
    assert (await desk.put(**{**SW, "name": "Ядро", "tcp": {"port": 23}})).status_code == 200  # nothing new: no line
    assert (await desk.ask("DELETE", "/hosts/sw")).status_code == 204
    assert list(await desk.listed()) == ["gw"]
    assert (await desk.ask("DELETE", "/hosts/sw")).status_code == 404
    lines = await desk.audited()
    assert [(line.action, line.actor, line.subject) for line in lines] == [
        (f"network.host_{what}", "root", "host sw") for what in ("added", "changed", "removed")
    ]
    assert (lines[0].before, lines[0].after) == (None, SW)
    assert lines[1].before == {"name": "Коммутатор", "tcp.port": 22}
    assert lines[1].after == {"name": "Ядро", "tcp.port": 23}
    assert lines[2].before == {**SW, "name": "Ядро", "tcp": {"port": 23}}
    assert lines[2].after is None


async def test_what_cannot_be_is_told_with_its_fields(desk: Desk) -> None:
    """All mistakes at once, the first as the error itself, in the person's language; nothing is kept."""
    wrong = await desk.put(**{**SW, "address": "10.0.0.999", "interval_s": 0, "colour": 1})
    assert codes(wrong) == [("sw", "address", "bad_address"), ("sw", "interval_s", "out_of_range"), ("sw", "colour", "unknown_key")]
    error = wrong.json()["error"]
    assert (error["code"], error["field"]) == ("bad_address", "address")
    assert error["message"].startswith("Это не адрес")
    assert error["errors"][1]["message"] == "Значение должно быть от 1 до 3600."
    other = await desk.ask("PUT", "/hosts/other", json=SW)
    assert (other.status_code, other.json()["error"]["field"]) == (422, "id")
    assert list(await desk.listed()) == ["gw"]
    assert await desk.audited() == []


async def test_hosts_must_fit_each_other(desk: Desk) -> None:
    """A parent that is there and closes no circle; the file's hosts are the file's; whoever has others behind it stays."""
    assert codes(await desk.put(**{**SW, "parent": "nobody"})) == [("sw", "parent", "no_such_parent")]
    assert codes(await desk.put(**{**SW, "parent": "sw"})) == [("sw", "parent", "own_parent")]
    assert codes(await desk.put(**{**SW, "id": "gw", "parent": None}), 409) == [("gw", "id", "in_file")]
    assert codes(await desk.ask("DELETE", "/hosts/gw"), 409) == [("gw", "id", "in_file")]
    assert (await desk.put(**SW)).status_code == 201
    assert (await desk.put(**{**SW, "id": "ap", "parent": "sw"})).status_code == 201
    assert codes(await desk.put(**{**SW, "parent": "ap"})) == [("sw", "parent", "parent_circle")]
    refused = await desk.ask("DELETE", "/hosts/sw")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "has_children")
    assert "ap" in refused.json()["error"]["message"]


async def test_a_host_is_tried_before_it_is_kept(desk: Desk) -> None:
    """One round of what is written, whether or not it has an id and a name yet; nothing is kept."""
    answer = await desk.ask("POST", "/test", json={"id": "", "name": "", "address": "10.0.0.2", "ping": {"echoes": 3}})
    assert answer.status_code == 200
    found = answer.json()["round"]
    assert (found["p50"], found["p95"], found["loss"], found["sent"], found["rtts"]) == (
        1.0,
        3.0,
        pytest.approx(1 / 3),
        3,
        [1.0, None, 3.0],
    )
    assert found["jitter"] == 2.0
    assert (desk.meter.asked[0].address, desk.meter.asked[0].check) == ("10.0.0.2", Ping(echoes=3))
    assert codes(await desk.ask("POST", "/test", json={"address": "10.0.0.2", "http": {"url": "x"}})) == [("trial", "http.url", "bad_url")]
    desk.meter.found, desk.meter.why = Round(at=datetime(2026, 1, 1, tzinfo=UTC), rtts=(), error="no_permission"), "no right to ping"
    answer = await desk.ask("POST", "/test", json=SW | {"tcp": None})
    assert (answer.json()["why"], answer.json()["round"]["error"], answer.json()["round"]["p50"]) == (
        "no right to ping",
        "no_permission",
        None,
    )
    assert list(await desk.listed()) == ["gw"]


async def test_trials_have_a_bound_and_a_deadline(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A measurement that does not end is given up, and people do not queue up without end."""
    desk.meter.hold = asyncio.Event()
    monkeypatch.setattr("web.netmonitor.setup._SLACK_S", -0.9)  # a ping of one echo takes a second
    late = await desk.ask("POST", "/test", json={"address": "::1", "ping": {"echoes": 1}})
    assert (late.status_code, late.json()["error"]["code"]) == (504, "no_answer")
    desk.network.testing = asyncio.Semaphore(0)
    busy = await desk.ask("POST", "/test", json={"address": "::1"})
    assert (busy.status_code, busy.headers["retry-after"]) == (503, "3")


TOML = """
[[hosts]]
id = "sw"
name = "Коммутатор"
address = "10.0.0.2"
parent = "gw"
[[hosts]]
id = "web"
name = "Сайт"
address = "web.example"
parent = "sw"
[hosts.http]
url = "https://web.example/"
"""


async def test_an_import_is_tried_and_then_done(desk: Desk) -> None:
    """A dry run says what would change and changes nothing; done, it is the same; again, nothing is left to do."""
    await desk.put(**SW)
    wanted = {"text": TOML, "format": "toml"}
    dry = (await desk.ask("POST", "/import?dry=true", json=wanted)).json()
    assert (dry["added"], dry["changed"], dry["removed"], dry["same"], dry["dry"]) == (["web"], ["sw"], [], 0, True)
    assert dry["changes"][0]["before"]["tcp.port"] == 22
    assert dry["changes"][0]["after"]["group"] == ""
    assert list(await desk.listed()) == ["gw", "sw"]
    done = (await desk.ask("POST", "/import", content=TOML.encode(), headers={"content-type": "application/toml"})).json()
    assert {**done, "dry": True} == dry
    assert {host.id: host.check.kind for host in desk.network.loader.inventory.hosts} == {"gw": "ping", "sw": "ping", "web": "http"}
    again = (await desk.ask("POST", "/import", json=wanted)).json()
    assert (again["added"], again["changed"], again["same"]) == ([], [], 2)
    assert [(line.action, line.subject) for line in await desk.audited()][1:] == [
        ("network.hosts_imported", "hosts"),
        ("network.host_added", "host web"),
        ("network.host_changed", "host sw"),
    ]


async def test_an_import_may_replace(desk: Desk) -> None:
    """Hosts of the page that the file does not name go, unless somebody would lose a parent."""
    await desk.put(**SW)
    await desk.put(**{**SW, "id": "old"})
    only = TOML.replace('id = "sw"', 'id = "sw2"').replace('parent = "sw"', 'parent = "old"')
    assert codes(await desk.ask("POST", "/import?replace=true", json={"text": only, "format": "toml"})) == [
        ("web", "parent", "no_such_parent")
    ]
    done = (await desk.ask("POST", "/import?replace=true", json={"text": TOML, "format": "toml"})).json()
    assert done["removed"] == ["old"]
    assert sorted(await desk.listed()) == ["gw", "sw", "web"]


async def test_an_import_with_a_mistake_changes_nothing(desk: Desk) -> None:
    """Every mistake is told with its line; the file's hosts cannot be changed by it, circles cannot come in."""
    wrong = await desk.ask("POST", "/import", json={"text": TOML.replace("10.0.0.2", "10.0.0.") + "status = 1\n", "format": "toml"})
    assert codes(wrong) == [("sw", "address", "bad_address"), ("web", "http.status", "not_list")]
    error = wrong.json()["error"]
    assert (error["code"], error["message"]) == ("bad_hosts", "Ничего не изменено. Ошибок: 2.")
    places = [(5, "строка 5, узел sw, address"), (14, "строка 14, узел web, http.status")]
    assert [(one["line"], one["where"]) for one in error["errors"]] == places
    table = "id;address;parent\r\ngw;10.9.9.9;\r\n"
    assert codes(await desk.ask("POST", "/import", json={"text": table, "format": "csv"})) == [("gw", "id", "in_file")]
    await desk.put(**SW)
    await desk.put(**{**SW, "id": "ap", "parent": "sw"})
    ring = "id;parent\r\nsw;ap\r\n"
    assert codes(await desk.ask("POST", "/import", json={"text": ring, "format": "csv"})) == [("ap", "parent", "parent_circle")]
    for bad in ({"text": 5, "format": "toml"}, {"text": "", "format": "xml"}):
        assert (await desk.ask("POST", "/import", json=bad)).status_code == 422
    assert (await desk.ask("POST", "/import?dry=yes", json={"text": "", "format": "toml"})).status_code == 422
    assert (await desk.ask("POST", "/import", content=b"x", headers={"content-type": "text/html"})).status_code == 415
    assert sorted(await desk.listed()) == ["ap", "gw", "sw"]


async def test_what_is_taken_out_can_be_brought_in(desk: Desk) -> None:
    """The export is a hosts file of everything, and a table; brought in again nothing changes, and groups are told to be passed over."""
    await desk.put(**{**SW, "limits": {"raise_bad": 2}, "notify": ["anna"]})
    got = await desk.ask("GET", "/export.toml")
    assert got.headers["content-disposition"] == 'attachment; filename="hosts.toml"'
    made = parse_toml(got.text)
    assert ([host.id for host in made.hosts], made.anchors) == (["gw", "sw"], ("10.0.0.254",))
    back = (await desk.ask("POST", "/import", json={"text": got.text, "format": "toml"})).json()
    assert (back["same"], back["changed"], back["added"]) == (2, [], [])
    assert back["notes"] == ["Группы и опорные адреса пропущены: они берутся только из файла узлов."]
    assert [host.id for host in parse_toml((await desk.ask("GET", "/export.toml?origin=page")).text, known=["gw"]).hosts] == ["sw"]
    table = await desk.ask("GET", "/export.csv")
    assert table.content.startswith("\ufeffid;".encode())
    assert [host.id for host in parse_csv(table.text).hosts] == ["gw", "sw"]
    raw = table.text.removeprefix("\ufeff").replace("Коммутатор", "Ядро").encode("cp1251")
    back = (await desk.ask("POST", "/import", content=raw, headers={"content-type": "text/csv"})).json()
    assert (back["changes"][0]["after"], back["same"]) == ({"name": "Ядро"}, 1)
    assert (await desk.listed())["sw"]["limits"]["raise_bad"] == 2
    assert (await desk.ask("GET", "/export.csv?origin=x")).status_code == 422


async def test_a_broken_file_is_told_on_the_page(desk: Desk) -> None:
    """With the line and the mend, while the last good version holds; and so is why pings do not work."""
    desk.meter.why = "sysctl"
    first = (await desk.ask("GET", "/hosts")).json()
    assert (first["file"]["broken"], first["problems"], first["icmp"]) == (False, [], "sysctl")
    assert first["groups"] == [{"path": "Москва", "rule": "at_least", "up": 1}]
    desk.path.write_text(FILE.replace("10.0.0.1", "10.0.0.1000"))
    await desk.network.loader.poll()
    found = (await desk.ask("GET", "/hosts")).json()
    assert [host["id"] for host in found["hosts"]] == ["gw"]
    assert (found["file"]["broken"], found["file"]["path"]) == (True, str(desk.path))
    assert found["problems"][0]["where"] == "строка 10, узел gw, address"


async def test_a_store_that_is_away_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was changed, and one may try again."""

    async def away(_work: Any) -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr(desk.network.hosts, "change", away)
    answer = await desk.put(**SW)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unavailable")
