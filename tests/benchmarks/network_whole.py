"""The network monitor whole, in the product as it is started: whether thousands of hosts keep their rounds, what that costs, how long the
event loop is held.

    python -m tests.benchmarks.network_whole [--hosts 5000] [--seconds 60] [--mariadb]

In a network namespace of its own, against loopback. First the product as it is: processor time, and the rounds that the history has then.
Then once more with a timer of a millisecond in its loop (which costs itself a few per cent): the longest time by which it was late, and the
longest that its thread was at work meanwhile (what it waited for a processor or another thread is not in that), at each of: starting, going
on, all hosts' limits changed in the file, two fifths of the hosts silent at once, and back.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.benchmarks.measure import cpu, memory
from tests.live.product import ROOT, Product
from tests.peers import mariadb
from tests.peers.netns import Machine, network

_INTERVAL_S, _FAMILY = 10, 20
_LATE_FILE = "TEZ_LATE_FILE"
_WARM_S, _PHASE_S = 25.0, 40.0
_SILENT = "ip saddr 127.1.0.0/21 icmp type echo-reply drop"
"""2,048 addresses: fewer than make the probe blind."""
_NOTHING = "0 0\n"


def _say(line: str) -> None:
    print(line, flush=True)


def _hosts(count: int, *, raise_bad: int = 3) -> str:
    lines = ["anchors = []", f"[defaults]\ninterval_s = {_INTERVAL_S}\nlimits = {{ raise_bad = {raise_bad} }}"]
    for number in range(count):
        head = number - number % _FAMILY
        parent = f'parent = "h-{head}"' if number != head else ""
        address = f"127.1.{number >> 8}.{number & 255}"
        lines.append(f'[[hosts]]\nid = "h-{number}"\nname = "Узел {number}"\naddress = "{address}"\ngroup = "Город/{head}"\n{parent}')
    return "\n".join(lines)


class _Store:
    """Where the product keeps its rounds."""

    def __init__(self, product: Product, server: mariadb.MariaDb | None) -> None:
        self._product, self._server = product, server

    def rounds(self, since_us: int, until_us: int) -> Counter[str]:
        """How many each host has that began between the two, in microseconds since 1970."""
        query = f"SELECT host, count(*) FROM net_rounds WHERE at >= {since_us} AND at < {until_us} GROUP BY host"
        rows = self._product.rows(query) if self._server is None else self._server.sql(query, database="navigator")
        return Counter({str(host): int(count) for host, count in rows})


async def _cost(product: Product, store: _Store, count: int, seconds: float) -> None:
    async with product.running():
        assert product.process is not None
        await asyncio.sleep(_WARM_S)
        before, began = cpu(product.process.pid), time.time()
        await asyncio.sleep(seconds)
        ended = time.time()
        used = (cpu(product.process.pid) - before).total * 60 / (ended - began)
        held = memory(product.process.pid) / 2**20
        await asyncio.sleep(5)  # the last rounds are written
        found = store.rounds(int(began * 1e6), int(ended * 1e6))
    wanted = count * seconds / _INTERVAL_S
    few = sum(found[f"h-{number}"] < seconds // _INTERVAL_S - 1 for number in range(count))
    _say(f"{count} hosts: {used:.1f} CPU s a minute, {held:.0f} MiB; {sum(found.values())} rounds of {wanted:.0f}, {few} hosts lack any")


async def _turns(product: Product, machine: Machine, late: Path, hosts: Path, count: int) -> None:
    _write(late, _NOTHING)
    async with product.running(**{_LATE_FILE: str(late)}):
        await asyncio.sleep(_WARM_S)
        _told("starting", late)
        await asyncio.sleep(_PHASE_S)
        _told("going on", late)
        _write(hosts, _hosts(count, raise_bad=2))
        await asyncio.sleep(_PHASE_S / 2)
        _told("all limits changed", late)
        machine.filter("input", _SILENT)
        await asyncio.sleep(_PHASE_S)
        _told("2,048 silent", late)
        machine.filter("input", "")
        await asyncio.sleep(_PHASE_S)
        _told("back", late)


def _write(path: Path, text: str) -> None:
    path.write_text(text)


def _told(phase: str, late: Path) -> None:
    lines = [line.split() for line in late.read_text().splitlines()]
    waited, worked = (sorted((float(line[place]) * 1e3 for line in lines), reverse=True) for place in (0, 1))
    over = sum(one > 20 for one in waited), sum(one > 20 for one in worked)
    others = ", ".join(f"{one:.0f}" for one in worked[1:6])
    _say(f"{phase}: {waited[0]:.0f} ms late at worst, {over[0]} times over 20; {worked[0]:.1f} ms at work ({others}), {over[1]} over 20")
    late.write_text(_NOTHING)


@contextmanager
def _database(wanted: bool) -> Iterator[mariadb.MariaDb | None]:
    if not wanted:
        yield None
        return
    with mariadb.running() as server:
        server.sql("CREATE DATABASE navigator")
        yield server


async def _run(options: argparse.Namespace, machine: Machine, folder: Path, server: mariadb.MariaDb | None) -> None:
    hosts = folder / "hosts.toml"
    hosts.write_text(_hosts(options.hosts))
    settings = {"HOSTS_FILE": str(hosts)}
    if server is not None:
        settings |= {"STORE_URL": server.url("navigator"), "SECRET_KEYS": "k" * 40}
    product = Product(folder, settings, command=(sys.executable, "-m", "web.cli", "serve"))
    await _cost(product, _Store(product, server), options.hosts, options.seconds)
    product.command = (sys.executable, "-m", __spec__.name if __spec__ else __name__, "--serve")
    await _turns(product, machine, folder / "late", hosts, options.hosts)


def _serve() -> None:
    """The product with a timer that tells how late it was, a line for each 5 ms and more."""
    from hub.sampler import Sampler
    from web.cli import main as navigator

    file = Path(os.environ[_LATE_FILE]).open("a", buffering=1)  # noqa: SIM115  # as long as the process

    async def watch(_: Sampler) -> None:
        loop = asyncio.get_running_loop()
        while True:
            due, before = loop.time() + 0.001, time.thread_time()
            await asyncio.sleep(0.001)
            worked = time.thread_time() - before
            if (late := loop.time() - due) > 0.005:
                file.write(f"{late} {worked}\n")

    Sampler._lag = watch  # type: ignore[method-assign]  # in the place of the product's own, which looks four times a second
    navigator(["serve"])


def main() -> None:
    """Measures."""
    parser = argparse.ArgumentParser(prog="tests.benchmarks.network_whole", description=__doc__)
    parser.add_argument("--hosts", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--mariadb", action="store_true")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        _serve()
        return
    os.chdir(ROOT)
    with network() as made, TemporaryDirectory(prefix="tez-bench-whole-") as folder:
        machine = made.machine()
        machine.sysctl("net.ipv4.ping_group_range", "0 2147483647")
        with machine.inside(), _database(options.mariadb) as server:
            asyncio.run(_run(options, machine, Path(folder), server))


if __name__ == "__main__":
    main()
