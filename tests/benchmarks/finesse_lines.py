"""Notification lines of many agents in one process, against the real Prosody: time to all up, memory, pings, events, a restart.

    python -m tests.benchmarks.finesse_lines [--agents 500] [--ways wss,tls] [--loop uvloop|asyncio]

The client is a process of its own, as the hub's leader would be; Prosody and the publisher share the machine with it.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import IO, Any

import uvloop

from adapters.finesse.notify.line import Connected, Connector, Heard, Terms
from adapters.finesse.notify.manners import Manners, pause_s
from adapters.finesse.notify.tcp import tcp_connector
from adapters.finesse.notify.websocket import websocket_connector
from adapters.finesse.values import Credentials
from tests.benchmarks.measure import cpu, memory
from tests.benchmarks.run import quantile
from tests.peers.prosody import DOMAIN, PUBSUB, Prosody, prosody

__all__ = ["main"]

_IDLE_S = 30.0
_ROUNDS = 20
_DATA = "<mediaProperties><callvariables/></mediaProperties>" * 60
_UPDATE = f"<Update><data><dialog>{_DATA}</dialog></data><event>PUT</event></Update>"
"""3 KiB, as a call with its variables has."""


# -- the client: a process of its own, told what to do by lines on its input


async def _client(way: str, port: int, ca: str, count: int) -> None:
    tls = await asyncio.to_thread(_context, ca)
    connector = _connector(way, port, tls)
    manners, standing, latencies = Manners(), set[str](), list[float]()
    changed = asyncio.Event()

    async def agent(name: str) -> None:
        failures = 0
        while True:
            await asyncio.sleep(pause_s(failures))
            failures += 1
            async with AsyncExitStack() as stack:
                async with manners.place():
                    way = connector(Credentials(agent=name, password="pw"), DOMAIN, PUBSUB)
                    line = await stack.enter_async_context(way)
                async for event in line.events():
                    if isinstance(event, Connected):
                        standing.add(name)
                        failures = 0
                    elif isinstance(event, Heard):
                        latencies.append(time.time() - float(event.payload.partition("@")[2]))
                    changed.set()
            standing.discard(name)
            changed.set()

    async def until(count: int, what: set[str] | list[float]) -> None:
        while len(what) != count:
            changed.clear()
            await changed.wait()

    before, began = memory(os.getpid()), time.monotonic()
    tasks = [asyncio.create_task(agent(name), name=f"agent_{name}") for name in _names(count)]
    await until(count, standing)
    took = time.monotonic() - began
    gc.collect()
    _tell(up_s=took, kib_each=(memory(os.getpid()) - before) / count / 1024)
    while words := (await asyncio.to_thread(sys.stdin.readline)).split():
        match words:
            case ["idle"]:
                used, began = cpu(os.getpid()), time.monotonic()
                await asyncio.sleep(_IDLE_S)
                _tell(cpu_percent=100 * (cpu(os.getpid()) - used).total / (time.monotonic() - began), lost=count - len(standing))
            case ["hear", expected]:
                used = cpu(os.getpid())
                await until(int(expected), latencies)
                spent = (cpu(os.getpid()) - used).total
                values = sorted(latencies)
                _tell(p50_ms=1000 * quantile(values, 0.5), p99_ms=1000 * quantile(values, 0.99), cpu_us_each=1e6 * spent / len(values))
                latencies.clear()
            case ["fall"]:
                await until(0, standing)
                _tell(fallen=1)
                await until(count, standing)
                _tell(risen=1)
    for task in tasks:
        task.cancel()
    began = time.monotonic()
    await asyncio.wait(tasks)
    _tell(left_s=time.monotonic() - began)


def _context(ca: str) -> Any:
    import ssl

    return ssl.create_default_context(cafile=ca)


def _connector(way: str, port: int, tls: Any) -> Connector:
    if way == "wss":
        return websocket_connector(f"wss://127.0.0.1:{port}/ws/", tls=tls, terms=Terms())
    return tcp_connector("127.0.0.1", port, tls=tls, terms=Terms())


def _names(count: int) -> list[str]:
    return [str(1000 + number) for number in range(count)]


def _tell(**values: float) -> None:
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


# -- who measures


def _measure(way: str, count: int, loop: str) -> dict[str, float]:
    with prosody(dict.fromkeys(_names(count), "pw")) as server:
        port = server.https if way == "wss" else server.tls
        command = [sys.executable, "-m", "tests.benchmarks.finesse_lines", "--child", way, str(port), str(server.authority.path), loop]
        with subprocess.Popen([*command, "--agents", str(count)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
            try:
                return _ask(server, client, count)
            finally:
                client.kill()


def _ask(server: Prosody, client: subprocess.Popen[str], count: int) -> dict[str, float]:
    assert client.stdin is not None
    assert client.stdout is not None
    found = _told(client.stdout)
    _say(client.stdin, "idle")
    found |= _told(client.stdout)
    # one for each agent, as fast as one publisher can: latency; then one for everybody, again and again: throughput
    _say(client.stdin, f"hear {count}")
    for name in _names(count):
        server.publish(f"/finesse/api/User/{name}", f"{_UPDATE}@{time.time()}")
    found |= {f"one_{key}": value for key, value in _told(client.stdout).items()}
    _say(client.stdin, f"hear {count * _ROUNDS}")
    began = time.monotonic()
    for _ in range(_ROUNDS):
        server.publish("/finesse/api/SystemInfo", f"{_UPDATE}@{time.time()}")
    told = _told(client.stdout)
    found |= {"events_a_second": count * _ROUNDS / (time.monotonic() - began), "all_cpu_us_each": told["cpu_us_each"]}
    _say(client.stdin, "fall")
    server.kill()
    _told(client.stdout)
    time.sleep(2)
    server.start()
    began = time.monotonic()
    _told(client.stdout)
    found["back_s"] = time.monotonic() - began
    _say(client.stdin, "")
    return found | _told(client.stdout)


def _say(to: IO[str], text: str) -> None:
    to.write(text + "\n")
    to.flush()


def _told(by: IO[str]) -> dict[str, float]:
    line = by.readline()
    assert line, "the client ended"
    return dict(json.loads(line))


def main(argv: Sequence[str] | None = None) -> int:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.finesse_lines", description=__doc__)
    parser.add_argument("--agents", type=int, default=500)
    parser.add_argument("--ways", default="wss,tls")
    parser.add_argument("--loop", default="uvloop", choices=["uvloop", "asyncio"])
    parser.add_argument("--child", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        way, port, ca, loop = options.child
        (uvloop.run if loop == "uvloop" else asyncio.run)(_client(way, int(port), ca, options.agents))
        return 0
    os.chdir(Path(__file__).parents[2])
    found = {way: _measure(way, options.agents, options.loop) for way in options.ways.split(",")}
    print(f"| {options.agents} agents, {options.loop} | " + " | ".join(found) + " |\n|---|" + "---|" * len(found))
    for key in next(iter(found.values())):
        print(f"| {key} | " + " | ".join(f"{values[key]:,.4g}" for values in found.values()) + " |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
