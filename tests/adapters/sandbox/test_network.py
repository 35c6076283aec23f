"""The sandbox's network: its hosts file is good, its services are there, go and come back, and its story goes on."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from adapters.netmonitor.inventory.toml_file import parse_toml
from adapters.netmonitor.probe.prober import open_prober
from adapters.netmonitor.values import Http, Tcp
from adapters.sandbox.network import SCENES, SandboxNetwork, Scene, open_sandbox_network, scenes


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[SandboxNetwork]:
    """One in which nothing happens by itself."""
    async with open_sandbox_network(tmp_path / "network", life=False) as opened:
        yield opened


async def refuses(network: SandboxNetwork, id: str) -> bool:
    """Whether a TCP service refuses a connection."""
    host = next(host for host in network.inventory.hosts if host.id == id)
    assert isinstance(host.check, Tcp)
    try:
        async with asyncio.timeout(5):
            _, writer = await asyncio.open_connection(host.address, host.check.port)
    except ConnectionRefusedError:
        return True
    writer.close()
    await writer.wait_closed()
    return False


async def asked(network: SandboxNetwork, id: str) -> tuple[int, bool]:
    """Status of a site, and whether its page has the text that is looked for."""
    check = next(host.check for host in network.inventory.hosts if host.id == id)
    assert isinstance(check, Http)
    url = httpx.URL(check.url)
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.get(url.copy_with(host="127.0.0.1"), headers={"host": url.netloc.decode()})
    return answer.status_code, (check.contains or "") in answer.text


async def test_the_hosts_file_is_good(network: SandboxNetwork) -> None:
    """Some twenty hosts in nested groups with parents, of every check, all on loopback; the file says the same."""
    text = await asyncio.to_thread(network.path.read_text, encoding="utf-8")
    assert parse_toml(text) == network.inventory
    hosts = network.inventory.hosts
    assert 20 <= len(hosts) <= 30
    assert {host.check.kind for host in hosts} == {"ping", "tcp", "http"}
    assert all(host.address.startswith("127.0.0.") for host in hosts)
    assert any("/" in host.group for host in hosts)
    assert any(host.parent for host in hosts)


async def test_all_is_well_at_first(network: SandboxNetwork) -> None:
    """Every service takes connections, every site shows its page."""
    for id in network.services:
        assert not await refuses(network, id)
    for id in network.sites:
        assert await asked(network, id) == (200, True)


async def test_a_branch_goes_and_comes_back(network: SandboxNetwork) -> None:
    """While it is gone connections are refused and the ports stay theirs; then all is as it was."""
    scene = next(scene for scene in SCENES if len(scene.hosts) == 4)
    for _ in range(2):
        await network.begin(scene)
        assert [await refuses(network, id) for id in scene.hosts] == [True] * 4
        await network.end(scene)
        assert [await refuses(network, id) for id in scene.hosts] == [False] * 4


@pytest.mark.parametrize(("trouble", "answer"), [("error", (500, False)), ("wrong", (200, False)), ("slow", (200, True))])
async def test_a_site_suffers(network: SandboxNetwork, trouble: str, answer: tuple[int, bool]) -> None:
    """It answers 500, with another page or late, while the others are well."""
    scene = Scene(trouble, ("web-site",), 0)  # type: ignore[arg-type]
    await network.begin(scene)
    begun = asyncio.get_running_loop().time()
    assert await asked(network, "web-site") == answer
    if trouble == "slow":
        assert asyncio.get_running_loop().time() - begun > 0.4  # its limit
    assert await asked(network, "web-wiki") == (200, True)
    await network.end(scene)
    assert await asked(network, "web-site") == (200, True)


async def test_a_scene_is_over_when_it_is_cut_short(network: SandboxNetwork) -> None:
    """Whatever ends it, the services are there again."""
    scene = Scene("flaps", ("srv-mail",), 60)
    playing = asyncio.create_task(network.play(scene), name="scene under test")
    while network.services["srv-mail"].is_open:  # noqa: ASYNC110  # nobody else waits for it
        await asyncio.sleep(0)
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert network.services["srv-mail"].is_open
    await network.play(scene, pace=0)
    assert network.services["srv-mail"].is_open


def test_the_story_is_the_seeds() -> None:
    """The same seed tells the same story, another another; every scene comes, and all name hosts that can do that."""
    first = list(itertools.islice(scenes(1), 40))
    assert first == list(itertools.islice(scenes(1), 40))
    assert first != list(itertools.islice(scenes(2), 40))
    assert set(first) == set(SCENES)
    assert all(20 <= scene.lasts_s <= 90 for scene in SCENES)


async def test_life_goes_on_by_itself(tmp_path: Path) -> None:
    """Something happens without being asked, and the end leaves no task and no port behind."""
    async with open_sandbox_network(tmp_path, pace=0.0001, seed=3) as network:
        port = network.services["srv-mail"].port
        async with asyncio.timeout(20):
            while all(one.is_open for one in network.services.values()):  # noqa: ASYNC110  # as above
                await asyncio.sleep(0)
    names = {task.get_name() for task in asyncio.all_tasks()}
    assert not any(name.startswith("sandbox-network") for name in names)
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.6", port)


async def test_the_monitor_sees_the_story(network: SandboxNetwork) -> None:
    """The real checks find each trouble by its name, and nothing wrong before and after it."""
    hosts = {host.id: host for host in network.inventory.hosts}
    scenes_of = {"refused": Scene("gone", ("srv-mail",), 0), "http_status": Scene("error", ("web-site",), 0)}
    scenes_of["body_mismatch"] = Scene("wrong", ("web-wiki",), 0)
    async with open_prober() as prober:
        for error, scene in scenes_of.items():
            host = hosts[scene.hosts[0]]
            assert (await prober.measure(host)).error is None
            await network.begin(scene)
            assert (await prober.measure(host)).error == error
            await network.end(scene)
            assert (await prober.measure(host)).error is None
