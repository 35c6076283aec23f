"""What is watched as it changes: a file that is edited, broken, mended and removed; the page's hosts beside it; a store that goes away."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from adapters.netmonitor.inventory.loader import Loader
from adapters.netmonitor.inventory.store import Change, HostStore
from adapters.netmonitor.inventory.toml_file import write_toml
from adapters.netmonitor.values import Host, Inventory
from hub.store import create_engine
from hub.writer import StoreUnavailable
from tests.clock import Clock
from tests.conftest import sqlite_copy

A, B, C = (Host(id=id, name=id, address="10.0.0.1") for id in "abc")


@pytest.fixture
async def engine(store_file: Path, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    """A fresh store; the kind makes no difference here."""
    made = create_engine(sqlite_copy(store_file, tmp_path))
    yield made
    await made.dispose()


@pytest.fixture
def hosts(engine: AsyncEngine, clock: Clock) -> HostStore:
    """The page's hosts."""
    return HostStore(engine, now=clock)


async def put(store: HostStore, *hosts: Host) -> None:
    """Writes hosts of the page."""

    async def work(change: Change) -> None:
        await change.put(hosts, "anna")

    await store.change(work)


def write(path: Path, *hosts: Host, text: str | None = None) -> None:
    """A new version of the file, whatever the clock's steps are."""
    path.write_text(write_toml(Inventory(hosts=hosts)) if text is None else text)
    write.tick += 1  # type: ignore[attr-defined]
    os.utime(path, ns=(write.tick, write.tick))  # type: ignore[attr-defined]


write.tick = 10**9  # type: ignore[attr-defined]


async def ids(loader: Loader, polls: int = 2) -> list[str]:
    """Which hosts hold after some looks."""
    for _ in range(polls):
        await loader.poll()
    return [host.id for host in loader.inventory.hosts]


async def test_a_file_is_followed(tmp_path: Path, hosts: HostStore) -> None:
    """The first look reads it, later ones only when it has changed and has come to rest; what is the same stays the same object."""
    path = tmp_path / "hosts.toml"
    write(path, A)
    loader = Loader(path, hosts)
    assert loader.inventory == Inventory()
    assert await ids(loader, 1) == ["a"]
    held = loader.inventory
    write(path, A, B)
    assert await ids(loader, 1) == ["a"], "it may be half written"
    assert await ids(loader, 1) == ["a", "b"]
    assert loader.inventory is not held
    held = loader.inventory
    write(path, A, B)
    assert await loader.poll() is await loader.poll() is held, "touched, and nothing changed"
    assert loader.file is not None
    assert loader.file.read_at is not None
    assert loader.faults == ()


async def test_a_broken_file_changes_nothing_and_says_why(tmp_path: Path, hosts: HostStore) -> None:
    """Once a version; mended, it holds again. So it is with a file that is gone."""
    path = tmp_path / "hosts.toml"
    write(path, A)
    loader = Loader(path, hosts)
    await loader.poll()
    with capture_logs() as lines:
        write(path, text=write_toml(Inventory(hosts=(A, B))) + "\n[[hosts]]\nid = 5\n")
        assert await ids(loader, 5) == ["a"]
        assert [(one.field, one.code) for one in loader.faults] == [("name", "missing"), ("address", "missing"), ("id", "not_text")]
        assert all(one.line for one in loader.faults)
        write(path, A, B)
        assert await ids(loader) == ["a", "b"]
        assert not loader.faults
        path.unlink()
        assert await ids(loader, 4) == ["a", "b"]
        assert [one.code for one in loader.faults] == ["unreadable"]
        write(path, C)
        assert await ids(loader) == ["c"]
    assert [line["event"] for line in lines] == ["hosts_file_broken", "hosts_file_read", "hosts_file_broken", "hosts_file_read"]
    assert (lines[0]["kept"], lines[0]["faults"]) == (1, 3)


async def test_a_file_that_is_broken_from_the_start(tmp_path: Path, hosts: HostStore) -> None:
    """The page's hosts are watched all the same."""
    path = tmp_path / "hosts.toml"
    write(path, text="hosts = ")
    await put(hosts, replace(A, origin="page"))
    loader = Loader(path, hosts)
    assert await ids(loader, 1) == ["a"]
    assert [one.code for one in loader.faults] == ["syntax"]


async def test_the_pages_hosts_join_the_files(tmp_path: Path, hosts: HostStore) -> None:
    """A change shows at the next look; what does not fit is told; without a file there are only these."""
    path = tmp_path / "hosts.toml"
    write(path, A)
    loader, alone = Loader(path, hosts), Loader(None, hosts)
    assert (await ids(loader, 1), await ids(alone, 1)) == (["a"], [])
    await put(hosts, replace(B, parent="a", origin="page"), replace(A, name="other", origin="page"))
    assert await ids(loader, 1) == ["a", "b"]
    assert [host.origin for host in loader.inventory.hosts] == ["file", "page"]
    assert loader.inventory.hosts[1].parent == "a"
    assert [(one.host, one.code) for one in loader.faults] == [("a", "file_wins")]
    assert await ids(alone, 1) == ["a", "b"]
    write(path, C)
    assert await ids(loader) == ["c", "a", "b"]
    assert loader.faults == ()


async def test_a_store_that_goes_away_changes_nothing(hosts: HostStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was known holds; it is logged once going and once coming back."""
    await put(hosts, replace(A, origin="page"))
    loader = Loader(None, hosts)
    assert await ids(loader, 1) == ["a"]

    async def away() -> str:
        raise StoreUnavailable("gone")

    with capture_logs() as lines:
        with monkeypatch.context() as patched:
            patched.setattr(hosts, "revision", away)
            assert await ids(loader, 3) == ["a"]
        await put(hosts, replace(B, origin="page"))
        assert await ids(loader, 1) == ["a", "b"]
    assert [line["event"] for line in lines] == ["network_hosts_unread", "network_hosts_read_again"]
