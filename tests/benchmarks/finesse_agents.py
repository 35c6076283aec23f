"""500 agents of Finesse at one product: memory, processor time at rest, and how soon everybody is back after a kill.

The sandbox's REST and the real Prosody have processor 1, the product processor 0. A line is live when it stands and the agent's User and
Dialogs were read over it. Who is away for a minute is signed out by the contact centre, as by the real one: nobody may be.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest

from adapters.finesse.credentials import CredentialStore
from adapters.finesse.values import Credentials
from hub.store import create_engine
from tests.benchmarks.finesse_centre import FORCED_AFTER_S, PASSWORD, extension_of, names
from tests.benchmarks.measure import cpu, memory
from tests.benchmarks.processes import SERVER_CPU, loading, pinned
from tests.benchmarks.run import Record, Run, spread
from tests.benchmarks.workshop import ROOT
from tests.live.product import Product
from tests.live.warm import COMMAND
from tests.peers.prosody import DOMAIN, Prosody, prosody
from web.audit import Origin
from web.finesse.own import OwnAgents
from web.finesse.section import PURPOSE
from web.keys import fernet, secret_keys
from web.people import People
from web.settings import Settings

__all__ = ["measure", "table"]

FIGURE = "finesse"
AGENTS = 500
WAYS = ("wss", "tls")
_REST_S = 60.0
_SETTLE_S = 10.0
_WITHIN_S = 120.0
_LOOK_S = 0.2


def measure(run: Run, *, rounds: int, agents: int = AGENTS) -> None:
    """Over a WebSocket in TLS and over TCP in TLS, each in turn."""
    for number in range(rounds):
        for way in WAYS:
            try:
                with loading(), prosody(dict.fromkeys(names(agents), PASSWORD)) as server, _centre(server, agents) as centre:
                    run.add(asyncio.run(_one(server, centre, way, agents, number)))
            except (pytest.skip.Exception, pytest.fail.Exception) as missing:
                run.miss(FIGURE, str(missing))
                return


class _Centre:
    """The sandbox in its process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.url = str(self._told()["url"])

    def ask(self) -> Mapping[str, int]:
        """How many are `at_work`, and were `forced` out."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return {name: int(value) for name, value in self._told().items()}

    def _told(self) -> Mapping[str, str]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the contact centre ended"
        found: Mapping[str, str] = json.loads(line)
        return found


@contextmanager
def _centre(server: Prosody, agents: int) -> Iterator[_Centre]:
    command = [sys.executable, "-m", "tests.benchmarks.finesse_centre", str(agents), f"http://127.0.0.1:{server.http}/peer", DOMAIN]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _Centre(process)
        finally:
            process.kill()


async def _one(server: Prosody, centre: _Centre, way: str, agents: int, number: int) -> Record:
    with TemporaryDirectory(prefix="tez-bench-finesse-") as folder:
        product = Product(
            Path(folder),
            {
                "FINESSE_URL": centre.url,
                "FINESSE_NOTIFY_URL": server.wss if way == "wss" else f"tls://127.0.0.1:{server.tls}",
                "FINESSE_CA_FILE": str(server.authority.path),
                "METRICS_TOKEN": "0123456789abcdef01234567",
                "LOG_LEVEL": "warning",
            },
            command=pinned(SERVER_CPU, COMMAND),
        )
        try:
            found, faults = await _told(product, centre, agents)
        finally:
            await product.kill()
    return Record(figure=FIGURE, test=str(agents), server=way, round=number, values=found, faults=tuple(faults))


async def _told(product: Product, centre: _Centre, agents: int) -> tuple[dict[str, float], list[str]]:
    product.add_user("viewer", "--permission", "finesse")
    product.start()
    await product.answers()
    await asyncio.sleep(_SETTLE_S)
    alone = memory(_pid(product))
    await product.stop()
    await _sign_in(product, agents)

    up = await _up(product, agents)
    await asyncio.sleep(_SETTLE_S)
    each = (memory(_pid(product)) - alone) / agents
    used, began = cpu(_pid(product)), time.monotonic()
    await asyncio.sleep(_REST_S)
    rested = 100 * (cpu(_pid(product)) - used).total / (time.monotonic() - began)
    faults = await _wrong(product, centre, agents, "at rest")

    await product.kill()
    back = await _up(product, agents)
    shown = await _shown(product)
    await asyncio.sleep(FORCED_AFTER_S + 5.0)  # whoever's presence had not come back would be signed out by now
    faults += await _wrong(product, centre, agents, "after the kill")
    if back["all_s"] > FORCED_AFTER_S:
        faults.append(f"the last line was back after {back['all_s']:.0f} s")
    if shown != 1:
        faults.append(f"the first agent's page shows {shown} calls and not 1")
    values = {"kib_each": each / 1024, "alone_mib": alone / 2**20, "cpu_percent": rested}
    values |= {f"start_{name}": value for name, value in up.items()} | {f"kill_{name}": value for name, value in back.items()}
    return values, faults


async def _sign_in(product: Product, agents: int) -> None:
    """Makes the rows that signing in by the page would leave, with the product's own code."""
    settings = Settings(store_url=product.settings["STORE_URL"])
    engine = create_engine(product.settings["STORE_URL"])
    people, own = People(engine), OwnAgents(engine)
    credentials = CredentialStore(engine, fernet(await asyncio.to_thread(secret_keys, settings), PURPOSE))
    for place, agent in enumerate(names(agents)):
        name = f"agent{agent}" if place else "viewer"
        user = (
            await people.add(name, permissions=["finesse"])
            if place
            else int(product.rows("select id from users where name = ?", name)[0][0])
        )
        await own.claim(user, agent, Origin(user_id=user, name=name))
        await credentials.keep(user, Credentials(agent=agent, password=PASSWORD), extension_of(agent))
    await engine.dispose()


async def _up(product: Product, agents: int) -> dict[str, float]:
    """Starts the product; seconds from there until it answers, half of the lines are live, and all."""
    began = time.monotonic()
    product.start()
    await product.answers()
    found = {"answers_s": time.monotonic() - began}
    headers = {"Authorization": f"Bearer {product.settings['METRICS_TOKEN']}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{product.port}", timeout=30, headers=headers) as client:
        while True:
            live = await _live(client)
            if live >= agents / 2:
                found.setdefault("half_s", time.monotonic() - began)
            if live == agents:
                return found | {"all_s": time.monotonic() - began, "cpu_s": cpu(_pid(product)).total}
            assert time.monotonic() - began < _WITHIN_S, f"only {live} of {agents} lines are live: {product.log.read_text()[-2000:]}"
            await asyncio.sleep(_LOOK_S)


async def _live(client: httpx.AsyncClient) -> int:
    answer = await client.get("/metrics")
    for line in answer.text.splitlines():
        if line.startswith('navigator_finesse_lines{state="live"}'):
            return int(float(line.rpartition(" ")[2]))
    return 0


async def _wrong(product: Product, centre: _Centre, agents: int, when: str) -> list[str]:
    told = await asyncio.to_thread(centre.ask)
    faults = [f"{told['forced']} agents were signed out by force, {when}"] if told["forced"] else []
    if told["at_work"] != agents:
        faults.append(f"{agents - told['at_work']} agents are not at work, {when}")
    headers = {"Authorization": f"Bearer {product.settings['METRICS_TOKEN']}"}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{product.port}", timeout=30, headers=headers) as client:
        live = await _live(client)
    if live != agents:
        faults.append(f"{agents - live} lines were lost, {when}")
    return faults


async def _shown(product: Product) -> int:
    """How many calls the first agent's page has."""
    async with product.signed_in("viewer") as client:
        return len((await client.get("/finesse/proxy/dialogs")).json()["dialogs"])


def _pid(product: Product) -> int:
    assert product.process is not None
    return product.process.pid


_COLUMNS = (
    ("memory of an agent", "kib_each", "{:.0f} KiB"),
    ("processor at rest", "cpu_percent", "{:.1f} %"),
    ("from start: answers", "start_answers_s", "{:.1f} s"),
    ("half", "start_half_s", "{:.1f} s"),
    ("all live", "start_all_s", "{:.1f} s"),
    ("after `kill -9`: all live", "kill_all_s", "{:.1f} s"),
    ("processor time until then", "kill_cpu_s", "{:.1f} s"),
)


def table(run: Run) -> str:
    """One row for each way."""
    head = ["way", *(title for title, _, _ in _COLUMNS)]
    rows = [head, ["---"] * len(head)]
    for way in WAYS:
        found = run.of(FIGURE, server=way)
        if found:
            rows.append([way, *(spread([one.values[name] for one in found], show.format) for _, name, show in _COLUMNS)])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
